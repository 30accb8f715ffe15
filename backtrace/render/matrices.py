"""Matrices on lines of their own: a row a line, numbers under one another.

All is done on the text of nested lists, so that what was folded (`[[1, 2, …], …]`) is laid out in
the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

BRACKET = re.compile(r"[\[\]]")
ROW = re.compile(r"(\[*)([^\[\]]*)(\]+,?|, ?$) ?")
GAP = ", "


def matrix_end(text: str, start: int) -> int:
    """Where the nested list that begins at `start` ends; the end of the text if it does not."""
    depth = 0
    for found in BRACKET.finditer(text, start):
        depth += 1 if found[0] == "[" else -1
        if not depth:
            return found.end()
    return len(text)


def block(text: str, width: int | None = None) -> list[str]:
    """A list, or nested lists, as lines that are no longer than `width` where that is possible.

    A row that is longer than a line goes on under its first number.
    """
    rows = [match.groups() for match in ROW.finditer(text)]
    entries = [body.split(GAP) for _, body, _ in rows]
    several = [row for row in entries if len(row) > 1] if len(rows) > 1 else []
    widest = [max(map(len, column)) for column in zip_longest(*several, fillvalue="")]
    deepest = max((len(opened) for opened, _, _ in rows), default=0)
    lines: list[str] = []
    depth = 0
    for (opened, _, closed), row in zip(rows, entries, strict=True):
        first = " " * depth + opened
        shown = row
        if len(rows) > 1 and opened:
            sizes = widest or [max(len(row[0]) for row in entries)]
            shown = [entry.rjust(size) for entry, size in zip(row, sizes, strict=False)]
        room = None if width is None else width - deepest
        hang = " " * deepest
        for place, line in enumerate(_broken(shown, room, len(closed))):
            lines.append((hang if place else first) + line)
        lines[-1] += closed
        depth += len(opened) - closed.count("]")
    return lines


def _broken(row: Sequence[str], room: int | None, after: int) -> Iterator[str]:
    """The entries of a row on as many lines as they need, with so much room after the last."""
    line: list[str] = []
    used = 0
    for place, entry in enumerate(row):
        end = used + len(entry) + (after if place == len(row) - 1 else len(","))
        if line and room is not None and end > room:
            yield GAP.join(line) + ","
            line, used = [], 0
        line.append(entry)
        used += len(entry) + len(GAP)
    yield GAP.join(line)
