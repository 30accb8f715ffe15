"""backtrace.render.quiet: bare numbers for scripts."""

from __future__ import annotations

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
    ],
)
def test_quiet(
    program: str, bindings: dict[str, float], wrt: str | None, digits: int | None, text: str
) -> None:
    """The number alone for one variable, name and number with a tab between for several."""
    assert quiet(backtrace.trace(program, bindings, wrt=wrt), digits=digits) == text
