"""The two sweeps over a graph: values forward, gradients backward.

Values and adjoints are all that is stored; what happens on one edge is worked out again when it
is asked for (`edge`), so a long program costs two short loops.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from backtrace.errors import ShapeError
from backtrace.graph import Apply, Graph, Leaf, Node
from backtrace.ops import Elementwise, Op, Structural
from backtrace.ops.axes import Misfit, Shape, broadcast, require_room
from backtrace.ops.rows import Value, select

SCALAR = np.float64
FLOAT64 = np.dtype(np.float64)


class Edge(NamedTuple):
    """The chain rule on one edge: `product` is what the input gets, in the shape of the input.

    `local` is the local derivative, and the product upstream × local; None where the operation
    has a rule instead. `summed` has the axes of the upstream gradient that were summed over,
    because broadcasting had stretched the input along them.
    """

    local: Value | None
    product: Value
    blocked: bool  # the operation selects, and this input was not selected
    summed: tuple[int, ...] = ()


# -- forward


def forward(graph: Graph, bindings: Mapping[str, Value]) -> list[Value]:
    """The value of every node: numpy's own float64 for a scalar, a read-only array otherwise.

    `bindings` has a float64 or a float64 array for every variable of the graph. Raises ShapeError
    where shapes do not combine, or a node would be too large.
    """
    values: list[Value] = []
    append = values.append
    with np.errstate(all="ignore"):  # inf and nan are answers here, and are reported afterwards
        for node in graph.nodes:
            if type(node) is Apply:
                op = node.op
                if type(op) is not Elementwise:
                    value = _structural(graph, len(values), node, [values[i] for i in node.inputs])
                elif len(node.inputs) == 2 and not node.params:
                    left, right = node.inputs
                    left, right = values[left], values[right]
                    if (
                        type(left) is not SCALAR
                        and type(right) is not SCALAR
                        and left.shape != right.shape
                    ):
                        _require_fit(graph, len(values), [left, right])
                    value = op.forward(left, right)
                else:
                    inputs = [values[i] for i in node.inputs]
                    if len(inputs) > 1 and not are_numbers(inputs):
                        _require_fit(graph, len(values), inputs)
                    value = op.forward(*inputs, **dict(node.params))
                append(value if type(value) is SCALAR else frozen(value))
            elif type(node) is Leaf:
                append(frozen(bindings[node.name]))  # what may be written, times writes
            else:
                append(node.value)
    return values


def _structural(graph: Graph, index: int, node: Apply, inputs: list[Value]) -> Value:
    """The value of an operation on whole arrays, once its shape is known to be possible."""
    shapes, params = [x.shape for x in inputs], dict(node.params)
    op = meant(node, shapes)
    try:
        require_room(op.shape(*shapes, **params))
        return op.forward(*inputs, **params)
    except Misfit as misfit:
        raise _misfit(graph, index, str(misfit), shapes) from None


def meant(node: Apply, shapes: Sequence[Shape]) -> Structural:
    """The row of a structural node, which for some is chosen by the shapes of its inputs."""
    op = node.op
    assert isinstance(op, Structural)
    return op.instead(*shapes) or op if op.instead else op


def settled(graph: Graph, values: Sequence[Value]) -> Graph:
    """The graph with the rows that are meant for the shapes of its values."""
    changed: dict[int, Node] = {}
    for index in graph.unsettled:
        node = graph.applied(index)
        op = meant(node, [np.shape(values[i]) for i in node.inputs])
        if op is not node.op:
            changed[index] = Apply(op, node.inputs, node.params)
    if not changed:
        return graph
    nodes = tuple(changed.get(i, node) for i, node in enumerate(graph.nodes))
    return dataclasses.replace(graph, nodes=nodes)


def _require_fit(graph: Graph, index: int, inputs: Sequence[Value]) -> None:
    """Refuse what elementwise operations cannot combine, before anything is allocated."""
    shapes = [x.shape for x in inputs]
    try:
        require_room(broadcast(*shapes))
    except Misfit as misfit:
        raise _misfit(graph, index, str(misfit), shapes) from None


def _misfit(graph: Graph, index: int, why: str, shapes: Sequence[Shape]) -> ShapeError:
    """The error for an operation that cannot take its inputs, with their names and shapes."""
    node = graph.applied(index)
    named = {
        graph.called(source): f"has shape {shape}" if shape else "is one number"
        for source, shape in zip(node.inputs, shapes, strict=True)
    }
    inputs = ", ".join(f"{name} {what}" for name, what in list(named.items())[:4])
    message = f"{graph.written(index)}: {why} ({inputs})"
    return ShapeError(message, graph.source, graph.spans[index])


# -- backward


def active_nodes(graph: Graph, wrt: Iterable[int]) -> list[bool]:
    """Which nodes need a gradient: those of `wrt`, and what a gradient to them passes through."""
    active = [False] * len(graph.nodes)
    for index in wrt:
        active[index] = True
    for index, node in enumerate(graph.nodes):
        if type(node) is Apply and not active[index]:
            slot = 0
            for source in node.inputs:
                if active[source] and node.op.passes(slot):
                    active[index] = True
                    break
                slot += 1  # noqa: SIM113  (enumerate takes half as long again)
    return active


def backward(  # noqa: C901  (one loop without calls takes half the time)
    graph: Graph, values: Sequence[Value], active: Sequence[bool], seed: Value
) -> list[Value | None]:
    """The adjoint of every active node, ∂output/∂node; None where no gradient is needed or comes.

    An adjoint has the shape of its node's value and is the sum of the products of its edges, in
    the order of `Graph.uses`. `seed` is the adjoint of the output, 1 for a scalar.
    """
    adjoints: list[Value | None] = [None] * len(graph.nodes)
    adjoints[graph.output] = seed
    nodes, value_of = graph.nodes, values.__getitem__
    with np.errstate(all="ignore"):
        for index in range(graph.output, -1, -1):
            upstream = adjoints[index]
            node = nodes[index]
            if upstream is None or type(node) is not Apply:
                continue
            op = node.op
            if type(op) is Elementwise and not op.masks and not node.params:
                # what _edge does, for the operation that most nodes are: half the time
                rules, arguments, slot = op.local, None, 0
                of_numbers = type(upstream) is SCALAR  # and then so are its inputs
                for source in node.inputs:
                    local = rules[slot]
                    slot += 1
                    if not active[source] or local is None:
                        continue
                    if callable(local):
                        if arguments is None:
                            arguments = (*map(value_of, node.inputs), values[index])
                        local = local(*arguments)
                        product = upstream * local if of_numbers else times(upstream, local)
                    else:
                        product = upstream if local == 1.0 else upstream * local
                    known = adjoints[source]
                    if of_numbers:
                        adjoints[source] = product if known is None else known + product
                        continue
                    shape = values[source].shape
                    if product.shape != shape:
                        product = unbroadcast(product, shape)
                    total = product if known is None else known + product
                    adjoints[source] = total if total is upstream else frozen(total)
                continue
            arguments = (*map(value_of, node.inputs), values[index])
            params = dict(node.params)
            for slot, source in enumerate(node.inputs):
                if active[source] and op.passes(slot):
                    product = _edge(op, slot, arguments, params, upstream)[1]
                    known = adjoints[source]
                    adjoints[source] = frozen(product if known is None else known + product)
    return adjoints


def times(upstream: Value, local: Value) -> Value:
    """upstream × local, in the place of a local derivative that nobody else has."""
    if type(local) is not SCALAR and local.flags.writeable and local.shape == upstream.shape:
        return np.multiply(upstream, local, out=local)  # what is stored cannot be written
    return upstream * local


def edge(graph: Graph, values: Sequence[Value], upstream: Value, index: int, slot: int) -> Edge:
    """What the backward sweep did on the edge from node `index` to its input `slot`.

    Raises ValueError for an edge that no gradient can pass.
    """
    node = graph.nodes[index]
    if not isinstance(node, Apply) or not node.op.passes(slot):
        raise ValueError(f"no gradient passes from node {index} to its input {slot}")
    arguments, params = [*(values[i] for i in node.inputs), values[index]], dict(node.params)
    with np.errstate(all="ignore"):
        local, product = _edge(node.op, slot, arguments, params, upstream)
        if not isinstance(node.op, Elementwise):
            return Edge(None, frozen(product), blocked=False)
        mask = node.op.mask(slot)
        blocked = mask is not None and bool(np.all(mask(*arguments, **params)))
    summed = axes_stretched(np.shape(values[index]), np.shape(arguments[slot]))
    return Edge(frozen(local), frozen(product), blocked, summed)


def _edge(
    op: Op, slot: int, arguments: Sequence[Value], params: Mapping[str, Any], upstream: Value
) -> tuple[Value | None, Value]:
    """The local derivative and the product of one edge, in the shape of the input."""
    local = None
    if isinstance(op, Elementwise):
        local, product = multiplied(op, slot, arguments, params, upstream)
    else:
        assert isinstance(op, Structural)
        rule = op.vjp[slot]
        assert rule is not None
        product = rule(upstream, *arguments, **params)
    return local, unbroadcast(product, arguments[slot].shape)


def multiplied(
    op: Elementwise,
    slot: int,
    arguments: Sequence[Value],
    params: Mapping[str, Any],
    upstream: Value,
) -> tuple[Value, Value]:
    """The local derivative and upstream × local, with 0 where the operation blocks it."""
    local = op.local[slot]
    if not callable(local):
        product = upstream if local == 1.0 else upstream * local
    else:
        local = local(*arguments, **params)
        product = upstream * local
    mask = op.mask(slot) if op.masks else None
    if mask is not None:
        product = select(mask(*arguments, **params), product)
    return local, product


def unbroadcast(gradient: Value, shape: Shape) -> Value:
    """`gradient` brought to `shape`: summed over every axis that broadcasting had stretched."""
    if gradient.shape == shape:
        return gradient
    axes = axes_stretched(gradient.shape, shape)
    if len(axes) == gradient.ndim - len(shape):
        return np.add.reduce(gradient, axis=axes)
    return gradient.sum(axis=axes, keepdims=True).reshape(shape) if axes else gradient


def axes_stretched(shape: Shape, source: Shape) -> tuple[int, ...]:
    """The axes of `shape` along which broadcasting has stretched an input of shape `source`."""
    added = len(shape) - len(source)
    axes = list(range(added))
    for axis, size in enumerate(source, added):
        if size == 1 and shape[axis] != 1:
            axes.append(axis)
    return tuple(axes)


def are_numbers(values: Iterable[Value]) -> bool:
    """Whether no value is an array."""
    return set(map(type, values)) <= {SCALAR}


def frozen(value: Value) -> Value:
    """`value` as a node keeps it: numpy's own scalar for 0-d, otherwise read-only in place."""
    kind = type(value)
    if kind is SCALAR:
        return value
    if not (kind is np.ndarray and value.dtype is FLOAT64):
        value = np.asarray(value, dtype=np.float64)
    if not value.ndim:
        return value[()]
    value.setflags(False)  # write; by keyword it takes twice as long
    return value
