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
    """Write the result of one student; of several, theirs together under their names."""
    found = list(grades)
    several = len({grade.student for grade in found}) > 1
    score = total(found)
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
    students = len({grade.student for grade in found}) or 1
    states = states_in_words(Counter(grade.verdict.state for grade in found))
    of = marks(facts.points * students)
    return f"{marks(score)} of {of} points: {states or 'no answers'}"


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
