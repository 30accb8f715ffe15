"""The tree: every node with its value, every edge with its local derivative and its product.

    node = expression = value         local derivative     gradient = upstream × local
    loss = s**2 = 1                                        ∂loss/∂loss = 1
    └── s = yhat - y = -1             ∂loss/∂s = 2*s = -2  ∂loss/∂s    = 1 × -2 = -2

A node that is used more than once is drawn in full at its first place, with the sum over its
uses; each place shows the contribution that comes through it (`via v5: 1 × 2 = 2`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rich.text import Text

from backtrace.graph import Constant
from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.cells import DIM, Cell, assembled, folded
from backtrace.render.edges import NOTHING, edge, total
from backtrace.render.layout import Heading, Row, in_layout
from backtrace.render.outline import Line, Outline, outline
from backtrace.render.phrases import Phrases

MOST_UNUSED = 5  # statements that the output does not use


def tree(trace: Trace, look: Look = PLAIN, *, depth: int | None = None) -> Text:
    """The computation as a tree, the output at its root.

    Three aligned columns; where these do not fit into the width, the derivatives stand under
    their node. `depth` is how many levels are drawn: by default all, or as many as make about
    200 lines.
    """
    say = Phrases(trace, look)
    drawn = outline(trace.graph, depth, look.width, say.glyphs)

    def rows(say: Phrases) -> list[Row]:
        return [row for line in drawn.lines for row in _rows(say, line)]

    lines = in_layout(say, rows, heading(say), look.width)
    return assembled([*lines, *_below(say, drawn, look.width), *say.explained(look.width)])


def heading(say: Phrases) -> Heading:
    """What the three columns hold."""
    gradient = f"gradient = upstream {say.glyphs.times} local"
    return "node = expression = value", "local derivative", gradient


def _rows(say: Phrases, line: Line) -> Iterator[Row]:
    """What one line of the outline says; the sum over several uses is a row of its own."""
    if line.kind == "gap":
        yield Row("", "")
        return
    if line.kind == "fold":
        yield Row(line.guides, line.guides, ((say.glyphs.dots, DIM),))
        return
    head, remark = _head(say, line), say.remark(line.index) if line.kind == "drawn" else ""
    if line.slot < 0:
        asked = say.trace.adjoints[line.index] is not None
        gradient = total(say, line.index) if asked else NOTHING
        yield Row(line.guides, line.under, head, NOTHING, gradient, remark=remark)
        return
    note = say.without_gradient(line.via, line.slot)
    if note:
        yield Row(line.guides, line.under, head, note=note)
    else:
        local, gradient = edge(say, line.via, line.slot)
        yield Row(line.guides, line.under, head, local, gradient, remark=remark)
    if len(say.edges(line.index)) > 1 and line.kind == "drawn":
        yield Row(line.under, line.under, gradient=total(say, line.index))


def _head(say: Phrases, line: Line) -> Cell:
    if line.kind == "above" and not isinstance(say.graph.nodes[line.index], Constant):
        style = DIM if say.trace.adjoints[line.index] is None else "bold"
        return ((say.name(line.index), style), (" (shown above)", DIM))
    if line.kind == "below":
        return (*say.head(line.index), (" (continued below)", DIM))
    return say.head(line.index)


def _below(say: Phrases, drawn: Outline, width: int | None) -> Iterator[Cell]:
    """What the tree leaves out: nodes too deep, and statements that the output does not use."""
    if drawn.hidden:
        yield ()
        yield from folded(say.left_out(drawn.hidden, drawn.total, drawn.depth), width)
    unused = list(islice(say.unused(), MOST_UNUSED + 1))
    if unused:
        yield ()
        yield ((f"not used by {say.output}:", DIM),)
    for index in unused[:MOST_UNUSED]:
        yield from folded((("  ", ""), *say.head(index)), width)
    if len(unused) > MOST_UNUSED:
        yield ((f"  {say.glyphs.dots}", DIM),)
