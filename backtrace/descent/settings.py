"""From what was asked to what is done: every option judged, with a remedy for what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

import numpy as np

from backtrace.descent.asked import (
    GOALS,
    LEAST,
    LIMITS,
    SETTINGS,
    STEPS_WITH_A_GOAL,
    USUAL_STEPS,
    Asked,
    shown,
)
from backtrace.descent.rules import DECAY, RULES, Rule
from backtrace.descent.schedules import SCHEDULES, Schedule
from backtrace.errors import UsageError, did_you_mean, listed
from backtrace.passes import forward
from backtrace.reading.values import value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to go: a rule and a schedule with their numbers, and when to stop.

    `steps` is the most updates that are made.
    """

    rule: Rule
    numbers: Mapping[str, float]  # the rule's settings, lr among them
    ascend: bool
    schedule: Schedule
    schedule_numbers: Mapping[str, float]
    steps: int
    limits: Mapping[str, float]  # of LIMITS those that were given

    @property
    def lr(self) -> float:
        """The learning rate of the first update."""
        return self.numbers["lr"]

    def rate(self, made: int) -> float:
        """The learning rate of the update after so many others."""
        if self.schedule.is_constant:
            return self.lr
        graph = self.schedule.graph
        given = {"lr": self.lr, "k": made, **self.schedule_numbers}
        values = {name: np.float64(number) for name, number in given.items()}
        return float(forward(graph, values)[graph.output])

    @property
    def decays(self) -> bool:
        """Whether there is weight decay."""
        return self.numbers[DECAY] != 0


def settings_of(asked: Asked, batches_per_epoch: int = 1) -> Settings:
    """The settings. Raises UsageError for what does not fit."""
    for name in ("ascend", "shuffle"):
        if not isinstance(getattr(asked, name), bool):
            raise UsageError(f"{name} is True or False, not {getattr(asked, name)!r}")
    rule = _chosen(asked.optimizer, RULES, "optimizer")
    schedule = _chosen(asked.schedule, SCHEDULES, "schedule")
    taken = {*rule.settings, *schedule.settings}
    for name in SETTINGS:
        if getattr(asked, name) is not None and name not in taken:
            raise UsageError(_not_taken(name, rule, schedule))
    return Settings(
        rule=rule,
        numbers={n: _number(asked, n, default) for n, default in rule.settings.items()},
        ascend=asked.ascend,
        schedule=schedule,
        schedule_numbers={n: _number(asked, n, d) for n, d in schedule.settings.items()},
        steps=_steps(asked, batches_per_epoch),
        limits={name: _limit(asked, name) for name in LIMITS if getattr(asked, name) is not None},
    )


def _chosen(name: Any, table: Mapping[str, Any], what: str) -> Any:
    if not isinstance(name, str) or name not in table:
        meant = did_you_mean(str(name), table)
        raise UsageError(f"no {what} {name!r}{meant or ': ' + listed(table, len(table))}")
    return table[name]


def _not_taken(name: str, rule: Rule, schedule: Schedule) -> str:
    """What to say of a setting that neither the rule nor the schedule has."""
    takers = [r.name for r in RULES.values() if name in r.settings]
    if takers:
        return f"{rule.name} has no {name}: {_take_it(takers)} (--optimizer)"
    takers = [s.name for s in SCHEDULES.values() if name in s.settings]
    return f"the schedule {schedule.name} has no {name}: {_take_it(takers)} (--schedule)"


def _take_it(takers: list[str]) -> str:
    return f"{listed(takers)} take{'s' if len(takers) == 1 else ''} it"


def _number(asked: Asked, name: str, default: float | None) -> float:
    """A setting, by default that of the row."""
    given, setting = getattr(asked, name), SETTINGS[name]
    if given is None:
        if default is None:
            raise UsageError(f"the schedule {asked.schedule} needs {name}, {setting.says}")
        return default
    number = number_of(name, given)
    if not setting.fits(number):
        up = "; to go up: ascend (--ascend)" if name == "lr" and number < 0 else ""
        raise UsageError(f"{name}, {setting.says}, is {setting.bounds}, not {shown(number)}{up}")
    return number


def _limit(asked: Asked, name: str) -> float:
    """Where to stop. A loss may be any number; how large a gradient or a change is, is not."""
    number = number_of(name, getattr(asked, name))
    least = LEAST[name]
    if isnan(number) or number < least or (name in GOALS and not isfinite(number)):
        finite = "finite " if name in GOALS else ""
        bounds = f"a {finite}number{' of at least 0' if least == 0 else ''}"
        raise UsageError(f"{name} is {bounds}, not {shown(number)}")
    return number


def _steps(asked: Asked, batches_per_epoch: int) -> int:
    """The most updates to make."""
    if asked.epochs is not None:
        if asked.steps is not None:
            raise UsageError("steps and epochs exclude each other: an epoch is all rows once")
        return whole_number("epochs", asked.epochs) * batches_per_epoch
    if asked.steps is not None:
        return whole_number("steps", asked.steps)
    has_goal = any(getattr(asked, name) is not None for name in GOALS)
    return STEPS_WITH_A_GOAL if has_goal else USUAL_STEPS


def number_of(name: str, given: Any) -> float:
    """A number that was given as one or as a text. Raises BacktraceError."""
    if isinstance(given, bool | np.bool_):
        raise UsageError(f"{name} is a number, not {given}")
    value = value_of(name, given)
    if np.ndim(value):
        raise UsageError(f"{name} is one number, not an array of shape {np.shape(value)}")
    return float(value)


def whole_number(name: str, given: Any, least: int = 1) -> int:
    """A whole number of at least `least`. Raises BacktraceError."""
    number = number_of(name, given)
    if not isfinite(number) or number % 1 or number < least:
        told = given if isinstance(given, str) else shown(number)
        raise UsageError(f"{name} is a whole number of at least {least}, not {told}")
    return int(number)
