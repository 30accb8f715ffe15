"""The two sweeps over a graph that is run many times, at other values of the same shapes.

What does not change from run to run is found once: which nodes depend on what moves, which edges
carry a gradient, over which axes broadcasting is undone, and every value and gradient that stays
what it is. What is left are two flat lists of steps. The numbers are those of `passes`, to the last
bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType
from typing import Any, NamedTuple

import numpy as np

from backtrace.graph import Apply, Graph
from backtrace.ops import Elementwise, Structural
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Value
from backtrace.passes import (
    FLOAT64,
    SCALAR,
    active_nodes,
    axes_stretched,
    backward,
    forward,
    frozen,
    multiplied,
    settled,
    times,
    unbroadcast,
)

LARGE = 4096  # entries of an array from which on memory is worth sparing


class Forward(NamedTuple):
    """One value: `function` of the inputs, `exact` where its result needs no other form."""

    function: Callable[..., Value]
    into: int
    inputs: tuple[int, ...]
    exact: bool


class Edge(NamedTuple):
    """One product: upstream × `local` of the inputs, or the `rule` of upstream and the inputs.

    With neither the upstream gradient is handed on as it is.
    """

    via: int
    into: int
    local: Callable[..., Value] | None
    rule: Callable[..., Value] | None
    inputs: tuple[int, ...]
    axes: tuple[int, ...]  # to sum over, where all others are left
    shape: Shape | None  # to bring it to, where that is not so
    first: bool  # no other edge has come to the node before


class Prepared:
    """A graph whose loss and gradients are wanted at many points.

    `bindings` has a value for every variable; those of `moving` will have others of the same
    shapes, and the gradients of the output by `wrt` are asked for. Raises ShapeError as
    `passes.forward` does.
    """

    def __init__(
        self,
        graph: Graph,
        bindings: Mapping[str, Value],
        moving: Sequence[str],
        wrt: Sequence[str] = (),
    ) -> None:
        values = forward(graph, bindings)
        graph = settled(graph, values) if graph.structural else graph
        self.graph = graph
        self._leaves = [graph.variables[name] for name in moving]
        self._values = values
        moves = _moving(graph, self._leaves)
        computed = [i for i in graph.needed if moves[i] and isinstance(graph.nodes[i], Apply)]
        # plain tuples: one with names is unpacked in twice the time
        self._forward: list[tuple[Any, ...]] = [tuple(_step(graph, values, i)) for i in computed]
        self._wrt = [graph.variables[name] for name in wrt]
        self._adjoints: list[Any] = [None] * len(values)
        self._backward: list[tuple[Any, ...]] = []
        if wrt:
            self._prepare_backward(moves)

    def value(self, moved: Iterable[Value]) -> Value:
        """The output at other values of what moves, in the order of `moving`.

        Arrays among them must be read-only, as those of `passes` are.
        """
        values = self._values
        for leaf, value in zip(self._leaves, moved):  # noqa: B905  (strict takes a third longer)
            values[leaf] = value
        for function, into, inputs, exact in self._forward:
            if len(inputs) == 2:
                value = function(values[inputs[0]], values[inputs[1]])
            elif len(inputs) == 1:
                value = function(values[inputs[0]])
            else:
                value = function(*[values[i] for i in inputs])
            values[into] = value if exact or type(value) is SCALAR else frozen(value)
        return values[self.graph.output]

    def at(self, index: int) -> Value:
        """The value of a node that the output is computed from, at the last point."""
        return self._values[index]

    def gradients(self) -> list[Value]:
        """The gradients of the output at the last point, in the order of `wrt`."""
        values, adjoints = self._values, self._adjoints
        for via, into, local, rule, inputs, axes, shape, first in self._backward:
            product = adjoints[via]
            if local is not None:
                if len(inputs) == 3:
                    a, b, v = inputs
                    product = product * local(values[a], values[b], values[v])
                else:
                    product = product * local(*[values[i] for i in inputs])
            elif rule is not None:
                product = rule(product, *[values[i] for i in inputs])
            if axes:
                product = np.add.reduce(product, axes)
            elif shape is not None:
                product = frozen(unbroadcast(product, shape))
            adjoints[into] = product if first else adjoints[into] + product
        return [adjoints[i] for i in self._wrt]

    def _prepare_backward(self, moves: Sequence[bool]) -> None:
        """List the edges, and keep the gradients that will never change."""
        graph, values = self.graph, self._values
        active = active_nodes(graph, self._wrt)
        seed = frozen(np.ones(np.shape(values[graph.output])))
        at_start = backward(graph, values, active, seed)
        changing, reached = [False] * len(values), [False] * len(values)
        reached[graph.output] = True
        edges: list[Edge] = []
        for index in range(graph.output, -1, -1):
            node = graph.nodes[index]
            if not (reached[index] and isinstance(node, Apply)):
                continue
            for slot, source in enumerate(node.inputs):
                if active[source] and node.op.passes(slot):
                    edge = _edge(graph, values, moves, (index, slot), first=not reached[source])
                    edges.append(edge)
                    reached[source] = True
                    changing[source] |= changing[index] or _changes(graph, moves, index, slot)
        self._adjoints = [
            np.zeros_like(value)[()] if adjoint is None and index in self._wrt else adjoint
            for index, (value, adjoint) in enumerate(zip(values, at_start, strict=True))
        ]
        self._backward = [tuple(edge) for edge in edges if changing[edge.into]]


def _moving(graph: Graph, leaves: Iterable[int]) -> list[bool]:
    """Which nodes depend on these leaves."""
    moves = [False] * len(graph.nodes)
    for leaf in leaves:
        moves[leaf] = True
    for index, node in enumerate(graph.nodes):
        if isinstance(node, Apply):
            moves[index] = any(moves[i] for i in node.inputs)
    return moves


def _step(graph: Graph, values: Sequence[Value], index: int) -> Forward:
    """How a node is computed. A ufunc or an operator makes the same type of result every time."""
    node = graph.applied(index)
    function, params = node.op.forward, dict(node.params)
    exact = False
    if isinstance(function, np.ufunc | BuiltinFunctionType) and not params:
        with np.errstate(all="ignore"):
            made = function(*(values[i] for i in node.inputs))
        is_array = type(made) is np.ndarray and made.dtype is FLOAT64 and made.size < LARGE
        exact = type(made) is SCALAR or (is_array and made.ndim > 0)
    return Forward(partial(function, **params) if params else function, index, node.inputs, exact)


def _changes(graph: Graph, moves: Sequence[bool], index: int, slot: int) -> bool:
    """Whether an edge multiplies by something else, or has another rule, at other points."""
    node = graph.applied(index)
    if isinstance(node.op, Elementwise) and not callable(node.op.local[slot]):
        return bool(node.op.masks) and moves[index]
    if isinstance(node.op, Structural) and node.op.linear:
        return any(moves[i] for k, i in enumerate(node.inputs) if k != slot)
    return bool(moves[index])


def _edge(
    graph: Graph,
    values: Sequence[Value],
    moves: Sequence[bool],
    place: tuple[int, int],
    *,
    first: bool,
) -> Edge:
    """How the product of an edge, from a node to its input in a slot, is computed."""
    index, slot = place
    node = graph.applied(index)
    source = node.inputs[slot]
    shape, into = np.shape(values[index]), np.shape(values[source])
    arguments: tuple[int, ...] = (*node.inputs, index)
    axes: tuple[int, ...] = ()
    bring: Shape | None = None
    local = rule = None
    if isinstance(node.op, Elementwise):
        local, rule, takes = _elementwise(graph, values, moves, place)
        arguments = arguments if takes else ()
        if shape != into:
            axes = axes_stretched(shape, into)
            if len(axes) != len(shape) - len(into):
                axes, bring = (), into
    else:
        assert isinstance(node.op, Structural)
        vjp = node.op.vjp[slot]
        assert vjp is not None
        rule, bring = partial(vjp, **dict(node.params)) if node.params else vjp, into
    return Edge(index, source, local, rule, arguments, axes, bring, first)


def _elementwise(
    graph: Graph, values: Sequence[Value], moves: Sequence[bool], place: tuple[int, int]
) -> tuple[Callable[..., Value] | None, Callable[..., Value] | None, bool]:
    """The local derivative or the rule of an edge, and whether it takes the inputs."""
    index, slot = place
    node = graph.applied(index)
    op, params = node.op, dict(node.params)
    assert isinstance(op, Elementwise)
    local = op.local[slot]
    assert local is not None
    mask = op.mask(slot) if op.masks else None
    if mask is not None:
        takes = [*node.inputs, index]
        fixed = all(np.ndim(values[i]) for i in takes if moves[i])
        with np.errstate(all="ignore"):
            blocked = mask(*(values[i] for i in takes), **params)
        # One number that comes of arrays is not about their entries: x**2 asks the exponent.
        if not fixed or np.ndim(blocked) or blocked:
            return None, lambda g, *arguments: multiplied(op, slot, arguments, params, g)[1], True
    if not callable(local):
        return None, None if local == 1.0 else partial(operator.mul, local), False
    local = partial(local, **params) if params else local
    if np.size(values[index]) >= LARGE:
        return None, lambda g, *arguments: times(g, local(*arguments)), True
    return local, None, True
