"""Bindings: what a user gives for a variable, and what is said of what cannot be one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, BindingError
from backtrace.reading import bind, read
from backtrace.reading.values import read_value

VALUES = {
    "1": 1.0,
    "-1.5e-3": -0.0015,
    ".5": 0.5,
    "2.": 2.0,
    "inf": np.inf,
    "-inf": -np.inf,
    "1/3": 1 / 3,
    "sqrt(2)/2": 0.7071067811865476,  # in floats 0.7071067811865475 + 1 ulp: exact, then rounded
    "pi/4": np.pi / 4,
    "-π": -np.pi,
    "2^-3": 0.125,
    "1_000": 1000.0,
    "e": np.e,
    "log(2)": np.log(2),
    "sin(pi)": 0.0,  # the exact number, not sin of the float nearest to π
    " 3 ": 3.0,
    "−2": -2.0,
    "0e5": 0.0,
    "7e-300^9999": 0.0,  # the exact number has three million digits
}


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    """A text is a number or an expression of constants, exact until the last step."""
    value = read_value(text)
    assert type(value) is np.float64
    assert value == VALUES[text]


def test_nan_is_a_value() -> None:
    """nan is read as a number that is none."""
    assert np.isnan(read_value("nan"))


UNREADABLE = [
    "abc",
    "",
    "1e999",
    "1e-999",
    "9**9**9",
    "2 +",
    "1 2",
    "x=1",
    "log(-1)",
    "1/0",
    "--",
    "0x10",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_no_value(text: str) -> None:
    """What is not a number is refused with the text in the picture."""
    with pytest.raises(BindingError):
        read_value(text, "--w ")


def test_error_points_into_the_typed_option() -> None:
    """The caret stands under the value, in the words of the command line."""
    with pytest.raises(BindingError) as caught:
        read_value("abc", "--w ")
    assert str(caught.value) == (
        "not a number: a value cannot use names (abc)\n    --w abc\n        ^^^"
    )


@pytest.mark.parametrize(
    "value", [2, 2.0, True, np.int8(2), np.float32(2), Decimal(2), Fraction(2)]
)
def test_numbers_of_python(value: object) -> None:
    """Every number of Python and numpy becomes a float64."""
    bound = bind({"x": value}, {}).values["x"]
    assert type(bound) is np.float64
    assert bound == float(value)  # type: ignore[arg-type]


def test_arrays_are_copied_and_read_only() -> None:
    """An array is taken as it is now; nobody can change it afterwards."""
    mine = np.array([1, 2])
    bound = bind({"x": mine}, {}).values["x"]
    mine[0] = 9
    assert bound.dtype == np.float64
    assert bound.tolist() == [1.0, 2.0]
    assert not bound.flags.writeable


@pytest.mark.parametrize("value", [None, object(), 1j, [1, "a"], [[1], [1, 2]], {}, 10**400])
def test_no_number(value: object) -> None:
    """What numpy cannot make a float64 of is refused by name."""
    with pytest.raises(BindingError, match="x"):
        bind({"x": value}, {})


def test_typed_wins_and_must_be_used() -> None:
    """A keyword wins over the mapping; a keyword that is not used is an error, a key is not."""
    bindings = bind({"x": 1, "z": 3}, {"x": 2})
    bindings.check(read("x + 1", bindings.values))
    assert bindings.values["x"] == 2
    with pytest.raises(BindingError, match="w is not in the program"):
        bind({}, {"x": 1, "w": 2}).check(read("x", {"x", "w"}))


def test_near_matches() -> None:
    """An unused name finds the variable or the option that was meant."""
    from dataclasses import replace

    graph = read("theta", {"theta", "thета"})
    bindings = replace(bind({"theta": 1}, {"thta": 1}), options=("--check", "--json"))
    with pytest.raises(BindingError, match=r"did you mean theta\?"):
        bindings.check(graph)
    bindings = replace(bind({"theta": 1}, {"chek": 1}), options=("--check", "--json"))
    with pytest.raises(BindingError, match=r"did you mean --check\?"):
        bindings.check(graph)


def test_name_is_bound_in_either_spelling() -> None:
    """ŷ=1 binds yhat."""
    assert bind({"ŷ": 1}, {"σ": 2}).values.keys() == {"yhat", "sigma"}


@given(st.text(max_size=30) | st.text("0123456789.eE+-/*^()_infa ", max_size=15))
def test_any_text_is_a_float_or_refused(text: str) -> None:
    """No value text raises anything but a BacktraceError."""
    try:
        assert type(read_value(text)) is np.float64
    except BacktraceError as error:
        assert str(error)
