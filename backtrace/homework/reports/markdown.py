"""Grades as Markdown: a table of students, then what is said of every claim of each of them.

What students wrote stands in code spans, everything else is escaped, so that neither Markdown nor
HTML in an answer or a name has an effect. A caret picture stands in a fence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from backtrace.errors import printable
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

SPECIAL = re.compile(r"([\\`*_\[\]<>&$|~#])")
LEADING = re.compile(r"^(\d*)([-+=.)])")  # what begins a list, or a line under a heading


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
            picture.append(printable(line))
            continue
        yield from _fenced(picture)
        picture = []
        if line.strip() and line != shown.state:  # which stands there already
            yield f"  - {escaped(line)}"
    yield from _fenced(picture)


def _fenced(picture: list[str]) -> Iterator[str]:
    """The lines of a picture as they are, within the item they belong to."""
    if picture:
        fence = "`" * max(3, _longest_run("\n".join(picture)) + 1)
        yield from (f"    {line}" for line in (f"{fence}text", *picture, fence))


def escaped(text: str) -> str:
    """A text on one line that means itself."""
    return LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", _on_one_line(text)))


def code_span(text: str) -> str:
    """A text on one line in a code span, its fence longer than any run of backticks in it."""
    text = _on_one_line(text)
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _on_one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
