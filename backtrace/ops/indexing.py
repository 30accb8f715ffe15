"""Entries picked out of an array: x[i, 1:3, [0, 2]].

What stands in the brackets is a param, `spec`, with one item for each subscript:

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

from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Value
from backtrace.ops.structural import Misfit, Params, Shape, Structural, at, broadcast, whole

Item: TypeAlias = Any  # an int or a tuple, as above
Spec: TypeAlias = tuple[Item, ...]

MATRIX = [[1.0, -2.0, 0.5, 4.0], [3.0, 0.25, -1.0, 2.0], [0.1, 7.0, -3.0, 1.5]]
CUBE = [MATRIX, [[2.0, 1.0, 5.0, -2.0], [0.5, -0.5, 6.0, 8.0], [9.0, 0.3, -4.0, 2.5]]]


class Subscript(NamedTuple):
    """An item with the size of the axis that it is for; 0 for a new axis."""

    item: Item
    size: int

    @property
    def kind(self) -> str:
        """Which of the items it is."""
        return "number" if isinstance(self.item, int) else str(self.item[0])


def _subscripts(spec: Spec, x: Shape) -> Iterator[Subscript]:
    """The items, with `...` and the axes that are not named as `:`. Raises Misfit."""
    if spec.count(("all",)) > 1:
        raise Misfit('"..." can stand only once')
    named = sum(item not in (("new",), ("all",)) for item in spec)
    if named > len(x):
        has = "the input is one number" if not x else f"the input has {len(x)}"
        raise Misfit(f"{named} {'axes are' if named > 1 else 'axis is'} indexed, but {has}")
    sizes = iter(x)
    for item in spec if ("all",) in spec else (*spec, ("all",)):
        if item == ("all",):
            for _ in range(len(x) - named):
                yield Subscript(("slice", None, None, None), next(sizes))
        else:
            yield Subscript(item, 0 if item == ("new",) else next(sizes))


# -- shapes


def _index_shape(x: Shape, *i: Shape, spec: Spec) -> Shape:
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
            axes.append(1 if subscript.kind == "new" else _length(subscript, i))
    if not arrays:
        return tuple(axes)
    place = first if _together(subscripts, i) else 0
    if place and not _together_in_numpy(spec, i):
        raise Misfit(
            "numpy and torch put the axes of the result in another order here:"
            " index in two steps, as in x[0][:, [1, 2]]"
        )
    return (*axes[:place], *broadcast(*arrays), *axes[place:])


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


def _keys(x: Value, i: Sequence[Value], spec: Spec) -> Keys:
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


def _index(x: Value, *i: Value, spec: Spec) -> Value:
    return _keys(x, i, spec).of(x)


def _index_back(g: Value, x: Value, *i_and_v: Value, spec: Spec) -> Value:
    """g at the entries that were picked; what is picked twice gets the sum."""
    keys, size = _keys(x, i_and_v[:-1], spec), np.size(x)
    if keys.arrays:
        places = keys.of(np.arange(size).reshape(np.shape(x)))
        sums = np.bincount(places.ravel(), weights=np.ravel(g), minlength=size)
        return sums.reshape(np.shape(x))
    gradient = np.zeros(np.shape(x))
    gradient[keys.basic] = g
    return gradient


def _index_rule(slot: int, x: Shape, *i: Shape, spec: Spec) -> str:
    if len(x) == 1 and len(spec) == 1 and i in ((), ((),)):
        match spec[0]:  # one entry of a vector
            case int(place):
                return f"g*one_hot({place % x[0]}, {x[0]})"
            case ("input", _):
                return f"g*one_hot(i1, {x[0]})"
    arrays = any(_array_shape(subscript, i) for subscript in _subscripts(spec, x))
    twice = ", summed where one was picked twice" if arrays else ""
    return f":g at the entries that were picked{twice}, 0 elsewhere"


def _shown(labels: Sequence[str], params: Params) -> str:
    """`x[i, 1:3, [0, 2]]`."""
    x, *i = labels
    items = ", ".join(_item_shown(item, i) for item in params["spec"])
    return f"({x})[{items}]" if x.startswith("-") else f"{x}[{items}]"


def _item_shown(item: Item, i: Sequence[str]) -> str:
    match item:
        case ("input", int() as k):
            return i[k]
        case ("list", numbers):
            return f"[{', '.join(map(str, numbers))}]"
        case ("slice", start, stop, step):
            bounds = ["" if b is None else _item_shown(b, i) for b in (start, stop, step)]
            return ":".join(bounds if step is not None else bounds[:2])
        case ("new",):
            return "None"
        case ("all",):
            return "..."
    return str(item)


INDEX_IN_TORCH = (
    "x[tuple(s if isinstance(s, int) else None if s[0] == 'new' else ... if s[0] == 'all'"
    " else torch.tensor(s[1]).long() if s[0] == 'list' else i[s[1]].long() if s[0] == 'input'"
    " else slice(*(int(i[b[1]]) if isinstance(b, tuple) else b for b in s[1:])) for s in spec)]"
)
EVERY = ("slice", None, None, None)

ROWS = (
    Structural(
        name="index",
        inputs=("x", "*i"),
        notation="{0}[{1}]",  # no function: it is written and shown with brackets
        params={"spec": REQUIRED},
        kinds={"spec": lambda given: given},
        shape=_index_shape,
        forward=_index,
        vjp=(_index_back,),
        rules=_index_rule,
        torch=INDEX_IN_TORCH,
        show=_shown,
        indices_from=1,
        moves=True,
        notes="indices count from 0, negative ones from the end; a step must be above 0, as in"
        " torch; gradients of an entry that is picked twice add up",
        domain=Domain(
            samples=(
                at(MATRIX, spec=(1,)),
                at(MATRIX, spec=(1, -2)),
                at(MATRIX, spec=(EVERY, ("slice", 1, -1, None))),
                at(MATRIX, spec=(("slice", None, None, 2), ("new",), 1)),
                at(MATRIX, spec=(("list", (0, 2, 0)),)),
                at(MATRIX, spec=(("list", (0, 2)), ("list", (1, -1)))),
                at(MATRIX, 2.0, spec=(("input", 0),)),
                at(MATRIX, [2.0, 0.0, 2.0], spec=(("input", 0), ("slice", 1, 3, None))),
                at(MATRIX, [0.0, 1.0], 3.0, spec=(("input", 0), ("input", 1))),
                at(MATRIX, 1.0, 3.0, spec=(EVERY, ("slice", ("input", 0), ("input", 1), None))),
                at(CUBE, [[0.0], [1.0]], spec=(("input", 0), ("list", (0, -1)))),
                at(CUBE, spec=(("list", (0, 1)), EVERY, ("list", (3, 0)))),
                at(CUBE, spec=(EVERY, ("list", (0, 2)), ("list", (3, 0)))),
                at(CUBE, spec=(("all",), ("list", (0, 2)), 1)),
                at(CUBE, 1.0, spec=(("input", 0), ("all",), ("slice", None, None, 3))),
            ),
            edges=(
                at(MATRIX, spec=(("list", ()),)),
                at(MATRIX, spec=(("slice", 2, 1, None), ("slice", 1, 99, None))),
                at(MATRIX, [], spec=(EVERY, ("input", 0))),
                at(2.0, spec=(("new",), ("all",))),
                at([np.inf, np.nan, 1.0], spec=(("list", (2, 2, 0)),)),
            ),
        ),
    ),
)
