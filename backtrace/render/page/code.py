"""The two passes over a graph as straight-line JavaScript, for a page that computes again.

Every number has a name of our own, by its place in the graph: v2 is the value of node 2, g2 its
gradient, l4_0 and p4_0 the local derivative and the product on the edge from node 4 to its input 0.
What users typed stands nowhere in the code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from backtrace.graph import Apply, Leaf
from backtrace.ops import Elementwise
from backtrace.ops.rows import EachInput, Value
from backtrace.ops.structural import renamed
from backtrace.records import Trace
from backtrace.render.edges import abridged
from backtrace.render.links import backward_edges


def obstacle(trace: Trace) -> str:
    """Why the page cannot compute this trace again, in words; empty where it can."""
    graph = trace.graph
    for index, node in enumerate(graph.nodes):
        if np.ndim(trace.values[index]):
            return f"{graph.labels[index]} is an array"
        if isinstance(node, Apply) and not isinstance(node.op, Elementwise):
            return f"{node.op.written} is an operation on whole arrays"
        if isinstance(node, Apply) and isinstance(node.op, Elementwise) and not node.op.javascript:
            return f"{node.op.written} has no JavaScript"
    return ""


def passes(trace: Trace) -> str:
    """`forward(x)`, all values from those of the inputs, `backward(v)`, all else from these.

    `kinks(v)` says of the operations that may be at one whether they are. `SUMS` has the edges that
    every gradient is the sum of, as far as these are shown.
    """
    return "\n".join([*_forward(trace), *_backward(trace), *_kinks(trace), _sums(trace)])


def _forward(trace: Trace) -> Iterator[str]:
    nodes = trace.graph.nodes
    yield "function forward(x) {"
    for index, node in enumerate(nodes):
        match node:
            case Apply():
                yield f"  const v{index} = {_Use(node, index).forward};"
            case Leaf():
                yield f"  const v{index} = x[{index}];"
            case _:
                yield f"  const v{index} = {_literal(node.value)};"
    yield f"  return [{_listed('v', range(len(nodes)))}];"
    yield "}"


def _backward(trace: Trace) -> Iterator[str]:
    """The locals in order of the program, the products from the output on, as the sweep goes."""
    found = backward_edges(trace)
    slots = {via: [slot for _, slot in group] for via, group in groupby(found, itemgetter(0))}
    uses = {via: _Use(trace.graph.applied(via), via) for via in slots}
    yield "function backward(v) {"
    yield f"  const [{_listed('v', range(len(trace.values)))}] = v;"
    for via, slot in reversed(found):
        yield f"  const l{via}_{slot} = {uses[via].local(slot)};"
    gradients = _with_gradient(trace)
    for index in reversed(gradients):
        yield f"  const g{index} = {_sum(trace, index)};"
        for slot in slots.get(index, ()):
            yield f"  const p{index}_{slot} = {uses[index].product(slot)};"
    names = [f"{via}_{slot}" for via, slot in found]
    yield f"  const gradient = {{{', '.join(f'{i}: g{i}' for i in gradients)}}};"
    for kind in ("local", "product"):
        pairs = ", ".join(f'"{name.replace("_", ":")}": {kind[0]}{name}' for name in names)
        yield f"  const {kind} = {{{pairs}}};"
    yield "  return { gradient, local, product };"
    yield "}"


def _kinks(trace: Trace) -> Iterator[str]:
    """Of the operations that a gradient passes through."""
    through = sorted({via for via, _ in backward_edges(trace)})
    found = {via: _Use(trace.graph.applied(via), via).kink for via in through}
    yield "function kinks(v) {"
    yield f"  const [{_listed('v', range(len(trace.values)))}] = v;"
    yield f"  return {{{', '.join(f'{via}: {kink}' for via, kink in found.items() if kink)}}};"
    yield "}"


def _sums(trace: Trace) -> str:
    """The terms of every sum as a view shows them: the first, how many not, and the last."""
    sums = {}
    for index in _with_gradient(trace):
        first, hidden, last = abridged(list(trace.edges(index)))
        sums[index] = (_keys(first), hidden, _keys(last))
    return f"const SUMS = {json.dumps(sums)};"


def _keys(found: Sequence[tuple[int, int]]) -> list[str]:
    return [f"{via}:{slot}" for via, slot in found]


def _with_gradient(trace: Trace) -> list[int]:
    return [i for i, adjoint in enumerate(trace.adjoints) if adjoint is not None]


def _sum(trace: Trace, index: int) -> str:
    """A gradient as the sum of its products, added up as the sweep does: from the last node on."""
    if index == trace.graph.output:
        return _literal(trace.adjoints[index])
    products = [f"p{via}_{slot}" for via, slot in backward_edges(trace, [index])]
    return " + ".join(products) or "0"  # it goes into comparisons only, or nowhere


class _Use:
    """One application of an operation, with the names of its inputs put into its JavaScript."""

    def __init__(self, node: Apply, index: int) -> None:
        assert isinstance(node.op, Elementwise)
        self._op, self._index = node.op, index
        self._inputs = [f"v{i}" for i in node.inputs]
        self._names = {**self._named(), **_params(dict(node.params)), "v": f"v{index}"}

    def _named(self) -> dict[str, str]:
        if self._op.variadic:
            return {self._op.inputs[0].lstrip("*"): f"[{', '.join(self._inputs)}]"}
        return dict(zip(self._op.inputs, self._inputs, strict=True))

    @property
    def forward(self) -> str:
        return renamed(self._op.javascript[0], self._names)

    @property
    def kink(self) -> str:
        return renamed(self._op.javascript_kink, self._names)

    def local(self, slot: int) -> str:
        return self._by_input(self._op.javascript[1:], slot)

    def mask(self, slot: int) -> str:
        """Where the edge is blocked, or an empty text where nothing blocks it."""
        if isinstance(self._op.masks, tuple | EachInput):
            return self._by_input(self._op.javascript_masks, slot)
        return f"l{self._index}_{slot} === 0" if self._op.masks else ""

    def product(self, slot: int) -> str:
        product = f"g{self._index}*l{self._index}_{slot}"
        mask = self.mask(slot)
        return f"{mask} ? 0 : {product}" if mask else product

    def _by_input(self, texts: Sequence[str], slot: int) -> str:
        text = texts[0] if self._op.variadic else texts[slot]
        return renamed(text, {**self._names, "own": self._inputs[slot]})


def _params(params: Mapping[str, Value]) -> dict[str, str]:
    return {name: _literal(value) for name, value in params.items()}


def _literal(value: Value) -> str:
    """A number in JavaScript; a negative one can stand after a minus."""
    number = float(value)
    if math.isnan(number):
        return "NaN"
    text = "Infinity" if math.isinf(number) else repr(abs(number))
    return f"(-{text})" if math.copysign(1, number) < 0 else text


def _listed(letter: str, indices: Sequence[int]) -> str:
    return ", ".join(f"{letter}{i}" for i in indices)
