"""The edges from one node down to another, and the backward sweep over them with changes.

A mistake of the chain rule is an edge on which something else was done than multiplying by the
local derivative: left out, squared, replaced. So a mistake is simulated by a sweep in which a few
edges have another rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from backtrace.graph import Apply
from backtrace.homework.problems.sampled import Sampled
from backtrace.ops import Elementwise
from backtrace.ops.rows import Array, Value
from backtrace.passes import active_nodes, edge, unbroadcast

# Derivatives that are taken for right, by (of, by).
Known: TypeAlias = Mapping[tuple[int, int], Value]
NOTHING: Known = {}


class Edge(NamedTuple):
    """One edge of the chain rule: from node `via` to its input `slot`, which is node `into`."""

    via: int
    slot: int
    into: int


class Arrival(NamedTuple):
    """What the rule of an edge works with, at one point or at all of them.

    `local` is None of an operation on whole arrays; `values` are those of all nodes.
    """

    upstream: Value
    local: Value | None
    values: Sequence[Value]

    @property
    def product(self) -> Value:
        """What is right: upstream × local. Raises ValueError where there is no local derivative."""
        return self.upstream * self.factor

    @property
    def factor(self) -> Value:
        """The local derivative. Raises ValueError where there is none."""
        if self.local is None:
            raise ValueError("an operation on whole arrays has no local derivative")
        return self.local


# What an input gets instead of the product. ValueError: it does not fit here.
Rule: TypeAlias = Callable[[Arrival], Value]


class Paths:
    """Every edge on a path from node `of` to node `by`."""

    def __init__(self, sampled: Sampled, of: int, by: int) -> None:
        self.sampled, self.of, self.by = sampled, of, by
        self.graph = sampled.graph

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """In the order of the backward sweep."""
        reaches = active_nodes(self.graph, [self.by])
        found: list[Edge] = []
        wanted = {self.of}
        for via in range(self.of, self.by, -1):
            node = self.graph.nodes[via]
            if via in wanted and isinstance(node, Apply):
                for slot, into in enumerate(node.inputs):
                    if reaches[into] and node.op.passes(slot):
                        found.append(Edge(via, slot, into))
                        wanted.add(into)
        return tuple(found)

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """The nodes between the two ends, nearest to `of` first."""
        return tuple(dict.fromkeys(e.into for e in self.edges if e.into != self.by))

    @cached_property
    def locals(self) -> dict[Edge, list[Value | None]]:
        """The local derivative of every edge in every pass; 0 where the edge is blocked."""
        return {e: [self._local(e, values) for values in self.sampled.passes] for e in self.edges}

    def _local(self, e: Edge, values: Sequence[Value]) -> Value | None:
        node = self.graph.applied(e.via)
        if not isinstance(node.op, Elementwise):
            return None
        ones = np.ones_like(values[e.via])[()]
        found = edge(self.graph, values, ones, e.via, e.slot)
        return np.broadcast_to(0.0, np.shape(ones))[()] if found.blocked else found.local

    def is_one(self, e: Edge) -> bool:
        """Whether the local derivative is 1 wherever it is looked at: w*x - y by w*x."""
        return all(local is not None and bool(np.all(local == 1.0)) for local in self.locals[e])

    def local(self, e: Edge) -> Array:
        """The local derivative at all points. Raises ValueError where there is none."""
        found = self.locals[e]
        if any(local is None for local in found):
            raise ValueError("an operation on whole arrays has no local derivative")
        return self.sampled.stacked(found)

    # -- sweeps

    def swept(self, changed: Mapping[Edge, Rule], known: Known = NOTHING) -> Array:
        """∂of/∂by at all points, with other rules on some edges.

        `known` has derivatives that are taken for right, by (of, by). Raises ValueError where a
        rule does not fit the shapes.
        """
        passes = range(len(self.sampled.passes))
        parts = [{p: self.sampled.of_pass(v, k) for p, v in known.items()} for k in passes]
        return self.sampled.stacked([self._sweep(k, changed, parts[k]) for k in passes])

    def _sweep(self, k: int, changed: Mapping[Edge, Rule], known: Known) -> Value:
        values, nodes = self.sampled.passes[k], {e.into for e in self.edges}
        useful = {p: v for p, v in known.items() if p[1] in nodes and p != (self.of, self.by)}
        seed = np.ones_like(values[self.of])[()]
        with np.errstate(all="ignore"):
            parts = list(self._below(k, self.of, seed, changed, useful, frozenset()))
        return sum(parts[1:], parts[0]) if parts else np.zeros_like(values[self.by])[()]

    def _below(
        self,
        k: int,
        of: int,
        seed: Value,
        changed: Mapping[Edge, Rule],
        known: Known,
        settled: frozenset[int],
    ) -> Iterator[Value]:
        """What comes down to `by` from node `of`, but for what comes through `settled` nodes.

        A known derivative stands for all paths between its two nodes, and for no others. So a node
        with known derivatives has a sweep of its own.
        """
        if self.by in settled:
            return
        values = self.sampled.passes[k]
        mine = {
            by: local
            for (o, by), local in known.items()
            if o == of and settled.isdisjoint(Paths(self.sampled, of, by).inner)
        }
        found: dict[int, Value] = {of: seed}
        found |= {by: self._times(seed, local, values, of, by) for by, local in mine.items()}
        for e in self.edges:
            if e.via not in found or e.via in settled - {of}:
                continue
            if e.via != of and any(o == e.via for o, _ in known):
                upstream = found.pop(e.via)
                yield from self._below(k, e.via, upstream, changed, known, settled | mine.keys())
            elif e.into not in mine:
                product = self._product(e, k, found[e.via], values, changed.get(e))
                found[e.into] = found[e.into] + product if e.into in found else product
        if self.by in found:
            yield found[self.by]

    def _times(self, seed: Value, local: Value, values: Sequence[Value], of: int, by: int) -> Value:
        """The adjoint of `of` times ∂of/∂by, which of arrays is of every entry by every entry."""
        inner, outer = np.shape(values[by]), np.shape(values[of])
        if outer and not self.sampled.at_once and np.shape(local) == outer + inner:
            return np.tensordot(seed, local, axes=len(outer))
        return unbroadcast(seed * local, inner)

    def _product(
        self, e: Edge, k: int, upstream: Value, values: Sequence[Value], rule: Rule | None
    ) -> Value:
        shape, local = np.shape(values[e.into]), self.locals[e][k]
        if rule is None:
            if local is None:
                return edge(self.graph, values, upstream, e.via, e.slot).product
            return unbroadcast(upstream * local, shape)
        return fitted_to(rule(Arrival(upstream, local, values)), shape)

    def sizes(self) -> Array:
        """The terms of ∂of/∂by added without their signs: far above it where they cancel."""
        return self.swept(dict.fromkeys(self.edges, _without_sign))

    def along(self, path: Iterable[Edge]) -> Array:
        """The product of the local derivatives of one path."""
        only = set(path)
        dropped = {e: nothing for e in self.edges if e not in only}
        return self.swept(dropped)


def _without_sign(at: Arrival) -> Value:
    return np.abs(at.product)


def nothing(_: Arrival) -> Value:
    """The rule of an edge that is left out."""
    return np.float64(0.0)


def fitted_to(product: Value, shape: tuple[int, ...]) -> Value:
    """A product in the shape of the input it is for. Raises ValueError where it does not fit."""
    if np.shape(product) == shape:
        return product
    if np.broadcast_shapes(np.shape(product), shape) == shape:
        return np.broadcast_to(product, shape)
    if np.broadcast_shapes(np.shape(product), shape) != np.shape(product):
        raise ValueError("the shapes do not fit")
    return unbroadcast(product, shape)
