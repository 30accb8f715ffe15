"""Norms: the length of a vector, and two other measures of its size."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Axis, Misfit, Shape, count, reduced, restored
from backtrace.ops.extremes import shares
from backtrace.ops.piecewise import sign
from backtrace.ops.reductions import KINDS, spread
from backtrace.ops.rows import Domain, Slip, Value, select
from backtrace.ops.structural import Structural, at


def _refused(ord: float, axis: Axis, keepdims: bool) -> str:
    return "" if ord in {1, 2, np.inf} else "ord must be 1, 2 or inf"


def _norm_shape(shape: Shape, ord: float, axis: Axis, keepdims: bool) -> Shape:
    left = reduced(shape, axis, keepdims)
    if np.isinf(ord) and count(shape, axis) == 0:
        raise Misfit("there are no entries, and none of them is the largest")
    return left


def _norm(x: Value, ord: float, axis: Axis, keepdims: bool) -> Value:
    sizes = np.abs(x)
    if ord == 1 or count(np.shape(x), axis) == 1:  # of one entry the square could overflow
        return np.sum(sizes, axis=axis, keepdims=keepdims)
    if ord == 2:
        return np.sqrt(np.sum(sizes * sizes, axis=axis, keepdims=keepdims))
    return np.max(sizes, axis=axis, keepdims=keepdims)


def _to_norm(g: Value, x: Value, v: Value, ord: float, axis: Axis, keepdims: bool) -> Value:
    """The direction of x; at the zero vector 0, which inf and nan multiply."""
    g, v = (restored(a, np.shape(x), axis, keepdims) for a in (g, v))
    if ord == 1:
        return sign(x) * g
    if ord == 2:
        return g * select(v == 0, x / v)
    wins = (np.abs(x) == v) | np.isnan(x)
    return sign(x) * (g / np.sum(wins, axis=axis, keepdims=True) * wins)


def _norm_kink(x: Value, ord: float, axis: Axis, keepdims: bool) -> Value:
    """At ord 1 an entry 0, at ord 2 the zero vector, at inf that and ties of the largest."""
    if ord == 1:
        return x == 0
    v = _norm(x, ord, axis, True)
    at_zero = (v == 0) & (count(np.shape(x), axis) > 0)
    return at_zero if ord == 2 else at_zero | (np.sum(np.abs(x) == v, axis, keepdims=True) > 1)


def _norm_rule(shape: Shape, ord: float, axis: Axis, keepdims: bool) -> str:
    if ord == 1:
        return f"{spread(shape, axis, keepdims)}*sign(x)"
    if ord == 2:
        return f"x*{spread(shape, axis, keepdims, 'g/v')}"
    return f"sign(x)*{shares(shape, axis, keepdims, 'abs(x)')}"


MATRIX = [[1.0, 2.0, 4.5], [3.0, -4.0, 0.5]]

ROWS = (
    Structural(
        name="norm",
        inputs=("x",),
        also=("vector_norm",),
        params={"ord": 2.0, "axis": None, "keepdims": False},
        kinds={**KINDS, "ord": kinds.number},
        allowed=_refused,
        shape=_norm_shape,
        forward=_norm,
        vjp=(_to_norm,),
        rules=(_norm_rule,),
        slips=(
            Slip(
                0,
                "missing-local",
                lambda x, axis, keepdims, **_: f"{spread(x, axis, keepdims)}*2*x",
            ),
            Slip(0, "wrong-local", lambda x, axis, keepdims, **_: f"{spread(x, axis, keepdims)}*x"),
            Slip(0, "wrong-local", lambda x, axis, keepdims, **_: spread(x, axis, keepdims)),
        ),
        torch="torch.linalg.vector_norm(x, ord, dim=axis, keepdim=keepdims)",
        convention="at the zero vector the gradient is 0, with ord=1 at every entry that is 0, and"
        " with ord=inf entries that tie share evenly: the subgradients of least norm",
        domain=Domain(
            kink=_norm_kink,
            samples=(
                at([3.0, -4.0]),
                at([3.0, -4.0], ord=1),
                at([3.0, -4.0], ord=np.inf),
                at(MATRIX, axis=0),
                at(MATRIX, axis=-1, ord=1),
                at(MATRIX, axis=0, ord=np.inf),
                at(MATRIX, axis=1, ord=np.inf, keepdims=True),
                at([MATRIX], axis=(0, 1), ord=np.inf),
                at([[MATRIX[0]] * 2, MATRIX], axis=-1, ord=np.inf),
                at(MATRIX, keepdims=True),
                at(-2.0),
            ),
            kinks=(
                at([0.0, 0.0]),
                at([[0.0, 0.0], [1.0, 0.0]], axis=1),
                at([0.0, 2.0], ord=1),
                at([3.0, -3.0, 1.0], ord=np.inf),
                at([[3.0, -3.0], [1.0, 0.5]], axis=1, ord=np.inf),
                at([0.0, 0.0], ord=np.inf),
                at(0.0),
            ),
            edges=(
                at([]),
                at([], ord=1),
                at([np.nan, 1.0, np.nan]),
                at([np.nan, 1.0, np.nan], ord=1),
                at([np.nan, 1.0, np.nan], ord=np.inf),
                at([1.0, -np.inf, 0.5], ord=np.inf),
                at([1.0, np.inf]),
                at([1e200, 1e200]),
                at([1e200]),
                at([[1e-200], [1e200], [0.0]], axis=1),
            ),
        ),
        notes="of the entries as one vector: of a matrix it is the Frobenius norm",
        carries=True,
    ),
)
