"""Windows that move over the last axes of an array: what convolutions and pooling share.

All of it goes over the places in a window, not over the windows: what stands at one place of all
windows is a slice of the input, so no array is larger than the input or the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backtrace.ops.axes import Misfit, Shape, require_room
from backtrace.ops.rows import Array, Value

Sizes: TypeAlias = int | tuple[int, ...]  # one number for all axes, or one for each


def each(given: Sizes, axes: int, what: str) -> tuple[int, ...]:
    """One number for each axis. Raises Misfit."""
    if isinstance(given, int):
        return (given,) * axes
    if len(given) == 1:
        return given * axes
    if len(given) != axes:
        numbers = "one number" if axes == 1 else f"one number or {axes}"
        raise Misfit(f"{what} must be {numbers}, not {len(given)}")
    return given


class Windows(NamedTuple):
    """Windows of one size, over an input with `padding` entries more on both sides of an axis."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]

    def counts(self, x: Shape) -> Shape:
        """How many windows there are along each of the last axes of x. Raises Misfit."""
        if min(self.size) < 1:
            raise Misfit("the size of a window must be above 0")
        if min(self.stride) < 1:
            raise Misfit("stride must be above 0")
        if min(self.padding) < 0:
            raise Misfit("padding must not be below 0")
        require_room(self._padded(x), "the padded input")
        counts = []
        for n, size, stride, padding in zip(x[-len(self.size) :], *self, strict=True):
            if size > n + 2 * padding:
                padded = f" with its padding of {padding} on both sides" if padding else ""
                raise Misfit(f"a window of {size} does not fit into an axis of {n}{padded}")
            counts.append((n + 2 * padding - size) // stride + 1)
        return tuple(counts)

    def padded(self, x: Value, fill: float) -> Value:
        """The input with `fill` around it."""
        if not any(self.padding):
            return x
        pairs = [(0, 0)] * (x.ndim - len(self.size)) + [(p, p) for p in self.padding]
        return np.pad(x, pairs, constant_values=fill)

    def unpadded(self, x: Value) -> Value:
        """The input again, without what was around it."""
        axes = zip(self.padding, x.shape[-len(self.size) :], strict=True)
        return x[(..., *(slice(p, n - p) for p, n in axes))]

    def places(self, x: Shape) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
        """Every place in a window, and the index of it in the padded input, of all windows."""
        counts = self.counts(x)
        for place in np.ndindex(*self.size):
            starts = zip(place, counts, self.stride, strict=True)
            yield place, (..., *(slice(p, p + s * (n - 1) + 1, s) for p, n, s in starts))

    def around(self, x: Shape) -> Array:
        """Zeros in the shape of the padded input."""
        return np.zeros(self._padded(x))

    def _padded(self, x: Shape) -> Shape:
        axes = len(self.size)
        wide = zip(x[-axes:], self.padding, strict=True)
        return (*x[:-axes], *(n + 2 * p for n, p in wide))
