"""Verdicts for the terminal: a line for each claim, and under it what shows that it is so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from rich.text import Text

from backtrace.homework.reports.wording import details, message
from backtrace.homework.verdicts import Verdict
from backtrace.ops.rows import Value
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import Room, entries
from backtrace.render.cells import DIM, NAME, Cell, assembled, folded, padded, width_of
from backtrace.render.marks import STYLES, cut, harmless, mark
from backtrace.render.text import Glyphs, glyphs_for

LONGEST_CLAIM = 40  # columns; of a terminal no more than 2/5
NARROWEST = 24  # columns of a message beside its claim
ARRAYS = Room(48, 32)  # characters of an array in a counterexample
GAP = 3
INDENT = 2


def verdicts(found: Sequence[Verdict], look: Look = PLAIN) -> Text:
    """A line for each claim with its mark and its message, and the counterexample under it."""
    glyphs = glyphs_for(look.ascii)
    most = LONGEST_CLAIM if look.width is None else min(LONGEST_CLAIM, look.width * 2 // 5)
    claims: list[Cell] = [((cut(harmless(v.claim, glyphs), most, glyphs), NAME),) for v in found]
    signs: list[Cell] = [(mark(verdict.state, glyphs),) for verdict in found]
    sign = max(map(width_of, signs), default=0) + 1
    claim = max(map(width_of, claims), default=0) + GAP
    lines: list[Cell] = []
    for verdict, *cells in zip(found, signs, claims, strict=True):
        head = (*padded(cells[0], sign), *padded(cells[1], claim))
        lines += _one(verdict, head, glyphs, look)
    return assembled(lines)


def _one(verdict: Verdict, head: Cell, glyphs: Glyphs, look: Look) -> Iterator[Cell]:
    """The claim with the first line of what is said of it, and the other lines below."""
    first, *others = message(verdict).split("\n")
    style = "" if verdict.state == "wrong" else STYLES[verdict.state]
    said: Cell = ((harmless(first, glyphs), style),)
    room = None if look.width is None else look.width - width_of(head)
    if room is None or room >= NARROWEST:
        beside, *below = folded(said, room)
        yield (*head, *beside)
        yield from _indented(below, width_of(head))
    else:
        yield head
        yield from _wrapped(said, look)
    others += details(verdict, partial(_entries, digits=look.digits))
    for drawn, group in groupby((harmless(line, glyphs) for line in others), _is_drawn):
        if drawn:
            yield from _picture(list(group), glyphs, look)
        else:
            yield from (line for text in group for line in _wrapped(((text, ""),), look))


def _is_drawn(line: str) -> bool:
    """Whether it is of a caret picture."""
    return line.startswith(" ")


def _entries(value: Value, digits: int) -> str:
    return entries(value, digits, ARRAYS)[0]


def _picture(lines: list[str], glyphs: Glyphs, look: Look) -> Iterator[Cell]:
    """The lines of a picture as they stand: one may be a line of carets under another.

    Where the screen is narrow all lose the same columns on the left, up to the carets, and what is
    then too long at the end.
    """
    room = None if look.width is None else max(look.width - INDENT, 1)
    longest = max(map(len, lines), default=0)
    shift = 0
    if room is not None and longest > room:
        blank = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        carets = [len(line) for line in lines if line.strip() and not line.strip("^ ")]
        shift = max(blank, min(max(carets, default=0) + len(glyphs.dots), longest) - room)
    for line in lines:
        text = line[shift:]
        if room is not None and len(text) > room:
            text = text[: max(room - len(glyphs.dots), 0)] + glyphs.dots
        yield (" " * INDENT, ""), (text, DIM)


def _wrapped(cell: Cell, look: Look) -> Iterator[Cell]:
    room = None if look.width is None else max(look.width - INDENT, 1)
    yield from _indented(folded(cell, room), INDENT)


def _indented(lines: Sequence[Cell], indent: int) -> Iterator[Cell]:
    yield from (((" " * indent, ""), *line) for line in lines)
