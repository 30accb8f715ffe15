"""backtrace.reading.tokens: text to tokens, each with its place in the typed text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import ReadError
from backtrace.reading import read, tokens
from backtrace.reading.tokens import (
    ASCII_FORMS,
    Tokens,
    in_ascii,
    starts_name,
    starts_number,
    starts_raised,
)

TEXTS = {
    "w*x - 1.5e-3": ["w", "*", "x", "-", "1.5e-3"],
    "2x_1": ["2", "x_1"],
    ".5 + 2. + 1_000": [".5", "+", "2.", "+", "1_000"],
    "1e + 1e5": ["1", "e", "+", "1e5"],
    "a **= b // c": ["a", "**=", "b", "//", "c"],
    "a <= b != c := d": ["a", "<=", "b", "!=", "c", ":=", "d"],
    "x^2 ^= 3": ["x", "**", "2", "**=", "3"],
    "ŷ × x² ÷ ½y⁻¹": ["ŷ", "*", "x", "²", "/", "½", "y", "⁻¹"],
    "y\u0302 − x̄₁": ["y\u0302", "-", "x̄₁"],
    "x ≤ ∞": ["x", "<=", "inf"],
    "gelu(x, approximate='tanh')": ["gelu", "(", "x", ",", "approximate", "=", "'tanh'", ")"],
    # a comment goes to the end of its line
    "x # the input ( ' \" #\ny": ["x", "\n", "y"],
    "#": [],
    # a new line is a token, but between parentheses a space
    "f(x,\n y)\nz": ["f", "(", "x", ",", "y", ")", "\n", "z"],
    "(x # one\n + 2)": ["(", "x", "+", "2", ")"],
    "x)\ny": ["x", ")", "\n", "y"],
    # marks of order and spaces of every width
    "\ufeffx\u00a0+\u2003y\u200b": ["x", "+", "y"],
    "x\r\ny": ["x", "\n", "y"],
    "x\ty\x0cz": ["x", "y", "z"],
    "": [],
}


@pytest.mark.parametrize("source", TEXTS)
def test_texts(source: str) -> None:
    """Tokens have operators in ASCII; spaces and comments are between them; the last is empty."""
    texts = Tokens(source).texts
    assert [text for text in texts if text] == TEXTS[source]
    assert texts[-1] == ""


@pytest.mark.parametrize("source", TEXTS)
def test_spans(source: str) -> None:
    """A token's span is what was typed, before any normalisation."""
    found = Tokens(source)
    typed = [source[slice(*found.span(k, k))] for k in range(len(found.texts))]
    assert [ASCII_FORMS.get(text, text) for text in typed] == found.texts
    assert found.written(0, len(typed) - 1).startswith(typed[0])


def test_span_of_several() -> None:
    """A span of several tokens has what stands between them too."""
    source = "a + ( ŷ × 2 )"
    found = Tokens(source)
    assert source[slice(*found.span(3, 5))] == found.written(3, 5) == "ŷ × 2"


def test_crlf_and_bom_do_not_move_the_caret() -> None:
    """In a file from Windows an error stands under the right column of the right line."""
    with pytest.raises(ReadError) as caught:
        read("\ufeffa = 1\r\nb = a + $")
    assert str(caught.value).endswith("\n    line 2: b = a + $\n                    ^")


@pytest.mark.parametrize(
    ("limit", "message"),
    [("LONGEST_TEXT", "more than 9 characters"), ("MOST_TOKENS", "more than 9 numbers, names")],
)
def test_limits(monkeypatch: pytest.MonkeyPatch, limit: str, message: str) -> None:
    """A text up to the limit is read, a longer one is refused with the limit."""
    monkeypatch.setattr(tokens, limit, 9)
    assert Tokens("x+x+x+x").texts[-2:] == ["x", ""]
    with pytest.raises(ReadError, match=message):
        Tokens("x+x+x+x+x+x")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x1", starts_name), ("ŷ", starts_name), ("_", starts_name), ("2.5", starts_number),
        (".5", starts_number), ("½", starts_number), ("²", starts_raised), ("⁻¹", starts_raised),
        (".", None), ("", None), ("\n", None), ("**", None), ("'a'", None),
    ],
)  # fmt: skip
def test_kinds(text: str, kind: object) -> None:
    """A token is a name, a number, a raised exponent, or none of these."""
    kinds = [starts_name, starts_number, starts_raised]
    assert [k for k in kinds if k(text)] == ([kind] if kind else [])


@given(st.text(max_size=60) | st.text("xŷ2.e+-*/^()=,#'\" \n\r\ufeff½²×", max_size=40))
def test_any_text_is_covered(source: str) -> None:
    """Tokens stand in order, do not overlap, and nothing but spaces and comments is left out."""
    found = Tokens(source)
    ends = [0, *found.ends]
    assert all(e <= s <= t for e, s, t in zip(ends, found.starts, found.ends, strict=False))
    if "#" not in source and "(" not in source:
        between = [source[e:s] for e, s in zip(ends, found.starts, strict=False)]
        assert set("".join(between)) <= set(tokens.SPACES)
        assert ends[-1] == len(source)


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("ŷ = σ(θ·x + β)", "yhat = sigma(theta*x + beta)"),
        ("ℒ = (ŷ − y)²", "L = (yhat - y)**2"),
        ("x⁻¹ ÷ ½ ≤ ∞", "x**(-1) / (1/2) <= inf"),
        ("Wᵀ @ x  # ŷ", "W.T @ x  # ŷ"),
        ("2*x + 1", "2*x + 1"),
        ("变*x", "变*x"),
    ],
)
def test_in_ascii(source: str, plain: str) -> None:
    """Names and signs stand as they are read, and the program is the same."""
    assert in_ascii(source) == plain
    assert read(in_ascii(source)).nodes == read(source).nodes
