"""A descent as it can be run, and run again to the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from backtrace.descent.batches import Batches
from backtrace.descent.settings import Settings
from backtrace.errors import ShapeError
from backtrace.graph import Graph
from backtrace.ops.rows import Value
from backtrace.prepared import Prepared
from backtrace.reading import Bindings
from backtrace.records import Trace
from backtrace.tracing import trace_bound


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to descend on, from where, by which parameters, and how."""

    graph: Graph
    values: Mapping[str, Value]  # of every variable at the start
    wrt: tuple[str, ...]
    settings: Settings
    batches: Batches | None = None
    by_default: bool = False  # nobody said which variables are the parameters

    @property
    def start(self) -> tuple[Value, ...]:
        """The parameters before the first update."""
        return tuple(self.values[name] for name in self.wrt)

    @cached_property
    def data(self) -> tuple[str, ...]:
        """The variables that have other rows in every update."""
        return () if self.batches is None else tuple(self.batches.data)

    def prepared(self, update: int = 0) -> Prepared:
        """The passes, for batches as long as that of an update. Raises ShapeError."""
        point, moving = self.at(update, self.start), (*self.wrt, *self.data)
        found, output = Prepared(self.graph, point, moving, self.wrt), self.graph.output
        shape = np.shape(found.at(output))
        if prod(shape) != 1:
            message = (
                f"the output has shape {shape}, and a descent is on one number: take sum(…) or "
                "mean(…) of it"
            )
            raise ShapeError(message, self.graph.source, self.graph.spans[output])
        return found

    def whole_loss(self, parameters: Iterable[Value]) -> float:
        """The loss of all rows, where an update sees some of them only."""
        values = {**self.values, **dict(zip(self.wrt, parameters, strict=True))}
        return float(np.sum(trace_bound(self.graph, Bindings(_as_values(values)), ()).value))

    def at(self, update: int, parameters: Iterable[Value]) -> dict[str, Value]:
        """The value of every variable before an update."""
        batch = {} if self.batches is None else self.batches.batch(update)
        return {**self.values, **batch, **dict(zip(self.wrt, parameters, strict=True))}

    def trace(self, update: int, parameters: Iterable[Value]) -> Trace:
        """The whole trace before an update."""
        values = _as_values(self.at(update, parameters))
        return trace_bound(self.graph, Bindings(values), self.wrt)


def _as_values(given: Mapping[str, Value]) -> dict[str, Value]:
    """Floats as the passes take them."""
    return {name: np.float64(v) if isinstance(v, float) else v for name, v in given.items()}
