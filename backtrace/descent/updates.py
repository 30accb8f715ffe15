"""The update of every parameter: the program of the rule, prepared, with what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from backtrace.descent.settings import Settings
from backtrace.ops.rows import Value
from backtrace.ops.structural import NAME
from backtrace.passes import SCALAR, frozen
from backtrace.prepared import Prepared


class Quantity(NamedTuple):
    """One statement of a rule with its numbers: `name = formula`, in the names of the program.

    `inputs` has the values of the names in the formula, `value` what it comes to.
    """

    name: str
    formula: str
    inputs: Mapping[str, Value]
    value: Value


class Updates:
    """The rule at work: `next` makes new parameters of old ones and remembers what it must."""

    def __init__(self, settings: Settings, start: Sequence[Value]) -> None:
        self._settings = settings
        self._parameters = [_Parameter(settings, value) for value in start]
        self._first_rate = np.float64(settings.lr)
        self._is_constant = settings.schedule.is_constant

    def rate(self, made: int) -> np.float64:
        """The learning rate of the update after so many others."""
        return self._first_rate if self._is_constant else np.float64(self._settings.rate(made))

    def next(
        self, values: Sequence[Value], gradients: Sequence[Value], made: int
    ) -> tuple[Value, ...]:
        """The parameters after one more update."""
        rate = self.rate(made)
        pairs = zip(self._parameters, values, gradients, strict=True)
        return tuple([p.next(value, gradient, rate, made + 1) for p, value, gradient in pairs])

    def explained(
        self, values: Sequence[Value], gradients: Sequence[Value], made: int
    ) -> list[tuple[Quantity, ...]]:
        """Every statement of the next update, by parameter."""
        pairs = zip(self._parameters, values, gradients, strict=True)
        return [tuple(p.explained(v, g, self.rate(made), made + 1)) for p, v, g in pairs]


class _Parameter:
    """The rule for one parameter."""

    def __init__(self, settings: Settings, value: Value) -> None:
        rule = settings.rule
        graph = rule.graph(decays=settings.decays, ascend=settings.ascend)
        zero = np.zeros_like(value)[()]
        self._memory: list[Value] = [zero for _ in rule.memory]
        numbers = {name: np.float64(n) for name, n in settings.numbers.items()}
        given = {**numbers, "eta": np.float64(settings.lr), "t": np.float64(1)}
        self._fixed = {name: given[name] for name in graph.variables if name in given}
        self._rate_changes = not settings.schedule.is_constant
        self._counts = "t" in graph.variables
        changes = {"eta": self._rate_changes, "t": self._counts}
        self._names = ["theta", "g", *rule.memory, *(n for n, does in changes.items() if does)]
        start = {**given, "theta": value, "g": zero, **dict.fromkeys(rule.memory, zero)}
        self._prepared = Prepared(graph, start, self._names)
        self._kept = [graph.names[name] for name in rule.memory]

    def next(self, value: Value, gradient: Value, rate: np.float64, t: int) -> Value:
        """The parameter after update t."""
        after = self._prepared.value(self._moved(value, gradient, rate, t))
        if self._kept:
            self._memory = [self._prepared.at(index) for index in self._kept]
        return after if type(after) is SCALAR else frozen(after)

    def _moved(self, value: Value, gradient: Value, rate: np.float64, t: int) -> list[Value]:
        """What the program is run at, in the order of the names that move."""
        moved = [value, gradient, *self._memory]
        if self._rate_changes:
            moved.append(rate)
        if self._counts:
            moved.append(np.float64(t))
        return moved

    def explained(
        self, value: Value, gradient: Value, rate: np.float64, t: int
    ) -> Iterator[Quantity]:
        """Every statement of update t, which is not made."""
        moved = self._moved(value, gradient, rate, t)
        known = {**self._fixed, **dict(zip(self._names, moved, strict=True))}
        self._prepared.value(moved)
        graph = self._prepared.graph
        for name, index in graph.assigned:
            formula = graph.source[slice(*graph.spans[index])]
            found = self._prepared.at(index)
            used = set(NAME.findall(formula))
            yield Quantity(name, formula, {n: v for n, v in known.items() if n in used}, found)
            known[name] = found
