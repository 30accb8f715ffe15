"""Entries picked out of an array: x[i, 1:3, [0, 2]]. What a subscript means: subscripts.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backtrace.ops.axes import Shape
from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.structural import Params, Structural, at
from backtrace.ops.subscripts import ALL, EVERY, NEW, Item, Spec, index_shape, keys, picks_arrays

MATRIX = [[1.0, -2.0, 0.5, 4.0], [3.0, 0.25, -1.0, 2.0], [0.1, 7.0, -3.0, 1.5]]
CUBE = [MATRIX, [[2.0, 1.0, 5.0, -2.0], [0.5, -0.5, 6.0, 8.0], [9.0, 0.3, -4.0, 2.5]]]


def _index(x: Value, *i: Value, spec: Spec) -> Value:
    return keys(x, i, spec).of(x)


def _index_back(g: Value, x: Value, *i_and_v: Value, spec: Spec) -> Value:
    """g at the entries that were picked; what is picked twice gets the sum."""
    picked, size = keys(x, i_and_v[:-1], spec), np.size(x)
    if picked.arrays:
        places = picked.of(np.arange(size).reshape(np.shape(x)))
        sums = np.bincount(places.ravel(), weights=np.ravel(g), minlength=size)
        return sums.reshape(np.shape(x))
    gradient = np.zeros(np.shape(x))
    gradient[picked.basic] = g
    return gradient


def _index_rule(slot: int, x: Shape, *i: Shape, spec: Spec) -> str:
    if len(x) == 1 and len(spec) == 1 and i in ((), ((),)):
        match spec[0]:  # one entry of a vector
            case int(place):
                return f"g*one_hot({place % x[0]}, {x[0]})"
            case ("input", _):
                return f"g*one_hot(i1, {x[0]})"
    twice = ", summed where one was picked twice" if picks_arrays(spec, x, i) else ""
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

ROWS = (
    Structural(
        name="index",
        inputs=("x", "*i"),
        notation="{0}[{1}]",  # no function: it is written and shown with brackets
        params={"spec": REQUIRED},
        kinds={"spec": lambda given: given},
        shape=index_shape,
        forward=_index,
        vjp=(_index_back,),
        rules=_index_rule,
        slips=(Slip(0, "wrong-local", "g"),),
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
                at(MATRIX, spec=(("slice", None, None, 2), NEW, 1)),
                at(MATRIX, spec=(("list", (0, 2, 0)),)),
                at(MATRIX, spec=(("list", (0, 2)), ("list", (1, -1)))),
                at(MATRIX, 2.0, spec=(("input", 0),)),
                at(MATRIX, [2.0, 0.0, 2.0], spec=(("input", 0), ("slice", 1, 3, None))),
                at(MATRIX, [0.0, 1.0], 3.0, spec=(("input", 0), ("input", 1))),
                at(MATRIX, 1.0, 3.0, spec=(EVERY, ("slice", ("input", 0), ("input", 1), None))),
                at(CUBE, [[0.0], [1.0]], spec=(("input", 0), ("list", (0, -1)))),
                at(CUBE, spec=(("list", (0, 1)), EVERY, ("list", (3, 0)))),
                at(CUBE, spec=(EVERY, ("list", (0, 2)), ("list", (3, 0)))),
                at(CUBE, spec=(ALL, ("list", (0, 2)), 1)),
                at(CUBE, 1.0, spec=(("input", 0), ALL, ("slice", None, None, 3))),
            ),
            edges=(
                at(MATRIX, spec=(("list", ()),)),
                at(MATRIX, spec=(("slice", 2, 1, None), ("slice", 1, 99, None))),
                at(MATRIX, [], spec=(EVERY, ("input", 0))),
                at(2.0, spec=(NEW, ALL)),
                at([np.inf, np.nan, 1.0], spec=(("list", (2, 2, 0)),)),
            ),
        ),
    ),
)
