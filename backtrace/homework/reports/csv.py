"""Grades as a table, a row for each claim; its cells are data in a spreadsheet, never formulas."""

from __future__ import annotations

import csv
import re
from typing import TextIO

from backtrace.homework.reports.facts import Facts, Grades
from backtrace.homework.reports.wording import legible, marks

COLUMNS = (
    *("student", "problem", "claim", "answer", "state", "code", "codes"),
    *("score", "points", "message"),
)
# What a spreadsheet takes for the beginning of a formula. After `-` all that is a number stays:
# `-2+cmd|…` begins with one and is a known attack.
FORMULA = re.compile(r"[=+@\t\r\n]|-(?!(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z)")


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write the header and a row for each claim; several codes stand with spaces between."""
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(COLUMNS)
    for grade in grades:
        shown = facts.shown(grade.verdict)
        texts = (grade.student, grade.problem, grade.claim, grade.answer)
        rows.writerow(
            (
                *map(cell, texts),
                *(shown.state, shown.code, " ".join(shown.codes)),
                *(marks(grade.score), marks(grade.points), cell(shown.message)),
            )
        )


def cell(text: str) -> str:
    """A text as a cell, with an apostrophe before what a spreadsheet would compute."""
    return f"'{legible(text)}" if FORMULA.match(text) else legible(text)
