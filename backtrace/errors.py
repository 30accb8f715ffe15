"""What can go wrong with an input, told with the place and the remedy.

BacktraceError
├── ReadError        the program cannot be read
├── BindingError     a value is missing, unused, given twice, or cannot be read
├── ShapeError       values whose shapes do not combine, or an output that is not one number
├── UsageError       an option, a name or a file that does not fit
└── EngineMissing    torch is not installed, or refuses an operation
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

WINDOW = 72  # columns of a long line that are shown around a caret
LONGEST_NAME = 40  # characters of a name that are shown; a program may have longer ones


class Span(NamedTuple):
    """The columns [start, end) of the user's own text, in code points, before any normalisation."""

    start: int
    end: int


class BacktraceError(Exception):
    """Something the user can mend: `message` says what, `source` and `span` say where.

    `str(error)` is the message with, under the line of `source` it speaks of, a caret picture.
    """

    exit_code = 2

    def __init__(self, message: str, source: str | None = None, span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.span = span

    def __str__(self) -> str:
        if self.source is None or self.span is None:
            return self.message
        return f"{self.message}\n{picture(self.source, self.span)}"


class ReadError(BacktraceError):
    """The program is not in the language."""


class BindingError(BacktraceError):
    """A value is missing, unused, given twice, or cannot be read."""


class ShapeError(BacktraceError):
    """Values whose shapes do not combine, or an output that is not one number."""


class UsageError(BacktraceError):
    """An option, a name or a file that does not fit."""


class EngineMissing(BacktraceError):
    """The second engine is not installed, or refuses an operation, so nothing can be checked."""

    exit_code = 4


def picture(source: str, span: Span) -> str:
    """The line of `source` that `span` begins in, indented, with carets under the span."""
    start = min(span.start, len(source))
    line_start = source.rfind("\n", 0, start) + 1
    line_end = source.find("\n", start)
    line_end = len(source) if line_end < 0 else line_end
    number = source.count("\n", 0, line_start) + 1
    where = f"line {number}: " if "\n" in source.strip("\n") else ""

    left = max(line_start, start - WINDOW // 2) if line_end - line_start > WINDOW else line_start
    right = min(line_end, left + WINDOW)
    before, within = source[left:start], source[start : min(max(span.end, start), right)]
    dots = "…" if left > line_start else ""
    shown = dots + printable(source[left:right]) + ("…" if right < line_end else "")
    indent = " " * (len(where) + len(dots) + _width(before))
    return f"    {where}{shown}\n    {indent}{'^' * max(1, _width(within))}"


def shortened(name: str) -> str:
    """A name as it stands in a message: of a very long one the beginning, and `…`."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names in words, each shortened: `w, x and y`; of more than `most`, `w, x, y and 9 others`."""
    shown = list(map(shortened, names))
    if len(shown) > most:
        shown[most - 1 :] = [f"{len(shown) - most + 1} others"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def near(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that `name` may be a slip of the finger for, the nearest ones."""
    name = name[:LONGEST_NAME]  # the comparison takes time with the square of the length
    names = sorted(set(known))
    same = [other for other in names if other.lower() == name.lower()]
    close = same or difflib.get_close_matches(name, names, n=3, cutoff=0.66)
    ratios = [difflib.SequenceMatcher(a=name, b=other).ratio() for other in close]
    return [other for other, r in zip(close, ratios, strict=True) if r > max(ratios) - 0.05]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`": did you mean relu?"`, or nothing where no known name is near."""
    close = near(name, known)
    return f": did you mean {' or '.join(close)}?" if close else ""


# What XML 1.0 has no way to write; lone surrogates, which UTF-8 cannot hold, are among it.
ILLEGIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str, instead: str = "�") -> str:
    """`text` without what would act on a terminal instead of being seen: control characters."""
    text = text.replace("\t", " ")
    return "".join(character if character.isprintable() else instead for character in text)


def _width(text: str) -> int:
    """Terminal cells of a text: combining marks take none, East Asian wide characters two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
