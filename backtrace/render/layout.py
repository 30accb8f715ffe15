"""Equations in aligned columns; where the screen is too narrow for these, under one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backtrace.render.cells import DIM, Cell, folded, padded, width_of
from backtrace.render.phrases import NOTHING, Equation

NARROWEST = 16  # columns that a line of the stacked layout is folded to at least


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree in its parts; `note` stands for both equations where it is given."""

    guides: str
    under: str
    head: Cell = ()
    local: Equation = NOTHING
    gradient: Equation = NOTHING
    note: str = ""
    titles: bool = False  # its equations are titles of columns, which only columns need


Heading = tuple[str, str, str]


def in_layout(rows: list[Row], heading: Heading, width: int | None) -> list[Cell]:
    """The first layout whose lines fit `width`; the last one folds what still does not.

    Without a width lines may be of any length.
    """
    for aligned, gap in ((True, 3), (False, 2)):
        lines = _in_columns(rows, heading, aligned, gap)
        if width is None or max(map(width_of, lines)) <= width:
            return lines
    width = width or NARROWEST
    legend = folded(((f"{heading[0]}; below it the {heading[1]}, and {heading[2]}", DIM),), width)
    return [*legend, *(line for row in rows for line in _stacked(row, width))]


def _in_columns(rows: list[Row], heading: Heading, aligned: bool, gap: int) -> list[Cell]:
    """Three columns; `aligned` has the signs of equality under one another, too."""
    first: list[Cell] = [((row.guides, DIM), *row.head) for row in rows]
    second = _equations([row.local for row in rows], aligned)
    third = _equations([row.gradient for row in rows], aligned)
    if any(second):
        for title, cells in zip(heading, (first, second, third), strict=True):
            cells.insert(0, ((title, DIM),))
        rows = [Row("", ""), *rows]
    at = max(map(width_of, first)) + gap
    then = max(map(width_of, second)) + gap if any(second) else 0
    lines: list[Cell] = []
    for row, one, two, three in zip(rows, first, second, third, strict=True):
        if row.note:
            lines.append((*padded(one, at), (row.note, DIM)))
        elif three:
            lines.append((*padded(one, at), *padded(two, then), *three))
        else:
            lines.append(one)
    return lines


def _equations(equations: list[Equation], aligned: bool) -> list[Cell]:
    widest = max((width_of(e.left) for e in equations), default=0) if aligned else 0
    return [_equation(e, widest) if e.left else () for e in equations]


def _equation(equation: Equation, widest: int = 0) -> Cell:
    left = padded(equation.left, max(widest, width_of(equation.left)))
    sign = equation.sign if widest or equation.sign.strip() else " "
    return (*left, (sign, ""), *equation.right)


def _stacked(row: Row, width: int) -> Iterator[Cell]:
    """The derivatives on lines of their own under the node."""
    note: Cell = ((f"   {row.note}", DIM),) if row.note else ()
    room = max(width - width_of(((row.under, ""),)), NARROWEST)
    if row.head or not row.gradient.left:
        for place, part in enumerate(folded((*row.head, *note), room)):
            yield ((row.under if place else row.guides, DIM), *part)
    if row.titles:
        return
    for word, equation in (("local     ", row.local), ("gradient  ", row.gradient)):
        if equation.left:
            cell = ((word, DIM), *_equation(equation))
            yield from (((row.under, DIM), *part) for part in folded(cell, room))
