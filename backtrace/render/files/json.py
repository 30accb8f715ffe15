"""The trace as --json prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.json import json_text

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def json(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The schema backtrace.trace/1."""
    return json_text(trace, check, formulas=sheet.formulas).encode() + b"\n"
