"""backtrace.crosscheck.paths finds what is wrong: planted mistakes, each at the right update."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy as np
import pytest
from planting import with_mistake

from backtrace import Check, Descent, Trace, descend, trace
from backtrace.crosscheck import check as check_trace
from backtrace.crosscheck.paths import MOST_TRACES
from backtrace.descent import task
from backtrace.descent.batches import Batches
from backtrace.descent.rules import RULES
from backtrace.descent.schedules import SCHEDULES
from backtrace.graph import Graph
from backtrace.ops.rows import Value
from backtrace.prepared import Prepared
from backtrace.reading import read

SQUARE, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
LINE = "mean((x @ W + b - y)**2)"
POINTS = {"x": [[1, 2], [3, -1], [0, 2], [-2, 1], [1, 1]], "y": [1, -2, 0.5, 3, 1]}
START = {"W": [0.5, -1.0], "b": 0.25}


def square(**options: Any) -> Descent:
    """Ten updates of one number, or others."""
    return descend(SQUARE, AT, **{"wrt": "w", "lr": 0.1, "steps": 10, **options})


# -- rules and schedules


def spoil_rule(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """A rule whose program has something else in one place."""
    row = RULES[name]
    assert old in row.program
    wrong = dataclasses.replace(row, program=row.program.replace(old, new))
    monkeypatch.setattr("backtrace.descent.settings.RULES", {**RULES, name: wrong})


# rule | instead of | there is | options | the update | what w becomes, here and in torch
WRONG_RULES: list[tuple[str, str, str, dict[str, Any], int, str, str]] = [
    ("sgd", "{down}", "{up}", {}, 1, "0.8", "1.2"),
    ("sgd", "eta*g", "eta*g*(1 + 1e-8)", {}, 1, "1.20000000199999", "1.2"),
    ("momentum", "+ g", "+ (1 - momentum)*g", {}, 1, "1.02", "1.2"),
    ("nesterov", "g + momentum*v", "v", {}, 1, "1.2", "1.38"),
    ("momentum", "momentum*v", "momentum*momentum*v", {}, 2, "1.522", "1.54"),
    ("adagrad", "s + g**2", "0*s + g**2", {}, 2, "1.2", "1.1669"),
    ("rmsprop", "(1 - alpha)*g**2", "g**2", {}, 1, "1.1", "2"),
    ("adam", "m/(1 - beta1**t)", "m", {}, 1, "1.01", "1.1"),
    ("adam", "v/(1 - beta2**t)", "v", {}, 1, "4.16228", "1.1"),
    ("adam", "beta1**t", "beta1**(t + 1)", {}, 1, "1.05263", "1.1"),
    ("adam", "(sqrt(vhat) + eps)", "sqrt(vhat + eps)", {"eps": 0.01}, 1, "1.09988", "1.0995"),
    ("adamw", "beta2*v", "v", {}, 2, "1.19", "1.19"),
]


@pytest.mark.parametrize(("rule", "old", "new", "options", "update", "ours", "theirs"), WRONG_RULES)
def test_a_wrong_rule_is_found(
    rule: str,
    old: str,
    new: str,
    options: dict[str, Any],
    update: int,
    ours: str,
    theirs: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first update that torch makes otherwise is named, with the parameter and both numbers."""
    spoil_rule(monkeypatch, rule, old, new)
    check = square(optimizer=rule, **options).check()
    assert (check.status, check.exit_code) == ("differs", 1)
    place = f"at update {update}: w becomes "
    assert check.reason == check.summary
    assert check.reason.startswith(f"differs from {check.optimizer} of torch {check.version} ")
    assert place in check.reason
    one, _, other = check.reason.partition(place)[2].partition(", torch's ")
    assert one.startswith(ours)
    assert other.startswith(theirs)
    assert one != other


def test_the_parameter_and_the_entry_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several parameters the wrong one is named, of an array the entry."""
    wrong = "theta = theta - eta*g*where(theta < 0, 2, 1)"
    spoil_rule(monkeypatch, "sgd", "theta = theta {down} eta*g", wrong)
    check = descend(LINE, POINTS, **START, wrt="b,W", lr=0.01, steps=8).check()
    assert "at update 1: W becomes -" in check.reason
    assert check.reason.count(" at [1]") == 2


@pytest.mark.parametrize(
    ("options", "formula", "update"),
    [
        ({"schedule": "step", "every": 3}, "lr*gamma**floor((k + 1)/every)", 3),
        ({"schedule": "step", "every": 3}, "lr*gamma**(k/every)", 2),
        ({"schedule": "exponential", "gamma": 0.9}, "lr*gamma**(k + 1)", 1),
        ({"schedule": "exponential", "gamma": 0.9}, "lr*(1 - 0.1*k)", 3),
    ],
)
def test_a_wrong_schedule_is_found(
    options: dict[str, Any], formula: str, update: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate that is not torch's shows at the first update that has another."""
    name = options["schedule"]
    wrong = dataclasses.replace(SCHEDULES[name], formula=formula)
    monkeypatch.setattr("backtrace.descent.settings.SCHEDULES", {**SCHEDULES, name: wrong})
    check = square(**options).check()
    assert (check.status, check.exit_code) == ("differs", 1)
    assert f"at update {update}: w becomes " in check.reason


def plant(monkeypatch: pytest.MonkeyPatch, label: str, **change: Any) -> None:
    """A descent whose own passes, but no trace of it, have a mistake in the row of a node."""

    def wrong(graph: Graph, *others: Any) -> Prepared:
        return Prepared(with_mistake(graph, graph.labels.index(label), **change), *others)

    monkeypatch.setattr(task, "Prepared", wrong)


def before_6(wrong: float, right: float) -> Any:
    """A local derivative of the square that is wrong once w has come to 1.6, as in update 6."""
    return lambda s, two, v: np.where(abs(s) < 0.35, wrong * s, right * s)[()]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"local": (lambda s, two, v: -2 * s, None)}, "1 the gradient"),
        ({"local": (before_6(2.1, 2), None)}, "6 the gradient"),
        ({"forward": lambda s, two: s**2 + 1}, "1 the loss"),
        ({"forward": lambda s, two: s**2 * (1 + 1e-8)}, "1 the loss"),
    ],
)
def test_passes_that_are_not_the_trace_s(
    change: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of the descent that are not those of the trace there are found where they begin."""
    plant(monkeypatch, "L", **change)
    check = square().check()
    assert (check.status, check.exit_code) == ("differs", 1)
    assert check.reason == f"before update {said} is not that of the trace there"


def test_a_wrong_rule_of_an_array_in_the_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is the vjp of an operation of arrays."""
    plant(monkeypatch, "v1", vjp=(None, lambda g, a, b, v: 2 * (a.T @ g)))
    check = descend(LINE, POINTS, **START, wrt="W", lr=0.01, steps=8).check()
    assert (check.status, check.exit_code) == ("differs", 1)
    assert check.reason == "before update 1 the gradient is not that of the trace there"


@pytest.mark.parametrize(
    ("change", "update", "said"),
    [
        ({"local": (lambda s, two, v: 3 * s, None)}, 1, "contribution to v2 is -3; torch"),
        ({"local": (before_6(3, 2), None)}, 6, "contribution to v2 is -0.98304; torch"),
        ({"forward": lambda s, two: s**2 + 1}, 1, "value is 2; torch"),
    ],
)
def test_a_row_that_is_wrong_everywhere(change: dict[str, Any], update: int, said: str) -> None:
    """A mistake that the trace has as well is told as the check of the trace tells it."""
    graph = read(SQUARE)
    graph = with_mistake(graph, graph.labels.index("L"), **change)
    check = descend(graph, AT, wrt="w", lr=0.1, steps=10).check()
    assert (check.status, check.exit_code) == ("differs", 1)
    start = f"before update {update} it differs from torch {check.version} at L = "
    assert check.reason.startswith(start)
    assert said in check.reason


@pytest.mark.parametrize(
    "change", [{"local": (lambda s, two, v: 3 * s, None)}, {"forward": lambda s, two: s**2 + 1}]
)
@pytest.mark.parametrize("everywhere", [True, False], ids=["row", "passes"])
def test_a_mistake_in_the_last_state(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, everywhere: bool
) -> None:
    """Without an update the loss and the gradient at the start are compared all the same."""
    graph = read(SQUARE)
    if everywhere:
        graph = with_mistake(graph, graph.labels.index("L"), **change)
    else:
        plant(monkeypatch, "L", **change)
    found = descend(graph, AT, wrt="w", until_loss=5)
    check = found.check()
    assert found.updates == 0
    assert (check.status, check.exit_code, check.updates) == ("differs", 1, 0)


def test_a_gradient_that_should_be_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A descent that ends as nan by our mistake alone is wrong, and not just undefined."""
    plant(monkeypatch, "L", local=(lambda s, two, v: np.nan * s, None))
    found = square()
    check = found.check()
    assert found.stopped == "diverged"
    assert (check.status, check.exit_code) == ("differs", 1)


def test_wrong_batches_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient of other rows than those of the update is not that of the trace there."""
    right = Batches.batch

    def late(self: Batches, update: int) -> dict[str, Value]:
        other = sys._getframe(1).f_code.co_name == "_batch" and update == 3
        return right(self, update + other)

    monkeypatch.setattr(Batches, "batch", late)
    found = descend(LINE, POINTS, **START, wrt="W,b", lr=0.01, epochs=4, batch_size=2)
    check = found.check()
    assert (check.status, check.exit_code) == ("differs", 1)
    assert check.reason.startswith("before update 4 ")


def test_only_so_many_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many gradients are apart torch judges some traces, from the first on, evenly."""
    asked: list[Trace] = []
    agreeing = check_trace(trace(SQUARE, AT))

    def counted(found: Trace) -> Check:
        asked.append(found)
        return agreeing

    monkeypatch.setattr("backtrace.crosscheck.paths.check", counted)
    graph = read(SQUARE)
    graph = with_mistake(graph, graph.labels.index("L"), local=(lambda s, two, v: 3 * s, None))
    found = descend(graph, AT, wrt="w", lr=0.1, steps=50).check()
    losses = [trace.value for trace in asked]
    assert MOST_TRACES / 2 < len(losses) <= MOST_TRACES
    assert losses[0] == 1
    assert losses == sorted(losses, reverse=True)
    (notice,) = found.notices
    assert f"({len(asked)} of 51 gradients were judged node by node)" in notice.text
