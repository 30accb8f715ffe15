"""Two arrays of numbers, an answer's and the right ones, with the points on axis 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtrace.ops.rows import Array

Booleans: TypeAlias = NDArray[np.bool_]

RTOL = 1e-9  # of two formulas in float64
LOOSE = 1e-8  # of a mistake that is made on purpose, whose numbers take another way
FEWEST = 5  # points; with fewer, nothing is decided


def fitted(answer: Array, right: Array) -> Array | None:
    """An answer in the shape of the right one; None where it has another.

    Axes of size 1 do not count, so a column is as good as a vector; one number stands for all
    entries, as in the gradient of a mean.
    """
    shape, wanted = answer.shape[1:], right.shape[1:]
    if shape == wanted:
        return answer
    if [n for n in shape if n != 1] == [n for n in wanted if n != 1]:
        return answer.reshape(right.shape)
    if len(shape) > len(wanted):
        return None
    padded = answer.reshape(len(answer), *(1,) * (len(wanted) - len(shape)), *shape)
    try:
        return np.broadcast_to(padded, right.shape)
    except ValueError:
        return None


def gaps(answer: Array, right: Array) -> Array:
    """How far an answer is off at every point, relative to the larger of the two.

    Of arrays the entry that is off most counts. Where one of the two is no number it is 1.
    """
    with np.errstate(all="ignore"):
        off = np.abs(answer - right)
        if ((off <= RTOL * np.abs(right)) & (off < np.inf)).all():  # as of most answers
            return np.zeros(len(off))
        gap = off / np.maximum(np.abs(answer), np.abs(right))
    gap = np.where(answer == right, 0.0, gap)
    gap = np.where(np.isfinite(gap), gap, 1.0)
    found: Array = gap.reshape(len(gap), -1).max(axis=1) if gap.ndim > 1 else gap
    return found


def agree(answer: Array, right: Array) -> bool:
    """Whether two agree at all points, as two float64 computations of one formula do."""
    return answer.shape == right.shape and bool(gaps(answer, right).max(initial=0.0) <= RTOL)


def worst_first(found: Array) -> Iterator[int]:
    """The points that do not agree; of about equal gaps the first, where numbers are small."""
    order = np.argsort(-np.round(found, 1), kind="stable")
    return (int(k) for k in order if found[k] > RTOL)


def same(one: Array, other: Array) -> Booleans:
    """Where two agree loosely."""
    with np.errstate(all="ignore"):
        largest = np.maximum(np.abs(one), np.abs(other))
        found: Booleans = (np.abs(one - other) <= LOOSE * largest) & np.isfinite(largest)
    return found


def rows_equal(table: Array, answer: Array) -> Booleans:
    """Which rows of a table are the answer at enough points, and wherever both are defined."""
    with np.errstate(all="ignore"):
        both = np.isfinite(table) & np.isfinite(answer)
    axes = tuple(range(1, table.ndim))
    enough = both.sum(axis=axes) >= FEWEST
    found: Booleans = enough & np.all(same(table, answer) | ~both, axis=axes)
    return found
