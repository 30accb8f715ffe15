"""What float64 cannot decide: the same point again with 50 digits, then with 400.

1 - tanh(x)**2 and 1/cosh(x)**2 differ in float64 at every second point, and near 90 even with 50
digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np

from backtrace.graph import Graph
from backtrace.homework.answers.claims import Claim
from backtrace.homework.answers.targets import Target, known_names
from backtrace.homework.judging import precisely
from backtrace.homework.judging.precise_rows import MOST_DIGITS
from backtrace.homework.judging.precisely import TooSlow, Unprecise
from backtrace.homework.problems.comparing import fitted, gaps
from backtrace.homework.problems.problem import Problem
from backtrace.ops.rows import Value

# undefined: the answer is, where the right one is not; unclear: no precision decides; slow: more
# digits would take too long, at this point and at every other
Decision: TypeAlias = Literal["equal", "differs", "undefined", "unclear", "slow"]

DIGITS = (50, MOST_DIGITS)
ULP = 2.0**-52  # how far a typed number may be from its float64, relatively
FAR = 1e-6  # relative: what rounding in float64 explains only where terms cancel


class Decider:
    """Decides single points of one problem; the right answers are kept."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._values: dict[tuple[int, int], Any] = {}
        self._right: dict[tuple[Target, int, int], Any] = {}

    def decide(self, claim: Claim, k: int, rounded: Value) -> Decision:
        """Whether a claim is right at point number k, where in float64 it gives another number."""
        right_rounded = self.problem.reference(claim.target)[k]
        answer = right = None
        try:
            for digits in DIGITS:
                right = self._reference(claim.target, k, digits)
                answer = self._answer(claim.right, k, digits)
                # what is undefined may be so by rounding: log(1 - sigmoid(120)) has 53 digits of 1
                if _is_undefined(right) or _is_undefined(answer):
                    continue
                if _are_close(answer, right, digits):
                    return "equal"
                if _holds(answer, rounded) and _holds(right, right_rounded):
                    return "differs"
        except TooSlow:
            return "slow"
        except Unprecise:
            return "differs" if _are_far(rounded, right_rounded) else "unclear"
        if _is_undefined(right):
            return "unclear"
        return "undefined" if _is_undefined(answer) else "differs"

    def own(self, target: Target) -> tuple[float, float] | None:
        """The right number at the own point, taken as it was typed, and what rounding makes of it.

        None of arrays, at kinks, where float64 has the conventions, and where more digits cannot be
        had.
        """
        problem = self.problem
        if not problem.at_once or not problem.has_own:
            return None
        at = {name: _decimal(float(value)) for name, value in problem.at.items()}
        try:
            here = self._at(target, at)
            moved = [self._at(target, {**at, n: v + v * ULP}) for n, v in at.items()]
        except Unprecise:
            return None
        if any(map(_is_undefined, (here, *moved))):
            return None
        return float(here), float(sum(abs(value - here) for value in moved))

    def _at(self, target: Target, point: Mapping[str, Any]) -> Any:
        graph, digits = self.problem.graph, DIGITS[0]
        values = precisely.values(graph, point, digits)
        if target.by is None:
            return values[target.of]
        return precisely.gradients(graph, values, target.of, [target.by], digits)[target.by]

    def _answer(self, right: Graph, k: int, digits: int) -> Any:
        values, names = self._all(k, digits), known_names(self.problem.graph)
        scope = {name: values[names[name]] for name in right.variables}
        return precisely.output(right, scope, digits)

    def _all(self, k: int, digits: int) -> Any:
        """The value of every node of the problem."""
        found = self._values.get((k, digits))
        if found is None:
            point: Mapping[str, Any] = self.problem.point(k)
            found = precisely.values(self.problem.graph, point, digits)
            self._values[k, digits] = found
        return found

    def _reference(self, target: Target, k: int, digits: int) -> Any:
        key = (target, k, digits)
        if key not in self._right:
            self._right[key] = self._found(target, k, digits)
        return self._right[key]

    def _found(self, target: Target, k: int, digits: int) -> Any:
        values, graph = self._all(k, digits), self.problem.graph
        if target.by is None:
            found = values[target.of]
        elif self.problem.references.is_whole(target):
            raise Unprecise("the derivative of an array by an array")
        else:
            found = precisely.gradients(graph, values, target.of, [target.by], digits)[target.by]
        return found[target.entry] if target.entry else found


def _is_undefined(value: Any) -> bool:
    """Whether a number, or an entry of an array, is none; a typed `inf` is none either."""
    if isinstance(value, np.ndarray):
        return any(map(_is_undefined, value.ravel()))
    return value is None or bool(value - value != 0)  # nan of nan and inf


def _holds(exact: Any, rounded: Value) -> bool:
    """Whether float64 has the same number: then nothing cancels, and more digits say the same."""
    if np.ndim(rounded):
        return np.shape(exact) == np.shape(rounded) and all(
            map(_holds, exact.ravel(), np.ravel(rounded))
        )
    number, seen = float(exact), float(rounded)
    return exact != 0 and abs(number - seen) <= FAR * abs(seen) < np.inf


def _are_far(answer: Value, right: Value) -> bool:
    """Whether two numbers of float64 are further apart than rounding explains."""
    if not np.all(np.isfinite(answer)):
        return False
    return bool(gaps(np.asarray(answer)[None], np.asarray(right)[None])[0] > FAR)


def _are_close(answer: Any, right: Any, digits: int) -> bool:
    """Whether two agree to far more digits than any mistake would."""
    if not (isinstance(answer, np.ndarray) or isinstance(right, np.ndarray)):
        return _close(answer, right, digits)
    other = np.asarray(right, dtype=object)
    one = fitted(np.asarray(answer, dtype=object)[None], other[None])
    if one is None:
        return False
    pairs = zip(one.ravel(), other.ravel(), strict=True)
    return all(_close(a, b, digits) for a, b in pairs)


def _close(one: Any, other: Any, digits: int) -> bool:
    gap = abs(one - other)
    largest = max(abs(one), abs(other))
    if gap <= largest * _power(-digits // 2):
        return True
    # at the last attempt what is 0 but for rounding counts as 0
    return digits == DIGITS[-1] and bool(gap <= _power(-300))


def _decimal(value: float) -> Any:
    """A float64 as the decimal number that it was typed as: 0.1 is 1/10."""
    from mpmath import mpf, workdps

    with workdps(DIGITS[0]):
        return mpf(repr(value))


@lru_cache
def _power(exponent: int) -> Any:
    from mpmath import mpf  # it comes with sympy, which takes 0.3 s

    return mpf(10) ** exponent
