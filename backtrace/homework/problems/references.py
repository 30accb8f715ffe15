"""The right answers: derivatives of one node by another, from the backward pass at any point."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from backtrace.errors import ShapeError
from backtrace.graph import Graph
from backtrace.homework.answers.targets import Target
from backtrace.ops import Elementwise
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value
from backtrace.passes import active_nodes, backward, frozen

MOST_JACOBIAN = 10**4  # entries of the derivative of an array by an array


class References:
    """The right answers about one graph whose nodes have these shapes.

    `at_once` says that the values of a pass are those of many points, one number each.
    """

    def __init__(self, graph: Graph, shapes: Sequence[Shape], *, at_once: bool) -> None:
        self.graph, self.shapes, self.at_once = graph, shapes, at_once

    def of(self, target: Target, values: Sequence[Value]) -> Value:
        """The right answer to a claim, from the values of one pass. Raises ShapeError."""
        if target.entry and self.at_once:  # axis 0 is the points, not the entries
            name = self.graph.labels[target.of if target.by is None else target.by]
            raise ShapeError(f"{name} is one number, and has no entry {list(target.entry)}")
        if target.by is None:
            found = values[target.of]
        elif self.is_whole(target):
            found = self.jacobian(target.of, target.by, values)
        else:
            found = self._adjoint(target.of, target.by, values, np.ones_like(values[target.of]))
        try:
            return found[target.entry] if target.entry else found
        except IndexError:
            shape = np.shape(found)
            raise ShapeError(f"there is no entry {list(target.entry)} in shape {shape}") from None

    def is_whole(self, target: Target) -> bool:
        """Whether a derivative is of every entry of an array by every entry of another.

        Entry by entry, as of a = sigmoid(z), it is not: there one number an entry says all.
        """
        if self.at_once or target.by is None or not self.shapes[target.of]:
            return False
        return not self._is_entrywise(target.of, target.by)

    def _is_entrywise(self, of: int, by: int) -> bool:
        between = [i for i in self.graph.computed_from(by) if by < i <= of]
        if not all(isinstance(self.graph.applied(i).op, Elementwise) for i in between):
            return False
        return len({self.shapes[i] for i in (of, by, *between)}) == 1

    def jacobian(self, of: int, by: int, values: Sequence[Value]) -> Array:
        """The derivative of every entry of `of` by every entry of `by`. Raises ShapeError."""
        shape, inner = np.shape(values[of]), np.shape(values[by])
        if np.size(values[of]) * np.size(values[by]) > MOST_JACOBIAN:
            what = self.graph.labels[of]
            raise ShapeError(f"{what} has too many entries for a derivative of each by each")
        rows = np.zeros((*shape, *inner))
        for place in np.ndindex(shape):
            seed = np.zeros(shape)
            seed[place] = 1.0
            rows[place] = self._adjoint(of, by, values, seed)
        return rows

    def _adjoint(self, of: int, by: int, values: Sequence[Value], seed: Value) -> Value:
        """The backward pass from node `of` to node `by`."""
        graph = self.graph
        if of != graph.output:
            graph = dataclasses.replace(graph, output=of)
        found = backward(graph, values, active_nodes(graph, [by]), frozen(seed))[by]
        return np.zeros_like(values[by])[()] if found is None else found
