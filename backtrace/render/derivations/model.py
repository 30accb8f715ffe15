"""What is derived: sections of blocks of equations, before anything is set.

An equation is made of the same styled pieces as the lines of other views. Their styles say what a
piece is: words are DIM, KINK or BAD, and everything else is a formula in the language, or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from backtrace.formulas.wording import is_grouped
from backtrace.render.cells import BAD, DIM, KINK, Cell, text_of

TIMES = " × "  # between the factors of a chain; every way of setting has its own sign for it
WORD = re.compile(r"\w+|\S")
WORDS = (DIM, KINK, BAD)  # the styles of words


class Side(NamedTuple):
    """What stands after one sign of equality, and by which rule it may."""

    cell: Cell
    reason: Cell = ()


@dataclass(frozen=True, slots=True)
class Equation:
    """`left = side = side …`; `sign` stands where the first sign of equality does."""

    left: Cell
    sides: tuple[Side, ...]
    sign: str = "="

    def rows(self) -> Iterator[tuple[Side, ...]]:
        """The sides that may stand on one line: a line ends where a reason is given."""
        row: list[Side] = []
        for side in self.sides:
            row.append(side)
            if side.reason:
                yield tuple(row)
                row = []
        if row:
            yield tuple(row)


@dataclass(frozen=True, slots=True)
class Block:
    """Equations that belong together, with what is said before them and after them."""

    equations: tuple[Equation, ...]
    remarks: tuple[Cell, ...] = ()
    heading: Cell = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One pass. `gap` is the block before which others are left out, if any are."""

    title: str
    blocks: tuple[Block, ...]
    gap: int | None = None

    @property
    def parts(self) -> tuple[tuple[Block, ...], ...]:
        """The blocks before what is left out, and those after it; all, if nothing is."""
        return (
            (self.blocks,)
            if self.gap is None
            else (self.blocks[: self.gap], self.blocks[self.gap :])
        )


@dataclass(frozen=True, slots=True)
class Derivation:
    """The three passes, and what must be said below them."""

    forward: Section
    local: Section
    backward: Section
    left_out: Cell
    explained: tuple[Cell, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """Those that have something to show, in order."""
        found = (self.forward, self.local, self.backward)
        return tuple(section for section in found if section.blocks)


def is_call(text: str) -> bool:
    """Whether it is `name(…)` as a whole."""
    name = text.partition("(")[0]
    return name.isidentifier() and is_grouped(text[len(name) :])


def words(text: str) -> Cell:
    """A text that is no formula."""
    return ((text, DIM),)


def formula(text: str, style: str = "") -> Cell:
    """A text in the language."""
    return ((text, style),)


def sided(sides: list[Side], left: Cell = ()) -> tuple[Side, ...]:
    """The sides without those that say again what stands before them; a reason is kept."""
    kept: list[Side] = []
    for side in sides:
        if not kept or not _is_same(side.cell, kept[-1].cell):
            if kept or text_of(side.cell) != text_of(left):
                kept.append(side)
        elif not (kept[-1].reason and side.reason):  # the later one has the style, and the order
            kept[-1] = Side(side.cell, kept[-1].reason or side.reason)
    return tuple(kept)


def _is_same(cell: Cell, other: Cell) -> bool:
    """Whether the reader sees nothing new: `y*x**2` after `x**2*y` is the same."""
    first, second = text_of(cell), text_of(other)
    return first == second or sorted(WORD.findall(first)) == sorted(WORD.findall(second))
