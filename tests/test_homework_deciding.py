"""One point again with 50, and then with 400 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtrace.homework.answers.claims import read_claim
from backtrace.homework.judging import deciding, precisely
from backtrace.homework.judging.deciding import Decider
from backtrace.homework.problems.comparing import fitted
from backtrace.homework.problems.problem import Problem


def decided(program: str, at: dict[str, Any], text: str) -> str:
    """What is decided at the program's own point."""
    problem = Problem(program, at)
    assert problem.has_own
    claim = read_claim(text, problem.graph)
    answer = fitted(problem.of_claim(claim.right), problem.reference(claim.target))
    assert answer is not None
    return Decider(problem).decide(claim, problem.count - 1, answer[-1])


CASES = [
    ("tanh(x)", {"x": 2}, "dL/dx = 1/cosh(x)**2", "equal"),
    ("tanh(x)", {"x": 40}, "dL/dx = 1/cosh(x)**2", "equal"),
    ("x + tanh(x)", {"x": 90}, "dL/dx = 1 + 1/cosh(x)**2", "equal"),
    ("tanh(x)", {"x": 2}, "dL/dx = 1/cosh(x)", "differs"),
    ("tanh(x)", {"x": 2}, "dL/dx = 1/cosh(x)**2 + 1e-20", "differs"),
    ("tanh(x)", {"x": 2}, "dL/dx = 1/cosh(x)**2*(1 + 1e-20)", "differs"),
    ("tanh(x)", {"x": 2}, "dL/dx = 1/cosh(x)**2*(1 + 1e-60)", "equal"),  # at 50 digits it is one
    ("x**2", {"x": 2}, "dL/dx = log(x - 3)", "undefined"),
    ("x**2", {"x": 2}, "dL/dx = 1/(x - 2)", "undefined"),
    ("x**2", {"x": 2}, "dL/dx = nan", "undefined"),
    ("x**2", {"x": 2}, "dL/dx = inf", "undefined"),
    ("L = log(1 - sigmoid(x))", {"x": 36}, "dL/dx = -sigmoid(x)", "equal"),
    ("sin(x)**2 + cos(x)**2 - y", {"x": 2, "y": 0.5}, "L = 1 - y", "equal"),
    ("y*(sin(x)**2 + cos(x)**2 - 1) + x", {"x": 2, "y": 0.5}, "L = x", "equal"),
    ("s = W@x; L = sum(s**2)", {"W": [[1, 2], [3, 4]], "x": [1, -1]}, "dL/dx = 2*W.T@s", "equal"),
    ("s = W@x; L = sum(s**2)", {"W": [[1, 2], [3, 4]], "x": [1, -1]}, "dL/dx = 2*W@s", "differs"),
    ("s = W@x; L = sum(s**2)", {"W": [[1, 2], [3, 4]], "x": [1, -1]}, "dL/dW[0, 1] = 2*s[0]*x[1]",
     "equal"),
    ("L = mean(x)", {"x": [1, 2, 3, 4]}, "dL/dx = 1/4 + 0*sum(x)", "equal"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "at", "claim", "expected"), CASES)
def test_decisions(program: str, at: Any, claim: str, expected: str) -> None:
    """Equal, different, undefined, or nothing that more digits could say."""
    assert decided(program, at, claim) == expected


def test_an_undefined_right_answer_is_no_ones_fault() -> None:
    """Where the right one is undefined too, nothing is said of the answer."""
    problem = Problem("x*0 + x", {"x": 2})
    claim = read_claim("dL/dx = log(x)", Problem("x", {"x": 2}).graph)
    decider = Decider(problem)
    decider._right[claim.target, 0, 50] = decider._right[claim.target, 0, 400] = None
    assert decider.decide(claim, 0, np.float64(1.0)) == "unclear"


@pytest.mark.parametrize(("gap", "expected"), [(1e-3, "differs"), (1e-8, "unclear")])
def test_where_there_are_no_more_digits(gap: float, expected: str) -> None:
    """The derivative of an array by an array is not done precisely: only a wide gap decides."""
    at = {"W": [[1, 2], [3, 4]], "x": [1, -1]}
    assert decided("s = W@x; L = sum(s**2)", at, f"ds/dx = W*(1 + {gap})") == expected


def test_no_decision_of_nan() -> None:
    """Where float64 has no number and more digits cannot be had, it is unclear."""
    at = {"W": [[1, 2], [3, 4]], "x": [1, -1]}
    assert decided("s = W@x; L = sum(s**2)", at, "ds/dx = W*nan") == "unclear"
    assert decided("x**2", {"x": 2}, "dL/dx = 2*x*exp(10**9)*exp(-10**9)") == "unclear"


def test_right_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many answers to one claim the right one is computed once at a point."""
    problem = Problem("tanh(x)", {"x": 2})
    decider = Decider(problem)
    count: list[int] = []
    real = precisely.gradients

    def counted(*given: Any) -> Any:
        count.append(1)
        return real(*given)

    monkeypatch.setattr(precisely, "gradients", counted)
    for text in ("dL/dx = x", "dL/dx = x**2", "dL/dx = 1/cosh(x)**2"):
        decider.decide(read_claim(text, problem.graph), 0, np.float64(np.nan))
    assert len(count) == len(deciding.DIGITS)
