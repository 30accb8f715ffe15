"""Is a claim right? Sampled on the project's own graph; what float64 cannot decide, mpmath does.

Both sides are evaluated at the same points. Where they differ in float64 the worst point is done
again with 50 and then 400 digits: one proven difference is a counterexample and ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from backtrace.errors import BacktraceError
from backtrace.homework.answers.claims import (
    Claim,
    Target,
    is_number,
    read_answer,
    read_claim,
    spoken,
)
from backtrace.homework.judging.deciding import Decider, Decision
from backtrace.homework.judging.saying import agreed, correct, reason, unreadable, wrong
from backtrace.homework.judging.typed import Typed, typed_number
from backtrace.homework.judging.witness import Witnesses
from backtrace.homework.mistakes.diagnosis import Diagnosis
from backtrace.homework.mistakes.findings import Finding, ordered
from backtrace.homework.problems.comparing import FEWEST, RTOL, agree, fitted, gaps, worst_first
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Verdict
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value

Form: TypeAlias = Literal["formula", "number", "either"]  # what an answer has to be

POSITIVE_ONLY = "right where every variable is positive, and not elsewhere"
MOST_UNDEFINED = 3  # points at which an answer is undefined, after which no more are tried


@dataclass(frozen=True, slots=True)
class Terms:
    """How strictly an answer is taken.

    `digits` are the significant digits that a number must have at least. `rtol` and `atol` replace
    the rule of half a unit in the last digit.
    """

    digits: int = 3
    rtol: float | None = None
    atol: float | None = None
    form: Form = "either"


USUAL = Terms()


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A verdict, with the numbers of the answer where there are any: follow-through needs them."""

    verdict: Verdict
    claim: Claim | None = None
    answer: Array | None = None  # of a formula, at all points, in the shape of the right one
    number: Value | None = None  # of a number, which is for the own point


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a formula compares: the point that shows it, or how many points are clear."""

    decision: Decision
    point: int
    points: int


class Judge:
    """Judges claims about one problem; what is the same for all answers is computed once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._decider = Decider(problem)
        self._witnesses = Witnesses(problem)
        self._diagnoses: dict[Target, Diagnosis] = {}

    def claim(self, text: str, terms: Terms = USUAL) -> Judged:
        """Judge a whole claim: `dL/dw = 2*s*x`."""
        try:
            return self.judged(read_claim(text, self.problem.graph), terms)
        except BacktraceError as error:
            return Judged(unreadable(text, error))

    def answer(self, text: str, target: Target, terms: Terms = USUAL) -> Judged:
        """Judge an answer to a claim whose left side is known."""
        if not text.strip():
            return Judged(reason(text, "no-answer", "there is no answer"))
        try:
            return self.judged(read_answer(text, target, self.problem.graph), terms)
        except BacktraceError as error:
            return Judged(unreadable(text, error))

    def judged(self, claim: Claim, terms: Terms = USUAL) -> Judged:
        """Judge a claim that was read. Raises ShapeError or TooLarge."""
        with np.errstate(all="ignore"):  # inf and nan are answers here
            return self._judged(claim, terms)

    def _judged(self, claim: Claim, terms: Terms) -> Judged:
        if is_number(claim.right) and self.problem.has_point:
            return self._number(claim, terms)
        return self._formula(claim, terms)

    def diagnosis(self, target: Target) -> Diagnosis:
        """What can go wrong with one derivative."""
        found = self._diagnoses.get(target)
        if found is None:
            found = self._diagnoses[target] = Diagnosis(self.problem, target)
        return found

    # -- formulas

    def _formula(self, claim: Claim, terms: Terms) -> Judged:
        problem, target = self.problem, claim.target
        if problem.count < FEWEST:
            return Judged(self._too_few(claim), claim)
        right = problem.reference(target)
        given = problem.of_claim(claim.right)
        answer = fitted(given, right)
        if answer is None:
            return Judged(self._misshapen(claim, given, right), claim)
        verdict = self._told(claim, answer)
        if terms.form == "number" and verdict.state == "correct":
            verdict = reason(claim.text, "form", "it is right, and a number was asked for")
        return Judged(verdict, claim, answer)

    def outcome(self, claim: Claim, answer: Array) -> Outcome:
        """Whether an answer is right: float64 at all points, then more digits at the worst."""
        found = gaps(answer, self.problem.reference(claim.target))
        decisions: dict[int, Decision] = {}
        for k in worst_first(found):
            gap = float(found[k]) if np.all(np.isfinite(answer[k])) else np.nan
            decisions[k] = self._decider.decide(claim, k, gap)
            if decisions[k] in ("differs", "slow"):
                return Outcome(decisions[k], k, len(found))
            if list(decisions.values()).count("undefined") == MOST_UNDEFINED:
                break
        undefined = [k for k, decision in decisions.items() if decision == "undefined"]
        if undefined:
            return Outcome("undefined", undefined[0], len(found))
        clear = len(found) - list(decisions.values()).count("unclear")
        enough = clear >= max(FEWEST, len(found) // 2)
        return Outcome("equal" if enough else "unclear", 0, clear)

    def _told(self, claim: Claim, answer: Array) -> Verdict:
        """The verdict on a formula."""
        found = self.outcome(claim, answer)
        match found.decision:
            case "equal":
                return agreed(claim, found.points, self.problem.count)
            case "differs":
                return self._wrong(claim, answer, found.point)
            case "undefined":
                return self._undefined(claim, answer, found.point)
        text = "the numbers are too close to tell, and more digits could not be had"
        return reason(claim.text, "too-close", text, read_as=claim.read_as)

    def _wrong(self, claim: Claim, answer: Array, k: int) -> Verdict:
        diagnosis = self.diagnosis(claim.target)
        found = diagnosis.of_formula(answer, has_decimals=claim.has_decimals)
        if self._is_right_where_positive(answer, diagnosis.right):
            found = ordered([*found, Finding("domain", lambda: POSITIVE_ONLY)])
        return wrong(claim, found, self._witnesses.at_point(claim.target, answer[k], k))

    def _undefined(self, claim: Claim, answer: Array, k: int) -> Verdict:
        """Of a formula that is right wherever it is defined, and is not defined everywhere."""
        target = claim.target
        right = self.problem.reference(target)
        if np.count_nonzero(gaps(answer, right) <= RTOL) < FEWEST:  # right nowhere: log(-x**2 - 1)
            return wrong(claim, [], self._witnesses.at_point(target, None, k))
        text = f"it is not defined everywhere that {spoken(target, self.problem.graph)} is"
        if self._is_right_where_positive(answer, self.problem.reference(target)):
            text = POSITIVE_ONLY
        found = [Finding("domain", partial(str, text))]
        return wrong(claim, found, self._witnesses.at_point(target, None, k))

    def _is_right_where_positive(self, answer: Array, right: Array) -> bool:
        """Whether an answer is right at all points whose numbers are above 0."""
        points = self.problem.points
        above = [(v > 0).reshape(len(v), -1).all(axis=1) for v in points.values()]
        positive = np.logical_and.reduce(above)
        return bool(positive.sum() >= FEWEST) and agree(answer[positive], right[positive])

    def _misshapen(self, claim: Claim, given: Array, right: Array) -> Verdict:
        """An answer of another shape: the transpose, or diag(a) where the entries of a would do."""
        target, by = claim.target, claim.target.by
        if given.ndim > right.ndim > 1 and by is not None:
            whole = self.problem.jacobian(target.of, by)
            if agree(given, whole):
                return agreed(claim, len(whole), len(whole))
        what = spoken(target, self.problem.graph)
        shape, wanted = given.shape[1:], right.shape[1:]
        found = Finding("shape", partial(_other_shape, shape, f"{what} is {shaped(wanted)}"))
        if given.ndim == 3 and agree(np.swapaxes(given, 1, 2), right):
            found = Finding("transposed", partial(_transposed, wanted))
        return wrong(claim, [found], self._witnesses.at_point(target, given[0], 0))

    def _too_few(self, claim: Claim) -> Verdict:
        names = ", ".join(self.problem.graph.variables)
        text = (
            f"the program is defined at {self.problem.count} of the sample points only: declare a "
            f"domain for {names}, as positive or [0, 1]"
        )
        return reason(claim.text, "too-few-points", text, read_as=claim.read_as)

    # -- numbers

    def _number(self, claim: Claim, terms: Terms) -> Judged:
        typed = typed_number(claim.right)
        verdict = self.number(claim, typed, terms)
        if terms.form == "formula" and verdict.is_right and not self._is_constant(claim.target):
            verdict = reason(claim.text, "form", "it is right, and a formula was asked for")
        return Judged(verdict, claim, number=typed.value)

    def number(self, claim: Claim, typed: Typed, terms: Terms) -> Verdict:
        """A number, or an array of them, against the right one at the problem's own point."""
        target, right = claim.target, self.problem.own(claim.target)
        if not (np.all(np.isfinite(right)) and self.problem.is_defined):
            text = f"{spoken(target, self.problem.graph)} is not a number at this point"
            return reason(claim.text, "too-few-points", text)
        answer = fitted(np.asarray(typed.value)[None], np.asarray(right)[None])
        if answer is None and self._is_whole(target, typed, terms):
            return correct(claim, "right to the last digit")
        if answer is None:
            found = [_misshapen_number(typed.value, right)]
            return wrong(claim, found, self._witnesses.at_own(target, typed.value))
        typed = typed.shaped(np.shape(right))
        margin = typed.margin(right, terms.rtol, terms.atol)
        if not np.all(np.abs(answer[0] - right) <= margin):
            found = self.diagnosis(target).of_number(answer[0][()], right, margin)
            return wrong(claim, found, self._witnesses.at_own(target, answer[0]))
        if terms.rtol is None and terms.atol is None and typed.lacks_digits(right, terms.digits):
            text = f"right as far as it goes, and {terms.digits} digits are asked for"
            return reason(claim.text, "too-few-digits", text, read_as=claim.read_as)
        return correct(claim, "right to the last digit")

    def _is_whole(self, target: Target, typed: Typed, terms: Terms) -> bool:
        """Whether it is the matrix of a derivative whose entries would do."""
        if target.by is None or target.entry or not np.ndim(self.problem.own(target)):
            return False
        right = self.problem.own_jacobian(target.of, target.by)
        if np.shape(typed.value) != np.shape(right):
            return False
        margin = typed.margin(right, terms.rtol, terms.atol)
        return bool(np.all(np.abs(typed.value - right) <= margin))

    def _is_constant(self, target: Target) -> bool:
        """Whether the right answer is one number whatever the variables are."""
        right = self.problem.reference(target)
        return bool(len(right)) and bool(np.all(right == right[0]))


def shaped(shape: Shape) -> str:
    """A shape in words."""
    return f"an array of shape {shape}" if shape else "one number"


def _other_shape(shape: Shape, right: str) -> str:
    return f"the answer is {shaped(shape)}, and {right}"


def _transposed(wanted: Shape) -> str:
    return f"this is the transpose of the right one, which is {shaped(wanted)}"


def _misshapen_number(answer: Value, right: Value) -> Finding:
    shape, wanted = np.shape(answer), np.shape(right)
    turned = np.transpose(answer)
    if len(shape) == 2 and np.shape(turned) == wanted and np.allclose(turned, right):
        return Finding("transposed", partial(_transposed, wanted))
    return Finding("shape", partial(_other_shape, shape, f"{shaped(wanted)} is right"))
