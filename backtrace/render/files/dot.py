"""The computational graph in the DOT language of Graphviz, for a layout of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.picture.colours import PALETTES, Palette
from backtrace.render.picture.description import title
from backtrace.render.picture.drawing import Draughtsman, DrawnEdge, DrawnNode
from backtrace.render.picture.plain import text_of, visible

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

SHAPES = {"operation": "box", "variable": "ellipse", "constant": "hexagon"}
ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})


def dot(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """Every node once, however often it is used; formulas are in the language."""
    drawing = Draughtsman(trace, sheet, as_text=True).draw()
    palette = PALETTES[sheet.theme]
    lines = [
        "digraph backtrace {",
        *_settings(sheet, palette, [title(trace), check.summary, *drawing.notes]),
        *(_node(place, node, palette) for place, node in enumerate(drawing.nodes)),
        *(_edge(edge, palette) for edge in drawing.edges),
        "}",
    ]
    return "\n".join([*lines, ""]).encode()


def _settings(sheet: Sheet, palette: Palette, caption: Iterable[str]) -> Iterator[str]:
    ink = palette.text["ink"]
    yield f"  rankdir={sheet.direction};"
    yield f"  bgcolor={quoted([palette.paper])};"
    yield f"  label={quoted(caption)}; labelloc=b; fontcolor={quoted([ink])};"
    yield '  graph [fontname="DejaVu Sans", fontsize=11];'
    yield '  edge [fontname="DejaVu Sans", fontsize=10];'
    yield f'  node [fontname="DejaVu Sans", fontsize=11, fontcolor={quoted([ink])}];'


def _node(place: int, node: DrawnNode, palette: Palette) -> str:
    styles = ["filled", "rounded" * (node.kind == "operation"), "dashed" * node.is_grey]
    attributes = {
        "shape": quoted([SHAPES[node.kind]]),
        "style": quoted([",".join(filter(None, styles))]),
        "fillcolor": quoted([palette.fill[node.tone]]),
        "color": quoted([palette.stroke[node.tone]]),
        "penwidth": quoted(["2.6" if node.is_output else "1.2"]),
        "label": quoted(map(text_of, node.lines)),
    }
    return f"  n{place} [{_listed(attributes)}];"


def _edge(edge: DrawnEdge, palette: Palette) -> str:
    attributes = {
        "label": quoted(map(text_of, (*edge.above, *edge.below))),
        "color": quoted([palette.line if edge.has_gradient else palette.stroke["grey"]]),
        "fontcolor": quoted([palette.text["ink"]]),
        "style": quoted(["solid" if edge.has_gradient else "dashed"]),
    }
    return f"  n{edge.source} -> n{edge.target} [{_listed(attributes)}];"


def _listed(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in attributes.items())


def quoted(lines: Iterable[str]) -> str:
    r"""Lines as one string of the language; neither `\N` nor `<b>` means anything in it."""
    texts = (visible(line).translate(ESCAPES) for line in lines)
    return '"' + r"\n".join(texts) + '"'
