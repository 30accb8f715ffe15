"""The rows of update rules and schedules, each held to torch.optim and to its own formulas."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch

from backtrace import descend
from backtrace.descent.asked import SETTINGS, Asked
from backtrace.descent.rules import DECAY, RULES, Rule
from backtrace.descent.schedules import SCHEDULES, Schedule
from backtrace.descent.settings import settings_of
from backtrace.descent.updates import Updates
from backtrace.ops.rows import Value

UPDATES = 30
LOSS = "sum(sin(2*theta)*cos(theta - 0.3) + 0.1*theta)"  # goes on in both directions
STARTS: dict[str, Any] = {"a number": 0.7, "an array": [[0.7, -1.2, 0.0], [2.5, 0.31, -0.4]]}
OTHERS: Mapping[str, Mapping[str, float]] = {  # settings that are nobody's defaults
    "momentum": {"momentum": 0.6},
    "nesterov": {"momentum": 0.6},
    "adagrad": {"eps": 0.03},
    "rmsprop": {"alpha": 0.7, "eps": 0.01},
    "adam": {"beta1": 0.6, "beta2": 0.9, "eps": 0.02},
    "adamw": {"beta1": 0.6, "beta2": 0.9, "eps": 0.02},
}
DECAYS = {"without decay": 0.0, "with decay": 0.3}

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
every_schedule = pytest.mark.parametrize("row", SCHEDULES.values(), ids=lambda row: row.name)
both_ways = pytest.mark.parametrize("ascend", [False, True], ids=["down", "up"])
with_or_without = pytest.mark.parametrize("decay", DECAYS.values(), ids=DECAYS)


def in_torch(theta: torch.Tensor) -> torch.Tensor:
    """LOSS in torch."""
    return (torch.sin(2 * theta) * torch.cos(theta - 0.3) + 0.1 * theta).sum()


def optimizer_of(rule: Rule, parameter: Any, settings: Mapping[str, float], **more: Any) -> Any:
    """torch's optimizer, as the row has it."""
    names = {"torch": torch, "params": [parameter], "maximize": False, **rule.settings}
    return eval(rule.torch, {**names, **settings, **more})


def path_in_torch(
    rule: Rule, start: Any, settings: Mapping[str, float], *, ascend: bool
) -> list[Any]:
    """Where torch's optimizer goes, the start first."""
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = optimizer_of(rule, theta, settings, maximize=ascend)
    found = [theta.detach().clone().numpy()]
    for _ in range(UPDATES):
        optimizer.zero_grad()
        in_torch(theta).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        found.append(theta.detach().clone().numpy())
    return found


def close(ours: Any, theirs: Any) -> bool:
    """Whether numbers agree to 12 digits."""
    return bool(np.allclose(ours, theirs, rtol=1e-12, atol=1e-15))


# -- torch


@every_rule
@both_ways
@with_or_without
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("defaults", [True, False], ids=["by default", "with other settings"])
def test_a_rule_goes_where_torch_goes(
    rule: Rule, start: Any, decay: float, *, ascend: bool, defaults: bool
) -> None:
    """All 30 parameters are those of torch.optim to 12 digits, down or up, whatever is set."""
    settings: dict[str, Any] = {
        "lr": 0.05,
        DECAY: decay,
        **({} if defaults else OTHERS.get(rule.name, {})),
    }
    found = descend(
        LOSS, theta=start, optimizer=rule.name, steps=UPDATES, ascend=ascend, **settings
    )
    ours = [step.values["theta"] for step in (*found.steps, found.final)]
    theirs = path_in_torch(rule, start, settings, ascend=ascend)
    assert len(ours) == len(theirs) == UPDATES + 1
    for k, (here, there) in enumerate(zip(ours, theirs, strict=True)):
        assert close(here, there), f"after {k} updates: {here}, torch {there}"
    assert not close(ours[-1], start)


def test_other_settings_are_all_of_them() -> None:
    """The test above sets whatever a rule has."""
    for rule in RULES.values():
        assert {"lr", DECAY, *OTHERS.get(rule.name, ())} == rule.settings.keys()
        assert not OTHERS.get(rule.name, {}).items() & rule.settings.items()


def test_the_decay_that_is_usual() -> None:
    """Without a word on it adamw decays, as in torch, and the others do not."""
    for rule in RULES.values():
        found = descend("0*theta", theta=2.0, optimizer=rule.name, lr=0.1, steps=1)
        expected = 2 * (1 - 0.1 * 0.01) if rule.name == "adamw" else 2
        assert found.final.values["theta"] == expected


@every_rule
def test_defaults_are_torch_s(rule: Rule) -> None:
    """Whatever is not set is what torch has; momentum is 0.9, as 0 is sgd."""
    parameter = torch.zeros(1, requires_grad=True)
    ours = optimizer_of(rule, parameter, {})
    signature = inspect.signature(type(ours)).parameters
    theirs = {name: signature[name].default for name in ours.defaults if name in signature}
    expected = {**theirs, "momentum": 0.9} if "momentum" in rule.settings else theirs
    if rule.name == "nesterov":
        expected["nesterov"] = True
    assert {name: ours.defaults[name] for name in theirs} == expected
    assert {"lr", DECAY} <= theirs.keys()


@every_rule
@with_or_without
def test_up_is_down_on_the_negative_loss(rule: Rule, decay: float) -> None:
    """Going up is going down on -L, and weight decay draws to 0 in both."""
    options: dict[str, Any] = {"optimizer": rule.name, "steps": 5, "lr": 0.05, DECAY: decay}
    start = STARTS["an array"]
    up = descend(LOSS, theta=start, ascend=True, **options)
    down = descend(f"-{LOSS}", theta=start, **options)
    assert close(up.final.values["theta"], down.final.values["theta"])
    assert up.final.loss == pytest.approx(-down.final.loss, rel=1e-12)


# -- the row


@every_rule
@both_ways
@with_or_without
def test_formulas_have_the_numbers_of_the_program(
    rule: Rule, decay: float, *, ascend: bool
) -> None:
    """Every quantity in sympy is a formula in the program's names that gives what is computed."""
    asked = Asked(optimizer=rule.name, lr=0.05, ascend=ascend, weight_decay=decay)
    settings = settings_of(asked)
    updates = Updates(settings, [np.float64(0.7)])
    before: dict[str, Value] = dict.fromkeys(rule.memory, 0.0)
    theta = np.float64(0.7)
    for made, g in enumerate((np.float64(0.4), np.float64(-1.7), np.float64(0.25))):
        (quantities,) = updates.explained([theta], [g], made)
        known = {**settings.numbers, **before, "theta": theta, "g": g, "eta": 0.05, "t": made + 1}
        formulas = rule.formulas(decays=decay != 0, ascend=ascend)
        last = {quantity.name: quantity.value for quantity in quantities}
        assert list(formulas) == list(last)
        for name, formula in formulas.items():
            number = sp.N(formula.xreplace({s: known[s.name] for s in formula.free_symbols}), 30)
            assert close(float(number), last[name]), (name, formula)
        (theta,) = updates.next([theta], [g], made)
        assert theta == last["theta"]
        before = {name: last[name] for name in rule.memory}


@every_rule
@both_ways
def test_every_name_is_known(rule: Rule, *, ascend: bool) -> None:
    """A program is in theta, g, eta, t, its memory and its settings, and uses all it has."""
    for decays in (False, True):
        graph = rule.graph(decays=decays, ascend=ascend)
        settings = rule.settings.keys() - {"lr"} - (set() if decays else {DECAY})
        used = {"theta", "g", "eta", *rule.memory, *settings}
        assert used <= graph.variables.keys() <= used | {"t"}
        assigned = [name for name, _ in graph.assigned]
        assert set(rule.memory) <= set(assigned)
        assert graph.output == graph.names["theta"]
        assert assigned[-1] == "theta"


ROWS: list[Rule | Schedule] = [*RULES.values(), *SCHEDULES.values()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_setting_can_be_asked_for(row: Rule | Schedule) -> None:
    """What a rule or a schedule works with is an option, with a range that has its default."""
    for name, default in row.settings.items():
        assert name in SETTINGS
        assert name in {f.name for f in fields(Asked)}
        assert default is None or SETTINGS[name].fits(default)


def test_every_setting_is_somebody_s() -> None:
    """No option is without a row that takes it; no two symbols are the same."""
    taken = {name for row in ROWS for name in row.settings}
    assert taken == SETTINGS.keys()
    symbols = [setting.symbol for setting in SETTINGS.values()]
    assert len(set(symbols)) == len(symbols)
    assert all(setting.says and setting.bounds for setting in SETTINGS.values())


@every_rule
def test_a_row_says_what_it_is(rule: Rule) -> None:
    """The name is the key, and there is a sentence."""
    assert RULES[rule.name] is rule
    assert rule.says
    assert (rule.decay == RULES["sgd"].decay) == (rule.name != "adamw")


# -- schedules

SCHEDULED: dict[str, list[dict[str, Any]]] = {
    "constant": [{}],
    "step": [{"every": 1}, {"every": 4}, {"every": 7, "gamma": 0.5}, {"every": 3, "gamma": 2}],
    "exponential": [{"gamma": 0.9}, {"gamma": 1.1}, {"gamma": 1}],
}


def rates_in_torch(row: Schedule, numbers: Mapping[str, Any], count: int) -> list[float]:
    """The rates of torch's scheduler, which is told to step after every update."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.8)
    names = {**row.settings, **numbers, "torch": torch, "optimizer": optimizer}
    scheduler = eval(row.torch, names) if row.torch else None
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return found


@every_schedule
def test_a_schedule_goes_as_torch_s(row: Schedule) -> None:
    """The rates of 25 updates are those of torch's scheduler."""
    for numbers in SCHEDULED[row.name]:
        settings = settings_of(Asked(lr=0.8, schedule=row.name, **numbers))
        updates = Updates(settings, [np.float64(0)])
        ours = [updates.rate(k) for k in range(25)]
        assert all(type(rate) is np.float64 for rate in ours)
        assert close(ours, rates_in_torch(row, numbers, 25)), numbers
        assert bool(row.settings) == bool(row.torch)


@every_schedule
def test_an_update_has_the_rate_of_its_schedule(row: Schedule) -> None:
    """The first update has the whole rate, and so on: with a slope of 1 the way is their sum."""
    for numbers in SCHEDULED[row.name]:
        found = descend("theta", theta=1.0, lr=0.8, steps=9, schedule=row.name, **numbers)
        ways = [a.values["theta"] - b.values["theta"] for a, b in pairs(found)]
        assert ways == pytest.approx(rates_in_torch(row, numbers, 9), rel=1e-12)
        explained = [dict(found.explained(k)["theta"][-1].inputs)["eta"] for k in range(9)]
        assert explained == pytest.approx(ways, rel=1e-12)


def pairs(found: Any) -> list[tuple[Any, Any]]:
    """Every state with the next one."""
    states = [*found.steps, found.final]
    return list(pairwise(states))


@every_schedule
def test_the_names_of_a_schedule(row: Schedule) -> None:
    """A formula is in lr, k and the row's settings."""
    assert SCHEDULES[row.name] is row
    expected = {"lr", *row.settings, *(["k"] if row.settings else [])}
    assert row.graph.variables.keys() == expected
