"""Composite operations written out: softmax as exp(x)/sum(exp(x)), node by node."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

import numpy as np

from backtrace.errors import Span, UsageError, did_you_mean
from backtrace.graph import Apply, Graph, Leaf, Node
from backtrace.names import normal
from backtrace.ops import Composite
from backtrace.ops.rows import Value
from backtrace.passes import forward, settled
from backtrace.reading import read


def expanded(
    graph: Graph, bindings: Mapping[str, Value], values: list[Value], name: str | None = None
) -> tuple[Graph, list[Value]]:
    """The graph with definitions in the place of composite operations, and its values.

    `values` are those of the graph that is given. With a name only the operations or nodes that
    are called so are written out, and not what stands in their definitions. Raises UsageError if
    there are none of that name.
    """
    chosen = _composite(graph) if name is None else _called(graph, normal(name))
    while chosen:
        graph = _written_out(graph, values, chosen, taken=bindings)
        values = forward(graph, bindings)
        graph = settled(graph, values)
        chosen = _composite(graph) if name is None else set()
    return graph, values


def _composite(graph: Graph) -> set[int]:
    return {i for i in graph.structural if isinstance(graph.applied(i).op, Composite)}


def _called(graph: Graph, name: str) -> set[int]:
    """The composite nodes of that name, or whose operation has it. Raises UsageError for none."""
    found = set()
    known: dict[str, None] = {}
    for index in sorted(_composite(graph)):
        op, label = graph.applied(index).op, graph.labels[index]
        known |= dict.fromkeys([op.written, label])
        if name in (op.name, op.written, *op.also, label):
            found.add(index)
    if not found:
        there = f"; there is {', '.join(known)}" if known else "; there is nothing to expand"
        raise UsageError(f"nothing to expand is called {name}{did_you_mean(name, known) or there}")
    return found


def _written_out(
    graph: Graph, values: Sequence[Value], chosen: set[int], taken: Container[str]
) -> Graph:
    """The graph with the definitions of the nodes that were chosen.

    Names inside a definition stay where they mean nothing else: not those `taken` by values that
    the program does not use.
    """
    nodes: list[Node] = []
    spans: list[Span] = []
    place: list[int] = []  # of every node of the graph, among the new ones
    inner_names: list[tuple[str, int]] = []
    for index, node in enumerate(graph.nodes):
        span = graph.spans[index]
        if index in chosen:
            apply = graph.applied(index)
            shapes = tuple(np.shape(values[i]) for i in apply.inputs)
            inner, names = _definition(apply, shapes), apply.op.inputs
            inputs = {name: place[i] for name, i in zip(names, apply.inputs, strict=True)}
            inner_place = _insert(inner, inputs, nodes)
            place.append(inner_place[inner.output])
            inner_names += [
                (name, inner_place[i])
                for name, i in inner.assigned
                if name not in graph.names and name not in taken
            ]
            # a node of the definition is not in the user's text: its place there is empty
            spans += [Span(span.start, span.start)] * (len(nodes) - len(spans))
            spans[place[-1]] = span
            continue
        nodes.append(_moved(node, place))
        spans.append(span)
        place.append(len(nodes) - 1)
    assigned = (*inner_names, *((name, place[index]) for name, index in graph.assigned))
    return dataclasses.replace(
        graph,
        nodes=tuple(nodes),
        spans=tuple(spans),
        assigned=assigned,
        output=place[graph.output],
    )


@lru_cache(maxsize=64)
def _definition(node: Apply, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    op = node.op
    assert isinstance(op, Composite)
    return read(op.definition(*shapes, **dict(node.params)), op.inputs)


def _insert(inner: Graph, inputs: Mapping[str, int], nodes: list[Node]) -> list[int]:
    """Append the nodes of a definition; where each of them went."""
    place: list[int] = []
    for node in inner.nodes:
        if isinstance(node, Leaf):
            place.append(inputs[node.name])
            continue
        nodes.append(_moved(node, place))
        place.append(len(nodes) - 1)
    return place


def _moved(node: Node, place: Sequence[int]) -> Node:
    """A node whose inputs stand at other places now."""
    if not isinstance(node, Apply):
        return node
    return Apply(node.op, tuple(place[i] for i in node.inputs), node.params)
