"""The record of a descent: every step, the end, and why it ended there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, overload

from backtrace.descent.states import States
from backtrace.descent.stopping import counted, hint, last_finite, reason
from backtrace.descent.task import Task
from backtrace.descent.updates import Quantity
from backtrace.descent.walk import State, Stopped, Walk
from backtrace.errors import listed
from backtrace.ops.rows import Value
from backtrace.passes import frozen
from backtrace.records import Notice, Trace, plain

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck
    from backtrace.render.notebook import Types

SAID = ("kink", "broadcast", "no-path", "read-as", "unused-node")  # notices of the first trace


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The state after `index` updates: a float for a number, an array of its shape for an array."""

    index: int
    loss: float
    values: Mapping[str, Value]  # of the parameters
    gradients: Mapping[str, Value]  # of the loss, by them
    task: Task = field(repr=False)

    @property
    def epoch(self) -> int | None:
        """The epochs that were gone through before; None where there are no batches."""
        batches = self.task.batches
        return None if batches is None else self.index // batches.per_epoch

    @property
    def rate(self) -> float:
        """The learning rate of the update that follows."""
        return self.task.settings.rate(self.index)

    @property
    def trace(self) -> Trace:
        """The whole trace of the loss at this state."""
        return self.task.trace(self.index, self.values.values())


def step_of(task: Task, updates: int, state: State) -> Step:
    """A state as it is told: names, floats, arrays that cannot be written."""
    values, gradients = (
        {name: plain(frozen(v)) for name, v in zip(task.wrt, numbers, strict=True)}
        for numbers in (state.values, state.gradients)
    )
    return Step(updates, float(state.loss), values, gradients, task)


class Steps(Sequence[Step]):
    """The states before every update: `steps[k]` is the one before update k + 1."""

    def __init__(self, descent: Descent, count: int) -> None:
        self._descent, self._count = descent, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        return self._descent.state(range(self._count)[index])

    def __iter__(self) -> Iterator[Step]:
        return map(self._descent.state, range(self._count))


class Descent:
    """A descent that is over. `print(descent)` shows it.

    `stopped` says why: "steps", "until_loss", "until_gradient", "until_change", "diverged" or
    "interrupted"; `reason` says it in a sentence.
    """

    def __init__(self, task: Task, walk: Walk, states: States) -> None:
        self.task = task
        self._walk, self._states = walk, states

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return self.task.wrt

    @property
    def updates(self) -> int:
        """How many updates were made."""
        return len(self._states) - 1

    @property
    def stopped(self) -> Stopped:
        """Why it ended."""
        return self._walk.stopped or "interrupted"

    @cached_property
    def reason(self) -> str:
        """The same in words; of a divergence the update, and what is not finite."""
        return reason(self.task, self._walk, self._states)

    @cached_property
    def hint(self) -> str:
        """What to try where it diverged, or the loss went the wrong way; "" elsewhere."""
        return hint(self.task, self._states, diverged=self.stopped == "diverged")

    @property
    def steps(self) -> Steps:
        """The states before every update, the start first."""
        return Steps(self, self.updates)

    @property
    def final(self) -> Step:
        """The state after the last update."""
        return self.state(self.updates)

    @property
    def last_finite(self) -> Step | None:
        """The last state whose loss and parameters are finite: `final`, unless it diverged.

        None where the loss at the start is not.
        """
        index = last_finite(self._states)
        return None if index is None else self.state(index)

    def __iter__(self) -> Iterator[Step]:
        """Every state, `final` last."""
        return map(self.state, range(self.updates + 1))

    def state(self, updates: int) -> Step:
        """The state after so many updates, `final` among them."""
        updates = range(self.updates + 1)[updates]
        return step_of(self.task, updates, self._states[updates])

    def losses(self) -> Sequence[float]:
        """The loss of every state, `final` last."""
        return memoryview(self._states.losses).toreadonly()

    def explained(self, updates: int) -> dict[str, tuple[Quantity, ...]]:
        """Every quantity of the update that follows so many others, by parameter."""
        updates = range(self.updates + 1)[updates]
        walk = self._states.walk_to(updates)
        found = walk.explained(self._states[updates])
        return dict(zip(self.wrt, found, strict=True))

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What the trace of the start has to say: kinks, shapes that stretch each other."""
        found = [n for n in self.state(0).trace.notices if n.code in SAID]
        if self.task.by_default and len(self.wrt) > 1:
            text = f"{listed(self.wrt)} are all changed: if some are data, name the others (wrt)"
            found.append(Notice(None, "all-changed", text))
        return tuple(found)

    def check(self, most: int | None = None) -> PathCheck:
        """Compare every update, or the first `most`, with torch.optim in float64.

        Raises EngineMissing where torch is not installed, or refuses an operation.
        """
        from backtrace.crosscheck.paths import check_path

        return check_path(self, most)

    def __str__(self) -> str:
        from backtrace.render.descents.view import descent

        return descent(self).plain

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> dict[str, str]:
        """What a notebook shows: the plot."""
        from backtrace.render.notebook import bundle, of_descent

        return bundle(of_descent(self), include, exclude)

    def __repr__(self) -> str:
        output = self.task.graph.labels[self.task.graph.output]
        return (
            f"<Descent {output}={self.final.loss:g} after {counted(self.updates)} of "
            f"{', '.join(self.wrt)}: {self.stopped}>"
        )
