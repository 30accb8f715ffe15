"""The Wengert list: one row a node, values from the top down, gradients from the bottom up.

The form of the tables in Baydin et al., "Automatic differentiation in machine learning: a survey"
(JMLR 18, 2018): the left half is the forward pass, the right half the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest

import numpy as np
from rich.text import Text

from backtrace.graph import Apply
from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.cells import (
    DIM,
    FORWARD,
    NAME,
    Cell,
    assembled,
    columns,
    folded,
    folded_at_signs,
    width_of,
)
from backtrace.render.edges import Equation, edge, total
from backtrace.render.ends import ends
from backtrace.render.layout import Row, in_layout
from backtrace.render.phrases import Phrases

MOST_ROWS = 100  # of a list when no depth is asked for; beyond, its middle is left out
FOLDED_TO = 40  # rows that are then left, half of them at either end
NARROWEST = 12  # columns of an expression, and of a value, at least
GAP = 2
MOST_EDGES = 10  # of one node


def table(trace: Trace, look: Look = PLAIN, *, depth: int | None = None) -> Text:
    """The nodes in order of computation, each with its value and with its gradient as a sum.

    `depth` is how many rows are shown, half of them from either end; by default all of them, or 40
    where there are more than 100.
    """
    say = Phrases(trace, look)
    count = len(trace.graph.nodes)
    shown = ends(count, depth, most=MOST_ROWS, folded_to=FOLDED_TO)
    gap = len(shown.first) if shown.hidden else None

    def rows(say: Phrases) -> list[Row]:
        return list(_rows(say, [*shown.first, *shown.last], look.width, gap=gap))

    heading = "forward, read downwards", "local derivative", "backward, read upwards"
    lines = in_layout(say, rows, heading, look.width)
    if shown.hidden:
        lines += [(), *folded(say.left_out(shown.hidden, count, shown.depth), look.width)]
    return assembled([*lines, *say.explained(look.width)])


def _rows(say: Phrases, indices: list[int], width: int | None, gap: int | None) -> Iterator[Row]:
    """The titles and a row for every node; `gap` is where nodes are left out."""
    cells = _cells(say, indices)
    title, *heads = columns(cells, right=[0], gap=2)
    narrow: Iterable[tuple[Cell, ...]] = ((),) * len(cells)
    if width is not None and any(map(np.ndim, say.trace.values)):
        narrow = _narrow(cells, width)
    over, *lines = narrow
    times = say.glyphs.times
    titled = Equation((("gradient", DIM),), ((f"upstream {times} local", DIM),))
    yield Row("", "", title, gradient=titled, titles=True, narrow=over)
    for place, (index, head, several) in enumerate(zip(indices, heads, lines, strict=True)):
        if place == gap:
            yield Row("", "", ((say.glyphs.dots, DIM),))
        first, *others = _node(say, index, head)
        yield replace(first, narrow=several)
        yield from others


def _cells(say: Phrases, indices: list[int]) -> list[list[Cell]]:
    """Number, name, expression and value of every node, under their titles."""
    words = ("#", "node", "expression", "value")
    cells: list[list[Cell]] = [[((word, DIM),) for word in words]]
    for index in indices:
        expression: Cell = ((say.expression(index), ""),)
        if not isinstance(say.graph.nodes[index], Apply):
            expression = ((say.graph.kind(index), DIM),)
        value: Cell = (*say.valued(index, FORWARD), *say.mark(index))
        cells.append([((str(index), DIM),), ((say.name(index), NAME),), expression, value])
    return cells


def _narrow(cells: list[list[Cell]], width: int) -> Iterator[tuple[Cell, ...]]:
    """The same for a screen of this width: what is long for its column goes on under itself.

    Nothing on one that is too narrow for columns.
    """
    third = max(width // 3, NARROWEST)
    expressions = [folded(row[2], third) for row in cells]
    first = [[*row[:2], lines[0]] for row, lines in zip(cells, expressions, strict=True)]
    at = sum(max(map(width_of, column)) + GAP for column in zip(*first, strict=True))
    room = width - at
    if room < NARROWEST:
        yield from [()] * len(cells)
        return
    parts: list[list[Cell]] = []
    counts = []
    for row, expression in zip(cells, expressions, strict=True):
        value = folded_at_signs(row[3], room, 0)
        together = list(zip_longest(expression, value, fillvalue=()))
        parts += [[*(((), ()) if place else row[:2]), *pair] for place, pair in enumerate(together)]
        counts.append(len(together))
    lines = iter(columns(parts, right=[0], gap=GAP))
    for count in counts:
        yield tuple(islice(lines, count))


def _node(say: Phrases, index: int, head: Cell) -> Iterator[Row]:
    """A node and, where its gradient is a sum, a row for each of the terms."""
    remark = say.remark(index)
    if say.trace.adjoints[index] is None:
        yield Row("", "", head, note=say.why_none(index).alone, remark=remark)
        return
    edges = say.edges(index)
    if len(edges) == 1:
        yield Row("", "    ", head, *edge(say, *edges[0]), remark=remark)
        return
    yield Row("", "    ", head, gradient=total(say, index), remark=remark)
    for via, slot in edges if len(edges) <= MOST_EDGES else edges[-MOST_EDGES:]:
        yield Row("    ", "    ", (), *edge(say, via, slot))
