"""backtrace.crosscheck.paths where numbers are noise, too large, or none."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from backtrace import descend
from backtrace.descent.rules import RULES
from backtrace.descent.states import ROOM, States
from backtrace.errors import EngineMissing, UsageError


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("start", [0.1, 0.4, 0.7])
def test_a_start_where_the_decayed_gradient_is_noise(rule: str, start: float) -> None:
    """Where gradient and weight decay cancel to rounding, an adaptive rule goes a whole step.

    torch rounds otherwise; that is no difference of the rules.
    """
    decay = 2 * (1 - start) / start
    found = descend("(w-1)**2", w=start, lr=0.1, steps=5, optimizer=rule, weight_decay=decay)
    assert found.check().status == "agrees"


def test_momentum_of_nothing() -> None:
    """torch refuses nesterov without momentum; it is plain descent, and is checked as such."""
    found = descend("(w-1)**2", w=0, lr=0.1, steps=5, optimizer="nesterov", momentum=0)
    assert found.check().status == "agrees"


@pytest.mark.parametrize("values", [{"w": 0}, {"w": [0.0, 2.0]}])
def test_an_update_that_is_no_number_only_here(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that makes nan where torch makes a number differs, or is undefined; never agrees."""
    wrong = dataclasses.replace(
        RULES["sgd"], program="theta = theta {down} eta*g/(t - 4)**2*(t - 4)**2"
    )
    monkeypatch.setattr("backtrace.descent.settings.RULES", {**RULES, "sgd": wrong})
    found = descend("sum((w-1)**2)", values, lr=0.1, steps=10)
    assert (found.stopped, found.updates) == ("diverged", 4)
    check = found.check()
    assert check.status in ("differs", "undefined")
    assert "agree" not in check.summary


def test_squares_that_are_too_large() -> None:
    """Where a quantity of the rule leaves float64 that is told, and is no agreement."""
    check = descend("exp(x)", x=356, optimizer="adam", steps=3).check()
    assert check.status == "undefined"
    assert check.exit_code == 3
    assert check.reason.startswith("v of x is inf in update 1")


def test_what_torch_raises_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes out of torch.optim, the descent itself is not lost."""
    wrong = dataclasses.replace(RULES["sgd"], torch="torch.optim.SGD(params, -lr)")
    monkeypatch.setattr("backtrace.descent.settings.RULES", {**RULES, "sgd": wrong})
    with pytest.raises(EngineMissing, match="refuses"):
        descend("x**2", x=1, steps=2).check()


@pytest.mark.parametrize("most", [0, -1, 2.5, "x"])
def test_how_many_to_compare(most: Any) -> None:
    """`most` is a whole number above 0."""
    with pytest.raises(Exception, match=r"most|not a number") as caught:
        descend("x**2", x=1, steps=2).check(most)
    assert type(caught.value).__module__ == "backtrace.errors"


def test_large_parameters_are_walked_in_small_pieces() -> None:
    """No more states are made at a time than there is room for."""
    task = descend("sum(w**2)", w=np.ones(10**6), steps=1).task
    states = States(task)
    assert states.chunk * 2 * 8 * 10**6 <= ROOM


def test_names_of_rows_are_read_once() -> None:
    """A generator of names is as good as a list."""
    given = {"x": [1, 2, 3, 4], "y": [2, 4, 6, 8], "c": np.ones(6), "w": 1}
    program = "mean((w*x - y)**2) + sum(c)*w"
    named, made = (
        descend(program, given, wrt="w", batch_size=2, steps=3, rows=rows).final.loss
        for rows in (["x", "y"], (name for name in "xy"))
    )
    assert named == made


@pytest.mark.parametrize("name", ["ascend", "shuffle"])
@pytest.mark.parametrize("given", ["no", 1, None])
def test_yes_or_no(name: str, given: Any) -> None:
    """What is neither True nor False is refused, and not taken for one."""
    with pytest.raises(UsageError, match="True or False"):
        descend("x**2", x=1, **{name: given})


def test_losses_cannot_be_written() -> None:
    """The record stays what it is."""
    losses: Any = descend("x**2", x=1, steps=2).losses()
    with pytest.raises(TypeError):
        losses[0] = 9
