"""Subscripts: what stands in the brackets of x[i, 1:3, [0, 2]], and which entries it picks.

It is a param of the indexing, `spec`, with one item for each subscript:

    2                         a number
    ("input", k)              the k-th of the inputs that hold indices: a number or an array
    ("list", (0, 2))          a list of numbers
    ("slice", 1, 3, None)     1:3; a bound is a number, None or ("input", k)
    ("new",)                  None: a new axis of size 1
    ("all",)                  ...: all axes that no other item is for
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backtrace.ops.axes import MOST_ELEMENTS, Misfit, Shape, broadcast
from backtrace.ops.rows import Value

Item: TypeAlias = Any  # an int or a tuple, as above
Spec: TypeAlias = tuple[Item, ...]

NEW, ALL, EVERY = ("new",), ("all",), ("slice", None, None, None)


class Subscript(NamedTuple):
    """An item with the size of the axis that it is for; 0 for a new axis."""

    item: Item
    size: int


def _subscripts(spec: Spec, x: Shape) -> Iterator[Subscript]:
    """The items, with `...` and the axes that are not named as `:`. Raises Misfit."""
    if spec.count(ALL) > 1:
        raise Misfit('"..." can stand only once')
    named = sum(item not in (NEW, ALL) for item in spec)
    if named > len(x):
        has = "the input is one number" if not x else f"the input has {len(x)}"
        raise Misfit(f"{named} {'axes are' if named > 1 else 'axis is'} indexed, but {has}")
    sizes = iter(x)
    for item in spec if ALL in spec else (*spec, ALL):
        if item == ALL:
            for _ in range(len(x) - named):
                yield Subscript(EVERY, next(sizes))
        else:
            yield Subscript(item, 0 if item == NEW else next(sizes))


def whole(indices: Value, size: int, what: str = "an index") -> Any:
    """Indices as whole numbers from 0 to size - 1; negative ones count from the end.

    Raises Misfit for what is no whole number or out of range.
    """
    found = np.asarray(indices, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        numbers = found.astype(np.int64)
    wrong = numbers != found  # nan and fractions, and what is too large for int64
    for number in found[wrong].flat if np.any(wrong) else ():
        if not float(number).is_integer():
            raise Misfit(f"{what} must be a whole number, not {number:g}")
    outside = wrong | (numbers < -size) | (numbers >= size)
    if np.any(outside):
        most = f"they go from 0 to {size - 1}" if size else "there are none"
        raise Misfit(f"{what} is {float(found[outside].flat[0]):.17g}, but {most}")
    return np.where(numbers < 0, numbers + size, numbers)[()]


# -- shapes


def index_shape(x: Shape, *i: Shape, spec: Spec) -> Shape:
    """The shape of the result; an upper bound where a bound of a slice is an input.

    A shape does not say what the bound is: `x[a:b]` may have up to as many entries as x.
    """
    subscripts = list(_subscripts(spec, x))
    arrays: list[Shape] = []
    axes: list[int] = []
    first = 0  # how many axes of the result stand before those of the first array
    for subscript in subscripts:
        shape = _array_shape(subscript, i)
        if shape:
            first = first if arrays else len(axes)
            arrays.append(shape)
        elif shape is None:
            axes.append(1 if subscript.item == NEW else _length(subscript, i))
    if not arrays:
        return tuple(axes)
    place = first if _together(subscripts, i) else 0
    if place and not _together_in_numpy(spec, i):
        raise Misfit(
            "numpy and torch put the axes of the result in another order here:"
            " index in two steps, as in x[0][:, [1, 2]]"
        )
    return (*axes[:place], *broadcast(*arrays), *axes[place:])


def picks_arrays(spec: Spec, x: Shape, i: Sequence[Shape]) -> bool:
    """Whether entries are picked by lists or arrays, which may name one twice. Raises Misfit."""
    return any(_array_shape(subscript, i) for subscript in _subscripts(spec, x))


def _array_shape(subscript: Subscript, i: Sequence[Shape]) -> Shape | None:
    """The shape of what picks entries, () for a number; None for a slice. Raises Misfit."""
    match subscript.item:
        case int() as number:
            whole(number, subscript.size)
            return ()
        case ("list", numbers):
            whole(np.array(numbers), subscript.size)
            return (len(numbers),)
        case ("input", int() as k):
            return i[k]
    return None


def _length(subscript: Subscript, i: Sequence[Shape]) -> int:
    """How many entries a slice has, or may have where a bound is an input. Raises Misfit."""
    _, *bounds = subscript.item
    for bound in bounds:
        if isinstance(bound, tuple) and i[bound[1]] != ():
            raise Misfit("a bound of a slice must be one number")
    known = [None if isinstance(bound, tuple) else bound for bound in bounds]
    return len(range(*_slice(*known).indices(subscript.size)))


def _slice(start: int | None, stop: int | None, step: int | None) -> slice:
    if step is not None and step < 1:
        raise Misfit(f"a step must be above 0, as in torch, and is {step}")
    if step is not None and step > MOST_ELEMENTS:  # so does torch, from 2**63 on
        raise Misfit(f"a step of {float(step):g} is too large; at most {MOST_ELEMENTS:,}")
    return slice(start, stop, step)


def _together(subscripts: Sequence[Subscript], i: Sequence[Shape]) -> bool:
    """Whether no slice stands between arrays; then their axes stay where the arrays stand."""
    numbers = [s for s in subscripts if _array_shape(s, i) != ()]
    return _adjacent([_array_shape(s, i) is not None for s in numbers])


def _together_in_numpy(spec: Spec, i: Sequence[Shape]) -> bool:
    """The same for numpy, for which a number is an array too, and `...` always a slice."""
    picking = [isinstance(item, int) or item[0] in ("list", "input") for item in spec]
    return _adjacent(picking)


def _adjacent(picking: Sequence[bool]) -> bool:
    places = [k for k, picks in enumerate(picking) if picks]
    return places[-1] - places[0] + 1 == len(places)


# -- values


class Keys(NamedTuple):
    """An index in two steps, as torch takes it: numbers, slices and new axes first, then arrays."""

    basic: tuple[Any, ...]
    arrays: tuple[Any, ...]  # () where there are none

    def of(self, x: Value) -> Value:
        """The entries that are picked."""
        view = x[self.basic]
        return view[self.arrays] if self.arrays else view


def keys(x: Value, i: Sequence[Value], spec: Spec) -> Keys:
    """What numpy is indexed with. Raises Misfit for an index that is no number of an entry."""
    basic: list[Any] = []
    arrays: list[Any] = []
    for subscript in _subscripts(spec, np.shape(x)):
        picked: Any = slice(None)
        match subscript.item:
            case ("new",):
                basic.append(None)
            case ("slice", *bounds):
                basic.append(_slice(*(_bound(bound, i) for bound in bounds)))
            case int() as number:
                basic.append(number)
                continue
            case ("list", numbers):
                basic.append(slice(None))
                picked = np.array(numbers, dtype=np.intp)
            case ("input", k):
                picked = whole(i[k], subscript.size)
                basic.append(slice(None) if np.ndim(picked) else int(picked))
                if not np.ndim(picked):
                    continue
        arrays.append(picked)
    return Keys(tuple(basic), tuple(arrays) if any(map(np.ndim, arrays)) else ())


def _bound(bound: Any, i: Sequence[Value]) -> int | None:
    """A bound of a slice; it may be larger than the axis, as in Python. Raises Misfit."""
    if not isinstance(bound, tuple):
        return bound  # type: ignore[no-any-return]
    value = float(i[bound[1]])
    if not value.is_integer():
        raise Misfit(f"a bound of a slice must be a whole number, not {value:g}")
    return int(value)
