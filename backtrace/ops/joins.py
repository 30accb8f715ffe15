"""Several arrays joined into one."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Misfit, Shape, axis_of
from backtrace.ops.rows import Domain, EachInput, Value
from backtrace.ops.shapes import MATRIX, ROW, added
from backtrace.ops.structural import Structural, at


def _stacked(*x: Shape, axis: int) -> Shape:
    if len(set(x)) > 1:
        raise Misfit("what is stacked must have one shape")
    place = added(x[0], axis)[0]
    return (*x[0][:place], len(x), *x[0][place:])


def _joined(*x: Shape, axis: int) -> Shape:
    if () in x:
        raise Misfit("a number has no axis to join along: stack makes a vector of numbers")
    if len({len(shape) for shape in x}) > 1:
        raise Misfit("what is joined must have the same number of axes")
    place = axis_of(axis, x[0])
    others = {(*shape[:place], *shape[place + 1 :]) for shape in x}
    if len(others) > 1:
        raise Misfit(f"what is joined along axis {place} must have the same size on other axes")
    return (*x[0][:place], sum(shape[place] for shape in x), *x[0][place + 1 :])


def _part(slot: int, g: Value, *x_and_v: Value, axis: int) -> Value:
    place = axis_of(axis, x_and_v[0].shape)
    start = sum(x.shape[place] for x in x_and_v[:slot])  # not of all inputs: there may be 1000s
    end = start + x_and_v[slot].shape[place]
    return g[(slice(None),) * place + (slice(start, end),)]


def _part_rule(slot: int, *x: Shape, axis: int) -> str:
    place = axis_of(axis, x[0])
    start = sum(shape[place] for shape in x[:slot])
    end = start + x[slot][place]
    return f"g[{':, ' * place}{start}:{end}]"


ROWS = (
    Structural(
        name="stack",
        inputs=("*x",),
        params={"axis": 0},
        kinds={"axis": kinds.whole_number},
        shape=_stacked,
        forward=lambda *x, axis: np.stack(x, axis),
        vjp=EachInput(lambda slot, g, *x_and_v, axis: np.take(g, slot, axis)),
        rules=lambda slot, *x, axis: f"g[{':, ' * added(x[0], axis)[0]}{slot}]",
        torch="torch.stack(x, dim=axis)",
        domain=Domain(
            samples=(
                at([1.0, 2.0], [3.0, -4.0]),
                at(1.0, -2.0, 0.5),
                at(MATRIX, MATRIX, axis=-1),
                at(MATRIX, MATRIX, axis=1),
            ),
            edges=(at([1.0, np.nan]), at([], [])),
        ),
        carries=True,
    ),
    Structural(
        name="concatenate",
        inputs=("*x",),
        also=("cat", "concat"),
        params={"axis": 0},
        kinds={"axis": kinds.whole_number},
        shape=_joined,
        forward=lambda *x, axis: np.concatenate(x, axis),
        vjp=EachInput(_part),
        rules=_part_rule,
        torch="torch.cat(x, dim=axis)",
        domain=Domain(
            samples=(
                at([1.0, 2.0], [3.0]),
                at(MATRIX, ROW, axis=0),
                at(MATRIX, [[1.0], [2.0]], axis=-1),
            ),
            edges=(at([1.0, np.inf]), at([], [1.0])),
        ),
        carries=True,
    ),
)
