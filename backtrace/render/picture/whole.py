"""The whole picture: the program, the graph under it, and what explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import Sheet
from backtrace.render.picture.captions import caption, header, legend, notes, verdict
from backtrace.render.picture.colours import PALETTES
from backtrace.render.picture.composing import arranged, graph_groups
from backtrace.render.picture.description import description, title
from backtrace.render.picture.drawing import Draughtsman
from backtrace.render.picture.layout import Point, Size
from backtrace.render.picture.scene import Scene

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

PADDING = 16.0  # around everything
GAP = 14.0  # between the graph and what stands above and below it
NARROWEST = 480.0  # what captions are broken to, even under a small graph


def scene(trace: Trace, check: Check | None, sheet: Sheet, *, roomy: bool = False) -> Scene:
    """Everything in its place. Raises UsageError for a graph that is too large."""
    draughtsman = Draughtsman(trace, sheet, roomy=roomy)
    drawing, palette = draughtsman.draw(), PALETTES[sheet.theme]
    found = arranged(drawing, sheet.direction)
    width = max(found.size.width, NARROWEST)

    above = header(trace.graph.source, width)
    top = PADDING + sum(line.height for line in above) + GAP
    origin = Point(PADDING + (width - found.size.width) / 2, top)
    bottom = top + found.size.height + GAP
    key, height = legend(Point(PADDING, bottom), width, palette)
    below = [*verdict(check, width), *notes(drawing, trace, check, width)]
    end = bottom + height + sum(line.height for line in below)
    groups = (
        caption(above, PADDING, PADDING),
        *graph_groups(drawing, found.moved(origin), sheet.direction, palette),
        key,
        caption(below, PADDING, bottom + height),
    )
    return Scene(
        Size(width + 2 * PADDING, end + PADDING),
        palette.paper,
        tuple(palette.text.items()),
        groups,
        title(trace),
        description(draughtsman.say, check),
    )
