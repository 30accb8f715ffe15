"""backtrace.crosscheck.checking: what is compared, and the verdict on the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import graphs, planted, with_mistake

from backtrace.crosscheck import check, not_checked
from backtrace.errors import UsageError
from backtrace.graph import Graph
from backtrace.tracing import trace


def test_agreement_names_engine_version_and_numbers() -> None:
    """Every operation and variable is compared, and the summary says with what."""
    found = check(trace("yhat = w*x; s = yhat - y; loss = s**2", w=2, x=-3, y=1))
    assert (found.status, found.engine, found.exit_code) == ("agrees", "torch", 0)
    assert found.max_error == 0
    assert found.gradients == {"w": 42, "x": -28, "y": 14}
    assert [node.name for node in found.nodes] == ["w", "x", "yhat", "y", "s", "loss"]
    assert [node.torch_gradient for node in found.nodes] == [42, -28, -14, 14, -14, 1]
    version = found.version
    assert version is not None
    assert "+" not in version
    assert str(found) == f"checked against torch {version} autograd: all 6 nodes agree"


def test_constants_are_no_nodes_of_the_check() -> None:
    """A literal needs no gradient and no verdict, and torch gets it without requires_grad."""
    found = check(trace("x**2 + 3", x=-1.5))
    assert found.status == "agrees"
    assert [node.name for node in found.nodes] == ["x", "v1", "L"]


@pytest.mark.parametrize(
    ("program", "count"), [("3", 0), ("2*3 + 1", 2), ("a = 2; b = a*3; b*b", 2)]
)
def test_a_program_without_variables_is_checked(program: str, count: int) -> None:
    """Values are compared where there is nothing to differentiate by."""
    found = check(trace(program), "differences")
    assert found.status == "agrees"
    assert len(found.nodes) == count
    assert found.gradients == found.differences == {}


def test_an_unused_variable_has_gradient_zero() -> None:
    """A name that is not in the program gets 0.0 from torch and from differences too."""
    found = check(trace("x*x", {"x": 3, "unused": 1}, wrt="x,unused"), "differences")
    assert found.gradients == {"x": 6, "unused": 0}
    assert found.differences is not None
    assert found.differences["unused"] == 0


def test_a_statement_the_output_does_not_use_is_compared_by_value() -> None:
    """An idle node has a value on both sides and no gradient on either."""
    found = check(trace("a = x*2; b = x*3; L = a", x=2))
    idle = found.nodes[[node.name for node in found.nodes].index("b")]
    assert (idle.torch_value, idle.gradient, idle.torch_gradient) == (6, None, None)
    assert found.status == "agrees"


@pytest.mark.parametrize("wrt", ["s", "s,w", "w", "yhat,s", "L", "c", "idle"])
def test_an_intermediate_node_can_be_asked_for(wrt: str) -> None:
    """Its gradient is torch's, whether or not a variable lies behind it."""
    program = "c = 3; yhat = w*x; s = yhat - y*c; idle = w*w; L = s*s"
    found = check(trace(program, w=2, x=-3, y=1, wrt=wrt), "differences")
    expected = {"c": 18, "yhat": -18, "s": -18, "w": 54, "L": 1, "idle": 0}
    assert found.status == "agrees"
    assert found.gradients == {name: expected[name] for name in wrt.split(",")}
    assert found.differences == pytest.approx(dict(found.gradients), rel=1e-6)


def test_a_path_without_gradient_gives_zeros() -> None:
    """A comparison carries no gradient in torch either."""
    found = check(trace("where(x > y, 2, 3)", x=1, y=0))
    assert found.status == "agrees"
    assert found.gradients == {"x": 0, "y": 0}


@pytest.mark.parametrize(
    ("program", "x", "label"),
    [("relu(x)", 0, "L"), ("a = abs(x - 1); 2*a", 1, "a"), ("max(x, 0)", 0, "L")],
)
def test_agreement_at_a_kink_is_by_convention(program: str, x: float, label: str) -> None:
    """The verdict says which operation has the kink; differences are not used there."""
    found = check(trace(program, x=x), "differences")
    assert (found.status, found.exit_code) == ("convention", 0)
    assert f"({label})" in found.summary
    assert found.differences == {"x": None}
    assert [notice.code for notice in found.notices] == ["differences-skipped"]


def test_a_kink_that_no_gradient_passes_is_plain_agreement() -> None:
    """relu(0) of a constant has no convention to speak of."""
    assert check(trace("x + relu(0)", x=1)).status == "agrees"


@pytest.mark.parametrize(
    ("program", "x"),
    [
        ("log(x)", -1),
        ("log(x)", 0),
        ("sqrt(x)", 0),
        ("exp(x)", 1000),
        ("x/x", 0),
        ("x*2", math.nan),
    ],
)
def test_undefined_although_torch_agrees(program: str, x: float) -> None:
    """What is not a finite number is undefined, whatever torch makes of it."""
    found = check(trace(program, x=x), "differences")
    assert (found.status, found.exit_code) == ("undefined", 3)
    assert {node.verdict for node in found.nodes} == {"agrees"}
    assert found.max_error == 0
    assert found.differences == {"x": None}
    assert found.summary.startswith("undefined here: ")


def test_a_mistake_at_an_undefined_point_is_a_mistake() -> None:
    """A difference is told before undefinedness."""
    found = check(planted("a = log(x); L = a*y", "a", {"local": (lambda x, v: 2 / x,)}, x=-1, y=2))
    assert [node.name for node in found.differing] == ["a"]
    assert found.status == "differs"


def test_arrays_are_compared_entry_by_entry() -> None:
    """Shapes and entries count, and differences cover each entry."""
    weights = np.array([1.0, -2.0, 3.0])
    graph = trace("sum(w*w) + y", w=weights, y=1.0).graph
    found = check(trace(graph, w=weights, y=1.0), "differences")
    assert found.status == "agrees"
    assert found.gradients["w"].tolist() == [2, -4, 6]
    assert found.differences is not None
    assert found.differences["w"] == pytest.approx([2, -4, 6], rel=1e-6)
    square = graph.labels.index("v1")
    wrong = with_mistake(graph, square, local=(lambda x, y, v: y, lambda x, y, v: x * (x > 0)))
    found = check(trace(wrong, w=weights, y=1.0))
    assert [node.name for node in found.differing] == ["v1"]
    assert "its contribution to w is -0 at [1]; " in found.summary


def test_shapes_must_be_equal_too() -> None:
    """A value that torch has in another shape is a difference, not a broadcast."""
    wrong = {"forward": lambda x, y: np.array([x + y, x + y])}
    graph = planted("a = x + y; b = a*2; L = x*y", "a", wrong, x=1, y=2)
    found = check(graph)
    assert [node.name for node in found.differing] == ["a"]
    assert found.max_error == math.inf
    assert "shape (2,)" in found.summary


def test_not_checked() -> None:
    """--no-check owes nothing; a check asked for in vain ends with 4; undefined stays undefined."""
    fine, undefined = trace("x*x", x=2), trace("log(x)", x=-1)
    assert not_checked(fine).status == "not-checked"
    assert [not_checked(fine, why).exit_code for why in ("", "no torch")] == [0, 4]
    assert [not_checked(undefined, why).exit_code for why in ("", "no torch")] == [3, 3]
    assert not_checked(undefined, "no torch").reason.endswith("but x is -1; no torch")
    assert not_checked(undefined).status == "undefined"
    found = not_checked(fine)
    assert (found.engine, found.version, found.max_error) == (None, None, None)


def test_an_unknown_engine_is_refused() -> None:
    """The message has the two that there are."""
    with pytest.raises(UsageError, match="torch or differences"):
        check(trace("x*x", x=2), "jax")  # type: ignore[arg-type]


NUMBERS = st.floats(-3, 3, allow_subnormal=False)


@given(graphs(), NUMBERS, NUMBERS, NUMBERS)
def test_random_graphs_agree(graph: Graph, x: float, y: float, z: float) -> None:
    """Right rules never differ from torch, nor from differences; overflow is undefined."""
    found = check(trace(graph, x=x, y=y, z=z), "differences")
    assert found.status in ("agrees", "convention", "undefined"), found.summary
