"""The points at which formulas are compared: short numbers, the same for everybody.

Of a problem everybody gets the same points, and a second run too: the generator's seed is the
problem. Signs are mixed, since relu' = 1 is right wherever a number is positive. Most numbers have
two decimals, so that a point that is shown can be typed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from math import floor, log10
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtrace.errors import UsageError
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value

# What a variable may be: one of WORDS, or (low, high).
Range: TypeAlias = str | tuple[float, float]
Points: TypeAlias = Mapping[str, Array]  # for every variable its values, one a point on axis 0

# (how many, from, to, decimals): near 1, of both signs, far out on either side; those keep all
# decimals, since sin(100*pi*x) is 0 at all others
BATCHES = ((8, 0.2, 2.2, 2), (10, -2.5, 2.5, 2), (3, 4.0, 9.0, 15), (2, -9.0, -4.0, 15))
# where too few of those are usable
SPARE = ((12, 0.02, 0.98, 2), (12, 0.2, 2.2, 2), (12, -2.5, 2.5, 2))
SMALLEST = 0.05  # in magnitude; 0 is a special point of many formulas
AWAY = 0.13  # how far such a number is moved
WORDS = ("real", "positive", "negative", "nonzero")


def generator(*texts: str) -> np.random.Generator:
    """Random numbers that are the same for the same texts, on every machine."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def drawn(
    random: np.random.Generator, shapes: Mapping[str, Shape], ranges: Mapping[str, Range]
) -> Points:
    """The ordinary points, as many as BATCHES has."""
    return _drawn(random, shapes, ranges, BATCHES)


def spare(
    random: np.random.Generator,
    shapes: Mapping[str, Shape],
    ranges: Mapping[str, Range],
    at: Mapping[str, Value],
) -> Points:
    """Further points: probabilities among them, and points near the problem's own."""
    found = _drawn(random, shapes, ranges, SPARE)
    if not at:
        return found
    near = {
        name: np.round(at[name] * (1 + random.uniform(-0.3, 0.3, (12, *shape))), 4)
        for name, shape in shapes.items()
    }
    return {name: np.concatenate([found[name], near[name]]) for name in shapes}


def _drawn(
    random: np.random.Generator,
    shapes: Mapping[str, Shape],
    ranges: Mapping[str, Range],
    batches: Iterable[tuple[int, float, float, int]],
) -> Points:
    found = {}
    for name, shape in shapes.items():
        where = ranges.get(name, "real")
        parts = []
        for count, low, high, decimals in batches:
            numbers = random.uniform(low, high, (count, *shape))
            if isinstance(where, str):
                parts.append(_moved_into(np.round(numbers, decimals), where))
            else:
                parts.append(_between(random, where, numbers.shape, decimals))
        found[name] = np.concatenate(parts)
    return found


def _between(
    random: np.random.Generator, where: tuple[float, float], shape: Shape, decimals: int
) -> Array:
    """Numbers of a range, with more decimals where it is narrow."""
    low, high = where
    if high - low <= 1:
        decimals = max(decimals, min(300, 4 - floor(log10(high - low))))
    return np.clip(np.round(random.uniform(low, high, shape), decimals), low, high)


def _moved_into(numbers: Array, where: str) -> Array:
    """Numbers brought to where a variable may be."""
    moved = np.where(np.abs(numbers) < SMALLEST, np.round(numbers + AWAY, 2), numbers)
    if where == "positive":
        return np.abs(moved)
    return -np.abs(moved) if where == "negative" else moved


def is_within(numbers: Array, where: Range) -> NDArray[np.bool_]:
    """Which numbers a variable may be."""
    if not isinstance(where, str):
        return (where[0] <= numbers) & (numbers <= where[1])
    allowed = {"positive": numbers > 0, "negative": numbers < 0, "nonzero": numbers != 0}
    found: NDArray[np.bool_] = allowed.get(where, np.ones(numbers.shape, dtype=bool))
    return found


def require_range(name: str, where: object) -> Range:
    """A domain as it was declared. Raises UsageError for what is none."""
    if isinstance(where, str) and where in WORDS:
        return where
    if isinstance(where, list | tuple) and len(where) == 2:
        low, high = where
        is_number = all(type(x) in (int, float) and np.isfinite(x) for x in where)
        if is_number and 0 < float(high) - float(low) < np.inf:
            return (float(low), float(high))
    message = f"the domain of {name} is {', '.join(WORDS)} or [low, high], not {where!r}"
    raise UsageError(message)


def chosen(points: Points, which: NDArray[Any]) -> Points:
    """Some of the points, by a mask or by indices."""
    return {name: numbers[which] for name, numbers in points.items()}


def joined(points: Points, others: Points) -> Points:
    """The points of both."""
    return {name: np.concatenate([numbers, others[name]]) for name, numbers in points.items()}
