"""The three passes as one writes them by hand: the values, the local derivatives, the chains.

∂v1/∂w = ∂(w*x)/∂w = w × ∂x/∂w + x × ∂w/∂w   product rule
       = w × 0 + x × 1                       x held constant
       = x = 1
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.cells import (
    DIM,
    Cell,
    assembled,
    folded,
    folded_at_signs,
    padded,
    width_of,
)
from backtrace.render.derivations import derived
from backtrace.render.derivations.model import Block, Equation, Section, Side
from backtrace.render.text import glyphs_for

INDENT = "  "
GAP = "   "
WIDEST_LEFT = 24  # columns that the sides of an equation are moved in at most
HANG = 2  # columns that the following lines of a side are moved in
NARROWEST = 16  # columns that a line is folded to at least


def equations(trace: Trace, look: Look = PLAIN, *, depth: int | None = None) -> Text:
    """Every value, every local derivative rule by rule, every gradient as a chain or a sum.

    `depth` is how many nodes are derived, half of them from either end; by default all of them, or
    20 where there are more than 100.
    """
    found = derived(trace, look, depth=depth)
    dots = glyphs_for(look.ascii).dots
    lines: list[Cell] = []
    for section in found.sections:
        lines += [(), *_section(section, look.width, dots)]
    below = [(), *folded(found.left_out, look.width)] if found.left_out else []
    return assembled([*lines[1:], *below, *found.explained])


def _section(section: Section, width: int | None, dots: str) -> Iterator[Cell]:
    """The title, and under it the blocks: one under another, apart where they have many lines."""
    yield ((section.title, DIM),)
    room = None if width is None else max(width - len(INDENT), NARROWEST)
    left = max((width_of(e.left) for b in section.blocks for e in b.equations), default=0)
    left = left if section.title == "forward pass" and left <= WIDEST_LEFT else 0
    blocks = [list(_block(block, room, left)) for block in section.blocks]
    for place, block in enumerate(blocks):
        if place == section.gap:
            yield ((f"{INDENT}{dots}", DIM),)
        elif place and (len(block) > 1 or len(blocks[place - 1]) > 1):
            yield ()
        yield from ((((INDENT, ""), *line) if line else ()) for line in block)


def _block(block: Block, room: int | None, left: int) -> Iterator[Cell]:
    yield from folded(block.heading, room) if block.heading else ()
    for equation in block.equations:
        yield from _equation(equation, room, left)
    for remark in block.remarks:
        yield from folded(remark, room)


def _equation(equation: Equation, room: int | None, widest: int) -> Iterator[Cell]:
    """The rows of an equation, the signs of equality and the reasons under one another."""
    left = padded(equation.left, max(widest, width_of(equation.left)))
    indent = width_of(left) + 1
    if room is not None and indent > max(min(WIDEST_LEFT, room // 3), widest + 1):
        indent = len(INDENT)
    head: Cell = (*left, (" ", ""))
    lines: list[tuple[Cell, Cell]] = []
    for row in equation.rows():
        sign = "=" if lines else equation.sign
        lines += _row(head, row, f"{sign} " if sign else "", room, indent)
        head = ((" " * indent, ""),)
    yield from _with_reasons(lines, room, indent)


def _row(
    head: Cell, row: tuple[Side, ...], sign: str, room: int | None, indent: int
) -> Iterator[tuple[Cell, Cell]]:
    """The sides on one line, else each on its own, broken where it is too long."""
    signs = [sign, *["= "] * (len(row) - 1)]
    sides = [((mark, ""), *side.cell) for mark, side in zip(signs, row, strict=True)]
    joined = (*head, *(p for k, side in enumerate(sides) for p in ((" " * bool(k), ""), *side)))
    if room is None or width_of(joined) <= room:
        yield joined, row[-1].reason
        return
    for place, (cell, side) in enumerate(zip(sides, row, strict=True)):
        before = ((" " * indent, ""),) if place else head
        if width_of(before) + width_of(cell) > room and width_of(before) > indent:
            yield before, ()
            before = ((" " * indent, ""),)
        first, *others = folded_at_signs(cell, max(room - width_of(before), NARROWEST), HANG)
        broken = [(*before, *first), *(((" " * indent, ""), *line) for line in others)]
        yield from ((line, ()) for line in broken[:-1])
        yield broken[-1], side.reason


def _with_reasons(lines: list[tuple[Cell, Cell]], room: int | None, indent: int) -> Iterator[Cell]:
    """The reasons in a column beside the lines; below its line where there is no room for one."""
    at = max((width_of(line) for line, reason in lines if reason), default=0) + len(GAP)
    for line, reason in lines:
        if not reason:
            yield line
            continue
        here = next(
            (
                c
                for c in (at, width_of(line) + len(GAP))
                if not room or c + width_of(reason) <= room
            ),
            None,
        )
        if here is not None:
            yield (*padded(line, here), *reason)
            continue
        yield line
        under = indent + HANG
        folds = folded(reason, None if room is None else max(room - under, NARROWEST))
        yield from (((" " * under, ""), *part) for part in folds)
