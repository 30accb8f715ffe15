"""trace(): the public interface, and what every trace must satisfy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backtrace
from backtrace import trace
from backtrace.records import Trace

LINEAR = "(w*x - y)**2"


def test_the_first_example() -> None:
    """(w*x - y)**2 at w=1 x=1 y=2 has the gradients -2, -2 and 2."""
    found = trace(LINEAR, w=1, x=1, y=2)
    assert found.value == 1
    assert found.gradients == {"w": -2.0, "x": -2.0, "y": 2.0}
    assert all(type(g) is float for g in found.gradients.values())
    assert repr(found) == "<Trace L=1.0, dL/dw=-2.0, dL/dx=-2.0, dL/dy=2.0>"


def test_contributions() -> None:
    """A node used twice has two contributions, whose sum is its gradient."""
    found = trace("(y - (w*x + b))**2 + w**2", w=1, x=1, y=2, b=0)
    node = found["w"]
    assert [c.product for c in node.contributions] == [-2.0, 2.0]
    assert node.adjoint == 0
    first = node.contributions[-1]
    assert (first.upstream, first.local, first.local_value) == (1.0, "2*w", 2.0)


def test_wrt_limits_the_work() -> None:
    """Only what a requested gradient passes through has one."""
    found = trace("yhat = w*x; s = yhat - y; loss = s**2", {"w": 2, "x": -3, "y": 1}, wrt="w")
    assert found.gradients == {"w": 42.0}
    assert found["x"].adjoint is None
    assert found["x"].contributions == ()
    assert found["yhat"].adjoint == -14


@pytest.mark.parametrize("wrt", ["w,b", "w, b", ["w", "b"], ("w", "b")])
def test_wrt_spellings(wrt: str | list[str]) -> None:
    """Names to differentiate by come as one text or as any iterable."""
    assert list(trace("w*2 + b", w=1, b=1, wrt=wrt).gradients) == ["w", "b"]


def test_wrt_of_an_intermediate_node() -> None:
    """A gradient may be asked for by any named node."""
    found = trace("s = w*x; s**2", w=2, x=3, wrt="s")
    assert found.gradients == {"s": 12.0}
    assert found["w"].adjoint is None


def test_unknown_wrt() -> None:
    """A name that is nowhere is an error with near matches."""
    with pytest.raises(backtrace.BindingError, match=r"did you mean theta\?"):
        trace("theta*2", theta=1, wrt="thta")


def test_unused_names() -> None:
    """A name of a mapping that is not used has gradient 0 and a notice; a keyword is an error."""
    found = trace("x*2", {"x": 1, "z": 5})
    assert found.gradients == {"x": 2.0, "z": 0.0}
    assert [n.code for n in found.notices] == ["unused-variable"]
    with pytest.raises(backtrace.BindingError, match="z is not in the program"):
        trace("x*2", x=1, z=5)


def test_variables_may_have_any_name() -> None:
    """`program`, `bindings` and `wrt` are names like others, in a mapping."""
    found = trace("program*bindings*wrt", {"wrt": 3}, program=1, bindings=2, wrt=None)
    assert found.value == 6


def test_no_variables() -> None:
    """A program without variables is traced too."""
    found = trace("ln(17) + exp(2) + sin(pi/2)")
    assert found.value == pytest.approx(11.222269442986867)
    assert found.gradients == {}


def test_output_may_be_a_variable_or_an_earlier_node() -> None:
    """The output is what the last statement says, even where it is no new node."""
    assert trace("x", x=2).gradients == {"x": 1.0}
    found = trace("a = 2*x; b = a**2; a", x=3)
    assert (found.output, found.value, found.gradients) == ("a", 6.0, {"x": 2.0})
    assert found["b"].adjoint is None
    assert "unused-node" in [n.code for n in found.notices]


def test_graph_is_read_once() -> None:
    """A graph that was read is traced at many points."""
    graph = backtrace.read("x**2")
    assert [trace(graph, x=k).gradients["x"] for k in (1, 2, 3)] == [2.0, 4.0, 6.0]


def test_missing_node() -> None:
    """trace["name"] of no node is a KeyError; automatic names work."""
    found = trace(LINEAR, w=1, x=1, y=2)
    assert found["v1"].value == 1
    with pytest.raises(KeyError):
        found["nothing"]


def test_nodes_are_a_sequence() -> None:
    """Nodes can be indexed from both ends, sliced and counted."""
    nodes = trace(LINEAR, w=1, x=1, y=2).nodes
    assert [n.name for n in nodes] == ["w", "x", "v1", "y", "v2", "2", "L"]
    assert nodes[-1].adjoint == 1
    assert [n.name for n in nodes[:2]] == ["w", "x"]
    with pytest.raises(IndexError):
        nodes[7]


def test_trace_is_immutable() -> None:
    """A trace is a record: attributes cannot be set, arrays cannot be written."""
    with pytest.raises(ValueError, match="read-only"):
        trace("w*2", {"w": 1, "x": [1, 2]}).variables["x"][0] = 9
    found = trace(LINEAR, w=1, x=1, y=2)
    with pytest.raises(AttributeError):
        found.wrt = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.nodes[0].value = 3.0  # type: ignore[misc]


def test_output_of_many_numbers() -> None:
    """An output that is no single number is refused with its shape."""
    with pytest.raises(backtrace.ShapeError, match=r"\(2,\)"):
        trace("x + 1", x=[1, 2])


UNARY = ["exp", "tanh", "sin", "relu", "abs", "sigmoid"]
PROGRAMS = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("{}({})".format, st.sampled_from(UNARY), inner)
        | st.builds("max({}, {})".format, inner, inner)
    ),
    max_leaves=12,
)
NUMBERS = st.floats(-3, 3) | st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.0, 800.0])


@given(PROGRAMS, NUMBERS, NUMBERS)
def test_invariants(program: str, x: float, y: float) -> None:
    """Inputs come first; an adjoint is the sum of its products, from the last to the first."""
    found = trace(program, {"x": x, "y": y})
    found.graph.validate()
    for node in found.nodes[:-1]:
        if node.adjoint is not None and node.contributions:
            total = node.contributions[-1].product
            for contribution in node.contributions[-2::-1]:
                total = total + contribution.product
            assert total == node.adjoint or (np.isnan(total) and np.isnan(node.adjoint))
        assert type(node.value) is float


@given(PROGRAMS, NUMBERS, NUMBERS)
def test_a_program_does_not_differ_from_torch(program: str, x: float, y: float) -> None:
    """Whatever is written, at kinks, poles and overflow too, torch has the same numbers."""
    check = trace(program, {"x": x, "y": y}).check()
    assert check.status != "differs", check.summary


def test_long_program() -> None:
    """A program of 20,000 statements is traced without recursion."""
    found = trace("x = 0.5*x + 1\n" * 20_000, {"x": 1.0})
    assert found.value == pytest.approx(2.0)
    assert isinstance(found, Trace)


# -- arrays

SEEDS: list[tuple[str, Any, dict[str, Any]]] = [
    ("x + 1", 1, {"x": [1, 1, 1]}),
    ("x*w", "1/2", {"x": [1, 1, 1], "w": 3}),
    ("x*w", [1, 10, 100], {"x": [2, 20, 200], "w": 321}),
    ("sum(x)", 3, {"x": [3, 3, 3]}),
    ("sum(x, keepdims=True)", None, {"x": [1, 1, 1]}),
    ("sum(x, keepdims=True)", [3], {"x": [3, 3, 3]}),
    ("x[1:2]*w", None, {"x": [0, 2, 0], "w": 2}),
    ("x[:0]", 1, {"x": [0, 0, 0]}),
    ("A @ x", [1, 0], {"A": [[1, 2, 3], [0, 0, 0]], "x": [1, 2, 3]}),
    ("A + x", [[1, 0, 0]], {"A": [[1, 0, 0], [1, 0, 0]], "x": [2, 0, 0]}),
    ("w*w", 5, {"w": 20}),
    ("w*w", 0, {"w": 0}),
    ("w*w", np.array(5), {"w": 20}),
]
VALUES: dict[str, Any] = {"w": 2, "x": [1, 2, 3], "A": [[1, 2, 3], [4, 5, 6]]}


@pytest.mark.parametrize(("program", "seed", "gradients"), SEEDS)
def test_the_gradient_to_start_from(program: str, seed: Any, gradients: dict[str, Any]) -> None:
    """An output of one number starts by itself, any other from the seed, which broadcasts to it."""
    found = trace(program, VALUES, wrt=gradients, seed=seed)
    for name, gradient in gradients.items():
        assert np.array_equal(found.gradients[name], gradient), name
        assert np.shape(found.gradients[name]) == np.shape(VALUES[name])
    assert found.check().status == "agrees"


REFUSED = {
    ("x + 1", None): """
the output has shape (3,), and only from one number does a gradient start by itself: take sum(…) \
or mean(…) of it, or give the upstream gradient: seed=1 (--seed 1)
    x + 1
    ^^^^^""",
    ("y = x*w\nz = y[:0]", None): """
the output has shape (0,), and only from one number does a gradient start by itself: take sum(…) \
or mean(…) of it, or give the upstream gradient: seed=1 (--seed 1)
    line 2: z = y[:0]
                ^^^^^""",
    ("2*A.T", (1, 2, 3)): """
the seed has shape (3,), and the output has shape (3, 2)
    2*A.T
    ^^^^^""",
    ("w*sum(x)", (1,)): """
the seed has shape (1,), and the output is one number
    w*sum(x)
    ^^^^^^^^""",
}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_an_output_that_no_gradient_starts_from(case: tuple[str, Any]) -> None:
    """An output of many numbers, or a seed that does not fit it, is refused with its shape."""
    program, seed = case
    with pytest.raises(backtrace.ShapeError) as caught:
        trace(program, VALUES, seed=seed)
    assert "\n" + str(caught.value) == REFUSED[case]


def test_every_variable_but_indices_is_differentiated_by() -> None:
    """A name that is an index or holds classes gets no gradient unless it is asked for."""
    found = trace("cross_entropy(A[i], t) + w", {**VALUES, "i": 1, "t": 2, "z": 7})
    assert list(found.gradients) == ["A", "w", "x", "z"]
    assert found.gradients["A"][0].tolist() == [0, 0, 0]
    assert found["i"].adjoint is None
    assert found["t"].adjoint is None


@pytest.mark.parametrize(
    "given",
    [
        np.float32(0.1),
        np.array(2, dtype=np.int8),
        np.array([[1.5, 2.5]]),
        np.arange(6.0)[::-2],
        np.arange(6.0).reshape(2, 3).T,
        np.broadcast_to(np.float64(3), (2, 2)),
        np.zeros((0, 3)),
        np.array([True, False]),
        [[1], [2]],
        "[1, 1/2]",
        "linspace(0, 1, 5)",
    ],
    ids=str,
)
def test_whatever_is_given_becomes_float64(given: Any) -> None:
    """Values are float64, numpy's scalar or a read-only array, and what was given is left alone."""
    before = np.array(given, dtype=object)
    found = trace("sum(x*x) + sum(x)*0", x=given)
    value, gradient = found.values[0], found.adjoints[0]
    assert value.dtype == np.float64
    assert type(value) is np.float64 or not value.flags.writeable
    assert gradient is not None
    assert np.array_equal(gradient, 2 * value)
    assert found.check().status == "agrees"
    assert np.array_equal(before, np.array(given, dtype=object))


def test_a_trace_keeps_what_it_was_given() -> None:
    """An array that its owner changes afterwards is another one than the trace has."""
    given = np.array([1.0, 2.0])
    found = trace("sum(x*x)", x=given)
    given[0] = 99
    assert found["x"].value.tolist() == [1, 2]
    assert found.gradients["x"].tolist() == [2, 4]
    given.setflags(write=True)


def test_gradients_of_arrays_are_arrays() -> None:
    """A gradient has the shape of its variable, and cannot be written."""
    found = trace("mean((x*w + b - y)**2)", x=[1, 2], w=[0.5], b=1, y=[[1, 2], [3, 4]])
    assert {name: np.shape(g) for name, g in found.gradients.items()} == {
        "x": (2,), "w": (1,), "b": (), "y": (2, 2),
    }  # fmt: skip
    with pytest.raises(ValueError, match="read-only"):
        found.gradients["x"][0] = 1
    assert [c.summed for c in found["b"].contributions] == ["summed over axis 0 to one number"]
