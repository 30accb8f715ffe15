"""Which node is responsible for a result that is not a finite number, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import isfinite
from typing import NamedTuple

import numpy as np

from backtrace.graph import Apply, Constant, Graph
from backtrace.ops import Elementwise
from backtrace.ops.rows import Value
from backtrace.passes import are_numbers, edge
from backtrace.records import Notice

MOST = 20  # notices of one kind; a program of thousands of kinks is not listed whole


class Findings(NamedTuple):
    """What notices are read from.

    `wanted` has the names asked for with their nodes; an adjoint is None where no gradient is
    needed or none arrives.
    """

    graph: Graph
    values: Sequence[Value]
    adjoints: Sequence[Value | None]
    wanted: Mapping[str, int | None]


def undefined(found: Findings) -> Iterator[Notice]:
    """The first node responsible for an output or gradient that is not finite; else strays.

    The output is looked at first, then the gradients: most programs end there.
    """
    graph, values = found.graph, found.values
    if not is_finite(values[graph.output]):
        yield _responsible_value(found)
        return
    for name, index in found.wanted.items():
        adjoint = None if index is None else found.adjoints[index]
        if index is not None and adjoint is not None and not is_finite(adjoint):
            yield _responsible_gradient(found, name, index)
            return
    yield from _strays(found)


def is_finite(value: Value) -> bool:
    """Whether a number, or every entry of an array, is finite."""
    return isfinite(value) if isinstance(value, float) else bool(np.isfinite(value).all())


def _strays(found: Findings) -> Iterator[Notice]:
    """Nodes that are not finite, and that no result depends on."""
    graph, values = found.graph, found.values
    for index in islice(_not_finite(found), MOST):
        shown = values[index] if np.ndim(values[index]) == 0 else _first_bad(values[index])
        text = f"{graph.expression(index)} is {shown}, which reaches no result"
        yield Notice(index, "unreached", text)


def _not_finite(found: Findings) -> Iterator[int]:
    """The operations whose value is not finite although the output is.

    What a sum or a matrix product is made of is finite if the result is, so that a large array is
    looked at only where inf could get lost: before a maximum, say.
    """
    graph, values = found.graph, found.values
    if are_numbers(values):  # a long program: at C speed
        finite = np.fromiter(map(isfinite, values), np.bool_, len(values))
        strays = map(int, np.flatnonzero(~finite))
        yield from (i for i in strays if isinstance(graph.nodes[i], Apply))
        return
    known = bytearray(len(graph.nodes))  # 1: finite
    wrong = []
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        if isinstance(node, Apply):
            known[index] = known[index] or is_finite(values[index])
            if not known[index]:
                wrong.append(index)
            elif node.op.carries:
                for source in node.inputs:
                    known[source] = 1
    yield from reversed(wrong)


def _first_bad(value: Value) -> str:
    at = _first(~np.isfinite(value))
    return f"{value[at]:g} at {place(at)}"


def _first(where: Value) -> tuple[int, ...]:
    """The first entry of an array of booleans that is true."""
    return tuple(map(int, np.unravel_index(int(np.argmax(where)), np.shape(where))))


def place(at: tuple[int, ...]) -> str:
    """The place of an entry as it is indexed: `[0, 2]`."""
    return f"[{', '.join(map(str, at))}]"


def _responsible_value(found: Findings) -> Notice:
    """Go back from the output to the first node whose inputs are all finite."""
    graph = found.graph
    index = graph.output
    while isinstance(node := graph.nodes[index], Apply):
        source = next((i for i in node.inputs if not is_finite(found.values[i])), None)
        if source is None:
            return _why(found, index, node)
        index = source
    what, value = "written" if isinstance(node, Constant) else "given", found.values[index]
    shown = f"{graph.labels[index]} is {what} as {value}"
    if np.ndim(value):
        at = _first(~np.isfinite(value))
        shown = f"{graph.labels[index]}{place(at)} is {what} as {value[at]:g}"
    return Notice(index, "undefined", shown)


def _why(found: Findings, index: int, node: Apply) -> Notice:
    """Why an operation on finite numbers has no finite value."""
    graph, value = found.graph, found.values[index]
    inputs = [found.values[i] for i in node.inputs]
    domain, params = node.op.domain, dict(node.params)
    shown = graph.written(index)
    fine = True if domain.defined is None else domain.defined(*inputs, **params)
    if not np.all(fine):
        given = " and ".join(
            _given(found, node.inputs[slot], ~np.asarray(fine))
            for slot in _culprits(graph, node, inputs, fine)
        )
        name = shown if node.op.notation else node.op.written
        return Notice(index, "undefined", f"{name} needs {domain.needs}, but {given}")
    if np.any(np.isnan(value)):
        return Notice(index, "undefined", f"{shown} is not a number{_at(np.isnan(value), ' here')}")
    text = f"{shown} is too large for float64{_at(~np.isfinite(value))} (at most about 1.8e308)"
    return Notice(index, "overflow", text)


def _at(wrong: Value, otherwise: str = "") -> str:
    """The first entry that is wrong: ` at [0, 2]`; a number needs no place."""
    return f" at {place(_first(wrong))}" if np.ndim(wrong) else otherwise


def _given(found: Findings, index: int, wrong: Value) -> str:
    """What an input is where it is wrong: `x is -1`, `x[2] is -1`, `x has shape (0,)`."""
    name, value = found.graph.called(index), found.values[index]
    if np.ndim(value) == 0:
        return f"{name} is {value:.6g}"
    if np.shape(wrong) and np.broadcast_shapes(np.shape(value), np.shape(wrong)) == wrong.shape:
        at = _first(wrong)
        own = tuple(0 if n == 1 else k for k, n in zip(at[-value.ndim :], value.shape, strict=True))
        name = name if name.isidentifier() else f"({name})"
        return f"{name}{place(own)} is {value[own]:.6g}"
    return f"{name} has shape {value.shape}"


def _culprits(graph: Graph, node: Apply, inputs: Sequence[Value], fine: Value) -> list[int]:
    """The inputs to speak of: those that, at a sample's value, would make the point defined."""
    defined, params = node.op.domain.defined, dict(node.params)
    every = list(range(len(inputs)))
    sample = node.op.domain.samples[0]
    if defined is not None and isinstance(node.op, Elementwise):
        guilty = [
            slot
            for slot, _ in zip(every, sample, strict=False)
            if np.all(defined(*inputs[:slot], sample[slot], *inputs[slot + 1 :], **params) | fine)
        ]
        every = guilty or every
    variable = [k for k in every if not isinstance(graph.nodes[node.inputs[k]], Constant)]
    return variable or every


def _responsible_gradient(found: Findings, name: str, index: int) -> Notice:
    """Go from a gradient that is not finite towards the output, to the first edge at fault."""
    graph, adjoints = found.graph, found.adjoints
    while True:
        for via, slot in graph.uses[index]:
            node, upstream = graph.nodes[via], adjoints[via]
            if upstream is None or not isinstance(node, Apply) or not node.op.passes(slot):
                continue
            local, product, *_ = edge(graph, found.values, upstream, via, slot)
            if not is_finite(product):
                break
        else:
            total = adjoints[index]
            shown = total if isinstance(total, float) else "what is not finite"
            text = f"the contributions to {graph.labels[index]} add up to {shown}"
            return Notice(index, "overflow", text)
        if is_finite(upstream):
            return _why_gradient(found, via, slot, local, name)
        index = via


def _why_gradient(found: Findings, via: int, slot: int, local: Value | None, name: str) -> Notice:
    """Why what a finite gradient becomes on one edge is not finite."""
    graph = found.graph
    node = graph.nodes[via]
    assert isinstance(node, Apply)
    shown, source = graph.written(via), graph.called(node.inputs[slot])
    if not is_finite(found.values[via]):
        return _why(found, via, node)
    if local is None:
        text = f"the rule of {shown} gives {source} a gradient that is not finite"
        return Notice(via, "undefined", f"{text}, so the gradient by {name} is undefined")
    if is_finite(local):
        return Notice(via, "overflow", f"the product upstream × local at {shown} is too large")
    bad = ~np.isfinite(local)
    number = local if np.ndim(local) == 0 else local[_first(bad)]
    at = ", ".join(
        _given(found, i, np.broadcast_to(bad, np.shape(found.values[via]))).replace(" is ", " = ")
        for i in dict.fromkeys(node.inputs)
        if not isinstance(graph.nodes[i], Constant)
    )
    text = f"the derivative of {shown} by {source} is {number:.6g} at {at}"
    return Notice(via, "undefined", f"{text}, so the gradient by {name} is undefined")
