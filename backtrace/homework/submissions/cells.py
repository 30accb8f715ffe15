"""The rows and cells of a table (RFC 4180), with the offset of each row.

The csv module is not used: its longest cell is one setting for the whole process, it cannot say
where a row begins, and one quote that is never closed makes the rest of the file a single cell.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from backtrace.homework.submissions.lines import LONGEST, Record, decoded
from backtrace.homework.submissions.records import Notes

DELIMITERS = ",;\t"
MOST_CELLS = 10_000  # of one row; what follows is a single cell
MOST_LINES = 10_000  # of one row; more, and its quote was never meant to be closed so late
MOST_UNCLOSED = 16  # after so many every line is a row, or a file could be read for ever


def cells(text: str, delimiter: str) -> list[str]:
    """The cells of a row, without quotes.

    >>> cells('alice,"max(a, b)",2', ",")
    ['alice', 'max(a, b)', '2']
    """
    if '"' not in text:
        return text.split(delimiter, MOST_CELLS)
    cell, _ = _patterns(delimiter)
    found: list[str] = []
    end = 0
    while len(found) < MOST_CELLS:
        match = cell.match(text, end)
        assert match is not None  # every part of the pattern may be empty
        quoted, _, plain, stop = match.groups()
        found.append((quoted or "").replace('""', '"') + plain)
        if not stop:
            return found
        end = match.end()
    return [*found, text[end:]]


def is_open(text: str, delimiter: str, *, inside: bool = False) -> bool:
    """Whether a quoted cell goes on after this line; `inside`: it began on a line before."""
    cell, rest = _patterns(delimiter)
    pattern, end = rest if inside else cell, 0
    for _ in range(MOST_CELLS):
        match = pattern.match(text, end)
        assert match is not None  # as above
        quoted, closing, _, stop = match.groups()
        if not stop:
            return quoted is not None and not closing
        pattern, end = cell, match.end()
    return False


def rows(lines: Iterator[Record], delimiter: str, name: str, notes: Notes) -> Iterator[Record]:
    """The rows of a table; a row whose quote is never closed ends with its line."""
    again: deque[Record] = deque()
    unclosed = 0
    while line := _next(again, lines):
        if unclosed >= MOST_UNCLOSED or not _opens(line, delimiter, inside=False):
            yield line
            continue
        held = _held(line, again, lines, delimiter)
        if held[-1] is not None:
            yield Record(line.offset, line.number, b"\n".join(part.data for part in held if part))
            continue
        unclosed += 1
        notes.add(name, line.number, "a quote is opened and never closed")
        yield line
        again.extendleft(part for part in reversed(held[1:]) if part)


def _held(
    first: Record, again: deque[Record], lines: Iterator[Record], delimiter: str
) -> list[Record | None]:
    """The lines of a row that opens a quote in its first; None at the end if none closes it."""
    held: list[Record | None] = [first]
    size = len(first.data)
    while line := _next(again, lines):
        held.append(line)
        size += 1 + len(line.data)
        if size > LONGEST or len(held) > MOST_LINES:
            break
        if b'"' in line.data and not _opens(line, delimiter, inside=True):
            return held
    return [*held, None]


def _next(again: deque[Record], lines: Iterator[Record]) -> Record | None:
    return again.popleft() if again else next(lines, None)


def _opens(line: Record, delimiter: str, *, inside: bool) -> bool:
    """Whether a quoted cell goes on after a line; what was cut off does not go on."""
    if b'"' not in line.data or len(line.data) > LONGEST:
        return inside
    return is_open(decoded(line.data), delimiter, inside=inside)


@lru_cache(maxsize=8)
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A cell, and a cell whose quote is open: what is quoted, its end, what follows, the end."""
    quoted = r'((?:[^"]++|"")*+)("?)'
    rest = rf"([^{delimiter}]*+)({delimiter}|\Z)"
    return re.compile(rf'(?: *"{quoted})?{rest}'), re.compile(quoted + rest)
