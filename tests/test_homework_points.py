"""The points at which formulas are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import UsageError
from backtrace.homework.problems.points import (
    SMALLEST,
    chosen,
    drawn,
    generator,
    joined,
    require_range,
    spare,
)

SHAPES: dict[str, tuple[int, ...]] = {"w": (), "X": (2, 3)}


def some(domain: Any = "real", text: str = "w*x", name: str = "w") -> np.ndarray[Any, Any]:
    """The ordinary points of one variable."""
    return drawn(generator(text), {name: SHAPES.get(name, ())}, {name: domain})[name]


def test_the_same_for_everybody() -> None:
    """The points of a problem are the same in every run and on every machine."""
    assert some()[:4].tolist() == [0.56, 1.75, 1.12, 2.01]
    assert np.round(some()[-3:], 2).tolist() == [8.77, -8.74, -8.83]
    assert generator("a", "b").integers(10**9) == 940229396
    assert generator("\ud800").integers(10) in range(10)


def test_other_problems_have_other_points() -> None:
    """Another program has other points, and names are not run together."""
    assert some(text="w*x").tolist() != some(text="w*y").tolist()
    assert generator("ab", "c").integers(10**9) != generator("a", "bc").integers(10**9)


def test_where_points_are() -> None:
    """8 in (0.2, 2.2), 10 in ±2.5 of both signs, 3 in (4, 9) and 2 in (−9, −4)."""
    found = some()
    assert found.shape == (23,)
    near, mixed, far, low = np.split(found, [8, 18, 21])
    assert np.all((near >= 0.2) & (near <= 2.2))
    assert np.all(np.abs(mixed) <= 2.5)
    assert mixed.min() < 0 < mixed.max()
    assert np.all((far >= 4) & (far <= 9))
    assert np.all((low >= -9) & (low <= -4))


@given(st.text(max_size=5), st.sampled_from(["real", "positive", "negative", "nonzero"]))
def test_numbers_are_short_and_in_the_domain(text: str, domain: str) -> None:
    """Two decimals, so that a point can be typed; nothing near 0; and of the sign declared."""
    found = drawn(generator(text), SHAPES, dict.fromkeys(SHAPES, domain))
    assert found["X"].shape == (23, 2, 3)
    for numbers in found.values():
        assert np.array_equal(numbers[:18], np.round(numbers[:18], 2))
        assert np.all(np.abs(np.sin(100 * np.pi * numbers[18:])) > 1e-6)  # 0 at all others
        assert np.all(np.abs(numbers) >= SMALLEST)
        assert domain != "positive" or numbers.min() > 0
        assert domain != "negative" or numbers.max() < 0


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
def test_an_interval(low: float, width: float) -> None:
    """Points stay within [low, high] and are many different ones, however narrow it is."""
    found = some((low, low + width))
    assert np.all((found >= low) & (found <= low + width))
    assert len(set(found.tolist())) >= 12 or width < 1e-9 * abs(low)


@pytest.mark.parametrize("interval", [(0.0, 1.0), (2.0, 3.0), (1.0, 1.0001), (1e-12, 2e-12)])
def test_a_narrow_interval(interval: tuple[float, float]) -> None:
    """Two formulas that agree at the ends of an interval are told apart inside."""
    found = some(interval)
    assert len(set(found.tolist())) >= 12
    assert np.sum((found > interval[0]) & (found < interval[1])) >= 12


def test_spare_points() -> None:
    """Probabilities and further numbers; and, of the problem's own point, what is near it."""
    shapes = {"w": ()}
    without = spare(generator("a"), shapes, {}, {})["w"]
    assert len(without) == 36
    assert np.all((without[:12] > 0) & (without[:12] < 1.2))
    found = spare(generator("a"), shapes, {}, {"w": np.float64(200.0)})["w"]
    assert np.array_equal(found[:36], without)
    assert np.all((found[36:] > 139) & (found[36:] < 261))


@pytest.mark.parametrize("where", ["real", "positive", "negative", "nonzero"])
def test_a_domain_in_words(where: str) -> None:
    assert require_range("x", where) == where


@pytest.mark.parametrize("where", [[0, 1], (0.0, 1.0), [-5, 2.5]])
def test_a_domain_as_an_interval(where: Any) -> None:
    """It is a pair of numbers, from a list too, as TOML gives it."""
    assert require_range("x", where) == tuple(map(float, where))


@pytest.mark.parametrize(
    "where",
    [
        *("Positive", "", "x > 0", None, 3, [0], [0, 1, 2], [1, 0], [1, 1], ["0", "1"]),
        *([0, float("inf")], [0, float("nan")], [True, 2], {"low": 0}, [[0], [1]]),
    ],
)
def test_what_is_no_domain(where: Any) -> None:
    """It is refused with the name of the variable and what would be right."""
    with pytest.raises(UsageError, match="domain of theta is real, positive, negative, nonzero"):
        require_range("theta", where)


def test_some_and_both() -> None:
    """Points are chosen by a mask or by indices, and joined in order."""
    points = {"a": np.array([1.0, 2, 3]), "b": np.array([[1.0], [2], [3]])}
    kept = chosen(points, np.array([True, False, True]))
    assert kept["a"].tolist() == [1, 3]
    assert chosen(points, np.array([2]))["b"].tolist() == [[3]]
    both = joined(kept, points)
    assert both["a"].tolist() == [1, 3, 1, 2, 3]
    assert both["b"].shape == (5, 1)
