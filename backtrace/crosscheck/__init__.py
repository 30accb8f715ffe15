"""A trace against a second engine: torch's autograd, and central differences as a third witness.

`check` replays the graph with the *same* torch operations in float64 and compares every value and
every gradient. What is beyond rounding is judged again, one operation at a time, so that a wrong
rule is named at its own node and not at all the nodes it poisons.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from backtrace.crosscheck.checking import check, checked, not_checked
    from backtrace.crosscheck.report import Check, NodeCheck

Engine: TypeAlias = Literal["torch", "differences"]  # what a trace can be checked with

_HOMES = {
    "check": "checking",
    "checked": "checking",
    "not_checked": "checking",
    "Check": "report",
    "NodeCheck": "report",
}
__all__ = ["Check", "Engine", "NodeCheck", "check", "checked", "not_checked"]


def __getattr__(name: str) -> Any:
    """Import a function or record at its first use: --help asks for Engine, and needs no numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
