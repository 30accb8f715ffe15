"""What stands around the graph: the program above it, legend, verdict and notes below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render.notices import told
from backtrace.render.picture.colours import Palette
from backtrace.render.picture.composing import outline, stacked
from backtrace.render.picture.drawing import Drawing
from backtrace.render.picture.layout import Point, Size
from backtrace.render.picture.lines import Kind, Line, Piece, Role, broken
from backtrace.render.picture.scene import Group, Shape, Text, polyline
from backtrace.render.verdict_marks import VERDICT_MARKS

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

SAMPLE = Size(26.0, 14.0)  # of a node in the legend
GAP = 16.0  # between two entries of the legend
MEANINGS: tuple[tuple[Role, str], ...] = (
    ("value", "forward value"),
    ("local", "local derivative"),
    ("gradient", "gradient that comes back = upstream × local"),
)
MOST_STATEMENTS = 6  # lines of the program
MOST_LINES = 3  # of the verdict
MOST_NOTICES = 5


def header(source: str, width: float) -> list[Line]:
    """The statements as they were typed; of a long program the beginning."""
    texts = [text for text in source.splitlines() if text.partition("#")[0].strip()]
    lines = [line for text in texts for line in _wrapped(text, "ink", width)]
    if len(lines) > MOST_STATEMENTS:
        lines[MOST_STATEMENTS - 1 :] = [Line("caption", (Piece("…"),))]
    return lines


def verdict(check: Check | None, width: float) -> list[Line]:
    """Whether torch agrees, in a line."""
    if check is None:
        return []
    sign, role = VERDICT_MARKS[check.status]
    return list(_wrapped(f"{sign} {check.summary}".strip(), role, width))[:MOST_LINES]


def notes(drawing: Drawing, trace: Trace, check: Check | None, width: float) -> list[Line]:
    """What else there is to know, but for the reason of the verdict; then what the signs mean."""
    found = [f"note: {text}" for text in told(trace, check)]
    texts = (*found[:MOST_NOTICES], *drawing.notes)
    return [line for text in texts for line in _wrapped(text, "quiet", width, "legend")]


def _wrapped(text: str, role: Role, width: float, kind: Kind = "caption") -> Iterator[Line]:
    return broken(Line(kind, (Piece(text, role),)), width)


def caption(lines: Iterable[Line], x: float, top: float) -> Group:
    """Lines under one another, flush left."""
    return Group("caption", (), tuple(stacked(lines, x, top, ascent=1.0, centred=False)))


def legend(at: Point, width: float, palette: Palette) -> tuple[Group, float]:
    """Every shape and colour with its meaning, in rows of this width; and the height of all."""
    entries = [*_shapes(), *((None, Piece(text, role)) for role, text in MEANINGS)]
    parts: list[Shape | Text] = []
    x, y = at
    row = SAMPLE.height + 6
    for sample, piece in entries:
        line = Line("legend", (piece,))
        used = line.width + (SAMPLE.width + 6 if sample else 0)
        if x > at.x and x + used > at.x + width:
            x, y = at.x, y + row
        if sample:
            parts.append(
                _sample(sample, Point(x + SAMPLE.width / 2, y + SAMPLE.height / 2), palette)
            )
            x, used = x + SAMPLE.width + 6, used - SAMPLE.width - 6
        parts.append(Text(Point(x, y + SAMPLE.height - 3), line, centred=False))
        x += used + GAP
    return Group("legend", (), tuple(parts)), y + row - at.y


def _shapes() -> Iterator[tuple[str | None, Piece]]:
    for kind in ("operation", "variable", "constant"):
        yield kind, Piece(kind, "quiet")
    yield "grey", Piece("no gradient", "quiet")


def _sample(kind: str, centre: Point, palette: Palette) -> Shape:
    """A small node, or the dashed line of an edge without a gradient."""
    if kind == "grey":
        ends = (
            Point(centre.x - SAMPLE.width / 2, centre.y),
            Point(centre.x + SAMPLE.width / 2, centre.y),
        )
        return Shape("line", polyline(ends), palette.stroke[kind], dashed=True)
    return Shape("shape", outline(kind, centre, SAMPLE), palette.stroke[kind], palette.fill[kind])
