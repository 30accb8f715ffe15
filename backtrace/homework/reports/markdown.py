"""Grades as Markdown: a table of students, then what is said of every claim of each of them.

What students wrote stands in code spans, everything else is escaped, so that neither Markdown nor
HTML in an answer or a name has an effect. A caret picture stands in a fence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.facts import Facts, Grades, again
from backtrace.homework.reports.tallies import (
    Tally,
    by_problem,
    by_student,
    problems_of,
    states_in_words,
    total,
    total_points,
)
from backtrace.homework.reports.wording import SIGNS, excerpt, lines, marks
from backtrace.markdown import code_span, escaped, fenced


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write title, table and lists; the grades are gone through once for each."""
    problems = problems_of(again(grades))
    stream.write(f"# {escaped(facts.title or 'Grades')}\n\n")
    head = ["student", "score", *map(escaped, problems)]
    stream.write(f"{_row(head)}{_row(['---', *['---:'] * (len(head) - 1)])}")
    tally = Tally(facts)
    for student, theirs in by_student(grades):
        tally.add(theirs)
        stream.write(_row([escaped(student), *_scores(theirs, problems)]))
    stream.write(f"\n{_overall(tally, facts)}\n")
    stream.writelines(f"- {escaped(warning)}\n" for warning in facts.warnings)
    for student, theirs in by_student(grades):
        score = f"{marks(total(theirs))} of {marks(total_points(theirs))}"
        stream.write(f"\n## {escaped(student)}: {score}\n\n")
        for grade in theirs:
            stream.writelines(f"{line}\n" for line in _claim(grade, facts))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _scores(theirs: list[Grade], problems: list[str]) -> Iterator[str]:
    """The score of a student, and that of each problem."""
    yield f"{marks(total(theirs))} of {marks(total_points(theirs))}"
    found = by_problem(theirs)
    yield from (marks(total(found[problem])) if problem in found else "" for problem in problems)


def _overall(tally: Tally, facts: Facts) -> str:
    if tally.mean is None:
        return "No students.\n"
    mean = f"mean {marks(tally.mean)} of {marks(facts.points)}"
    count = f"{tally.students:,} student{'s' * (tally.students != 1)}"
    return f"{count}, {mean}: {states_in_words(tally.states)}.\n"


def _claim(grade: Grade, facts: Facts) -> Iterator[str]:
    """A claim as an item of a list, and under it what is said of it."""
    shown = facts.shown(grade.verdict)
    answer = f": {code_span(excerpt(grade.answer))}" if grade.answer.strip() else ""
    score = f"{marks(grade.score)} of {marks(grade.points)}"
    name = f"{escaped(grade.problem)} {escaped(grade.claim)}"
    yield f"- {SIGNS[shown.state]} **{shown.state}** {name}{answer} ({score})"
    picture: list[str] = []
    for line in [*lines(shown), *map(excerpt, grade.warnings)]:
        if line.startswith(" "):
            picture.append(line)
            continue
        yield from _fenced(picture)
        picture = []
        if line.strip() and line != shown.state:  # which stands there already
            yield f"  - {escaped(line)}"
    yield from _fenced(picture)


def _fenced(picture: list[str]) -> Iterator[str]:
    """The lines of a picture as they are, within the item they belong to."""
    if picture:
        yield from (f"    {line}" for line in fenced(picture))
