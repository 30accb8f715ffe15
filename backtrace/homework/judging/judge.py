"""Is a claim right? Sampled on the project's own graph; what float64 cannot decide, mpmath does.

Both sides are evaluated at the same points. Where they differ in float64 the worst point is done
again with 50 and then 400 digits: one proven difference is a counterexample and ends it.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from backtrace.errors import BacktraceError
from backtrace.homework.answers.claims import Claim, is_number, read_answer, read_claim
from backtrace.homework.answers.targets import Target, spoken
from backtrace.homework.judging.deciding import Decider, Decision
from backtrace.homework.judging.juxtaposed import with_matrix_products
from backtrace.homework.judging.saying import agreed, correct, missing, reason, unreadable, wrong
from backtrace.homework.judging.terms import USUAL, Terms
from backtrace.homework.judging.typed import Typed, typed_number
from backtrace.homework.judging.witness import Witnesses
from backtrace.homework.mistakes.diagnosis import Diagnosis
from backtrace.homework.mistakes.findings import Finding, ordered
from backtrace.homework.problems.comparing import FEWEST, RTOL, agree, fitted, gaps, worst_first
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Verdict
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Array, Value

POSITIVE_ONLY = "right where every variable is positive, and not elsewhere"
COARSEST = 0.2  # relative: 1 is not 0.5 with too few digits, though it rounds to it
FITS = 0.02  # relative: how far the number of a mistake may be from one that was typed
RIGHT_NUMBER = "right to the last digit"
MOST_UNDEFINED = 3  # points at which an answer is undefined, after which no more are tried


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A verdict, with the numbers of the answer where there are any: follow-through needs them."""

    verdict: Verdict
    claim: Claim | None = None
    answer: Array | None = None  # of a formula, at all points, in the shape of the right one
    typed: Typed | None = None  # of a number, for the own point, in the shape of the right one


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
            return Judged(missing(text))
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
        """As it stands; of matrices side by side also with matrix products, if that is right."""
        problem = self.problem
        if problem.count < FEWEST:
            return Judged(self._too_few(claim), claim)
        other = None
        if not problem.at_once:
            other = with_matrix_products(claim, problem.named[0])
        if other is None:
            return self._as_written(claim, terms)
        read_as = "; ".join([*filter(None, [claim.read_as]), "matrix products where no sign is"])
        meant = dataclasses.replace(claim, right=other, read_as=read_as)
        try:
            first = self._as_written(claim, terms)
        except BacktraceError:  # entry by entry it does not fit
            return self._as_written(meant, terms)
        if first.verdict.state == "correct":
            return first
        with suppress(BacktraceError):
            second = self._as_written(meant, terms)
            if second.verdict.state == "correct":
                return second
        return first

    def _as_written(self, claim: Claim, terms: Terms) -> Judged:
        problem, target = self.problem, claim.target
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
        if not found.any():
            return Outcome("equal", 0, len(found))
        for k in worst_first(found):
            decisions[k] = self._decider.decide(claim, k, answer[k])
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
        if self._is_right_where_positive(answer, right):
            text = POSITIVE_ONLY
        found = [Finding("domain", partial(str, text))]
        return wrong(claim, found, self._witnesses.at_point(target, None, k))

    def _is_right_where_positive(self, answer: Array, right: Array) -> bool:
        """Whether an answer is right at all points whose numbers are above 0."""
        points = self.problem.points
        above = [(v > 0).reshape(len(v), -1).all(axis=1) for v in points.values()]
        positive = np.logical_and.reduce(above)
        off = gaps(answer, right) > RTOL
        elsewhere = off[~positive]
        is_wrong_elsewhere = elsewhere.sum() >= 2  # not at the own point alone
        return bool(positive.sum() >= FEWEST) and is_wrong_elsewhere and not off[positive].any()

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
        return Judged(verdict, claim, typed=typed.shaped(np.shape(self.problem.own(claim.target))))

    def number(self, claim: Claim, typed: Typed, terms: Terms) -> Verdict:
        """A number, or an array of them, against the right one at the problem's own point."""
        target, right = claim.target, self.problem.own(claim.target)
        if not (np.all(np.isfinite(right)) and self.problem.is_defined):
            text = f"{spoken(target, self.problem.graph)} is not a number at this point"
            return reason(claim.text, "too-few-points", text)
        answer = typed.shaped(np.shape(right))
        if answer is None and self._is_whole(target, typed, terms):
            return correct(claim, RIGHT_NUMBER)
        if answer is None:
            found = [_misshapen_number(typed.value, right)]
            return wrong(claim, found, self._witnesses.at_own(target, typed.value, right))
        margin, noise = answer.margin(right, terms.rtol, terms.atol), 0.0
        if not np.all(np.abs(answer.value - right) <= margin) or np.any(right == 0):
            exact = self._decider.own(target)  # 0.1 + 0.2 - 0.3, or 1 - tanh(30)**2
            if exact is not None:
                right, noise = np.float64(exact[0]), exact[1]
                margin = answer.margin(right, terms.rtol, terms.atol) + noise
        off = np.abs(answer.value - right)
        if not np.all(off <= margin):  # nan is never right
            return self._wrong_number(claim, answer, right, margin)
        if terms.rtol is not None or terms.atol is not None:
            return correct(claim, "within the tolerance")
        if np.any(off > noise) and answer.lacks_digits(right, terms.digits):
            if np.any(off > COARSEST * np.abs(right)):
                return self._wrong_number(claim, answer, right, margin)
            text = f"right as far as it goes, and {terms.digits} digits are asked for"
            return reason(claim.text, "too-few-digits", text, read_as=claim.read_as)
        return correct(claim, RIGHT_NUMBER)

    def _wrong_number(self, claim: Claim, typed: Typed, right: Value, margin: Value) -> Verdict:
        """Of a number that is not the right one; a few digits must not fit every mistake."""
        margin = np.minimum(margin, FITS * np.abs(typed.value))
        found = self.diagnosis(claim.target).of_number(typed.value, right, margin)
        return wrong(claim, found, self._witnesses.at_own(claim.target, typed.value, right))

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
