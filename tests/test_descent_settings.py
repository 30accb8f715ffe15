"""backtrace.descent.settings: what may be asked of a descent, and what is said of the rest."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace import descend
from backtrace.descent.asked import (
    BELOW_1,
    GOALS,
    LIMITS,
    SETTINGS,
    STEPS_WITH_A_GOAL,
    USUAL_STEPS,
    Asked,
)
from backtrace.descent.rules import RULES, Rule
from backtrace.descent.schedules import SCHEDULES, Schedule
from backtrace.descent.settings import Settings, settings_of, whole_number
from backtrace.errors import BacktraceError, BindingError, UsageError

Options = dict[str, Any]
LR = "lr, the learning rate, is a number above 0, not "
EVERY = "every, the updates between two steps of the rate, is a whole number of at least 1, not "
RULE_NAMES = "sgd, momentum, nesterov, adagrad, rmsprop, adam and adamw"
STEP: Options = {"schedule": "step", "every": 3}

REFUSED: list[tuple[Options, str]] = [
    # the rate
    ({"lr": 0}, LR + "0"),
    ({"lr": 0.0}, LR + "0"),
    ({"lr": -0.1}, LR + "-0.1; to go up: ascend (--ascend)"),
    ({"lr": "-1/4"}, LR + "-0.25; to go up: ascend (--ascend)"),
    ({"lr": nan}, LR + "nan"),
    ({"lr": inf}, LR + "inf"),
    ({"lr": "inf"}, LR + "inf"),
    ({"lr": "abc"}, "not a number: a value cannot use names (abc)\n    lr=abc\n       ^^^"),
    ({"lr": "1/0"}, "not a number: 1/0 is inf\n    lr=1/0\n       ^^^"),
    ({"lr": [1, 2]}, "lr is one number, not an array of shape (2,)"),
    ({"lr": [0.1]}, "lr is one number, not an array of shape (1,)"),
    ({"lr": True}, "lr is a number, not True"),
    ({"lr": 1j}, "the value of lr is not real: it has complex numbers"),
    # how long
    ({"steps": 0}, "steps is a whole number of at least 1, not 0"),
    ({"steps": -1}, "steps is a whole number of at least 1, not -1"),
    ({"steps": 2.5}, "steps is a whole number of at least 1, not 2.5"),
    ({"steps": "5/2"}, "steps is a whole number of at least 1, not 5/2"),
    ({"steps": nan}, "steps is a whole number of at least 1, not nan"),
    ({"steps": inf}, "steps is a whole number of at least 1, not inf"),
    ({"steps": "x"}, "not a number: a value cannot use names (x)\n    steps=x\n          ^"),
    ({"steps": True}, "steps is a number, not True"),
    ({"steps": [3]}, "steps is one number, not an array of shape (1,)"),
    ({"epochs": 0}, "epochs is a whole number of at least 1, not 0"),
    ({"epochs": 1.5}, "epochs is a whole number of at least 1, not 1.5"),
    (
        {"steps": 3, "epochs": 2},
        "steps and epochs exclude each other: an epoch is all rows once",
    ),
    # names
    ({"optimizer": "sdg"}, "no optimizer 'sdg': did you mean sgd?"),
    ({"optimizer": "Adam"}, "no optimizer 'Adam': did you mean adam?"),
    ({"optimizer": "lion"}, f"no optimizer 'lion': {RULE_NAMES}"),
    ({"optimizer": ""}, f"no optimizer '': {RULE_NAMES}"),
    ({"schedule": "steps"}, "no schedule 'steps': did you mean step?"),
    ({"schedule": "cosine"}, "no schedule 'cosine': constant, step and exponential"),
    # what a row does not have, or needs
    ({"momentum": 0.9}, "sgd has no momentum: momentum and nesterov take it (--optimizer)"),
    (
        {"eps": 1e-8, "optimizer": "nesterov"},
        "nesterov has no eps: adagrad, rmsprop, adam and adamw take it (--optimizer)",
    ),
    (
        {"alpha": 0.9, "optimizer": "adam"},
        "adam has no alpha: rmsprop takes it (--optimizer)",
    ),
    (
        {"gamma": 0.5},
        "the schedule constant has no gamma: step and exponential take it (--schedule)",
    ),
    (
        {"schedule": "exponential", "gamma": 0.5, "every": 3},
        "the schedule exponential has no every: step takes it (--schedule)",
    ),
    (
        {"schedule": "exponential"},
        "the schedule exponential needs gamma, what the rate is multiplied by",
    ),
    (
        {"schedule": "step"},
        "the schedule step needs every, the updates between two steps of the rate",
    ),
    # numbers of a rule or a schedule
    (
        {"optimizer": "momentum", "momentum": 1},
        "momentum, how much of the velocity is kept, is a number from 0 to below 1, not 1",
    ),
    (
        {"optimizer": "rmsprop", "alpha": -0.5},
        "alpha, how much of the mean of squares is kept, is a number from 0 to below 1, not -0.5",
    ),
    (
        {"optimizer": "adam", "beta1": 1.5},
        "beta1, how much of the mean of gradients is kept, is a number from 0 to below 1, not 1.5",
    ),
    (
        {"optimizer": "adamw", "beta2": nan},
        "beta2, how much of the mean of squares is kept, is a number from 0 to below 1, not nan",
    ),
    (
        {"optimizer": "adam", "eps": -1e-8},
        "eps, what is added to the denominator, is a number of at least 0, not -1e-8",
    ),
    (
        {"weight_decay": -1},
        "weight_decay, how strongly parameters are drawn to 0, is a number of at least 0, not -1",
    ),
    ({**STEP, "every": 0}, EVERY + "0"),
    ({**STEP, "every": 2.5}, EVERY + "2.5"),
    ({**STEP, "every": nan}, EVERY + "nan"),
    ({**STEP, "gamma": 0}, "gamma, what the rate is multiplied by, is a number above 0, not 0"),
    # limits
    ({"until_loss": nan}, "until_loss is a finite number, not nan"),
    ({"until_loss": -inf}, "until_loss is a finite number, not -inf"),
    (
        {"until_loss": "y"},
        "not a number: a value cannot use names (y)\n    until_loss=y\n               ^",
    ),
    ({"until_gradient": -1}, "until_gradient is a finite number of at least 0, not -1"),
    ({"until_gradient": nan}, "until_gradient is a finite number of at least 0, not nan"),
    ({"until_change": -1e-9}, "until_change is a finite number of at least 0, not -1e-9"),
    ({"until_change": inf}, "until_change is a finite number of at least 0, not inf"),
    ({"until_change": [1, 2]}, "until_change is one number, not an array of shape (2,)"),
    ({"max_loss": nan}, "max_loss is a number, not nan"),
    ({"max_loss": False}, "max_loss is a number, not False"),
]


def settings(**options: Any) -> Settings:
    """What is done where this is asked."""
    return settings_of(Asked(**options))


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[str(o) for o, _ in REFUSED])
def test_what_is_refused(options: Options, message: str) -> None:
    """Every option that does not fit is told with its name, what it may be, and what it was."""
    with pytest.raises((UsageError, BindingError)) as caught:
        settings(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[str(o) for o, _ in REFUSED])
def test_options_are_judged_before_the_program(options: Options, message: str) -> None:
    """The same is said by `descend`, before anything about the program or its values."""
    with pytest.raises(BacktraceError) as caught:
        descend("nothing here is bound, or read)", x=1, **options)
    assert str(caught.value) == message


def test_every_option_is_in_the_table() -> None:
    """The table above refuses something of every option that is a number."""
    tried = {name for options, _ in REFUSED for name in options}
    assert SETTINGS.keys() | set(LIMITS) | {"steps", "epochs"} <= tried


# -- what is read


@pytest.mark.parametrize(
    ("given", "number"),
    [("1/3", 1 / 3), ("1e-3", 1e-3), ("sqrt(2)/2", 2**0.5 / 2), (2, 2.0), (np.float32(0.5), 0.5)],
)
def test_a_number_may_be_a_text(given: Any, number: float) -> None:
    """A text is read as the value of a variable is."""
    assert settings(lr=given).lr == number
    assert settings(until_loss=given).limits == {"until_loss": number}
    assert type(settings(lr=given).lr) is float


@pytest.mark.parametrize(("given", "number"), [("12", 12), (3.0, 3), (1, 1), ("1e3", 1000)])
def test_a_whole_number(given: Any, number: int) -> None:
    """What has no fraction is a whole number, however it is written."""
    assert settings(steps=given).steps == number
    assert type(settings(steps=given).steps) is int
    assert settings(**{**STEP, "every": given}).schedule_numbers["every"] == number


@given(st.floats() | st.integers(-3, 3), st.integers(0, 1))
def test_a_whole_number_is_one_or_refused(given: float, least: int) -> None:
    """Any number is read as itself or refused."""
    if given % 1 == 0 and least <= given < inf:
        assert whole_number("seed", given, least) == given
    else:
        with pytest.raises(UsageError, match=f"^seed is a whole number of at least {least}, not "):
            whole_number("seed", given, least)


@pytest.mark.parametrize("name", SETTINGS)
@given(number=st.floats() | st.sampled_from([0.0, 1.0, BELOW_1, 5e-324, 1e308]))
def test_the_range_of_a_setting(name: str, number: float) -> None:
    """A setting is a finite number in its range, or refused."""
    setting = SETTINGS[name]
    inside = setting.least <= number if setting.included else setting.least < number
    inside = inside and (number < 1 if setting.most < 1 else number < inf)
    inside = inside and not (setting.whole and number != int(number))
    rows: list[Rule | Schedule] = [*RULES.values(), *SCHEDULES.values()]
    row = next(r for r in rows if name in r.settings)
    other = {"optimizer" if row.name in RULES else "schedule": row.name}
    needed = {n: 1 for n, default in row.settings.items() if default is None and n != name}
    if inside:
        found = settings(**other, **needed, **{name: number})
        assert {**found.numbers, **found.schedule_numbers}[name] == number
    else:
        with pytest.raises(UsageError, match=f"^{name}, "):
            settings(**other, **needed, **{name: number})


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({"until_loss": -5}, {"until_loss": -5}),
        ({"until_gradient": 0}, {"until_gradient": 0}),
        ({"until_change": 0}, {"until_change": 0}),
        ({"max_loss": inf}, {"max_loss": inf}),
        ({"max_loss": "-1/2"}, {"max_loss": -0.5}),
        ({"until_loss": 1, "until_change": 2}, {"until_loss": 1, "until_change": 2}),
        ({}, {}),
    ],
)
def test_limits(options: Options, limits: dict[str, float]) -> None:
    """A loss may be any number; how large a gradient or a change is may be 0."""
    assert settings(**options).limits == limits


# -- defaults


def test_what_is_not_asked() -> None:
    """By default: sgd with torch's rate, downwards, at one rate, for 100 updates."""
    found = settings()
    assert (found.rule.name, found.schedule.name) == ("sgd", "constant")
    assert (found.lr, found.ascend, found.decays) == (1e-3, False, False)
    assert (found.steps, found.limits, found.schedule_numbers) == (100, {}, {})


@pytest.mark.parametrize("rule", RULES)
def test_a_setting_that_is_given_replaces_its_default(rule: str) -> None:
    """The others keep theirs."""
    defaults = RULES[rule].settings
    assert settings(optimizer=rule).numbers == defaults
    for name in defaults:
        assert settings(optimizer=rule, **{name: 0.25}).numbers == {**defaults, name: 0.25}
    assert settings(optimizer=rule).decays == (rule == "adamw")
    assert not settings(optimizer=rule, weight_decay=0).decays


@pytest.mark.parametrize("limit", LIMITS)
def test_how_long_by_default(limit: str) -> None:
    """100 updates; where there is a goal, 100,000; `max_loss` is none."""
    assert (USUAL_STEPS, STEPS_WITH_A_GOAL) == (100, 100_000)
    expected = STEPS_WITH_A_GOAL if limit in GOALS else USUAL_STEPS
    assert settings(**{limit: 0}).steps == expected
    assert settings(**{limit: 0}, steps=7).steps == 7
    asked: Options = {limit: 0}
    assert settings_of(Asked(**asked, epochs=7), 4).steps == 28


def test_epochs() -> None:
    """An epoch is as many updates as there are batches, one where there are none."""
    assert settings_of(Asked(epochs=3), 5).steps == 15
    assert settings_of(Asked(epochs="3"), 1).steps == 3
    assert settings_of(Asked(steps=3), 5).steps == 3
    assert descend("w**2", w=1, epochs=4).updates == 4


# -- names that are not options


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("step", "step is not in the program: did you mean steps?"),
        ("momentun", "momentun is not in the program: did you mean momentum?"),
        ("ww", "ww is not in the program: did you mean w?"),
        ("colour", "colour is not in the program"),
    ],
)
def test_a_misspelt_option(name: str, message: str) -> None:
    """An option that there is not is taken for a variable, and told with the one that is near."""
    options: Options = {name: 3}
    with pytest.raises(BindingError) as caught:
        descend("w**2", w=1, **options)
    assert str(caught.value) == message


def test_a_variable_that_has_the_name_of_an_option() -> None:
    """In the mapping it is the program's; where the program has none, the option was meant."""
    found = descend(
        "alpha*(x - seed)**2", {"alpha": 2, "seed": 1, "x": 3}, wrt="x", lr=0.25, steps=1
    )
    assert found.final.values["x"] == 1
    with pytest.raises(UsageError) as caught:
        descend("w**2", {"w": 1.0, "lr": 0.1})
    assert str(caught.value) == "lr is not in the program; the option goes outside: lr=…"


@pytest.mark.parametrize(
    ("program", "wrt", "message"),
    [
        ("h = 2*w; h**2", "h", "h is computed in the program: only a variable can be changed"),
        ("w**2", "x", "x is not in the program, so that changing it changes nothing"),
        ("2**3", None, "no variable to change: wrt names the parameters (--wrt w,b)"),
        ("w**2", [], "no variable to change: wrt names the parameters (--wrt w,b)"),
        ("w**2", "v", "no variable 'v' to differentiate by"),
    ],
)
def test_what_cannot_be_changed(program: str, wrt: Any, message: str) -> None:
    """A parameter is a variable of the program, and there is one at least."""
    values = {"w": 1.0, "x": 2.0} if "w" in program else {}
    with pytest.raises(BacktraceError) as caught:
        descend(program, values, wrt=wrt)
    assert str(caught.value) == message


def test_what_is_changed_by_default() -> None:
    """Every variable of the program that is no index, once, in the order of the program."""
    at: Options = {"w": [1.0, 2.0], "i": 1, "v": 2.0, "unused": 3.0}
    assert descend("v*w[i]", at, steps=1).wrt == ("v", "w")
    assert descend("v*w[i]", at, steps=1, wrt="w, v, w").wrt == ("w", "v")


def test_an_output_that_is_not_one_number() -> None:
    """There is nothing to descend on, and that is said as for a trace."""
    with pytest.raises(BacktraceError, match=r"^the output has shape \(2,\)"):
        descend("w*2", w=[1, 2])
