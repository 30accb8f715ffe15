"""Sweeps in which something else is done on some edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import graphs
from programs import Program, programs

from backtrace.errors import ShapeError
from backtrace.graph import Graph
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.mistakes import rules
from backtrace.homework.mistakes.paths import Arrival, Edge, Paths, fitted_to
from backtrace.homework.problems.problem import Problem
from backtrace.homework.problems.sampled import Sampled
from backtrace.ops.rows import Array
from backtrace.passes import active_nodes, backward, forward, frozen
from backtrace.reading import read

ARRAYS = {"W": [[1.0, 2.0, -1.0], [0.5, -1.5, 2.0]], "x": [0.3, -0.7, 1.1], "t": 0.8}
NET = "z = W @ x; a = tanh(z*t); L = sum(a**2)"
SQUARE = ("s = w*x - y; L = s**2", {"w": 2.0, "x": -3.0, "y": 1.0})
FANS = ("h = w**2; m = h*w; s = sin(m); L = s**2 + h", {"w": 0.7})
DEEP = ("h = w**2; g = sin(h); s = h*g; p = s*g + h; L = p**2", {"w": 0.7})


def paths(problem: Problem, left: str) -> Paths:
    """The paths of a derivative, by its left side."""
    target = read_left(left, problem.graph)
    assert target.by is not None
    return Paths(problem.sampled, target.of, target.by)


def edge(p: Paths, via: str, into: str) -> Edge:
    """The edge between two nodes, by their labels."""
    labels = p.graph.labels
    return next(e for e in p.edges if (labels[e.via], labels[e.into]) == (via, into))


def described(p: Paths) -> list[str]:
    return [f"{p.graph.labels[e.via]}>{p.graph.labels[e.into]}" for e in p.edges]


# -- the edges


def test_edges_in_order() -> None:
    """The edges on a path are those of the backward sweep, from the output down, and no others."""
    problem = Problem(*FANS)
    assert described(paths(problem, "dL/dw")) == [
        *("L>v1", "L>h", "v1>s", "s>m", "m>h", "m>w", "h>w")
    ]
    assert described(paths(problem, "ds/dh")) == ["s>m", "m>h"]
    assert described(paths(problem, "dh/ds")) == []
    labels = problem.graph.labels
    assert [labels[i] for i in paths(problem, "dL/dw").inner] == ["v1", "h", "s", "m"]


def test_what_passes_no_gradient_is_no_edge() -> None:
    """The index of an entry, and the condition of a choice, are not on a path."""
    problem = Problem("L = where(w > 0, w**2, x)", {"w": 2.0, "x": 3.0})
    assert all("gt" not in text for text in described(paths(problem, "dL/dw")))
    assert len(paths(problem, "dL/dw").edges) == 2
    itself = Problem("L = where(w, w**2, x)", {"w": 2.0, "x": 3.0})
    assert described(paths(itself, "dL/dw")) == ["L>v1", "v1>w"]


# -- nothing is changed


@pytest.mark.parametrize(("program", "at"), [SQUARE, FANS, DEEP, (NET, ARRAYS)])
def test_without_a_change(program: str, at: dict[str, Any]) -> None:
    """A sweep without a change is the backward pass, for any two nodes."""
    problem = Problem(program, at)
    names = problem.graph.names.values()
    for of in names:
        for by in names:
            target = Target(of, by)
            if not problem.references.is_whole(target):
                found = Paths(problem.sampled, of, by).swept({})
                assert np.allclose(found, problem.reference(target), rtol=1e-12, atol=0)


@given(graphs(), st.data())
def test_random_programs(graph: Graph, data: st.DataObject) -> None:
    """For random programs of numbers it is the reference, wherever that is a number."""
    problem = Problem(graph, dict.fromkeys(graph.variables, 0.5))
    node = st.integers(0, len(graph.nodes) - 1)
    of, by = data.draw(node), data.draw(node)
    found = Paths(problem.sampled, of, by).swept({})
    right = problem.reference(Target(of, by))
    usable = np.isfinite(right)
    assert np.allclose(found[usable], right[usable], rtol=1e-9, atol=0)


@given(programs(["ordinary", "ties"]))
def test_random_programs_of_arrays(program: Program) -> None:
    """For random programs of arrays it is the backward pass with ones, to every variable."""
    graph = read(program.text, program.values)
    values = forward(graph, program.values)
    ones = frozen(np.ones_like(values[graph.output])[()])
    adjoints = backward(graph, values, active_nodes(graph, graph.variables.values()), ones)
    numbers = [*(values[i] for i in graph.needed), *(a for a in adjoints if a is not None)]
    if not all(np.all(np.isfinite(n)) for n in numbers):
        return  # no sample point: what a choice blocks is 0 of nan in one and nan in the other
    for by in graph.variables.values():
        found = Paths(Sampled(graph, [values], 1), graph.output, by).swept({})[0]
        right = adjoints[by]
        expected = np.zeros_like(values[by]) if right is None else right
        assert found.shape == np.shape(values[by])
        finite = np.isfinite(expected)
        assert np.allclose(found[finite], expected[finite], rtol=1e-9, atol=1e-12)


# -- derivatives that are known


@pytest.mark.parametrize(("program", "at"), [FANS, DEEP])
def test_known_derivatives_that_are_right(program: str, at: dict[str, Any]) -> None:
    """Right derivatives between any nodes, one or several, change nothing."""
    problem = Problem(program, at)
    names = sorted(problem.graph.names.values())
    pairs = [(of, by) for of in names for by in names if of > by]
    right = {pair: problem.reference(Target(*pair)) for pair in pairs}
    for of, by in pairs:
        p = Paths(problem.sampled, of, by)
        choices = [[one] for one in pairs] + [[one, two] for one in pairs for two in pairs]
        for known in [*choices, pairs]:
            found = p.swept({}, {pair: right[pair] for pair in known})
            assert np.allclose(found, right[of, by], rtol=1e-12, atol=1e-300), (of, by, known)


KNOWN = [  # a derivative that is wrong, and what follows for dL/dw
    (FANS, {"ds/dm": "sin(m)"}, "2*s*sin(m)*(2*w*w + h) + 2*w"),
    (FANS, {"ds/dh": "m"}, "2*s*(m*2*w + cos(m)*h) + 2*w"),
    (FANS, {"dL/ds": "s"}, "s*cos(m)*(2*w*w + h) + 2*w"),
    (FANS, {"dL/dm": "m"}, "m*(2*w*w + h) + 2*w"),
    (FANS, {"dL/dh": "m"}, "m*2*w + 2*s*cos(m)*h"),
    (FANS, {"dm/dw": "3"}, "2*s*cos(m)*3 + 2*w"),
    (FANS, {"ds/dh": "m", "ds/dm": "sin(m)"}, "2*s*(m*2*w + sin(m)*h) + 2*w"),
    (DEEP, {"dg/dh": "g"}, "2*p*(g*(g + h*g) + s*g + 1)*2*w"),
]


@pytest.mark.parametrize(("problem", "known", "expected"), KNOWN)
def test_known_derivatives_that_are_wrong(
    problem: tuple[str, dict[str, Any]], known: dict[str, str], expected: str
) -> None:
    """One stands for all paths between its two nodes, and for no others."""
    one = Problem(*problem)
    names = one.graph.names
    pairs = {}
    for left, answer in known.items():
        target = read_left(left, one.graph)
        assert target.by is not None
        pairs[target.of, target.by] = one.of_claim(read(answer, names))
    found = paths(one, "dL/dw").swept({}, pairs)
    assert np.allclose(found, one.of_claim(read(expected, names)), rtol=1e-12)


def test_known_derivatives_of_arrays() -> None:
    """The derivative of every entry by every entry is multiplied as a matrix."""
    problem = Problem("z = W @ x; a = tanh(z); L = sum(a**2)", {n: ARRAYS[n] for n in "Wx"})
    names = problem.graph.names
    p = paths(problem, "dL/dx")
    for left, answer in [
        ("dz/dx", "2*W"),
        ("dL/dz", "2*2*a*(1 - a**2)"),
        ("da/dz", "2*(1 - a**2)"),
    ]:
        target = read_left(left, problem.graph)
        assert target.by is not None
        known = {(target.of, target.by): problem.of_claim(read(answer, names))}
        right = problem.reference(Target(p.of, p.by))
        assert np.allclose(p.swept({}, known), 2 * right, rtol=1e-12), left


# -- something else is done


def changed(problem: Problem, left: str, via: str, into: str, rule: Any) -> Array:
    p = paths(problem, left)
    return p.swept({edge(p, via, into): rule})


RULES = [
    (rules.left_out, "L", "s", "x"),
    (rules.left_out, "v1", "w", "2*s"),
    (rules.with_other_sign, "v1", "w", "-2*s*x"),
    (rules.twice, "L", "s", "2*s*2*s*x"),
    (rules.twice, "v1", "w", "2*s*x*x"),
    (rules.added, "v1", "w", "2*s + x"),
    (rules.added, "L", "s", "(1 + 2*s)*x"),
]


@pytest.mark.parametrize(("rule", "via", "into", "expected"), RULES)
def test_rules(rule: Any, via: str, into: str, expected: str) -> None:
    """Left out, with the other sign, twice and added: on one edge, and passed on from there."""
    problem = Problem("v1 = w*x; s = v1 - y; L = s**2", SQUARE[1])
    found = changed(problem, "dL/dw", via, into, rule)
    assert np.allclose(found, problem.of_claim(read(expected, problem.graph.names)), rtol=1e-12)


def test_a_value_for_a_derivative() -> None:
    """The value of the operation, and its derivative at another node."""
    problem = Problem("m = w*x; s = sin(m); L = s*w", {"w": 2.0, "x": 0.3})
    p = paths(problem, "dL/dx")
    e = edge(p, "s", "m")
    names = problem.graph.names
    value = p.swept({e: rules.value_of(e)})
    assert np.allclose(value, problem.of_claim(read("w*s*w", names)))
    elsewhere = rules.local_at(problem.graph, e, problem.graph.variables["x"])
    assert elsewhere is not None
    assert np.allclose(p.swept({e: elsewhere}), problem.of_claim(read("w*cos(x)*w", names)))
    neg = Problem("L = -(w**2)", {"w": 2.0})
    n = paths(neg, "dL/dw")
    assert rules.local_at(neg.graph, n.edges[0], 0) is None


def test_slips_of_the_table() -> None:
    """A well-known wrong form stands in the place of the derivative, for numbers and arrays."""
    problem = Problem("s = sigmoid(w*x); L = s**2", {"w": 2.0, "x": 0.3})
    p = paths(problem, "dL/dw")
    s, x = (problem.of_claim(read(t, problem.graph.names)) for t in "sx")
    e = next(e for e in p.edges if p.graph.applied(e.via).op.name == "sigmoid")
    found = [rules.of_slip(p.graph, e, slip) for slip in p.graph.applied(e.via).op.slips]
    forms = [p.swept({e: rule}) / (2 * s * x) for rule in found]
    assert any(np.allclose(form, s * (1 + s)) for form in forms)
    assert not any(np.allclose(form, s * (1 - s)) for form in forms)
    arrays = Problem("S = W @ M; L = sum(S**2)", {"W": ARRAYS["W"], "M": np.eye(3)})
    a = paths(arrays, "dL/dW")
    e = edge(a, "S", "W")
    slips = [slip for slip in a.graph.applied(e.via).op.slips if slip.slot == e.slot]
    assert slips
    for slip in slips:  # some do not fit these shapes
        try:
            wrong = a.swept({e: rules.of_slip(a.graph, e, slip)})
        except (ValueError, ShapeError):
            continue
        assert not np.allclose(wrong, a.swept({}))


def test_one_path_alone() -> None:
    """The product along one path, of which the sum over all is the derivative."""
    problem = Problem(*FANS)
    p = paths(problem, "dL/dw")
    names = [("L", "v1"), ("v1", "s"), ("s", "m")]
    upper = [edge(p, *pair) for pair in names]
    through_h = [*upper, edge(p, "m", "h"), edge(p, "h", "w")]
    straight = [*upper, edge(p, "m", "w")]
    short = [edge(p, "L", "h"), edge(p, "h", "w")]
    answers = [p.along(way) for way in (through_h, straight, short)]
    texts = ("2*s*cos(m)*w*2*w", "2*s*cos(m)*h", "2*w")
    for answer, text in zip(answers, texts, strict=True):
        assert np.allclose(answer, problem.of_claim(read(text, problem.graph.names)))
    assert np.allclose(sum(answers), p.swept({}))


def test_local_derivatives() -> None:
    """A local derivative is known at all points; of an operation on whole arrays there is none."""
    problem = Problem(*SQUARE)
    p = paths(problem, "dL/dw")
    assert [p.is_one(e) for e in p.edges] == [False, True, False]
    assert np.allclose(p.local(p.edges[-1]), problem.points["x"])
    arrays = Problem(NET, ARRAYS)
    a = paths(arrays, "dL/dx")
    product = edge(a, "z", "x")
    assert not a.is_one(product)
    with pytest.raises(ValueError, match="no local derivative"):
        a.local(product)
    for rule in (rules.with_other_sign, rules.twice, rules.added):
        with pytest.raises(ValueError, match="no local derivative"):
            a.swept({product: rule})


def test_what_does_not_fit() -> None:
    """A product is brought to the shape of its input, stretched or summed; else it is refused."""
    assert fitted_to(np.ones((2, 3)), (3,)).tolist() == [2, 2, 2]
    assert fitted_to(np.float64(4), (2,)).tolist() == [4, 4]
    assert fitted_to(np.ones((2, 1)), (2, 3)).shape == (2, 3)
    assert fitted_to(np.ones(3), ()) == 3
    for shape in ((2,), (3, 2), (4, 3)):
        with pytest.raises(ValueError, match="shape"):
            fitted_to(np.ones((2, 3)), shape)
    arrival = Arrival(np.float64(2), np.float64(3), [])
    assert (arrival.product, arrival.factor) == (6, 3)
