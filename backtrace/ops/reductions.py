"""Sums, means and products: operations that make one number of many."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Axis, Shape, axis_of, count, filled, reduced, restored
from backtrace.ops.rows import Domain, Slip, Value, pick
from backtrace.ops.structural import Structural, at

AXIS = {"axis": None, "keepdims": False}
KINDS = {"axis": kinds.axes, "keepdims": kinds.truth}


def spread(shape: Shape, axis: Axis, keepdims: bool, what: str = "g") -> str:
    """`what` with the axes it was reduced over, as text: `unsqueeze(g, 0)`."""
    if axis is None or keepdims or _is_all(shape, axis):
        return what
    return f"unsqueeze({what}, {kinds.written(axis)})"


def along(function: str, what: str, shape: Shape, axis: Axis) -> str:
    """A reduction that goes back into the shape, as text: `mean(x, axis=0, keepdims=1)`."""
    if axis is None or _is_all(shape, axis):
        return f"{function}({what})"
    return f"{function}({what}, axis={kinds.written(axis)}, keepdims=1)"


def _is_all(shape: Shape, axis: int | tuple[int, ...]) -> bool:
    return len(shape) == (1 if isinstance(axis, int) else len(axis))


# -- prod: the derivative by an entry is the product of the others


def _to_factors(g: Value, x: Value, v: Value, axis: int | None, keepdims: bool) -> Value:
    """As torch: v/x where no entry is 0; where one is, the products before and after it."""
    if np.ndim(x) == 0:
        return g
    g, v = (restored(a, np.shape(x), axis, keepdims) for a in (g, v))
    zeros = np.count_nonzero(x == 0)
    if zeros == 0:
        return g * (v / x)
    if axis is None and zeros > 1:
        return np.zeros(np.shape(x))  # whatever arrives, inf and nan too
    return g * _product_of_others(x, axis)


def _product_of_others(x: Value, axis: int | None) -> Value:
    """For every entry the product of all others along the axis."""
    if axis is None:
        return _product_of_others(np.ravel(x), 0).reshape(np.shape(x))
    entries = np.moveaxis(x, axis, -1)
    before, after = np.ones(entries.shape), np.ones(entries.shape)
    before[..., 1:] = np.cumprod(entries[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(entries[..., :0:-1], axis=-1)[..., ::-1]
    return np.moveaxis(before * after, -1, axis)


def _zeros_remark(x: Value, v: Value, axis: int | None, keepdims: bool) -> str:
    return "" if np.all(x) else "an entry is 0: for 0/0 stands the product of the others"


# -- logsumexp


def _logsumexp(x: Value, axis: Axis, keepdims: bool) -> Value:
    """With the largest taken out, so that exp does not overflow."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shift = pick(np.isinf(largest), 0.0, largest)
    summed = np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return np.reshape(summed, reduced(np.shape(x), axis, keepdims))[()]


def _to_exponents(g: Value, x: Value, v: Value, axis: Axis, keepdims: bool) -> Value:
    g, v = (restored(a, np.shape(x), axis, keepdims) for a in (g, v))
    return g * np.exp(x - v)


ROWS = (
    Structural(
        name="sum",
        linear=True,
        inputs=("x",),
        params=AXIS,
        kinds=KINDS,
        shape=reduced,
        forward=lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims),
        vjp=(
            lambda g, x, v, axis, keepdims: filled(restored(g, x.shape, axis, keepdims), x.shape),
        ),
        rules=(spread,),
        slips=(
            Slip(
                0,
                "constant-factor",
                lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}/{count(x, axis)}",
            ),
            Slip(0, "wrong-local", lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}*x"),
        ),
        torch="torch.sum(x, dim=axis, keepdim=keepdims)",
        domain=Domain(
            samples=(
                at([1.0, -2.0, 0.5]),
                at([[1.0, 2.0], [3.0, 4.0]], axis=0),
                at([[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]], axis=-1, keepdims=True),
                at([[[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]]], axis=(2, 0)),
                at([[1.0, 2.0], [3.0, 4.0]], axis=(0, 1)),
                at([[1.0, 2.0], [3.0, 4.0]], keepdims=True),
                at(2.0),
            ),
            edges=(
                at([]),
                at([[], []], axis=1),
                at([[1.0, np.inf]], axis=(0, 1), keepdims=True),
                at([np.inf, -np.inf]),
            ),
        ),
        carries=True,
    ),
    Structural(
        name="mean",
        linear=True,
        inputs=("x",),
        also=("average",),
        params=AXIS,
        kinds=KINDS,
        shape=reduced,
        forward=lambda x, axis, keepdims: (
            x.sum(axis=axis, keepdims=keepdims) / np.float64(count(x.shape, axis))
        ),
        vjp=(
            lambda g, x, v, axis, keepdims: filled(
                restored(g / np.float64(count(x.shape, axis)), x.shape, axis, keepdims), x.shape
            ),
        ),
        rules=(lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}/{count(x, axis)}",),
        slips=(
            Slip(0, "constant-factor", spread),
            Slip(
                0,
                "wrong-local",
                lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}*x/{count(x, axis)}",
            ),
        ),
        torch="torch.mean(x, dim=axis, keepdim=keepdims)",
        domain=Domain(
            needs="at least one entry",
            defined=lambda x, axis, keepdims: count(np.shape(x), axis) > 0,
            samples=(
                at([1.0, -2.0, 0.5]),
                at([[1.0, 2.0], [3.0, 4.0]], axis=0),
                at([[[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]]], axis=(0, -1)),
                at([[1.0, 2.0], [3.0, 4.0]], keepdims=True),
                at(2.0),
            ),
            edges=(at([]), at([[1.0, np.inf]], axis=-1, keepdims=True)),
        ),
        remark=lambda x, v, axis, keepdims: (
            f"the sum of {count(np.shape(x), axis)} entries divided by {count(np.shape(x), axis)}"
        ),
        carries=True,
    ),
    Structural(
        name="prod",
        inputs=("x",),
        params=AXIS,
        kinds={"axis": kinds.axis, "keepdims": kinds.truth},
        shape=reduced,
        forward=lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims),
        vjp=(_to_factors,),
        rules=(lambda x, axis, keepdims: f"{spread(x, axis, keepdims, 'g*v')}/x",),
        slips=(
            Slip(0, "wrong-local", lambda x, axis, keepdims: spread(x, axis, keepdims, "g*v")),
            Slip(0, "wrong-local", lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}*x"),
            Slip(0, "product-of-derivatives", spread),
        ),
        torch="torch.prod(x).reshape((1,)*x.dim() if keepdims else ()) if axis is None"
        " else torch.prod(x, axis, keepdims)",
        domain=Domain(
            samples=(
                at([2.0, 3.0, -4.0]),
                at([[1.0, 2.0], [3.0, 4.0]], axis=0),
                at([[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]], axis=-1, keepdims=True),
                at([[1.0, 2.0], [3.0, 4.0]], keepdims=True),
                at(2.0),
            ),
            edges=(
                at([0.0, 2.0, 3.0]),
                at([[0.0, 2.0], [0.0, 3.0]]),
                at([[0.0, 2.0, 3.0], [0.0, 4.0, 0.0], [1.0, 2.0, np.inf]], axis=1),
                at([[0.0], [2.0]], axis=1),
                at([0.0, np.inf, 3.0]),
                at([0.0, np.nan, 0.0]),
                at([1e200, 1e200, 2.0]),
                at([np.inf, -1.0, np.inf]),
                at(0.0),
                at([]),
                at([[], []], axis=1),
            ),
        ),
        remark=_zeros_remark,
        notes="the derivative by an entry is the product of the others, which is v/x unless the"
        " entry is 0: with one 0 only its own derivative is not 0, with two all are 0",
        carries=True,
    ),
    Structural(
        name="cumsum",
        inputs=("x",),
        params={"axis": kinds.REQUIRED},
        kinds={"axis": kinds.whole_number},
        shape=lambda x, axis: x if axis_of(axis, x) >= 0 else (),
        forward=lambda x, axis: np.cumsum(x, axis=axis),
        vjp=(
            lambda g, x, v, axis: np.flip(np.cumsum(np.flip(g, axis=axis), axis=axis), axis=axis),
        ),
        rules=(lambda x, axis: f"g + {along('sum', 'g', x, axis)} - cumsum(g, {axis})",),
        slips=(
            Slip(0, "missing-path", "g"),
            Slip(0, "transposed", lambda x, axis: f"cumsum(g, {axis})"),
            Slip(0, "wrong-local", lambda x, axis: along("sum", "g", x, axis)),
        ),
        torch="torch.cumsum(x, axis)",
        domain=Domain(
            samples=(
                at([1.0, -2.0, 0.5], axis=0),
                at([[1.0, 2.0], [3.0, 4.0], [5.0, -1.0]], axis=0),
                at([[1.0, 2.0], [3.0, 4.0], [5.0, -1.0]], axis=-1),
            ),
            edges=(at([1.0, np.inf, -np.inf, 2.0], axis=0), at([], axis=0), at([[], []], axis=0)),
        ),
        notes="an entry goes into every sum from its own on, so it gets the sum of g from there on",
        carries=True,
    ),
    Structural(
        name="logsumexp",
        inputs=("x",),
        params=AXIS,
        kinds=KINDS,
        shape=reduced,
        forward=_logsumexp,
        vjp=(_to_exponents,),
        rules=(
            lambda x, axis, keepdims: (
                f"{spread(x, axis, keepdims)}*exp(x - {spread(x, axis, keepdims, 'v')})"
            ),
        ),
        slips=(
            Slip(
                0, "missing-local", lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}*exp(x)"
            ),
            Slip(
                0, "missing-local", lambda x, axis, keepdims: spread(x, axis, keepdims, "g*exp(-v)")
            ),
            Slip(0, "wrong-local", spread),
        ),
        torch="torch.logsumexp(x, tuple(range(x.dim())) if axis is None else axis, keepdims)",
        domain=Domain(
            samples=(
                at([1.0, -2.0, 0.5]),
                at([[1.0, 2.0], [3.0, 4.0]], axis=0),
                at([[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]], axis=-1, keepdims=True),
                at([[[1.0, 2.0, 5.0], [3.0, 4.0, -1.0]]], axis=(0, -1)),
                at([1000.0, 1000.0]),
                at(2.0),
            ),
            edges=(
                at([-1000.0, -1001.0]),
                at([-np.inf, -np.inf]),
                at([-np.inf, 0.0]),
                at([[np.inf, 0.0], [np.nan, 1.0]], axis=1),
                at([np.inf, -np.inf, 1e308]),
                at([]),
            ),
        ),
        notes="log(sum(exp(x))), computed so that exp does not overflow; exp(x - v) is softmax(x)",
    ),
)
