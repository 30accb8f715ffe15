"""Wrong answers about vectors and matrices: the mistake that was made is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backtrace

ROWS = [[1.0, -2.0], [0.5, 1.5], [2.0, 0.3], [-1.0, 0.7]]
SQUARE = [[0.5, -1.2], [2.0, 0.7]]
LAYER = {"W": SQUARE, "x": [1.5, -0.4], "t": [0.3, 0.9]}
PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "mse": (
        "r = X @ w - y; L = mean(r**2)",
        {"X": ROWS, "w": [0.3, -0.8], "y": [1.0, -0.5, 2.0, 0.4]},
    ),
    "layer": ("h = W @ x; r = h - t; L = sum(r**2)", LAYER),
    "sigmoid": ("z = W @ x; a = sigmoid(z); L = sum((a - t)**2)", LAYER),
    "quadratic": ("x @ A @ x", {"A": [[1.0, 3.0], [-1.0, 2.0]], "x": [1.0, -2.0]}),
    "weighted": ("sum(W*x)", {"W": SQUARE, "x": [1.5, -0.4]}),
    "entropy": ("cross_entropy(z, 1)", {"z": [0.5, 2.0, 0.3]}),
    "batch": ("cross_entropy(Z, k)", {"Z": [[0.3, -0.5, 1.0], [0.4, 0.1, -0.5]], "k": [2, 0]}),
    "product": ("sum(A @ B)", {"A": [[1.0, 2.0], [0.5, -1.0]], "B": SQUARE}),
    "square": ("sum((A @ B)**2)", {"A": [[1.0, 2.0], [0.5, -1.0]], "B": SQUARE}),
    "mean": ("mean(exp(u))", {"u": [0.3, 1.2, -0.4]}),
    "sum": ("s = sum(u); s**2", {"u": [0.3, 1.2, -0.4]}),
}
RIGHT = [
    ("mse", "dL/dw = 2*X.T @ r/4"),
    ("mse", "dL/dw = X.T @ (X @ w - y)/2"),
    ("mse", "dL/dy = -r/2"),
    ("layer", "dL/dx = 2*W.T @ (W @ x - t)"),
    ("layer", "dL/dW = 2*outer(r, x)"),
    ("sigmoid", "dL/dx = W.T @ (2*(a - t)*a*(1 - a))"),
    ("sigmoid", "dL/dW = outer(2*(a - t)*a*(1 - a), x)"),
    ("quadratic", "grad x = (A + A.T) @ x"),
    ("quadratic", "grad A = outer(x, x)"),
    ("weighted", "grad W = [x, x]"),
    ("weighted", "grad x = sum(W, axis=0)"),
    ("entropy", "grad z = softmax(z) - [0, 1, 0]"),
    ("batch", "grad Z = (softmax(Z, axis=1) - [[0, 0, 1], [1, 0, 0]])/2"),
    ("product", "grad A = [sum(B, axis=1), sum(B, axis=1)]"),
    ("square", "grad A = 2*(A @ B) @ B.T"),
    ("square", "grad B = 2*A.T @ A @ B"),
    ("mean", "grad u = exp(u)/3"),
    ("sum", "grad u = [2*s, 2*s, 2*s]"),
]
WRONG = [
    ("mse", "dL/dw = -2*X.T @ r/4", "sign"),
    ("mse", "dL/dw = 2*X.T @ r", "constant-factor"),
    ("mse", "dL/dw = X.T @ r/4", "constant-factor"),
    ("mse", "dL/dw = 2*X.T @ r/2", "constant-factor"),
    ("mse", "dL/dw = 2*X.T @ r**2/4", "kept-exponent"),
    ("mse", "dL/dw = w", "value-instead-of-derivative"),
    ("mse", "dL/dy = 2*r/4", "sign"),
    ("mse", "dL/dy = 2*r/4", "upstream-only"),
    ("mse", "dL/dr = r/4", "constant-factor"),
    ("layer", "dL/dx = 2*W @ r", "transposed"),
    ("layer", "dL/dx = 2*r", "upstream-only"),
    ("layer", "dL/dx = 2*r", "missing-local"),
    ("layer", "dL/dx = W.T @ r", "constant-factor"),
    ("layer", "dL/dW = 2*outer(x, r)", "transposed"),
    ("layer", "dL/dW = outer(r, x)", "constant-factor"),
    ("layer", "dL/dW = -2*outer(r, x)", "sign"),
    ("sigmoid", "dL/dx = W.T @ (2*(a - t))", "missing-local"),
    ("sigmoid", "dL/dx = W.T @ (2*(a - t)*a)", "wrong-local"),
    ("sigmoid", "dL/dx = W.T @ (2*(a - t)*a*(1 + a))", "wrong-local"),
    ("sigmoid", "dL/dx = W.T @ (2*(a - t)*z*(1 - z))", "input-for-output"),
    ("sigmoid", "dL/dx = 2*(a - t)*a*(1 - a)", "upstream-only"),
    ("sigmoid", "dL/dx = W @ (2*(a - t)*a*(1 - a))", "transposed"),
    ("sigmoid", "dL/dW = outer(2*(a - t), x)", "missing-local"),
    ("sigmoid", "dL/dW = outer(x, 2*(a - t)*a*(1 - a))", "transposed"),
    ("quadratic", "grad x = A @ x", "missing-path"),
    ("quadratic", "grad x = A.T @ x", "missing-path"),
    ("quadratic", "grad x = -(A + A.T) @ x", "sign"),
    ("quadratic", "grad A = 2*outer(x, x)", "constant-factor"),
    ("weighted", "grad x = -sum(W, axis=0)", "sign"),
    ("weighted", "grad W = [x, x].T", "transposed"),
    ("weighted", "grad W = W", "wrong-local"),
    ("entropy", "grad z = [0, 1, 0] - softmax(z)", "sign"),
    ("entropy", "grad z = softmax(z)", "wrong-local"),
    ("entropy", "grad z = (softmax(z) - [0, 1, 0])/3", "constant-factor"),
    ("entropy", "grad z = z - [0, 1, 0]", "input-for-output"),
    ("batch", "grad Z = softmax(Z, axis=1) - [[0, 0, 1], [1, 0, 0]]", "constant-factor"),
    ("batch", "grad Z = softmax(Z, axis=1)/2", "wrong-local"),
    ("product", "grad A = [sum(B, axis=1), sum(B, axis=1)].T", "transposed"),
    ("square", "grad A = 2*(A @ B) @ B", "transposed"),
    ("square", "grad A = 2*B.T @ (A @ B)", "transposed"),
    ("square", "grad A = 2*(A @ B)", "missing-local"),
    ("square", "grad A = 2*A @ B", "upstream-only"),
    ("square", "grad B = 2*A @ A @ B", "transposed"),
    ("square", "grad B = A.T @ A @ B", "constant-factor"),
    ("mean", "grad u = exp(u)", "constant-factor"),
    ("mean", "grad u = u/3", "input-for-output"),
    ("mean", "grad u = -exp(u)/3", "sign"),
    ("sum", "grad u = s", "constant-factor"),
    ("sum", "grad u = u", "value-instead-of-derivative"),
]
TWO_AT_ONCE = [
    ("quadratic", "grad x = 2*A @ x", "missing-path"),
    ("quadratic", "grad x = 2*A @ x", "constant-factor"),
    ("layer", "dL/dx = -2*W @ r", "sign"),
    ("layer", "dL/dx = -2*W @ r", "transposed"),
]


@pytest.mark.parametrize(("problem", "claim"), RIGHT)
def test_the_rules_of_matrices_are_right(problem: str, claim: str) -> None:
    """The gradient of an array is an array, written with products, transposes and lists."""
    assert backtrace.check(*PROBLEMS[problem], claim).state == "correct"


@pytest.mark.parametrize(("problem", "claim", "code"), [*WRONG, *TWO_AT_ONCE])
def test_the_mistake_is_named(problem: str, claim: str, code: str) -> None:
    """What is transposed or left out is found in arrays as it is in numbers."""
    verdict = backtrace.check(*PROBLEMS[problem], claim)
    assert verdict.state == "wrong"
    assert code in verdict.codes, verdict
    assert all(code in verdict.message for code in verdict.codes)


@pytest.mark.parametrize(("problem", "claim"), dict.fromkeys(item[:2] for item in WRONG))
def test_one_entry_shows_it(problem: str, claim: str) -> None:
    """The counterexample is one entry of the array, with central differences of that entry."""
    shown = backtrace.check(*PROBLEMS[problem], claim).counterexample
    assert shown is not None
    assert np.all(np.isfinite(shown.right))
    assert shown.differences is None or np.allclose(shown.differences, shown.right, 1e-6, 1e-6)
    if np.ndim(shown.right) == 0:
        assert shown.yours is not None and abs(shown.yours - shown.right) > 1e-6


@pytest.mark.parametrize(("problem", "claim", "code"), WRONG)
def test_the_mistake_is_named_of_numbers(problem: str, claim: str, code: str) -> None:
    """The same array as numbers, with all their digits, is wrong for the same reason."""
    program, bindings = PROBLEMS[problem]
    left, right = claim.split(" = ")
    trace = backtrace.trace(program, bindings)
    nodes = {n: trace[n].value for n in trace.graph.names}
    numbers = backtrace.trace(right, {**bindings, **nodes}, wrt=[], seed=1).value
    verdict = backtrace.check(program, bindings, f"{left} = {np.asarray(numbers).tolist()}")
    assert verdict.state == "wrong"
    assert code in verdict.codes, verdict
