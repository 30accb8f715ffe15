"""backtrace.crosscheck.paths and .twin: a descent against torch.optim, update by update."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import graphs, with_mistake

import backtrace
from backtrace import Descent, descend
from backtrace.crosscheck.paths import check_path, not_checked_path
from backtrace.descent.rules import RULES
from backtrace.graph import Graph
from backtrace.reading import read

ROWS = 7
RANDOM = np.random.default_rng(1)
POINTS = {"x": RANDOM.normal(size=(ROWS, 2)), "y": RANDOM.normal(size=ROWS)}
START = {"W": np.array([0.5, -1.0]), "b": 0.25}
LINE = "mean((x @ W + b - y)**2)"
SQUARE = "(w*x - y)**2"
AT = {"w": 1, "x": 1, "y": 2}
SCHEDULED: list[dict[str, Any]] = [
    {},
    {"schedule": "step", "every": 2, "gamma": 0.5},
    {"schedule": "exponential", "gamma": 0.9},
]
BATCHED: list[dict[str, Any]] = [{}, {"batch_size": 3}, {"batch_size": 3, "shuffle": True}]
EVERY = [
    (rule, ascend, {"weight_decay": decay, **schedule, **batches})
    for rule, ascend, schedule, batches, decay in product(
        RULES, (False, True), SCHEDULED, BATCHED, (0.0, 0.3)
    )
]


def square(**options: Any) -> Descent:
    """Ten updates of one number, or others."""
    return descend(SQUARE, AT, **{"wrt": "w", "lr": 0.1, "steps": 10, **options})


# -- what is right


@pytest.mark.parametrize(("rule", "ascend", "options"), EVERY)
def test_whatever_the_options_torch_goes_the_same_way(
    rule: str, options: Mapping[str, Any], *, ascend: bool
) -> None:
    """A number and an array go where torch.optim takes them, every rule with everything else."""
    found = descend(LINE, POINTS, **START, wrt="W,b", optimizer=rule, lr=0.01, steps=8,
                    ascend=ascend, **options)  # fmt: skip
    check = found.check()
    assert (check.status, check.exit_code, check.updates, check.notices) == ("agrees", 0, 8, ())
    assert check.max_error is not None
    assert check.max_error < 1e-12
    assert check.reason == ""
    assert found.final.values["b"] != START["b"]


def test_it_says_against_what_and_how_much_it_was_checked() -> None:
    """The verdict has the optimizer, its version, how many updates, and the largest difference."""
    import torch

    check = square(optimizer="adam").check()
    version = torch.__version__.partition("+")[0]
    assert (check.optimizer, check.version) == ("torch.optim.Adam", version)
    assert check.max_error == pytest.approx(0, abs=1e-14)
    said = f"checked against torch.optim.Adam of torch {version}: all 10 updates agree"
    assert str(check) == check.summary == said


@pytest.mark.parametrize(
    ("options", "most", "updates", "said"),
    [
        ({"steps": 10}, None, 10, "all 10 updates agree"),
        ({"steps": 2000}, None, 2000, "all 2,000 updates agree"),
        ({"steps": 10}, 10, 10, "all 10 updates agree"),
        ({"steps": 10}, 99, 10, "all 10 updates agree"),
        ({"steps": 10}, 4, 4, "the first 4 of 10 updates agree"),
        ({"steps": 2000}, 1000, 1000, "the first 1,000 of 2,000 updates agree"),
        ({"steps": 1}, None, 1, "the update agrees"),
        ({"until_loss": 5}, None, 0, "the loss agrees"),
    ],
)
def test_how_many_updates(
    options: dict[str, Any], most: int | None, updates: int, said: str
) -> None:
    """`most` limits what is compared, and the verdict says how many updates that were."""
    check = square(**options).check(most)
    assert (check.status, check.updates) == ("agrees", updates)
    assert check.summary.endswith(f": {said}")


SHAPED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a matrix of one entry": ("w @ x", {"w": [[1, 2, 3]], "x": [[1], [2], [0.5]]}, "w"),
    "rows that depend on shapes": (
        "sum(squeeze(x.T @ reshape(w, (2, 1)))**2) + max(w @ x)",
        {"x": [[1, 2], [3, 4]], "w": [0.5, 1]},
        "w",
    ),
    "classes that are large": (
        "cross_entropy(x @ W, t)",
        {"x": POINTS["x"], "W": np.zeros((2, 3001)), "t": [3000, 7, 1023, 2999, 0, 2048, 2049]},
        "W",
    ),
    "rows that lie backwards in memory": (
        "mean((w*x - y)**2)", {"x": POINTS["y"][::-1], "y": POINTS["y"], "w": 0}, "w"),
    "a parameter that changes nothing": ("sum(w*0) + v", {"w": [1, 2], "v": 3}, "w,v"),
    "no gradient at all": ("where(x > w, 2, 3)", {"w": 1, "x": 0}, "w"),
    "a parameter in no gradient": ("where(x > w, 2, v)", {"w": 1, "v": 3, "x": 0}, "w,v"),
}  # fmt: skip


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("name", SHAPED)
def test_shapes(name: str, rule: str) -> None:
    """Whatever shapes a program has, torch computes the same."""
    program, bindings, wrt = SHAPED[name]
    check = descend(program, bindings, wrt=wrt, optimizer=rule, lr=0.05, steps=6).check()
    assert (check.status, check.updates) == ("agrees", 6), check.summary


def test_classes_in_batches() -> None:
    """Whole numbers of the data go with their rows, in torch as here."""
    program, bindings, wrt = SHAPED["classes that are large"]
    check = descend(program, bindings, wrt=wrt, batch_size=3, epochs=2, shuffle=True).check()
    assert (check.status, check.updates) == ("agrees", 6)


# -- rounding, kinks, and what is not finite


def test_a_chaotic_path_is_set_apart_by_rounding() -> None:
    """Paths that part although every update agrees by itself: a notice says from where on."""
    found = descend("v**4 - 5*v**2 - 3*v", v=0, lr=0.2, steps=400)
    check = found.check()
    assert (check.status, check.exit_code, check.updates) == ("agrees", 0, 400)
    assert [notice.code for notice in check.notices] == ["rounding"]
    (text,) = (notice.text for notice in check.notices)
    assert text.startswith("rounding sets the paths apart")
    assert text.endswith("every update agrees by itself")
    update = int(text.partition("from update ")[2].split()[0])
    assert 10 < update < 200
    assert check.max_error is not None
    assert 0 < check.max_error < 1e-8  # of what was before


@pytest.mark.parametrize("program", ["abs(w)", "relu(w)", "max(w, 0)", "clip(w, 0, 1)"])
def test_a_kink_on_the_way(program: str) -> None:
    """A path that comes to lie on a kink goes on from there as in torch."""
    found = descend(program, w=0.5, lr=0.25, steps=4)
    assert 0 in [step.values["w"] for step in found.steps]
    assert found.check().status == "agrees"


def test_another_convention_of_torch_at_a_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this torch takes another derivative at a kink, that is no mistake of ours."""
    monkeypatch.setattr("backtrace.crosscheck.engine.TESTED", "0.1")
    graph = read("relu(w) + w")
    graph = with_mistake(graph, graph.labels.index("v1"), torch="torch.clamp(x, min=0)")
    check = descend(graph, w=0.5, lr=0.25, steps=4).check()
    assert (check.status, check.exit_code) == ("convention", 0)


ENDS = [
    (SQUARE, {**AT}, {"lr": 1.5, "steps": 4000}, 512, "all 512 updates agree"),
    ("log(w)", {"w": 0.5}, {"lr": 0.4}, 1, "the update agrees"),
    ("sqrt(w)", {"w": 0}, {"lr": 0.1}, 1, "the update agrees"),
    ("exp(w)", {"w": 1}, {"lr": 100, "ascend": True}, 2, "all 2 updates agree"),
    ("w", {"w": 1}, {"lr": 1e308}, 2, "all 2 updates agree"),
    (SQUARE, {**AT}, {"lr": 1.5, "max_loss": 10}, 2, "all 2 updates agree"),
    (SQUARE, {**AT}, {"lr": 1.5, "max_loss": 0.5}, 0, "the loss agrees"),
    ("log(w)", {"w": -1}, {}, 0, "nothing to compare"),
    ("w", {"w": math.nan}, {}, 0, "nothing to compare"),
]


@pytest.mark.parametrize(("program", "bindings", "options", "updates", "said"), ENDS)
def test_what_diverged_is_compared_all_the_same(
    program: str, bindings: dict[str, Any], options: dict[str, Any], updates: int, said: str
) -> None:
    """A descent that diverged, or has no loss at the start, is undefined even if torch agrees."""
    wrt = "w"
    found = descend(program, bindings, wrt=wrt, **options)
    check = found.check()
    assert found.stopped == "diverged"
    assert (check.status, check.exit_code, check.updates) == ("undefined", 3, updates)
    assert check.reason == found.reason
    assert check.summary.startswith(f"{found.reason}; checked against torch.optim.SGD")
    assert check.summary.endswith(said)
    assert check.notices == ()


def test_an_index_that_a_batch_does_not_have() -> None:
    """What an operation cannot take ends the descent; torch is not asked for it."""
    found = descend("w*sum(x[i])", x=np.ones(6), i=[0, 1, 2, 3, 4, 5], w=1, wrt="w", batch_size=3)
    check = found.check()
    assert "an index is 3" in found.reason
    assert (check.status, check.updates) == ("undefined", 1)


# -- whatever the program

NUMBERS = st.floats(-3, 3, allow_subnormal=False) | st.sampled_from([0.0, 1.0, -1.0, 0.5])
RATES = st.sampled_from([0.05, 1.0, 100.0])
ROUGH = ["log(x)*y", "sqrt(x) + y", "x**y", "1/x + y", "abs(x)**y", "log(relu(x))*y", "max(x, y)*y",
         "where(x > y, log(x), y)", "sqrt(x*x + y*y)", "x**2*log(abs(y))", "floor(x)*y",
         "xlogy(x, y)", "hypot(x, y)", "exp(exp(x)) + y", "x/y/x", "clip(x, 0, 1)**y"]  # fmt: skip


@given(graphs(), st.sampled_from([*RULES]), RATES, NUMBERS, NUMBERS, NUMBERS)
def test_random_programs_agree(
    graph: Graph, rule: str, lr: float, x: float, y: float, z: float
) -> None:
    """A descent on right rows never differs from torch.optim, wherever its rate takes it."""
    found = descend(graph, x=x, y=y, z=z, optimizer=rule, lr=lr, steps=12).check()
    assert found.status in ("agrees", "convention", "undefined"), found.summary


@given(st.sampled_from(ROUGH), st.sampled_from([*RULES]), RATES, NUMBERS, NUMBERS)
def test_rough_programs_agree(program: str, rule: str, lr: float, x: float, y: float) -> None:
    """Nor where there are kinks, poles, and points where the program is undefined."""
    found = descend(program, x=x, y=y, optimizer=rule, lr=lr, steps=12).check()
    assert found.status in ("agrees", "convention", "undefined"), found.summary


# -- without torch


def test_torch_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch there is EngineMissing, which tells how to go on."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(backtrace.EngineMissing, match="pip install torch") as caught:
        check_path(square())
    assert caught.value.exit_code == 4


def test_what_torch_refuses() -> None:
    """An operation that raises in torch leaves the descent unchecked, with the call."""
    graph = read("celu(w)")
    graph = with_mistake(graph, graph.output, torch="x*(1/(alpha - alpha))")
    with pytest.raises(backtrace.EngineMissing, match=r"torch refuses celu\(x\): .+"):
        descend(graph, w=1).check()


@pytest.mark.parametrize(
    ("options", "why", "status", "code", "reason", "summary"),
    [
        ({}, "", "not-checked", 0, "", "not checked"),
        ({}, "no torch", "not-checked", 4, "no torch", "no torch"),
        ({"max_loss": 0.5}, "", "undefined", 3, "the loss, 1, is ab", "the loss, 1, is above max"),
        ({"max_loss": 0.5}, "no torch", "undefined", 3, "the loss, 1, is ab", "0.5; no torch"),
    ],
)
def test_not_checked(
    options: dict[str, Any], why: str, status: str, code: int, reason: str, summary: str
) -> None:
    """--no-check owes nothing; a check asked for in vain ends with 4; divergence stays that."""
    check = not_checked_path(square(**options), why)
    assert (check.status, check.exit_code) == (status, code)
    assert check.reason.startswith(reason)
    assert bool(check.reason) == bool(reason)
    assert "no torch" not in check.reason or check.reason == why
    assert summary in check.summary
    nothing = (check.optimizer, check.version, check.updates, check.max_error, check.notices)
    assert nothing == (None, None, None, None, ())
