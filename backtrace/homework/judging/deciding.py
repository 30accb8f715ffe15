"""What float64 cannot decide: the same point again with 50 digits, then with 400.

1 - tanh(x)**2 and 1/cosh(x)**2 differ in float64 at every second point, and near 90 even with 50
digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from backtrace.graph import Graph
from backtrace.homework.answers.claims import Claim, Target, names_of
from backtrace.homework.judging import precisely
from backtrace.homework.judging.precise_rows import MOST_DIGITS
from backtrace.homework.judging.precisely import TooSlow, Unprecise
from backtrace.homework.problems.problem import Problem

# undefined: the answer is, where the right one is not; unclear: no precision decides; slow: more
# digits would take too long, at this point and at every other
Decision: TypeAlias = Literal["equal", "differs", "undefined", "unclear", "slow"]

DIGITS = (50, MOST_DIGITS)
FAR = 1e-6  # a relative gap in float64 that no rounding explains, where there are no more digits


class Decider:
    """Decides single points of one problem; the right answers are kept."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._values: dict[tuple[int, int], Any] = {}
        self._right: dict[tuple[Target, int, int], Any] = {}

    def decide(self, claim: Claim, k: int, gap: float) -> Decision:
        """Whether a claim is right at point number k, where float64 saw a gap (nan: no number)."""
        answer = right = None
        try:
            for digits in DIGITS:
                right = self._reference(claim.target, k, digits)
                answer = self._answer(claim.right, k, digits)
                # what is undefined may be so by rounding: log(1 - sigmoid(120)) has 53 digits of 1
                both = not (_is_undefined(right) or _is_undefined(answer))
                if both and _are_close(answer, right, digits):
                    return "equal"
        except TooSlow:
            return "slow"
        except Unprecise:
            return "differs" if gap > FAR else "unclear"
        if _is_undefined(right):
            return "unclear"
        return "undefined" if _is_undefined(answer) else "differs"

    def _answer(self, right: Graph, k: int, digits: int) -> Any:
        values = self._all(k, digits)
        names = names_of(self.problem.graph)
        scope = {name: values[names[name]] for name in right.variables}
        return precisely.values(right, scope, digits)[right.output]

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
    """Whether a number, or an entry of an array, is none."""
    from mpmath import isfinite  # an `inf` that was typed is no number either

    return any(v is None or not isfinite(v) for v in np.ravel(np.asarray(value, dtype=object)))


def _are_close(answer: Any, right: Any, digits: int) -> bool:
    """Whether two agree to far more digits than any mistake would."""
    one, other = np.asarray(answer, dtype=object), np.asarray(right, dtype=object)
    if one.shape != other.shape:
        if one.size == other.size:
            one = one.reshape(other.shape)
        one = np.broadcast_to(one, other.shape)
    pairs = zip(one.ravel(), other.ravel(), strict=True)
    return all(_close(a, b, digits) for a, b in pairs)


def _close(one: Any, other: Any, digits: int) -> bool:
    gap = abs(one - other)
    largest = max(abs(one), abs(other))
    if gap <= largest * _power(-digits // 2):
        return True
    # at the last attempt what is 0 but for rounding counts as 0
    return digits == DIGITS[-1] and bool(gap <= _power(-300))


def _power(exponent: int) -> Any:
    from mpmath import mpf  # it comes with sympy, which takes 0.3 s

    return mpf(10) ** exponent
