"""Axes that change places."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Misfit, Shape, axes_of, axis_of
from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Slip
from backtrace.ops.shapes import MATRIX, STACK
from backtrace.ops.structural import Structural, at


def order(given: Any) -> tuple[int, ...] | None:
    """The axes in a new order, or None for the order reversed."""
    return None if given is None else kinds.wholes(given)


def _reordered(x: Shape, axes: tuple[int, ...] | None) -> Shape:
    return tuple(x[a] for a in _all_axes(x, axes))


def _all_axes(x: Shape, axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """The axes in their new order, each counted from 0 and named once. Raises Misfit."""
    if axes is None:
        return tuple(reversed(range(len(x))))
    if len(axes_of(axes, x)) != len(x):
        raise Misfit(f"every axis must be named once, and {axes} leaves some out")
    return tuple(a % len(x) for a in axes)


def _back(x: Shape, axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """The order that undoes an order of axes: (2, 0, 1) is undone by (1, 2, 0)."""
    return tuple(int(a) for a in np.argsort(_all_axes(x, axes)))


def _back_rule(x: Shape, axes: tuple[int, ...] | None) -> str:
    back = _back(x, axes)
    return "g.T" if back == _all_axes(x, None) else f"transpose(g, {kinds.written(back)})"


def _swapped(x: Shape, axis0: int, axis1: int) -> Shape:
    first, second = axis_of(axis0, x), axis_of(axis1, x)
    swap = {first: second, second: first}
    return tuple(x[swap.get(a, a)] for a in range(len(x)))


def _last_two_swapped(x: Shape) -> Shape:
    if len(x) < 2:
        raise Misfit(".mT swaps the last two axes, so the input must have two axes at least")
    return (*x[:-2], x[-1], x[-2])


SQUARE = [[1.0, -2.0], [3.0, 0.5]]

ROWS = (
    Structural(
        name="T",
        inputs=("x",),
        notation="{0}.T",
        shape=lambda x: x[::-1],
        forward=lambda x: x.T,
        vjp=(lambda g, x, v: g.T,),
        rules=("g.T",),
        slips=(Slip(0, "transposed", "g"),),
        torch="x.permute(tuple(range(x.ndim - 1, -1, -1)))",
        notes="all axes reversed; .mT swaps the last two, in every matrix of a batch",
        domain=Domain(
            samples=(at(MATRIX), at([1.0, 2.0]), at(SQUARE)), edges=(at(2.0), at(STACK), at([[]]))
        ),
        carries=True,
        moves=True,
    ),
    Structural(
        name="mT",
        inputs=("x",),
        notation="{0}.mT",
        shape=_last_two_swapped,
        forward=lambda x: x.swapaxes(-1, -2),
        vjp=(lambda g, x, v: g.swapaxes(-1, -2),),
        rules=("g.mT",),
        slips=(Slip(0, "transposed", "g"),),
        torch="x.mT",
        domain=Domain(samples=(at(MATRIX), at(STACK), at(SQUARE)), edges=(at([[]]),)),
        carries=True,
        moves=True,
    ),
    # Before transpose: two numbers exchange two axes, transpose(x, 0, 1) as torch; a tuple, three
    # numbers or none are an order of all axes, as numpy.
    Structural(
        name="swapaxes",
        inputs=("x",),
        call="transpose",
        also=("swapaxes", "swapdims"),
        params={"axis0": REQUIRED, "axis1": REQUIRED},
        kinds={"axis0": kinds.whole_number, "axis1": kinds.whole_number},
        shape=_swapped,
        forward=lambda x, axis0, axis1: x.swapaxes(axis0, axis1),
        vjp=(lambda g, x, v, axis0, axis1: g.swapaxes(axis0, axis1),),
        rules=(lambda x, axis0, axis1: f"transpose(g, {axis0}, {axis1})",),
        slips=(Slip(0, "transposed", "g"),),
        torch="torch.transpose(x, axis0, axis1)",
        notes="two numbers are two axes that change places, as in torch; a tuple is a new order",
        domain=Domain(
            samples=(
                at(MATRIX, axis0=0, axis1=1),
                at(STACK, axis0=-1, axis1=0),
                at(SQUARE, axis0=0, axis1=1),
            ),
            edges=(at([1.0, 2.0], axis0=0, axis1=0),),
        ),
        carries=True,
        moves=True,
    ),
    Structural(
        name="transpose",
        inputs=("x",),
        also=("permute", "permute_dims"),
        params={"axes": None},
        kinds={"axes": order},
        gathers="axes",
        shape=_reordered,
        forward=lambda x, axes: np.transpose(x, axes),
        vjp=(lambda g, x, v, axes: np.transpose(g, _back(np.shape(x), axes)),),
        rules=(_back_rule,),
        slips=(Slip(0, "transposed", "g"),),
        torch="x.permute(tuple(range(x.ndim - 1, -1, -1)) if axes is None else axes)",
        domain=Domain(
            samples=(at(MATRIX), at(MATRIX, axes=(1, 0)), at(STACK, axes=(2, 0, -2)), at(SQUARE)),
            edges=(at(2.0), at([1.0, 2.0], axes=(0,)), at(STACK)),
        ),
        carries=True,
        moves=True,
    ),
)
