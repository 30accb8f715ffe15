"""backtrace.descent.batches: which rows an update sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backtrace import Descent, descend
from backtrace.descent.batches import Batches
from backtrace.errors import BacktraceError, BindingError, ShapeError, UsageError
from backtrace.ops.rows import Array

FIT = "mean((w*x + b - y)**2)"
X, Y = [1.0, 2.0, 4.0, 5.0, 7.0], [1.0, 3.0, 2.0, 6.0, 5.0]
POINT: dict[str, Any] = {"w": 0.5, "b": -1.0, "x": X, "y": Y}
SEEDS = st.integers(0, 2**64)


def batches(count: int, size: int, seed: int | None = None) -> Batches:
    """Batches of x = 0, 1, 2, … and of a matrix that has each number in a row of its own."""
    x = np.arange(float(count))
    return Batches(data={"x": x, "M": np.stack([x, -x], 1)}, count=count, size=size, seed=seed)


def epoch(of: Batches, number: int) -> list[list[float]]:
    """The numbers of every batch of an epoch."""
    first = number * of.per_epoch
    return [of.batch(first + k)["x"].tolist() for k in range(of.per_epoch)]


def joined(found: list[list[float]]) -> list[float]:
    """The batches of an epoch, one after the other."""
    return [number for batch in found for number in batch]


def fitted(**options: Any) -> Descent:
    """A straight line fitted in batches."""
    return descend(FIT, POINT, wrt="w,b", **{"lr": 0.01, **options})


# -- the order of the rows


@given(st.integers(1, 40), st.integers(1, 40), st.none() | SEEDS)
def test_an_epoch_has_every_row_once(count: int, size: int, seed: int | None) -> None:
    """Whatever the order, an epoch is all rows, in batches of `size` and a smaller last one."""
    assume(size <= count)
    of = batches(count, size, seed)
    for number in (0, 1, 7):
        found = epoch(of, number)
        assert sorted(joined(found)) == list(range(count))
        assert [len(batch) for batch in found[:-1]] == [size] * (of.per_epoch - 1)
        assert {len(batch) for batch in found} == set(of.lengths)
        assert of.lengths[0] == size
        assert len(found[-1]) == (count % size or size)


@given(st.integers(1, 40), st.integers(1, 40))
def test_without_shuffle_rows_come_in_order(count: int, size: int) -> None:
    """Every epoch goes from the first row to the last."""
    assume(size <= count)
    of = batches(count, size)
    for number in (0, 3):
        assert joined(epoch(of, number)) == list(range(count))


@given(st.integers(20, 40), st.integers(1, 20), SEEDS, SEEDS)
def test_an_order_is_that_of_its_seed_and_epoch(count: int, size: int, a: int, b: int) -> None:
    """The same seed gives the same orders, whatever the size; another seed or epoch others."""
    one, again, other = (batches(count, n, s) for n, s in ((size, a), (1, a), (size, b)))
    orders = [joined(epoch(one, number)) for number in (0, 1, 2)]
    assert orders == [joined(epoch(again, number)) for number in (0, 1, 2)]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert a == b or orders[0] != joined(epoch(other, 0))
    assert orders[0] != list(range(count))


@given(st.integers(1, 30), st.integers(1, 30), st.none() | SEEDS, st.integers(0, 100))
def test_a_batch_has_the_same_rows_of_everything(
    count: int, size: int, seed: int | None, update: int
) -> None:
    """A row of one array comes with the same row of the others; a batch cannot be written."""
    assume(size <= count)
    found = batches(count, size, seed).batch(update)
    assert np.array_equal(found["M"], np.stack([found["x"], -found["x"]], 1))
    assert not any(array.flags.writeable for array in found.values())


# -- descents


def by_hand(order: list[list[int]], momentum: float) -> tuple[list[float], list[Array]]:
    """The losses of the batches and the parameters before each, and those at the end."""
    x, y, state, velocity = np.array(X), np.array(Y), np.array([0.5, -1.0]), np.zeros(2)
    losses, states = [], []
    for rows in order:
        residual = state[0] * x[rows] + state[1] - y[rows]
        losses.append(float(np.mean(residual**2)))
        states.append(state)
        gradient = np.array([np.mean(2 * residual * x[rows]), np.mean(2 * residual)])
        velocity = momentum * velocity + gradient
        state = state - 0.01 * velocity
    return losses, [*states, state]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", [None, 0, 12])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_descent_in_batches(size: int, seed: int | None, momentum: float) -> None:
    """Losses and parameters are those of a loop by hand; the velocity goes on between batches."""
    shuffled: dict[str, Any] = {} if seed is None else {"shuffle": True, "seed": seed}
    found = fitted(batch_size=size, epochs=3, optimizer="momentum", momentum=momentum, **shuffled)
    order = []
    for number in range(3):
        rows = list(range(5))
        if seed is not None:
            rows = np.random.default_rng([seed, number]).permutation(5).tolist()
        order += [rows[k : k + size] for k in range(0, 5, size)]
    losses, states = by_hand(order, momentum)
    assert found.updates == len(order) == 3 * -(-5 // size)
    assert [step.loss for step in found.steps] == pytest.approx(losses, rel=1e-12)
    ours = [[step.values["w"], step.values["b"]] for step in (*found.steps, found.final)]
    assert np.allclose(ours, states, rtol=1e-12, atol=0)


def test_the_last_state_has_the_loss_of_the_next_batch() -> None:
    """The state after the last update is one before another, and its loss that of its batch."""
    found = fitted(batch_size=2, steps=4)  # of 3 an epoch
    w, b = found.final.values["w"], found.final.values["b"]
    residual = w * np.array(X[2:4]) + b - np.array(Y[2:4])
    assert found.final.loss == pytest.approx(np.mean(residual**2), rel=1e-12)


@pytest.mark.parametrize("index", [0, 2, 4])
def test_the_trace_of_a_step_is_that_of_its_batch(index: int) -> None:
    """The trace has the rows of the batch, and the loss and gradients of the step."""
    found = fitted(batch_size=2, epochs=3, shuffle=True, seed=5)
    step = found.steps[index]
    assert step.trace.value == step.loss
    assert step.trace.gradients == step.gradients
    batches = found.task.batches
    assert batches is not None
    assert np.array_equal(step.trace.variables["x"], np.array(X)[batches.rows(index)])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_one_batch_of_everything_is_none(optimizer: str) -> None:
    """All rows in one batch make the descent that there is without batches, to the last bit."""
    with_batches = fitted(batch_size=5, steps=20, optimizer=optimizer)
    without = fitted(steps=20, optimizer=optimizer)
    for ours, theirs in zip(with_batches.steps, without.steps, strict=True):
        assert (ours.loss, ours.values) == (theirs.loss, theirs.values)
    assert fitted(batch_size=5, epochs=20).updates == 20


def test_steps_and_epochs() -> None:
    """`steps` counts updates, `epochs` all batches of the data."""
    assert fitted(batch_size=2, epochs=4).updates == 12
    assert fitted(batch_size=2, steps=4).updates == 4
    assert fitted(batch_size=2).updates == 100
    same = [fitted(batch_size=2, **how).final.values for how in ({"epochs": 2}, {"steps": 6})]
    assert same[0] == same[1]


def test_a_schedule_counts_updates() -> None:
    """The rate falls from batch to batch, not from epoch to epoch."""
    found = fitted(batch_size=2, steps=4, schedule="exponential", gamma=0.5)
    rates = [found.explained(k)["w"][0].inputs["eta"] for k in range(4)]
    assert rates == [0.01, 0.005, 0.0025, 0.00125]


def test_shuffle_without_a_seed_is_seed_0() -> None:
    """What was not asked for is the same every time."""
    one, two, other = (
        fitted(batch_size=2, epochs=2, shuffle=True, **seed).final.values
        for seed in ({}, {"seed": 0}, {"seed": 1})
    )
    assert one == two != other


# -- which variables have rows

CLASSES = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [[1, 2], [3, 4], [0, 1]], "i": [1, 0, 1]}


@pytest.mark.parametrize(
    ("program", "at", "options", "rows", "wrt"),
    [
        (FIT, POINT, {"wrt": "w,b"}, ["x", "y"], ("w", "b")),
        (FIT, POINT, {"rows": "x,y"}, ["x", "y"], ("w", "b")),
        (FIT, POINT, {"rows": ["y", " x"]}, ["y", "x"], ("w", "b")),
        ("sum((W @ x - ŷ)**2)", {"W": [[1.0, 2], [3, 4], [5, 6]], "x": [1, 2], "yhat": [1, 2, 3]},
         {"wrt": "x", "rows": "W, ŷ"}, ["W", "yhat"], ("x",)),
        ("cross_entropy(x @ W, i)", CLASSES, {"wrt": "W"}, ["x", "i"], ("W",)),
        ("cross_entropy(x @ W, i)", CLASSES, {"rows": "x,i"}, ["x", "i"], ("W",)),
    ],
)  # fmt: skip
def test_what_has_rows(
    program: str, at: Any, options: Any, rows: list[str], wrt: tuple[str, ...]
) -> None:
    """By default every array that is no parameter; what is named is no parameter."""
    found = descend(program, at, batch_size=2, steps=2, **options)
    batches = found.task.batches
    assert batches is not None
    assert sorted(batches.data) == sorted(rows)
    assert found.wrt == wrt


WHICH = "which variables have the rows of the data? "
NAME_THEM = ": name them, as in rows='x,y' (--rows x,y)"
NO_DATA = (
    "batch_size needs data with rows, and no variable but the parameters has any: name the data, "
    "as in rows='x,y' (--rows x,y), or the parameters, as in wrt='w,b' (--wrt w,b)"
)
REFUSED: list[tuple[dict[str, Any], type[BacktraceError], str]] = [
    ({"batch_size": 6}, UsageError, "a batch of 6 is larger than the data, 5 rows (x and y)"),
    ({"batch_size": 2, "x": [1.0], "y": [2.0]}, UsageError,
     "a batch of 2 is larger than the data, 1 row (x and y)"),
    ({"batch_size": 1, "x": [], "y": []}, UsageError,
     "a batch of 1 is larger than the data, 0 rows (x and y)"),
    ({"batch_size": 0}, UsageError, "batch_size is a whole number of at least 1, not 0"),
    ({"batch_size": 2.5}, UsageError, "batch_size is a whole number of at least 1, not 2.5"),
    ({"batch_size": 2, "y": [[1.0], [2.0]]}, UsageError,
     f"{WHICH}x has 5, y has 2{NAME_THEM}"),
    ({"batch_size": 2, "rows": "x,b", "wrt": "w"}, UsageError,
     f"{WHICH}x has 5, b has none{NAME_THEM}"),
    ({"batch_size": 2, "rows": "x,q"}, BindingError, "rows: q is not a variable of the program"),
    ({"batch_size": 2, "rows": "xx,y"}, BindingError,
     "rows: xx is not a variable of the program: did you mean x?"),
    ({"batch_size": 2, "rows": "x,w"}, BindingError, "rows: w is a parameter, and not data"),
    ({"batch_size": 2, "seed": 3}, UsageError,
     "seed goes with shuffle: without it rows come in their order"),
    ({"batch_size": 2, "seed": 0}, UsageError,
     "seed goes with shuffle: without it rows come in their order"),
    ({"batch_size": 2, "shuffle": True, "seed": -1}, UsageError,
     "seed is a whole number of at least 0, not -1"),
    ({"batch_size": 2, "shuffle": True, "seed": 0.5}, UsageError,
     "seed is a whole number of at least 0, not 0.5"),
    ({"shuffle": True}, UsageError,
     "shuffle goes with batch_size: else all rows are seen at once"),
    ({"seed": 0}, UsageError, "seed goes with batch_size: else all rows are seen at once"),
    ({"rows": "x"}, UsageError, "rows goes with batch_size: else all rows are seen at once"),
    ({"batch_size": 2, "wrt": "w,b,x,y"}, UsageError, NO_DATA),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "kind", "message"), REFUSED, ids=[str(o) for o, _, _ in REFUSED]
)
def test_what_is_refused(options: dict[str, Any], kind: type[BacktraceError], message: str) -> None:
    """What does not go together is told, with what would."""
    with pytest.raises(kind) as caught:
        descend(FIT, **{**POINT, "wrt": "w,b", **options})
    assert str(caught.value) == message


def test_without_data() -> None:
    """Where every array is a parameter, by default or by name, nothing has rows."""
    for program, at in ((FIT, POINT), ("w**2", {"w": 1.0}), ("sum(v)**2", {"v": [1.0, 2.0]})):
        with pytest.raises(UsageError) as caught:
            descend(program, at, batch_size=1)
        assert str(caught.value) == NO_DATA


@pytest.mark.parametrize(("size", "first"), [(3, 2), (2, 2)])
def test_a_program_that_does_not_take_so_few_rows(size: int, first: int) -> None:
    """That x[2] is not in a batch is told before the descent, of the last batch too."""
    at = {"w": 1.0, "x": X[:4], "y": Y[:4]}
    with pytest.raises(ShapeError, match=r"^x\[2\]: an index is 2, but they go from 0 to ") as e:
        descend("mean((w*x - y)**2) + w*x[2]", at, wrt="w", batch_size=size, epochs=first)
    assert "^^^^" in str(e.value)


def test_named_rows_that_leave_one_out() -> None:
    """An array that has rows and was not named stays whole, which may not fit."""
    with pytest.raises(ShapeError, match="the shapes do not combine"):
        fitted(batch_size=2, rows="x")
