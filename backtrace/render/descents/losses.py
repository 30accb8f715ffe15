"""The panel of a plot that has the loss of a descent over its updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtrace.render.descents.captions import ACCENT, end_of, loss_of, output_of
from backtrace.render.descents.path import FAR, NO_EXTENT, Numbers, thinned
from backtrace.render.text import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from backtrace.descent.records import Descent

LINE = "#0072b2"  # and ACCENT: told apart by everyone, and one darker in grey
SPANS = {False: 1e2, True: 1e6}  # from which on a log axis helps, going down and up
FARTHEST = 307.5  # the power of ten where a log axis ends, and a float nearly
BEYOND = 0.08  # of the extent of the line, above and below it
MARKED = 40  # states of a line that have a mark each


def draw(axes: Axes, descent: Descent, losses: Numbers) -> None:
    """The panel of the loss over the updates."""
    is_log = _helps(losses, ascend=descent.task.settings.ascend)
    drawn = np.flatnonzero(np.isfinite(losses) & ~(is_log & (losses == 0)))
    heights = np.clip(losses[drawn], 1 / FAR if is_log else -FAR, FAR)
    drawn, heights = drawn[kept := thinned(heights)], heights[kept]
    marker = "." if len(drawn) <= MARKED else ""
    axes.plot(drawn, heights, color=LINE, linewidth=1.3, marker=marker)
    _axes(axes, heights, descent.updates, is_log=is_log)
    if descent.stopped == "diverged":
        _diverged(axes, descent, heights)
    axes.set_ylabel(loss_of(descent))
    if is_log and (losses == 0).any():
        first = int((losses == 0).argmax())
        place = f"{output_of(descent)} = 0 after {first:,} updates: not on a log axis"
        axes.set_title(place, loc="left")


def _helps(losses: Numbers, *, ascend: bool) -> bool:
    """Whether a log axis does: numbers above 0 (some are 0 at the end) of several magnitudes."""
    finite = losses[np.isfinite(losses)]
    above = finite[finite > 0]
    if not above.size or (finite < 0).any():
        return False
    return bool(above.max() / above.min() > SPANS[ascend])


def _axes(axes: Axes, heights: Numbers, updates: int, *, is_log: bool) -> None:
    """The scales and their numbers, without a limit that is too large for a float."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

    axes.spines[["top", "right"]].set_visible(False)
    side = max(0.03 * updates, 0.5)
    axes.set(xlim=(-side, updates + side), xlabel="updates made")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True) if updates else FixedLocator([0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:,.0f}"))
    if is_log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda height, _: number(height)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if len(heights):
        axes.set_ylim(*_limits(heights, is_log=is_log))
    else:
        axes.set(ylim=(0, 1), yticks=[])


def _limits(heights: Numbers, *, is_log: bool) -> tuple[float, float]:
    """The limits of the axis of the loss, some way beyond all of it."""
    low, high = float(heights.min()), float(heights.max())
    if is_log:
        first, last = np.log10([low, high])
        beyond = BEYOND * (last - first) or 1.0
        return 10.0 ** max(first - beyond, -FARTHEST), 10.0 ** min(last + beyond, FARTHEST)
    beyond = BEYOND * (high - low)
    if beyond <= NO_EXTENT * max(abs(low), abs(high)):
        beyond = 0.1 * abs(low) or 1.0
    return low - beyond, high + beyond


def _diverged(axes: Axes, descent: Descent, heights: Numbers) -> None:
    """A cross at the last state, as high as the last loss that is a number, and a word beside it.

    The word is where the line did not come from.
    """
    height = heights[-1] if len(heights) else 0.5
    axes.plot(
        descent.updates, height, "x", color=ACCENT, clip_on=False, markersize=9, markeredgewidth=2
    )
    above = not len(heights) or height >= heights[0]
    axes.annotate(
        end_of(descent), (descent.updates, height), (6, 8 if above else -8),
        textcoords="offset points", color=ACCENT, ha="right", va="bottom" if above else "top",
    )  # fmt: skip
