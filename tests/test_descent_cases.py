"""Published descents: textbooks, courses and posts, with the trajectories they print.

The cases of tests/cases/worked.jsonl that have a `descent`: its rate, its stop rule, and after how
many updates which loss, parameters and nodes are in print, with their precision. A negative rate is
ascent; `updates` of null is where the stop rule ends it. `torch` has the first states and the last
one in float64. tests/test_cases.py has the numbers at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from test_cases import WORKED, Case, array, close

from backtrace import Descent, Step, descend

DESCENTS = {name: case for name, case in WORKED.items() if "descent" in case}
every = pytest.mark.parametrize("name", DESCENTS)


class Item(NamedTuple):
    """A published number of a trajectory, its precision, and ours."""

    what: str
    number: Any
    tolerance: float
    ours: Any

    @property
    def agrees(self) -> bool:
        """Whether they are the same, as far as print goes."""
        ours = np.asarray(self.ours)
        assert ours.shape == array(self.number).shape
        return close(ours, array(self.number), rtol=1e-9, atol=self.tolerance)


def updates_of(case: Case) -> int:
    """The most updates a case makes: the last in print, or those its stop rule allows."""
    found = [point["updates"] for point in case["descent"]["trajectory"]]
    stop = case["descent"].get("stop", {})
    return int(stop["max_updates"] if "max_updates" in stop else max(found))


@cache
def run(name: str) -> Descent:
    """The descent of a case."""
    case = DESCENTS[name]
    descent = case["descent"]
    goal = {"until_change": descent["stop"]["tol"]} if "stop" in descent else {}
    return descend(
        case["program"],
        case["bindings"],
        wrt=descent["params"],
        lr=abs(descent["lr"]),
        ascend=descent["lr"] < 0,
        steps=updates_of(case),
        **goal,
    )


def state(name: str, updates: int | None) -> Step:
    """A state in print; None: the last one."""
    return run(name).final if updates is None else run(name).state(updates)


def published(name: str) -> Iterator[Item]:
    """Every number of a case's trajectory that is in print."""
    for point in DESCENTS[name]["descent"]["trajectory"]:
        step = state(name, point["updates"])
        after = f"after {point['updates']}"
        if "loss" in point:
            yield Item(f"loss {after}", point["loss"], point["tol_loss"], step.loss)
        for what, number in point.get("params", {}).items():
            tolerance = point["tol_params"][what]
            yield Item(f"{what} {after}", number, tolerance, step.values[what])
        for what, number in point.get("nodes", {}).items():
            yield Item(f"{what} {after}", number, point["tol_nodes"], step.trace[what].value)


def is_wrong(name: str) -> bool:
    """Whether the case says that its trajectory is wrong in print."""
    return "descent" in DESCENTS[name].get("published_wrong", ())


@every
def test_published_trajectories(name: str) -> None:
    """What is in print is ours to its last digit, and is not where the print is wrong."""
    for item in published(name):
        is_start = item.what.endswith("after 0")
        assert item.agrees == (is_start or not is_wrong(name)), item


@every
def test_torch_s_trajectories(name: str) -> None:
    """The first states and the last one are torch's in float64, and as many updates are made."""
    torch, found = DESCENTS[name]["torch"], run(name)
    assert found.updates == torch["descent_end"]["updates"]
    for point in (*torch["descent_first"], torch["descent_end"]):
        step = found.state(point["updates"])
        assert close(step.loss, point["loss"])
        assert step.values.keys() == point["params"].keys()
        for what, number in point["params"].items():
            assert close(step.values[what], array(number)), (what, point["updates"])


@every
def test_why_it_ends(name: str) -> None:
    """With its stop rule before all updates are made, or with the last one of them."""
    found, case = run(name), DESCENTS[name]
    stopped = "steps" if found.updates == updates_of(case) else "until_change"
    assert found.stopped == stopped
    changes = [
        np.max(np.abs(np.subtract(list(b.values.values()), list(a.values.values()))))
        for a, b in zip(found.steps[-3:], [*found.steps[-2:], found.final], strict=False)
    ]
    if stopped == "until_change":
        tol = case["descent"]["stop"]["tol"]
        assert all(change > tol for change in changes)
        next_ones = [quantities[-1].value for quantities in found.explained(-1).values()]
        moves = np.subtract(next_ones, list(found.final.values.values()))
        assert np.all(np.abs(moves) <= tol)


@every
def test_the_start_is_left_alone(name: str) -> None:
    """What was bound is what the first state has, after all updates."""
    case, found = DESCENTS[name], run(name)
    start = found.state(0)
    for what in found.wrt:
        assert np.array_equal(start.values[what], array(case["bindings"][what]))


# -- what is wrong in print


def test_a_start_that_was_written_to() -> None:
    """The wrong numbers of the case gd-dlfs-1e-10-alias are those of one array for three runs.

    Rates of 0.1 and 10 were tried before, in place, and slopes are differences: far out both
    values of one are the same number.
    """
    (point,) = DESCENTS["gd-dlfs-1e-10-alias"]["descent"]["trajectory"]
    x = np.array([-3.0, 4.0])
    for lr in (0.1, 10.0, 1e-10):
        for _ in range(point["updates"]):
            slopes = []
            for k in range(2):
                there, back = x.copy(), x.copy()
                there[k] += 1e-4
                back[k] -= 1e-4
                slopes.append((np.sum(there**2) - np.sum(back**2)) / 2e-4)
            x -= lr * np.array(slopes)
    assert Item("x", point["params"]["x"], point["tol_params"]["x"], x).agrees


def mazur_by_hand(updates: int, *, too_early: bool) -> list[Any]:
    """E, out_o1 and out_o2 of the case gd-mazur-after, by a loop over its two layers.

    Where output weights are updated `too_early`, what goes back through them are the new ones.
    """
    at, lr = DESCENTS["gd-mazur-after"]["bindings"], DESCENTS["gd-mazur-after"]["descent"]["lr"]
    inputs, targets = np.array([at["i1"], at["i2"]]), np.array([at["t1"], at["t2"]])
    hidden, output = (np.array([[at[f"w{k + i}"] for i in (0, 1)] for k in ks]) for ks in LAYERS)
    for update in range(updates + 1):
        out_h = 1 / (1 + np.exp(-(hidden @ inputs + at["b1"])))
        out_o = 1 / (1 + np.exp(-(output @ out_h + at["b2"])))
        if update == updates:
            break
        delta = (out_o - targets) * out_o * (1 - out_o)
        after = output - lr * np.outer(delta, out_h)
        back = (after if too_early else output).T @ delta
        hidden = hidden - lr * np.outer(back * out_h * (1 - out_h), inputs)
        output = after
    return [0.5 * np.sum((targets - out_o) ** 2), *out_o]


LAYERS = ((1, 3), (5, 7))  # the first weight of every neuron


@pytest.mark.parametrize("too_early", [True, False])
def test_output_weights_that_are_updated_too_early(*, too_early: bool) -> None:
    """The wrong numbers of the case gd-mazur-after are those of this mistake, to every digit.

    Without it the same loop has our numbers.
    """
    for point in DESCENTS["gd-mazur-after"]["descent"]["trajectory"]:
        numbers = mazur_by_hand(point["updates"], too_early=too_early)
        in_print = [point["loss"], *point.get("nodes", {}).values()]
        for number, ours in zip(in_print, numbers, strict=False):
            assert Item("", number, point["tol_loss"], ours).agrees == too_early
        if not too_early:
            step = run("gd-mazur-after").state(point["updates"])
            nodes = [step.trace[name].value for name in ("E", "out_o1", "out_o2")]
            assert close(nodes, numbers)


def test_what_it_should_have_been() -> None:
    """The right numbers, which the case tells in words, are ours.

    A later edit of the post is right but for one update.
    """
    found = run("gd-mazur-after")
    end = found.final.trace
    numbers = [found.state(1).loss, end.value, end["out_o1"].value, end["out_o2"].value]
    right = ["0.291027774", "0.000035102", "0.015913620", "0.984064274"]
    detail = DESCENTS["gd-mazur-after"]["mistake"]["detail"]
    assert ", ".join(right) in detail
    assert [f"{number:.9f}" for number in numbers] == right
    assert "0.0000351085, the right descent after 9999 updates" in detail
    assert f"{found.state(9999).loss:.10f}" == "0.0000351085"


def test_the_cases_are_there() -> None:
    """The tests above have work to do: stops and all updates, down and up, and wrong numbers."""
    assert len(DESCENTS) >= 13
    assert {run(name).stopped for name in DESCENTS} == {"steps", "until_change"}
    assert {case["descent"]["lr"] < 0 for case in DESCENTS.values()} == {True, False}
    assert sum(len(list(published(name))) for name in DESCENTS) >= 30
    assert sum(map(is_wrong, DESCENTS)) == 2
    told = {key for case in DESCENTS.values() for key in case["descent"]}
    assert told <= {"lr", "params", "trajectory", "stop"}  # another field would be left out here
