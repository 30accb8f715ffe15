"""Variance and standard deviation: how far numbers are from their mean."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Axis, Shape, axes_of, count, reduced, restored
from backtrace.ops.reductions import KINDS, along, spread
from backtrace.ops.rows import Domain, Slip, Value, pick, select
from backtrace.ops.structural import Structural, at

SPREAD_PARAMS = {"axis": None, "correction": 1.0, "keepdims": False}
SPREAD_KINDS = {**KINDS, "correction": kinds.finite}
# Taken off first: torch's mean of 0.1, 0.1, 0.1 is not 0.1, and its gradient of std there is noise.
SHIFTED = (
    "x - x.detach()[tuple(slice(1) if axis is None"
    " or {a, a - x.ndim} & set(axis if isinstance(axis, tuple) else (axis,))"
    " else slice(None) for a in range(x.ndim))].nan_to_num(0, 0, 0)"
)


def _divisor(shape: Shape, axis: Axis, correction: float) -> np.float64:
    return np.float64(count(shape, axis) - correction)


def _about_the_first(x: Value, axis: Axis) -> tuple[Value, Value]:
    """x without its first entry, and the mean of that: of equal entries both are exactly 0."""
    first = tuple(
        slice(0, 1) if a in axes_of(axis, np.shape(x)) else slice(None) for a in range(np.ndim(x))
    )
    shifted = x - pick(np.isfinite(x[first]), x[first], 0.0)
    total = np.sum(shifted, axis=axis, keepdims=True)
    return shifted, total / np.float64(count(np.shape(x), axis))


def _deviations(x: Value, axis: Axis) -> Value:
    """x minus its mean."""
    shifted, mean = _about_the_first(x, axis)
    return shifted - mean


def _var(x: Value, axis: Axis, correction: float, keepdims: bool) -> Value:
    squares = np.sum(_deviations(x, axis) ** 2, axis=axis, keepdims=keepdims)
    entries = count(np.shape(x), axis)
    return squares / np.float64(max(entries - correction, 0.0) if entries else 0.0)


def _to_var(g: Value, x: Value, v: Value, axis: Axis, correction: float, keepdims: bool) -> Value:
    """As torch, which over all axes takes the limit where the divisor is 0 or less."""
    shifted, mean = _about_the_first(x, axis)
    divisor = _divisor(np.shape(x), axis, correction)
    g = restored(g, np.shape(x), axis, keepdims)
    if divisor <= 0 and (axis is None or np.ndim(x) == 0):
        return g * pick(shifted == mean, np.nan, np.inf)
    return 2.0 / divisor * g * (shifted - mean)


def _to_std(g: Value, x: Value, v: Value, axis: Axis, correction: float, keepdims: bool) -> Value:
    """By way of the variance; where v is 0 nothing passes, not even inf or nan."""
    return _to_var(select(v == 0, g / (v * 2)), x, v, axis, correction, keepdims)


def _is_constant(x: Value, axis: Axis, correction: float, keepdims: bool) -> Value:
    several = count(np.shape(x), axis) > 1
    return several & (_var(x, axis, correction, keepdims) == 0)


def _centred(shape: Shape, axis: Axis, correction: float) -> str:
    """The end of both rules, as text: `(x - mean(x))/3`."""
    return f"(x - {along('mean', 'x', shape, axis)})/{_divided_by(shape, axis, correction)}"


def _divided_by(shape: Shape, axis: Axis, correction: float) -> str:
    return kinds.written(float(_divisor(shape, axis, correction)))


def _other(correction: float) -> float:
    """The correction that others have: n for n - 1, and n - 1 for n."""
    return 0.0 if correction else 1.0


def _divisor_remark(x: Value, v: Value, axis: Axis, correction: float, keepdims: bool) -> str:
    """What the sum of squares was divided by, since others divide by n."""
    off = f"n - {correction:g}" if correction else "n"
    return f"divides by {off} = {_divided_by(np.shape(x), axis, correction)}"


def _defined(x: Value, axis: Axis, correction: float, keepdims: bool) -> bool:
    return count(np.shape(x), axis) > correction


NEEDS = "more entries than correction"
MATRIX = [[1.0, 2.0, 4.5], [3.0, -4.0, 0.5]]
SAMPLES = (
    at([1.0, 2.0, 4.0]),
    at([1.0, 2.0, 4.0], correction=0),
    at(MATRIX, axis=0),
    at(MATRIX, axis=-1, keepdims=True),
    at([MATRIX], axis=(0, 2), correction=0.5),
)
EDGES = (
    at([2.0]),
    at([2.0], axis=0),
    at(2.0),
    at([]),
    at([], correction=-1),
    at([1.0, 2.0, 4.0], correction=3),
    at([np.inf, 1.0], correction=2),
    at([-np.inf, -np.inf], correction=2),
    at([1.0, 2.0, 4.0], axis=0, correction=3),
    at([1.0, 2.0, 4.0], axis=0, correction=5),
    at([[1e17, 1e17], [0.1, 0.2]], axis=1),  # no row's entries are lost in those of another
    at([[1e10, 1.0], [3e10, 2.0]], axis=(0,)),
    at([1e9, 1e9 + 1, 1e9 + 3]),
    at([1.0, np.inf, 2.0]),
    at([np.nan, 1.0]),
)
NOTES = (
    "divides by n - correction, with correction=1 as torch; numpy's {0} divides by n,"
    " which is correction=0"
)

ROWS = (
    Structural(
        name="var",
        inputs=("x",),
        params=SPREAD_PARAMS,
        kinds=SPREAD_KINDS,
        shape=lambda x, axis, correction, keepdims: reduced(x, axis, keepdims),
        forward=_var,
        vjp=(_to_var,),
        rules=(
            lambda x, axis, correction, keepdims: (
                f"{spread(x, axis, keepdims)}*2*{_centred(x, axis, correction)}"
            ),
        ),
        slips=(
            Slip(
                0,
                "constant-factor",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims)}*2*{_centred(x, axis, _other(correction))}"
                ),
            ),
            Slip(
                0,
                "constant-factor",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims)}*2*(x - {along('mean', 'x', x, axis)})"
                ),
            ),
            Slip(
                0,
                "missing-path",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims)}*2*x/{_divided_by(x, axis, correction)}"
                ),
            ),
        ),
        torch=f"torch.var({SHIFTED}, dim=axis, correction=correction, keepdim=keepdims)",
        domain=Domain(
            needs=NEEDS,
            defined=_defined,
            samples=(*SAMPLES, at([3.0, 3.0, 3.0]), at(2.0, correction=0)),
            edges=(*EDGES, at([0.1, 0.1, 0.1]), at([np.inf, np.inf, 1.0])),
        ),
        remark=_divisor_remark,
        notes=NOTES.format("var"),
        carries=True,
    ),
    Structural(
        name="std",
        inputs=("x",),
        params=SPREAD_PARAMS,
        kinds=SPREAD_KINDS,
        shape=lambda x, axis, correction, keepdims: reduced(x, axis, keepdims),
        forward=lambda x, axis, correction, keepdims: np.sqrt(_var(x, axis, correction, keepdims)),
        vjp=(_to_std,),
        rules=(
            lambda x, axis, correction, keepdims: (
                f"{spread(x, axis, keepdims, 'g/v')}*{_centred(x, axis, correction)}"
            ),
        ),
        slips=(
            Slip(
                0,
                "constant-factor",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims, 'g/v')}*{_centred(x, axis, _other(correction))}"
                ),
            ),
            Slip(
                0,
                "missing-local",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims)}*2*{_centred(x, axis, correction)}"
                ),
            ),
            Slip(
                0,
                "missing-path",
                lambda x, axis, correction, keepdims: (
                    f"{spread(x, axis, keepdims, 'g/v')}*x/{_divided_by(x, axis, correction)}"
                ),
            ),
        ),
        torch=f"torch.std({SHIFTED}, dim=axis, correction=correction, keepdim=keepdims)",
        convention="where all entries are equal the gradient is 0, the subgradient of least norm",
        domain=Domain(
            needs=NEEDS,
            defined=_defined,
            kink=_is_constant,
            samples=SAMPLES,
            kinks=(
                at([3.0, 3.0, 3.0]),
                at([0.1, 0.1, 0.1]),
                at([[1.0, 1.0], [1.0, 3.0]], axis=0, correction=0),
            ),
            edges=(*EDGES, at([2.0], correction=0)),
        ),
        remark=_divisor_remark,
        notes=NOTES.format("std"),
        carries=True,
    ),
)
