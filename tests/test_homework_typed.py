"""How far the last digit of a typed number reaches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.homework.judging.typed import Typed, typed_number
from backtrace.reading import read

# as typed: half a unit of the last digit, and how many digits are significant
NUMBERS = [
    ("3", 0.5, 1),
    ("-28", 0.5, 2),
    ("−28", 0.5, 2),
    ("+28", 0.5, 2),
    ("100", 0.5, 3),
    ("100.", 0.5, 3),
    ("1200", 0.5, 4),
    ("00012", 0.5, 2),
    ("1_000.5", 0.05, 5),
    ("0.5", 0.05, 1),
    (".5", 0.05, 1),
    ("0.50", 0.005, 2),
    ("-0.50", 0.005, 2),
    ("0.250", 0.0005, 3),
    ("0.0005", 5e-5, 1),
    ("0.00050", 5e-6, 2),
    ("10.05", 0.005, 4),
    ("1e3", 500.0, 1),
    ("1.50e3", 5.0, 3),
    ("1.5E-3", 5e-5, 2),
    ("2.5e+2", 5.0, 2),
    ("1.50*10^3", 5.0, 3),
    ("1.5·10⁻³", 5e-5, 2),
    ("2.00 × 10**2", 0.5, 3),
    ("0", 0.5, 0),
    ("0.00", 0.005, 0),
    ("-0.0", 0.05, 0),
    ("0e300", 0.5, 0),
    ("0e99999", 0.5, 0),
    ("(-0.333)", 0.0005, 3),
    ("-(0.333)", 0.0005, 3),
    ("1.8e-305", 5e-307, 2),
    ("1e308", 5e307, 1),
]
EXACT = ["2/3", "sqrt(2)/2", "pi", "-pi", "e", "inf", "3**2", "0.1 + 0.2", "2*3*7", "[1, 2]/3"]


@pytest.mark.parametrize(("text", "half_unit", "digits"), NUMBERS)
def test_the_last_digit(text: str, half_unit: float, digits: int) -> None:
    """A number reaches half a unit of its last digit; zeros in front are not significant."""
    typed = typed_number(read(text))
    assert typed.half_unit == pytest.approx(half_unit, rel=1e-12)
    assert typed.digits == digits


@pytest.mark.parametrize("text", EXACT)
def test_exact_expressions(text: str) -> None:
    """An expression is exact: it may be off by rounding in float64, and lacks no digits."""
    typed = typed_number(read(text))
    right = np.asarray(typed.value)
    assert np.all(typed.margin(np.ones_like(right), None, None) < 1e-6)
    assert not typed.lacks_digits(right, 100)


def test_lists() -> None:
    """In a list every number has its own last digit, and what is exact in it stays exact."""
    typed = typed_number(read("[[1.0, -2.00], [30, 0.125]]"))
    assert np.array_equal(typed.value, [[1.0, -2.0], [30.0, 0.125]])
    assert np.allclose(np.asarray(typed.half_unit), [[0.05, 0.005], [0.5, 0.0005]], rtol=1e-12)
    assert np.array_equal(np.asarray(typed.digits), [[2, 3], [2, 3]])
    mixed = typed_number(read("[0.33, 1/3, pi]"))
    assert np.allclose(np.asarray(mixed.half_unit), [0.005, 0, 0], atol=0)
    assert list(np.asarray(mixed.digits) >= 3) == [False, True, True]
    turned = typed_number(read("-[0.33, 2]"))
    assert np.allclose(np.asarray(turned.half_unit), [0.005, 0.5], atol=0)
    assert np.array_equal(np.asarray(turned.digits), [2, 1])


def test_the_margin() -> None:
    """Half a unit is within reach and a little more is not; tolerances replace the rule."""
    typed = Typed(np.float64(0.33), np.float64(0.005), np.float64(2))
    right = np.float64(0.335)
    assert abs(typed.value - right) <= typed.margin(right, None, None)
    assert abs(typed.value - 0.33501) > typed.margin(np.float64(0.33501), None, None)
    many = typed_number(read("0.3000000000000000000"))
    assert abs(many.value - (0.1 + 0.2)) <= many.margin(np.float64(0.1 + 0.2), None, None)
    assert typed.margin(np.float64(-2.0), 0.1, None) == pytest.approx(0.2)
    assert typed.margin(np.float64(-2.0), None, 0.1) == pytest.approx(0.1)
    assert typed.margin(np.float64(-2.0), 0.1, 0.1) == pytest.approx(0.3)
    assert typed.margin(np.float64(-2.0), 0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("text", "right", "lacks"),
    [
        ("0.33", 1 / 3, True),
        ("0.333", 1 / 3, False),
        ("0.5", 0.5, False),
        ("42", 42.0, False),
        ("42", 42.3, True),
        ("0", 0.0, False),
        ("0.00", 0.001, True),
        ("[0.5, 0.33]", np.array([0.5, 1 / 3]), True),
        ("[0.5, 0.333]", np.array([0.5, 1 / 3]), False),
    ],
)
def test_too_few_digits(text: str, right: float, lacks: bool) -> None:
    """Three digits are wanted of what is rounded; what is exactly right needs no more."""
    assert typed_number(read(text)).lacks_digits(right, 3) is lacks


@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12), st.integers(1, 15))
def test_what_is_rounded_is_within_the_margin(right: float, digits: int) -> None:
    """A number that was rounded to some digits is right, and has as many digits as were typed."""
    text = f"{right:.{digits - 1}e}"
    typed = typed_number(read(text))
    assert typed.digits == digits
    assert abs(typed.value - right) <= typed.margin(np.float64(right), None, None)


@given(st.integers(1, 9), st.integers(0, 9), st.integers(-200, 200))
def test_the_next_number_is_out_of_reach(first: int, second: int, exponent: int) -> None:
    """One unit of the last digit is too far."""
    typed = typed_number(read(f"{first}.{second}e{exponent}"))
    right = np.float64(f"{10 * first + second + 1}e{exponent - 1}")
    assert abs(typed.value - right) > typed.margin(right, None, None)
