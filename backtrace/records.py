"""The record of one forward and one backward pass; everything that is shown is read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Node
from backtrace.ops.rows import Value
from backtrace.passes import edge

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """The chain rule on one edge: what node `into` gets through node `via`.

    `upstream` is the gradient of the output by `via`: what arrives from the output side.
    `local_value` is ∂via/∂into at this point, and `product` is upstream × local in the shape of
    `into`. A `blocked` edge adds 0 whatever arrives: the operation selected another input.
    """

    into: int
    via: int
    slot: int  # which input of `via`: x*x has two edges from the one x
    local_value: Value
    upstream: Value
    product: Value
    blocked: bool
    graph: Graph = field(repr=False)

    @property
    def local(self) -> str:
        """The local derivative as a formula in the names of the nodes: `2*s`."""
        from backtrace.symbolic import local_text

        return local_text(self.graph, self.via, self.slot)


@dataclass(frozen=True, slots=True, eq=False)
class TracedNode:
    """A node with its numbers.

    `adjoint` is the gradient of the output by this node, in the shape of `value`, and the sum of
    the products of `contributions` (of the output: 1). It is None where no gradient is needed.
    """

    index: int
    name: str
    node: Node
    span: Span
    value: Value
    adjoint: Value | None
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know; `index` is the node it is about, or None.

    Codes: kink, undefined, overflow, unreached, unused-variable, unused-node, no-path, read-as,
    no-formula, rounding.
    """

    index: int | None
    code: str
    text: str


@dataclass(frozen=True, eq=False)
class Trace:
    """One program at one point: its values and the gradients of its output. Immutable.

    `print(trace)` shows the tree. `trace["s"]` is the node of that name.
    """

    graph: Graph
    values: Sequence[Value] = field(repr=False)
    adjoints: Sequence[Value | None] = field(repr=False)
    variables: Mapping[str, Value]  # every binding that was given, unused ones too
    wrt: tuple[str, ...]  # the names whose gradients were asked for
    notices: tuple[Notice, ...] = ()

    @property
    def output(self) -> str:
        """The name of the output."""
        return self.graph.labels[self.graph.output]

    @property
    def value(self) -> Value:
        """The output's value."""
        return plain(self.values[self.graph.output])

    @cached_property
    def gradients(self) -> dict[str, Value]:
        """The gradient of the output by every name asked for: a float, or an array of its shape.

        A name that is not in the program has the gradient 0.
        """
        return {name: plain(self._gradient(name)) for name in self.wrt}

    def _gradient(self, name: str) -> Value:
        index = self.wrt_index(name)
        return np.zeros_like(self.variables[name])[()] if index is None else self.adjoints[index]

    def wrt_index(self, name: str) -> int | None:
        """The node a name asked for stands for: the variable, else the last node of that name."""
        return self.graph.variables.get(name, self.graph.names.get(name))

    @property
    def formulas(self) -> dict[str, str | None]:
        """The whole gradient by every name asked for, as a formula in the language.

        None where the program is too long for a readable one.
        """
        from backtrace.symbolic import gradient_formulas

        return gradient_formulas(self.graph, self.wrt)

    @property
    def nodes(self) -> NodeList:
        """Every node with its numbers, in order of computation; made when asked for."""
        return NodeList(self)

    def __getitem__(self, name: str) -> TracedNode:
        """The last node of that name. Raises KeyError with near matches."""
        index = self.graph.names.get(name)
        if index is None:
            try:
                index = self.graph.labels.index(name)
            except ValueError:
                raise KeyError(name) from None
        return self.nodes[index]

    @property
    def undefined(self) -> Notice | None:
        """Why the output or a gradient asked for is not a finite number, or None where all are."""
        return next((n for n in self.notices if n.code in ("undefined", "overflow")), None)

    def check(self, engine: Literal["torch", "differences"] = "torch") -> Check:
        """Compare every value and gradient with torch autograd in float64.

        `engine="differences"` adds central differences as a third witness. Raises EngineMissing
        where torch is not installed.
        """
        from backtrace.crosscheck import check

        return check(self, engine)

    def __str__(self) -> str:
        from backtrace.render.text import plain_text
        from backtrace.render.tree import tree

        return plain_text(tree(self))

    def __repr__(self) -> str:
        gradients = ", ".join(f"d{self.output}/d{n}={g}" for n, g in self.gradients.items())
        return f"<Trace {self.output}={self.value}{', ' if gradients else ''}{gradients}>"


class NodeList(Sequence[TracedNode]):
    """The nodes of a trace, each made when it is asked for."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __len__(self) -> int:
        return len(self._trace.graph.nodes)

    @overload
    def __getitem__(self, index: int) -> TracedNode: ...
    @overload
    def __getitem__(self, index: slice) -> list[TracedNode]: ...
    def __getitem__(self, index: int | slice) -> TracedNode | list[TracedNode]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        trace, graph = self._trace, self._trace.graph
        index = range(len(self))[index]  # negative indices, and IndexError beyond the end
        adjoint = trace.adjoints[index]
        return TracedNode(
            index=index,
            name=graph.labels[index],
            node=graph.nodes[index],
            span=graph.spans[index],
            value=plain(trace.values[index]),
            adjoint=None if adjoint is None else plain(adjoint),
            contributions=() if adjoint is None else tuple(_contributions(trace, index)),
        )


def _contributions(trace: Trace, into: int) -> Iterator[Contribution]:
    graph = trace.graph
    for via, slot in graph.uses[into]:
        node, upstream = graph.nodes[via], trace.adjoints[via]
        if upstream is None or not isinstance(node, Apply):
            continue  # a statement that the output does not use, or that no gradient passes
        if node.op.local[slot] is not None:
            local, product, blocked = edge(graph, trace.values, upstream, via, slot)
            numbers = plain(local), plain(upstream), plain(product)
            yield Contribution(into, via, slot, *numbers, blocked, graph)


def plain(value: Value) -> Value:
    """A scalar as Python's float, an array as it is."""
    return float(value) if np.ndim(value) == 0 else value
