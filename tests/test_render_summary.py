"""backtrace.render.summary: gradients, verdict and notices below a view."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import backtrace
from backtrace.crosscheck import Check, NodeCheck, not_checked
from backtrace.crosscheck.report import Status
from backtrace.records import Notice, Trace
from backtrace.render import Look
from backtrace.render.summary import MOST_NOTICES, MOST_VARIABLES, summary

PROGRAM = "yhat = w*x; s = yhat - y; loss = s**2"
TRACE = backtrace.trace(PROGRAM, w=1, x=1, y=2)


def checked(
    trace: Trace,
    status: Status = "agrees",
    *,
    differences: dict[str, float | None] | None = None,
    notices: Iterable[Notice] = (),
    **wrong: Any,
) -> Check:
    """A check of `trace` by hand; `wrong` has (torch's gradient, verdict) by node."""
    nodes = []
    for n in trace.nodes:
        if n.adjoint is not None:
            theirs, verdict = wrong.get(n.name, (n.adjoint, "agrees"))
            nodes.append(
                NodeCheck(
                    n.index,
                    n.name,
                    n.value,
                    n.adjoint,
                    n.value,
                    theirs,
                    float(np.max(np.abs(n.adjoint - theirs))),
                    verdict,
                    "",
                )
            )
    gradients = {name: wrong.get(name, (g,))[0] for name, g in trace.gradients.items()}
    summed = f"checked against torch 2.13.0 autograd: {status}"
    error = max(n.error for n in nodes)
    return Check(
        status,
        "torch",
        "2.13.0",
        error,
        tuple(nodes),
        gradients,
        differences,
        tuple(notices),
        summed,
    )


def lines(*args: Any, **options: Any) -> list[str]:
    return summary(*args, **options).plain.splitlines()


def test_not_checked() -> None:
    """Without a check there are formulas and numbers, no column of torch's, and it is said."""
    found = lines(TRACE, not_checked(TRACE))
    assert found[1].split() == ["variable", "value", "formula", "gradient"]
    assert found[2].split() == ["w", "1", "2*x*(w*x", "-", "y)", "-2"]
    assert found[-1] == "not checked"


def test_agrees() -> None:
    """Where all agree each variable has torch's number, the difference and the verdict."""
    found = lines(TRACE, checked(TRACE))
    assert found[1].split() == ["variable", "value", "formula", "gradient", "torch", "|Δ|"]
    assert found[2].endswith("-2      -2     0   ✓ agrees")
    assert found[-1] == "✓ checked against torch 2.13.0 autograd: agrees"


def test_differs() -> None:
    """A node that differs is listed with both numbers, and one that only follows is not."""
    check = checked(TRACE, "differs", yhat=(-1.5, "differs"), w=(-1.5, "follows"))
    found = lines(TRACE, check)
    assert "✗ yhat = w*x: value 1, torch 1; gradient -2, torch -1.5" in found[-1]
    assert found[-2].startswith("✗ checked")
    assert found[2].endswith("-1.5   0.5   ✗ follows")


def test_convention() -> None:
    """A convention that differs is marked in words, not by colour alone."""
    trace = backtrace.trace("relu(x)*w", x=0, w=2)
    found = summary(trace, checked(trace, "convention", x=(1.0, "convention"))).plain
    assert "! convention" in found
    assert "! checked against torch" in found
    assert "! x: value 0, torch 0; gradient 0, torch 1" in found
    assert "relu(x) is at a kink" in found


def test_undefined() -> None:
    """What is undefined is told once, whether or not it was checked."""
    trace = backtrace.trace("log(x)", x=0)
    reason = "log needs a number above 0"
    assert summary(trace, not_checked(trace)).plain.count(reason) == 1
    assert "✗ undefined" in summary(trace, not_checked(trace)).plain
    assert "not checked" in summary(trace, not_checked(trace)).plain


def test_undefined_gradient() -> None:
    """A gradient that is not finite is undefined even if torch has the same."""
    trace = backtrace.trace("sqrt(x)", x=0)
    check = checked(trace, "undefined")
    assert lines(trace, check)[2].endswith("inf     inf     0   ✗ undefined")
    assert math.isinf(trace.gradients["x"])


def test_differences() -> None:
    """Central differences have a column; where none could be had it says so."""
    found = lines(TRACE, checked(TRACE, differences={"w": -2.0, "x": None, "y": 2.0}))
    assert found[1].split()[-1] == "differences"
    assert [line.split()[-3] for line in found[2:5]] == ["-2", "none", "2"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_width(width: int) -> None:
    """On a narrow screen formulas go below the table, and no line is wider than it."""
    found = lines(TRACE, checked(TRACE, differences={"w": -2.0}), Look(width=width))
    assert max(map(len, found[5:])) <= width
    assert any("2*x*(w*x - y)" in line for line in found)


def test_many_variables() -> None:
    """Of thousands of variables the first are shown and the others counted."""
    names = [f"a{i}" for i in range(3_000)]
    trace = backtrace.trace(" + ".join(names), dict.fromkeys(names, 1.0))
    found = lines(trace, not_checked(trace))
    assert len(found) < MOST_VARIABLES + 10
    assert "… and 2,980 more variables" in "\n".join(found)


def test_long_formulas_are_left_out() -> None:
    """A formula too long to be read is a mark; where all are, there is no column."""
    trace = backtrace.trace("sigmoid(a*b + c*d)**2*sigmoid(a) + k", a=1, b=1, c=1, d=1, k=1)
    found = lines(trace, not_checked(trace))
    assert "…" in found[2]
    deep = backtrace.trace("v = a\n" + "v = sin(v)\n" * 50, a=1)
    assert "formula" not in lines(deep, not_checked(deep))[1]


def test_notices() -> None:
    """Notices follow, each once, and no more than fit."""
    notices = [Notice(None, "rounding", f"n{i}") for i in range(40)] * 2
    found = lines(TRACE, checked(TRACE, notices=notices))
    assert found[-2] == f"note: n{MOST_NOTICES - 1}"
    assert found[-1] == "… and 20 more notes"


def test_no_variables() -> None:
    """A program without variables has a verdict and no table."""
    trace = backtrace.trace("2 + 3")
    assert lines(trace, not_checked(trace)) == ["", "not checked"]


ARRAYS = backtrace.trace("mean((w*x - y)**2)", w=2, x=[1, 2, 3], y=[1, 1, 2])


def test_arrays() -> None:
    """An array has its shape and its gradient; torch's is the same where it agrees."""
    found = lines(ARRAYS, checked(ARRAYS))
    assert found[2].split()[-4:] == ["12.6667", "0", "✓", "agrees"]
    assert "x          [1, 2, 3]   (3,)   2*w*(w*x - y)/3" in found[3]
    assert "[1.33333, 4, 5.33333]       same        0   ✓ agrees" in found[3]


def test_array_differs() -> None:
    """Of an array that differs, torch's is shown, and the entry that is furthest away is named."""
    gradient = ARRAYS.gradients["x"]
    theirs = gradient + np.array([0, 0.5, -0.25])
    found = lines(ARRAYS, checked(ARRAYS, "differs", x=(theirs, "differs")))
    assert "[1.33333, 4.5, 5.08333]   0.5   ✗ differs" in found[3]
    assert "x: value the same; gradient at [1] 4, torch 4.5" in found[-1]


def test_large_arrays() -> None:
    """A large array is its first entries, shape and norm."""
    trace = backtrace.trace("sum(x**2)", x=np.arange(10_000.0).reshape(100, 100))
    row = lines(trace, checked(trace))[2]
    assert "[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …], …]   (100, 100)   ‖·‖ = 577307" in row
    assert len(row) < 200


LAYERS = "h = tanh(x @ W1); s = h @ W2; cross_entropy(s, t)"
WEIGHTS = {"x": np.eye(3), "W1": np.eye(3) / 3, "W2": np.eye(3)[:, :2] / 7, "t": [0, 1, 1]}


@pytest.mark.parametrize("width", [None, 60, 80])
def test_small_gradients_are_whole(width: int | None) -> None:
    """A gradient of a few entries that does not fit in its column stands below, row by row."""
    trace = backtrace.trace(LAYERS, WEIGHTS, wrt="W1,W2")
    found = summary(trace, checked(trace), Look(width=width)).plain
    assert "below" in found
    assert (
        """
  ∂L/∂W2 =
    [["""
        in found
    )
    assert len(found.split("∂L/∂W2 =\n")[1].split("]]")[0].splitlines()) == 3


def test_full() -> None:
    """With all entries large gradients, too, stand below."""
    trace = backtrace.trace("sum(x**2)", x=np.arange(100.0).reshape(10, 10))
    found = summary(trace, checked(trace), Look(width=80, full=True)).plain
    assert "198]]" in found
    assert "… stands for further entries" not in found
    folded = summary(trace, checked(trace), Look(width=80)).plain
    assert "‖·‖ is the square root of the sum of the squares" in folded


def test_formulas_of_arrays() -> None:
    """In a pipe none is too long, on a terminal that of the node that is shown is not named."""
    trace = backtrace.trace(LAYERS, WEIGHTS, wrt="W2")
    long = "∂L/∂W2 = (tanh(x @ W1).T @ (softmax(tanh(x @ W1) @ W2) - one_hot(t, 2)))/3"
    assert long in summary(trace, checked(trace)).plain
    narrow = Look(width=60)
    assert "too long for a line: --node W2" in summary(trace, checked(trace), narrow).plain
    assert "too long" not in summary(trace, checked(trace), narrow, node="W2").plain


def test_no_formula() -> None:
    """Names of arrays that have no formula are told, once."""
    trace = backtrace.trace("sum(max(x, axis=0)**2) + sum(y)", x=np.eye(2), y=[1, 2])
    found = summary(trace, checked(trace)).plain
    assert "no formula short enough to read for x\n" in found
    assert "…" not in found


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_width_of_arrays(width: int) -> None:
    """On a narrower screen values are shapes, and at last gradients are norms."""
    random = np.random.default_rng(1)
    shapes = {"x": (3,), "W": (3, 4), "b": (4,)}
    bindings = {name: random.normal(size=shape) for name, shape in shapes.items()}
    trace = backtrace.trace("sum(tanh(x @ W + b))", bindings)
    found = lines(trace, checked(trace), Look(width=width))
    assert max(map(len, found)) <= width
    assert all(str(shape) in "\n".join(found) for shape in shapes.values())


def test_ascii() -> None:
    """In ASCII the signs are words."""
    text = summary(TRACE, checked(TRACE), Look(ascii=True)).plain
    assert text.isascii()
    assert "ok agrees" in text
