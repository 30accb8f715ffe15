"""backtrace.crosscheck.reordered: the order of additions is no mistake, and excuses none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import verdicts, with_mistake
from programs import Program, programs

from backtrace.crosscheck import Check, check
from backtrace.crosscheck.engine import Torch
from backtrace.crosscheck.reordered import Result, is_of_order
from backtrace.graph import Apply, Graph
from backtrace.ops import Structural
from backtrace.ops.rows import EachInput, Value
from backtrace.records import Trace
from backtrace.tracing import trace

RANDOM = np.random.default_rng(0)
CANCELS = [1e16, 1.0, -1e16, 3.0]


def large(*shape: int) -> Value:
    """Numbers that cancel when many of them are added."""
    return RANDOM.normal(0, 1e4, shape)


ROUNDING: list[tuple[str, dict[str, Any]]] = [
    ("sum(x)", {"x": [1e16, 1, -1e16]}),
    ("sum(x) - 1", {"x": CANCELS}),
    ("mean(x)*w", {"x": CANCELS, "w": 1}),
    ("sum(x @ y)", {"x": CANCELS, "y": [1, 1, 1, 1]}),
    ("sum(x*w)", {"x": CANCELS, "w": 2}),  # the gradient by w adds up what was stretched
    ("sum(cumsum(x, 0))", {"x": CANCELS}),
    ('einsum("i,i->", x, x)*0 + sum(x)', {"x": CANCELS}),
    ("sum(A @ B)", {"A": large(300, 400), "B": large(400, 300)}),
    ("sum((A @ B)**2)", {"A": large(60, 800), "B": large(800, 60)}),
    ("h = tanh(A @ B/1e9)\nmean((h @ C)**2)",
     {"A": large(50, 300), "B": large(300, 40), "C": large(40, 30)}),
    ("sum(layer_norm(x)*y)", {"x": [1e10 + 0.1] * 3, "y": [1, 2, 3]}),
    ("sum(layer_norm(x, w, y))", {"x": [[22026.5]], "w": [30], "y": [1]}),
    ("exp(sum(x @ y))*w", {"x": CANCELS, "y": [1, 1, 1, 1], "w": 2}),
    ("log(det(S))", {"S": [[1, 1], [1, 1 + 1e-10]]}),
    ("sum(inv(S) @ y)", {"S": [[1, 1], [1, 1 + 1e-10]], "y": [1, 2]}),
    ("var(x)", {"x": 1e8 + np.array([0.1, 0.2, 0.4])}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "values"), ROUNDING)
def test_the_order_of_additions_is_no_mistake(program: str, values: dict[str, Any]) -> None:
    """Sums that cancel, and products of large matrices, agree but for rounding at the most."""
    found = check(trace(program, values))
    assert found.status == "agrees", found.summary
    assert set(verdicts(found).values()) <= {"rounding"}


def test_another_order_is_rounding() -> None:
    """1e16 + 1 - 1e16 is 0 or 1 by the order: a row may add up another way than torch."""
    graph = trace("sum(x)*3", x=CANCELS).graph
    backwards = {"forward": lambda x, axis, keepdims: np.float64(sum(sorted(x, key=abs)))}
    once = trace(graph, x=CANCELS)
    again = trace(with_mistake(graph, graph.labels.index("v1"), **backwards), x=CANCELS)
    assert once.value != again.value
    for found in (check(once), check(again)):
        assert found.status == "agrees", found.summary


Change = dict[str, Any]
FACTOR = 1 + 1e-6
TO_MATRIX: Callable[..., Value] = lambda g, a, b, v: np.outer(g, b)  # noqa: E731
TO_VECTOR: Callable[..., Value] = lambda g, a, b, v: a.T @ g  # noqa: E731
PLANTED: list[tuple[str, str, Change]] = [
    ("sum(x*x)", "L", {"vjp": (lambda g, x, v, **p: FACTOR * np.full(x.shape, g),)}),
    ("mean(x*x)", "L", {"vjp": (lambda g, x, v, **p: np.full(x.shape, g / (x.size - 1)),)}),
    ("sum((A @ x)**2)", "v1", {"vjp": (TO_MATRIX, lambda g, a, b, v: -a.T @ g)}),
    ("sum((A @ x)**2)", "v1", {"vjp": (lambda g, a, b, v: 2 * np.outer(g, b), TO_VECTOR)}),
    ("sum((A @ x)**2)", "v1", {"forward": lambda a, b: FACTOR * (a @ b)}),
    ("sum(softmax(x)*x)", "v1", {"vjp": (lambda g, x, v, axis: g * v * (1 - v),)}),
    ("sum(softmax(x)*x)", "v1", {"forward": lambda x, axis: np.exp(x) / (1 + np.sum(np.exp(x)))}),
    ("sum(x[[0, 0, 1]]*x)", "v1", {"vjp": (lambda g, x, v, spec: np.array([g[1], g[2], 0]),)}),
    ("amax(x)*w", "v1", {"vjp": (lambda g, x, v, **p: g * (x == v) * 0.5,)}),
    ("sum(cumsum(x, 0)*x)", "v1", {"vjp": (lambda g, x, v, axis: np.cumsum(g),)}),
    ("cross_entropy(x, t)", "L", {"vjp": (lambda g, z, t, v, **p: g * np.exp(z - v), None)}),
    ("sum(x.reshape(3, 1)*A.T)", "v1", {"vjp": (lambda g, x, v, shape: np.ravel(g)[::-1],)}),
    # a product of 0 is doubted again with other numbers arriving, of which not all is 0
    ("sum(cumsum(log_softmax(0*x + w), 0))", "v3",
     {"vjp": (lambda g, x, v, axis: (g - np.exp(v) * np.sum(g)) * [1.5, 1, 3.5],)}),
    ("norm(x)", "L", {"forward": lambda x, **p: np.sum(np.abs(x))}),
    ("var(x)", "L", {"forward": lambda x, **p: np.var(x)}),
]  # fmt: skip
POINT: dict[str, Any] = {
    "x": [0.5, -1.0, 2.0],
    "A": [[1.0, 2.0, 0.5], [3.0, 1.0, 2.0]],
    "w": 3.0,
    "t": 1,
}


def planted(program: str, label: str, change: Change, values: dict[str, Any]) -> Check:
    """What a check says of a program one of whose rows has a mistake in it."""
    used = {name: value for name, value in values.items() if name in program}
    graph = trace(program, used).graph
    return check(trace(with_mistake(graph, graph.labels.index(label), **change), used))


@pytest.mark.parametrize(("program", "label", "change"), PLANTED)
def test_a_wrong_row_is_named_at_its_node(program: str, label: str, change: Change) -> None:
    """A mistake of one in a million, in a rule or in a value, is found and is nobody else's."""
    found = planted(program, label, change, POINT)
    assert (found.status, found.exit_code) == ("differs", 1)
    assert [node.name for node in found.differing] == [label]
    assert f"at {label} = " in found.summary


LAYERS = 12
NETWORK = "\n".join(
    ["h0 = x", *(f"h{k} = tanh(h{k - 1} @ W{k} + b{k})" for k in range(1, LAYERS + 1))]
)
LOSSES = {"mean": "mean((h12 - y)**2)", "softmax": "-mean(log(softmax(h12))*y)"}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("layer", [1, 6, 12])
def test_a_wrong_product_in_a_long_network_is_named(layer: int, loss: str) -> None:
    """Deep in a network one factor a little off is found at its own layer; all else follows."""
    random = np.random.default_rng(1)
    values: dict[str, Any] = {"x": random.normal(0, 1, (20, 8)), "y": random.random((20, 8))}
    for k in range(1, LAYERS + 1):
        values |= {f"W{k}": random.normal(0, 0.4, (8, 8)), f"b{k}": random.normal(0, 0.1, 8)}
    right = trace(f"{NETWORK}\n{LOSSES[loss]}", values)
    assert check(right).status == "agrees"
    graph = right.graph
    texts = list(map(graph.expression, range(len(graph.nodes))))
    products = [texts.index(f"h{layer - 1} @ W{layer}" if layer > 1 else "x @ W1")]
    change = {"vjp": (lambda g, a, b, v: FACTOR * (g @ b.T), lambda g, a, b, v: a.T @ g * FACTOR)}
    found = check(trace(with_mistake(graph, products[0], **change), values))
    assert [node.index for node in found.differing] == products
    wrong = with_mistake(graph, products[0], forward=lambda a, b: FACTOR * (a @ b))
    found = check(trace(wrong, values))
    assert [node.index for node in found.differing] == products


def test_a_mistake_beside_a_cancellation_is_found() -> None:
    """A sum that cancels excuses neither its own rule nor another row."""
    change = {"vjp": (lambda g, x, v, **p: 2 * np.full(x.shape, g),)}
    found = planted("sum(x)*w", "v1", change, {"x": CANCELS, "w": 2})
    assert [node.name for node in found.differing] == ["v1"]
    found = planted("s = sum(x); exp(w)*s", "v1", {"local": (lambda x, v: 2 * v,)},
                    {"x": CANCELS, "w": 2})  # fmt: skip
    assert [node.name for node in found.differing] == ["v1"]


def wrong_rule(right: Callable[..., Value]) -> Callable[..., Value]:
    """A rule that gives each entry more by its own place, so that nothing cancels it."""

    def wrong(*arguments: Any, **params: Any) -> Value:
        product = np.asarray(right(*arguments, **params))
        return product * (1.5 + np.arange(product.size).reshape(product.shape))

    return wrong


def structural_edges(found: Trace) -> list[tuple[int, int]]:
    """The edges of operations on whole arrays whose products matter where they arrive."""
    edges = []
    for via in found.graph.structural if found.undefined is None else ():
        node = found.graph.nodes[via]
        assert isinstance(node, Apply)
        for slot, source in enumerate(node.inputs):
            if (via, slot) in found.edges(source):
                product, adjoint = (
                    found.contribution(via, slot).product,
                    found.nodes[source].adjoint,
                )
                assert adjoint is not None
                largest = np.max(np.abs(product), initial=0)
                if largest > 1e-3 * max(1, np.max(np.abs(adjoint), initial=0)):
                    edges.append((via, slot))
    return edges


def spoiled(graph: Graph, index: int, slot: int) -> Graph:
    """The graph with a wrong rule on one edge."""
    node = graph.nodes[index]
    assert isinstance(node, Apply)
    assert isinstance(node.op, Structural)
    right = node.op.vjp
    if isinstance(right, EachInput):

        def rule(k: int, *arguments: Any, **params: Any) -> Value:
            one = right[k]
            return (wrong_rule(one) if k == slot else one)(*arguments, **params)

        return with_mistake(graph, index, vjp=EachInput(rule))
    rules = [wrong_rule(r) if k == slot and r is not None else r for k, r in enumerate(right)]
    return with_mistake(graph, index, vjp=tuple(rules))


@given(programs(palettes=["ordinary", "ties"]), st.data())
def test_a_wrong_rule_in_a_random_program_is_named(program: Program, data: st.DataObject) -> None:
    """Wherever it is planted, the node with the wrong rule differs and no other does."""
    right = trace(program.text, program.values, seed=program.seed)
    edges = structural_edges(right)
    if edges:
        index, slot = data.draw(st.sampled_from(edges))
        wrong = trace(spoiled(right.graph, index, slot), program.values, seed=program.seed)
        found = check(wrong)
        assert [node.index for node in found.differing] == [index], found.summary


def test_entries_of_one_number_are_added_up_too() -> None:
    """Only an elementwise operation that stretched nothing has nothing to add up."""
    found = trace("sum(x*w + 1)", x=[1, 2], w=3)
    labels = found.graph.labels

    def adds_up(label: str, slot: int | None) -> bool:
        index = labels.index(label)
        return Result(found, index, found.adjoints[index], slot).adds_up

    assert [adds_up("v1", slot) for slot in (None, 0, 1)] == [False, False, True]
    assert [adds_up("L", slot) for slot in (None, 0)] == [True, True]


def test_another_shape_is_never_of_order() -> None:
    """A result of another shape is a mistake."""
    found = trace("sum(x)", x=[1, 2])
    result = Result(found, 1, np.float64(1), None)
    assert not is_of_order(result, (np.float64(3), np.ones(2)), Torch())
