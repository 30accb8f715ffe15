"""What is on the screen, without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.summary import summary
from backtrace.render.views.tree import tree

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def txt(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The tree and what stands below it, in lines of any length."""
    look = sheet.look
    return f"{tree(trace, look).plain}\n{summary(trace, check, look).plain}\n".encode()
