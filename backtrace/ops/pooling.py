"""Pooling: the largest entry, or the mean, of every window."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.convolutions import IMAGE, SIGNAL
from backtrace.ops.params import REQUIRED, sizes
from backtrace.ops.rows import Array, Domain, Value
from backtrace.ops.structural import Structural, at
from backtrace.ops.windows import Sizes, Windows, each

PARAMS = {"kernel_size": REQUIRED, "stride": None, "padding": 0}
KINDS = {
    "kernel_size": sizes,
    "stride": lambda given: None if given is None else sizes(given),
    "padding": sizes,
}
SHOWN = 6  # windows whose picked entries a remark lists
MAX_RULE = ":g at the largest entry of each window, 0 elsewhere"
TIE = "where several entries of a window are largest, the first has the whole gradient, as torch"


def _windows(axes: int, kernel_size: Sizes, stride: Sizes | None, padding: Sizes) -> Windows:
    size = each(kernel_size, axes, "kernel_size")
    around = each(padding, axes, "padding")
    if any(2 * p > n for p, n in zip(around, size, strict=True)):
        raise Misfit("padding must be at most half of kernel_size")
    return Windows(size, size if stride is None else each(stride, axes, "stride"), around)


def _shape(axes: int, x: Shape, **params: Any) -> Shape:
    if len(x) not in (axes + 1, axes + 2):
        raise Misfit(f"the input must have {axes + 1} axes, channels first, or {axes + 2}: a batch")
    if 0 in x[-axes:]:
        raise Misfit("there are no entries to pool")
    return (*x[:-axes], *_windows(axes, **params).counts(x))


# -- the largest


def _largest(x: Value, windows: Windows) -> tuple[Array, Any]:
    """The largest entry of every window, and the number of its place in the window.

    As torch: of equal entries the first, of several nan the last, and never the padding.
    """
    shape = (*x.shape[: -len(windows.size)], *windows.counts(x.shape))
    found, chosen = np.full(shape, -np.inf), np.full(shape, -1)
    padded, inside = windows.padded(x, -np.inf), _inside(x, windows)
    for k, (_, window) in enumerate(windows.places(x.shape)):
        entries = padded[window]
        better = ((entries > found) | np.isnan(entries) | (chosen < 0)) & inside[window]
        np.copyto(found, entries, where=better)
        chosen[better] = k
    return found, chosen


def _inside(x: Value, windows: Windows) -> Any:
    """Where the padded input is the input."""
    return windows.padded(np.ones(x.shape[-len(windows.size) :]), 0.0) == 1


def _max_back(axes: int, g: Value, x: Value, v: Value, **params: Any) -> Value:
    windows = _windows(axes, **params)
    _, chosen = _largest(x, windows)
    gradient = windows.around(x.shape)
    for k, (_, window) in enumerate(windows.places(x.shape)):
        part = gradient[window]
        part += np.where(chosen == k, g, 0.0)
    return windows.unpadded(gradient)


def _tied(axes: int, x: Value, **params: Any) -> bool:
    """Whether the largest entry of a window is there twice."""
    windows = _windows(axes, **params)
    largest, _ = _largest(x, windows)
    padded, inside = windows.padded(x, -np.inf), _inside(x, windows)
    places = windows.places(x.shape)
    hits = sum(((padded[w] == largest) & inside[w]).astype(int) for _, w in places)
    return bool(np.any(np.greater(hits, 1)))


def _picked(axes: int, x: Value, v: Value, **params: Any) -> str:
    """Which entries the windows picked, where there are few: `picked x[0, 1, 1], x[0, 1, 2]`."""
    if not 0 < np.size(v) <= SHOWN:
        return ""
    windows = _windows(axes, **params)
    _, chosen = _largest(x, windows)
    found = []
    for at_window in np.ndindex(*chosen.shape):
        place = np.unravel_index(chosen[at_window], windows.size)
        moved = zip(at_window[-axes:], place, windows.stride, windows.padding, strict=True)
        index = (*at_window[:-axes], *(int(w * s + k - p) for w, k, s, p in moved))
        found.append(f"x[{', '.join(map(str, index))}]")
    return f"picked {', '.join(found)}"


# -- the mean


def _mean(axes: int, x: Value, **params: Any) -> Value:
    windows = _windows(axes, **params)
    padded = windows.padded(x, 0.0)
    total = np.zeros((*x.shape[:-axes], *windows.counts(x.shape)))
    for _, window in windows.places(x.shape):
        total += padded[window]
    return total / prod(windows.size)


def _mean_back(axes: int, g: Value, x: Value, v: Value, **params: Any) -> Value:
    windows = _windows(axes, **params)
    gradient, share = windows.around(x.shape), g / prod(windows.size)
    for _, window in windows.places(x.shape):
        part = gradient[window]
        part += share
    return windows.unpadded(gradient)


def _mean_rule(axes: int, x: Shape, **params: Any) -> str:
    windows = _windows(axes, **params)
    overlap = any(s < n for s, n in zip(windows.stride, windows.size, strict=True))
    summed = ", added up where windows overlap" if overlap else ""
    return f":g/{prod(windows.size)} at every entry of a window{summed}"


def _mean_of(axes: int, x: Value, v: Value, **params: Any) -> str:
    windows = _windows(axes, **params)
    entries = "entry" if prod(windows.size) == 1 else "entries"
    zeros = ", the zeros around the input among them" if any(windows.padding) else ""
    return f"each the mean of {prod(windows.size)} {entries}{zeros}"


SIGNALS = (
    at(SIGNAL, kernel_size=2),
    at([SIGNAL, SIGNAL], kernel_size=3, stride=1, padding=1),
    at(SIGNAL, kernel_size=(1,), stride=(3,)),
)
IMAGES = (
    at(IMAGE, kernel_size=2),
    at([IMAGE, IMAGE], kernel_size=2, stride=1, padding=1),
    at(IMAGE, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0)),
    at(IMAGE, kernel_size=1, stride=2),
)
NO_NUMBERS = [[[np.nan, 1.0, np.nan], [2.0, np.inf, -np.inf], [1.0, 2.0, 3.0]]]


def _max_pool(axes: int, **points: Any) -> Structural:
    """max_pool1d, max_pool2d."""
    return Structural(
        name=f"max_pool{axes}d",
        inputs=("x",),
        params=PARAMS,
        kinds=KINDS,
        shape=partial(_shape, axes),
        forward=lambda x, **params: _largest(x, _windows(axes, **params))[0],
        vjp=(partial(_max_back, axes),),
        rules=(MAX_RULE,),
        torch=f"torch.nn.functional.max_pool{axes}d(x, kernel_size, stride, padding)",
        remark=partial(_picked, axes),
        convention=TIE,
        domain=Domain(kink=partial(_tied, axes), **points),
    )


def _avg_pool(axes: int, **points: Any) -> Structural:
    """avg_pool1d, avg_pool2d."""
    return Structural(
        name=f"avg_pool{axes}d",
        inputs=("x",),
        params=PARAMS,
        kinds=KINDS,
        shape=partial(_shape, axes),
        forward=partial(_mean, axes),
        vjp=(partial(_mean_back, axes),),
        rules=(partial(_mean_rule, axes),),
        torch=f"torch.nn.functional.avg_pool{axes}d(x, kernel_size, stride, padding)",
        remark=partial(_mean_of, axes),
        notes="zeros around the input (padding) count in the mean, as torch",
        domain=Domain(**points),
    )


ROWS = (
    _max_pool(
        1,
        samples=SIGNALS,
        kinks=(at([[1.0, 1.0, 0.0, 2.0]], kernel_size=2),),
        edges=(at(NO_NUMBERS[0], kernel_size=2, stride=1),),
    ),
    _max_pool(
        2,
        samples=IMAGES,
        kinks=(
            at([[[1.0, 2.0], [2.0, 0.0]]], kernel_size=2),
            at([[[-np.inf, -np.inf], [-np.inf, -np.inf]]], kernel_size=2, padding=(0, 1)),
        ),
        edges=(
            at(NO_NUMBERS, kernel_size=2, stride=1),
            at(NO_NUMBERS, kernel_size=3, stride=1, padding=1),
            at([[[-np.inf]]], kernel_size=2, padding=1),
        ),
    ),
    _avg_pool(1, samples=SIGNALS, edges=(at([[1.0, np.inf, np.nan]], kernel_size=2),)),
    _avg_pool(2, samples=IMAGES, edges=(at(NO_NUMBERS, kernel_size=2, stride=1),)),
)
