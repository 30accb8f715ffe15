"""Grades as the results.json of a Gradescope autograder.

A test of 0 points is shown as passed unless its status is set, so that every one is set. `output`
says something of every submission, one with nothing readable too: a result without it looks like
an autograder that failed. The names are Gradescope's own.
"""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.encoding import Json, encode, number
from backtrace.homework.reports.facts import Facts, Grades
from backtrace.homework.reports.tallies import states_in_words, total
from backtrace.homework.reports.wording import legible, marks, told
from backtrace.homework.verdicts import Verdict

VISIBLE = {"visibility": "visible"}
TEXT = {"output_format": "text"}  # shown as it is: neither HTML nor Markdown


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write the result of one student; of several, under their names, the mean of their scores.

    Who hands in the same answers in two files has no more points for it.
    """
    found = list(grades)
    students = len({grade.student for grade in found}) or 1
    several = students > 1
    score = total(found) / students
    result = {
        "score": number(score),
        "output": legible("\n".join([_overall(found, score, facts), *facts.warnings])),
        **TEXT,
        **VISIBLE,
        "tests": [_test(grade, facts.shown(grade.verdict), several) for grade in found],
        "extra_data": {"title": legible(facts.title), "points": number(facts.points)},
    }
    stream.write(encode(result) + "\n")


def _overall(found: list[Grade], score: float, facts: Facts) -> str:
    """`3 of 5 points: 2 correct, 1 wrong`."""
    states = states_in_words(Counter(grade.verdict.state for grade in found))
    said = f"{marks(score)} of {marks(facts.points)} points: {states or 'no answers'}"
    students = len({grade.student for grade in found})
    return f"{students} students, mean {said}" if students > 1 else said


def _test(grade: Grade, shown: Verdict, several: bool) -> dict[str, Json]:
    name = f"{grade.problem} {grade.claim}"
    return {
        "name": legible(f"{grade.student}: {name}" if several else name),
        "score": number(grade.score),
        "max_score": number(grade.points),
        "status": "passed" if shown.is_right else "failed",
        "output": told(grade, shown),
        **TEXT,
        **VISIBLE,
        "extra_data": {"state": shown.state, "code": shown.code, "codes": list(shown.codes)},
    }
