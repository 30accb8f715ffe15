"""backtrace.render.sparkline: a line of numbers as a line of bars."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.render.sparkline import BARS, FACTOR, HOLE, is_logarithmic
from backtrace.render.sparkline import sparkline as drawn

INF, NAN = math.inf, math.nan
DRAWN = [
    ([], 10, ""),
    ([1], 10, "▁"),
    ([1], 0, ""),
    ([3, 3, 3], 10, "▁▁▁"),
    ([0, 1, 2, 3, 4, 5, 6, 7], 10, "▁▂▃▄▅▆▇█"),
    ([7, 0], 10, "█▁"),
    ([-4, -3, 4], 10, "▁▂█"),
    ([-1, 0, 100], 10, "▁▁█"),  # negative ones have no logarithm
    ([0, 1, 1000], 10, "▁▁█"),
    ([1, 10, 100], 10, "▁▁█"),  # not far enough apart for logarithms
    ([1, 10, 100, 1000], 10, "▁▃▆█"),
    ([1e-300, 1, 1e300], 10, "▁▅█"),
    ([-1.7e308, 0, 1.7e308], 10, "▁▅█"),  # whose difference overflows
    ([0, 5e-324], 10, "▁█"),  # the half of which is 0
    ([0, NAN, 1], 10, "▁✗█"),
    ([1, 10, 1000, INF], 10, "▁▃█✗"),
    ([INF, -INF, NAN], 10, "✗✗✗"),
    (list(range(1, 101)), 4, "▁▃▆█"),
    (list(range(1, 101)), 1, "▁"),
    (list(range(100, -1, -1)), 3, "█▅▁"),
]
NUMBERS = st.lists(st.floats(width=64), max_size=50)


def sparkline(numbers: list[float], width: int, *, ascii: bool = False) -> str:
    """The bars alone."""
    bars, logarithmic = drawn(numbers, width, ascii=ascii)
    assert len(numbers) > width or logarithmic == is_logarithmic(numbers)
    return bars


@pytest.mark.parametrize(("numbers", "width", "bars"), DRAWN)
def test_bars(numbers: list[float], width: int, bars: str) -> None:
    """A bar is as high as its number, or the logarithm; what is no number is a cross."""
    assert sparkline(numbers, width) == bars


@pytest.mark.parametrize(("numbers", "width", "bars"), DRAWN)
def test_in_ascii(numbers: list[float], width: int, bars: str) -> None:
    """In ASCII every bar has a character of its own."""
    table = str.maketrans(BARS[False] + HOLE[False], BARS[True] + HOLE[True])
    assert sparkline(numbers, width, ascii=True) == bars.translate(table)
    assert len({*BARS[True], HOLE[True]}) == 9
    assert (BARS[True] + HOLE[True]).isascii()


@given(NUMBERS, st.integers(0, 60))
def test_any_numbers(numbers: list[float], width: int) -> None:
    """At most so many bars; the lowest number has the lowest bar, the highest the highest."""
    bars = sparkline(numbers, width)
    assert len(bars) == min(width, len(numbers))
    assert {*bars} <= {*BARS[False], HOLE[False]}
    finite = [x for x in numbers if math.isfinite(x)]
    if len(bars) == len(numbers):
        for x, bar in zip(numbers, bars, strict=True):
            assert (bar == HOLE[False]) == (not math.isfinite(x))
            assert x != min(finite, default=None) or bar == BARS[False][0]
            is_highest = x == max(finite, default=None) and max(finite) > min(finite)
            assert not is_highest or bar == BARS[False][7]


@given(NUMBERS, st.integers(2, 60))
def test_the_ends_are_drawn(numbers: list[float], width: int) -> None:
    """The first and the last number have a bar, however many are left out."""
    bars = sparkline(numbers, width)
    for x, bar in zip(numbers[:1] + numbers[-1:], bars[:1] + bars[-1:], strict=True):
        assert (bar == HOLE[False]) == (not math.isfinite(x))


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=50))
def test_a_higher_number_has_no_lower_bar(numbers: list[float]) -> None:
    """Bars are in the order of their numbers."""
    heights = [BARS[False].index(bar) for bar in sparkline(numbers, len(numbers))]
    pairs = sorted(zip(numbers, heights, strict=True))
    assert [height for _, height in pairs] == sorted(heights)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], False),
        ([1, FACTOR], False),
        ([1, FACTOR + 1], True),
        ([1, 1e6, INF, NAN], True),
        ([0, 1e6], False),
        ([-1, 1e6], False),
        ([NAN, INF], False),
        ([5e-324, 1.7e308], True),  # whose quotient overflows
    ],
)
def test_logarithms(numbers: list[float], *, expected: bool) -> None:
    """They are taken of positive numbers that are far apart."""
    assert is_logarithmic(numbers) is expected
