"""Numbers that are right for the wrong reason, and better points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtrace
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.judging.judge import Judge
from backtrace.homework.judging.weakness import better_point, hidden, weak_points
from backtrace.homework.mistakes.diagnosis import Diagnosis
from backtrace.homework.problems.problem import Problem

SQUARE = "s = w*x - y; L = s**2"
HIDES = "this point hides mistakes that give the same number: "


def point(w: float, x: float, y: float) -> dict[str, float]:
    """The values of the square."""
    return {"w": w, "x": x, "y": y}


def codes(at: Mapping[str, Any], claim: str = "dL/dw", program: str = SQUARE) -> set[str]:
    """The codes of the mistakes that give the right number."""
    problem = Problem(program, at)
    target = read_left(claim, problem.graph)
    right = problem.own(target)
    return {f.code for f in hidden(Diagnosis(problem, target), right, 1e-6 * abs(right))}


def test_the_usual_example() -> None:
    """At w=1, x=1, y=2 leaving x out, w for x, and dL/dx all give -2."""
    found = backtrace.check(SQUARE, point(1, 1, 2), "dL/dw = -2")
    assert found.state == "correct"
    assert len(found.notes) == 1
    assert found.notes[0].startswith(HIDES)
    assert codes(point(1, 1, 2)) >= {"missing-local", "wrong-local", "wrong-variable"}


def test_a_kept_exponent() -> None:
    """At w=2, x=3, y=5 the kept exponent is hidden."""
    assert "kept-exponent" in codes(point(2, 3, 5))
    found = backtrace.check(SQUARE, point(2, 3, 5), "dL/dw = 6")
    assert found.notes[0].startswith(f"{HIDES}kept-exponent")


@pytest.mark.parametrize("claim", ["dL/dw = 42", "dL/dx = -28", "dL/ds = -14", "ds/dw = -3"])
def test_a_good_point(claim: str) -> None:
    """At w=2, x=-3, y=1 nothing is hidden."""
    assert backtrace.check(SQUARE, point(2, -3, 1), claim).notes == ()


@pytest.mark.parametrize(
    "claim", ["dL/dw = 2*s*x", "s = -1", "dL/dw = -1", "L = 1", "dL/dw = 2*", "dL/ds = 2*s"]
)
def test_only_numbers_that_are_right(claim: str) -> None:
    """A formula hides nothing, a value has no chain rule, and of what is wrong more is told."""
    found = backtrace.check(SQUARE, point(1, 1, 2), claim)
    assert not any(HIDES in note for note in found.notes)


@pytest.mark.parametrize(
    ("program", "at", "claim"),
    [
        (SQUARE, point(2, -3, 1), "dL/dL = 1"),  # half of it is another number
        ("k*x", {"k": 3, "x": 7.2}, "dL/dx = 3"),
        ("x + 0.3*y", {"x": 5, "y": 7}, "dL/dx = 1"),
    ],
)
def test_a_whole_number_is_itself(program: str, at: Any, claim: str) -> None:
    """A mistake that gives 0.5 is not hidden by a right answer of 1, which it rounds to."""
    assert backtrace.check(program, at, claim).notes == ()


def test_told_once() -> None:
    """Each claim has one warning at most, with at most three codes and one example."""
    for claim in ("dL/dw = -2", "dL/dx = -2", "dL/dy = 2"):
        (note,) = backtrace.check(SQUARE, point(1, 1, 2), claim).notes
        assert note.count("(as where ") == 1
        assert note.split("(as")[0].count(",") <= 2


@pytest.mark.parametrize(
    "at", [point(1, 1, 2), point(2, 3, 5), point(1, 1, 1), point(0, 0, 0), point(2, 2, 2)]
)
def test_a_better_point(at: dict[str, float]) -> None:
    """The point that is proposed is of small numbers, and hides less: of the square nothing."""
    problem = Problem(SQUARE, at)
    targets = [read_left(c, problem.graph) for c in ("dL/dw", "dL/dx", "dL/dy")]
    assert list(weak_points(Judge(problem), targets))
    better = better_point(Judge(problem), targets)
    assert better is not None
    assert better.keys() == at.keys()
    assert all(abs(number) <= 7 for number in better.values())
    assert not list(weak_points(Judge(Problem(SQUARE, better)), targets))


def test_no_better_point() -> None:
    """A good point is kept, and of arrays none is proposed."""
    problem = Problem(SQUARE, point(2, -3, 1))
    assert better_point(Judge(problem), [Target(problem.graph.output, 0)]) is None
    problem = Problem("sum(x*x)", {"x": [1, 1]})
    assert better_point(Judge(problem), [Target(problem.graph.output, 0)]) is None


def test_a_better_point_is_in_the_domain() -> None:
    """Where a variable is declared positive, or is so by log, the better point is there."""
    for domain in ({"x": "positive"}, {}):
        problem = Problem("L = log(x)*w", {"x": 1, "w": 1}, domain=domain)
        targets = [read_left(c, problem.graph) for c in ("dL/dx", "dL/dw")]
        better = better_point(Judge(problem), targets)
        assert better is not None
        assert better["x"] > 0
    problem = Problem("L = w*x", {"x": 1, "w": 1}, domain={"x": "negative", "w": (-1, 1)})
    better = better_point(Judge(problem), [read_left(c, problem.graph) for c in ("dL/dx", "dL/dw")])
    assert better is None or (better["x"] < 0 and abs(better["w"]) <= 1)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 14])
def test_many_variables(count: int) -> None:
    """Whatever the number of variables, looking for a point comes to an end."""
    names = [f"x{k}" for k in range(count)]
    problem = Problem(f"({'*'.join(names)})**2", dict.fromkeys(names, 1))
    targets = [read_left(f"dL/d{name}", problem.graph) for name in names[:2]]
    better = better_point(Judge(problem), targets)
    assert better is None or better.keys() == set(names)


NUMBERS = st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 5.0])


@settings(max_examples=25, deadline=None)
@given(w=NUMBERS, x=NUMBERS, y=NUMBERS)
def test_what_is_hidden_gives_the_number(w: float, x: float, y: float) -> None:
    """A mistake is told exactly if its own number is the right one."""
    at = point(w, x, y)
    s = w * x - y
    right = 2 * s * x
    found = codes(at)
    if right == 0:
        return
    assert ("upstream-only" in found) == (x == 1)
    assert ("kept-exponent" in found) == (s == 1)
    if 2 * s * w == right:
        assert "wrong-variable" in found
    judge = Judge(Problem(SQUARE, at))
    assert judge.claim(f"dL/dw = {right!r}").verdict.state == "correct"
