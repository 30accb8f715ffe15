"""Grades by student and by problem, and what is counted over all of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.facts import Facts, Grades
from backtrace.homework.verdicts import STATES

MISTAKEN = ("wrong", "precision", "unreadable")  # states that come of a mistake in the answer


def by_student(grades: Grades) -> Iterator[tuple[str, list[Grade]]]:
    """Every student with their grades, one student held at a time."""
    for student, theirs in groupby(grades, attrgetter("student")):
        yield student, list(theirs)


def by_problem(theirs: Iterable[Grade]) -> dict[str, list[Grade]]:
    """The grades of one student by problem, in their order."""
    found: dict[str, list[Grade]] = {}
    for grade in theirs:
        found.setdefault(grade.problem, []).append(grade)
    return found


def problems_of(grades: Grades) -> list[str]:
    """The problems that the assignment has.

    A skipped answer is to none of these, and hostile files have a million of them.
    """
    return list(dict.fromkeys(g.problem for g in grades if g.verdict.state != "skipped"))


def total(grades: Iterable[Grade]) -> float:
    """Their score together, without the last digits that come of adding tenths."""
    return round(math.fsum(grade.score for grade in grades), 10)


def total_points(grades: Iterable[Grade]) -> float:
    """What they are worth together."""
    return round(math.fsum(grade.points for grade in grades), 10)


def states_in_words(states: Counter[str]) -> str:
    """`12 correct, 1 wrong`, in order of the states."""
    return ", ".join(f"{states[state]:,} {state}" for state in STATES if states[state])


@dataclass(slots=True)
class Tally:
    """Counts that grow with the assignment and not with the number of students."""

    facts: Facts
    students: int = 0
    score: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    places: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)

    def add(self, theirs: list[Grade]) -> None:
        """Count the grades of one student."""
        self.students += 1
        self.score += total(theirs)
        for grade in theirs:
            state, code = grade.verdict.state, self.facts.shown(grade.verdict).code
            self.states[state] += 1
            if code:
                self.codes[code] += 1
            if code and state in MISTAKEN:
                place = grade.problem, grade.claim
                self.places.setdefault(code, Counter())[place] += 1

    @property
    def mean(self) -> float | None:
        """The mean score of a student."""
        return round(self.score / self.students, 10) if self.students else None

    def mistakes(self, most: int) -> list[tuple[str, int, Counter[tuple[str, str]]]]:
        """The most frequent mistakes: code, how often, and where how often."""
        found = [(code, places.total(), places) for code, places in self.places.items()]
        return sorted(found, key=lambda row: -row[1])[:most]
