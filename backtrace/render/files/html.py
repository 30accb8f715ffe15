"""A page that steps through the passes, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.page import page

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def html(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The page in UTF-8. Raises UsageError for a graph that is too large to be drawn."""
    return page(trace, check, sheet).encode()
