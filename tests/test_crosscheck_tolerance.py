"""backtrace.crosscheck.tolerance: when two numbers are the same number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backtrace.crosscheck.tolerance import agree, both, compare, gap, largest


@pytest.mark.parametrize(
    ("ours", "theirs", "beyond"),
    [
        (1.0, 1.0, False), (1.0, 1 + 1e-9, False), (1.0, 1 + 2e-9, True), (0.0, 1e-12, False),
        (0.0, 2e-12, True), (-0.0, 0.0, False), (math.nan, math.nan, False), (math.nan, 0.0, True),
        (0.0, math.nan, True), (math.inf, math.inf, False), (math.inf, -math.inf, True),
        (math.inf, 1e308, True), (1e308, -1e308, True), (1e300, 1e300 * (1 + 1e-10), False),
    ],
)  # fmt: skip
def test_gap(ours: float, theirs: float, beyond: bool) -> None:
    """1e-12 + 1e-9 relative; nan equals nan, an infinity only itself, -0 equals 0."""
    error, found = gap(ours, theirs)
    assert bool(found) is beyond
    assert (error == 0) == (ours == theirs or (math.isnan(ours) and math.isnan(theirs)))
    one_by_one = compare([ours, None, np.array([ours])], [theirs, None, np.array([theirs])])
    assert one_by_one.beyond == ([0, 2] if beyond else [])


def test_arrays() -> None:
    """Shapes must be equal, every entry counts, and the largest difference is told."""
    ours, theirs = np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, 3.5])
    assert agree(ours, ours.copy())
    assert not agree(ours, theirs)
    assert largest(ours, theirs) == 0.5
    assert compare([ours], [theirs]).beyond == [0]
    assert not agree(1.0, np.array([1.0]))
    assert largest(1.0, np.array([1.0])) == math.inf


def test_scale() -> None:
    """The absolute part grows with what a difference was multiplied by, the relative does not."""
    assert not agree(0.0, 1e-6)
    assert agree(0.0, 1e-6, scale=1e6)
    assert agree(np.array([0.0]), np.array([1e-6]), scale=1e6)


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        (1.0, 2.0, ("1", "2")),
        (1.0, 1 + 2**-30, ("1", "1.0000000009313226")),
        (np.array([1.0, 2.0]), np.array([1.0, 5.0]), ("2 at [1]", "5 at [1]")),
        (1.0, np.array([1.0]), ("shape ()", "shape (1,)")),
    ],
)
def test_both(ours: Any, theirs: Any, shown: tuple[str, str]) -> None:
    """Two numbers that differ are shown with as many digits as tell them apart."""
    assert both(ours, theirs) == shown
