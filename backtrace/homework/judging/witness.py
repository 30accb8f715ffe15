"""The point that shows that an answer is wrong, with a witness that knows no derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backtrace.homework.answers.targets import Target
from backtrace.homework.judging.finite import difference
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Counterexample
from backtrace.ops.rows import Value
from backtrace.records import plain


class Witnesses:
    """Counterexamples of one problem; differences are taken once at every point."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._differences: dict[tuple[Any, ...], Value | None] = {}

    def at_point(self, target: Target, answer: Value | None, k: int) -> Counterexample:
        """Point number k: what the answer gives there (None: nothing), and what is right."""
        right = self.problem.reference(target)[k]
        return self._witness(target, answer, right, k, self.problem.point(k))

    def at_own(self, target: Target, answer: Value, right: Value) -> Counterexample:
        """The problem's own point, for an answer that is a number."""
        problem = self.problem
        point = {name: plain(problem.at[name]) for name in problem.graph.variables}
        return self._witness(target, answer, right, -1, point)

    def _witness(
        self,
        target: Target,
        answer: Value | None,
        right: Value,
        place: int,
        point: Mapping[str, Value],
    ) -> Counterexample:
        """Of arrays that have one shape the entry that is off most."""
        entry: tuple[int, ...] = ()
        if answer is not None and np.ndim(right) and np.shape(answer) == np.shape(right):
            gap = np.nan_to_num(np.abs(answer - right), nan=np.inf)
            entry = tuple(map(int, np.unravel_index(int(np.argmax(gap)), np.shape(right))))
            answer, right = answer[entry], right[entry]
        is_number = answer is not None and bool(np.all(np.isfinite(answer)))
        return Counterexample(
            point=point,
            yours=plain(answer) if is_number else None,
            right=plain(right),
            differences=self._difference(target, place, point, entry),
            quantity="value" if target.by is None else "derivative",
            entry=entry,
        )

    def _difference(
        self, target: Target, place: int, point: Mapping[str, Value], entry: tuple[int, ...]
    ) -> Value | None:
        key = (target, place, entry)
        if key not in self._differences:
            self._differences[key] = difference(self.problem, target, point, entry)
        return self._differences[key]
