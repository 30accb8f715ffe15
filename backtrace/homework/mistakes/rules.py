"""What is done wrong on one edge: the rules that stand in the place of upstream × local."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from backtrace.graph import Graph
from backtrace.homework.mistakes.paths import Arrival, Edge, Rule
from backtrace.ops import Elementwise
from backtrace.ops.rows import Slip, Value
from backtrace.passes import forward
from backtrace.reading import read


def left_out(at: Arrival) -> Value:
    """The local derivative is forgotten."""
    return at.upstream


def with_other_sign(at: Arrival) -> Value:
    """The sign is lost."""
    return -at.product


def twice(at: Arrival) -> Value:
    """The local derivative is multiplied in twice."""
    return at.product * at.factor


def added(at: Arrival) -> Value:
    """Added, not multiplied."""
    return at.upstream + at.factor


def value_of(e: Edge) -> Rule:
    """The value of the operation in the place of its derivative."""
    return lambda at: at.upstream * at.values[e.via]


def local_at(graph: Graph, e: Edge, index: int) -> Rule | None:
    """The derivative of a function of one input, taken at another node; None of constant ones."""
    node = graph.applied(e.via)
    local = node.op.local[0] if isinstance(node.op, Elementwise) else None
    if not callable(local):
        return None
    params = dict(node.params)

    def rule(at: Arrival) -> Value:
        x = at.values[index]
        return at.upstream * local(x, node.op.forward(x, **params), **params)

    return rule


def of_slip(graph: Graph, e: Edge, slip: Slip) -> Rule:
    """A well-known wrong form: a factor, or of an operation on whole arrays a whole rule."""
    node = graph.applied(e.via)
    params = dict(node.params)
    names = node.op.names(len(node.inputs))

    def rule(at: Arrival) -> Value:
        inputs = [at.values[i] for i in node.inputs]
        scope = {**dict(zip(names, inputs, strict=True)), **params, "v": at.values[e.via]}
        text = slip.program([np.shape(value) for value in inputs], params)
        if isinstance(node.op, Elementwise):
            return at.upstream * _evaluated(text, scope)
        return _evaluated(text, {**scope, "g": at.upstream})

    return rule


def _evaluated(text: str, scope: Mapping[str, Value]) -> Value:
    graph = _read(text, frozenset(scope))
    given = {name: np.asarray(scope[name])[()] for name in graph.variables}
    return forward(graph, given)[graph.output]


@lru_cache(maxsize=1024)
def _read(text: str, names: frozenset[str]) -> Graph:
    return read(text, names)
