"""The largest and the smallest entry of an array.

torch has three of each, and they differ where entries tie: `amax` shares the gradient and
multiplies with the shares, `max` of a whole tensor shares and selects, `max` along one axis picks
one index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Axis, Misfit, Shape, count, reduced, restored
from backtrace.ops.reductions import AXIS, KINDS, along, spread
from backtrace.ops.rows import Domain, Slip, Value, select
from backtrace.ops.structural import Structural, at


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sense:
    """Largest or smallest: what the three rows of each have in common."""

    name: str  # "max"
    of: Callable[..., Value]  # numpy's
    index: Callable[..., Value]
    least_norm: str
    sign: float  # the rows of min have the points of max, turned over

    def points(self, *points: Any) -> tuple[Any, ...]:
        """Points for the largest entry as points for this sense."""
        return tuple(at(self.sign * np.array(x[0]), **params) for x, params in points)


LARGEST = Sense("max", np.max, np.argmax, "subgradient", 1.0)
SMALLEST = Sense("min", np.min, np.argmin, "supergradient", -1.0)

SAMPLES = (
    at([1.0, 3.0, -2.0]),
    at([[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]]),
    at(2.0),
)
ALONG = (
    at([1.0, 3.0, -2.0], axis=0),
    at([[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]], axis=0),
    at([[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]], axis=-1),
    at([[[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]]], axis=1, keepdims=True),
)


def shares(shape: Shape, axis: Axis, keepdims: bool, what: str = "x") -> str:
    """The rule that splits ties evenly, as text: `g*(x == v)/sum(x == v)`."""
    wins = f"{what} == {spread(shape, axis, keepdims, 'v')}"
    return f"{spread(shape, axis, keepdims)}*({wins})/{along('sum', wins, shape, axis)}"


def _shape(shape: Shape, axis: Axis = None, keepdims: bool = False) -> Shape:
    left = reduced(shape, axis, keepdims)
    if count(shape, axis) == 0:
        raise Misfit("there are no entries to choose from")
    return left


def _tied(sense: Sense, x: Value, axis: Axis) -> Value:
    wins = x == sense.of(x, axis=axis, keepdims=True)
    return np.sum(wins, axis=axis) > 1


# -- gradients


def _shared(g: Value, x: Value, v: Value, axis: Axis, keepdims: bool) -> Value:
    """torch.amax multiplies with the shares: a loser gets nan where inf arrives."""
    g, v = (restored(a, np.shape(x), axis, keepdims) for a in (g, v))
    wins = x == v
    return g * wins / np.sum(wins, axis=axis, keepdims=True)


def _selected(g: Value, x: Value, v: Value) -> Value:
    """torch.max of a whole tensor selects: a loser gets 0, and nan wins."""
    wins = np.isnan(x) if np.isnan(v) else x == v
    return select(~wins, g / np.count_nonzero(wins))


def _at_index(g: Value, x: Value, index: Value, axis: int, keepdims: bool) -> Value:
    """`g` at the entries that were picked, 0 elsewhere."""
    gradient = np.zeros(np.shape(x))
    np.put_along_axis(gradient, index, restored(g, np.shape(x), axis, keepdims), axis=axis)
    return gradient


# -- the rows


def _of_axes(sense: Sense) -> Structural:
    """amax, amin."""
    return Structural(
        name=f"a{sense.name}",
        inputs=("x",),
        params=AXIS,
        kinds=KINDS,
        shape=_shape,
        forward=lambda x, axis, keepdims: sense.of(x, axis=axis, keepdims=keepdims),
        vjp=(_shared,),
        rules=(shares,),
        slips=(
            Slip(0, "wrong-local", spread),
            Slip(
                0,
                "wrong-local",
                lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}/{count(x, axis)}",
            ),
        ),
        torch=f"torch.a{sense.name}(x, () if axis is None else axis, keepdims)",
        convention=f"entries that tie share the gradient evenly: the {sense.least_norm} of least"
        " norm",
        notes=f"{sense.name}(x, axis=…) picks one index instead",
        domain=Domain(
            kink=lambda x, axis, keepdims: _tied(sense, x, axis),
            samples=sense.points(*SAMPLES, *ALONG, at([[[1.0, 5.0], [4.0, 3.0]]], axis=(0, 2))),
            kinks=sense.points(
                at([1.0, 3.0, 3.0, 3.0]),
                at([[1.0, 3.0], [1.0, 2.0]], axis=0, keepdims=True),
                at([[2.0, 2.0], [2.0, 1.0]], axis=(1, 0)),
                at([np.inf, np.inf, 1.0]),
                at([0.0, -0.0]),
            ),
            edges=sense.points(
                at([np.nan, 1.0, np.nan]),
                at([[1.0, np.nan], [2.0, 3.0]], axis=0),
                at([np.inf, -np.inf, 0.0]),
                at([-np.inf]),
                at(np.zeros((0, 3)), axis=1),
                at(np.nan),
            ),
        ),
    )


def _of_all(sense: Sense) -> Structural:
    """max(x), min(x)."""
    return Structural(
        name=f"{sense.name}_all",
        call=sense.name,
        inputs=("x",),
        shape=_shape,
        forward=sense.of,
        vjp=(_selected,),
        rules=(lambda x: shares(x, None, False),),
        slips=(
            Slip(0, "wrong-local", "g"),
            Slip(0, "wrong-local", lambda x: f"g/{count(x, None)}"),
        ),
        torch=f"torch.{sense.name}",
        convention=f"entries that tie share the gradient evenly: the {sense.least_norm} of least"
        " norm",
        notes=f"{sense.name}(x, axis=…) picks one index, a{sense.name}(x, axis=…) shares as here;"
        f" {sense.name} of two or more compares them entry by entry",
        domain=Domain(
            kink=lambda x: _tied(sense, x, None),
            samples=sense.points(*SAMPLES),
            kinks=sense.points(
                at([1.0, 3.0, 3.0, 3.0]), at([[2.0, 2.0], [2.0, 1.0]]), at([np.inf, np.inf, 1.0])
            ),
            edges=sense.points(
                at([[np.nan, 1.0], [2.0, np.nan]]), at([np.inf, -np.inf]), at([1.0]), at(np.nan)
            ),
        ),
    )


def _along_one(sense: Sense) -> Structural:
    """max(x, axis=0), min(x, axis=0)."""

    def index(x: Value, axis: int) -> Value:
        return sense.index(x, axis=axis, keepdims=True)

    def picked(x: Value, axis: int, keepdims: bool) -> Value:
        found = np.take_along_axis(x, index(x, axis), axis=axis)
        return found if keepdims else np.squeeze(found, axis=axis)

    return Structural(
        name=f"{sense.name}_along",
        call=sense.name,
        by_keyword=True,
        inputs=("x",),
        params={"axis": kinds.REQUIRED, "keepdims": False},
        kinds={"axis": kinds.whole_number, "keepdims": kinds.truth},
        shape=_shape,
        forward=picked,
        vjp=(lambda g, x, v, axis, keepdims: _at_index(g, x, index(x, axis), axis, keepdims),),
        rules=(":g at the entries that were picked, 0 elsewhere",),
        slips=(
            Slip(0, "wrong-local", spread),
            Slip(
                0,
                "wrong-local",
                lambda x, axis, keepdims: f"{spread(x, axis, keepdims)}/{count(x, axis)}",
            ),
        ),
        torch=f"torch.{sense.name}(x, axis, keepdims).values",
        convention="of entries that tie the first is picked and has the whole gradient, as in"
        f" torch.{sense.name}(x, dim)",
        notes=f"a{sense.name}(x, axis=…) splits ties evenly; nan is picked before any number",
        domain=Domain(
            kink=lambda x, axis, keepdims: _tied(sense, x, axis),
            samples=sense.points(*ALONG),
            kinks=sense.points(
                at([3.0, 3.0], axis=0),
                at([1.0, 3.0, 3.0, 3.0], axis=0),
                at([[1.0, 3.0], [1.0, 2.0]], axis=0),
                at([[2.0, 2.0], [2.0, 1.0]], axis=1, keepdims=True),
                at([1.0] * 40 + [3.0] * 40, axis=0),
                at([np.inf, np.inf, 1.0], axis=0),
                at([0.0, -0.0], axis=0),
            ),
            edges=sense.points(
                at([1.0, np.nan, 3.0, np.nan], axis=0),
                at([[1.0, np.nan], [2.0, 3.0]], axis=0),
                at([np.inf, -np.inf, 0.0], axis=0),
                at(np.zeros((0, 3)), axis=1),
                at([1.0], axis=0),
            ),
        ),
        remark=lambda x, v, axis, keepdims: _picks(sense.index(x, axis=axis)),
    )


def _picks(index: Value) -> str:
    """Which entries were picked, as text: `picks index 1`, `picks indices [1, 0]`."""
    if np.ndim(index) == 0:
        return f"picks index {index}"
    listed = np.array2string(index, separator=", ", threshold=8, edgeitems=3)
    return f"picks indices {' '.join(listed.split())}".replace("...", "…").replace("[ ", "[")


def _rows(senses: Sequence[Sense]) -> tuple[Structural, ...]:
    return tuple(make(s) for make in (_of_axes, _of_all, _along_one) for s in senses)


ROWS = _rows((LARGEST, SMALLEST))
