"""What a user should know of a trace: kinks, what is undefined and why, what has no use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from backtrace.errors import LONGEST_NAME
from backtrace.graph import Apply, Constant, Graph
from backtrace.ops.rows import Value
from backtrace.passes import edge
from backtrace.records import Notice
from backtrace.symbolic import MOST_OPERATIONS, operations

MOST = 20  # notices of one kind; a program of thousands of kinks is not listed whole


class Findings(NamedTuple):
    """What the notices are read from."""

    graph: Graph
    values: Sequence[Value]
    adjoints: Sequence[Value | None]
    wanted: Mapping[str, int | None]


def notices(
    graph: Graph,
    values: Sequence[Value],
    adjoints: Sequence[Value | None],
    wanted: Mapping[str, int | None],
) -> tuple[Notice, ...]:
    """Everything to be told of one forward and one backward pass, what matters most first.

    `wanted` has the names to differentiate by with their nodes; an adjoint is None where no
    gradient is needed or none arrives.
    """
    found = Findings(graph, values, adjoints, wanted)
    with np.errstate(all="ignore"):
        return (
            *_undefined(found),
            *_kinks(found),
            *_without_use(found),
            *_without_formula(found),
            *(Notice(None, "read-as", text) for text in graph.readings),
        )


def _undefined(found: Findings) -> Iterator[Notice]:
    """The first node responsible for an output or gradient that is not finite; else strays."""
    graph, values = found.graph, found.values
    finite = _finite(values)
    if not finite[graph.output]:
        yield _responsible_value(found, finite)
        return
    for name, index in found.wanted.items():
        adjoint = None if index is None else found.adjoints[index]
        if index is not None and adjoint is not None and not np.all(np.isfinite(adjoint)):
            yield _responsible_gradient(found, name, index)
            return
    for index in np.flatnonzero(~np.asarray(finite))[:MOST]:
        if isinstance(graph.nodes[index], Apply):
            text = f"{graph.expression(index)} is {values[index]}, which reaches no result"
            yield Notice(int(index), "unreached", text)


def _finite(values: Sequence[Value]) -> list[bool]:
    try:
        return list(map(isfinite, values))  # scalars, at C speed
    except TypeError:
        return [bool(np.all(np.isfinite(value))) for value in values]


def _responsible_value(found: Findings, finite: Sequence[bool]) -> Notice:
    """Go back from the output to the first node whose inputs are all finite."""
    graph = found.graph
    index = graph.output
    while isinstance(node := graph.nodes[index], Apply):
        source = next((i for i in node.inputs if not finite[i]), None)
        if source is None:
            return _why(found, index, node)
        index = source
    what = "written" if isinstance(node, Constant) else "given"
    return Notice(index, "undefined", f"{graph.labels[index]} is {what} as {found.values[index]}")


def _why(found: Findings, index: int, node: Apply) -> Notice:
    """Why an operation on finite numbers has no finite value."""
    graph, value = found.graph, found.values[index]
    inputs = [found.values[i] for i in node.inputs]
    domain = node.op.domain
    shown = _written(graph, index)
    if domain.defined is not None and not np.all(domain.defined(*inputs, **dict(node.params))):
        given = " and ".join(
            f"{_operand(graph, node.inputs[slot])} is {_number(inputs[slot])}"
            for slot in _culprits(graph, node, inputs)
        )
        name = node.op.written if not node.op.notation else shown
        return Notice(index, "undefined", f"{name} needs {domain.needs}, but {given}")
    if np.any(np.isnan(value)):
        return Notice(index, "undefined", f"{shown} is not a number here")
    return Notice(index, "overflow", f"{shown} is too large for float64 (at most about 1.8e308)")


def _culprits(graph: Graph, node: Apply, inputs: Sequence[Value]) -> list[int]:
    """The inputs to speak of: those that, at a sample's value, would make the point defined."""
    defined, params = node.op.domain.defined, dict(node.params)
    assert defined is not None
    sample = node.op.domain.samples[0]
    guilty = [
        slot
        for slot, _ in zip(range(len(inputs)), sample, strict=False)
        if np.all(defined(*inputs[:slot], sample[slot], *inputs[slot + 1 :], **params))
    ]
    every = guilty or list(range(len(inputs)))
    variable = [k for k in every if not isinstance(graph.nodes[node.inputs[k]], Constant)]
    return variable or every


def _responsible_gradient(found: Findings, name: str, index: int) -> Notice:
    """Go from a gradient that is not finite towards the output, to the first edge at fault."""
    graph, adjoints = found.graph, found.adjoints
    while True:
        for via, slot in graph.uses[index]:
            node, upstream = graph.nodes[via], adjoints[via]
            if upstream is None or not isinstance(node, Apply) or node.op.local[slot] is None:
                continue
            local, product, _ = edge(graph, found.values, upstream, via, slot)
            if not np.all(np.isfinite(product)):
                break
        else:
            text = f"the contributions to {graph.labels[index]} add up to {adjoints[index]}"
            return Notice(index, "overflow", text)
        if np.all(np.isfinite(upstream)):
            return _why_gradient(found, via, slot, local, name)
        index = via


def _why_gradient(found: Findings, via: int, slot: int, local: Value, name: str) -> Notice:
    graph = found.graph
    node = graph.nodes[via]
    assert isinstance(node, Apply)
    at = ", ".join(
        f"{_operand(graph, i)} = {_number(found.values[i])}"
        for i in dict.fromkeys(node.inputs)
        if not isinstance(graph.nodes[i], Constant)
    )
    shown, source = _written(graph, via), _operand(graph, node.inputs[slot])
    if np.all(np.isfinite(local)):
        return Notice(via, "overflow", f"the product upstream × local at {shown} is too large")
    if not np.all(np.isfinite(found.values[via])):
        return _why(found, via, node)
    text = f"the derivative of {shown} by {source} is {_number(local)} at {at}"
    return Notice(via, "undefined", f"{text}, so the gradient by {name} is undefined")


def _kinks(found: Findings) -> Iterator[Notice]:
    """Operations with a value and no derivative here, that a gradient passes."""
    graph, values = found.graph, found.values
    ops = {node.op for node in graph.nodes if type(node) is Apply}
    kinked = {op for op in ops if op.domain.kink is not None}
    if not kinked:
        return
    count = 0
    for index, node in enumerate(graph.nodes):
        if type(node) is not Apply or node.op not in kinked or not _matters(found, index, node):
            continue
        inputs = [values[i] for i in node.inputs]
        if node.op.at_kink(inputs, dict(node.params)):
            text = f"{_written(graph, index)} is at a kink; {node.op.convention}"
            yield Notice(index, "kink", text)
            count += 1
            if count == MOST:
                return


def _matters(found: Findings, index: int, node: Apply) -> bool:
    """Whether a gradient passes the node, or would if its value did not jump: a comparison's."""
    if all(node.op.local[slot] is None for slot in range(len(node.inputs))):
        return any(found.adjoints[i] is not None for i in node.inputs)
    return found.adjoints[index] is not None


def _without_use(found: Findings) -> Iterator[Notice]:
    """Names that are not in the program, gradients that nothing reaches, idle statements."""
    graph = found.graph
    for name, index in found.wanted.items():
        if index is None:
            text = f"{name} is not in the program, so its gradient is 0"
            yield Notice(None, "unused-variable", text)
        elif found.adjoints[index] is None:
            text = f"no gradient reaches {name}: the output does not change smoothly with it"
            yield Notice(index, "no-path", text)
    silent = [(name, i) for name, i in graph.assigned if found.adjoints[i] is None]
    if silent:  # the others the output uses, or it would have no gradient by them
        used = {i for node in graph.nodes if type(node) is Apply for i in node.inputs}
        idle = [(name, i) for name, i in silent if i not in used and i != graph.output]
        for name, index in idle[:MOST]:
            yield Notice(index, "unused-node", f"{name} is not used by the output")


def _without_formula(found: Findings) -> Iterator[Notice]:
    if found.wanted and operations(found.graph) > MOST_OPERATIONS:
        text = f"no whole gradient as a formula: there are more than {MOST_OPERATIONS} operations"
        yield Notice(None, "no-formula", text)


def _operand(graph: Graph, index: int) -> str:
    """A node by the name the user gave it, otherwise as it was written."""
    return graph.labels[index] if graph.is_named(index) else _written(graph, index)


def _written(graph: Graph, index: int) -> str:
    """A node as the user wrote it, where that is short; otherwise its name."""
    start, end = graph.spans[index]
    text = graph.source[start:end]
    return text if len(text) <= LONGEST_NAME and text.isprintable() else graph.labels[index]


def _number(value: Value) -> str:
    return f"{value:.6g}" if np.ndim(value) == 0 else f"an array of shape {np.shape(value)}"
