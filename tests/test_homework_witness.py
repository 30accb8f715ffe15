"""The point that shows that an answer is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.checking import check
from backtrace.homework.judging.witness import Witnesses
from backtrace.homework.problems.problem import Problem

ARRAYS: dict[str, Any] = {"W": [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], "x": [1.0, -1.0, 2.0]}
PROGRAM = "z = W @ x; L = sum(z**2)"


def test_a_point_of_numbers() -> None:
    """It has the variables at that point, both numbers, and what differences say."""
    problem = Problem("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1})
    target = read_left("dL/dw", problem.graph)
    found = Witnesses(problem).at_point(target, np.float64(7), 3)
    point = problem.point(3)
    assert dict(found.point) == point
    right = 2 * point["x"] * (point["w"] * point["x"] - point["y"])
    assert (found.yours, found.right) == (7.0, pytest.approx(right))
    assert found.differences == pytest.approx(right, rel=1e-7)
    assert (found.quantity, found.entry) == ("derivative", ())


def test_the_own_point() -> None:
    """A number is shown at the problem's own point."""
    problem = Problem("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1})
    found = Witnesses(problem).at_own(read_left("dL/dw", problem.graph), np.float64(7), 42.0)
    assert dict(found.point) == {"w": 2.0, "x": -3.0, "y": 1.0}
    assert (found.yours, found.right) == (7.0, 42.0)
    assert found.differences == pytest.approx(42.0)


def test_a_value_has_no_differences() -> None:
    """Of a forward value there is nothing but the value."""
    problem = Problem("s = w*x", {"w": 2, "x": -3})
    found = Witnesses(problem).at_own(Target(problem.graph.output), np.float64(6), -6.0)
    assert (found.yours, found.right, found.differences) == (6.0, -6.0, None)
    assert found.quantity == "value"


@pytest.mark.parametrize("yours", [None, np.float64(np.nan), np.float64(np.inf)])
def test_what_is_no_number(yours: Any) -> None:
    """An answer that is undefined there has no number to show."""
    problem = Problem("w**2", {"w": 2})
    found = Witnesses(problem).at_point(Target(problem.graph.output, 0), yours, 0)
    assert found.yours is None
    assert found.differences == pytest.approx(found.right)


@pytest.mark.parametrize(("left", "entry"), [("dL/dW", (1, 2)), ("dz/dx", (0, 1))])
def test_the_entry_that_is_off_most(left: str, entry: tuple[int, ...]) -> None:
    """Of arrays one entry is shown, with its own differences; one that is no number is worst."""
    problem = Problem(PROGRAM, ARRAYS)
    target = read_left(left, problem.graph)
    for off in (100.0, np.nan):
        answer = np.array(problem.reference(target)[2])
        answer[entry] += off
        answer[0, 0] += 1
        found = Witnesses(problem).at_point(target, answer, 2)
        assert found.entry == entry
        assert found.right == problem.reference(target)[2][entry]
        assert found.differences == pytest.approx(found.right)


def test_an_entry_of_an_entry() -> None:
    """An entry of the claim and the entry that is off are put together."""
    problem = Problem(PROGRAM, ARRAYS)
    target = read_left("dL/dW[1]", problem.graph)
    right = problem.reference(target)[2]
    found = Witnesses(problem).at_point(target, right + np.array([0, 0, 1]), 2)
    assert (found.entry, found.differences) == ((2,), pytest.approx(right[2]))


OTHER_SHAPES = ["dz/dx = [1, 2, 3, 4]", "dz/dx = outer(z, z)", "dz/dW = W", "dL/dW = [1, 2]",
                "dL/dx = z", "dL/dx = W"]  # fmt: skip


@pytest.mark.parametrize("claim", OTHER_SHAPES)
def test_an_answer_of_another_shape(claim: str) -> None:
    """It is wrong, and the whole right array is shown with its differences, if they are few."""
    verdict = check(PROGRAM, ARRAYS, claim)
    shown = verdict.counterexample
    assert verdict.state == "wrong"
    assert shown is not None
    assert shown.differences is None or np.allclose(shown.differences, shown.right, rtol=1e-6)


def test_differences_are_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second wrong answer at the same point costs no further passes."""
    problem = Problem("w**2", {"w": 2})
    target = Target(problem.graph.output, 0)
    witnesses = Witnesses(problem)
    first = witnesses.at_point(target, np.float64(1), 0)
    monkeypatch.setattr("backtrace.homework.judging.witness.difference", lambda *_: 1 / 0)
    assert witnesses.at_point(target, np.float64(2), 0).differences == first.differences
    with pytest.raises(ZeroDivisionError):
        witnesses.at_point(target, np.float64(2), 1)
