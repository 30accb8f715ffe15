"""The caret picture: where an error is, in the user's own text."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, Span, did_you_mean, listed, picture, shortened

PICTURES = {
    ("1 + log(x - 3)", Span(4, 14)): "    1 + log(x - 3)\n        ^^^^^^^^^^",
    ("x", Span(1, 1)): "    x\n     ^",
    ("a = 1\nb = c", Span(10, 11)): "    line 2: b = c\n                ^",
    ("y\u0302 + z", Span(5, 6)): "    y\u0302 + z\n        ^",
    ("変 + z", Span(4, 5)): "    変 + z\n         ^",
    ("a\x00b", Span(2, 3)): "    a�b\n      ^",
}


@pytest.mark.parametrize("place", PICTURES)
def test_picture(place: tuple[str, Span]) -> None:
    """Carets stand under the span, whatever the width of what stands before it."""
    assert picture(*place) == PICTURES[place]


def test_long_line_is_cut_around_the_place() -> None:
    """Of a long line only a window around the caret is shown."""
    lines = picture("x + " * 1000, Span(2000, 2001)).splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) < 90
    assert lines[0][lines[1].index("^")] == "x"


def test_message_without_a_place() -> None:
    """An error without a source is its message alone."""
    assert str(BacktraceError("no program")) == "no program"


def test_did_you_mean() -> None:
    """Near names are offered, far ones are not."""
    assert did_you_mean("rleu", ["relu", "exp"]) == ": did you mean relu?"
    assert did_you_mean("zzz", ["relu", "exp"]) == ""


def test_did_you_mean_of_a_very_long_name() -> None:
    """A name of any length is compared by its beginning, at once."""
    assert did_you_mean("a" * 10**6, ["relu", "a" * 40]) == f": did you mean {'a' * 40}?"


@pytest.mark.parametrize(
    ("name", "text"), [("", ""), ("a" * 40, "a" * 40), ("a" * 41, "a" * 39 + "…")]
)
def test_shortened(name: str, text: str) -> None:
    """A name takes 40 characters at most, the mark of what is left out included."""
    assert shortened(name) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("w", "w"),
        ("wx", "w and x"),
        ("wxyz", "w, x, y and z"),
        ("vwxyz", "v, w, x and 2 others"),
        (["a" * 50, "b"], f"{'a' * 39}… and b"),
    ],
)
def test_listed(names: Iterable[str], text: str) -> None:
    """Names are joined in words, and no more than four stand there."""
    assert listed(names) == text


def test_listed_to_another_length() -> None:
    """Of more than `most` names the last ones are counted, which are two at least."""
    assert listed("abcd", most=3) == "a, b and 2 others"
    assert listed("abc", most=3) == "a, b and c"


@given(st.text(max_size=120), st.integers(0, 130), st.integers(0, 130))
def test_any_place_has_a_picture(source: str, start: int, length: int) -> None:
    """Every span of every text has a picture of two short lines, with a caret."""
    shown = picture(source, Span(start, start + length))
    assert shown.rsplit("\n", 1)[-1].strip(" ^") == ""
    assert "^" in shown
