"""The Wengert list: one row a node, values from the top down, gradients from the bottom up.

The form of the tables in Baydin et al., "Automatic differentiation in machine learning: a survey"
(JMLR 18, 2018): the left half is the forward pass, the right half the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from backtrace.graph import Constant, Leaf
from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.cells import DIM, FORWARD, NAME, Cell, assembled, columns, folded
from backtrace.render.equations import Equation, edge, total
from backtrace.render.layout import Row, in_layout
from backtrace.render.phrases import Phrases

MOST_ROWS = 100  # of a list when no depth is asked for; beyond, its middle is left out
FOLDED_TO = 20  # rows that are then left at either end
MOST_EDGES = 10  # of one node


def table(trace: Trace, look: Look = PLAIN, *, depth: int | None = None) -> Text:
    """The nodes in order of computation, each with its value and with its gradient as a sum.

    `depth` is how many rows are shown from either end; by default all of them, or 20 where there
    are more than 100.
    """
    say = Phrases(trace, look)
    count = len(trace.graph.nodes)
    if depth is None:
        depth = count if count <= MOST_ROWS else FOLDED_TO
    first = list(range(min(depth, count)))
    last = list(range(max(depth, count - depth), count))
    hidden = count - len(first) - len(last)

    def rows(say: Phrases) -> list[Row]:
        return list(_rows(say, [*first, *last], gap=len(first) if hidden else None))

    heading = "forward, read downwards", "local derivative", "backward, read upwards"
    lines = in_layout(say, rows, heading, look.width)
    if hidden:
        lines += [(), *folded(say.left_out(hidden, count, depth), look.width)]
    return assembled([*lines, *say.explained(look.width)])


def _rows(say: Phrases, indices: list[int], gap: int | None) -> Iterator[Row]:
    """The titles and a row for every node; `gap` is where nodes are left out."""
    title, *heads = _heads(say, indices)
    times = say.glyphs.times
    titled = Equation((("gradient", DIM),), ((f"upstream {times} local", DIM),))
    yield Row("", "", title, gradient=titled, titles=True)
    for place, (index, head) in enumerate(zip(indices, heads, strict=True)):
        if place == gap:
            yield Row("", "", ((say.glyphs.dots, DIM),))
        yield from _node(say, index, head)


def _heads(say: Phrases, indices: list[int]) -> list[Cell]:
    """Number, name, expression and value of every node, aligned, under a heading."""
    words = ("#", "node", "expression", "value")
    cells: list[list[Cell]] = [[((word, DIM),) for word in words]]
    for index in indices:
        match say.graph.nodes[index]:
            case Leaf():
                expression: Cell = (("variable", DIM),)
            case Constant():
                expression = (("constant", DIM),)
            case _:
                expression = ((say.expression(index), ""),)
        value: Cell = (*say.shaped(say.value(index), FORWARD), *say.mark(index))
        cells.append([((str(index), DIM),), ((say.name(index), NAME),), expression, value])
    return columns(cells, right=[0], gap=2)


def _node(say: Phrases, index: int, head: Cell) -> Iterator[Row]:
    """A node and, where its gradient is a sum, a row for each of the terms."""
    remark = say.remark(index)
    if say.trace.adjoints[index] is None:
        asked = " asked" if isinstance(say.graph.nodes[index], Leaf) else ""
        yield Row("", "", head, note=f"no gradient{asked}", remark=remark)
        return
    edges = say.edges(index)
    if len(edges) == 1:
        yield Row("", "    ", head, *edge(say, *edges[0]), remark=remark)
        return
    yield Row("", "    ", head, gradient=total(say, index), remark=remark)
    for via, slot in edges if len(edges) <= MOST_EDGES else edges[-MOST_EDGES:]:
        yield Row("    ", "    ", (), *edge(say, via, slot))
