"""backtrace.crosscheck.differences: a third witness, never used at a kink."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from planting import planted

from backtrace.crosscheck import check
from backtrace.crosscheck.differences import Slope, slope
from backtrace.tracing import trace


def test_differences_catch_what_torch_is_told_wrongly() -> None:
    """Where a row's rule and its torch text share a mistake, central differences contradict."""
    wrong = {"local": (3.0, 1.0), "torch": "3*x + y - 2*x.detach()"}
    found = check(planted("L = x + y", "L", wrong, x=1, y=2), "differences")
    assert (found.status, found.differing) == ("differs", ())
    assert [notice.code for notice in found.notices] == ["differences"]
    assert "dL/dx is 3, but central differences give 1" in found.summary


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (math.exp, 1.0, math.e), (lambda x: x * x * x, 1e-8, 3e-16), (math.log, 1e-7, 1e7),
        (lambda x: 5.0, 2.0, 0.0), (lambda x: 1e200 * x, 1e-3, 1e200),
        (math.sin, 1e5, math.cos(1e5)),
    ],
)  # fmt: skip
def test_a_slope_is_within_its_margin(function: Any, x: float, expected: float) -> None:
    """The margin is honest, and narrow enough to tell a mistake."""

    def quiet(x: float) -> float:
        return function(x) if x > 0 else math.nan

    found = slope(quiet, x, noise=0.0)
    assert isinstance(found, Slope)
    assert abs(found.value - expected) <= found.margin <= 1e-5 * max(1, abs(expected))


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (abs, 0.0),
        (lambda x: abs(x - 1), 1 + 3e-6),
        (lambda x: max(x - 1, 0.0), 1 - 8e-6),
        (np.floor, 1.0),
        (np.sqrt, 0.0),
    ],
)
def test_there_is_no_slope_at_a_kink(function: Any, x: float) -> None:
    """Left and right slopes that differ, a jump or an edge of the domain give a reason instead."""
    with np.errstate(all="ignore"):
        assert isinstance(slope(lambda x: float(function(np.float64(x))), x, noise=0.0), str)


def test_differences_are_skipped_near_a_kink() -> None:
    """A kink within the step is found out by its slopes, told, and not held against the trace."""
    found = check(trace("abs(x - 1) + y", x=1 + 1e-6, y=1), "differences")
    assert found.status == "agrees"
    assert found.differences is not None
    assert found.differences["y"] == pytest.approx(1)
    assert found.differences["x"] is None
    assert "no one slope" in found.notices[0].text
    assert found.summary.endswith("so do central differences (not all could be had)")


def test_differences_are_skipped_where_rounding_hides_them() -> None:
    """A sine of 10^25 is nothing but rounding, which is not held against the trace."""
    found = check(trace("sin(exp(exp(exp(x)))) + y", x=1.4, y=1), "differences")
    assert found.status == "agrees", found.summary
    assert found.differences == {"x": None, "y": None}
    assert "rounding hides it" in found.notices[-1].text


def test_differences_of_too_long_a_program_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take minutes is skipped with a reason."""
    monkeypatch.setattr("backtrace.crosscheck.differences.BUDGET", 20)
    found = check(trace("x*y + 1", x=1, y=2), "differences")
    assert found.differences == {"x": None, "y": None}
    assert "too long" in found.notices[0].text


def test_differences_of_nothing_but_rounding_are_no_witness() -> None:
    """Where a value is off by more than it changes within a step, no slope is held against it."""
    found = check(trace("sin(exp(exp(x)**2))", x=2), "differences")
    assert found.status == "agrees", found.summary
    assert found.differences == {"x": None}


@pytest.mark.parametrize(
    ("program", "x"),
    [
        ("cbrt(x)", 1e-300),
        ("x % 3", 100000000.1),
        ("x % 3", 1e16),
        ("floor(x)", 1e12 + 0.1),
        ("sigmoid(1e9*(x - 0.5))", 0.5),
        ("sinc(x)", 1e-8),
        ("sinc(x)", 1e9 + 0.1),
    ],
)
def test_a_step_that_is_too_long_accuses_no_gradient(program: str, x: float) -> None:
    """Only slopes that agree with those of smaller steps may contradict a gradient."""
    found = check(trace(program, x=x), "differences")
    assert found.status == "agrees", found.summary


@pytest.mark.parametrize("x", [1e-5, 0.5, 100.0, 1e5])
def test_a_wrong_gradient_is_still_contradicted(x: float) -> None:
    """A rule that is wrong by a thousandth, in torch's text too, is found at any size of x."""
    text = "torch.sin(x.detach()) + 1.001*torch.cos(x.detach())*(x - x.detach())"
    wrong = {"local": (lambda x, v: 1.001 * np.cos(x),), "torch": text}
    found = check(planted("L = sin(x)", "L", wrong, x=x), "differences")
    assert (found.status, found.differing) == ("differs", ())
