"""A program, its sample points, and the right answers at them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtrace.errors import BacktraceError, BindingError, ShapeError
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.problems.problem import Problem
from backtrace.reading import read

SQUARE = "s = w*x - y; L = s**2"
AT: dict[str, Any] = {"w": 2, "x": -3, "y": 1}


def test_the_same_points_in_every_run() -> None:
    """Classmates and a second run get the same points, whatever their own point is."""
    first, again = Problem(SQUARE, AT), Problem(SQUARE, {**AT, "w": 5})
    assert first.points["w"][:4].tolist() == [2.14, 0.96, 1.4, 1.56]
    for name in AT:
        assert np.array_equal(first.points[name][:-1], again.points[name][:-1])
    assert first.count == again.count == 24
    other = Problem(SQUARE, AT, domain={"w": "positive"})
    assert not np.array_equal(other.points["x"], first.points["x"])


def test_the_own_point_is_the_last() -> None:
    """The problem's own point is a sample point, where it is usable."""
    problem = Problem(SQUARE, AT)
    assert problem.has_own
    assert problem.point(problem.count - 1) == {"w": 2.0, "x": -3.0, "y": 1.0}
    kink = Problem("relu(x)", {"x": 0})
    assert (kink.count, kink.has_own) == (23, False)
    assert kink.own(Target(kink.graph.output, 0)) == 0.0


def test_signs_are_mixed() -> None:
    """Every variable is positive and negative, so that relu' = 1 is seen to be wrong."""
    points = Problem(SQUARE, AT).points
    assert all(v.min() < -1 and v.max() > 1 for v in points.values())


FEW = [  # usable points; more are tried where there are fewer than 12
    ("log(x)", {"x": 2.0}, 12, 24),
    ("acos(x)*log(y)", {"x": 0.2, "y": 2.0}, 12, 60),
    ("log(x) + log(1 - x)", {"x": 0.5}, 12, 60),
    ("sqrt(x - 100)", {"x": 101.0}, 5, 13),
    ("sqrt(-1 - x**2)", {"x": 1.0}, 0, 0),
    ("x*0 + inf", {"x": 1.0}, 0, 0),
]


@pytest.mark.parametrize(("program", "at", "least", "most"), FEW)
def test_few_usable_points(program: str, at: dict[str, float], least: int, most: int) -> None:
    """Where few of the ordinary points serve there are others, near the own point too."""
    problem = Problem(program, at)
    assert least <= problem.count <= most
    values = problem.reference(Target(problem.graph.output))
    assert np.all(np.isfinite(values))


def test_without_a_point() -> None:
    """Without bindings every variable is a number; without variables there is no point."""
    free = Problem(SQUARE)
    assert (free.count, free.has_point, free.has_own) == (23, False, False)
    assert free.of_claim(read("2*s*x", free.graph.names)).shape == (23,)
    assert Problem("log(x)").count >= 12
    constant = Problem("2 + 1", {})
    assert (constant.count, constant.has_point) == (0, True)
    assert constant.own(Target(constant.graph.output)) == 3.0
    others = Problem("x**2", others=["y"])
    assert set(others.points) == {"x", "y"}
    assert np.array_equal(others.of_claim(read("y + x")), others.points["x"] + others.points["y"])


DOMAINS = ["positive", "negative", (2.0, 3.0), (-1e-6, 1e-6)]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain(domain: Any) -> None:
    """Drawn points are in the declared domain."""
    found = Problem("x**2 + y", None, domain={"x": domain}).points
    low, high = {"positive": (0, 10), "negative": (-10, 0)}.get(domain, domain)
    assert np.all((found["x"] >= low) & (found["x"] <= high))
    assert found["y"].min() < 0 < found["y"].max()


REFUSED = [
    ("x +", {"x": 1}, None, "must follow"),
    ("x*q", {"x": 1}, None, "no value for q"),
    ("x + y", {"x": [1, 2, 3], "y": [1, 2]}, None, "shapes do not combine"),
    ("x", {"x": "no number"}, None, "x"),
    ("x", {"x": 1}, {"q": "real"}, "a domain is declared for q"),
    ("x", {"x": 1}, {"x": "Positive"}, "the domain of x is"),
    ("x", {"x": 1}, {"x": [2, 1]}, "the domain of x is"),
]


@pytest.mark.parametrize(("program", "at", "domain", "message"), REFUSED)
def test_a_problem_that_cannot_be(program: str, at: Any, domain: Any, message: str) -> None:
    """What is wrong with a problem is an error with its reason."""
    with pytest.raises(BacktraceError, match=message):
        Problem(program, at, domain=domain)


def test_arrays() -> None:
    """Points of arrays have their shapes, with the points on axis 0, one pass each."""
    problem = Problem("mean((X @ w - y)**2)", {"X": np.eye(2), "w": [1, 2], "y": [0, 1]})
    assert {n: v.shape for n, v in problem.points.items()} == {
        "X": (24, 2, 2), "w": (24, 2), "y": (24, 2)
    }  # fmt: skip
    assert len(problem.passes) == 24
    matrix, w, y = (problem.points[n] for n in "Xwy")
    residual = np.einsum("kij,kj->ki", matrix, w) - y
    target = read_left("dL/dw", problem.graph)
    assert np.allclose(problem.reference(target), np.einsum("kij,ki->kj", matrix, residual))
    assert np.allclose(problem.of_claim(read("X.T @ (X @ w - y)", AT_ARRAYS)),
                       problem.reference(target))  # fmt: skip


AT_ARRAYS = {"X", "w", "y"}


def test_indices_and_classes_stay() -> None:
    """What chooses an entry is the same at all points; the numbers it chooses from are not."""
    at = {"z": [1.0, 2.0, 3.0], "y": 1}
    for program in ("cross_entropy(z, y)", "z[y]**2"):
        points = Problem(program, at).points
        assert set(points["y"]) == {1.0}
        assert len(set(points["z"][:, 0])) > 12
    together = Problem("cross_entropy(z, y)*t", {**at, "t": 2.0})
    assert len(set(together.points["t"])) > 12


def test_large_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of large arrays as many points are taken as can be held; of too large ones the own only."""
    at = {"x": np.ones(1000)}
    assert Problem("sum(x**2)", at).count == 24
    monkeypatch.setattr("backtrace.homework.problems.problem.MOST_HELD", 20_000)
    few = Problem("sum(x**2)", at)  # 2002 numbers a point
    assert (few.count, few.has_own) == (9, True)
    monkeypatch.setattr("backtrace.homework.problems.problem.MOST_HELD", 9_000)
    one = Problem("sum(x**2)", at)
    assert (one.count, one.has_own) == (1, True)


@pytest.mark.parametrize("program", ["sum(x)", "x", "exp(x)"])
def test_empty_arrays(program: str) -> None:
    """Arrays without entries are no special case."""
    problem = Problem(program, {"x": np.zeros(0)})
    assert problem.count == 24
    assert problem.reference(Target(problem.graph.output, 0)).shape == (24, 0)


def test_other_points() -> None:
    """The same problem at given points keeps those that are usable."""
    problem = Problem("relu(w*x)", {"w": 1.0, "x": 2.0})
    points = {"w": np.array([1.0, 1.0, 1.0]), "x": np.array([-1.0, 1e-5, 3.0])}
    assert problem.at_points(points).points["x"].tolist() == [-1.0, 3.0]


def test_an_answer_at_all_points() -> None:
    """Answers speak of variables and nodes; those of arrays are taken point by point."""
    problem = Problem(SQUARE, AT)
    w, x, y = (problem.points[n] for n in "wxy")
    names = {*problem.graph.names, "L"}
    assert np.array_equal(problem.of_claim(read("2*s*x", names)), 2 * (w * x - y) * x)
    assert problem.of_claim(read("7")).tolist() == [7.0] * 24
    assert problem.of_claim(read("[w, x]", names)).tolist() == np.stack([w, x], 1).tolist()
    assert np.array_equal(problem.of_claim(read("sum([w, L])", names)), w + (w * x - y) ** 2)
    with pytest.raises(ShapeError):
        problem.of_claim(read("[w, x] + [1, 2, 3]", names))


def test_a_node_without_variables() -> None:
    """c = 2*3 is a node as any other: the derivative by it is one number a point."""
    problem = Problem("c = 2*3; d = c + 1; L = d*x + c", {"x": 2.0})
    assert problem.at_once
    x = problem.points["x"]
    for left, right in [("dL/dc", x + 1), ("dL/dd", x), ("dd/dc", x * 0 + 1), ("dL/dx", x * 0 + 7)]:
        assert np.allclose(problem.reference(read_left(left, problem.graph)), right), left
    arrays = Problem("c = 2*3; L = sum(c*x)", {"x": [2.0, 3.0]})
    target = read_left("dL/dc", arrays.graph)
    assert np.allclose(arrays.reference(target), arrays.points["x"].sum(axis=1))


def test_a_domain_is_for_a_variable() -> None:
    """A domain for a name that the program assigns is an error of the assignment."""
    with pytest.raises(BindingError, match="no variable"):
        Problem(SQUARE, AT, domain={"s": "positive"})
