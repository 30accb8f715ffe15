"""The loss on a grid over the plane of two numbers, and at which heights it has contours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backtrace.ops.axes import Misfit
from backtrace.prepared import Prepared
from backtrace.render.descents.path import NO_EXTENT, Numbers, Path
from backtrace.render.text import number

if TYPE_CHECKING:
    from backtrace.descent.task import Task

SIDE = (16, 151)  # points along a side of the grid, the least and the most
WORK = 2e8  # entries computed for the whole grid: some seconds
PER_NODE = 400  # entries that are computed in the time that a node takes by itself
MOST_LEVELS = 12
HIGHEST = 1e240  # what matplotlib's contours have for infinity is 1e250
# Which multiples of which powers of ten are levels: the first of these that are not too many.
STEPS: tuple[tuple[tuple[float, ...], int], ...] = (
    ((1, 1.5, 2, 3, 5, 7), 1),
    ((1, 2, 5), 1),
    ((1, 3), 1),
    *(((1,), powers) for powers in (1, 2, 3, 5, 10, 20, 50, 100)),
)
EVEN = 0.4  # from this share of the largest height on in the middle, levels are even: a slope
OUTLIERS = (0.01, 0.99)  # the shares of the grid between which levels lie: a pole is no landscape


class Grid(NamedTuple):
    """The loss at the points of a grid, a row for every y; nan where it is not finite."""

    xs: Numbers
    ys: Numbers
    values: Numbers


class Relief(NamedTuple):
    """What contours are drawn of: `heights` at `levels`; `label` says what a height is."""

    heights: Numbers
    levels: Sequence[float]
    label: str
    rises: bool  # towards where the descent wants to go


def grid_of(task: Task, path: Path) -> Grid:
    """The loss of all the data in the window of a path."""
    prepared = Prepared(task.graph, task.values, path.names)
    side = np.linspace(0, 1, _side(task, prepared))
    xs, ys = (low + side * (high - low) for low, high in path.window)
    values = np.array([[_loss(prepared, x, y) for x in xs] for y in ys])
    values[~np.isfinite(values)] = np.nan
    return Grid(xs, ys, np.clip(values, -HIGHEST, HIGHEST))


def _side(task: Task, prepared: Prepared) -> int:
    """How many points a side has: fewer, the more there is to compute for each."""
    work = sum(np.size(prepared.at(index)) + PER_NODE for index in task.graph.needed)
    return int(np.clip(np.sqrt(WORK / work), *SIDE))


def _loss(prepared: Prepared, x: np.float64, y: np.float64) -> float:
    try:
        return float(np.reshape(prepared.value((x, y)), ()))
    except Misfit:
        return np.nan


def relief(values: Numbers, output: str, *, ascend: bool) -> Relief | None:
    """Levels that show where the descent wants to go; None where all is flat.

    In a valley they are spread on a log axis above its lowest place (going up below the highest
    one), as its floor would have none otherwise; on a slope they are even.
    """
    finite = values[np.isfinite(values)]
    if not finite.size or np.ptp(finite) <= NO_EXTENT * np.abs(finite).max():
        return None
    best = finite.max() if ascend else finite.min()
    above = np.abs(finite - best)
    bottom, top = np.quantile(above[above > 0], OUTLIERS)
    levels = _round_levels(bottom, top) if np.median(above) < EVEN * top else []
    if len(levels) < 3:
        return Relief(values, _even_levels(finite), output, ascend)
    if 0 <= best <= bottom / 2 and not ascend:
        return Relief(values, levels, output, rises=False)
    return Relief(np.abs(values - best), levels, _difference(output, best, ascend), rises=False)


def _difference(output: str, best: float, ascend: bool) -> str:
    """How far the output is from its best value on the map, as a formula."""
    if ascend:
        return f"{number(best, 4)} - {output}"
    return f"{output} {'-' if best >= 0 else '+'} {number(abs(best), 4)}"


def _round_levels(bottom: float, top: float) -> list[float]:
    """Round numbers between the two, spread on a log axis."""
    first, last = np.floor(np.log10(bottom)), np.ceil(np.log10(top))
    for digits, decades in STEPS:
        powers = np.arange(first - first % decades, last + 1, decades)
        levels = [float(f"{digit}e{int(power)}") for power in powers for digit in digits]
        levels = [level for level in levels if bottom <= level <= top]
        if len(levels) <= MOST_LEVELS:
            break
    return levels


def _even_levels(finite: Numbers) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    low, high = np.quantile(finite, OUTLIERS)
    if high - low <= NO_EXTENT * np.ptp(finite):  # steps
        low, high = finite.min(), finite.max()
    levels = MaxNLocator(MOST_LEVELS).tick_values(low, high)
    return [float(level) for level in levels if low <= level <= high]
