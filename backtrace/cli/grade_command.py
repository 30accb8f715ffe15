"""backtrace grade ASSIGNMENT SUBMISSIONS: judge what a course handed in, and write the results."""

from __future__ import annotations

import gc
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtrace.cli.consoles import Color, Screen, same_place
from backtrace.cli.exits import DONE, tell
from backtrace.cli.progress import progress
from backtrace.errors import UsageError
from backtrace.replacing import replacing, require_replaceable

if TYPE_CHECKING:
    from backtrace.homework.courses.assignment import Assignment
    from backtrace.homework.courses.grades import Grade
    from backtrace.homework.reports import Facts, Hints, Report
    from backtrace.homework.running.journal import Journal
    from backtrace.homework.submissions import Submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeOptions:
    """What was asked of `backtrace grade`."""

    format: str | None = None
    output: str | None = None
    jobs: int = 1
    dask: str | None = None
    resume: bool = False
    strict: bool = False
    hints: Hints = "full"
    reveal: bool = False
    color: Color = "auto"


def grade_command(assignment_path: str, submissions_path: str, options: GradeOptions) -> int:
    """Grade everything, write the report and return the exit code.

    Raises BacktraceError for files that cannot be read or written.
    """
    from backtrace.homework.courses.assignment_file import load_assignment
    from backtrace.homework.courses.matching import matcher
    from backtrace.homework.submissions import open_submissions

    report = _report(options)
    if options.output is not None:
        _require_apart(options.output, assignment_path, submissions_path)
    assignment = load_assignment(assignment_path)
    stdin = sys.stdin.buffer if submissions_path == "-" and sys.stdin else None
    problems = [problem.id for problem in assignment.problems]
    submissions = open_submissions(submissions_path, problems, matcher(assignment), stdin)
    if report is not None or not same_place(sys.stdout, sys.stderr):  # the table has them, too
        for warning in submissions.warnings:
            tell(warning, "note")
    with _journal(assignment, submissions, options) as journal:
        _grade(assignment, submissions, journal, options)
        facts = _facts(assignment, submissions, options)
        _write(report, journal, facts, options)
        wrong = options.strict and not all(g.verdict.is_right for g in journal.grades())
        journal.remove()
    return 1 if wrong else DONE


def _require_apart(output: str, assignment: str, submissions: str) -> None:
    """Raise UsageError where the results would replace what is graded, or be graded next time."""
    target = os.path.realpath(output)
    given = [os.path.realpath(path) for path in (assignment, submissions)]
    if target in given or f"{target}.journal" in given or os.path.dirname(target) == given[1]:
        raise UsageError(f"{output} is among what is graded: write the results somewhere else")


def _report(options: GradeOptions) -> Report | None:
    """The format of the results; None: a table for the terminal."""
    from backtrace.homework.reports import report_for

    if options.resume and options.output is None:
        raise UsageError("--resume goes with -o: what was printed is not kept")
    if options.format is None and options.output is None:
        return None
    report = report_for(options.format, options.output or "")
    if options.output is not None:
        require_replaceable(options.output)
    return report


def _facts(assignment: Assignment, submissions: Submissions, options: GradeOptions) -> Facts:
    from backtrace.homework.reports import Facts

    return Facts(
        assignment.title, assignment.points, options.hints, options.reveal, submissions.warnings
    )


@contextmanager
def _journal(
    assignment: Assignment, submissions: Submissions, options: GradeOptions
) -> Iterator[Journal]:
    """Where grades are kept while the run goes on: beside the output, where it can be resumed."""
    from backtrace.homework.running.journal import Header, Journal

    header = Header(assignment.digest, submissions.digest)
    if options.output is None:
        with tempfile.TemporaryDirectory(prefix="backtrace-") as folder:
            path = os.path.join(folder, "grades")
            with Journal.open(path, header, resume=False) as journal:
                yield journal
        return
    with Journal.open(f"{options.output}.journal", header, resume=options.resume) as journal:
        for note in journal.notes:
            tell(note, "note")
        yield journal


def _grade(
    assignment: Assignment, submissions: Submissions, journal: Journal, options: GradeOptions
) -> None:
    from backtrace.homework.running.execution import AHEAD, grade

    gc.enable()  # __main__ turned it off, for runs that end before anything is worth collecting
    sheets = submissions.sheets(journal.done)
    ahead = max(AHEAD, 4 * options.jobs)
    bar = progress(len(submissions), journal.done, "grading", "sheets")
    with _executor(options) as executor, bar as advance:
        for grades in grade(assignment, sheets, executor=executor, ahead=ahead):
            journal.append(grades)
            advance(1)


@contextmanager
def _executor(options: GradeOptions) -> Iterator[Executor | Callable[[], Executor] | None]:
    """Where the work is done: here, on processes of this machine, or on a Dask cluster."""
    if options.dask is not None:
        from backtrace.homework.running.cluster import connected

        with connected(options.dask) as executor:
            yield executor
    elif options.jobs > 1:
        from functools import partial

        from backtrace.homework.running.processes import Processes

        yield partial(Processes, options.jobs)
    else:
        yield None


class _Kept:
    """The grades of a journal, read anew by everyone who goes through them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __iter__(self) -> Iterator[Grade]:
        return self._journal.grades()


def _write(report: Report | None, journal: Journal, facts: Facts, options: GradeOptions) -> None:
    """The report to its file, or to standard output; without one, a table."""
    kept = _Kept(journal)
    if report is None:
        from backtrace.render.grades import grades

        screen = Screen(sys.stdout, options.color)
        screen.print(grades(kept, facts, screen.look()))
    elif options.output is None:
        report.write(kept, facts, sys.stdout)
    else:
        with replacing(options.output) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
            report.write(kept, facts, text)
            text.flush()
            text.detach()
