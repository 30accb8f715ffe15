"""The contour map of a loss of two numbers, with the path of the descent on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backtrace.errors import shortened
from backtrace.render.descents.captions import ACCENT, end_of, output_of
from backtrace.render.descents.heights import Grid, Relief, grid_of, relief
from backtrace.render.descents.path import Numbers, Path
from backtrace.render.text import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from backtrace.descent.records import Descent

WORST, BEST = "#4b8bbf", "#f7fbff"  # light where the descent wants to go, also in grey
NOWHERE, CONTOUR = "#d9d9d9", "#5b7f9e"
MARKED = 60  # points of a path that have a mark each
DIGITS = 4


def draw(axes: Axes, descent: Descent, path: Path) -> None:
    """Draw the map and the path."""
    task, output = descent.task, output_of(descent)
    grid = grid_of(task, path)
    if task.batches is not None:
        output += " of all rows"
    levels = relief(grid.values, output, ascend=task.settings.ascend)
    if levels is not None:
        _contours(axes, grid, levels)
    axes.set_facecolor(NOWHERE if np.isnan(grid.values).any() else BEST)
    axes.grid(visible=False)
    _path(axes, path)
    if path.leaves is None:
        marker = "X" if descent.stopped == "diverged" else "o"
        _mark(axes, path.points[-1], end_of(descent), (marker, 7.5, ACCENT))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    across, up = map(shortened, path.names)
    (left, right), (bottom, top) = path.window.tolist()
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel=across, ylabel=up)
    axes.set_title(_remark(grid, levels, path), loc="left")


def _contours(axes: Axes, grid: Grid, levels: Relief) -> None:
    """The filled contours, their lines, and the bar that says what the colours mean."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = (WORST, BEST) if levels.rises else (BEST, WORST)
    shade = LinearSegmentedColormap.from_list("loss", shades)
    colors = [shade(place) for place in np.linspace(0, 1, len(levels.levels) + 1)]
    heights = np.ma.masked_invalid(levels.heights)
    where = (grid.xs, grid.ys, heights, levels.levels)
    filled = axes.contourf(*where, colors=colors, extend="both")
    axes.contour(*where, colors=CONTOUR, linewidths=0.4, linestyles="solid")
    bar = axes.figure.colorbar(filled, ax=axes, label=levels.label, ticks=levels.levels)
    bar.ax.set_yticklabels([number(level, DIGITS) for level in levels.levels])
    bar.ax.tick_params(length=0)


def _path(axes: Axes, path: Path) -> None:
    """The path and its start, edged in white so that it stands out everywhere."""
    xs, ys = path.drawn.T
    marker = "." if len(xs) <= MARKED else ""
    axes.plot(xs, ys, color="white", linewidth=2.6)
    axes.plot(xs, ys, color=ACCENT, linewidth=1.2, marker=marker, markersize=4)
    _mark(axes, path.points[0], "start", ("s", 4.5, "white"))


def _mark(axes: Axes, point: Numbers, label: str, look: tuple[str, float, str]) -> None:
    """Mark a point; the smaller mark is on top, where start and end are the same."""
    marker, size, color = look
    style: Any = {"marker": marker, "markersize": size, "color": color, "zorder": 4 - size / 10}
    axes.plot(*point[:, None], label=label, linestyle="", markeredgecolor="black", **style)


def _remark(grid: Grid, levels: Relief | None, path: Path) -> str:
    """What the map does not say by itself, in words."""
    finite = grid.values[np.isfinite(grid.values)]
    said = []
    if not finite.size:
        said.append("nowhere finite")
    elif levels is None:
        said.append(f"flat: {number(finite[0])}")
    if 0 < finite.size < grid.values.size:
        said.append("grey: not finite")
    if path.leaves is not None:
        said.append(f"off the map at update {path.leaves:,}")
    return "; ".join(said)
