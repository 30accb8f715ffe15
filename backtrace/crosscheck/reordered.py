"""What adding up the same terms in another order may change.

1e16 + 1 - 1e16 is 0 or 1 by the order, and numpy, torch and BLAS each have their own. So a sum, or
a matrix product, may differ by much more than a single rounding where its terms cancel. How much
is tried: the inputs are moved in their last digits, and the results move with them, ours and
torch's; for a determinant, say, torch goes another way than we do, and one of the two is unsteady
where the other is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from backtrace.crosscheck.amplified import ROOM, RUNS, computed
from backtrace.crosscheck.engine import Torch
from backtrace.graph import Apply
from backtrace.ops import Elementwise
from backtrace.ops.rows import Value
from backtrace.passes import edge
from backtrace.records import Trace

STEP = 4 * float(np.finfo(np.float64).eps)
HUGE = 1e150  # what is larger overflows when it is squared


class Result(NamedTuple):
    """The value of node `place`; with a `slot` what its input gets of the gradient `upstream`."""

    trace: Trace
    place: int
    upstream: Value
    slot: int | None

    @property
    def node(self) -> Apply:
        """The operation."""
        return self.trace.graph.applied(self.place)

    @property
    def adds_up(self) -> bool:
        """Whether anything is added up: elementwise operations sum only what they stretched."""
        if not isinstance(self.node.op, Elementwise):
            return True
        if self.slot is None:
            return False
        source = self.trace.values[self.node.inputs[self.slot]]
        return np.shape(source) != np.shape(self.upstream)

    @property
    def jumps(self) -> bool:
        """Whether it is a gradient at a kink: entries that tie no longer do when they are moved."""
        inputs = [self.trace.values[i] for i in self.node.inputs]
        return self.slot is not None and self.node.op.at_kink(inputs, dict(self.node.params))

    def ours(self) -> Value:
        """The result as the row computes it."""
        graph, values = self.trace.graph, self.trace.values
        if self.slot is None:
            return values[self.place]
        if not self.node.op.passes(self.slot):
            return np.zeros_like(values[self.node.inputs[self.slot]])
        return edge(graph, values, self.upstream, self.place, self.slot).product

    def theirs(self, engine: Torch) -> Value:
        """The result as torch computes it; None where it computes none."""
        apart = engine.apart(self.trace, {self.place: self.node}, {self.place: self.upstream})
        found = apart[self.place]
        return found.value if self.slot is None else found.products[self.slot]

    def nudged(self, random: np.random.Generator) -> Result:
        """The same of numbers that are off in their last digits."""

        def moved(value: Value) -> Value:
            return value * (1 + STEP * random.uniform(-1, 1, np.shape(value)))

        node, values = self.node, list(self.trace.values)
        for slot, source in enumerate(node.inputs):
            if node.op.passes(slot):
                values[source] = moved(values[source])
        inputs = [values[i] for i in node.inputs]
        values[self.place] = computed(node, inputs, values[self.place])
        trace = dataclasses.replace(self.trace, values=tuple(values))
        return self._replace(trace=trace, upstream=moved(self.upstream))


def is_of_order(result: Result, pair: tuple[Value, Value], engine: Torch) -> bool:
    """Whether ours and torch's differ only by what the order of additions may change."""
    ours, theirs = pair
    if np.shape(ours) != np.shape(theirs) or not result.adds_up or result.jumps:
        return False
    entries = [result.upstream, *(result.trace.values[i] for i in result.node.inputs)]
    with np.errstate(all="ignore"):
        differs = ~((np.asarray(ours) == theirs) | (np.isnan(ours) & np.isnan(theirs)))
        if any(map(_has_huge, entries)):  # inf, inf - inf or a number, by what overflowed first
            differs &= np.isfinite(ours) & np.isfinite(theirs)
        off = np.abs(np.subtract(ours, theirs))[differs]
        spread = _spread(result, Result.ours, ours)[differs]
        if np.all(off <= ROOM * spread):
            return True
        theirs_spread = _spread(result, lambda moved: moved.theirs(engine), theirs)[differs]
        return bool(np.all(off <= ROOM * np.fmax(spread, theirs_spread)))


def _has_huge(value: Value) -> bool:
    return bool(np.any(np.isfinite(value) & (np.abs(value) > HUGE)))


def _spread(result: Result, number: Callable[[Result], Value], found: Value) -> Value:
    """How far a result moves with its inputs, entry by entry."""
    random = np.random.default_rng(0)
    spread = np.zeros(np.shape(found))
    for _ in range(RUNS):
        spread = np.maximum(spread, np.abs(np.subtract(number(result.nudged(random)), found)))
    return spread
