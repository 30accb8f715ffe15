"""backtrace.reading.cursor: how deep a program may be nested."""

from __future__ import annotations

import pytest

from backtrace.errors import ReadError
from backtrace.reading import read
from backtrace.reading.cursor import DEEPEST
from backtrace.tracing import trace


@pytest.mark.parametrize(
    "levels", ["(" * 400 + "1" + ")" * 400, "2" + "^2" * 1000, "-" * 400 + "1"]
)
def test_deep_nesting_is_refused(levels: str) -> None:
    """Parentheses, powers and signs alike: more than 100 levels are refused in words."""
    with pytest.raises(ReadError, match="100 levels"):
        read(levels)


def test_depth_that_is_read() -> None:
    """100 levels of anything are read, and a long sum or program is no nesting."""
    deep = DEEPEST - 1
    assert trace("(" * deep + "x" + ")" * deep, x=2).value == 2
    assert trace("sin(" * deep + "0" + ")" * deep).value == 0
    assert trace("1" + "+1*(2)" * 20_000).value == 40_001
    assert trace("x = 1\n" + "x = x + 1\n" * 20_000).value == 20_001
