"""A line of numbers as a line of bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, log

BARS = {False: "▁▂▃▄▅▆▇█", True: "_.-=+*#@"}  # by whether there is only ASCII
HOLE = {False: "✗", True: "!"}  # what is no number
FACTOR = 100.0  # of the largest to the smallest number from which on logarithms are drawn


def sparkline(numbers: Sequence[float], width: int, *, ascii: bool = False) -> tuple[str, bool]:
    """So many bars at most, the first number at the left and the last at the right.

    Positive numbers of several magnitudes are drawn by their logarithms; the second part says so.
    """
    count = min(width, len(numbers))
    last = max(count - 1, 1)
    shown = [numbers[round(k * (len(numbers) - 1) / last)] for k in range(count)]
    logarithmic = is_logarithmic(shown)
    heights = [_height(x, logarithmic=logarithmic) for x in shown]
    finite = [h for h in heights if h is not None]
    if not finite:
        return HOLE[ascii] * count, False
    low, high = min(finite), max(finite)
    bars = BARS[ascii]
    drawn = [HOLE[ascii] if h is None else bars[_place(h, low, high)] for h in heights]
    return "".join(drawn), logarithmic


def is_logarithmic(numbers: Sequence[float]) -> bool:
    """Whether numbers are better seen on a logarithmic axis: all positive, and far apart."""
    finite = [x for x in numbers if isfinite(x)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) > FACTOR


def _height(x: float, *, logarithmic: bool) -> float | None:
    if not isfinite(x):
        return None
    return log(x) if logarithmic else x


def _place(height: float, low: float, high: float) -> int:
    """Which of the eight bars."""
    if not high > low:
        return 0
    half = 0.5 if high - low == inf else 1.0  # the half of a number too small may be 0
    return min(7, int((height * half - low * half) / (high * half - low * half) * 8))
