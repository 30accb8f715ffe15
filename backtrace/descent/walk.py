"""The loop: loss, gradients, update, and again until there is a reason to stop."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from backtrace.descent.batches import Batches
from backtrace.descent.task import Task
from backtrace.descent.updates import Quantity, Updates
from backtrace.ops.axes import Misfit
from backtrace.ops.rows import Value
from backtrace.passes import SCALAR, frozen
from backtrace.prepared import Prepared
from backtrace.undefined import is_finite

Stopped: TypeAlias = Literal[
    "steps",  # all updates are made
    "until_loss",
    "until_gradient",
    "until_change",  # the next update would have been this small
    "diverged",  # the loss or a parameter is not finite, or above max_loss
    "interrupted",
]


class State(NamedTuple):
    """Where a descent is before an update: the loss, the parameters, and its gradients by them."""

    loss: Value
    values: tuple[Value, ...]
    gradients: tuple[Value, ...]


class Walk:
    """One run of a task from its start. `stopped` says why it is over, None while it is not.

    Raises BacktraceError where the program does not fit its values.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.made = 0  # updates
        self.stopped: Stopped | None = None
        self.misfit = ""  # what an operation could not take, where that is the reason
        self._interrupted = False
        self._steps, self._limits = task.settings.steps, task.settings.limits
        self._has_least_change = "until_change" in self._limits
        self._values = task.start
        self._updates = Updates(task.settings, task.start)
        self._only = task.prepared() if task.batches is None else None
        self._by_length = {} if task.batches is None else _by_length(task, task.batches)

    def go(self, states: list[State], most: int) -> None:
        """Append up to so many states, the last of all where the walk has stopped.

        A state is appended as soon as it is known, so that none is lost if this is interrupted.
        """
        with np.errstate(all="ignore"):  # what is not finite is told in the end
            for _ in range(most):
                try:
                    state = self._state()
                except Misfit as misfit:
                    state, self.misfit = self._nowhere(), str(misfit)
                states.append(state)
                self.stopped = self._reason(state)
                if self.stopped is not None:
                    return
                after = self._updates.next(state.values, state.gradients, self.made)
                if self._has_least_change and self._hardly_moves(after):
                    self.stopped = "until_change"
                    return
                self._values = after
                self.made += 1

    def interrupt(self) -> None:
        """Stop after the state that is being worked out; from a signal's handler, say."""
        self._interrupted = True

    def explained(self, state: State) -> list[tuple[Quantity, ...]]:
        """Every quantity of the next update, by parameter; `state` is where the walk has come."""
        with np.errstate(all="ignore"):
            return self._updates.explained(state.values, state.gradients, self.made)

    def _state(self) -> State:
        prepared, moved = self._only, self._values
        if prepared is None:
            prepared, moved = self._batch()
        loss = prepared.value(moved)
        if type(loss) is not SCALAR:
            loss = loss.reshape(())[()]
        return State(loss, self._values, tuple(prepared.gradients()))

    def _batch(self) -> tuple[Prepared, tuple[Value, ...]]:
        """The passes for the next batch, and what they are run at."""
        batches = self.task.batches
        assert batches is not None
        batch = tuple(batches.batch(self.made).values())
        return self._by_length[batches.length(self.made)], (*self._values, *batch)

    def _nowhere(self) -> State:
        """A state whose loss cannot be computed."""
        nothing = tuple(frozen(np.full(np.shape(v), np.nan)) for v in self._values)
        return State(np.float64(np.nan), self._values, nothing)

    def _reason(self, state: State) -> Stopped | None:
        """Why to stop before the next update."""
        if not (isfinite(state.loss) and all_finite(state.values)):
            return "diverged"
        if self._limits:
            reached = self._limit(state)
            if reached is not None:
                return reached
        if self.made == self._steps:
            return "steps"
        return "interrupted" if self._interrupted else None

    def _limit(self, state: State) -> Stopped | None:
        """Which limit a state has reached, if any."""
        limits, loss = self._limits, state.loss
        if loss > limits.get("max_loss", np.inf):
            return "diverged"
        goal = limits.get("until_loss")
        if goal is not None and (loss >= goal if self.task.settings.ascend else loss <= goal):
            return "until_loss"
        goal = limits.get("until_gradient")
        if goal is not None and all(within(g, goal) for g in state.gradients):
            return "until_gradient"
        return None

    def _hardly_moves(self, after: Sequence[Value]) -> bool:
        """Whether every entry of the next update is too small to be worth it."""
        goal = self._limits["until_change"]
        return all(within(b - a, goal) for a, b in zip(self._values, after, strict=True))


def _by_length(task: Task, batches: Batches) -> dict[int, Prepared]:
    """The passes for every length that a batch can have."""
    last = batches.per_epoch - 1
    return {n: task.prepared(last * place) for place, n in enumerate(batches.lengths)}


def within(value: Value, bound: float) -> bool:
    """Whether no entry is larger than this."""
    return bool(np.all(np.abs(value) <= bound))


def all_finite(values: Sequence[Value]) -> bool:
    """Whether every entry is finite; the sum of squares answers most of the time."""
    for value in values:
        total = value if isinstance(value, float) else np.vdot(value, value)
        if not isfinite(total) and not is_finite(value):
            return False
    return True
