"""The computational graph as a picture, drawn in the font of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.picture.canvas import pdf_of
from backtrace.render.picture.whole import scene

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def pdf(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The same picture as svg on one page of its size."""
    return pdf_of(scene(trace, check, sheet))
