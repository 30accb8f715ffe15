"""A descent against torch.optim: the same path, update by update.

First torch goes its own way from the same start. Where that way parts from ours, rounding may have
grown, as it does on a path that jumps to and fro, or something is wrong. So every update is then
judged by itself, from our own parameters: torch's gradient there against ours, and what torch.optim
makes of our gradient against what our rule made of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backtrace.crosscheck.checking import check
from backtrace.crosscheck.engine import Torch, number
from backtrace.crosscheck.report import EXIT_CODES, Status
from backtrace.crosscheck.tolerance import ATOL, RTOL, agree, both, largest
from backtrace.crosscheck.twin import Twin
from backtrace.descent.records import Descent, Step
from backtrace.descent.rules import DECAY
from backtrace.descent.settings import whole_number
from backtrace.descent.walk import all_finite
from backtrace.ops.rows import Value
from backtrace.records import Notice

MOST_TRACES = 20  # states whose gradients are judged node by node, which takes 1 ms and more each


@dataclass(frozen=True, slots=True, eq=False)
class PathCheck:
    """The verdict on a descent.

    `status` is one of those of a trace's check: "undefined" of a descent that diverged, even if
    torch does the same. `updates` is how many updates were compared, and `max_error` the largest
    difference of a parameter on the two paths; both None where nothing was. `comparison` says what
    was compared, or why nothing was; `reason` why the exit code is not 0.
    """

    status: Status
    optimizer: str | None  # "torch.optim.SGD"
    version: str | None
    updates: int | None
    max_error: float | None
    notices: tuple[Notice, ...]
    comparison: str
    reason: str = ""
    asked: bool = True

    @property
    def summary(self) -> str:
        """The verdict in one line."""
        said = dict.fromkeys(filter(None, [self.reason, self.comparison]))
        return "; ".join(said) or "not checked"

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODES.get(self.status, 4 if self.asked else 0)

    def __str__(self) -> str:
        return self.summary


class Found(NamedTuple):
    """What is wrong at one update, or merely different: `text` is empty where all agrees."""

    status: Status
    text: str
    notice: str = ""


def check_path(descent: Descent, most: int | None = None) -> PathCheck:
    """Compare the updates of a descent, or the first `most`, with torch.optim in float64.

    Raises EngineMissing where torch cannot be imported, or refuses something.
    """
    most = descent.updates if most is None else whole_number("most", most)
    count = min(most, descent.updates)
    engine = Torch()
    with engine.recording():
        paths = Paths(descent, Twin(engine, descent.task), count)
        error, parted = paths.compared()
        found = Found("agrees", "") if parted is None else paths.judged(parted)
    return _verdict(paths, found, error)


def not_checked_path(descent: Descent, why: str = "") -> PathCheck:
    """The verdict without a second engine; `why` says what came in the way of a check."""
    diverged = descent.stopped == "diverged"
    status: Status = "undefined" if diverged else "not-checked"
    reason = descent.reason if diverged else why
    return PathCheck(status, None, None, None, None, (), why, reason, asked=bool(why))


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Our path and torch's, up to `count` updates."""

    descent: Descent
    twin: Twin
    count: int

    def compared(self) -> tuple[float, int | None]:
        """Let torch go its own way: the largest difference of a parameter up to where they part.

        The second number is the state at which they do, or None.
        """
        error = 0.0
        for update in range(self.count + 1):
            state = self.descent.state(update)
            last = update == self.descent.updates
            pairs = list(zip(state.values.values(), self.twin.values, strict=True))
            if not self._same(pairs, last=last):
                return error, update
            error = max([error, *(largest(a, b) for a, b in pairs)])
            if not _in_numbers(state):
                break  # what comes of numbers that are none is not compared
            loss = self.twin.loss(update)
            gradients = self.twin.gradients(loss)
            if not agree(state.loss, number(loss.sum())):
                return error, update
            if update < self.count:
                self.twin.step(gradients)
            elif not all(map(agree, state.gradients.values(), map(number, gradients))):
                return error, update
        return error, None

    def judged(self, parted: int) -> Found:
        """Every update by itself, from our own parameters and with our own gradients.

        A weight decay is added to these before torch sees them: what it cancels to may be nothing
        but rounding, and a rule that divides by the size of gradients makes that a whole step.
        """
        settings = self.descent.task.settings
        added = settings.numbers[DECAY] if settings.rule.decays_gradient else 0.0
        self.twin.begin(decays=not added)
        apart: list[int] = []
        for update in range(self.count + 1):
            state = self.descent.state(update)
            if not _in_numbers(state):
                break
            ours = list(state.gradients.values())
            self.twin.move_to(state.values.values())
            loss = self.twin.loss(update)
            gradients = [number(g) for g in self.twin.gradients(loss)]
            same = all(map(agree, ours, gradients)) and agree(state.loss, number(loss.sum()))
            if not same:
                apart.append(update)
            if update == self.count:
                break  # the last state has a loss and gradients, and no update
            if added:
                decay = -added if settings.ascend else added
                pairs = zip(ours, state.values.values(), strict=True)
                ours = [gradient + decay * value for gradient, value in pairs]
            self.twin.step([self.twin.engine.tensor(g, requires_grad=False) for g in ours])
            text = self._wrong(state.values, self.descent.state(update + 1).values)
            if text:
                return self._why(update, text)
        return self._judged(apart, parted)

    def _why(self, update: int, text: str) -> Found:
        """What an update that came out otherwise means: a quantity of the rule may be no number."""
        for name, quantities in self.descent.explained(update).items():
            for quantity in quantities:
                if all_finite((*quantity.inputs.values(),)) and not all_finite((quantity.value,)):
                    what = f"{quantity.name} of {name} is {quantity.value} in update {update + 1:,}"
                    return Found("undefined", f"{what}, where {self.twin} computes otherwise")
        return Found("differs", f"differs from {self.twin} at update {update + 1:,}: {text}")

    def _judged(self, apart: list[int], parted: int) -> Found:
        """The verdict on gradients that are apart, by what a trace's check says of the state."""
        status: Status = "agrees"
        judged = apart[:: -(-len(apart) // MOST_TRACES) or 1]  # from the first on, evenly
        for update in apart:
            state = self.descent.state(update)
            trace = state.trace
            where = f"before update {update + 1:,}"
            if not agree(state.loss, float(np.sum(trace.value))):
                return Found("differs", f"{where} the loss is not that of the trace there")
            if not all(map(agree, state.gradients.values(), trace.gradients.values())):
                return Found("differs", f"{where} the gradient is not that of the trace there")
            found = check(trace) if update in judged else None
            if found is not None and found.status == "differs":
                return Found("differs", f"{where} it {found.reason}")
            if found is not None and found.status == "convention":
                status = "convention"
        text = (
            f"rounding sets the paths apart by more than 1e-9 of the numbers from update "
            f"{max(parted, 1):,} on; every update agrees by itself"
        )
        if len(judged) < len(apart):
            text += f" ({len(judged)} of {len(apart):,} gradients were judged node by node)"
        return Found(status, "", text)

    def _wrong(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> str:
        """The first parameter for which an update from one point came out otherwise."""
        for name, theirs in zip(after, self.twin.values, strict=True):
            ours = after[name]
            if np.any(_beyond(ours, theirs, before[name])):
                one, other = both(ours, theirs)
                return f"{name} becomes {one}, torch's {other}"
        return ""

    def _same(self, pairs: list[tuple[Value, Value]], *, last: bool) -> bool:
        """Whether the parameters agree; where the descent ended as no numbers, both must have."""
        if last and not all_finite([a for a, _ in pairs]):
            return not any(np.any(np.isfinite(a) != np.isfinite(b)) for a, b in pairs)
        return all(agree(a, b) for a, b in pairs)


def _in_numbers(state: Step) -> bool:
    """Whether a state is finite; only the last one may not be."""
    return all_finite((state.loss, *state.values.values()))


def _beyond(ours: Value, theirs: Value, before: Value) -> Value:
    """Which entries of an updated parameter are not torch's, by the size of what it was made of.

    Where both are no finite number nothing is compared.
    """
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(ours), np.abs(before))
        apart = ~(np.abs(ours - theirs) <= ATOL + RTOL * size)
    finite = np.isfinite(ours), np.isfinite(theirs)
    return (finite[0] != finite[1]) | (finite[0] & finite[1] & apart)


def _verdict(paths: Paths, found: Found, error: float) -> PathCheck:
    descent, twin, count = paths.descent, paths.twin, paths.count
    status, reason = found.status, found.text
    if descent.stopped == "diverged" and not reason:
        status, reason = "undefined", descent.reason
    which = "the update agrees" if count == 1 else f"all {count:,} updates agree"
    if count == 0:
        which = "the loss agrees" if math.isfinite(descent.final.loss) else "nothing to compare"
    if count < descent.updates:
        which = f"the first {count:,} of {descent.updates:,} updates agree"
    differs = found.status in ("differs", "undefined")
    return PathCheck(
        status=status,
        optimizer=twin.optimizer_name,
        version=twin.engine.version,
        updates=count,
        max_error=error,
        notices=(Notice(None, "rounding", found.notice),) if found.notice else (),
        comparison="" if differs else f"checked against {twin}: {which}",
        reason=reason,
    )
