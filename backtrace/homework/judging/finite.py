"""Central differences at one point: a witness that knows nothing of derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod

import numpy as np

from backtrace.homework.answers.targets import Target
from backtrace.homework.problems.problem import Problem
from backtrace.ops.rows import Value
from backtrace.passes import forward

STEPS = (1e-3, 1e-4, 1e-5)  # relative to the number, or to 1: the error is about STEP**4
APART = 1e-6  # steps that differ by more say nothing
MOST = 64  # entries that are done one by one


def difference(
    problem: Problem, target: Target, point: Mapping[str, Value], entry: tuple[int, ...]
) -> Value | None:
    """∂of/∂by from four values of the program around a point.

    None of the value of a node, of many entries, where one of the four is no number, and where the
    program bends too sharply to tell. `entry` is the one that is wanted of an array.
    """
    if target.by is None:
        return None
    found = _Moved(problem, target.of, target.by, point).slopes(target, entry)
    return found if found is not None and np.all(np.isfinite(found)) else None


class _Moved:
    """Node `of` as a function of node `by`, which is moved; what that was computed from is not."""

    def __init__(self, problem: Problem, of: int, by: int, point: Mapping[str, Value]) -> None:
        values = forward(problem.graph, point)
        whole = problem.references.is_whole(Target(of, by))
        self.outer = np.shape(values[of]) if whole else ()
        self.start, self.entrywise = values[by], bool(np.ndim(values[of])) and not whole
        self._of, self._point, self._freed = of, point, problem.graph.freed(by)

    def slopes(self, target: Target, entry: tuple[int, ...]) -> Value | None:
        """Of one entry, or of all where they are few."""
        at = (*target.entry, *entry)
        rest = (*self.outer, *np.shape(self.start))[len(at) :]
        if prod(rest) > MOST:
            return None
        found = [self._at((*at, *place)) for place in np.ndindex(rest)]
        return np.array(found).reshape(rest)[()]

    def _at(self, place: tuple[int, ...]) -> float:
        of, by = place[: len(self.outer)], place[len(self.outer) :]
        return self._slope(by if self.entrywise else of, by)

    def _slope(self, of: tuple[int, ...], by: tuple[int, ...]) -> float:
        """By the two steps that agree best; nan where none do."""
        scale = max(1.0, abs(float(np.asarray(self.start)[by])))
        found = [self._central(of, by, step * scale) for step in STEPS]
        gaps = [abs(one - other) for one, other in pairwise(found)]
        best = int(np.argmin(np.nan_to_num(gaps, nan=np.inf)))
        return found[best + 1] if gaps[best] <= APART * max(1.0, abs(found[best])) else np.nan

    def _central(self, of: tuple[int, ...], by: tuple[int, ...], h: float) -> float:
        values = [self._value(of, by, move) for move in (h, -h, 2 * h, -2 * h)]
        return (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)

    def _value(self, of: tuple[int, ...], by: tuple[int, ...], move: float) -> float:
        moved = np.array(self.start, dtype=np.float64)
        moved[by] += move
        return float(forward(self._freed, {**self._point, "": moved[()]})[self._of][of])
