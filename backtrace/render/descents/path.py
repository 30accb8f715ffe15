"""What a plot of a descent shows of its states: few enough of them, and in which part of the plane.

A run of a million updates is drawn with some thousand points, and one that flew off to 1e150 in a
window in which its first updates can still be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from backtrace.descent.records import Descent

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_STATES = 2000  # that are drawn without leaving any out
FAR = 1e307  # beyond it matplotlib's margins overflow
FLEES = 20.0  # times farther than with half of the updates
LEAPS = 3.0  # times farther than all updates before
MARGIN = 0.2  # of the path's extent, on every side of it
NO_EXTENT = 1e-12  # of the size of the numbers: rounding
NARROWEST = 1e-200  # matplotlib takes narrower limits for equal ones


def losses_of(descent: Descent) -> Numbers:
    """The loss of every state."""
    return np.fromiter(descent.losses(), np.float64, descent.updates + 1)


def thinned(losses: Numbers, most: int = MOST_STATES) -> Indices:
    """The states that are drawn of so many, about `most`: of every stretch both extremes."""
    count = len(losses)
    if count <= most:
        return np.arange(count)
    return np.array(sorted({0, count - 1, *_extremes(losses[:-1], -(-2 * count // most))}))


def _extremes(losses: Numbers, size: int) -> Iterator[int]:
    """Where the least and the largest loss of every stretch are. All are finite but the last."""
    for start in range(0, len(losses), size):
        part = losses[start : start + size]
        yield start + int(part.argmin())
        yield start + int(part.argmax())


class Path(NamedTuple):
    """The way through the plane of two parameters: `names` of its axes, rows of `points`.

    `shown` of the points are inside the `window`, a row of limits for each axis; the others are
    too far away: at the update `leaves` it goes there; None: it ends in the window.
    """

    names: tuple[str, str]
    points: Numbers
    shown: int
    window: Numbers
    leaves: int | None

    @property
    def drawn(self) -> Numbers:
        """The points in the window, and one outside in the direction of the next."""
        inside = self.points[: self.shown]
        if self.shown == len(self.points):
            return inside
        last, way = inside[-1], self.points[self.shown] - inside[-1]
        reach = 2 * np.ptp(self.window, axis=1) / np.abs(way)
        return np.vstack([inside, last + min(1.0, reach.max()) * way])


def path_of(descent: Descent, losses: Numbers) -> Path | None:
    """The path of two finite numbers; None where the parameters are something else."""
    start = descent.task.start
    if len(start) != 2 or not all(isinstance(v, float) and np.isfinite(v) for v in start):
        return None
    names, last = _axes(descent.wrt), descent.updates
    indices = thinned(losses)
    if len(indices) <= last:  # with the next state each, as many a path swings from side to side
        indices = np.unique(np.minimum([*indices, *(indices + 1)], last))
    states = (descent.state(int(index)).values for index in indices)
    points = np.array([[state[name] for name in names] for state in states])
    finite = np.isfinite(points).all(axis=1)
    points = np.clip(points[finite], -FAR, FAR)
    shown = _near(points, descent, losses)
    leaves = int(indices[shown]) if shown < len(indices) else None
    return Path(names, points, shown, _window(points[:shown]), leaves)


def _axes(names: tuple[str, ...]) -> tuple[str, str]:
    """The names of the two axes, in the order of `wrt`; but x goes across, as everywhere."""
    first, second = names
    return (second, first) if (first, second) == ("y", "x") else (first, second)


def _near(points: Numbers, descent: Descent, losses: Numbers) -> int:
    """How many points to show: those before a path that went wrong flees.

    It does where so many points reach FLEES times as far as half of them, so that those could no
    longer be told apart; and with a last update to where there is no loss, if it goes far.
    """
    if descent.stopped != "diverged":
        gain = losses[-1] - losses[0]
        if gain >= 0 if descent.task.settings.ascend else gain <= 0:
            return len(points)
    extents = np.maximum.accumulate(points) - np.minimum.accumulate(points)
    extent = extents.max(axis=1)
    half = extent[np.arange(len(points)) // 2]
    flees = (half > 0) & (extent > FLEES * half)
    if flees.any():
        return int(flees.argmax())
    lost = not np.isfinite(losses[-1]) and len(points) > 1 and extent[-1] > LEAPS * extent[-2]
    return len(points) - lost


def _window(points: Numbers) -> Numbers:
    """The limits of both axes around the points, wide enough where these are all the same."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    extent = high - low
    extent[extent <= NO_EXTENT * size] = 0
    sides = np.where(extent > 0, extent * (0.5 + MARGIN), extent.max() / 2)
    if not extent.any():
        sides = np.maximum(size, 1.0)
    least = np.maximum(1e3 * NO_EXTENT * size, NO_EXTENT * sides.max())
    sides = np.maximum(sides, np.maximum(least, NARROWEST))
    middle = low / 2 + high / 2
    return np.stack([middle - sides, middle + sides], axis=1)
