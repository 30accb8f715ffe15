"""A problem: one program, evaluated once at all sample points; every claim is judged against it.

The right answer is never typed by anyone: it is the backward pass at the same points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from backtrace.errors import BindingError, ShapeError, Span
from backtrace.graph import Graph, Leaf
from backtrace.homework.answers.targets import Target, known_names
from backtrace.homework.problems import points as sampling
from backtrace.homework.problems.comparing import FEWEST
from backtrace.homework.problems.points import Points, Range
from backtrace.homework.problems.references import References
from backtrace.homework.problems.room import require_small
from backtrace.homework.problems.sampled import Sampled
from backtrace.homework.problems.usable import usable
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value
from backtrace.passes import forward, frozen, settled
from backtrace.reading import bind, read
from backtrace.reading.values import Bindings
from backtrace.roles import index_names

ENOUGH = 12  # usable points; with fewer, further ones are tried
MOST_HELD = 10**8  # numbers of all passes together; where that is too few points, none are drawn


class Problem:
    """One program with its own point, its sample points, and every value at each.

    `points` and what is computed from them have the points on axis 0; the problem's own point is
    the last. Where every variable is a number and every operation elementwise, one pass does all
    points at once; otherwise there is one pass a point.
    """

    def __init__(
        self,
        program: str | Graph,
        bindings: Mapping[str, Any] | Bindings | None = None,
        *,
        domain: Mapping[str, Range] | None = None,
        others: Sequence[str] = (),
        points: Points | None = None,
    ) -> None:
        """Raise BacktraceError for a program or a value that cannot be read.

        Without bindings (None) every variable is a number and there is no own point; `others` are
        further variables that answers may have. `points` are taken in the place of drawn ones.
        """
        self.has_point = bindings is not None
        given = bindings if isinstance(bindings, Bindings) else bind(bindings or {}, {})
        graph = program
        if not isinstance(graph, Graph):
            graph = read(graph, given.values if self.has_point else None)
        if self.has_point:
            given.check(graph)
        self.at: Mapping[str, Value] = given.of(graph, ())
        graph = _with_variables(graph, (*self.at, *others))
        self.shapes: dict[str, Shape] = dict.fromkeys(graph.variables, ())
        self._own: list[Value] = []
        if self.has_point:
            self._own = forward(graph, self.at)
            graph = settled(graph, self._own)
            self.shapes = {name: np.shape(value) for name, value in self.at.items()}
        self.graph = graph
        self.domain = {n: sampling.require_range(n, r) for n, r in (domain or {}).items()}
        self._require_known()
        self.at_once = not graph.structural and not any(self.shapes.values())
        inner = [np.shape(v) for v in self._own] or [()] * len(graph.nodes)
        self.references = References(graph, inner, at_once=self.at_once)
        self.points = self._drawn() if points is None else self._usable(points)
        self._right: dict[Target, Array] = {}

    def _require_known(self) -> None:
        for name in self.domain:
            if name not in self.shapes:
                raise BindingError(f"a domain is declared for {name}, which is no variable")

    def at_points(self, points: Points) -> Problem:
        """The same problem with other sample points, of which the usable ones are kept."""
        return Problem(self.graph, self.at, domain=self.domain, points=points)

    # -- points

    def _drawn(self) -> Points:
        """The usable points; the own point is the last of them, wherever it is usable."""
        fixed = index_names(self.graph) if self.graph.structural else {}
        free = {name: shape for name, shape in self.shapes.items() if name not in fixed}
        ranges = repr(sorted(self.domain.items()))
        random = sampling.generator(self.graph.source, *sorted(free), ranges)
        own = self._usable({name: np.asarray(value)[None] for name, value in self.at.items()})
        if sum(map(np.size, self._own)) * FEWEST > MOST_HELD:
            return own
        found = self._usable(self._with_fixed(sampling.drawn(random, free, self.domain), fixed))
        most = self._most - _count(own)
        if _count(found) < min(ENOUGH, most):
            more = sampling.spare(random, free, self.domain, self.at)
            found = sampling.joined(found, self._usable(self._with_fixed(more, fixed)))
        found = sampling.chosen(found, np.arange(_count(found))[:most])
        return sampling.joined(found, own) if own else found

    def _with_fixed(self, points: Points, fixed: Mapping[str, Any]) -> Points:
        """Points with the indices and classes, which are the same at all of them."""
        count = _count(points)
        held = {n: np.broadcast_to(self.at[n], (count, *np.shape(self.at[n]))) for n in fixed}
        return {**points, **held}

    def _usable(self, points: Points) -> Points:
        """The points where the program and its gradients are finite, away from kinks.

        Of large arrays as many as can be held.
        """
        points = sampling.chosen(points, np.arange(_count(points))[: self._most])
        count = _count(points)
        if not count:
            return points
        runs = (forward(self.graph, scope) for scope in self._scopes(points))
        masks = [usable(self.graph, values, count, at_once=self.at_once) for values in runs]
        return sampling.chosen(points, np.concatenate(masks))

    @cached_property
    def _most(self) -> int:
        """How many points can be held."""
        size = sum(map(np.size, self._own)) if not self.at_once else 1
        return max(1, MOST_HELD // max(1, size))

    def _scopes(self, points: Points) -> list[Mapping[str, Value]]:
        """The variables' values for every pass."""
        if self.at_once:
            return [points]
        return [{n: frozen(v[k]) for n, v in points.items()} for k in range(_count(points))]

    @cached_property
    def count(self) -> int:
        """How many sample points there are, the own one included."""
        return _count(self.points)

    @cached_property
    def has_own(self) -> bool:
        """Whether the own point is among them."""
        if not (self.at and self.count):
            return False
        return all(np.array_equal(self.points[n][-1], value) for n, value in self.at.items())

    def point(self, k: int) -> dict[str, Value]:
        """The variables of the program at one point."""
        found = {n: self.points[n][k] for n in self.graph.variables}
        return {n: float(v) if np.ndim(v) == 0 else v for n, v in found.items()}

    # -- values

    @property
    def own_values(self) -> Sequence[Value]:
        """Every value at the own point."""
        return self._own

    @property
    def scopes(self) -> list[Mapping[str, Value]]:
        """The variables' values in every pass."""
        return self._scopes(self.points)

    @cached_property
    def passes(self) -> list[list[Value]]:
        """The value of every node, in every pass."""
        found = [forward(self.graph, scope) for scope in self.scopes]
        if not self.at_once:
            return found
        # what has no variable in it is one number a point too, or its gradients would be summed
        return [[frozen(np.broadcast_to(value, (self.count,))) for value in found[0]]]

    @cached_property
    def named(self) -> list[Mapping[str, Value]]:
        """The values of what an answer may speak of, in every pass."""
        names = known_names(self.graph)
        return [{name: values[i] for name, i in names.items()} for values in self.passes]

    @cached_property
    def sampled(self) -> Sampled:
        """The same as the sweeps take it."""
        return Sampled(self.graph, self.passes, self.count, self.at_once)

    def stacked(self, results: Sequence[Value]) -> Array:
        """What every pass gave, with the points on axis 0."""
        return self.sampled.stacked(results)

    def of_claim(self, right: Graph) -> Array:
        """An answer at all points. Raises ShapeError where it does not fit, and TooLarge."""
        if self.at_once and not right.structural:
            return self.stacked([forward(right, self.named[0])[right.output]])
        scopes = self._each_point()
        require_small(right, scopes[0], len(scopes))
        found = [forward(right, scope)[right.output] for scope in scopes]
        if len({np.shape(value) for value in found}) > 1:  # of an index that is computed, say
            raise ShapeError("the answer has another shape at every point")
        return np.array(found, dtype=np.float64)

    def _each_point(self) -> list[Mapping[str, Value]]:
        if not self.at_once:
            return self.named
        scope = {n: np.broadcast_to(v, (self.count,)) for n, v in self.named[0].items()}
        return [{n: v[k] for n, v in scope.items()} for k in range(self.count)]

    # -- right answers

    def reference(self, target: Target) -> Array:
        """The right answer to a claim at all points. Raises ShapeError."""
        found = self._right.get(target)
        if found is None:
            found = self.stacked([self.references.of(target, values) for values in self.passes])
            self._right[target] = found
        return found

    def jacobian(self, of: int, by: int) -> Array:
        """The derivative of every entry by every entry, at all points. Raises ShapeError."""
        return self.stacked([self.references.jacobian(of, by, v) for v in self.passes])

    def own_jacobian(self, of: int, by: int) -> Array:
        """The derivative of every entry by every entry at the own point. Raises ShapeError."""
        return self.references.jacobian(of, by, self._own)

    @cached_property
    def is_defined(self) -> bool:
        """Whether the program has a number at its own point."""
        return bool(np.all(np.isfinite(self._own[self.graph.output])))

    def own(self, target: Target) -> Value:
        """The right answer at the problem's own point, whether or not that is usable."""
        return self.references.of(target, self._own)


def _with_variables(graph: Graph, names: Iterable[str]) -> Graph:
    """The graph with variables that it does not use: its derivatives by them are 0."""
    unused = [name for name in dict.fromkeys(names) if name not in graph.names]
    nodes = (*graph.nodes, *map(Leaf, unused))
    spans = (*graph.spans, *(Span(0, 0) for _ in unused))
    return replace(graph, nodes=nodes, spans=spans) if unused else graph


def _count(points: Points) -> int:
    return len(next(iter(points.values()), ()))
