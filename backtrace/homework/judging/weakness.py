"""Numbers that say little: at w=1, x=1 the gradient is right for many a wrong reason.

After a number that is correct the mistakes that give the same number are told once; for a whole
assignment `lint` proposes better points.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from backtrace.graph import Apply
from backtrace.homework.answers.targets import Target
from backtrace.homework.judging.judge import Judge, Judged
from backtrace.homework.judging.terms import Terms
from backtrace.homework.mistakes.diagnosis import Diagnosis
from backtrace.homework.mistakes.findings import Finding, ordered
from backtrace.homework.mistakes.wording import revealed
from backtrace.homework.problems.points import generator, is_within
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Verdict
from backtrace.ops.rows import Array, Value

MOST_TOLD = 3
SMALL = (
    2.0,
    3.0,
    -3.0,
    5.0,
    -2.0,
    4.0,
    -1.0,
    -4.0,
    7.0,
    1.0,
    0.5,
    6.0,
)  # of a good point, best first
MOST_DRAWN = 1000  # points of more than three numbers that are tried
ZERO = "this point hides most mistakes: the number is 0"
MARGIN = 5e-4  # relative: as a number with three digits tells


def hidden(diagnosis: Diagnosis, right: Value, margin: Value) -> list[Finding]:
    """The mistakes that give the right number at the problem's own point."""
    if not np.all(np.isfinite(right)):
        return []
    with np.errstate(all="ignore"):
        return ordered(diagnosis.same_at_own(right, margin))


def with_kinks(judge: Judge, verdict: Verdict, judged: Judged) -> Verdict:
    """A verdict on a number at a point where an operation has a kink, with the convention there."""
    problem, claim = judge.problem, judged.claim
    if judged.typed is None or claim is None or claim.target.by is None or problem.has_own:
        return verdict
    found = tuple(_kinks(problem, claim.target))
    return dataclasses.replace(verdict, notes=(*verdict.notes, *found))


def _kinks(problem: Problem, target: Target) -> Iterator[str]:
    graph, values = problem.graph, problem.own_values
    for index in range(target.of + 1):
        node = graph.nodes[index]
        if isinstance(node, Apply) and node.op.convention:
            inputs = [values[i] for i in node.inputs]
            if node.op.at_kink(inputs, dict(node.params)):
                yield f"{graph.called(index)} has a kink at this point: {node.op.convention}"


def with_warning(judge: Judge, verdict: Verdict, judged: Judged, terms: Terms) -> Verdict:
    """A verdict on a number that is correct, with what else would have given it."""
    claim = judged.claim
    if verdict.state != "correct" or claim is None or judged.typed is None:
        return verdict
    if claim.target.by in (None, claim.target.of):
        return verdict
    right = judge.problem.own(claim.target)
    if np.all(right == 0):
        return dataclasses.replace(verdict, notes=(*verdict.notes, ZERO))
    margin = judged.typed.margin(right, terms.rtol, terms.atol)
    margin = np.minimum(margin, MARGIN * np.abs(right))  # 1 is not 0.5, though that rounds to it
    found = hidden(judge.diagnosis(claim.target), right, margin)
    if not found:
        return verdict
    return dataclasses.replace(verdict, notes=(*verdict.notes, warning(found)))


def warning(found: Sequence[Finding]) -> str:
    """Mistakes that a point hides, in words."""
    shown = ", ".join(f.code for f in found[:MOST_TOLD])
    more = f" and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
    example = revealed(found[0].text())
    return (
        f"this point hides mistakes that give the same number: {shown}{more} (as where {example})"
    )


def weak_points(judge: Judge, targets: Iterable[Target]) -> Iterator[tuple[Target, list[Finding]]]:
    """The claims whose number at the problem's own point says little, with what it hides."""
    for target in targets:
        right = judge.problem.own(target)
        found = hidden(judge.diagnosis(target), right, MARGIN * np.abs(right))
        if target.by is not None and found:
            yield target, found


def better_point(judge: Judge, targets: Sequence[Target]) -> Mapping[str, float] | None:
    """A point of small whole numbers that hides the fewest mistakes; None of arrays, or no better.

    All candidates are sample points of one problem, so that each mistake is computed once.
    """
    problem = judge.problem
    if not problem.at_once:
        return None
    names = list(problem.graph.variables)
    candidates = _candidates(len(names))
    inside = [
        is_within(candidates[:, k], problem.domain.get(n, "real")) for k, n in enumerate(names)
    ]
    candidates = candidates[np.logical_and.reduce(inside)]
    if not len(candidates):
        return None
    grid = {name: candidates[:, k] for k, name in enumerate(names)}
    tried = problem.at_points(grid)
    if not tried.count:
        return None
    hides = sum((_hidden_at_each(tried, target) for target in targets), np.zeros(tried.count))
    best = int(np.argmin(hides))
    own = sum(len(found) for _, found in weak_points(judge, targets))
    if hides[best] >= own:
        return None
    return {name: float(tried.points[name][best]) for name in names}


def _hidden_at_each(problem: Problem, target: Target) -> Value:
    """How many mistakes every point hides."""
    with np.errstate(all="ignore"):
        diagnosis = Diagnosis(problem, target)
        right = diagnosis.right
        same = [np.abs(m.values - right) <= MARGIN * np.abs(right) for m in diagnosis.mistakes]
    return np.sum(same, axis=0) if same else np.zeros(problem.count)


def _candidates(count: int) -> Array:
    """Points of small numbers that differ, those with the better ones first."""
    places = range(len(SMALL))
    if count <= 3:
        chosen = np.array(list(permutations(places, count)))
    else:
        random = generator("points of small numbers", str(count))
        again = count > len(SMALL)
        chosen = np.array([random.choice(places, count, replace=again) for _ in range(MOST_DRAWN)])
    found: Array = np.array(SMALL)[chosen]
    twice = [count - len(set(row)) for row in np.abs(found).tolist()]  # 2 and -2 hide a square
    return found[np.lexsort((chosen.sum(axis=1), twice))]
