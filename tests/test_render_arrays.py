"""backtrace.render.arrays: what is shown of an array on a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from backtrace.render.arrays import (
    EVERYTHING,
    LARGE,
    ROOMS,
    Glance,
    Room,
    entries,
    glance,
    norm,
    shape_of,
)
from backtrace.render.text import nested

WIDE, *_, NARROW = ROOMS
COUNTED = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    ("value", "room", "text"),
    [
        (2.5, NARROW, "2.5"),
        ([1.0, -0.0], NARROW, "[1, 0]"),
        ([[0.15, 0.2], [0.25, 0.3]], NARROW, "[[0.15, 0.2], [0.25, 0.3]]"),
        (np.eye(3), NARROW, "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"),
        (np.full((3, 3), -0.25), WIDE, nested(np.full((3, 3), -0.25))),
        (np.arange(100.0), WIDE, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …]"),
        (np.arange(100.0), NARROW, "[0, 1, 2, …]"),
        (np.arange(100.0) / 7, Room(0, 1), "[0, …]"),
        (COUNTED, EVERYTHING, "[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]"),
        (COUNTED, Room(10, 18), "[[0, 1, 2, 3], …]"),
        (COUNTED, Room(10, 14), "[[0, 1, …], …]"),
        (COUNTED.T, Room(10, 25), "[[0, 4, 8], [1, 5, 9], …]"),
        (np.arange(20.0)[None], Room(10, 17), "[[0, 1, 2, …]]"),
        (np.zeros((0, 3)), NARROW, "[]"),
        (np.zeros((3, 0)), NARROW, "[[], [], []]"),
        (np.zeros((9, 9, 9)), NARROW, "[[[0, …], …], …]"),
        ([np.nan, np.inf], NARROW, "[nan, inf]"),
    ],
)
def test_entries(value: Any, room: Room, text: str) -> None:
    """A small array is whole; of another as many first entries are shown as there is room for."""
    found, complete = entries(np.asarray(value), 6, room)
    assert found == text
    assert complete == ("…" not in text)


ARRAYS = array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=20).map(
    lambda shape: np.arange(float(np.prod(shape))).reshape(shape) / 7
)


@given(ARRAYS, st.integers(6, 60))
def test_entries_keep_to_the_room(array: Any, room: int) -> None:
    """What is shown fits in the room, or is one entry; it says where something is left out."""
    text, complete = entries(glance(array), 6, Room(room, room))
    assert complete == (text == nested(array))
    assert text.count("[") == text.count("]")
    assert (
        len(text) <= room
        or text.replace("[", "").partition(",")[0]
        == nested(array).replace("[", "").partition(",")[0]
    )


@given(ARRAYS)
def test_glance(array: Any) -> None:
    """Of a large array the first entries, the shape and the norm are kept, and not the array."""
    kept = glance(array)
    assert shape_of(kept) == array.shape
    assert isinstance(kept, Glance) == (array.size > LARGE)
    assert entries(kept, 6, WIDE) == entries(array, 6, WIDE)
    assert norm(kept) == norm(array)
    if isinstance(kept, Glance):
        assert kept.corner.base is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([3.0, -4.0], 5.0),
        ([[3e200], [4e200]], 5e200),
        ([3e-200, 4e-200], 5e-200),
        ([0.0, 0.0], 0.0),
        ([np.inf, 1.0], np.inf),
        ([np.nan, 1.0], np.nan),
        ([], 0.0),
    ],
)
def test_norm(value: Any, expected: float) -> None:
    """The norm is that of all entries, and no square overflows."""
    np.testing.assert_allclose(norm(np.array(value)), expected, rtol=1e-12)


def test_a_large_array_is_not_formatted() -> None:
    """What is left out takes no time: a view of 10^8 entries, of which one exists, is at once."""
    array = np.broadcast_to(1.5, (10_000, 10_000))
    assert entries(array, 6, NARROW)[0] == "[[1.5, …], …]"
