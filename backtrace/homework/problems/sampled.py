"""The values of a graph at several points, of one pass for all or of one pass each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backtrace.graph import Graph
from backtrace.ops.rows import Array, Value


@dataclass(frozen=True, eq=False)
class Sampled:
    """The values of a graph at `count` points: in one pass, as arrays, or in one pass a point."""

    graph: Graph
    passes: Sequence[Sequence[Value]]
    count: int
    at_once: bool = False

    def stacked(self, results: Sequence[Value]) -> Array:
        """What every pass gave, with the points on axis 0."""
        if self.at_once:
            found: Array = results[0]
            if np.shape(found) == (self.count,):
                return found
            return np.array(np.broadcast_to(found, (self.count,)))
        return np.array(results, dtype=np.float64)

    def of_pass(self, stacked: Array, k: int) -> Value:
        """What belongs to one pass of numbers that have the points on axis 0."""
        return stacked if self.at_once else stacked[k]
