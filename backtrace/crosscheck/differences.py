"""Central differences of the output: a third witness, blind to every rule of differentiation.

Two step sizes give the slope and an estimate of its error; the rounding of the forward pass is
bounded from the adjoints. At a kink a difference quotient is neither of the two slopes (½ for
relu at 0), so there it is never used: it only detects the kink, by left ≠ right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from backtrace.crosscheck.tolerance import ATOL
from backtrace.graph import Apply
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, forward
from backtrace.records import Notice, Trace, plain

EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)  # truncation and rounding are about equal there
SMOOTH = 1e-6  # relative: how far left and right slopes may differ without being called a kink
LOST = 1e-6  # relative: with more rounding in the values, steps of this size show nothing else
BUDGET = 5e6  # node evaluations: some ten seconds
Function: TypeAlias = Callable[[Value], float]


class Slope(NamedTuple):
    """A central difference, how far it may be off, and the step it was taken with."""

    value: float
    margin: float
    step: float


class Differences(NamedTuple):
    """What the differences say: `wrong` are the notices about gradients they contradict."""

    values: dict[str, Value | None]
    notices: tuple[Notice, ...]
    wrong: tuple[Notice, ...]


def central_differences(trace: Trace, skip: str | None = None) -> Differences:
    """A central difference for every name asked for, unless there is a reason to skip them all."""
    skip = skip or _too_long(trace)
    if skip is not None:
        notice = Notice(None, "differences-skipped", f"no central differences: {skip}")
        return Differences(dict.fromkeys(trace.wrt), (notice,), ())
    values: dict[str, Value | None] = {}
    skipped: list[Notice] = []
    wrong: list[Notice] = []
    noise = _noise(trace)
    for name in trace.wrt:
        slopes, margins, reasons = _slopes(trace, name, noise)
        values[name] = plain(slopes) if np.any(np.isfinite(slopes)) or not slopes.size else None
        index, label = trace.graph.asked(name), f"d{trace.output}/d{name}"
        if reasons:
            text = f"no central difference for {label}{reasons[0]}{_more(len(reasons) - 1)}"
            skipped.append(Notice(index, "differences-skipped", text))
        with np.errstate(all="ignore"):
            off = np.abs(slopes - trace.gradients[name])
        beyond = off > margins  # nan, where there is no difference, is not beyond
        if np.any(beyond):
            worst = int(np.argmax(np.where(beyond, off, -1)))
            at = tuple(map(int, np.unravel_index(worst, np.shape(off))))
            text = (
                f"{label}{_entry(at)} is {np.asarray(trace.gradients[name])[at]:.8g}, but central "
                f"differences give {slopes[at]:.8g} ± {margins[at]:.1g}"
            )
            wrong.append(Notice(index, "differences", text))
    return Differences(values, tuple(skipped), tuple(wrong))


def _slopes(trace: Trace, name: str, noise: float) -> tuple[Value, Value, list[str]]:
    """Slopes and margins in the shape of the variable, nan where skipped, and why they were."""
    index = trace.graph.asked(name)
    start = np.asarray(trace.variables[name] if index is None else trace.values[index])
    slopes, margins = np.zeros(start.shape), np.zeros(start.shape)
    reasons: list[str] = []
    if index is None or index > trace.graph.output:
        return slopes, margins, reasons
    function = _function(trace, index)
    for at, along in _entries(function, start):
        x, gradient = float(start[at]), float(np.asarray(trace.gradients[name])[at])
        found = slope(along, x, noise)
        if isinstance(found, Slope) and abs(found.value - gradient) > found.margin:
            found = confirmed(along, x, noise, found, gradient)
        if isinstance(found, Slope) and abs(found.value - gradient) > found.margin:
            found = found._replace(margin=found.margin + _unsteady(trace, index, at, found.step))
        if isinstance(found, str):
            slopes[at] = margins[at] = np.nan
            reasons.append(f"{_entry(at)}: {found}")
            continue
        slopes[at], margins[at] = found.value, found.margin
    return slopes, margins, reasons


def _unsteady(trace: Trace, index: int, at: tuple[int, ...], step: float) -> float:
    """How far a gradient is from its own mean within the step, which a difference measures.

    (cos x - sin x / x) / x is a rule without a mistake, and near 0 nothing but rounding.
    """
    graph, seed = trace.graph.freed(index), trace.adjoints[trace.graph.output]
    active = active_nodes(graph, [index])

    def gradient(move: float) -> float:
        value = np.array(trace.values[index])
        value[at] += move
        values = forward(graph, {**trace.variables, "": value[()]})
        found = backward(graph, values, active, seed)[index]
        return 0.0 if found is None else float(np.asarray(found)[at])

    centre = gradient(0.0)
    steps = [step / k for k in (1, 2, 8, 64)]
    off = [abs(gradient(h) + gradient(-h) - 2 * centre) for h in steps]
    return 2 * max((o for o in off if np.isfinite(o)), default=0.0)


def _function(trace: Trace, index: int) -> Function:
    """The output as a function of the value of one node; what it was computed from is ignored."""
    graph = trace.graph
    replaced = graph.freed(index)
    seed = trace.adjoints[graph.output]

    def function(value: Value) -> float:
        output = forward(replaced, {**trace.variables, "": value})[graph.output]
        return float(output if seed is None or seed is output else np.sum(seed * output))

    return function


def _entries(
    function: Function, start: Value
) -> Iterator[tuple[tuple[int, ...], Callable[[float], float]]]:
    """The function along every entry of its argument, one at a time."""

    def along(at: tuple[int, ...]) -> Callable[[float], float]:
        def moved(x: float) -> float:
            value = start.copy()
            value[at] = x
            return function(value[()])

        return moved

    return ((at, along(at)) for at in np.ndindex(start.shape))


def slope(function: Callable[[float], float], x: float, noise: float) -> Slope | str:
    """The derivative at x with its margin, or why there is none; `noise` is the error of a value.

    A step relative to x is tried and one relative to 1, and the better one taken: log needs the
    first near 0, sin the second far out.
    """
    if not np.isfinite(x):
        return "the value is not finite"
    scales = [abs(x), 1.0] if x else [1.0]
    tried = [_slope(function, x, STEP * scale, noise) for scale in scales]
    found = [t for t in tried if isinstance(t, Slope)]
    return min(found, key=lambda s: s.margin) if found else tried[0]


def _slope(function: Callable[[float], float], x: float, h: float, noise: float) -> Slope | str:
    points = [x - 2 * h, x - h, x, x + h, x + 2 * h]
    if len(set(points)) < len(points):
        return "the numbers are too small for a step"
    values = left2, left, centre, right, right2 = [function(p) for p in points]
    if not np.all(np.isfinite(values)):
        return f"a step of {2 * h:.1g} leaves the domain"
    if noise > LOST * max(map(abs, values)):
        return "rounding hides it"
    near, far = (right - left) / (points[3] - points[1]), (right2 - left2) / (points[4] - points[0])
    # Right slope minus left slope grows with the step where the function is smooth; at a kink
    # it does not.
    bend = (right - 2 * centre + left) / h
    bend2 = (right2 - 2 * centre + left2) / (2 * h)
    steepest = max(abs(right2 - centre), abs(centre - left2)) / (2 * h)
    rounding = 8 * (noise + EPSILON * abs(centre)) / h
    if abs(2 * bend - bend2) > 2 * rounding + SMOOTH * steepest:
        return f"it has no one slope within {2 * h:.1g}"
    margin = 2 * abs(near - far) + rounding + SMOOTH * steepest + ATOL
    return Slope(near + (near - far) / 3, margin, h)


def confirmed(
    function: Callable[[float], float], x: float, noise: float, found: Slope, gradient: float
) -> Slope | str:
    """A slope that contradicts a gradient, if those of smaller and smaller steps agree with it.

    A step may be too long for what it measures: over thousands of teeth, or over all of a jump.
    The steps end where rounding would hide the contradiction.
    """
    h, centre, seen = found.step / 2, function(x), 0
    rounding = 8 * (noise + EPSILON * abs(centre))
    while x - h < x < x + h and rounding / h <= abs(found.value - gradient) / 4:
        quotient = (function(x + h) - function(x - h)) / ((x + h) - (x - h))
        if not abs(quotient - found.value) <= found.margin + rounding / h:
            return f"its slopes with smaller steps than {found.step:.1g} are others"
        seen += 1
        h /= 2 if seen < 2 else 8
    return found if seen > 1 else "rounding hides its slopes with smaller steps"


def _noise(trace: Trace) -> float:
    """About how much the output is off by rounding: eps · Σ |value · gradient| over operations."""
    total = 0.0
    nodes = zip(trace.graph.nodes, trace.values, trace.adjoints, strict=True)
    with np.errstate(all="ignore"):
        for node, value, adjoint in nodes:
            if adjoint is not None and type(node) is Apply:
                total += float(np.sum(np.abs(value * adjoint)))
    return EPSILON * total if np.isfinite(total) else 0.0


def _too_long(trace: Trace) -> str | None:
    entries = sum(np.size(gradient) for gradient in trace.gradients.values())
    cost = sum(1 + np.size(value) / 1000 for value in trace.values)
    if 10 * entries * cost <= BUDGET:
        return None
    return f"{entries} entries of a program of {len(trace.values)} nodes would take too long"


def _entry(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else ""


def _more(count: int) -> str:
    return f" (and at {count} more entries)" if count else ""
