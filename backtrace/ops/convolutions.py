"""Convolutions, as neural networks have them: the kernels are not turned around."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.params import axes_written, sizes
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.structural import Structural, at
from backtrace.ops.windows import Sizes, Windows, each

PARAMS = {"stride": 1, "padding": 0}
KINDS = {"stride": sizes, "padding": sizes}
NOTES = (
    "x is (channels, {0}) or a batch of those, weight (out channels, channels, kernel {0}); a"
    " cross-correlation, as torch: the kernels are not turned around"
)
X_RULE = ":each entry of g times its kernel in weight, added up where the windows lay"
WEIGHT_RULE = ":each window of x times its entry of g, added up over the windows"


def _windows(weight: Shape, stride: Sizes, padding: Sizes) -> Windows:
    axes = len(weight) - 2
    return Windows(weight[2:], each(stride, axes, "stride"), each(padding, axes, "padding"))


def _shape(axes: int, x: Shape, weight: Shape, *bias: Shape, **params: Sizes) -> Shape:
    if len(weight) != axes + 2:
        raise Misfit(f"weight must have {axes + 2} axes: out channels, channels and the kernel's")
    if not weight[0]:
        raise Misfit("weight must have one out channel at least")
    if len(x) not in (axes + 1, axes + 2):
        raise Misfit(f"x must have {axes + 1} axes, or {axes + 2} for a batch")
    if x[-axes - 1] != weight[1]:
        raise Misfit(f"weight is for {weight[1]} channels, and x has {x[-axes - 1]}")
    if bias == ((),):
        raise Misfit("a third input is the bias, a vector; stride and padding go by name: stride=2")
    if bias and bias[0] != weight[:1]:
        raise Misfit(f"bias must be a vector of {weight[0]}, a number for each out channel")
    return (*x[: -axes - 1], weight[0], *_windows(weight, **params).counts(x))


def _rows(x: Value, axes: int) -> Value:
    """As a batch of matrices: a row for each channel, a column for each place."""
    return x.reshape(prod(x.shape[: -axes - 1]), x.shape[-axes - 1], prod(x.shape[-axes:]))


def _kernels(weight: Value) -> Value:
    """The kernels by place: for each a matrix (out channels, channels), fit for fast products."""
    axes = range(2, weight.ndim)
    return np.ascontiguousarray(np.transpose(weight, (*axes, 0, 1)))


def _convolved(x: Value, weight: Value, *bias: Value, stride: Sizes, padding: Sizes) -> Value:
    windows, axes = _windows(weight.shape, stride, padding), weight.ndim - 2
    padded, kernels = windows.padded(x, 0.0), _kernels(weight)
    counts = windows.counts(x.shape)
    out = np.zeros((prod(x.shape[: -axes - 1]), weight.shape[0], prod(counts)))
    for place, window in windows.places(x.shape):
        out += kernels[place] @ _rows(padded[window], axes)
    if bias:
        out += np.expand_dims(bias[0], -1)
    return out.reshape(*x.shape[: -axes - 1], weight.shape[0], *counts)


def _to_x(g: Value, x: Value, weight: Value, *_: Value, stride: Sizes, padding: Sizes) -> Value:
    windows, axes = _windows(weight.shape, stride, padding), weight.ndim - 2
    gradient, kernels, rows = windows.around(x.shape), _kernels(weight), _rows(g, axes)
    for place, window in windows.places(x.shape):
        part = gradient[window]
        part += (kernels[place].T @ rows).reshape(part.shape)
    return windows.unpadded(gradient)


def _to_weight(
    g: Value, x: Value, weight: Value, *_: Value, stride: Sizes, padding: Sizes
) -> Value:
    windows, axes = _windows(weight.shape, stride, padding), weight.ndim - 2
    padded, rows = windows.padded(x, 0.0), _rows(g, axes)
    gradient: Value = np.zeros(weight.shape)
    for place, window in windows.places(x.shape):
        part = _rows(padded[window], axes)
        gradient[:, :, *place] = (rows @ part.swapaxes(1, 2)).sum(axis=0)
    return gradient


def _bias_rule(x: Shape, weight: Shape, bias: Shape, **_: Sizes) -> str:
    """The sum over all axes but that of the channels."""
    axes = tuple(a for a in range(len(x)) if a != len(x) - len(weight) + 1)
    return f"sum(g, axis={axes_written(axes)})"


def _mean_over_places(x: Shape, weight: Shape, bias: Shape, **_: Sizes) -> str:
    return _bias_rule(x, weight, bias).replace("sum(", "mean(")


def _to_bias(g: Value, x: Value, weight: Value, *_: Value, **__: Sizes) -> Value:
    return _rows(g, weight.ndim - 2).sum(axis=(0, 2))


SIGNAL = [[1.0, -2.0, 0.5, 3.0, 1.5], [0.3, 2.0, -1.0, 0.7, 4.0]]  # of 2 channels
FILTERS = [[[1.0, -0.5], [2.0, 0.3]], [[0.1, 1.5], [-1.0, 0.4]], [[2.0, 1.0], [0.0, -3.0]]]
IMAGE = [
    [[1.0, -2.0, 0.5, 3.0], [0.3, 2.0, -1.0, 0.7], [1.5, 0.2, 4.0, -0.6]],
    [[0.9, 1.0, -1.5, 2.0], [3.0, -0.4, 0.8, 1.1], [-2.0, 0.6, 1.2, 0.1]],
]
KERNELS = [
    [[[1.0, 0.5], [-0.5, 2.0]], [[0.3, -1.0], [1.5, 0.7]]],
    [[[0.2, 2.0], [1.0, -1.5]], [[-0.1, 0.4], [3.0, 0.6]]],
    [[[2.0, 0.1], [0.5, 1.0]], [[0.0, 1.3], [-2.0, 0.9]]],
]
BIAS = [0.5, -1.0, 2.0]


def _row(axes: int, *, bias: bool, **points: Any) -> Structural:
    """conv1d, conv2d, each with a bias and without."""
    name, inputs = f"conv{axes}d", 3 if bias else 2
    torch = f"torch.nn.functional.{name}"
    return Structural(
        name=f"{name}_bias" if bias else name,
        inputs=("x", "weight", "bias")[:inputs],
        call=name,
        params=PARAMS,
        kinds=KINDS,
        shape=partial(_shape, axes),
        forward=_convolved,
        vjp=(_to_x, _to_weight, _to_bias)[:inputs],
        rules=(X_RULE, WEIGHT_RULE, _bias_rule)[:inputs],
        slips=(Slip(2, "constant-factor", _mean_over_places),) if bias else (),
        torch=torch if bias else f"{torch}(x, weight, None, stride, padding)",
        notes=NOTES.format("length" if axes == 1 else "height, width"),
        domain=Domain(**points),
    )


# The rows with a bias stand first: a third input is the bias, as in torch.
ROWS = (
    _row(
        1,
        bias=True,
        samples=(
            at([SIGNAL, SIGNAL], FILTERS, BIAS),
            at(SIGNAL, FILTERS, BIAS, stride=2, padding=1),
        ),
        edges=(at([[np.inf, 1.0]], [[[0.0]]], [1.0]),),
    ),
    _row(
        1,
        bias=False,
        samples=(
            at(SIGNAL, FILTERS),
            at([SIGNAL, SIGNAL], FILTERS, stride=(2,), padding=(1,)),
            at(SIGNAL, FILTERS, stride=3),
        ),
        edges=(at([[1.0, np.inf, np.nan]], [[[0.0]]], stride=2), at([[2.0]], [[[3.0]]])),
    ),
    _row(
        2,
        bias=True,
        samples=(
            at([IMAGE, IMAGE], KERNELS, BIAS),
            at(IMAGE, KERNELS, BIAS, stride=(2, 1), padding=(0, 1)),
        ),
        edges=(at([[[np.inf, 1.0]]], [[[[0.0]]]], [1.0]),),
    ),
    _row(
        2,
        bias=False,
        samples=(
            at(IMAGE, KERNELS),
            at([IMAGE, IMAGE], KERNELS, stride=2, padding=1),
            at(IMAGE, KERNELS, stride=(1, 3), padding=(2, 0)),
        ),
        edges=(
            at([[[np.inf, np.nan, 1.0]]], [[[[0.0]]]], padding=1),
            at([[[2.0]]], [[[[3.0]]]]),
        ),
    ),
)
