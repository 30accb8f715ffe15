"""Nested lists as they are typed or pasted: `[1, 2.5, 1/3]`, `[[1, 2], [3, 4]]`, `array([1, 2])`.

The docstrings of `_Lists` are the grammar. Plain numbers are read many at a time, everything else
entry by entry.
"""

from __future__ import annotations

import re
from array import array

import numpy as np

from backtrace.errors import BindingError, Span
from backtrace.ops.rows import Array
from backtrace.reading.scalars import plain_number, read_number, trimmed
from backtrace.reading.tokens import LONGEST_TEXT

DEEPEST = 32  # numpy's own limit is 64
CLOSING = {"[": "]", "(": ")"}
CLOSES_NONE = "this bracket closes none"

BRACKETS = re.compile(r"[\[\](),]")
SPACES = re.compile(r"\s*")
# Plain numbers with their commas: so short that none can overflow, or become 0 and be none.
_NUMBER = r"[-+]?(?:[0-9]{1,99}+\.?[0-9]{0,99}+|\.[0-9]{1,99}+)(?:[eE][-+]?[0-9]{1,2}+)?+"
_SPACE = r"[ \t\r\n]*+"  # those that float() takes too
RUN = re.compile(rf"(?:{_SPACE}{_NUMBER}{_SPACE}(?:,|(?=[\])]))){{1,65536}}+")
# As Python prints an array: array([1., 2.]), np.array([1, 2], dtype=float), tensor([1.], …).
WRAPPED = re.compile(
    r"\s*(?:\w+\.)?(?:array|asarray|tensor|Tensor|Array)\s*\((\s*\[.*\]\s*)(?:,[^\[\]]*)?\)\s*",
    re.DOTALL,
)
LONGEST_ADVISED = 200  # characters
TWO_OR_ONE = re.compile(r"[\d.]\s+[-+](?=[\d.])")  # 1. -2.
WITHOUT_COMMAS = re.compile(r"[-+\d.e]*\d[-+\d.e]*(?:\s+[-+\d.e]*\d[-+\d.e]*)+")


def read_list(source: str, place: Span) -> Array | None:
    """The array of a nested list that stands at a place of `source`; None for what is no list.

    Entries are numbers and expressions of constants. Raises BindingError with the columns in
    `source` for lists that are not rectangular, empty entries, names, and what is never closed.
    """
    match = WRAPPED.fullmatch(source, *place)
    place = trimmed(source, Span(*match.span(1)) if match else place)
    if source[place.start : place.start + 1] not in CLOSING:
        return None
    if place.end - place.start > LONGEST_TEXT:
        raise BindingError(f"a list may have {LONGEST_TEXT:,} characters; a file may have more")
    reader = _Lists(source, place)
    if source[place.start] == "(" and not reader.is_tuple():
        return None
    return reader.whole()


class _Lists:
    """One reading of one list; `at` is the column that comes next."""

    def __init__(self, source: str, place: Span) -> None:
        self.source = source
        self.at, self.end = place
        self.values = array("d")
        self.known: dict[str, float] = {}  # expressions that were worked out, which takes long

    def whole(self) -> Array:
        """whole = list"""
        shape = self.list(1)
        if self.peek():
            raise self.error("the list ends before this", Span(self.at, self.end))
        return np.array(self.values).reshape(shape)

    def list(self, depth: int) -> tuple[int, ...]:
        """list = '[' (item (',' item)* ','?)? ']' | '(' item ',' (item (',' item)* ','?)? ')'"""
        opened = self.at
        closing = CLOSING[self.source[opened]]
        if depth > DEEPEST:
            raise self.error(f"lists go at most {DEEPEST} deep")
        self.at += 1
        shape: tuple[int, ...] = ()
        count = self.run()
        while self.peek() != closing:
            begin = self.at
            if begin == self.end:
                raise self.error(f"this {self.source[opened]} is never closed", opened)
            found = self.item(depth)
            if count and found != shape:
                raise self.ragged(Span(begin, self.at), found, shape)
            shape = found
            count += 1
            self.separator(closing)
            count += 0 if shape else self.run()
        self.at += 1
        return (count, *shape)

    def run(self) -> int:
        """run = (NUMBER ',')*, where the last one may end its list; how many there were."""
        match = RUN.match(self.source, self.at, self.end)
        if match is None:
            return 0
        self.at = match.end()
        numbers = match[0].removesuffix(",").split(",")
        self.values.extend(map(float, numbers))
        return len(numbers)

    def separator(self, closing: str) -> None:
        """Step over a comma; raise for what is neither a comma nor the end of the list."""
        sign = self.peek()
        if sign == ",":
            self.at += 1
        elif sign and sign != closing:
            raise self.error(CLOSES_NONE if sign in ")]" else "a comma is missing before this")

    def item(self, depth: int) -> tuple[int, ...]:
        """item = list | NUMBER | an expression of constants"""
        sign = self.peek()
        if sign == "[" or (sign == "(" and self.is_tuple()):
            return self.list(depth + 1)
        place = self.entry()
        text = self.source[place.start : place.end]
        if not text:
            raise self.error(CLOSES_NONE if sign in ")]" else "an entry is missing before this")
        try:
            self.values.append(plain_number(text))
        except ValueError:
            self.values.append(self.worked_out(text, place))
        return ()

    def worked_out(self, text: str, place: Span) -> float:
        """The number that an expression of constants is."""
        if text not in self.known:
            advice = _advice(text)
            if advice:
                raise self.error(advice, place)
            self.known[text] = float(read_number(self.source, place))
        return self.known[text]

    def entry(self) -> Span:
        """The place of an expression: up to a comma or a bracket outside of its parentheses."""
        begin, depth = self.at, 0
        self.at = self.end
        for match in BRACKETS.finditer(self.source, begin, self.end):
            sign = match[0]
            if depth == 0 and sign != "(":
                self.at = match.start()
                break
            depth += (sign in "([") - (sign in ")]")
        return trimmed(self.source, Span(begin, self.at))

    def is_tuple(self) -> bool:
        """Whether the parenthesis that comes next holds several values, and not one expression."""
        depth = 0
        for match in BRACKETS.finditer(self.source, self.at, self.end):
            depth += (match[0] in "([") - (match[0] in ")]")
            if depth == 1 and match[0] == ",":
                return True
            if depth == 0:
                break
        return False

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        match = SPACES.match(self.source, self.at, self.end)
        assert match is not None
        self.at = match.end()
        return self.source[self.at] if self.at < self.end else ""

    def ragged(self, place: Span, found: tuple[int, ...], other: tuple[int, ...]) -> BindingError:
        """The error for an entry that has not the shape of those before it."""
        if found and other and len(found) == len(other) and found[1:] == other[1:]:
            what = f"this has {_entries(found[0])}, those before it {other[0]}"
        else:
            this = f"of shape {found}" if found else "a number"
            those = f"of shape {other}" if other else "numbers"
            what = f"this is {this}, those before it are {those}"
        return self.error(f"the entries of a list must all have one shape: {what}", place)

    def error(self, message: str, place: Span | int | None = None) -> BindingError:
        """An error at a place or a column, by default the next one."""
        column = self.at if place is None else place
        place = Span(column, column + 1) if isinstance(column, int) else column
        return BindingError(message, self.source, place)


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _advice(text: str) -> str:
    """What is said of an entry that looks like several, or stands for others."""
    if len(text) > LONGEST_ADVISED:
        return ""
    if text in ("...", "…"):
        return "the entries that these dots stand for are missing"
    if TWO_OR_ONE.search(text):
        return "one entry or two? Write 1 - 2, or 1, -2"
    return "entries are separated by commas" if WITHOUT_COMMAS.fullmatch(text) else ""
