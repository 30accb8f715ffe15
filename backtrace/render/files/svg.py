"""The computational graph as a picture whose text is text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.picture import svg_text

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def svg(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The picture with its legend and the verdict."""
    return svg_text(trace, check, sheet).encode()
