"""backtrace.descent.stopping: what is said of a descent that diverged, and what to try instead."""

from __future__ import annotations

import re
from math import inf, isfinite, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrace import Descent, descend
from backtrace.descent.stopping import _round

Options = dict[str, Any]

# -- divergence

WHERE = "where(c > 0, x**2, sqrt(w))"
INVERSE = "sum(inv([[t, 0], [0, 1]])*0) + t"
SQRT = "the derivative of sqrt({0}) by {0} is inf at {0} = 0, so the gradient by {0} is undefined"
TOO_LARGE = "x**2 is too large for float64 (at most about 1.8e308)"
AT_START = "the loss at the start is not a finite number: "
DIVERGED: list[tuple[str, Options, int, int | None, str]] = [
    ("x**2", {"x": 3, "lr": 1.5, "steps": 9999}, 511, 510,
     f"diverged at update 511: the loss is inf: {TOO_LARGE}"),
    ("-x**2", {"x": 3, "lr": 1.5, "steps": 9999, "ascend": True}, 511, 510,
     f"diverged at update 511: the loss is -inf: {TOO_LARGE}"),
    ("log(w) - w/10", {"w": 1, "lr": 3}, 1, 0,
     "diverged at update 1: the loss is nan: log needs a number above 0, but w is -1.7"),
    ("sqrt(x)", {"x": 0}, 1, 0,
     f"diverged at update 1: x is no longer finite, because {SQRT.format('x')}"),
    (WHERE, {"c": 1, "x": 2, "w": 0, "wrt": "x,w"}, 1, 0,
     f"diverged at update 1: w is no longer finite, because {SQRT.format('w')}"),
    ("sqrt(u) + sqrt(v)", {"u": 0, "v": 0}, 1, 0,
     f"diverged at update 1: u and v are no longer finite, because {SQRT.format('u')}"),
    ("1e308*w", {"w": 0.0, "lr": 10}, 1, 0, "diverged at update 1: w is no longer finite"),
    (INVERSE, {"t": 1.0, "lr": 0.5}, 2, 1,
     "diverged at update 2: the matrix is singular, so it has no inverse"),
    # at the start
    ("log(x)", {"x": -1}, 0, None, f"{AT_START}log needs a number above 0, but x is -1"),
    ("x**2", {"x": inf}, 0, None, f"{AT_START}x is given as inf"),
    (WHERE, {"c": 1, "x": 2, "w": nan, "wrt": "x,w"}, 0, None, "w is not finite at the start"),
    ("x**2/w", {"x": 1, "w": inf}, 0, None, "w is not finite at the start"),
    ("x**2 + 1/w + 1/v", {"x": 1, "w": inf, "v": inf}, 0, None,
     "w and v are not finite at the start"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "options", "updates", "last", "reason"), DIVERGED, ids=[d[-1] for d in DIVERGED]
)
def test_divergence(
    program: str, options: Options, updates: int, last: int | None, reason: str
) -> None:
    """It ends with the first state that is not finite, and says what is not, and why."""
    found = descend(program, **options)
    assert (found.stopped, found.updates, found.reason) == ("diverged", updates, reason)
    assert (None if found.last_finite is None else found.last_finite.index) == last
    numbers = [found.final.loss, *found.final.values.values()]
    assert not all(map(isfinite, numbers))
    for step in found.steps:
        assert isfinite(step.loss)
        assert all(map(isfinite, step.values.values()))


def test_the_last_finite_state_is_the_final_one() -> None:
    """Where nothing is wrong with the numbers, a loss above `max_loss` included."""
    ends: list[Options] = [{"steps": 3}, {"lr": 1.5, "max_loss": 16}, {"until_loss": 1 / 16}]
    for options in ends:
        found = descend("w**2", **{"w": 1.0, "lr": 0.25, **options})
        assert found.last_finite is not None
        assert found.last_finite.index == found.updates


def test_a_parameter_that_is_lost_while_the_loss_is_finite() -> None:
    """The loss that does not ask it is a number, and the descent is over all the same."""
    found = descend(WHERE, c=1, x=2.0, w=0.0, wrt="x,w", lr=0.25)
    assert (found.final.loss, found.final.values["x"]) == (1, 1)
    assert np.isnan(found.final.values["w"])


def test_an_operation_that_cannot_go_on() -> None:
    """A matrix that becomes singular ends the descent; what was before is there."""
    found = descend(INVERSE, t=1.0, lr=0.5)
    assert [step.values["t"] for step in found.steps] == [1, 0.5]
    assert found.final.values == {"t": 0}
    assert np.isnan([found.final.loss, found.final.gradients["t"]]).all()
    assert len(list(found.losses())) == 3


def test_of_batches_the_one_is_told_that_is_undefined() -> None:
    """The reason is that of the rows which the update saw."""
    at = {"w": 1.0, "x": [1.0, 2.0, -3.0, 4.0]}
    found = descend("mean(log(w*x))", at, wrt="w", rows="x", batch_size=1, lr=1e-6, ascend=True)
    assert found.reason == (
        "diverged at update 2: the loss is nan: log needs a number above 0, but (w*x)[0] is "
        "-3.00001"
    )


# -- what to try instead

TRY = re.compile(r"try lr=(\S+)$")
SMALLER = "try a smaller learning rate, such as lr="
OVERSHOT = (
    "update 1 overshot: the curvature along it is {0}, and only rates below 2/curvature = {1} "
    "settle there; try lr={2}"
)
HINTS: list[tuple[str, Options, str]] = [
    ("x**2", {"lr": 1.5, "steps": 9999}, OVERSHOT.format(2, 1, 0.5)),
    ("-x**2", {"lr": 1.5, "steps": 9999, "ascend": True}, OVERSHOT.format(2, 1, 0.5)),
    ("x**2", {"lr": 1.5, "steps": 3}, OVERSHOT.format(2, 1, 0.5)),  # worse than at the start
    ("7*x**2", {"lr": 0.5, "max_loss": 1e6}, OVERSHOT.format(14, 0.143, 0.07)),
    ("x**2", {"lr": 2.5, "steps": 9999, "optimizer": "momentum"}, f"{SMALLER}0.2"),
    ("sum((x*d)**2)", {"d": [1, 2], "wrt": "x", "lr": 2.5, "steps": 9999, "batch_size": 2},
     f"{SMALLER}0.2"),
    ("x**2", {"lr": 1.5, "steps": 9999, "weight_decay": 10}, f"{SMALLER}0.1"),
    ("x**2", {"lr": 1.5, "steps": 9999, "schedule": "exponential", "gamma": 1.01},
     f"{SMALLER}0.1"),
    ("log(x) - x/10", {"x": 1, "lr": 3}, f"{SMALLER}0.3"),
    ("x**2", {"lr": 0.1}, ""),
    ("x**2", {"lr": 1.5, "max_loss": 1}, ""),  # it was so at the start
    ("sqrt(x)", {"x": 0}, ""),  # with every rate
]  # fmt: skip


@pytest.mark.parametrize(("program", "options", "hint"), HINTS)
def test_hints(program: str, options: Options, hint: str) -> None:
    """Of sgd the curvature says which rates settle; elsewhere a tenth is tried."""
    assert descend(program, **{"x": 3, **options}).hint == hint


def suggested(found: Descent) -> float:
    """The rate that a hint says to try."""
    match = TRY.search(found.hint)
    assert match is not None, found.hint
    return float(match[1])


@given(st.floats(0.01, 100), st.floats(1.01, 50), st.floats(0.1, 5), st.booleans())
def test_with_the_rate_that_is_suggested_it_converges(
    factor: float, over: float, x: float, ascend: bool
) -> None:
    """On a parabola every rate that diverges is told, and the one suggested settles."""
    program = f"{'-' if ascend else ''}{factor!r}*(x - 1)**2"
    options: Options = {"x": x + 1, "ascend": ascend}
    found = descend(program, lr=over / factor, steps=20, **options)
    lr = suggested(found)
    assert 0.25 / factor < lr <= 0.5 / factor * (1 + 1e-6)
    again = descend(program, lr=lr, steps=400, until_change=1e-9, **options)
    assert again.stopped == "until_change"
    assert again.final.values["x"] == pytest.approx(1, abs=1e-6)
    assert again.hint == ""


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(0.01 * (1 - 1e-16), 0.01), (0.1 + 0.2, 0.3), (0.0199, 0.01), (1e-5, 1e-5), (95.0, 90.0),
     (9.999, 9.0), (3e-310, 3e-310), (1.0, 1.0), (1e308, 1e308)],
)  # fmt: skip
def test_a_rate_is_rounded_down_to_one_digit(number: float, rounded: float) -> None:
    """But for what is one digit and the last bits."""
    assert _round(number) == rounded


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_hints_lead_to_a_rate_that_converges(seed: int, size: int) -> None:
    """In several directions a hint is about the one that was taken: some hints, then it settles."""
    random = np.random.default_rng(seed)
    factors = 10 ** random.uniform(-1, 1, size)
    at = {"x": random.normal(1, 1, size), "a": factors}
    lr = 5 / factors.max()
    for _ in range(20):
        found = descend("sum(a*x**2)", at, wrt="x", lr=lr, steps=300, max_loss=1e3)
        if not found.hint:
            break
        assert suggested(found) < lr
        lr = suggested(found)
    assert found.final.loss < found.steps[0].loss
    assert not found.hint
