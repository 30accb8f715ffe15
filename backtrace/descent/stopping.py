"""Why a descent is over, in words, with what to do about it where it went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Context
from math import isfinite

import numpy as np

from backtrace.descent.asked import GOALS, shown
from backtrace.descent.states import States
from backtrace.descent.task import Task
from backtrace.descent.walk import State, Walk, all_finite
from backtrace.errors import listed

ONE_DIGIT = Context(prec=1, rounding=ROUND_DOWN)
LOOKED_AT = 1000  # states in which a step that overshot is looked for


def reason(task: Task, walk: Walk, states: States) -> str:
    """Why the walk has stopped."""
    settings, made = task.settings, walk.made
    limits = settings.limits
    updates = counted(made)
    match walk.stopped:
        case "steps":
            said = f"all {updates} made" if made > 1 else "the one update is made"
            goals = [f"{name} {shown(limits[name])}" for name in GOALS if name in limits]
            return f"{said}, and {' or '.join(goals)} is not reached" if goals else said
        case "until_loss":
            sign = "at least" if settings.ascend else "at most"
            return f"the loss is {sign} {shown(limits['until_loss'])} after {updates}"
        case "until_gradient":
            bound = shown(limits["until_gradient"])
            return f"no entry of the gradient is above {bound} after {updates}"
        case "until_change":
            bound = shown(limits["until_change"])
            return f"the next update would change no entry by more than {bound}, after {updates}"
        case "interrupted":
            return f"interrupted after {updates}"
        case "diverged":
            return _diverged(task, walk, states)
    return ""


def counted(updates: int) -> str:
    """`1 update`, `2,000 updates`."""
    return f"{updates:,} update{'' if updates == 1 else 's'}"


def last_finite(states: States) -> int | None:
    """The last state whose loss and parameters are finite, of the last two; None: neither."""
    for index in range(len(states) - 1, max(len(states) - 3, -1), -1):
        state = states[index]
        if isfinite(state.loss) and all_finite(state.values):
            return index
    return None


def _diverged(task: Task, walk: Walk, states: States) -> str:
    made, state = walk.made, states[len(states) - 1]
    where = f"diverged at update {made:,}: " if made else ""
    if walk.misfit:
        return where + walk.misfit
    if isfinite(state.loss) and all_finite(state.values):
        return where + _limit(task, state)
    if made == 0:
        if not isfinite(state.loss):
            return f"the loss at the start is not a finite number: {_undefined(task, 0, state)}"
        return f"{_wrong(task, state, 'not')} at the start"
    what = f"the loss is {shown(state.loss)}"
    if not all_finite(state.values):
        what = _wrong(task, state, "no longer")
    before = states[made - 1]
    if not all_finite(before.gradients):
        why = _undefined(task, made - 1, before)
        return f"{where}{what}, because {why}" if why else where + what
    if all_finite(state.values):
        why = _undefined(task, made, state)
        if why:
            what += f": {why}"
    return where + what


def _limit(task: Task, state: State) -> str:
    most = task.settings.limits["max_loss"]
    return f"the loss, {shown(state.loss)}, is above max_loss, {shown(most)}"


def _wrong(task: Task, state: State, how: str) -> str:
    """The parameters that are "not" or "no longer" finite."""
    wrong = [n for n, v in zip(task.wrt, state.values, strict=True) if not all_finite((v,))]
    return f"{listed(wrong)} {'is' if len(wrong) == 1 else 'are'} {how} finite"


def _undefined(task: Task, update: int, state: State) -> str:
    """What the trace of a state says of what is not finite in it."""
    found = task.trace(update, state.values).undefined
    return "" if found is None else found.text


def hint(task: Task, states: States, *, diverged: bool) -> str:
    """What to try instead of a step size with which the loss went the wrong way.

    Of batches nothing is said unless it diverged: each has a loss of its own.
    """
    losses, made = states.losses, len(states) - 1
    if made < 1 or not (diverged or (task.batches is None and _worse(task, losses))):
        return ""
    if not all_finite(states[0].gradients):
        return ""  # no rate is small enough for these
    return _overshot(task, states) or f"try a smaller learning rate, such as {_rate(task, 10)}"


def _rate(task: Task, divisor: float) -> str:
    return f"lr={shown(_round(task.settings.lr / divisor))}"


def _overshot(task: Task, states: States) -> str:
    """The first step of plain descent that was too long for the curvature along it; or ""."""
    settings = task.settings
    plain = not (settings.rule.memory or settings.decays) and settings.schedule.is_constant
    if not plain or task.batches is not None:
        return ""
    for update in range(min(len(states) - 1, LOOKED_AT)):
        before, after = states[update], states[update + 1]
        curvature = _curvature(before, after, ascend=settings.ascend)
        if isfinite(after.loss) and curvature * settings.lr > 2:
            most = 2 / curvature
            return (
                f"update {update + 1:,} overshot: the curvature along it is {_short(curvature)}, "
                f"and only rates below 2/curvature = {_short(most)} settle there; "
                f"try lr={shown(_round(most / 2))}"
            )
    return ""


def _short(number: float) -> str:
    return shown(float(f"{number:.3g}"))


def _worse(task: Task, losses: Sequence[float]) -> bool:
    """Whether the loss ended on the wrong side of where it began."""
    first, last = losses[0], losses[-1]
    return last < first if task.settings.ascend else last > first


def _curvature(before: State, after: State, *, ascend: bool) -> float:
    """How much the gradient changes along an update, for every unit of the way."""
    way = _flat(after.values) - _flat(before.values)
    change = _flat(after.gradients) - _flat(before.gradients)
    with np.errstate(all="ignore"):
        found = float(way @ change / (way @ way))
    return -found if ascend else found


def _flat(values: Sequence[object]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.concatenate([np.ravel(np.asarray(v, np.float64)) for v in values])


def _round(number: float) -> float:
    """A number to one significant digit, downwards."""
    if not (isfinite(number) and number > 0):
        return number
    nearly = number * (1 + 1e-9)  # 0.1 for what is 0.1 but for rounding
    return float(ONE_DIGIT.create_decimal_from_float(nearly))
