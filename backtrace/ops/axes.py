"""Shapes and axes, which the rows of whole arrays and whoever runs them work with.

What does not fit raises Misfit: it says what is wrong, and who has the names of the inputs says
where.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf, log10, prod
from typing import TypeAlias

import numpy as np

from backtrace.ops.rows import Value

Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = int | tuple[int, ...] | None  # one, several, or all of them

SMALL = 1024  # entries; an array of them is made as fast as a view
MOST_AXES = 64  # of numpy's arrays
MOST_ELEMENTS = 10**8  # of one node, or of one value: 800 MB


class Misfit(ValueError):  # noqa: N818  (a misfit is what it is)
    """Inputs that an operation cannot take; the text says why, the caller adds names and shapes."""


def axes_of(axis: Axis, shape: Shape) -> tuple[int, ...]:
    """The axes that `axis` means, counted from 0 and in order. Raises Misfit."""
    dimensions = len(shape)
    if axis is None:
        return tuple(range(dimensions))
    given = (axis,) if isinstance(axis, int) else axis
    for a in given:
        if not -dimensions <= a < dimensions:
            raise Misfit(f"there is no axis {a}: {_has_axes(dimensions)}")
    found = sorted(a % dimensions for a in given)
    if len(set(found)) < len(found):
        raise Misfit("an axis is named twice")
    return tuple(found)


def axis_of(axis: int, shape: Shape) -> int:
    """One axis, counted from 0. Raises Misfit."""
    return axes_of(axis, shape)[0]


def _has_axes(dimensions: int) -> str:
    if dimensions == 0:
        return "the input is one number"
    return "the input has 1 axis, 0" if dimensions == 1 else f"the axes are 0 to {dimensions - 1}"


@lru_cache(maxsize=1024)  # a program asks for the same ones again and again
def broadcast(*shapes: Shape) -> Shape:
    """The shape that these have together. Raises Misfit."""
    rank = max(map(len, shapes))
    found = [1] * rank
    for shape in shapes:  # numpy's broadcast_shapes takes three times as long
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1 and found[axis] != size:
                if found[axis] != 1:
                    raise Misfit("the shapes do not combine")
                found[axis] = size
    return tuple(found)


def thousands(number: float) -> str:
    """A large number in print: 2,500,000, or its magnitude where nobody would count the digits."""
    if number == inf:
        return "too many"
    return f"{number:,.0f}" if number < 10**15 else f"about 10**{log10(number):.0f}"


def require_room(shape: Shape, what: str = "the result") -> None:
    """Raise Misfit for an array with more than MOST_ELEMENTS, or more than MOST_AXES."""
    if prod(shape) > MOST_ELEMENTS:
        size = f"{thousands(prod(shape))} elements, of shape {shape}"
        raise Misfit(f"{what} would have {size}; at most {MOST_ELEMENTS:,}")
    if len(shape) > MOST_AXES:
        raise Misfit(f"{what} would have {len(shape)} axes; at most {MOST_AXES}")


# -- reductions


def count(shape: Shape, axis: Axis) -> int:
    """How many entries go into one entry of the result."""
    if axis is None:
        return prod(shape)
    return prod(shape[a] for a in axes_of(axis, shape))


def reduced(shape: Shape, axis: Axis, keepdims: bool) -> Shape:
    """The shape that is left when `axis` has been summed over. Raises Misfit."""
    if axis is None and not keepdims:
        return ()
    axes = axes_of(axis, shape)
    if keepdims:
        return tuple(1 if a in axes else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


def restored(g: Value, shape: Shape, axis: Axis, keepdims: bool) -> Value:
    """What was reduced with `axis`, with the axes again as axes of size 1, or as one number."""
    if keepdims or axis is None or not shape:
        return g
    return np.reshape(g, reduced(shape, axis, True))


def filled(g: Value, shape: Shape) -> Value:
    """`g` in every place of a shape that it broadcasts to; without the memory where that is much.

    A view costs little memory and some time, which for a few entries is the other way round.
    """
    if prod(shape) >= SMALL:
        return np.broadcast_to(g, shape)
    everywhere = np.empty(shape)  # np.full takes three times as long
    everywhere[...] = g
    return everywhere
