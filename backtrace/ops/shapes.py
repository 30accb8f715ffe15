"""Other shapes for the same numbers: axes merged, dropped, added, stretched."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Axis, Misfit, Shape, axes_of
from backtrace.ops.params import REQUIRED, axes_written
from backtrace.ops.rows import Domain, Slip
from backtrace.ops.structural import Structural, at

MATRIX = [[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]
STACK = [MATRIX, [[0.5, 2.0, -3.0], [1.5, 4.0, 0.1]]]  # of shape (2, 2, 3)
ROW = [[1.0, 2.0, 3.0]]  # of shape (1, 3)


# -- the same numbers in another shape


def _reshaped(x: Shape, shape: tuple[int, ...]) -> Shape:
    size, known = prod(x), prod(n for n in shape if n != -1)
    free = shape.count(-1)
    if free > 1 or any(n < -1 for n in shape):
        raise Misfit("sizes must be 0 or above; one of them may be -1, which stands for the rest")
    if free and (known == 0 or size % known):
        raise Misfit(f"{_entries(size)} cannot be put into the shape {kinds.written(shape)}")
    if not free and size != known:
        raise Misfit(f"{_entries(size)} cannot fill the shape {kinds.written(shape)} of {known}")
    return tuple(size // known if n == -1 else n for n in shape)


def _entries(size: int) -> str:
    return "1 entry" if size == 1 else f"{size} entries"


def _reshape_back(x: Shape, **_: Any) -> str:
    """The rule of an operation that keeps the order of the entries: `reshape(g, (2, 3))`."""
    return f"reshape(g, {kinds.written(x)})" if x else "squeeze(g)"


def _dropped(x: Shape, axis: Axis) -> tuple[int, ...]:
    """The axes that squeeze drops. Raises Misfit for one that holds more than one entry."""
    if axis is None:
        return tuple(a for a, n in enumerate(x) if n == 1)
    axes = axes_of(axis, x)
    for a in axes:
        if x[a] != 1:
            raise Misfit(f"only an axis of size 1 can be dropped, and axis {a} has size {x[a]}")
    return axes


def _squeezed(x: Shape, axis: Axis) -> Shape:
    axes = _dropped(x, axis)
    return tuple(n for a, n in enumerate(x) if a not in axes)


def _squeeze_rule(x: Shape, axis: Axis) -> str:
    axes = _dropped(x, axis)
    return f"unsqueeze(g, {axes_written(axes)})" if axes else "g"


def added(x: Shape, axis: int | tuple[int, ...]) -> tuple[int, ...]:
    """Where the new axes stand in the result, counted from 0 and in order. Raises Misfit."""
    given = (axis,) if isinstance(axis, int) else axis
    dimensions = len(x) + len(given)
    for a in given:
        if not -dimensions <= a < dimensions:
            goes = "axis 0" if dimensions == 1 else f"the axes 0 to {dimensions - 1}"
            raise Misfit(f"there is no axis {a}: the result has {goes}")
    return axes_of(given, (1,) * dimensions)


def _unsqueezed(x: Shape, axis: int | tuple[int, ...]) -> Shape:
    axes, old = added(x, axis), iter(x)
    return tuple(1 if a in axes else next(old) for a in range(len(x) + len(axes)))


# -- stretching


def _stretched(x: Shape, shape: tuple[int, ...]) -> Shape:
    new = len(shape) - len(x)
    if new < 0:
        raise Misfit(f"the shape {kinds.written(shape)} has fewer axes than the input")
    if any(n < -1 for n in shape) or -1 in shape[:new]:
        raise Misfit("sizes must be 0 or above, or -1 for the size that an axis has already")
    wanted = tuple(x[a - new] if n == -1 else n for a, n in enumerate(shape))
    for a, n in enumerate(x):
        if n not in (1, wanted[new + a]):
            raise Misfit(
                f"only an axis of size 1 can be stretched, and axis {a} has size {n},"
                f" not {wanted[new + a]}"
            )
    return wanted


def summed(rule: str, stretched: Shape, x: Shape) -> str:
    """A rule of the shape `stretched`, summed over the axes that broadcasting x had stretched."""
    new = len(stretched) - len(x)
    kept = [a - len(x) for a, n in enumerate(x) if n == 1 and stretched[new + a] != 1]
    if new:
        rule = f"sum({rule}, axis={axes_written(tuple(range(new)))})"
    return f"sum({rule}, axis={axes_written(tuple(kept))}, keepdims=1)" if kept else rule


ROWS = (
    Structural(
        name="reshape",
        inputs=("x",),
        also=("view",),
        params={"shape": REQUIRED},
        kinds={"shape": kinds.wholes},
        gathers="shape",
        shape=_reshaped,
        forward=lambda x, shape: np.reshape(x, shape),
        vjp=(lambda g, x, v, shape: np.reshape(g, np.shape(x)),),
        rules=(_reshape_back,),
        slips=(Slip(0, "transposed", "g.T"),),
        torch="torch.reshape(x, shape)",
        notes="the entries keep their order, the last axis running fastest",
        domain=Domain(
            samples=(at(MATRIX, shape=(3, 2)), at(STACK, shape=(-1, 3)), at(MATRIX, shape=(6,))),
            edges=(at(2.0, shape=(1, 1)), at([2.0], shape=()), at([], shape=(0, 3))),
        ),
        carries=True,
        moves=True,
    ),
    Structural(
        name="flatten",
        inputs=("x",),
        also=("ravel",),
        shape=lambda x: (prod(x),),
        forward=lambda x: np.reshape(x, -1),
        vjp=(lambda g, x, v: np.reshape(g, np.shape(x)),),
        rules=(_reshape_back,),
        torch="torch.flatten",
        domain=Domain(samples=(at(MATRIX), at(STACK)), edges=(at(2.0), at([[]]), at([1.0]))),
        carries=True,
        moves=True,
    ),
    Structural(
        name="squeeze",
        inputs=("x",),
        params={"axis": None},
        kinds={"axis": kinds.axes},
        shape=_squeezed,
        forward=lambda x, axis: np.squeeze(x, axis),
        vjp=(lambda g, x, v, axis: np.reshape(g, np.shape(x)),),
        rules=(_squeeze_rule,),
        torch="torch.squeeze(x) if axis is None else torch.squeeze(x, axis)",
        domain=Domain(
            samples=(at(ROW), at([ROW], axis=0), at([ROW], axis=(0, -2))),
            edges=(at(2.0), at([[3.0]]), at(MATRIX)),
        ),
        carries=True,
        moves=True,
    ),
    Structural(
        name="unsqueeze",
        inputs=("x",),
        also=("expand_dims",),
        params={"axis": REQUIRED},
        kinds={"axis": kinds.sizes},
        shape=_unsqueezed,
        forward=lambda x, axis: np.expand_dims(x, axis),
        vjp=(lambda g, x, v, axis: np.reshape(g, np.shape(x)),),
        rules=(lambda x, axis: f"squeeze(g, {axes_written(added(x, axis))})",),
        torch="x[tuple(None if a in axis or a - x.ndim - len(axis) in axis else slice(None)"
        " for a in range(x.ndim + len(axis)))] if isinstance(axis, tuple) else x.unsqueeze(axis)",
        domain=Domain(
            samples=(at([1.0, 2.0], axis=0), at(MATRIX, axis=-1), at(MATRIX, axis=(0, -2))),
            edges=(at(2.0, axis=0), at(2.0, axis=(0, 1))),
        ),
        carries=True,
        moves=True,
    ),
    Structural(
        name="broadcast_to",
        inputs=("x",),
        also=("expand",),
        params={"shape": REQUIRED},
        kinds={"shape": kinds.wholes},
        gathers="shape",
        shape=_stretched,
        forward=lambda x, shape: np.broadcast_to(x, _stretched(np.shape(x), shape)),
        vjp=(lambda g, x, v, shape: g,),
        rules=(lambda x, shape: summed("g", _stretched(x, shape), x),),
        slips=(
            Slip(
                0,
                "constant-factor",
                lambda x, shape: summed("g", _stretched(x, shape), x).replace("sum(", "mean("),
            ),
        ),
        torch="torch.broadcast_to(x, shape)",
        notes="-1 leaves an axis as it is",
        domain=Domain(
            samples=(
                at([1.0, 2.0], shape=(3, 2)),
                at([[1.0], [2.0]], shape=(2, 2, 3)),
                at(ROW, shape=(2, -1)),
            ),
            edges=(at(2.0, shape=(2, 2)), at([2.0], shape=(0,)), at(2.0, shape=())),
        ),
        carries=True,
        moves=True,
    ),
)
