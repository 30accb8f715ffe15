"""backtrace.render.node: one node's calculation; how it looks is in the snapshots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backtrace
from backtrace.errors import UsageError
from backtrace.render import Look
from backtrace.render.edges import MOST_EDGES
from backtrace.render.node import node

TWICE = ("(y - (w*x + b))**2 + w**2", {"y": 2, "w": 1, "x": 1, "b": 0})


@pytest.mark.parametrize(
    ("program", "bindings", "name", "texts"),
    [
        (
            "s = yhat - y; loss = s**2",
            {"yhat": 1, "y": 2},
            "s",
            [
                "s = yhat - y = 1 - 2 = -1",
                "via loss: ∂loss/∂loss × ∂loss/∂s = 1 × (2*s) = 1 × -2 = -2",
                "to y: ∂loss/∂s × ∂s/∂y = -2 × -1 = 2",
            ],
        ),
        (
            *TWICE,
            "w",
            [
                "via v1: ∂L/∂v1 × ∂v1/∂w = -2 × x = -2 × 1 = -2",
                "∂L/∂w = -2 + 2 = 0",
                "formula     ∂L/∂w = ",
            ],
        ),
        (*TWICE, "v3", ["via v4: ∂L/∂v4 × ∂v4/∂v3 = 1 × (2*v3) = 1 × 2 = 2"]),
        (*TWICE, "L", ["∂L/∂L = 1   where gradients start", "to v4: "]),
        ("2*log(x)", {"x": -1}, "v1", ["log(x) = log(-1) = nan", "log needs a number above 0"]),
        ("x**2", {"x": -3}, "L", ["(-3)**2 = 9"]),
        ("log(relu(x))", {"x": -1}, "x", ["blocked (local 0) = 0"]),
        ("c = a; c = a*a; c = c*a", {"a": 2}, "c.1", []),
        ("x*y", {"x": 1, "y": 2}, "x", ["a variable"]),
        (
            "mean((w*x - y)**2)",
            {"w": 2, "x": [1, 2], "y": [1, 1]},
            "w",
            ["via v1: ∂L/∂v1 ⊙ ∂v1/∂w = [1, 3] ⊙ x = [1, 3] ⊙ [1, 2], summed over axis 0"],
        ),
        (
            "mean((w*x - y)**2)",
            {"w": 2, "x": [1, 2], "y": [1, 1]},
            "v1",
            ["v1 = w*x = 2*[1, 2] = [2, 4]   (2,)"],
        ),
        (
            "sum(x @ W)",
            {"x": [1, 2], "W": [[1], [3]]},
            "W",
            ["via v1: Ḡ = ∂L/∂v1 = [1]; outer(x, Ḡ) = [[1], [2]]", "Ḡ is the upstream"],
        ),
        ("var(x)", {"x": [1, 2, 4]}, "L", ["note        divides by n - 1 = 2"]),
        (
            "sum(layer_norm(x, w, b))",
            {"x": [1, 5], "w": [1, 2], "b": [0, 1]},
            "x",
            ["; (Ḡ*w - mean(Ḡ*w, axis=-1, keepdims=1) - layer_norm(x)*mean("],
        ),
    ],
)
def test_says(program: str, bindings: dict[str, Any], name: str, texts: list[str]) -> None:
    """A node's calculation says this."""
    found = node(backtrace.trace(program, bindings), name).plain
    for text in texts:
        assert text in found


def test_indices() -> None:
    """Classes have no gradient and no norm, however many they are."""
    classes = np.arange(300) % 2
    trace = backtrace.trace("cross_entropy(x, t)", x=np.eye(2)[classes], t=classes, wrt="x")
    found = node(trace, "t").plain
    assert "gradient    whole numbers, no gradient" in found
    assert "‖·‖" not in found
    assert "‖·‖ is the square root of the sum of the squares" in node(trace, "x").plain


def test_matrices_in_rows() -> None:
    """A matrix that does not fit on a line has a line for each row, numbers under one another."""
    trace = backtrace.trace("sum((x @ W)**2)", x=np.eye(3) / 7, W=np.eye(3) / -3)
    found = node(trace, "W", Look(width=60)).plain
    assert (
        """
              ∂L/∂W = [[-0.0136054,          0,          0],
                       [         0, -0.0136054,          0],
                       [         0,          0, -0.0136054]]"""
        in found
    )


def test_formula_in_named_nodes() -> None:
    """Where the formula in the variables is too long, it is given in the steps of the program."""
    program = "h = sigmoid(x @ W1 + b1); o = sigmoid(h @ W2 + b2); sum((t - o)**2)/2"
    matrices = {"W1": np.eye(2), "W2": np.eye(2), "x": [1, 2], "t": [0, 1]}
    trace = backtrace.trace(program, {**matrices, "b1": 0, "b2": 0})
    assert "formula     ∂L/∂W2 = outer(h, o*(1 - o)*(o - t))" in node(trace, "W2").plain


def test_not_asked() -> None:
    """A node that needs no gradient says so."""
    trace = backtrace.trace("w*x", w=1, x=2, wrt="w")
    assert "none was asked for" in node(trace, "x").plain


@pytest.mark.parametrize("width", [60, 80])
def test_width(width: int) -> None:
    """No line is wider than asked for."""
    trace = backtrace.trace(TWICE[0], TWICE[1])
    for name in trace.graph.labels:
        assert max(map(len, node(trace, name, Look(width=width)).plain.splitlines())) <= width


@pytest.mark.parametrize("width", [60, 80])
def test_width_of_arrays(width: int) -> None:
    """The same where there are arrays, of which more is shown than in the tree."""
    trace = backtrace.trace("mean((x @ w)**2)", x=np.eye(5) / 3, w=np.arange(5) / 7)
    for name in trace.graph.labels:
        found = node(trace, name, Look(width=width)).plain
        assert max(map(len, found.splitlines())) <= width
        assert "…" not in found


def test_many_uses() -> None:
    """Of thousands of contributions the last are spelled out, and the others are counted."""
    trace = backtrace.trace("v = a\n" + "v = v + b\n" * 3_000, a=0, b=1)
    found = node(trace, "b").plain
    assert found.count("via ") == MOST_EDGES
    assert "2,980 contributions before these" in found


def test_unknown_name() -> None:
    """A name that is no node's is an error with near matches."""
    with pytest.raises(UsageError, match="no node is called 'yhatt': did you mean yhat"):
        node(backtrace.trace("yhat = w*x", w=1, x=1), "yhatt")
