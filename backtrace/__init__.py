"""See how backpropagation works on your expression, and whether your answer is right."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from backtrace.cli.magic import load_ipython_extension
    from backtrace.crosscheck import Check
    from backtrace.descent.descending import descend
    from backtrace.descent.records import Descent, Step
    from backtrace.errors import (
        BacktraceError,
        BindingError,
        EngineMissing,
        ReadError,
        ShapeError,
        UsageError,
    )
    from backtrace.graph import Graph
    from backtrace.homework.checking import assert_gradient, check, check_all, equivalent
    from backtrace.homework.course import grade
    from backtrace.homework.verdicts import Counterexample, Verdict
    from backtrace.reading import read
    from backtrace.records import Contribution, Notice, Trace, TracedNode
    from backtrace.tracing import trace

_HOMES = {
    "trace": "tracing",
    "read": "reading",
    "descend": "descent.descending",
    "Descent": "descent.records",
    "Step": "descent.records",
    "check": "homework.checking",
    "check_all": "homework.checking",
    "equivalent": "homework.checking",
    "assert_gradient": "homework.checking",
    "grade": "homework.course",
    "Verdict": "homework.verdicts",
    "Counterexample": "homework.verdicts",
    "load_ipython_extension": "cli.magic",
    "Graph": "graph",
    "Check": "crosscheck",
    "Trace": "records",
    "TracedNode": "records",
    "Contribution": "records",
    "Notice": "records",
    "BacktraceError": "errors",
    "ReadError": "errors",
    "BindingError": "errors",
    "ShapeError": "errors",
    "EngineMissing": "errors",
    "UsageError": "errors",
}
__all__ = [
    "BacktraceError",
    "BindingError",
    "Check",
    "Contribution",
    "Counterexample",
    "Descent",
    "EngineMissing",
    "Graph",
    "Notice",
    "ReadError",
    "ShapeError",
    "Step",
    "Trace",
    "TracedNode",
    "UsageError",
    "Verdict",
    "assert_gradient",
    "check",
    "check_all",
    "descend",
    "equivalent",
    "grade",
    "load_ipython_extension",
    "read",
    "trace",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562), so that `import backtrace` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'backtrace' has no attribute {name!r}")
    value = getattr(import_module(f"backtrace.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
