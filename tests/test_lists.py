"""backtrace.reading.lists and .ranges: nested lists and evenly spaced numbers as text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BindingError
from backtrace.reading.values import read_value

LISTS: dict[str, Any] = {
    "[1, 2]": [1, 2],
    "[]": [],
    "[[], []]": [[], []],
    "[[[]]]": [[[]]],
    "[[1, 2], [3, 4]]": [[1, 2], [3, 4]],
    " [ [1 , 2.] ,\n\t[ -3, +.5] ] ": [[1, 2], [-3, 0.5]],
    "[[[1], [2]], [[3], [4]]]": [[[1], [2]], [[3], [4]]],
    "[1/3, sqrt(2)/2, pi/4]": [1 / 3, 0.7071067811865476, np.pi / 4],
    "[inf, -inf, nan, 1]": [np.inf, -np.inf, np.nan, 1],
    "[1, inf, 2, 3]": [1, np.inf, 2, 3],
    "[1e300, 1e-300, 0e-999, 1e5]": [1e300, 1e-300, 0, 1e5],
    "[max(1, 2), (1 + 2)*3, 4]": [2, 9, 4],
    "[1, 2,]": [1, 2],
    "[[1, 2,], [3, 4,],]": [[1, 2], [3, 4]],
    "[−1, 2]": [-1, 2],
    "[1_000, ½]": [1000, 0.5],
    "(1, 2)": [1, 2],
    "(1,)": [1],
    "[(1, 2), (3, 4)]": [[1, 2], [3, 4]],
    "array([1., 2.])": [1, 2],
    "np.array([[1, 2],\n       [3, 4]], dtype=float32)": [[1, 2], [3, 4]],
    "tensor([1., 2.], dtype=torch.float64, requires_grad=True)": [1, 2],
    "[" * 32 + "1" + "]" * 32: np.ones((1,) * 32),
}
RANGES = {
    "linspace(0, 1, 5)": [0, 0.25, 0.5, 0.75, 1],
    "linspace(-pi, pi, 3)": [-np.pi, 0, np.pi],
    "linspace(1, 2, 1)": [1],
    "linspace(1, 2, 0)": [],
    "arange(4)": [0, 1, 2, 3],
    "arange(1, 4)": [1, 2, 3],
    "arange(0, 1, 1/4)": [0, 0.25, 0.5, 0.75],
    "arange(3, 0, -1)": [3, 2, 1],
    "arange(3, 0)": [],
    "np.arange(0, 1, 0.1)": np.arange(0, 1, 0.1),
    "arange(max(2, 3))": [0, 1, 2],
}

# text | what is under the carets | what the message says
WRONG = [
    ("[1, 2", "[", "this [ is never closed"),
    ("[", "[", "never closed"),
    ("[[1, 2], [3, 4]", "[", "never closed"),
    ("[1]]", "]", "the list ends before this"),
    ("[1] + 2", "+ 2", "the list ends before this"),
    ("[1)", ")", "this bracket closes none"),
    ("[(1, 2]", "]", "this bracket closes none"),
    ("[1,, 2]", ",", "an entry is missing before this"),
    ("[, 1]", ",", "an entry is missing before this"),
    ("[[1, 2], [3]]", "[3]", "this has 1 entry, those before it 2"),
    ("[[1], [2, 3]]", "[2, 3]", "this has 2 entries, those before it 1"),
    ("[1, [2]]", "[2]", "this is of shape (1,), those before it are numbers"),
    ("[[1], 2]", "2", "this is a number, those before it are of shape (1,)"),
    ("[[[1]], [[1, 2]]]", "[[1, 2]]", "this is of shape (1, 2), those before it are of shape"),
    ("[1, w, 2]", "w", "a value cannot use names (w)"),
    ("[1, 2*w]", "2*w", "a value cannot use names (w)"),
    ("[1, 2 +]", "", "something must follow"),
    ("[1e999]", "1e999", "too large for float64"),
    ("[1, 1e-999]", "1e-999", "too small for float64"),
    ("[9**9**9]", "9**9**9", "9**9**9 is inf"),
    ("[1/0]", "1/0", "1/0 is inf"),
    ("[1 2]", "1 2", "entries are separated by commas"),
    ("[1. -2.]", "1. -2.", "one entry or two?"),
    ("[[1, 2] [3, 4]]", "[", "a comma is missing before this"),
    ("[1, ..., 9]", "...", "dots"),
    ("[1[2], 3]", "[", "a comma is missing before this"),
    ("[True]", "True", "not a number"),
    ("[\0]", "\0", "not a number"),
    ("1, 2", ",", "a list is written in brackets: [1, 2]"),
    ("linspace(0, 1)", "linspace", "write linspace(first, last, count)"),
    ("linspace(0, 1, 2.5)", "2.5", "the count is a whole number"),
    ("linspace(0, 1, -1)", "-1", "the count is a whole number"),
    ("linspace(0, 1, 1e12)", "1e12", "would have 1,000,000,000,000 elements"),
    ("linspace(0, inf, 3)", "inf", "needs finite numbers"),
    ("linspace(-1e308, 1e308, 3)", "-1e308, 1e308", "too far apart"),
    ("arange()", "arange", "write arange(count)"),
    ("arange(1, 2, 3, 4)", "arange", "write arange(count)"),
    ("arange(0, 1, 0)", "0", "the step must not be 0"),
    ("arange(1e12)", "1e12", "1,000,000,000,000 elements"),
    ("arange(0, 1e308, 1e-308)", "0, 1e308, 1e-308", "elements"),
    ("arange(n)", "n", "cannot use names"),
    ("arange(1,, 2)", "", "not a number"),
    ("linspace(start=0, stop=1, num=3)", "start=0", "not a number"),
]


@pytest.mark.parametrize("text", [*LISTS, *RANGES])
def test_list_and_range(text: str) -> None:
    """A nested list, or a linspace or arange, is a read-only float64 array of its shape."""
    value = read_value(text)
    expected = np.array({**LISTS, **RANGES}[text], dtype=np.float64)
    assert value.dtype == np.float64
    assert not value.flags.writeable
    assert value.shape == expected.shape
    np.testing.assert_array_equal(value, expected)


def test_entries_are_exact() -> None:
    """An entry is worked out exactly and rounded once, as a single number is."""
    for text in ("sqrt(2)/2", "1/3 + 1/3 + 1/3", "sin(pi)", "-1/7"):
        assert read_value(f"[0, {text}]")[1] == read_value(text)


@pytest.mark.parametrize(("text", "place", "message"), WRONG)
def test_what_is_wrong_is_pointed_at(text: str, place: str, message: str) -> None:
    """The carets stand under the entry in the user's own text, behind what stands before it."""
    with pytest.raises(BindingError) as caught:
        read_value(text, "--x ")
    error = caught.value
    assert message in error.message
    assert error.source == f"--x {text}"
    assert error.span is not None
    assert error.source[error.span.start : error.span.end] == place


def test_the_picture() -> None:
    """The whole of what is said, for a list over two lines."""
    with pytest.raises(BindingError) as caught:
        read_value("[[1, 2],\n [3, x]]", "W=")
    assert str(caught.value) == (
        "not a number: a value cannot use names (x)\n    line 2:  [3, x]]\n                 ^"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "(" * 100_000,
        "[" + "(" * 100_000 + "]",
        "[" * 33 + "1" + "]" * 33,
        "[" + "1" * 100_000 + "]",
        "[" + "9**" * 1000 + "9]",
        "[" + "1, " * 200_000 + "x]",
        "[" + "1 " * 100_000 + "]",
        "[" + "," * 100_000 + "]",
        "[[1]" + ", [1]" * 10_000 + ", [1, 2]]",
        "array(" * 10_000,
        "linspace(" * 10_000,
        "arange(" + "1," * 100_000 + ")",
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    """Deep, long and malformed lists are answered in a moment with a short message."""
    with pytest.raises(BindingError) as caught:
        read_value(text, "--x ")
    assert max(map(len, str(caught.value).splitlines())) < 250


def test_long_lists_of_numbers_are_fast() -> None:
    """A million numbers are read in about a second, in one row or in many."""
    numbers = np.random.default_rng(0).normal(size=1_000_000)
    for array in (numbers, numbers.reshape(-1, 10)):
        text = json.dumps(array.tolist())
        value = read_value(text)
        np.testing.assert_array_equal(value, array)


NUMBERS = st.floats() | st.integers(-(10**20), 10**20)


@given(
    st.lists(NUMBERS)
    | st.integers(0, 4).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n)))
)
def test_what_python_prints_is_read(numbers: list[Any]) -> None:
    """A list as Python prints it reads back to the same floats."""
    value = read_value(repr(numbers))
    np.testing.assert_array_equal(value, np.array(numbers, dtype=np.float64))


@given(st.text(max_size=30) | st.text("[](),. 0123456789e-+x\n", max_size=20))
def test_any_text_in_brackets_is_an_array_or_refused(text: str) -> None:
    """No list text raises anything but a BindingError."""
    try:
        assert read_value(f"[{text}]").dtype == np.float64
    except BindingError as error:
        assert str(error)
