"""backtrace.names: the spelling of a name in ASCII, where the field has one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.names import normal
from backtrace.reading import read

NAMES = {
    "ŷ": "yhat", "y\u0302": "yhat", "ŷ₁": "yhat1", "θ": "theta", "Σ": "Sigma", "λ": "lambda",
    "ϵ": "epsilon", "µ": "mu", "x̄": "xbar", "ẋ": "xdot", "x̃": "xtilde", "x₁₂": "x12", "w": "w",
    "ñandú": "ñandú", "été": "été",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name(name: str) -> None:
    """A name has the spelling the field uses in ASCII, where it has one."""
    assert normal(name) == NAMES[name]


def test_both_spellings_are_one_name() -> None:
    """ŷ and yhat, θ and theta are the same variable, composed or not."""
    assert list(read("ŷ*yhat + y\u0302 + θ + theta").variables) == ["yhat", "theta"]


@given(st.text(st.characters(categories=["L", "Mn", "Nd"]), max_size=12))
def test_a_spelling_is_final(name: str) -> None:
    """What is spelled out is left alone the second time, and ASCII always."""
    assert normal(normal(name)) == normal(name)
    assert normal(name) == name or not name.isascii()
