"""Grades as one JSON document, schema `backtrace.grades/1`, one student a line.

schema    "backtrace.grades/1"; a key that changes its meaning changes the number
title     of the assignment, and `points`: what everything is worth
students  student, score, points, problems: problem, score, points, claims (encoding.py)
summary   students (how many), mean (of their scores; null without any), states and codes:
          how often each stands there, of several codes the first
warnings  what is said of the files as a whole
"""

from __future__ import annotations

from typing import TextIO

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.encoding import Json, encode, grade_record, number, text
from backtrace.homework.reports.facts import Facts, Grades
from backtrace.homework.reports.tallies import Tally, by_problem, by_student, total, total_points

SCHEMA = "backtrace.grades/1"


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write the document; the summary stands at its end because it is counted on the way."""
    stream.write(f'{{"schema": {encode(SCHEMA)},\n "title": {encode(text(facts.title))},\n ')
    stream.write(f'"points": {encode(number(facts.points))},\n "students": [')
    tally, comma = Tally(facts), ""
    for student, theirs in by_student(grades):
        tally.add(theirs)
        stream.write(f"{comma}\n  {encode(_student(student, theirs, facts))}")
        comma = ","
    stream.write(f'\n ],\n "summary": {encode(summary(tally))},\n ')
    stream.write(f'"warnings": {encode(list(map(text, facts.warnings)))}}}\n')


def summary(tally: Tally) -> dict[str, Json]:
    """What was counted, the most frequent first."""
    return {
        "students": tally.students,
        "mean": number(tally.mean),
        "states": dict(tally.states.most_common()),
        "codes": dict(tally.codes.most_common()),
    }


def _student(student: str, theirs: list[Grade], facts: Facts) -> dict[str, Json]:
    problems = [
        {
            "problem": text(problem),
            "score": number(total(grades)),
            "points": number(total_points(grades)),
            "claims": [grade_record(grade, facts.shown(grade.verdict)) for grade in grades],
        }
        for problem, grades in by_problem(theirs).items()
    ]
    score, points = number(total(theirs)), number(total_points(theirs))
    return {"student": text(student), "score": score, "points": points, "problems": problems}
