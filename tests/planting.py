"""Mistakes planted on purpose: rows with a wrong column, and what a check says of them."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from hypothesis import strategies as st

from backtrace.crosscheck import Check
from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS, Op
from backtrace.records import Trace
from backtrace.tracing import trace

Row = TypeVar("Row", bound=Op)


def spoiled(op: Row, **change: Any) -> Row:
    """A row with something else in some of its columns."""
    return dataclasses.replace(op, **change)


def with_mistake(graph: Graph, index: int, **change: Any) -> Graph:
    """The graph with something else in some columns of the row of one of its nodes."""
    node = graph.nodes[index]
    assert isinstance(node, Apply)
    wrong = Apply(spoiled(node.op, **change), node.inputs, node.params)
    return dataclasses.replace(
        graph, nodes=(*graph.nodes[:index], wrong, *graph.nodes[index + 1 :])
    )


def planted(program: str, label: str, change: dict[str, Any], **bindings: Any) -> Trace:
    """A trace whose node of that label has a row with a mistake in it."""
    graph = trace(program, bindings).graph
    return trace(with_mistake(graph, graph.labels.index(label), **change), bindings)


def verdicts(found: Check) -> dict[str, str]:
    """The verdict on every node that does not simply agree, by its name."""
    return {node.name: node.verdict for node in found.nodes if node.verdict != "agrees"}


SMOOTH = ["add", "sub", "mul", "neg", "exp", "expm1", "square", "sin", "cos", "atan", "tanh",
          "asinh", "sigmoid", "softplus", "erf"]  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to 20 operations of smooth rows on three variables."""
    nodes: list[Leaf | Apply] = [Leaf("x"), Leaf("y"), Leaf("z")]
    for _ in range(draw(st.integers(1, 20))):
        op = OPS[draw(st.sampled_from(SMOOTH))]
        inputs = tuple(draw(st.integers(0, len(nodes) - 1)) for _ in op.inputs)
        nodes.append(Apply(op, inputs, tuple(op.params.items())))
    return Graph("", tuple(nodes), (Span(0, 0),) * len(nodes), (), len(nodes) - 1)
