"""The gradients as bare numbers, for scripts."""

from __future__ import annotations

from collections.abc import Mapping

from backtrace.ops.rows import Value
from backtrace.records import Trace
from backtrace.render.text import exact


def quiet(trace: Trace, *, digits: int | None = None) -> str:
    """The number alone where one gradient was asked for; else a line `name<TAB>number` for each.

    Without `digits` a number is the shortest text that reads back to the same float.
    """
    return numbers(trace.gradients, digits=digits)


def numbers(by_name: Mapping[str, Value], *, digits: int | None = None) -> str:
    """One number alone, or several by their names."""
    if len(by_name) == 1:
        (number,) = by_name.values()
        return exact(number, digits)
    return "\n".join(f"{name}\t{exact(value, digits)}" for name, value in by_name.items())
