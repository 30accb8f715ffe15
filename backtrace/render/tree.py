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
from backtrace.render import DIGITS
from backtrace.render.cells import DIM, Cell, assembled, folded
from backtrace.render.layout import Heading, Row, in_layout
from backtrace.render.outline import Line, Outline, outline
from backtrace.render.phrases import NOTHING, Phrases

UNBOUNDED = 160  # columns that a tree is drawn for where lines may be of any length
MOST_UNUSED = 5  # statements that the output does not use


def tree(
    trace: Trace,
    *,
    digits: int = DIGITS,
    depth: int | None = None,
    ascii: bool = False,
    width: int | None = None,
) -> Text:
    """The computation as a tree, the output at its root.

    Three aligned columns; where these do not fit into `width` terminal columns, the derivatives
    stand under their node. `width=None` never breaks a line. `depth` is how many levels are
    drawn: by default all, or as many as make about 200 lines. `ascii` draws without box
    characters and ∂.
    """
    say = Phrases(trace, digits, ascii)
    drawn = outline(trace.graph, depth, width or UNBOUNDED, say.glyphs)
    rows = [row for line in drawn.lines for row in _rows(say, line)]
    lines = in_layout(rows, heading(say), width)
    return assembled([*lines, *_below(say, drawn, width)])


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
    head = _head(say, line)
    if line.slot < 0:
        asked = say.trace.adjoints[line.index] is not None
        gradient = say.total(line.index, say.edges(line.index)) if asked else NOTHING
        yield Row(line.guides, line.under, head, NOTHING, gradient)
        return
    note = say.without_gradient(line.via, line.slot)
    if note:
        yield Row(line.guides, line.under, head, note=note)
    else:
        local, gradient = say.edge(line.via, line.slot)
        yield Row(line.guides, line.under, head, local, gradient)
    edges = say.edges(line.index)
    if len(edges) > 1 and line.kind == "drawn":
        yield Row(line.under, line.under, gradient=say.total(line.index, edges))


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
        text = (
            f"{drawn.hidden:,} of {drawn.total:,} nodes are left out at {say.glyphs.dots}; "
            f"--depth {2 * drawn.depth} shows more"
        )
        yield ()
        yield from folded(((text, DIM),), width or len(text))
    unused = list(islice(say.unused(), MOST_UNUSED + 1))
    if unused:
        yield ()
        yield ((f"not used by {say.output}:", DIM),)
    for index in unused[:MOST_UNUSED]:
        yield from folded((("  ", ""), *say.head(index)), width or UNBOUNDED)
    if len(unused) > MOST_UNUSED:
        yield ((f"  {say.glyphs.dots}", DIM),)
