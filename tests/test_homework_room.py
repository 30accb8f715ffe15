"""What an answer may compute, found before anything is allocated."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from backtrace.homework.checking import check
from backtrace.homework.problems.problem import Problem
from backtrace.homework.problems.room import MOST, TooLarge, require_small
from backtrace.reading import read

MEGABYTE = 2**20
SCOPE = {"x": np.zeros(1000), "M": np.zeros((1000, 1000)), "s": np.float64(2)}


def require(text: str, points: int = 1) -> None:
    require_small(read(text, SCOPE), SCOPE, points)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("broadcast_to(s, (1000, 1001))", "broadcast_to(s, (1000, 1001))"),
        ("1 + broadcast_to(s, (1000000000,))[0]", "broadcast_to(s, (1000000000,))"),
        ("sum(outer(x, concatenate([x, x])))", "outer(x, concatenate([x, x]))"),
        ("x + M @ outer(x, flatten(M[:2]))", "outer(x, flatten(M[:2]))"),
        (
            "reshape(x, (1000, 1)) + concatenate([x, x])",
            "reshape(x, (1000, 1)) + concatenate([x, x])",
        ),
        ("stack([M, M])", "stack([M, M])"),
    ],
)
def test_too_much(text: str, place: str) -> None:
    """More than a million numbers in one step are refused, at the step, with no memory taken."""
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="1,000,000 numbers") as caught:
            require(text)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()
    assert caught.value.source == text
    assert caught.value.span is not None
    assert text[slice(*caught.value.span)] == place


def test_a_step_of_a_million_is_allowed() -> None:
    """The limit is for one step: a million numbers are not too many, one more is."""
    require("M + 1")
    require(f"broadcast_to(s, ({MOST},))")
    with pytest.raises(TooLarge):
        require(f"broadcast_to(s, ({MOST + 1},))")


def test_all_steps_at_all_points() -> None:
    """Many steps, and many points, count together."""
    require("M + M + M + M")
    with pytest.raises(TooLarge):
        require("M" + " + M" * 20)
    with pytest.raises(TooLarge):
        require("M + M + M + M", points=24)
    require("x" + " + x" * 400, points=24)
    with pytest.raises(TooLarge):
        require("x" + " + x" * 500, points=24)


@pytest.mark.parametrize("text", ["x + [1, 2]", "x @ M[0:2]", "reshape(x, (3, 7))", "M[5000]"])
def test_what_does_not_fit_is_not_its_matter(text: str) -> None:
    """The forward pass says what is wrong with shapes, with the names of the inputs."""
    require(text)


@pytest.mark.parametrize(
    "answer", ["broadcast_to(x, (1000000000,))", "sum(broadcast_to(2*x, (10000, 10000)))"]
)
def test_an_answer_to_a_problem(answer: str) -> None:
    """A problem of numbers and one of arrays refuse it before they compute it."""
    for at in ({"x": 2.0}, {"x": np.ones(1)}):
        problem = Problem("sum(x**2)" if np.ndim(at["x"]) else "x**2", at)
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                problem.of_claim(read(answer, at))
            assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("answer", ["broadcast_to(1, (90000000,)) + 1", "sum(outer({0}, {0}))"])
def test_an_answer_without_names(answer: str) -> None:
    """Nor does a number compute more than that, and at the own point alone."""
    text = answer.replace("{0}", "broadcast_to(1, (9000,))")
    tracemalloc.start()
    try:
        verdict = check("x**2", {"x": 2.0}, f"dL/dx = {text}")
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert (verdict.state, verdict.code) == ("unreadable", "too-long")
