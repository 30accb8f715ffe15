"""When two numbers are the same number."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan
from typing import NamedTuple

import numpy as np

from backtrace.ops.rows import Array, Value

ATOL, RTOL = 1e-12, 1e-9


class Gaps(NamedTuple):
    """Per node the largest absolute difference, and the nodes where it is beyond the tolerance."""

    errors: Array
    beyond: list[int]


def gap(ours: Value, theirs: Value, scale: float = 1.0) -> tuple[Value, Value]:
    """The absolute differences, entry by entry, and which of them are beyond the tolerance.

    nan equals nan, an infinity equals itself, -0 equals 0. `scale` multiplies the absolute part.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    with np.errstate(all="ignore"):
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        error = np.where(same, 0.0, np.abs(ours - theirs))
        error = np.where(np.isnan(error), np.inf, error)  # a number against nan
        bound = ATOL * scale + RTOL * np.maximum(np.abs(ours), np.abs(theirs))
        return error, ~same & ~(np.isfinite(error) & (error <= bound))


def agree(ours: Value, theirs: Value, scale: float = 1.0) -> bool:
    """Whether two values are equal, shapes included."""
    if isinstance(ours, float) and isinstance(theirs, float):  # np.float64 is one
        a, b = float(ours), float(theirs)
        error = abs(a - b)
        close = error <= ATOL * scale + RTOL * max(abs(a), abs(b)) and error < inf
        return a == b or close or (isnan(a) and isnan(b))
    return np.shape(ours) == np.shape(theirs) and not np.any(gap(ours, theirs, scale)[1])


def compare(ours: Sequence[Value | None], theirs: Sequence[Value | None]) -> Gaps:
    """Compare node by node, all Python floats at once; where ours is None there is no gap."""
    errors = np.zeros(len(ours))
    pairs = [
        i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if type(a) is type(b) is float
    ]
    left, right = [ours[i] for i in pairs], [theirs[i] for i in pairs]
    errors[pairs], beyond = gap(left, right)
    found = [pairs[k] for k in np.flatnonzero(beyond)]
    if len(pairs) < len(ours):
        scalars = set(pairs)
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if i not in scalars and a is not None:
                errors[i] = largest(a, b)
                if not agree(a, b):
                    found.append(i)
    return Gaps(errors, sorted(found))


def largest(ours: Value, theirs: Value) -> float:
    """The largest difference of two arrays; infinite where the shapes are not the same."""
    if np.shape(ours) != np.shape(theirs):
        return inf
    return float(np.max(gap(ours, theirs)[0], initial=0.0))


def both(ours: Value, theirs: Value) -> tuple[str, str]:
    """The two numbers as text, told apart; of arrays the entry where they are furthest apart."""
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape != b.shape:
        return f"shape {a.shape}", f"shape {b.shape}"
    place = ""
    if a.ndim:
        entry = np.unravel_index(int(np.argmax(gap(a, b)[0])), a.shape)
        place = f" at [{', '.join(map(str, entry))}]"
        a, b = a[entry], b[entry]
    short = f"{a:.6g}", f"{b:.6g}"
    left, right = (f"{a:.17g}", f"{b:.17g}") if short[0] == short[1] else short
    return left + place, right + place
