"""Grades as a table, a row for each student: score, points, each problem's score, and states.

The columns of problems have the names of these; `p1` may be one that is called `score`, too, so
that a reader goes by place: the states are the last eight.
"""

from __future__ import annotations

import csv
from collections import Counter
from typing import TextIO

from backtrace.homework.reports.csv import cell
from backtrace.homework.reports.facts import Facts, Grades, again
from backtrace.homework.reports.tallies import (
    by_problem,
    by_student,
    problems_of,
    total,
    total_points,
)
from backtrace.homework.reports.wording import marks
from backtrace.homework.verdicts import STATES


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:  # noqa: ARG001 the same for all
    """Write the header, for which the grades are gone through once, and the rows."""
    problems = problems_of(again(grades))
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["student", "score", "points", *map(cell, problems), *STATES])
    for student, theirs in by_student(grades):
        found = by_problem(theirs)
        scores = [marks(total(found[problem])) if problem in found else "" for problem in problems]
        states = Counter(grade.verdict.state for grade in theirs)
        together = marks(total(theirs)), marks(total_points(theirs))
        rows.writerow([cell(student), *together, *scores, *(states[state] for state in STATES)])
