"""The picture of a trace: the graph with a number at every place, as svg, png or pdf.

    trace -> what is drawn (drawing, words) -> where it stands (layout) -> shapes and texts (scene)

One scene has two writers: svg.py, and canvas.py for png and pdf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.picture.drawing import can_be_drawn
from backtrace.render.picture.svg import svg_of
from backtrace.render.picture.whole import scene
from backtrace.render.picture.words import room_of_number

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

__all__ = ["can_be_drawn", "room_of_number", "svg_text"]


def svg_text(
    trace: Trace,
    check: Check | None,
    sheet: Sheet = PLAIN_SHEET,
    *,
    roomy: bool = False,
    embedded: bool = False,
) -> str:
    """The picture as SVG; without a check there is no verdict under it.

    `roomy` keeps room for longer numbers, of up to `room_of_number` characters, which a page may
    put in the place of these; `embedded` is the element without the declaration of a file.
    Raises UsageError where the graph has more than MOST_NODES nodes.
    """
    return svg_of(scene(trace, check, sheet, roomy=roomy), embedded=embedded)
