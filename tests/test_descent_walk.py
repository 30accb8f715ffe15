"""backtrace.descent.walk: the loop, why it ends, and how it is interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace import descend
from backtrace.descent.asked import Asked
from backtrace.descent.descending import task_of, walked
from backtrace.descent.walk import State, Walk, all_finite, within
from backtrace.reading import bind

Options = dict[str, Any]
HALF: Options = {"w": 1.0, "lr": 0.25}  # on w**2: w, the gradient and the change are halved


def below(number: float) -> float:
    """The float just below."""
    return nextafter(number, -inf)


# -- states


def test_states() -> None:
    """`steps[k]` is the state before update k + 1, and `final` the one after the last."""
    found = descend("w**2", steps=3, **HALF)
    assert [step.index for step in found.steps] == [0, 1, 2]
    assert [step.values["w"] for step in found.steps] == [1, 0.5, 0.25]
    assert [step.loss for step in found.steps] == [1, 0.25, 0.0625]
    assert [step.gradients["w"] for step in found.steps] == [2, 1, 0.5]
    assert (found.final.index, found.final.values["w"]) == (3, 0.125)
    assert len(found.steps) == found.updates == 3
    assert list(found.losses()) == [1, 0.25, 0.0625, 0.015625]


# -- why it ends

STOPS: list[tuple[str, Options, str, int, str]] = [
    ("w**2", {"steps": 3}, "steps", 3, "all 3 updates made"),
    ("w**2", {"steps": 1}, "steps", 1, "the one update is made"),
    ("w**2", {}, "steps", 100, "all 100 updates made"),
    ("w**2", {"steps": 1234}, "steps", 1234, "all 1,234 updates made"),
    # the loss, which is 1/4**k
    ("w**2", {"until_loss": 1 / 16}, "until_loss", 2, "the loss is at most 0.0625 after 2 updates"),
    ("w**2", {"until_loss": below(1 / 16)}, "until_loss", 3,
     "the loss is at most 0.0625 after 3 updates"),
    ("w**2", {"until_loss": 0.25}, "until_loss", 1, "the loss is at most 0.25 after 1 update"),
    ("w**2", {"until_loss": 1}, "until_loss", 0, "the loss is at most 1 after 0 updates"),
    ("-w**2", {"until_loss": -1 / 16, "ascend": True}, "until_loss", 2,
     "the loss is at least -0.0625 after 2 updates"),
    ("-w**2", {"until_loss": -below(1 / 16), "ascend": True}, "until_loss", 3,
     "the loss is at least -0.0625 after 3 updates"),
    # the gradient, which is 2/2**k
    ("w**2", {"until_gradient": 1 / 4}, "until_gradient", 3,
     "no entry of the gradient is above 0.25 after 3 updates"),
    ("w**2", {"until_gradient": below(1 / 4)}, "until_gradient", 4,
     "no entry of the gradient is above 0.25 after 4 updates"),
    ("-w**2", {"until_gradient": 1 / 4, "ascend": True}, "until_gradient", 3,
     "no entry of the gradient is above 0.25 after 3 updates"),
    ("w**2", {"until_gradient": 0, "w": 0}, "until_gradient", 0,
     "no entry of the gradient is above 0 after 0 updates"),
    # the change, which is 1/2**k for update k
    ("w**2", {"until_change": 1 / 8}, "until_change", 2,
     "the next update would change no entry by more than 0.125, after 2 updates"),
    ("w**2", {"until_change": below(1 / 8)}, "until_change", 3,
     "the next update would change no entry by more than 0.125, after 3 updates"),
    ("w**2", {"until_change": 1}, "until_change", 0,
     "the next update would change no entry by more than 1, after 0 updates"),
    ("-w**2", {"until_change": 1 / 8, "ascend": True}, "until_change", 2,
     "the next update would change no entry by more than 0.125, after 2 updates"),
    # the first one that is reached; a goal that is reached with the last update counts
    ("w**2", {"until_change": 1 / 8, "until_gradient": 1 / 2}, "until_gradient", 2,
     "no entry of the gradient is above 0.5 after 2 updates"),
    ("w**2", {"until_gradient": 1 / 2, "until_loss": 1 / 16}, "until_loss", 2,
     "the loss is at most 0.0625 after 2 updates"),
    ("w**2", {"until_loss": 1 / 16, "steps": 2}, "until_loss", 2,
     "the loss is at most 0.0625 after 2 updates"),
    ("w**2", {"until_change": 1 / 8, "steps": 2}, "steps", 2,
     "all 2 updates made, and until_change 0.125 is not reached"),
    ("w**2", {"until_loss": 1 / 64, "steps": 2}, "steps", 2,
     "all 2 updates made, and until_loss 0.015625 is not reached"),
    # a loss that is too large: it is 4**k with this rate
    ("w**2", {"lr": 1.5, "max_loss": 16}, "diverged", 3,
     "diverged at update 3: the loss, 64, is above max_loss, 16"),
    ("w**2", {"lr": 1.5, "max_loss": below(16)}, "diverged", 2,
     "diverged at update 2: the loss, 16, is above max_loss, 16"),
    ("w**2", {"max_loss": 0.5}, "diverged", 0, "the loss, 1, is above max_loss, 0.5"),
    ("sqrt(w) + 2", {"max_loss": 1, "w": 0}, "diverged", 0, "the loss, 2, is above max_loss, 1"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "options", "stopped", "updates", "reason"), STOPS)
def test_why_it_ends(
    program: str, options: Options, stopped: str, updates: int, reason: str
) -> None:
    """A goal is reached where the number is it, and not where it is the next float above it."""
    found = descend(program, **{**HALF, **options})
    assert (found.stopped, found.updates, found.reason) == (stopped, updates, reason)
    assert len(found.steps) == updates
    assert found.final.index == updates


@pytest.mark.parametrize(("limit", "updates"), [("until_change", 5), ("until_gradient", 7)])
@pytest.mark.parametrize("order", ["w,v,u", "u,v,w"])
def test_every_entry_of_every_parameter_counts(limit: str, updates: int, order: str) -> None:
    """One entry that still moves, in whatever parameter, keeps the descent going."""
    at = {"w": [0.25, 1.0, 0.0], "v": 0.0625, "u": [[0.0], [0.25]]}
    program = "sum(w**2) + v**2 + sum(u**2)"
    found = descend(program, at, wrt=order, lr=0.25, **{limit: 1 / 64})
    assert (found.stopped, found.updates) == (limit, updates)


def test_a_stop_before_an_update_is_before_it() -> None:
    """What would have changed too little is not done."""
    found = descend("w**2", until_change=1 / 8, **HALF)
    assert found.final.values["w"] == 0.25  # the next one would have been 0.125
    (quantity,) = found.explained(found.updates)["w"]
    assert quantity.value == 0.125


def test_momentum_passes_a_point_without_slope() -> None:
    """The change counts, not the gradient: at the bottom a velocity goes on."""
    options: Options = {"optimizer": "momentum", "momentum": 0.5, "lr": 0.5, "w": 1.0}
    on = descend("w**2", until_change=0.25, steps=50, **options)
    assert on.steps[1].gradients["w"] == 0
    assert on.updates == 2
    assert descend("w**2", until_gradient=0, steps=50, **options).updates == 1


@given(st.lists(st.floats(), min_size=1, max_size=4), st.floats(min_value=0, allow_nan=False))
def test_within(entries: list[float], bound: float) -> None:
    """No entry is larger than the bound; nan is not within anything."""
    assert within(np.array(entries), bound) == all(abs(e) <= bound for e in entries)
    assert within(np.float64(entries[0]), bound) == (abs(entries[0]) <= bound)


@given(st.lists(st.floats(), max_size=4), st.floats())
def test_all_finite(entries: list[float], number: float) -> None:
    """Of every entry it is asked, however large; the sum of squares may overflow."""
    expected = isfinite(number) and all(map(isfinite, entries))
    array = np.array(entries, dtype=np.float64)
    with np.errstate(all="ignore"):
        for shape in ((-1,), (len(entries), 1)):
            values = (np.float64(number), array.reshape(shape if entries else (0,)))
            assert all_finite(values) == all_finite(values[::-1]) == expected


# -- interrupted


def walk_of(program: str, at: Options, **options: Any) -> Walk:
    """A walk that has not begun."""
    return Walk(task_of(program, bind(at, {}), None, Asked(**options)))


def test_interrupted() -> None:
    """A watcher may end a walk: everything so far is there, and nothing else."""
    walk = walk_of("w**2", {"w": 1.0}, lr=1e-4, steps=100_000)
    told: list[tuple[int, Sequence[State]]] = []

    def watch(made: int, states: Sequence[State]) -> None:
        told.append((made, list(states)))
        if len(told) == 5:
            walk.interrupt()

    found = walked(walk, watch)
    assert found.stopped == "interrupted"
    assert 5 <= found.updates < 100_000
    assert found.reason == f"interrupted after {found.updates:,} updates"
    whole = descend("w**2", w=1.0, lr=1e-4, steps=found.updates)
    assert list(found.losses()) == list(whole.losses())
    assert found.final.values == whole.final.values
    assert [made for made, _ in told] == [
        sum(len(s) for _, s in told[:k]) for k in range(len(told))
    ]
    seen = [float(state.loss) for _, states in told for state in states]
    assert seen == list(found.losses())


def test_interrupted_before_the_first_update() -> None:
    """The start is looked at, and no update made."""
    walk = walk_of("w**2", {"w": 1.0})
    walk.interrupt()
    found = walked(walk)
    assert (found.stopped, found.updates) == ("interrupted", 0)
    assert found.reason == "interrupted after 0 updates"
    assert found.final.loss == 1
    assert len(found.steps) == 0


def test_a_walk_in_pieces() -> None:
    """However few states are asked for at a time, they are the same, and the last one ends it."""
    whole: list[State] = []
    walk_of("w**2", {"w": 1.0}, steps=10).go(whole, 100)
    walk, pieces = walk_of("w**2", {"w": 1.0}, steps=10), list[State]()
    while walk.stopped is None:
        assert walk.made == len(pieces)
        walk.go(pieces, 3)
    assert pieces == whole
    assert (len(pieces), walk.made, walk.stopped) == (11, 10, "steps")
