"""backtrace.passes: the two sweeps, and broadcasting, which is undone in one place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf, Node
from backtrace.ops import OPS
from backtrace.passes import active_nodes, backward, edge, forward, frozen, unbroadcast
from backtrace.reading import read

Shape = tuple[int, ...]
SHAPES = st.sampled_from([(), (3,), (1,), (2, 3), (2, 1), (1, 3), (0,), (4, 2, 3)])
NAMES = st.sampled_from(["add", "mul", "sub", "div", "pow", "max", "hypot"])
LOCAL = {"add": (1, 1), "sub": (1, -1), "mul": (2, 3), "div": (0.5, -0.75)}  # at 3 and 2


class Swept(NamedTuple):
    """A graph after both sweeps."""

    graph: Graph
    values: list[Any]
    adjoints: list[Any]


def swept(name: str, left: Shape, right: Shape) -> Swept:
    """An operation on x = 3 and y = 2 in these shapes, and z = x*x beside it, all summed up."""
    try:
        shape = np.broadcast_shapes(left, right)
    except ValueError:
        assume(False)
    graph = graph_of(Apply(OPS[name], (0, 1)))
    values = forward(graph, {"x": full(left, 3.0), "y": full(right, 2.0)})
    active = active_nodes(graph, [0, 1])
    return Swept(graph, values, backward(graph, values, active, full(shape, 1.0)))


def graph_of(*operations: Apply) -> Graph:
    """Operations on two variables x and y; the last is the output."""
    nodes: tuple[Node, ...] = (Leaf("x"), Leaf("y"), *operations)
    return Graph("", nodes, (Span(0, 0),) * len(nodes), (), len(nodes) - 1)


def full(shape: Shape, number: float) -> Any:
    """A float64, or a read-only array of one number."""
    return frozen(np.full(shape, number))


@given(SHAPES, SHAPES, st.sampled_from(sorted(LOCAL)))
def test_broadcasting_is_undone(left: Shape, right: Shape, name: str) -> None:
    """Gradients have the shape of their node, and are those of the sum over what was stretched."""
    found = swept(name, left, right)
    for value, adjoint, factor in zip(found.values, found.adjoints, LOCAL[name], strict=False):
        assert np.shape(adjoint) == np.shape(value)
        stretched = np.size(found.values[-1]) / max(1, np.size(value))
        assert np.allclose(adjoint, factor * stretched)


@given(SHAPES, SHAPES, NAMES)
def test_a_product_has_the_shape_of_the_node_it_goes_to(
    left: Shape, right: Shape, name: str
) -> None:
    """On every edge, however its inputs were stretched."""
    graph, values, adjoints = swept(name, left, right)
    for slot, into in enumerate((0, 1)):
        product = edge(graph, values, adjoints[-1], 2, slot).product
        assert np.shape(product) == np.shape(values[into])
        assert np.array_equal(product, adjoints[into], equal_nan=True)


@given(SHAPES, SHAPES, NAMES)
def test_what_is_stored_cannot_be_written(left: Shape, right: Shape, name: str) -> None:
    """Values, adjoints and the numbers of an edge are numpy scalars or read-only arrays."""
    graph, values, adjoints = swept(name, left, right)
    edges = [edge(graph, values, adjoints[-1], 2, slot) for slot in (0, 1)]
    for number in (*values, *adjoints, *(e.product for e in edges), *(e.local for e in edges)):
        assert type(number) is np.float64 or not number.flags.writeable


def test_an_adjoint_is_a_sum_of_arrays() -> None:
    """A node that is used twice has a new read-only array, and the one it was is left alone."""
    graph = graph_of(Apply(OPS["mul"], (0, 0)), Apply(OPS["add"], (2, 0)))
    values = forward(graph, {"x": frozen(np.array([1.0, -2.0])), "y": np.float64(0)})
    adjoints = backward(graph, values, [True] * 4, full((2,), 1.0))
    assert adjoints[0] is not None
    assert adjoints[0].tolist() == [3, -3]
    assert adjoints[3] is not None
    assert adjoints[3].tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        adjoints[0][0] = 9


def test_unbroadcast_sums_each_axis() -> None:
    """(2, 3) to (3,) sums rows, to (2, 1) sums columns, to () everything."""
    gradient = np.arange(6.0).reshape(2, 3)
    assert unbroadcast(gradient, (3,)).tolist() == [3, 5, 7]
    assert unbroadcast(gradient, (2, 1)).tolist() == [[3], [12]]
    assert unbroadcast(gradient, ()) == 15
    assert unbroadcast(gradient, (2, 3)) is gradient


def test_active_nodes() -> None:
    """What is asked for, and what a gradient to it passes through; a comparison lets none pass."""
    graph = read("a = w*x; b = a + y; c = w > 0; b*c")
    names = graph.names
    active = active_nodes(graph, [names["w"]])
    assert [graph.labels[i] for i, is_active in enumerate(active) if is_active] == [
        *("w", "a", "b", "L"),
    ]
    adjoints = backward(graph, forward(graph, POINT), active, np.float64(1))
    assert [a is not None for a in adjoints] == active


POINT = {name: np.float64(k) for name, k in {"w": 2, "x": 3, "y": 5}.items()}


@pytest.mark.parametrize(
    ("program", "index", "slot"),
    [("w > 0", 2, 0), ("w*x", 0, 0), ("where(w > 0, x, y)", 5, 0)],
)
def test_an_edge_that_no_gradient_passes(program: str, index: int, slot: int) -> None:
    """A comparison, the condition of `where` and a variable have no edge to speak of."""
    graph = read(program)
    values = forward(graph, POINT)
    with pytest.raises(ValueError, match=f"from node {index} to its input {slot}"):
        edge(graph, values, np.float64(1), index, slot)


@pytest.mark.parametrize(
    ("program", "slot", "upstream", "expected"),
    [
        ("w*x", 0, 7.0, (3, 21, False)),
        ("relu(w)", 0, 7.0, (1, 7, False)),
        ("relu(-w)", 0, np.inf, (0, 0, True)),  # selects: 0 whatever arrives
        ("max(w, x)", 0, np.inf, (0, 0, True)),
        ("x*0", 0, np.inf, (0, np.nan, False)),  # multiplies
    ],
)
def test_edge(
    program: str, slot: int, upstream: float, expected: tuple[float, float, bool]
) -> None:
    """An edge has its local derivative, its product, and whether the operation blocks it."""
    graph = read(program)
    found = edge(graph, forward(graph, POINT), np.float64(upstream), graph.output, slot)
    assert found[:3] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("value", [2, 2.5, np.array(3.0), np.float64(4), True])
def test_a_scalar_is_numpys_own(value: Any) -> None:
    """Whatever an operation returns for a scalar is kept as a float64, never as a 0-d array."""
    assert type(frozen(value)) is np.float64
    assert frozen(value) == float(value)
