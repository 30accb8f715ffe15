"""Which mistake a wrong answer is: found among the simulated ones, else by probes.

Codes coincide: leaving out the last local derivative *is* giving the upstream gradient. So all
that match are told, likeliest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import numpy as np

from backtrace.homework.answers.targets import Target
from backtrace.homework.mistakes import probes
from backtrace.homework.mistakes.findings import LIKELIHOOD, Finding, ordered
from backtrace.homework.mistakes.paths import Paths
from backtrace.homework.mistakes.simulating import Mistake, simulated
from backtrace.homework.mistakes.wording import Words
from backtrace.homework.problems.comparing import FEWEST, LOOSE, Booleans, rows_equal, same
from backtrace.homework.problems.problem import Problem
from backtrace.ops.rows import Array, Value

CANCELLED = 1e5  # terms so much larger than their sum leave 11 digits of it
# On top of a mistake: another sign, or a factor.
ON_TOP = ((-1.0, "sign"), (2.0, "constant-factor"), (0.5, "constant-factor"))
PLAIN_FACTORS = (-1.0, 2.0, 0.5, 3.0, 1 / 3, 4.0, 0.25)  # of a number alone every ratio is constant
RATIOS = frozenset({"sign", "constant-factor"})


class Diagnosis:
    """All that can go wrong with one derivative of one problem; made once for all answers."""

    def __init__(self, problem: Problem, target: Target) -> None:
        self.problem, self.target = problem, target
        self.right = problem.reference(target)

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """The simulated mistakes that are not right by chance, likeliest first."""
        of, by, entry = self.target.of, self.target.by, self.target.entry
        if by is None:
            return self._other_values()
        if self.problem.references.is_whole(self.target):
            return self._transposed()
        found = []
        for mistake in simulated(self.problem, of, by):
            values = mistake.values
            if entry and values.ndim > len(entry):
                values = values[(slice(None), *entry)]  # type: ignore[arg-type]
            if values.shape == self.right.shape and not same(values, self.right).all():
                found.append(Mistake(mistake.code, mistake.text, values))
        return sorted(found, key=lambda m: LIKELIHOOD[m.code])

    def _other_values(self) -> list[Mistake]:
        """What may be taken for the value of a node: the other sign, or another node's."""
        right, graph = self.right, self.problem.graph
        found = [Mistake("sign", lambda: "the sign is the other one", -right)]
        for index in dict.fromkeys(graph.names.values()):
            values = self.problem.stacked([v[index] for v in self.problem.passes])
            if values.shape == right.shape and not same(values, right).all():
                text = f"this is the value of {graph.labels[index]}"
                found.append(Mistake("wrong-value", partial(str, text), values))
        return found

    def _transposed(self) -> list[Mistake]:
        """Of the derivative of an array by an array, which has the axes of both."""
        if self.right.ndim != 3 or self.right.shape[1] != self.right.shape[2]:
            return []
        text = "the answer is transposed: its rows belong to what is differentiated"
        return [Mistake("transposed", partial(str, text), np.swapaxes(self.right, 1, 2))]

    @cached_property
    def _table(self) -> Array:
        return np.array([m.values for m in self.mistakes])

    @cached_property
    def _is_steady(self) -> Booleans:
        """Where the terms of the derivative do not cancel; elsewhere float64 is left with noise."""
        every = np.ones(len(self.right), dtype=bool)
        if self.target.by is None:
            return every
        sizes = Paths(self.problem.sampled, self.target.of, self.target.by).sizes()
        steady: Booleans = sizes <= CANCELLED * np.abs(self.right)
        return steady if steady.sum() >= FEWEST else every

    @cached_property
    def _is_apart(self) -> bool:
        """Whether the derivative is 0 because there is no path."""
        of, by = self.target.of, self.target.by
        return by not in (None, of) and not Paths(self.problem.sampled, of, by or 0).edges

    def _no_path(self) -> Finding:
        graph = self.problem.graph
        names = graph.labels[self.target.of], graph.labels[self.target.by or 0]
        return Finding("no-path", partial("{} is not computed from {}".format, *names))

    # -- formulas

    def of_formula(self, answer: Array, *, has_decimals: bool) -> list[Finding]:
        """The mistakes that give an answer, a formula at all points, that is wrong."""
        if self._is_apart:
            return [self._no_path()]
        if self.problem.at_once:
            answer = np.where(self._is_steady, answer, np.nan)
        found = [*self._matching(answer)]
        found = found or [*self._combined(lambda factor: self._matching(answer / factor))]
        ratio = probes.ratio(answer, self.right)
        if ratio is None:
            if has_decimals and probes.is_rounded(answer, self.right):
                found.append(probes.rounded())
        elif abs(ratio - 1) <= LOOSE:  # right wherever it is defined
            return ordered(found)
        elif not RATIOS & {code for f in found for code in f.codes}:
            found.append(self._of_ratio(ratio, has_decimals))
        if not found and self.target.by is not None:
            found = [*self._probed(answer, self.target.by)]
        return ordered(found)

    def _matching(self, answer: Array) -> Iterator[Finding]:
        """The simulated mistakes with the numbers of the answer."""
        if self.mistakes:
            for k in np.flatnonzero(rows_equal(self._table, answer)):
                yield Finding(self.mistakes[k].code, self.mistakes[k].text)

    def _combined(self, match: Callable[[float], Iterator[Finding]]) -> Iterator[Finding]:
        """A mistake and, on top of it, another sign or factor, by which the answer is divided."""
        for factor, code in ON_TOP:
            for finding in match(factor):
                if finding.code == code:
                    continue  # twice the sign is none
                what = "sign" if factor < 0 else f"factor {factor:g}"
                on_top = Finding(code, partial(str, f"the {what} is wrong, too"))
                yield Finding(finding.code, finding.text, on_top)
                return

    def _of_ratio(self, ratio: float, has_decimals: bool) -> Finding:
        quantity = "value" if self.target.by is None else "derivative"
        return probes.of_ratio(ratio, has_decimals=has_decimals, quantity=quantity)

    def _probed(self, answer: Array, by: int) -> Iterator[Finding]:
        """A factor too many or too few, a path too many, numbers put in too early."""
        if self.problem.at_once:
            paths = Paths(self.problem.sampled, self.target.of, by)
            words = Words(paths)
            yield from probes.factors(paths, words, answer, self.right)
            yield from probes.paths_apart(paths, words, answer, self.right)
        if probes.is_right_at_own(self.problem, answer, self.right):
            text = "it is right at the problem's own point only: numbers were put in too early"
            yield Finding("numbers-too-early", partial(str, text))

    # -- numbers

    def of_number(self, answer: Value, right: Value, margin: Value) -> list[Finding]:
        """The mistakes that give a number, at the problem's own point, that is wrong."""
        if self._is_apart:
            return [self._no_path()]
        if not np.any(answer):  # too many mistakes are 0 somewhere
            return []
        found = list(self.same_at_own(answer, margin))
        if not found:
            found = [*self._combined(lambda by: self.same_at_own(answer / by, margin / abs(by)))]
        if np.shape(answer) != np.shape(right) or np.any(right == 0):
            return ordered(found)
        ratios = np.asarray(answer / right)
        close = [f for f in PLAIN_FACTORS if np.all(np.abs(ratios - f) <= 1e-3 * abs(f))]
        if close and not RATIOS & {code for f in found for code in f.codes}:
            found.append(self._of_ratio(close[0], has_decimals=False))
        if np.all(np.abs(ratios - 1) <= probes.ROUNDED):
            found.append(probes.nearly())
        return ordered(found)

    def same_at_own(self, answer: Value, margin: Value) -> Iterator[Finding]:
        """The mistakes that give this number at the own point."""
        if not self.problem.has_own or not np.all(np.isfinite(answer)):
            return
        for mistake in self.mistakes:
            values = mistake.values[-1]
            with np.errstate(all="ignore"):
                is_same = np.abs(values - answer) <= margin + LOOSE * np.abs(values)
            if np.all(is_same & np.isfinite(values)):
                yield Finding(mistake.code, mistake.text)
