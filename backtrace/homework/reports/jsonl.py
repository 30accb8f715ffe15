"""Grades as JSON lines: student, problem, and the keys of a claim (encoding.py)."""

from __future__ import annotations

from typing import TextIO

from backtrace.homework.reports.encoding import encode, grade_record, text
from backtrace.homework.reports.facts import Facts, Grades


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write a line for each claim."""
    for grade in grades:
        head = {"student": text(grade.student), "problem": text(grade.problem)}
        stream.write(encode(head | grade_record(grade, facts.shown(grade.verdict))) + "\n")
