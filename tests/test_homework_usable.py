"""Points near kinks, or where nothing is defined, do not serve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtrace.homework.problems.problem import Problem


def serves(program: str, **at: Any) -> bool:
    """Whether a point serves for comparing."""
    return Problem(program, at).has_own


KINKS = [
    ("relu(x)", {"x": 0}),
    ("relu(x)", {"x": 5e-4}),
    ("relu(x)", {"x": -5e-4}),
    ("relu(w*x - y)", {"w": 2, "x": 3, "y": 6}),
    ("leaky_relu(x)", {"x": 0}),
    ("relu(x)**2", {"x": 0}),
    ("abs(x - 1)", {"x": 1}),
    ("floor(x)", {"x": 2}),
    ("floor(x)", {"x": 1e5}),
    ("ceil(x)", {"x": -3}),
    ("round(x)", {"x": 2.5}),
    ("x % y", {"x": 4, "y": 2}),
    ("max(x, y)", {"x": 2, "y": 2}),
    ("max(x, y)", {"x": 20, "y": 20}),
    ("min(x, y, z)", {"x": 1, "y": 1, "z": 3}),
    ("max(x, 50)", {"x": 50}),
    ("clip(x, 0, 1)", {"x": 0}),
    ("clip(x, 0, 20)", {"x": 20}),
    ("where(x > y, x, -y)", {"x": 3, "y": 3}),
    ("hinge(x, y)", {"x": 1, "y": 1}),
    ("sum(relu(x))", {"x": [1, 0, 2]}),
    ("mean(abs(x - y))", {"x": [1, 2], "y": [3, 2]}),
    ("norm(x)", {"x": [0, 0]}),
]
UNDEFINED = [
    ("log(x)", {"x": -1}),
    ("1/x", {"x": 0}),
    ("sqrt(x)", {"x": 0}),
    ("exp(x)", {"x": 1000}),
    ("x*y", {"x": float("nan"), "y": 1}),
    ("x**0.5", {"x": -4}),
    ("sum(log(x))", {"x": [1, 0]}),
]
SMOOTH = [
    ("relu(x)", {"x": 2e-3}),
    ("abs(x)", {"x": -0.01}),
    ("floor(x)", {"x": 2.5}),
    ("max(x, y)", {"x": 2, "y": 2.01}),
    ("exp(50*x)", {"x": 1}),
    ("sigmoid(1000*x)", {"x": 0.001}),
    ("tanh(1000*x)", {"x": 0.001}),
    ("1/x", {"x": 1e-4}),
    ("log(x)", {"x": 1e-3}),
    ("x**10", {"x": 9}),
    ("x**0.5", {"x": 2}),
    ("x**-3", {"x": 0.05}),
    ("tan(x)", {"x": 1.5}),
    ("softplus(x)", {"x": 0}),
    ("abs(x)**2 + relu(y)", {"x": 3e4, "y": 1e6}),
    ("max(x, y)", {"x": 1e9, "y": 2e9}),
    ("norm(x)", {"x": [3, 4]}),
    ("max(x)", {"x": [1, 5, 3]}),
    ("x[1]*2", {"x": [0, 1, 2]}),
]


@pytest.mark.parametrize(("program", "at"), KINKS)
def test_near_a_kink(program: str, at: dict[str, Any]) -> None:
    """A point within 1e-3 of a kink or a jump is dropped, however large the numbers there are."""
    assert not serves(program, **at)


@pytest.mark.parametrize(("program", "at"), UNDEFINED)
def test_undefined(program: str, at: dict[str, Any]) -> None:
    """So is one where the output or a gradient is no number."""
    assert not serves(program, **at)


@pytest.mark.parametrize(("program", "at"), SMOOTH)
def test_smooth(program: str, at: dict[str, Any]) -> None:
    """What is steep and smooth is no kink, and what is away from a kink serves."""
    assert serves(program, **at)


def test_what_no_gradient_reaches() -> None:
    """A kink that nothing depends on, and one of an index, does not count."""
    assert serves("h = relu(y); x**2", x=1.0, y=0.0)
    assert serves("relu(0)*x + x", x=1.0)
    assert serves("x[i]", x=[1.0, 2.0], i=1)


def test_every_point_by_itself() -> None:
    """Of many points in one pass those near the kink are dropped and no others."""
    problem = Problem("relu(x)*y", {"x": 1.0, "y": 1.0})
    x = np.array([-1.0, -1e-4, 0.0, 1e-4, 1.0, np.nan, 2.0])
    kept = problem.at_points({"x": x, "y": np.ones(7)})
    assert kept.points["x"].tolist() == [-1.0, 1.0, 2.0]
