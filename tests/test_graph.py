"""backtrace.graph: what nodes are called, where they go, and what every graph must satisfy."""

from __future__ import annotations

import math
from typing import Any

import pytest

from backtrace.errors import Span
from backtrace.graph import Apply, Constant, Graph, Leaf, Node
from backtrace.ops import OPS
from backtrace.passes import active_nodes
from backtrace.reading import read

LABELS = {
    "w*x + b": ("w", "x", "v1", "b", "L"),
    "s = w*x; s**2": ("w", "x", "s", "2", "L"),
    "s = w*x": ("w", "x", "s"),
    "2*x": ("2", "x", "L"),
    "x": ("x",),
    "3": ("3",),
    # an alias makes no node, and a node keeps the first name it is given
    "y = x; y = y*x; y = y*x": ("x", "y·1", "y"),
    "a = x*x; b = a; b*2": ("x", "a", "2", "L"),
    "c = x*x; c += x; c *= 2": ("x", "c·1", "c·2", "2", "c"),
    "x = x*2; x = x*2": ("x·1", "2", "x·2", "2", "x"),
    # v1, v2, … skip the names of the program; an unnamed output is L, else out
    "v1 = x*2; sin(v1)*x + 1": ("x", "2", "v1", "v2", "v3", "1", "L"),
    "L*2": ("L", "2", "out"),
    "L*out": ("L", "out", "out1"),
    "out = x*2; L = out + 1; L*out*3": ("x", "2", "out", "1", "L", "v1", "3", "out1"),
}


@pytest.mark.parametrize("program", LABELS)
def test_labels(program: str) -> None:
    """A node is called what the user called it, else v1, v2, …; no two operations alike."""
    graph = read(program)
    assert graph.labels == LABELS[program]
    names = [n for n, node in zip(graph.labels, graph.nodes, strict=True) if type(node) is Apply]
    assert len(set(names)) == len(names)


def test_names_mean_the_last_statement() -> None:
    """A name means its last node, variables are among them, and no one can change that."""
    graph = read("y = x*2; z = y; y = y + z")
    assert graph.variables == {"x": 0}
    assert graph.names == {"x": 0, "y": 3, "z": 2}
    with pytest.raises(TypeError):
        graph.names["x"] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        graph.variables["x"] = 1  # type: ignore[index]


def test_the_node_that_is_asked_for() -> None:
    """A name to differentiate by is the variable, even where it is assigned again."""
    graph = read("w = w*2; s = w + x; s*s")
    assert [graph.asked(name) for name in ("w", "s", "x", "nothing")] == [0, 4, 3, None]
    assert graph.names["w"] == 2


def test_uses() -> None:
    """A node has every (node, slot) it goes into, the last node first; x*x has two slots."""
    graph = read("a = x*x; b = a - x; b + a")
    assert graph.uses == (((2, 1), (1, 0), (1, 1)), ((3, 1), (2, 0)), ((3, 0),), ())


def test_needed() -> None:
    """What the output is computed from is needed, and statements beside it are not."""
    graph = read("a = x*2; b = y*3; a")
    assert [graph.labels[i] for i in graph.needed] == ["x", "2", "a"]


EXPRESSIONS = {
    "x": ["x"],
    "s = w*x; s - 2": ["w", "x", "w*x", "2", "s - 2"],
    "x**-2": ["x", "-2", "x**(-2)"],
    "log(x) + log(x, 2)": ["x", "log(x)", "2", "log(x, 2)", "v1 + v2"],
    "leaky_relu(x, 0.2)": ["x", "leaky_relu(x, negative_slope=0.2)"],
    "max(x, 1, y)": ["x", "1", "y", "max(x, 1, y)"],
    "x*x - x*x": ["x", "x*x", "x*x", "v1 - v2"],
}


def test_computed_from() -> None:
    """What a node goes into, through others too, and nothing beside it."""
    graph = read("a = w*x; b = y*2; c = a + 1; c*b")
    labels = graph.labels
    found = {name: graph.computed_from(index) for name, index in graph.names.items()}
    assert {labels[i] for i in found["w"]} == {"w", "a", "c", "L"}
    assert {labels[i] for i in found["b"]} == {"b", "L"}
    assert {labels[i] for i in found["c"]} == {"c", "L"}
    for index in graph.variables.values():  # where all pass a gradient on: what gets one
        assert found[labels[index]] == {i for i, a in enumerate(active_nodes(graph, [index])) if a}


@pytest.mark.parametrize("program", EXPRESSIONS)
def test_expression(program: str) -> None:
    """A node is shown in the labels of its inputs, a leaf by its own name."""
    graph = read(program)
    found = [graph.expression(i) for i in range(len(graph.nodes))]
    assert found == EXPRESSIONS[program]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("-2", -2.0),
        ("1e3", 1000.0),
        ("pi", math.pi),
        ("e", math.e),
        ("inf", math.inf),
    ],
)
def test_constant(text: str, value: float) -> None:
    """A literal is its text, and the nearest float64."""
    assert Constant(text).value == value


def graph_of(*nodes: Node, **change: Any) -> Graph:
    """A graph by hand; its output is the last node."""
    facts = {"spans": (Span(0, 0),) * len(nodes), "assigned": (), "output": len(nodes) - 1}
    return Graph("", nodes, **{**facts, **change})


MUL = OPS["mul"]
X = Leaf("x")
WRONG = {
    "there are nodes": (graph_of(), "output"),
    "the output is a node": (graph_of(X, output=1), "output"),
    "a span for each node": (graph_of(X, spans=()), "spans"),
    "a variable is one node": (graph_of(X, X), "node 1: variable x has two nodes"),
    "inputs come first": (graph_of(X, Apply(MUL, (0, 1))), "node 1: an input is not an earlier"),
    "inputs count from 0": (graph_of(X, Apply(MUL, (0, -1))), "node 1: an input is not an earlier"),
    "an input for each slot": (graph_of(X, Apply(MUL, (0,))), "node 1: mul takes 2 inputs"),
    "a constant is a number": (graph_of(Constant("x")), "node 0: 'x' is not a number"),
}


@pytest.mark.parametrize("rule", WRONG)
def test_validate(rule: str) -> None:
    """A graph made by hand that breaks a rule is refused with the node that does."""
    graph, message = WRONG[rule]
    with pytest.raises(ValueError, match=message):
        graph.validate()


def test_valid() -> None:
    """What the reader makes is valid, and so is an operation of any number of inputs."""
    read("s = w*x; max(s, 1, 2, -pi)").validate()
    graph_of(X, Constant("-1e-3"), Apply(OPS["max"], (0, 1, 0, 0))).validate()
