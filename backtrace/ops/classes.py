"""Classes: the score of a class, and a class as a row of zeros and a one."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.indexing import CUBE, MATRIX
from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Value
from backtrace.ops.structural import Misfit, Shape, Structural, at, whole


def _classes(t: Value, count: int) -> Any:
    """Classes as whole numbers from 0 to count - 1; none counts from the end. Raises Misfit."""
    found = whole(t, count, "a class")
    if np.any(np.less(t, 0)):
        raise Misfit(f"a class is {int(np.min(t))}, but they go from 0 to {count - 1}")
    return found


def _pick_shape(x: Shape, t: Shape) -> Shape:
    if not x:
        raise Misfit("the scores must have an axis to pick from")
    if t != x[:-1]:
        wanted = f"have the shape {x[:-1]}, one class for each row" if x[:-1] else "be one number"
        raise Misfit(f"for these scores t must {wanted}")
    return t


def _pick(x: Value, t: Value) -> Value:
    classes = _classes(t, x.shape[-1])
    return np.take_along_axis(x, np.expand_dims(classes, -1), -1)[..., 0]


def _pick_back(g: Value, x: Value, t: Value, v: Value) -> Value:
    gradient = np.zeros(x.shape)
    classes = np.expand_dims(_classes(t, x.shape[-1]), -1)
    np.put_along_axis(gradient, classes, np.expand_dims(g, -1), -1)
    return gradient


def _one_hot_shape(t: Shape, n: int) -> Shape:
    if n < 1:
        raise Misfit("the number of classes n must be above 0")
    return (*t, n)


ROWS = (
    Structural(
        name="pick",
        inputs=("x", "t"),
        shape=_pick_shape,
        forward=_pick,
        vjp=(_pick_back, None),
        rules=(lambda x, t: f"{'unsqueeze(g, -1)' if t else 'g'}*one_hot(t, {x[-1]})", None),
        torch="torch.gather(x, -1, t.long().unsqueeze(-1)).squeeze(-1)",
        indices_from=1,
        notes="entry t of the last axis, for each row",
        domain=Domain(
            samples=(
                at([1.0, -2.0, 0.5], 2.0),
                at(MATRIX, [0.0, 3.0, 3.0]),
                at(CUBE, [[0.0, 1.0, 2.0], [3.0, 2.0, 2.0]]),
            ),
            edges=(at([np.inf, np.nan, 1.0], 2.0), at([[np.inf, 1.0]], [0.0])),
        ),
    ),
    Structural(
        name="one_hot",
        inputs=("t",),
        params={"n": REQUIRED},
        kinds={"n": kinds.whole_number},
        shape=_one_hot_shape,
        forward=lambda t, n: np.float64(np.expand_dims(_classes(t, n), -1) == np.arange(n)),
        vjp=(None,),
        rules=(None,),
        torch="torch.nn.functional.one_hot(t.long(), n).double()",
        indices_from=0,
        notes="a row of n entries for each class: 1 at the class, 0 elsewhere",
        domain=Domain(
            samples=(at(2.0, n=3), at([0.0, 1.0, 1.0], n=2), at([[0.0], [3.0]], n=4)),
            edges=(at([], n=2), at([0.0], n=1)),
        ),
    ),
)
