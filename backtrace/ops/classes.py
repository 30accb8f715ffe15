"""Classes: the score of a class, and a class as a row of zeros and a one."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.indexing import CUBE, MATRIX
from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.structural import Structural, at
from backtrace.ops.subscripts import whole


def class_numbers(t: Value, count: int) -> Any:
    """Classes as whole numbers from 0 to count - 1; none counts from the end. Raises Misfit."""
    found = np.asarray(t).astype(np.intp)
    if not np.all((found == t) & (found >= 0) & (found < count)):
        whole(t, count, "a class")  # says what is wrong, if not that it is negative
        raise Misfit(f"a class is {np.min(t):g}, but they go from 0 to {count - 1}")
    return found


def places(rows: Value, t: Value) -> tuple[Value, Value]:
    """Where the classes stand, among rows of scores."""
    return np.arange(len(rows)), np.ravel(t).astype(np.intp)


def picked(scores: Value, t: Value) -> Value:
    """The entry of the last axis that is the class. Raises Misfit."""
    numbers = class_numbers(t, scores.shape[-1])
    rows = scores.reshape(np.size(t), scores.shape[-1])
    return rows[places(rows, numbers)].reshape(np.shape(t))


def _pick_shape(x: Shape, t: Shape) -> Shape:
    if not x:
        raise Misfit("the scores must have an axis to pick from")
    if t != x[:-1]:
        wanted = f"have the shape {x[:-1]}, one class for each row" if x[:-1] else "be one number"
        raise Misfit(f"for these scores t must {wanted}")
    return t


def _pick_back(g: Value, x: Value, t: Value, v: Value) -> Value:
    gradient = np.zeros(x.shape)
    numbers = np.expand_dims(class_numbers(t, x.shape[-1]), -1)
    np.put_along_axis(gradient, numbers, np.expand_dims(g, -1), -1)
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
        forward=picked,
        vjp=(_pick_back, None),
        rules=(lambda x, t: f"{'unsqueeze(g, -1)' if t else 'g'}*one_hot(t, {x[-1]})", None),
        slips=(Slip(0, "wrong-local", lambda x, t: "unsqueeze(g, -1)" if t else "g"),),
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
        forward=lambda t, n: np.float64(np.expand_dims(class_numbers(t, n), -1) == np.arange(n)),
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
