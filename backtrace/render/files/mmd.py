"""The computational graph as a Mermaid flowchart, for Markdown that draws these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.picture.colours import PALETTES, Palette
from backtrace.render.picture.description import title
from backtrace.render.picture.drawing import Draughtsman, DrawnEdge, DrawnNode
from backtrace.render.picture.plain import text_of, visible

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

SHAPES = {"operation": "({})", "variable": "([{}])", "constant": "{{{{{}}}}}"}
# What has a meaning in a label, or begins one: entities, tags, Markdown, formulas, escapes
CODES = str.maketrans({c: f"#{ord(c)};" for c in '#"<>&`$\\*_~|{}[]'})


def mmd(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """Every node once, however often it is used; formulas are in the language."""
    drawing = Draughtsman(trace, sheet, as_text=True).draw()
    lines = [
        f"flowchart {sheet.direction}",
        *(f"  %% {_comment(text)}" for text in (title(trace), check.summary, *drawing.notes)),
        *(_node(place, node) for place, node in enumerate(drawing.nodes)),
        *map(_edge, drawing.edges),
        *_colours(PALETTES[sheet.theme]),
    ]
    return "\n".join([*lines, ""]).encode()


def _comment(text: str) -> str:
    """On one line, and no directive."""
    return visible(text).replace("%", "% ")


def _node(place: int, node: DrawnNode) -> str:
    label = SHAPES[node.kind].format(quoted(map(text_of, node.lines)))
    return f"  n{place}{label}:::{node.tone}"


def _edge(edge: DrawnEdge) -> str:
    label = quoted(map(text_of, (*edge.above, *edge.below)))
    arrow = "-->" if edge.has_gradient else "-.->"
    return f"  n{edge.source} {arrow}|{label}| n{edge.target}"


def quoted(lines: Iterable[str]) -> str:
    """Lines as one label; what they hold is text and nothing else."""
    return f'"{"<br/>".join(visible(line).translate(CODES) for line in lines)}"'


def _colours(palette: Palette) -> Iterator[str]:
    ink = palette.text["ink"]
    for kind, fill in palette.fill.items():
        dashes = ",stroke-dasharray:4 3" if kind == "grey" else ""
        yield f"  classDef {kind} fill:{fill},stroke:{palette.stroke[kind]},color:{ink}{dashes}"
