"""Operations as sympy functions, so that formulas read sigmoid(x) and not 1/(1 + exp(-x)).

Such a function knows nothing of its own: its derivative is the row's `partials`, its expansion and
what it is of numbers are the row's `formula`, and it is printed as the language writes the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from backtrace.lazy import sympy as sp

if TYPE_CHECKING:
    from backtrace.ops.rows import Elementwise


def exact(params: Mapping[str, float]) -> dict[str, Any]:
    """Params as exact numbers: 0.01 is 1/100 in a formula, never 0.0100000000000000."""
    return {
        name: sp.Rational(repr(float(value))) if isfinite(value) else sp.Float(value)
        for name, value in params.items()
    }


@cache
def named(op: Elementwise, params: tuple[tuple[str, float], ...] = ()) -> Any:
    """The sympy function of a row, with its params fixed.

    >>> x = sympy.Symbol("x", real=True)
    >>> sympy.diff(named(OPS["sigmoid"])(x), x)
    (1 - sigmoid(x))*sigmoid(x)
    """
    numbers = exact(dict(params))

    class Named(sp.Function):  # type: ignore[misc]
        """The derivative of slot k is what the row states."""

        def fdiff(self, argindex: int = 1) -> Any:
            return op.partials(*self.args, self, **numbers)[argindex - 1]

        @classmethod
        def eval(cls, *inputs: Any) -> Any:
            """Of numbers, the formula: sympy cannot compare what it cannot work out."""
            return op.formula(*inputs, **numbers) if all(x.is_number for x in inputs) else None

        def _eval_expand_func(self, **hints: Any) -> Any:
            return op.formula(*self.args, **numbers).expand(func=True)

        def _eval_is_extended_real(self) -> bool | None:
            return True if all(x.is_extended_real for x in self.args) else None

        def _sympystr(self, printer: Any) -> str:
            return op.as_call([printer.doprint(x) for x in self.args], dict(params))

    Named.__name__ = op.name  # what sympy orders, hashes and typesets it by
    return Named
