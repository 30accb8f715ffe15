"""Softmax and layer norm: every entry is set in relation to the others along an axis."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Misfit, Shape, axis_of
from backtrace.ops.params import written
from backtrace.ops.rows import Domain, Slip, Value, pick
from backtrace.ops.structural import Composite, at

LAST = {"axis": -1}
LAST_KIND = {"axis": kinds.whole_number}
EPS = {"eps": 1e-5}
EPS_KIND = {"eps": kinds.finite}
LAYER_NOTES = (
    "over the last axis; the variance is the biased one, which divides by n; "
    "var(x) divides by n - 1 unless correction=0"
)


def shifted(x: Value, axis: int) -> Value:
    """`x` less its largest entry along the axis, so that exp cannot overflow; a fresh array."""
    return x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)


def softmax(x: Value, axis: int = -1) -> Value:
    """exp(x) divided by its sum along the axis."""
    e = shifted(x, axis)
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


def log_softmax(x: Value, axis: int = -1) -> Value:
    """The logarithm of softmax, finite where softmax rounds to 0."""
    s = shifted(x, axis)
    s -= np.log(np.add.reduce(np.exp(s), axis=axis, keepdims=True))
    return s


def _softmax_to_x(g: Value, x: Value, v: Value, axis: int) -> Value:
    return (g - np.sum(g * v, axis=axis, keepdims=True)) * v


def _same(x: Shape, axis: int) -> Shape:
    axis_of(axis, x)
    return x


def _sums_to_1(x: Value, v: Value, axis: int) -> str:
    return "sums to 1" if np.ndim(x) == 1 else f"sums to 1 along axis {axis_of(axis, np.shape(x))}"


def _call_softmax(axis: int) -> str:
    return "softmax(x)" if axis == -1 else f"softmax(x, axis={axis})"


def _layer_shape(x: Shape) -> Shape:
    if not x:
        raise Misfit("it is over the last axis, and the input is one number")
    return x


def _affine_shape(x: Shape, weight: Shape, bias: Shape) -> Shape:
    if weight != _layer_shape(x)[-1:] or bias != x[-1:]:
        raise Misfit(f"weight and bias must be vectors of {x[-1]}, the size of the last axis of x")
    return x


def _mean(x: Value) -> Value:
    return np.sum(x, axis=-1, keepdims=True) / np.float64(x.shape[-1])  # np.mean warns of 0/0


def _variance(x: Value) -> Value:
    d = x - _mean(x)
    return _mean(d * d)


def _varies(x: Value, eps: float) -> Value:
    return ~(_variance(x) + eps <= 0)


def _deviation(x: Value, eps: float) -> Value:
    """What layer norm divides by: the square root of the biased variance plus eps."""
    deviation = np.sqrt(_variance(x) + eps)
    return pick(np.isinf(deviation), np.nan, deviation)  # overflow is no answer of 0, as torch


def _normal(x: Value, eps: float) -> Value:
    """`x` with mean 0 and variance 1 along the last axis."""
    return (x - _mean(x)) / _deviation(x, eps)


def _through(d: Value, x: Value, normal: Value, eps: float) -> Value:
    """What x gets when the gradient `d` arrives at the normalised entries."""
    # normal adds up to 0, so d may be centred first; an infinite d is nan then, as in torch
    centred = d - _mean(d)
    return (centred - normal * _mean(centred * normal)) / _deviation(x, eps)


def _plus(eps: float) -> str:
    return f" + {written(eps)}" if eps else ""


def _through_text(
    d: str, normal: str, eps: float, *, mean: bool = True, variance: bool = True
) -> str:
    """What x gets, as text; without a path, that of the mean or that of the variance, a slip."""
    along = "axis=-1, keepdims=1"
    paths = [f"mean({d}, {along})"] * mean + [f"{normal}*mean({d}*{normal}, {along})"] * variance
    deviation = f"sqrt(var(x, axis=-1, correction=0, keepdims=1){_plus(eps)})"
    return f"({' - '.join([d, *paths])})/{deviation}"


def _call_layer(eps: float) -> str:
    return "layer_norm(x)" if eps == EPS["eps"] else f"layer_norm(x, eps={written(eps)})"


def _layer_definition(eps: float) -> str:
    return (
        f"d = x - mean(x, axis=-1, keepdims=1); d/sqrt(mean(d**2, axis=-1, keepdims=1){_plus(eps)})"
    )


def _divisor_remark(x: Value) -> str:
    n = np.shape(x)[-1]
    return f"the variance divides by n = {n}, not by n - 1"


ALONG_AXIS = Domain(
    samples=(
        at([0.5, -1.0, 0.0]),
        at([[1.0, 2.0, 0.5], [-1.0, 0.3, 3.0]]),
        at([[1.0, 2.0, 0.5], [-1.0, 0.3, 3.0]], axis=0),
        at([[[1.0, 2.0], [0.5, -1.0]], [[0.3, 3.0], [1.5, 2.5]]], axis=-2),
    ),
    edges=(
        at([1000.0, 0.0]),
        at([7.0]),
        at([]),
        at([-np.inf, 0.0]),
        at([-np.inf, -np.inf]),
        at([np.inf, 0.0]),
        at([[np.nan, 0.0], [1.0, 2.0]]),
    ),
)
ROWS = (
    Composite(
        name="softmax",
        inputs=("x",),
        params=LAST,
        kinds=LAST_KIND,
        shape=_same,
        forward=softmax,
        vjp=(_softmax_to_x,),
        rules=(lambda x, axis: f"v*(g - sum(g*v, axis={axis}, keepdims=1))",),
        definition=lambda x, axis: f"u = exp(x); u/sum(u, axis={axis}, keepdims=1)",
        slips=(
            Slip(0, "missing-path", "g*v*(1 - v)"),
            Slip(0, "wrong-local", "g*v"),
            Slip(0, "input-for-output", "g*x*(1 - x)"),
            Slip(0, "wrong-local", lambda x, axis: f"v*(g + sum(g*v, axis={axis}, keepdims=1))"),
            Slip(0, "wrong-local", lambda x, axis: f"v*(g - sum(g, axis={axis}, keepdims=1))"),
        ),
        torch="torch.softmax(x, dim=axis)",
        domain=ALONG_AXIS,
        remark=_sums_to_1,
        notes="over the last axis, where axis is not given",
    ),
    Composite(
        name="log_softmax",
        inputs=("x",),
        params=LAST,
        kinds=LAST_KIND,
        shape=_same,
        forward=log_softmax,
        vjp=(
            lambda g, x, v, axis: g - np.exp(v) * np.sum(g, axis=axis, keepdims=True),  # as torch
        ),
        rules=(lambda x, axis: f"g - {_call_softmax(axis)}*sum(g, axis={axis}, keepdims=1)",),
        definition=lambda x, axis: f"p = {_call_softmax(axis)}; log(p)",
        slips=(
            Slip(0, "missing-path", lambda x, axis: f"g*(1 - {_call_softmax(axis)})"),
            Slip(0, "wrong-local", lambda x, axis: f"g - {_call_softmax(axis)}"),
            Slip(0, "missing-path", lambda x, axis: f"g/{_call_softmax(axis)}"),
            Slip(0, "wrong-local", lambda x, axis: f"g - sum(g, axis={axis}, keepdims=1)"),
        ),
        torch="torch.log_softmax(x, dim=axis)",
        domain=ALONG_AXIS,
        notes="over the last axis, where axis is not given; log(softmax(x)) is -inf far out",
        carries=True,
    ),
    Composite(
        name="layer_norm",
        inputs=("x",),
        params=EPS,
        kinds=EPS_KIND,
        shape=lambda x, eps: _layer_shape(x),
        forward=_normal,
        vjp=(lambda g, x, v, eps: _through(g, x, v, eps),),
        rules=(lambda x, eps: _through_text("g", "v", eps),),
        definition=lambda x, eps: _layer_definition(eps),
        slips=(
            Slip(
                0,
                "missing-path",
                lambda x, eps: _through_text("g", "v", eps, mean=False, variance=False),
            ),
            Slip(0, "missing-path", lambda x, eps: _through_text("g", "v", eps, variance=False)),
            Slip(0, "missing-path", lambda x, eps: _through_text("g", "v", eps, mean=False)),
        ),
        torch="torch.nn.functional.layer_norm(x, x.shape[-1:], eps=eps)",
        domain=Domain(
            needs="entries that differ, where eps is 0",
            defined=lambda x, eps: _varies(x, eps),
            samples=(
                at([1.0, 2.0, 4.0]),
                at([[1.0, 2.0, 0.5], [-1.0, 0.3, 3.0]], eps=0.1),
                at([[[1.0, 2.0], [0.5, -1.0]], [[0.3, 3.0], [1.5, 2.5]]], eps=0.0),
            ),
            edges=(
                at([2.0, 2.0, 2.0]),
                at([2.0, 2.0, 2.0], eps=0.0),
                at([3.0]),
                at([[], []]),
                at([np.inf, 1.0]),
                at([[np.nan, 1.0], [1.0, 2.0]]),
            ),
        ),
        remark=lambda x, v, eps: _divisor_remark(x),
        notes=LAYER_NOTES,
        carries=True,
    ),
    Composite(
        name="layer_norm_affine",
        inputs=("x", "weight", "bias"),
        call="layer_norm",
        params=EPS,
        kinds=EPS_KIND,
        shape=lambda x, weight, bias, eps: _affine_shape(x, weight, bias),
        forward=lambda x, weight, bias, eps: _normal(x, eps) * weight + bias,
        vjp=(
            lambda g, x, weight, bias, v, eps: _through(g * weight, x, _normal(x, eps), eps),
            lambda g, x, weight, bias, v, eps: g * _normal(x, eps),
            lambda g, x, weight, bias, v, eps: g,
        ),
        rules=(
            lambda x, weight, bias, eps: _through_text("g*weight", _call_layer(eps), eps),
            lambda x, weight, bias, eps: f"g*{_call_layer(eps)}",
            "g",
        ),
        definition=lambda x, weight, bias, eps: f"xhat = {_call_layer(eps)}; xhat*weight + bias",
        slips=(
            Slip(
                0,
                "missing-path",
                lambda x, weight, bias, eps: _through_text(
                    "g*weight", _call_layer(eps), eps, mean=False, variance=False
                ),
            ),
            Slip(
                0,
                "missing-local",
                lambda x, weight, bias, eps: _through_text("g", _call_layer(eps), eps),
            ),
            Slip(1, "input-for-output", "g*x"),
            Slip(2, "wrong-local", "g*weight"),
        ),
        torch="torch.nn.functional.layer_norm(x, x.shape[-1:], weight, bias, eps)",
        domain=Domain(
            needs="entries that differ, where eps is 0",
            defined=lambda x, weight, bias, eps: _varies(x, eps),
            samples=(
                at([1.0, 2.0, 4.0], [0.5, -1.0, 2.0], [0.1, 0.2, 0.3]),
                at([[1.0, 2.0, 0.5], [-1.0, 0.3, 3.0]], [0.5, -1.0, 2.0], [0.1, 0.2, 0.3], eps=0.1),
                at([[[1.0, 2.0], [0.5, -1.0]], [[0.3, 3.0], [1.5, 2.5]]], [2.0, 0.0], [0.0, 1.0]),
            ),
            edges=(
                at([2.0, 2.0], [0.5, -1.0], [0.1, 0.2]),
                at([2.0, 2.0], [0.5, -1.0], [0.1, 0.2], eps=0.0),
                at([[3.0], [1.0]], [0.5], [0.1]),
                at([1.0, 2.0], [np.inf, 1.0], [0.1, np.nan]),
            ),
        ),
        remark=lambda x, weight, bias, v, eps: _divisor_remark(x),
        notes=LAYER_NOTES,
        carries=True,
    ),
)
