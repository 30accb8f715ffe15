"""backtrace.render.matrices: nested lists on lines of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.render.matrices import block, matrix_end
from backtrace.render.text import nested


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("[]", None, ["[]"]),
        ("[1, -2]", None, ["[1, -2]"]),
        ("[[1, -2.5], [30, 4]]", None, ["[[ 1, -2.5],", " [30,    4]]"]),
        ("[[1, …], …]", None, ["[[1, …],", " …]"]),
        ("[[], []]", None, ["[[],", " []]"]),
        ("[[[1], [2]], [[3], [40]]]", 9, ["[[[ 1],", "  [ 2]],", " [[ 3],", "  [40]]]"]),
        ("[1, 2, 3, 4, 5]", 10, ["[1, 2, 3,", " 4, 5]"]),
        ("[[1, 2, 3], [4, 5, 16]]", 9, ["[[1, 2,", "   3],", " [4, 5,", "  16]]"]),
    ],
)
def test_block(text: str, width: int | None, lines: list[str]) -> None:
    """A row has a line, and goes on under its first number."""
    assert block(text, width) == lines


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.integers(0, 9),
    st.none() | st.integers(12, 60),
)
def test_block_has_all(shape: list[int], seed: int, width: int | None) -> None:
    """It is the same text but for spaces, and no line is wider than asked for."""
    text = nested(np.random.default_rng(seed).integers(-999, 999, shape))
    lines = block(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert width is None or max(map(len, lines)) <= width


def test_matrix_end() -> None:
    """The end of the list that begins somewhere."""
    assert matrix_end("a @ [[1], [2]] + [3]", 4) == 14
    assert matrix_end("[[1, 2", 0) == 6
