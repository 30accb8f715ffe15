"""Arrays on a line of a view: small ones in full, others as their first entries.

What is said next to the entries, shape and norm, is left to the views. Nothing here takes time
for the entries that are not shown, but for the norm, and nothing keeps a large array alive: a
product of two million entries is worked out for one line.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value
from backtrace.render.text import UNICODE, nested, number

LARGE = 1000  # entries; of an array that has more, the first along every axis are kept
CORNER = 40  # entries that are kept along each of the last two axes, and 4 along others
SHORTEST = 3  # characters of an entry, with what stands between two


class Room(NamedTuple):
    """The characters an array may take: `whole` to be shown in full, else folded to `folded`."""

    whole: int
    folded: int


# From the widest on: a view takes the first with which its lines fit. A small array is never
# folded for want of width: its line is broken.
ROOMS = (Room(72, 40), Room(72, 24), Room(72, 12))
EVERYTHING = Room(sys.maxsize, sys.maxsize)
NORM_ALONE = Room(0, 0)  # and no entries
NO_ENTRIES = Room(-1, -1)  # nor norm: the shape alone


@dataclass(frozen=True, slots=True)
class Glance:
    """What is kept of a large array: its shape, its first entries along every axis, its norm."""

    shape: Shape
    corner: Array
    norm: float


Shown: TypeAlias = Any  # a number, an array, or the Glance of a large one


def glance(value: Value) -> Shown:
    """What a view keeps of a value."""
    if np.size(value) <= LARGE:
        return value
    last = [slice(CORNER)] * min(value.ndim, 2)
    corner = value[(*[slice(4)] * (value.ndim - len(last)), *last)].copy()
    return Glance(value.shape, corner, norm(value))


def shape_of(shown: Shown) -> Shape:
    """The shape of the value, () for a number."""
    return shown.shape if isinstance(shown, Glance) else np.shape(shown)


def norm(shown: Shown) -> float:
    """The root of the sum of the squares of all entries; no square overflows."""
    if isinstance(shown, Glance):
        return shown.norm
    array = np.asarray(shown)
    largest = np.max(np.abs(array), initial=0.0)
    if not 1e-100 < largest < 1e100:  # its square, or the sum of many, may not be a number
        if largest == 0 or not np.isfinite(largest):
            return float(largest)
        return float(largest * np.linalg.norm(array / largest))
    return float(np.linalg.norm(array))


def entries(shown: Shown, digits: int, room: Room) -> tuple[str, bool]:
    """The entries that there is room for, as nested lists, and whether these are all.

    At least one is shown. What is left out is `…` at its place.
    """
    shape = shape_of(shown)
    if not shape:
        return number(shown, digits), True
    if not isinstance(shown, Glance) and prod(shape) * SHORTEST <= room.whole + 2:
        text = nested(shown, digits)
        if len(text) <= room.whole:
            return text, True
    corner = shown.corner if isinstance(shown, Glance) else shown
    return _first(corner, shape, digits, room.folded)


def _first(corner: Array, shape: Shape, digits: int, room: int) -> tuple[str, bool]:
    """The list of as many first entries, or first rows, as fit in so many characters."""
    texts: list[str] = []
    used, complete = len("[]"), True
    for part in corner:
        if len(shape) == 1:
            text = number(part, digits)
        else:
            text, complete = _first(part, shape[1:], digits, room - used - len(", …"))
        more = len(texts) + 1 < shape[0]
        if texts and used + len(text) + len(", …") * more > room:
            break
        texts.append(text)
        used += len(text) + len(", ")
        if not complete:
            break
    if len(texts) < shape[0]:
        texts.append(UNICODE.dots)
        complete = False
    return f"[{', '.join(texts)}]", complete
