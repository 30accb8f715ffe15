"""backtrace.descent.states and records: every state of a descent, kept or walked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace import Descent, descend, trace
from backtrace.descent import states
from backtrace.descent.asked import Asked
from backtrace.descent.descending import task_of
from backtrace.descent.walk import State, Walk
from backtrace.reading import bind

FIT = "mean((w*x + b - y)**2)"
X, Y = [1.0, 2.0, 4.0, 5.0, 7.0], [1.0, 3.0, 2.0, 6.0, 5.0]
POINT: dict[str, Any] = {"w": 0.5, "b": -1.0, "x": X, "y": Y}
HALF: dict[str, Any] = {"w": 1.0, "lr": 0.25}  # on w**2: w is halved by every update


def fitted(**options: Any) -> Descent:
    """A straight line fitted."""
    return descend(FIT, POINT, wrt="w,b", **{"lr": 0.01, **options})


def numbers(found: Descent, index: int) -> tuple[Any, ...]:
    """All numbers of a state."""
    state = found.state(index)
    return (state.index, state.loss, dict(state.values), dict(state.gradients))


# -- little room


def interrupted() -> Descent:
    """A descent that was ended from outside, after 62 updates."""
    task = task_of("w**2", bind({"w": 1.0}, {}), None, Asked(lr=1e-3, steps=10_000))
    walk, kept = Walk(task), states.States(task)
    for most in (40, 22, 1):
        found: list[State] = []
        if most == 1:
            walk.interrupt()
        walk.go(found, most)
        kept.add(found)
    return Descent(task, walk, kept)


DESCENTS: dict[str, Callable[[], Descent]] = {
    "all steps": lambda: fitted(steps=57),
    "a whole number of pieces": lambda: fitted(steps=60),
    "one more": lambda: fitted(steps=61),
    "with memory": lambda: fitted(steps=57, optimizer="adam"),
    "in batches": lambda: fitted(steps=57, batch_size=2, shuffle=True, optimizer="momentum"),
    "until it hardly moves": lambda: fitted(until_change=3e-3),
    "up to a goal": lambda: fitted(until_gradient=0.5),
    "diverged": lambda: fitted(lr=0.2, steps=9999, max_loss=1e90),
    "a misfit": lambda: descend("sum(inv([[t, 0], [0, 1]])*0) + t", t=8.0, lr=0.125, steps=99),
    "interrupted": interrupted,
    "a few": lambda: fitted(steps=2),
    "one": lambda: fitted(steps=1),
}


@pytest.mark.parametrize("name", DESCENTS)
@pytest.mark.parametrize("room", [1, 4000])
@pytest.mark.parametrize("chunk", [1, 7, 10, 1000])
def test_states_without_room_are_walked_again(
    name: str, room: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, backwards and at random every state is what it is with all room."""
    whole = DESCENTS[name]()
    count = whole.updates + 1
    assert len(whole._states._kept) == count
    right = [numbers(whole, k) for k in range(count)]
    monkeypatch.setattr(states, "ROOM", room)
    monkeypatch.setattr(states, "CHUNK", chunk)
    found = DESCENTS[name]()
    assert len(found._states._kept) <= max(2, room // 250) < 40
    assert (found.stopped, found.reason) == (whole.stopped, whole.reason)
    random = np.random.default_rng(0).integers(0, count, 30).tolist()
    for k in (*range(count), *range(count - 1, -1, -1), *random):
        np.testing.assert_equal(numbers(found, k), right[k])
    losses = [number[1] for number in right]
    for again in ([float(state.loss) for state in found._states], list(found.losses())):
        np.testing.assert_equal(again, losses)


@given(st.integers(0, 40), st.integers(1, 12), st.lists(st.integers(0, 40), max_size=8))
def test_any_order(updates: int, chunk: int, order: list[int]) -> None:
    """Whatever is asked after whatever else, the states are powers of a half."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(states, "ROOM", 1)
        patch.setattr(states, "CHUNK", chunk)
        found = descend("w**2", steps=updates + 1, **HALF)
        for index in order:
            if index <= updates + 1:
                assert found.state(index).values["w"] == 0.5**index


def test_how_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there is room for parameters and gradients of their size, and no more."""
    assert states.ROOM == 2**28
    monkeypatch.setattr(states, "ROOM", 2**23)
    found = descend("sum((w - 1)**2)", {"w": np.zeros(5000)}, steps=200)
    assert len(found._states._kept) == 2**23 // (250 + 2 * 40_120)
    assert found.state(190).values["w"][0] == pytest.approx(1 - 0.998**190, rel=1e-9)


# -- the record


def test_steps_are_a_sequence() -> None:
    """Negative indices, slices and iteration are those of a list of the states before updates."""
    found = descend("w**2", steps=5, **HALF)
    assert [step.index for step in found.steps] == [0, 1, 2, 3, 4]
    assert found.steps[-1].index == 4
    assert [step.index for step in found.steps[1::2]] == [1, 3]
    assert [step.index for step in reversed(found.steps)] == [4, 3, 2, 1, 0]
    assert found.state(-1).index == found.final.index == 5
    for index in (5, -6):
        with pytest.raises(IndexError):
            found.steps[index]
    for index in (6, -7):
        with pytest.raises(IndexError):
            found.state(index)


MATRIX = {"W": [[1.0, -2.0, 0.5], [0.3, 1.5, -1.0]], "x": [1.0, 2.0, -1.0], "y": [0.5, -0.5]}
NET = "h = tanh(W @ x + b); L = mean((h - y)**2) + 0.01*sum(W**2)"


@pytest.mark.parametrize("options", [{}, {"optimizer": "adam"}, {"optimizer": "nesterov"}])
def test_the_trace_of_a_step(options: dict[str, Any]) -> None:
    """Value and gradients of the whole trace are those of the step, to the last bit."""
    found = descend(NET, MATRIX, b=0.5, wrt="W,b", lr=0.1, steps=20, **options)
    for step in (*found.steps, found.final):
        again = step.trace
        assert again.value == step.loss
        assert again.gradients.keys() == step.gradients.keys() == {"W", "b"}
        assert np.array_equal(again.gradients["W"], step.gradients["W"])
        assert again.gradients["b"] == step.gradients["b"]
        assert np.array_equal(again.variables["W"], step.values["W"])
        assert again["h"].value.shape == (2,)
    outside = trace(NET, {**MATRIX, **found.final.values}, wrt="W,b")
    assert outside.value == found.final.loss


def test_what_a_step_holds() -> None:
    """Numbers are Python's, arrays are of the parameter's shape and cannot be written."""
    found = descend(NET, MATRIX, b=0.5, wrt="W,b", lr=0.1, steps=4)
    for step in (*found.steps, found.final):
        assert type(step.loss) is float
        for numbers in (step.values, step.gradients):
            assert type(numbers["b"]) is float
            assert type(numbers["W"]) is np.ndarray
            assert (numbers["W"].shape, numbers["W"].dtype) == ((2, 3), np.float64)
            with pytest.raises(ValueError, match="read-only"):
                numbers["W"][0, 0] = 1


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1)])
def test_a_loss_of_one_entry_is_a_number(shape: tuple[int, ...]) -> None:
    """Whatever its shape; and a parameter of one entry keeps its own."""
    found = descend("w**2", w=np.ones(shape), lr=0.25, until_loss=1 / 16)
    assert (found.updates, found.final.loss) == (2, 1 / 16)
    assert found.final.values["w"].tolist() == np.full(shape, 0.25).tolist()


def test_what_was_given_is_not_written() -> None:
    """A second descent from the same array is the first one again.

    deep-learning-from-scratch descends in place: with the second rate it began where the first
    had ended, and copies print what came of it (the case gd-dlfs-1e-10-alias).
    """
    x = np.array([-3.0, 4.0])
    options: dict[str, Any] = {"steps": 100, "wrt": "x"}
    for lr in (10.0, 1e-10, 10.0):
        found = descend("x[0]**2 + x[1]**2", x=x, lr=lr, **options)
        assert x.tolist() == [-3, 4]
        assert found.steps[0].values["x"].tolist() == [-3, 4]
    x[0] = 7.0  # it is the user's own; the record has a copy
    assert found.steps[0].values["x"].tolist() == [-3, 4]
    slow = descend("x[0]**2 + x[1]**2", x=[-3.0, 4.0], lr=1e-10, **options)
    assert slow.final.values["x"] == pytest.approx([-2.99999994, 3.99999992], abs=1e-8)


def test_what_is_shown_in_short() -> None:
    """repr() has the loss, the updates, the parameters and why it ended."""
    assert repr(fitted(steps=1)) == "<Descent L=4.14346 after 1 update of w, b: steps>"
    assert "after 2,000 updates of w, b: steps" in repr(fitted(steps=2000))
    named = descend("loss = w**2", steps=2, **HALF)
    assert repr(named) == "<Descent loss=0.0625 after 2 updates of w: steps>"
    assert "task" not in repr(named.final)


def test_notices_of_the_start() -> None:
    """What the first trace says of its shapes and kinks is said of the descent."""
    stretched = descend("mean((w*x - y)**2)", w=1.0, x=[1, 2], y=[[1], [2]], wrt="w", steps=2)
    assert [notice.code for notice in stretched.notices] == ["broadcast"]
    assert [notice.code for notice in descend("abs(w)", w=0.0, steps=2).notices] == ["kink"]
    assert fitted(steps=2).notices == ()


# -- every quantity of an update


def test_adam_by_hand() -> None:
    """Both means, both corrections and the parameter, at updates 1 and 2, worked out here."""
    found = descend("(w - 3)**2", w=1.0, optimizer="adam", lr=0.1, steps=2)
    w, m, v = 1.0, 0.0, 0.0
    for t in (1, 2):
        g = 2 * (w - 3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        mhat, vhat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        before, w = w, w - 0.1 * mhat / (vhat**0.5 + 1e-8)
        quantities = found.explained(t - 1)["w"]
        assert [q.name for q in quantities] == ["m", "v", "mhat", "vhat", "theta"]
        assert [q.value for q in quantities] == pytest.approx([m, v, mhat, vhat, w], rel=1e-12)
        last = quantities[-1]
        assert last.formula == "theta - eta*mhat/(sqrt(vhat) + eps)"
        assert last.inputs == pytest.approx(
            {"theta": before, "eta": 0.1, "mhat": mhat, "vhat": vhat, "eps": 1e-8}, rel=1e-12
        )
        assert found.state(t).values["w"] == last.value
    assert found.explained(0)["w"][2].value == pytest.approx(-4)  # the gradient itself
    assert found.explained(0)["w"][4].value == pytest.approx(1.1)


def test_momentum_with_decay_by_hand() -> None:
    """The gradient with the decay has its own line; every parameter has lines of its own."""
    found = descend(
        "w**2 + sum(u)",
        w=1.0,
        u=[1.0, 2.0],
        optimizer="momentum",
        lr=0.1,
        weight_decay=0.5,
        steps=3,
    )
    explained = found.explained(1)
    assert list(explained) == ["w", "u"] == list(found.wrt)
    first = 1 - 0.1 * 2.5  # g = 2 + 0.5
    g = 2 * first + 0.5 * first
    velocity = 0.9 * 2.5 + g
    assert [q.name for q in explained["w"]] == ["g", "v", "theta"]
    values = [q.value for q in explained["w"]]
    assert values == pytest.approx([g, velocity, first - 0.1 * velocity], rel=1e-12)
    assert explained["u"][0].value == pytest.approx(1 + 0.5 * (np.array([1.0, 2.0]) * 0.95 - 0.1))


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adagrad", "rmsprop", "adamw"])
def test_an_explained_update_is_the_one_that_is_made(optimizer: str) -> None:
    """The last line is the next state, whichever update is asked for, and in whatever order."""
    found = fitted(optimizer=optimizer, steps=12, weight_decay=0.1, batch_size=2)
    for k in (7, 0, 11, 3):
        quantities = found.explained(k)
        for name in found.wrt:
            assert quantities[name][-1].value == found.state(k + 1).values[name]
    assert found.explained(-1) == found.explained(12)  # the one that is not made
    for index in (13, -14):
        with pytest.raises(IndexError):
            found.explained(index)
