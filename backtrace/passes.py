"""The two sweeps over a graph: values forward, gradients backward.

Values and adjoints are all that is stored; what happens on one edge is worked out again when it
is asked for (`edge`), so a long program costs two short loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops.rows import Value, select

SCALAR = np.float64


class Edge(NamedTuple):
    """The chain rule on one edge: `product` is upstream × local, in the shape of the input."""

    local: Value
    product: Value
    blocked: bool  # the operation selects, and this input was not selected


def forward(graph: Graph, bindings: Mapping[str, Value]) -> list[Value]:
    """The value of every node: numpy's own float64 for a scalar, a read-only array otherwise.

    `bindings` has a float64 or a float64 array for every variable of the graph.
    """
    values: list[Value] = []
    append = values.append
    with np.errstate(all="ignore"):  # inf and nan are answers here, and are reported afterwards
        for node in graph.nodes:
            if type(node) is Apply:
                if node.params:
                    inputs = [values[i] for i in node.inputs]
                    value = node.op.forward(*inputs, **dict(node.params))
                elif len(node.inputs) == 2:
                    left, right = node.inputs
                    value = node.op.forward(values[left], values[right])
                else:
                    value = node.op.forward(*[values[i] for i in node.inputs])
            elif type(node) is Leaf:
                value = bindings[node.name]
            else:
                value = node.value
            append(value if type(value) is SCALAR else frozen(value))
    return values


def active_nodes(graph: Graph, wrt: Iterable[int]) -> list[bool]:
    """Which nodes need a gradient: those of `wrt`, and what a gradient to them passes through."""
    active = [False] * len(graph.nodes)
    for index in wrt:
        active[index] = True
    for index, node in enumerate(graph.nodes):
        if type(node) is Apply and not active[index]:
            local = node.op.local
            for slot, source in enumerate(node.inputs):
                if active[source] and local[slot] is not None:
                    active[index] = True
                    break
    return active


def backward(
    graph: Graph, values: Sequence[Value], active: Sequence[bool], seed: Value
) -> list[Value | None]:
    """The adjoint of every active node, ∂output/∂node; None where no gradient is needed or comes.

    An adjoint has the shape of its node's value and is the sum of the products of its edges, in
    the order of `Graph.uses`. `seed` is the adjoint of the output, 1 for a scalar.
    """
    adjoints: list[Value | None] = [None] * len(graph.nodes)
    adjoints[graph.output] = seed
    nodes = graph.nodes
    with np.errstate(all="ignore"):
        for index in range(graph.output, -1, -1):
            upstream = adjoints[index]
            node = nodes[index]
            if upstream is None or type(node) is not Apply:
                continue
            op = node.op
            if type(upstream) is SCALAR and not op.masks and not node.params:
                # what _edge does, for the operation on numbers that most nodes are: half the time
                rules, arguments, slot = op.local, None, 0
                for source in node.inputs:
                    local = rules[slot]
                    slot += 1
                    if not active[source] or local is None:
                        continue
                    if callable(local):
                        if arguments is None:
                            arguments = [values[i] for i in node.inputs]
                            arguments.append(values[index])
                        product = upstream * local(*arguments)
                    else:
                        product = upstream if local == 1.0 else upstream * local
                    known = adjoints[source]
                    adjoints[source] = product if known is None else known + product
                continue
            arguments = [*(values[i] for i in node.inputs), values[index]]
            for slot, source in enumerate(node.inputs):
                if active[source] and op.local[slot] is not None:
                    product = _edge(node, slot, arguments, upstream)[1]
                    known = adjoints[source]
                    adjoints[source] = frozen(product if known is None else known + product)
    return adjoints


def edge(graph: Graph, values: Sequence[Value], upstream: Value, index: int, slot: int) -> Edge:
    """What the backward sweep did on the edge from node `index` to its input `slot`.

    Raises ValueError for an edge that no gradient can pass.
    """
    node = graph.nodes[index]
    if not isinstance(node, Apply) or node.op.local[slot] is None:
        raise ValueError(f"no gradient passes from node {index} to its input {slot}")
    arguments = [*(values[i] for i in node.inputs), values[index]]
    with np.errstate(all="ignore"):
        local, product = _edge(node, slot, arguments, upstream)
        mask = node.op.mask(slot)
        blocked = mask is not None and bool(np.all(mask(*arguments, **dict(node.params))))
    return Edge(frozen(local), frozen(product), blocked)


def _edge(node: Apply, slot: int, arguments: list[Value], upstream: Value) -> tuple[Value, Value]:
    """The local derivative and the product of one edge; broadcasting is undone here only."""
    op = node.op
    local = op.local[slot]
    if not callable(local):
        product = upstream if local == 1.0 else upstream * local
    else:
        local = local(*arguments, **dict(node.params)) if node.params else local(*arguments)
        product = upstream * local
    if op.masks:
        mask = op.mask(slot)
        if mask is not None:
            product = select(mask(*arguments, **dict(node.params)), product)
    source = arguments[slot]
    if type(product) is SCALAR and type(source) is SCALAR:
        return local, product
    return local, unbroadcast(product, np.shape(source))


def unbroadcast(gradient: Value, shape: tuple[int, ...]) -> Value:
    """`gradient` brought to `shape`: summed over every axis that broadcasting had stretched."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    if added > 0:
        gradient = gradient.sum(axis=tuple(range(added)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    return gradient.sum(axis=stretched, keepdims=True) if stretched else gradient


def frozen(value: Value) -> Value:
    """`value` as a node keeps it: numpy's own scalar for 0-d, otherwise read-only in place."""
    if type(value) is SCALAR:
        return value
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        return array[()]
    array.flags.writeable = False
    return array
