"""backtrace.formulas: whole gradients of arrays, in the language itself and entry by entry."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from programs import Program, programs

from backtrace import trace
from backtrace.formulas import LONGEST
from backtrace.formulas.wording import without_parentheses
from backtrace.passes import are_numbers
from backtrace.reading import read
from backtrace.records import Trace

VALUES: dict[str, Any] = {
    "x": [1.0, 2.0, 4.0],
    "y": [2.0, 1.0, 1.5],
    "q": [0.2, 0.3, 0.5],
    "w": 2.0,
    "b": 0.5,
    "A": [[1.0, 2.0, 0.5], [3.0, 1.0, 2.0]],
    "B": [[1.0, 0.5], [2.0, 1.0], [0.25, 3.0]],
    "S": [[2.0, 1.0], [1.0, 3.0]],
    "K": [[1.0], [2.0], [3.0]],
    "o": [[3.0]],
    "t": 1,
    "k": [0, 2],
}
FORMULAS: dict[str, dict[str, str | None]] = {
    "mean(x**2 + 2*x + 1)": {"x": "2*(x + 1)/3"},
    "x.mean()": {"x": "1/3"},
    "sum(x)**2": {"x": "2*sum(x)"},
    "mean((w*x + b - y)**2)": {
        "w": "2*sum(x*(b + w*x - y))/3",
        "b": "2*sum(b + w*x - y)/3",
        "y": "2*(y - b - w*x)/3",
    },
    "mse(w*x + b, y)": {"w": "2*sum(x*(b + w*x - y))/3", "b": "2*sum(b + w*x - y)/3"},
    "sum(x*w)": {"x": "w", "w": "sum(x)"},
    "sum(x*y*w*b)": {"x": "b*w*y", "w": "b*sum(x*y)"},
    "sum(A*x)": {"A": "x", "x": "sum(A, axis=0)"},
    "sum(A + w)": {"A": "1", "w": "6"},
    "sum(x*K)": {"x": "sum(K, axis=0)", "K": "sum(x, axis=0, keepdims=True)"},
    "sum(x*o)": {"x": "sum(o, axis=0)", "o": "sum(x, axis=0, keepdims=True)"},
    "sum((A @ x)**2)": {"x": "2*(A.T @ (A @ x))", "A": "2*outer(A @ x, x)"},
    "sum(A @ B)": {"B": "A.T @ broadcast_to(1, (2, 2))"},
    "x @ x": {"x": "2*x"},
    "mean(A, axis=0) @ x": {"x": "mean(A, axis=0)", "A": "unsqueeze(x, 0)/2"},
    "cross_entropy(x, t)": {"x": "softmax(x) - one_hot(t, 3)"},
    "cross_entropy(A, k)": {"A": "(softmax(A) - one_hot(k, 3))/2"},
    "cross_entropy(x @ A.T, 1)": {"x": "A.T @ (softmax(x @ A.T) - one_hot(1, 2))"},
    "bce_with_logits(x, q)": {"x": "(sigmoid(x) - q)/3"},
    "mae(x, y)": {"x": "sign(x - y)/3", "y": "-sign(x - y)/3"},
    "norm(x)": {"x": "x/norm(x)"},
    "logsumexp(x)": {"x": "exp(x - logsumexp(x))"},
    "prod(x)": {"x": "prod(x)/x"},
    "var(x)": {"x": "x - mean(x)"},
    "std(x)": {"x": "(x - mean(x))/(2*std(x))"},
    "det(S)": {"S": "det(S)*inv(S).T"},
    "sum(relu(x - 2.5))": {"x": "where(x > 5/2, 1, 0)"},
    "sum(sigmoid(x))": {"x": "(1 - sigmoid(x))*sigmoid(x)"},
    "sum(A.T)": {"A": "1"},
    "sum(reshape(A, (3, 2))*B)": {"A": "reshape(B, (2, 3))", "B": "reshape(A, (3, 2))"},
    "x[0]**2 + x[1]**2": {"x": "[2*x[0], 2*x[1], 0]"},
    "(x[0] - 6)**2*x[2]": {"x": "[2*x[2]*(x[0] - 6), 0, (x[0] - 6)**2]"},
    "x[t]*w": {"x": "one_hot(t, 3)*w", "w": "x[t]"},
    "h = A @ x; mean(h*h)": {"h": "h", "x": "A.T @ (A @ x)"},
    "p = softmax(x); -log(p[t])": {"p": "-one_hot(t, 3)/p[t]"},
    "w*b": {"w": "b"},
    "o*w": {"o": "w", "w": "sum(o)"},
    "sum(x > 1.5)": {"x": "0"},
    "sum(x/x)": {"x": "0"},
    "sum(x*0.1)": {"x": "1/10"},
    # the forward value of what is constant still has all its entries
    "w*sum(x/x)": {"w": "sum(broadcast_to(1, (3,)))"},
    "w*sum((x - x) @ B)": {"w": "0"},
    # where there is nothing to read
    "trace(A @ B)": {"A": None},
    "sum(A[:, 1])": {"A": None},  # the rule is a sentence
    "sum(x[1:]*x[:-1])": {"x": None},
    "sum(log(x - x)*x)": {"x": None},
    "mean(layer_norm(x)*y*exp(x))": {"x": None},  # too long
}
SEEDS: list[tuple[str, Any, dict[str, str | None]]] = [
    ("x*w", 1, {"x": "w", "w": "sum(x)"}),
    ("x*w", 3, {"x": "3*w", "w": "3*sum(x)"}),
    ("w*b", 3, {"w": "3*b"}),
    ("A @ x", [1, 1], {"x": "A.T @ broadcast_to(1, (2,))"}),
    ("x*w", [1, 2, 3], {"x": None, "w": None}),
]
EVERY = [*((program, None, found) for program, found in FORMULAS.items()), *SEEDS]


def traced(program: str, seed: Any, wrt: Any) -> Trace:
    """The trace of a program, with values for the names it uses."""
    names = read(program, VALUES).variables
    return trace(program, {name: VALUES[name] for name in names}, wrt=wrt, seed=seed)


def value_of(formula: str, found: Trace) -> Any:
    """A formula as a program at the point of a trace, whose nodes it may name."""
    nodes = {name: found[name].value for name in found.graph.names}
    return trace(formula, {**nodes, **found.variables}, wrt=[], seed=1).value


@pytest.mark.parametrize(("program", "seed", "expected"), EVERY)
def test_whole_gradients(program: str, seed: Any, expected: dict[str, str | None]) -> None:
    """The gradient is a short formula in the names of the program, or there is none to read."""
    assert traced(program, seed, expected).formulas == expected


@pytest.mark.parametrize(("program", "seed", "expected"), EVERY)
def test_they_have_the_gradients_for_their_values(
    program: str, seed: Any, expected: dict[str, str | None]
) -> None:
    """Read as a program, and stretched to the shape of the gradient, a formula has its value."""
    found = traced(program, seed, expected)
    for name, formula in found.formulas.items():
        if formula is not None:
            gradient = found.gradients[name]
            value = np.broadcast_to(value_of(formula, found), np.shape(gradient))
            assert value == pytest.approx(gradient, rel=1e-12)


@given(programs(palettes=["ordinary", "ties"]))
def test_formulas_of_random_programs(program: Program) -> None:
    """A formula that there is, is right: away from kinks, and where it is defined itself."""
    found = trace(program.text, program.values, seed=program.seed)
    smooth = {notice.code for notice in found.notices} <= {"unused-variable", "broadcast"}
    for name, formula in found.formulas.items():
        if formula is None:
            continue
        assert len(formula) <= LONGEST or are_numbers(found.values)
        gradient = found.gradients[name]
        value = np.broadcast_to(value_of(formula, found), np.shape(gradient))
        if smooth and np.all(np.isfinite(value)):
            assert np.allclose(value, gradient, rtol=1e-6, atol=1e-9), formula


@pytest.mark.parametrize(
    "program",
    ["sum(x*9**9**9)", "sum((inf < x)*x)", "sum((nan < x)*x)", "sum((log(0) < x)*x)", "sum(x)*0e9",
     "sum(max(x, nan))", "sum(x*lgamma(1e9))", "sum(x*digamma(2))", "c = 9; d = c**c**c; sum(x*d)"],
)  # fmt: skip
def test_awkward_numbers_have_formulas(program: str) -> None:
    """What sympy would work out without end, or not compare, stays as it is written; at once."""
    assert trace(program, x=[1, 2]).formulas["x"] is not None


def test_numbers_that_are_asked_for() -> None:
    """The gradient by a named constant is a formula in it."""
    found = trace("c = 3; sum(x*c**2)", {"x": [1, 2]}, wrt="c")
    assert found.formulas["c"] is not None
    assert value_of(found.formulas["c"], found) == found.gradients["c"] == 18


def test_long_programs_have_none() -> None:
    """Beyond a stated number of operations there is none, with a notice."""
    found = trace("x = tanh(x*w)\n" * 30 + "sum(x)", x=[1, 2], w=1)
    assert found.formulas == {"x": None, "w": None}
    assert "no-formula" in [notice.code for notice in found.notices]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("(A @ x)", "A @ x"), ("(a)*(b)", "(a)*(b)"), ("a", "a"), ("((a))", "(a)"), ("(a", "(a")],
)
def test_parentheses_around_the_whole(formula: str, expected: str) -> None:
    """Only parentheses that belong together are taken off."""
    assert without_parentheses(formula) == expected


def test_no_trace_is_kept_alive() -> None:
    """A trace may hold large arrays: its formulas do not keep them when it is let go of."""
    found = trace("sum(x*w)", x=[1.0, 2.0], w=3.0)
    assert found.formulas == {"x": "w", "w": "sum(x)"}
    there = weakref.ref(found)
    del found
    gc.collect()
    assert there() is None
