"""What is told besides the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.records import Trace

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def told(trace: Trace, check: Check | None) -> list[str]:
    """The notices of the trace and of its check, each once, but for the reason of the verdict."""
    found, reason = [*trace.notices], ""
    if check is not None:
        found, reason = [*found, *check.notices], check.reason
    return list(dict.fromkeys(notice.text for notice in found if notice.text not in reason))
