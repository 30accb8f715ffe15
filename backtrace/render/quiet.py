"""The gradients as bare numbers, for scripts."""

from __future__ import annotations

from backtrace.ops.rows import Value
from backtrace.records import Trace
from backtrace.render.text import exact


def quiet(trace: Trace, *, digits: int | None = None) -> str:
    """The number alone where one gradient was asked for; else a line `name<TAB>number` for each.

    Without `digits` a number is the shortest text that reads back to the same float.
    """
    gradients: list[tuple[str, Value]] = list(trace.gradients.items())
    if len(gradients) == 1:
        return exact(gradients[0][1], digits)
    return "\n".join(f"{name}\t{exact(gradient, digits)}" for name, gradient in gradients)
