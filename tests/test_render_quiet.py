"""backtrace.render.quiet: bare numbers for scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backtrace
from backtrace.render.quiet import quiet


@pytest.mark.parametrize(
    ("program", "bindings", "wrt", "digits", "text"),
    [
        ("x**2", {"x": 3}, None, None, "6"),
        ("x*y", {"x": 3, "y": 0.1}, "x", None, "0.1"),
        ("x*y", {"x": 3, "y": 0.1}, None, None, "x\t0.1\ny\t3"),
        ("x/3", {"x": 1}, None, None, "0.3333333333333333"),
        ("x/3", {"x": 1}, None, 4, "0.3333"),
        ("log(x)", {"x": 0}, None, None, "inf"),
        ("-x*y", {"x": 0, "y": 0}, "x", None, "0"),
        ("2 + 3", {}, None, None, ""),
        ("sum(x**2)", {"x": [0.15, -0.0, 1.5]}, None, None, "[0.3, 0, 3]"),
        ("sum(x**2)/3", {"x": [[1, 2], [3, 5]]}, None, 3, "[[0.667, 1.33], [2, 3.33]]"),
        ("sum(w*x)", {"x": [1, 2], "w": 3}, None, None, "w\t3\nx\t[3, 3]"),
    ],
)
def test_quiet(
    program: str, bindings: dict[str, Any], wrt: str | None, digits: int | None, text: str
) -> None:
    """The number alone for one variable, name and number with a tab between for several."""
    assert quiet(backtrace.trace(program, bindings, wrt=wrt), digits=digits) == text


def test_large() -> None:
    """A gradient of 10^5 entries is written at once, and reads back."""
    x = np.random.default_rng(1).normal(size=100_000)
    trace = backtrace.trace("sum(x**2)", x=x)
    text = quiet(trace)
    np.testing.assert_array_equal([float(n) for n in text[1:-1].split(", ")], 2 * x)
