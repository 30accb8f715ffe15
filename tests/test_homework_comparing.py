"""Numbers of an answer against the right ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backtrace.homework.problems.comparing import agree, fitted, gaps, rows_equal, same, worst_first

SHAPES = [  # of the answer and of the right one; whether it fits
    ((), (), True),
    ((3,), (3,), True),
    ((3, 1), (3,), True),
    ((1, 3), (3,), True),
    ((3,), (3, 1), True),
    ((1,), (), True),
    ((1, 1), (), True),
    ((), (3,), True),
    ((), (2, 3), True),
    ((3,), (2, 3), True),
    ((2, 1), (2, 3), True),
    ((2, 3), (3, 2), False),
    ((3,), (), False),
    ((3,), (2,), False),
    ((2,), (2, 3), False),
    ((2, 3), (3,), False),
    ((2, 2, 3), (2, 3), False),
]


@pytest.mark.parametrize(("shape", "wanted", "fits"), SHAPES)
def test_shapes(shape: tuple[int, ...], wanted: tuple[int, ...], fits: bool) -> None:
    """Axes of size 1 do not count, and one number stands for all entries; nothing else fits."""
    answer = np.arange(4 * np.prod(shape, dtype=int), dtype=float).reshape(4, *shape)
    found = fitted(answer, np.zeros((4, *wanted)))
    assert (found is not None) == fits
    if found is not None:
        assert found.shape == (4, *wanted)
        assert set(found[2].ravel()) == set(answer[2].ravel())


def test_a_row_for_a_square_matrix_is_of_every_row() -> None:
    """What stands for more entries does so as numpy broadcasts, at every point by itself."""
    answer = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = fitted(answer, np.zeros((2, 2, 2)))
    assert found is not None
    assert found.tolist() == [[[1, 2], [1, 2]], [[3, 4], [3, 4]]]


NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("answer", "right", "gap"),
    [
        (1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.0, -0.0, 0.0),
        (2.0, 1.0, 0.5),
        (1.0, 2.0, 0.5),
        (1.0, -1.0, 2.0),
        (1e-300, 0.0, 1.0),
        (1e300, -1e300, 2.0),
        (NAN, 1.0, 1.0),
        (1.0, NAN, 1.0),
        (NAN, NAN, 1.0),
        (INF, 1.0, 1.0),
        (INF, -INF, 1.0),
        (INF, INF, 0.0),
        (1e308, -1e308, 1.0),
    ],
)
def test_gaps(answer: float, right: float, gap: float) -> None:
    """A gap is relative to the larger of the two; no number is never near to one."""
    found = gaps(np.array([answer, 1.0]), np.array([right, 1.0]))
    assert found.tolist() == [pytest.approx(gap), 0.0]
    of_arrays = gaps(np.array([[[1.0], [answer]]]), np.array([[[1.0], [right]]]))
    assert of_arrays.tolist() == [pytest.approx(gap)]


FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@given(hnp.arrays(float, (3, 2), elements=FLOATS), hnp.arrays(float, (3, 2), elements=FLOATS))
def test_gaps_are_finite(answer: np.ndarray, right: np.ndarray) -> None:
    """Whatever the numbers, a gap is a number, is at most 2, and is the same either way round."""
    found = gaps(answer, right)
    assert found.shape == (3,)
    assert np.all((found >= 0) & (found <= 2))
    assert np.array_equal(found, gaps(right, answer))


def test_agreement() -> None:
    """Two agree at 1e-9, at every point, and in one shape."""
    right = np.array([1.0, 1e12, 1e-12])
    assert agree(right * (1 + 5e-10), right)
    assert not agree(right * (1 + 5e-9), right)
    assert not agree(right[:, None], right)
    assert not agree(np.array([1.0, 1e12, 2e-12]), right)
    assert agree(np.zeros((0,)), np.zeros((0,)))


def test_worst_first() -> None:
    """The worst point is first, of about equal ones the first; those that agree are not there."""
    assert list(worst_first(np.array([0.0, 0.5, 1e-10, 2.0, 0.52, 1e-8]))) == [3, 1, 4, 5]
    assert list(worst_first(np.zeros(3))) == []


def test_same() -> None:
    """Loosely the same is 1e-8 relative; nan is the same as nothing."""
    one = np.array([1.0, 1.0, 0.0, NAN, 1e-12])
    other = np.array([1 + 5e-9, 1 + 5e-8, 0.0, NAN, 2e-12])
    assert same(one, other).tolist() == [True, False, True, False, False]


def test_rows_of_a_table() -> None:
    """A row is the answer where both are defined, if that is at 5 points at least."""
    answer = np.arange(1.0, 9.0)
    gap = np.where(answer < 4, NAN, answer)
    table = np.array([answer, answer + 1, gap, np.where(answer < 5, NAN, answer), -answer])
    assert rows_equal(table, answer).tolist() == [True, False, True, False, False]
    assert rows_equal(np.stack([table, table], axis=2), np.stack([answer, answer], 1)).tolist() == [
        *(True, False, True, True, False)
    ]
