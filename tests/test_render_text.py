"""backtrace.render.text: numbers and characters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.render.text import ASCII, UNICODE, added, exact, nested, number


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-2.0, 6, "-2"),
        (0.19661193324148185, 6, "0.196612"),
        (1e-10, 6, "1e-10"),
        (1e-5, 6, "1e-5"),
        (1e6, 6, "1e6"),
        (123456.0, 6, "123456"),
        (1234567.0, 6, "1.23457e6"),
        (-0.0, 6, "0"),
        (math.inf, 6, "inf"),
        (-math.inf, 6, "-inf"),
        (math.nan, 6, "nan"),
        (1 / 3, 3, "0.333"),
        (1 / 3, 17, "0.33333333333333331"),
        (np.float64(2.5), 6, "2.5"),
    ],
)
def test_number(value: Any, digits: int, text: str) -> None:
    """A number has so many significant digits and nothing needless."""
    assert number(value, digits) == text


@given(st.floats(allow_nan=False))
def test_number_reads_back(value: Any) -> None:
    """A shown number is the value to the digits shown."""
    assert float(number(value, 17)) == value
    assert float(number(value)) == float(f"{value:.6g}")


@given(st.floats(allow_nan=False))
def test_exact_reads_back(value: Any) -> None:
    """An exact number is the same float read back, and -0 is 0."""
    assert float(exact(value)) == value
    assert not exact(value).startswith("-0") or value != 0


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ([[0.1, 1.0], [-0.0, np.nan]], None, "[[0.1, 1], [0, nan]]"),
        ([[0.1, 1.0], [-0.0, np.nan]], 3, "[[0.1, 1], [0, nan]]"),
        ([1 / 3, 10.0, 1e22, -np.inf], None, "[0.3333333333333333, 10, 1e+22, -inf]"),
        ([1 / 3, 10.0, 1e22, -np.inf], 3, "[0.333, 10, 1e22, -inf]"),
        ([], None, "[]"),
        ([[], []], 3, "[[], []]"),
    ],
)
def test_exact_array(value: Any, digits: int | None, text: str) -> None:
    """An array is a nested list in full, without a `.0`."""
    assert exact(np.array(value), digits) == text


@given(st.lists(st.floats(), min_size=1))
def test_exact_array_reads_back(values: list[float]) -> None:
    """Every entry of an exact array is the same float read back."""
    text = exact(np.array(values)).replace("inf", "float('inf')").replace("nan", "float('nan')")
    np.testing.assert_array_equal(eval(text), values)


@pytest.mark.parametrize(
    ("value", "text"),
    [([1 / 3, 2.0], "[0.333333, 2]"), ([[1.0], [-0.0]], "[[1], [0]]"), (2.0, "2"), ([], "[]")],
)
def test_nested(value: Any, text: str) -> None:
    """An array in full, to so many digits."""
    assert nested(np.array(value)) == text


@pytest.mark.parametrize(
    ("rule", "unicode", "ascii"),
    [
        ("Ḡ @ W.T", "Ḡ @ Wᵀ", "G @ W.T"),
        ("a.mT @ Ḡ", "aᵀ @ Ḡ", "a.mT @ G"),
        ("(x @ W).T + f[0].T", "(x @ W)ᵀ + f[0]ᵀ", "(x @ W).T + f[0].T"),
        ("x.Tail", "x.Tail", "x.Tail"),
    ],
)
def test_rule(rule: str, unicode: str, ascii: str) -> None:
    """A transposed matrix is written as in a textbook, where the characters are there."""
    assert UNICODE.rule(rule) == unicode
    assert ASCII.rule(rule) == ascii


@pytest.mark.parametrize(
    ("terms", "text"),
    [(["-2", "2"], "-2 + 2"), (["2", "-2"], "2 + (-2)"), (["1"], "1"), ([], "")],
)
def test_added(terms: list[str], text: str) -> None:
    """A negative term after another stands in parentheses."""
    assert added(terms) == text


@pytest.mark.parametrize(
    ("text", "ascii"),
    [
        ("∂L/∂c·1 = 2 × -1", "dL/dc.1 = 2 * -1"),
        ("├── x …", "|-- x ..."),
        ("✓ agrees", "ok agrees"),
        ("Ḡ ⊙ 2   ‖·‖ = 3", "G * 2   norm = 3"),
        ("é", "\\xe9"),
        ("w*x", "w*x"),
    ],
)
def test_clean(text: str, ascii: str) -> None:
    """A text is put into ASCII with a stand-in for every character, and Unicode is left alone."""
    assert ASCII.clean(text) == ascii
    assert UNICODE.clean(text) == text
