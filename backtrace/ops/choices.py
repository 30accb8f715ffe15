"""Comparisons, and `where`, which chooses by one.

A comparison is a number, 1 where it holds and 0 where not, so `(x > 0)*x` works. No gradient passes
through it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Domain, Elementwise, Slip, Value, pick


def comparison(
    name: str,
    sign: str,
    holds: Callable[..., Value],
    relation: Callable[[Any, Any], Any],
    also: tuple[str, ...],
) -> Elementwise:
    """The row of one comparison."""
    return Elementwise(
        name=name,
        inputs=("x", "y"),
        notation=f"{{0}} {sign} {{1}}",
        call=name,
        also=also,
        forward=lambda x, y: np.float64(holds(x, y)),
        formula=lambda x, y: sp.Piecewise((1, relation(x, y)), (0, True)),
        partials=lambda x, y, v: (sp.S.Zero, sp.S.Zero),
        local=(None, None),
        javascript=(f"Number(x {sign} y)", "", ""),
        torch=f"torch.{name}(x, y).double()",
        convention="where the two are equal the value jumps; no gradient passes there or elsewhere",
        domain=Domain(
            kink=lambda x, y: x == y,
            samples=((1.0, 2.0), (2.0, 1.0), (-1.0, -0.5)),
            kinks=((1.0, 1.0), (0.0, -0.0)),
            edges=((np.nan, 1.0), (np.inf, 1.0)),
        ),
    )


def condition(value: Any) -> Any:
    """The sympy relation that a number stands for: what a comparison compared, else `!= 0`."""
    if isinstance(value, sp.Piecewise) and len(value.args) == 2:
        (one, relation), (zero, _) = value.args
        if one == 1 and zero == 0:
            return relation
    return sp.Ne(value, 0)


ROWS = (
    comparison("lt", "<", operator.lt, lambda x, y: sp.Lt(x, y), ("less",)),
    comparison("le", "<=", operator.le, lambda x, y: sp.Le(x, y), ("less_equal",)),
    comparison("gt", ">", operator.gt, lambda x, y: sp.Gt(x, y), ("greater",)),
    comparison("ge", ">=", operator.ge, lambda x, y: sp.Ge(x, y), ("greater_equal",)),
    comparison("eq", "==", operator.eq, lambda x, y: sp.Eq(x, y), ("equal",)),
    comparison("ne", "!=", operator.ne, lambda x, y: sp.Ne(x, y), ("not_equal",)),
    Elementwise(
        name="where",
        inputs=("condition", "a", "b"),
        written_by_hand="{",
        forward=lambda c, a, b: pick(c != 0, a, b),
        formula=lambda c, a, b: sp.Piecewise((a, condition(c)), (b, True)),
        partials=lambda c, a, b, v: (
            sp.S.Zero,
            sp.Piecewise((1, condition(c)), (0, True)),
            sp.Piecewise((0, condition(c)), (1, True)),
        ),
        local=(
            None,
            lambda c, a, b, v: np.float64(c != 0),
            lambda c, a, b, v: np.float64(c == 0),
        ),
        masks=True,
        slips=(
            Slip(1, "wrong-local", "1"),
            Slip(1, "wrong-local", "condition == 0"),
            Slip(2, "wrong-local", "1"),
            Slip(2, "wrong-local", "condition != 0"),
        ),
        javascript=(
            "condition !== 0 ? a : b",
            "",
            "Number(condition !== 0)",
            "Number(condition === 0)",
        ),
        torch="torch.where(condition != 0, a, b)",
        notes="both branches are computed; the one not chosen gets the gradient 0, which a local"
        " derivative of inf further on turns into nan: where(x > 0, sqrt(x), 0) at 0",
        domain=Domain(
            samples=((1.0, 2.0, 3.0), (0.0, 2.0, 3.0)),
            edges=((1.0, 2.0, np.nan), (0.0, np.inf, 3.0), (np.nan, 2.0, 3.0)),
        ),
    ),
)
