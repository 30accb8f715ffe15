"""What reports say in words, the same in every one, and texts that any file can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import numpy as np

from backtrace.errors import ILLEGIBLE
from backtrace.homework.courses.grades import Grade
from backtrace.homework.verdicts import Counterexample, State, Verdict, meaning
from backtrace.ops.rows import Value

MOST_VARIABLES = 12  # of a point
MOST_ENTRIES = 8  # along an axis
LONGEST = 1_000  # characters of a line; data formats have all
SIGNS: dict[State, str] = {
    "correct": "✓",
    "follow-through": "→",
    "precision": "≈",
    "wrong": "✗",
    "missing": "∅",
    "unreadable": "!",
    "undecided": "?",
    "skipped": "–",
}


def legible(text: str) -> str:
    """The text with `�` for control characters, and with one kind of line ends."""
    return ILLEGIBLE.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))


def excerpt(text: str, most: int = LONGEST) -> str:
    """The text, or beginning and end of a very long one."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"


def marks(score: float) -> str:
    """A score, or points: `2.5`."""
    return f"{score + 0.0:.10g}"


def plain(value: Value, spec: str = ".6g") -> str:
    """A number, or the first entries of an array: `[1, 2, …]`."""
    if np.ndim(value):
        parts = [plain(part, spec) for part in value[:MOST_ENTRIES]]
        return f"[{', '.join([*parts, '…'] if len(value) > MOST_ENTRIES else parts)}]"
    return format(float(value) + 0.0, spec)  # -0 is 0


def sentence(found: Counterexample, say: Callable[[Value], str] = plain) -> str:
    """`at w=1.3 x=-0.7 yours gives -2.6, the derivative is 1.8 (differences: 1.8000)`."""
    where = f"at {point(found, say)} " if found.point else ""
    if found.right is not None and found.yours is not None and say(found.yours) == say(found.right):
        say = partial(plain, spec=".17g")  # two numbers that differ in a later digit
    return f"{where}yours {_yours(found, say)}, {_right(found, say)}"


def point(found: Counterexample, say: Callable[[Value], str] = plain) -> str:
    """The values of the variables there: `w=1.3 x=-0.7`."""
    values = [f"{name}={say(value)}" for name, value in islice(found.point.items(), MOST_VARIABLES)]
    return " ".join([*values, "…"] if len(found.point) > MOST_VARIABLES else values)


def _yours(found: Counterexample, say: Callable[[Value], str]) -> str:
    if found.yours is None:
        return "is undefined there"
    place = f" at entry {list(found.entry)}" if found.entry else ""
    return f"gives {say(found.yours)}{place}"


def _right(found: Counterexample, say: Callable[[Value], str]) -> str:
    """What is right there, and what differences say of it; nothing of both if withheld."""
    if found.right is None:
        return f"and the {found.quantity} is another"
    right = f"the {found.quantity} is {say(found.right)}"
    if found.differences is None:
        return right
    return f"{right} (differences: {plain(found.differences, '#.5g')})"  # they have no more digits


def told(grade: Grade, shown: Verdict) -> str:
    """What a student is told of an answer, under the answer itself, as plain text."""
    answer = [excerpt(grade.answer)] if grade.answer.strip() else []
    return legible("\n".join([*answer, *lines(shown), *map(excerpt, grade.warnings)]))


def lines(verdict: Verdict) -> Iterator[str]:
    """All that is said of an answer, a line each; those of a caret picture begin with spaces."""
    yield from map(excerpt, legible(message(verdict)).split("\n"))
    yield from map(excerpt, details(verdict))


def details(verdict: Verdict, say: Callable[[Value], str] = plain) -> Iterator[str]:
    """What is said besides the message, a line each."""
    if verdict.read_as:
        yield f"read as {verdict.read_as}"
    if verdict.counterexample is not None:
        yield sentence(verdict.counterexample, say)
    yield from (f"note: {note}" for note in verdict.notes)


def message(verdict: Verdict) -> str:
    """The message; where there is none, what the codes mean; without codes the state."""
    if verdict.message or not verdict.codes:
        return verdict.message or verdict.state
    return "; ".join(f"{code}: {meaning(code)}" for code in verdict.codes)
