"""What is written of grades: one file for each format, and a row for it in REPORTS.

A report's module has the name of its format, `-` as `_`, and one function:

    def write(grades: Grades, facts: Facts, stream: TextIO) -> None

The grades are those of one student after another, problem by problem. They may be a million and
are never all held, except by gradescope: a report holds one student at a time. Reports that need a
count or a list of the problems before the first student go through the grades more than once, and
raise TypeError for an iterator: a list will do, or whatever begins anew with each iter(). Streams
are opened with newline="" and for UTF-8.

Every report shows of a verdict what Facts.shown() leaves of it, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, TextIO

from backtrace.errors import UsageError, did_you_mean, listed, shortened
from backtrace.homework.reports.facts import HINTS, Facts, Grades, Hints

__all__ = ["HINTS", "REPORTS", "Facts", "Grades", "Hints", "Report", "report_for"]


@dataclass(frozen=True, slots=True)
class Report:
    """One format: its name, and the end of a path that means it, or "" if only the name does."""

    name: str
    suffix: str
    says: str  # in help

    def write(self, grades: Grades, facts: Facts, stream: TextIO) -> None:
        """Write the grades; the module of the format is imported for it."""
        module: Any = import_module(f"{__name__}.{self.name.replace('-', '_')}")
        module.write(grades, facts, stream)


REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        report.name: report
        for report in (
            Report("json", ".json", "students, problems and claims, and a summary"),
            Report("jsonl", ".jsonl", "a claim on each line, as JSON"),
            Report("csv", ".csv", "a row for each claim"),
            Report("csv-students", "", "a row for each student"),
            Report("junit", ".xml", "JUnit XML, a test for each claim"),
            Report("gradescope", "", "results.json of a Gradescope autograder"),
            Report("markdown", ".md", "a table of students, and what is said of each claim"),
        )
    }
)


def report_for(name: str | None, path: str = "") -> Report:
    """The format of this name, else that of the end of the path.

    Raises UsageError where there is none.
    """
    if name is not None:
        if name not in REPORTS:
            hint = did_you_mean(name, REPORTS) or f": there are {listed(REPORTS, len(REPORTS))}"
            raise UsageError(f"no format {shortened(name)}{hint}")
        return REPORTS[name]
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 pathlib costs its import
    by_suffix = {report.suffix: report for report in REPORTS.values() if report.suffix}
    if suffix not in by_suffix:
        kinds = listed(by_suffix, len(by_suffix)).replace(" and ", " or ")
        raise UsageError(f"no format for {path}: end it in {kinds}, or give --format")
    return by_suffix[suffix]
