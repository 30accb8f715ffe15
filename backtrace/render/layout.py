"""Equations in aligned columns; where the screen is too narrow for these, under one another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backtrace.render.cells import DIM, Cell, folded, folded_at_signs, padded, trimmed, width_of
from backtrace.render.edges import NOTHING, Equation
from backtrace.render.phrases import Phrases

NARROWEST = 16  # columns that a line of the stacked layout is folded to at least
LONGEST_LINE = 500  # columns of lines that are aligned without a width, with all entries
GAP = 3
INDENT = " " * 4  # of a note under its node
HANG = 10  # columns of the word before an equation


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree in its parts; `note` stands for both equations where it is given.

    `remark` is said of the node itself: beside it where there is room, else under it.
    """

    guides: str
    under: str
    head: Cell = ()
    local: Equation = NOTHING
    gradient: Equation = NOTHING
    note: str = ""
    remark: str = ""
    titles: bool = False  # its equations are titles of columns, which only columns need
    narrow: tuple[Cell, ...] = ()  # lines of the head where it does not fit on one


Heading = tuple[str, str, str]
Rows = Callable[[Phrases], list[Row]]


def in_layout(say: Phrases, make: Rows, heading: Heading, width: int | None) -> list[Cell]:
    """The first layout whose lines fit `width`; the last one folds what still does not.

    `make` gives the rows with arrays folded to one room; wider ones are tried first. Without a
    width lines may be of any length, but with all entries of all arrays they are not aligned.
    """
    most = width or (LONGEST_LINE if say.full else sys.maxsize)
    marked = False
    attempts: list[list[Row]] = []
    for room in say.rooms:
        attempts.append(rows := make(say.within(room)))
        marked = any(e.whole for row in rows for e in (row.local, row.gradient))
        if marked and width is not None:
            continue  # formulas that take lines of their own
        for aligned, gap in ((True, GAP), (False, 2)):
            lines = _in_columns(rows, heading, most, gap, aligned=aligned)
            if lines is not None:
                say.owed.formula |= marked
                return lines
        if not say.owed.entries:  # nothing is folded, so that no room makes it shorter
            break
    return list(_stacked(attempts, heading, width))


# -- columns


def _in_columns(
    rows: list[Row], heading: Heading, most: int, gap: int, *, aligned: bool
) -> list[Cell] | None:
    """Three columns, or None where a line is longer than `most`.

    `aligned` has the signs of equality under one another, too.
    """
    first: list[Cell] = [((row.guides, DIM), *row.head) for row in rows]
    second = _equations([row.local for row in rows], aligned)
    third = _equations([row.gradient for row in rows], aligned)
    if any(second):
        for title, cells in zip(heading, (first, second, third), strict=True):
            cells.insert(0, ((title, DIM),))
        rows = [Row("", ""), *rows]
    at = max(map(width_of, first)) + gap
    then = max(map(width_of, second)) + gap if any(second) else 0
    if any(third) and at + then > most:
        return None  # before it is padded: with all entries a line may have millions of columns
    lines = [
        line
        for row, *cells in zip(rows, first, second, third, strict=True)
        for line in _line(row, cells, at, then)
    ]
    return lines if max(map(width_of, lines)) <= most else None


def _line(row: Row, cells: list[Cell], at: int, then: int) -> Iterator[Cell]:
    """A row whose columns start at these places, and its remark below if it does not fit in."""
    cell, local, gradient = cells
    remark: Cell = ((f"{' ' * GAP}{row.remark}", DIM),) if row.remark else ()
    beside = width_of(cell) + width_of(remark) + GAP <= at
    if beside:
        cell = (*cell, *remark)
    if row.note:
        yield (*padded(cell, at), (row.note, DIM))
    elif gradient:
        yield (*padded(cell, at), *padded(local, then), *gradient)
    else:
        yield cell
    if not beside and remark:
        yield (row.under, DIM), (row.remark, DIM)


def _equations(equations: list[Equation], aligned: bool) -> list[Cell]:
    widest = max((width_of(e.left) for e in equations), default=0) if aligned else 0
    return [_equation(e, widest) if e.left else () for e in equations]


def _equation(equation: Equation, widest: int = 0, *, whole: bool = False) -> Cell:
    left = padded(equation.left, max(widest, width_of(equation.left)))
    sign = equation.sign if widest or equation.sign.strip() else " "
    right = equation.whole if whole and equation.whole else equation.right
    return (*left, (sign, ""), *right)


# -- one under another


def _stacked(attempts: list[list[Row]], heading: Heading, width: int | None) -> Iterator[Cell]:
    """Every line from the first attempt with which it fits, else folded from the last.

    Heads are all from one attempt, because those of a table are columns themselves.
    """
    title: Cell = ((f"{heading[0]}; below it the {heading[1]}, and {heading[2]}", DIM),)
    yield from folded(title, None if width is None else max(width, NARROWEST))
    heads = next((rows for rows in attempts if _heads_fit(rows, width)), None)
    fit = heads is not None
    heads = heads or next((rows for rows in attempts if _narrow_fit(rows, width)), attempts[-1])
    beside = fit and all(_fits_beside(row.head, row.note, width) for row in heads)
    for at, row in enumerate(heads):
        room = None if width is None else max(width - width_of(((row.under, ""),)), NARROWEST)
        if row.narrow and not (beside and _fits_beside(trimmed(row.head), row.remark, width)):
            yield from _with_note_below((row.head,) if fit else row.narrow, row, room)
        else:
            yield from _head(row, room)
        if not row.titles:
            yield from _below(row, [rows[at] for rows in attempts], room)


def _fits_beside(head: Cell, said: str, width: int | None) -> bool:
    """Whether what is said of a node fits on its line."""
    return width is None or not said or width_of(head) + GAP + len(said) <= width


def _heads_fit(rows: list[Row], width: int | None) -> bool:
    heads = (((row.guides, ""), *row.head) for row in rows)
    return width is None or all(width_of(head) <= width for head in heads)


def _narrow_fit(rows: list[Row], width: int | None) -> bool:
    lines = [line for row in rows for line in row.narrow]
    return width is None or all(width_of(trimmed(line)) <= width for line in lines)


def _with_note_below(lines: tuple[Cell, ...], row: Row, room: int | None) -> Iterator[Cell]:
    """The node on several lines, and under them what is said of it."""
    yield from lines
    said = row.note or row.remark
    if said:
        indent = (INDENT, "")
        yield from ((indent, *part) for part in folded(((said, DIM),), room and room - len(INDENT)))


def _head(row: Row, room: int | None) -> Iterator[Cell]:
    """The node, with what is said of it."""
    if not row.head and row.gradient.left:
        return
    said = row.note or row.remark
    note: Cell = ((f"   {said}", DIM),) if said else ()
    cell = (*row.head, *note)
    if room is not None and width_of(cell) > room:
        cell = (*trimmed(row.head), *note)
    first, *others = _broken_head(cell, room)
    yield (row.guides, DIM), *first
    deeper = len(row.under) - len(row.guides)
    for pad, *rest in others:
        # A matrix hangs under its first row, and the guides are longer here.
        text = pad[0][deeper:] if pad[0].isspace() else pad[0]
        yield (row.under, DIM), (text, pad[1]), *rest


def _broken_head(cell: Cell, room: int | None) -> list[Cell]:
    if any(text.startswith("[[") for text, _ in cell):
        return folded_at_signs(cell, room, len(INDENT))
    return folded(cell, room)


def _below(row: Row, attempts: Sequence[Row], room: int | None) -> Iterator[Cell]:
    """The derivatives on lines of their own under the node."""
    for equations in ([a.local for a in attempts], [a.gradient for a in attempts]):
        if equations[0].left:
            cells = [((f"{e.word:<{HANG}}", DIM), *_equation(e, whole=True)) for e in equations]
            cell = next((c for c in cells if room is None or width_of(c) <= room), cells[-1])
            formula = bool(equations[0].whole)
            lines = _broken(cell, room, at_signs=formula)
            yield from (((row.under, DIM), *part) for part in lines)


def _broken(cell: Cell, room: int | None, *, at_signs: bool) -> list[Cell]:
    """An equation on as many lines as it needs; one of arrays in the manner of mathematics."""
    arrays = at_signs or any(text.startswith("[") for text, _ in cell)
    if arrays and (room is None or room > 2 * NARROWEST):
        return folded_at_signs(cell, room, HANG)
    return folded(cell, room)
