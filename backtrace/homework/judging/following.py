"""Several claims about one problem: the first wrong step, and what follows from it.

Claims are ordered as the backward pass meets their nodes. The first wrong one is the error; a
later one is judged again as if the earlier wrong answers were right: who multiplies on correctly
from a wrong number has made one mistake, not two.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backtrace.errors import listed
from backtrace.homework.answers.targets import Target, label
from backtrace.homework.judging.judge import Judge, Judged
from backtrace.homework.judging.saying import reason
from backtrace.homework.judging.terms import Terms
from backtrace.homework.mistakes.paths import Paths
from backtrace.homework.problems.comparing import agree
from backtrace.homework.problems.problem import Problem
from backtrace.homework.problems.sampled import Sampled
from backtrace.homework.verdicts import Verdict
from backtrace.ops.rows import Array, Value
from backtrace.passes import forward


def followed(judge: Judge, judged: Sequence[Judged], terms: Sequence[Terms]) -> list[Verdict]:
    """The verdicts, those changed that follow from an earlier mistake; in the order given."""
    with np.errstate(all="ignore"):
        return _followed(judge, judged, terms)


def _followed(judge: Judge, judged: Sequence[Judged], terms: Sequence[Terms]) -> list[Verdict]:
    verdicts = [j.verdict for j in judged]
    wrong = [k for k, j in enumerate(judged) if _counts(j)]
    if not wrong:
        return verdicts
    order = sorted(wrong, key=lambda k: _place(judged[k]))
    earlier: list[Judged] = []
    for k in order:
        if earlier:
            sources = _follows(judge, judged[k], earlier, terms[k])
            if sources:
                verdicts[k] = _follow_through(judge, judged[k], sources)
        earlier.append(judged[k])
    first = order[0]
    if len({_target(judged[k]) for k in order}) > 1:
        note = "this is the first wrong step"
        verdicts[first] = dataclasses.replace(verdicts[first], notes=(*verdicts[first].notes, note))
    return verdicts


def _counts(judged: Judged) -> bool:
    """Whether an answer is wrong, and is numbers from which one can go on."""
    has_numbers = judged.answer is not None or judged.typed is not None
    return judged.verdict.state == "wrong" and has_numbers and judged.claim is not None


def _place(judged: Judged) -> tuple[int, int, int]:
    """Values first, in the order of the program; then gradients, from the output down.

    A local derivative comes before the gradient by the same node, which is made with it.
    """
    target = _target(judged)
    if target.by is None:
        return (0, target.of, 0)
    return (1, -target.by, target.of)


def _target(judged: Judged) -> Target:
    assert judged.claim is not None
    return judged.claim.target


def _follow_through(judge: Judge, judged: Judged, sources: Sequence[Judged]) -> Verdict:
    names = [label(_target(source), judge.problem.graph) for source in sources]
    are = "is" if len(names) == 1 else "are"
    text = f"it follows from your {listed(names)}, which {are} wrong"
    return reason(judged.verdict.claim, "from-earlier", text, read_as=judged.verdict.read_as)


def _follows(
    judge: Judge, judged: Judged, earlier: Sequence[Judged], terms: Terms
) -> Sequence[Judged]:
    """The earlier answers that this one follows from: one of them alone, else all together."""
    earlier = [source for source in earlier if _target(source) != _target(judged)]
    for given in (*([source] for source in reversed(earlier)), earlier):
        if _is_right_given(judge, judged, given, terms):
            return given
    return ()


def _is_right_given(judge: Judge, judged: Judged, given: Sequence[Judged], terms: Terms) -> bool:
    """Whether an answer would be right were earlier ones right, which matter for it."""
    problem, target = judge.problem, _target(judged)
    if target.by is None and any(_target(g).by is not None for g in given):
        return False
    if judged.typed is not None:
        right = _own_given(judge, target, given)
        if right is None or np.shape(right) != np.shape(judged.typed.value):
            return False
        margin = judged.typed.margin(right, terms.rtol, terms.atol)
        matters = bool(np.any(np.abs(right - problem.own(target)) > margin))
        is_right = bool(np.all(np.abs(judged.typed.value - right) <= margin))
        return matters and is_right and not _is_nothing(right)
    if judged.answer is None or any(g.answer is None for g in given):
        return False
    whole = _all_given(judge, target, given)
    if whole is None or whole.shape != judged.answer.shape:
        return False
    usable = np.isfinite(whole.reshape(len(whole), -1)).all(axis=1)
    matters = not agree(whole, problem.reference(target))
    return matters and bool(usable.all()) and not _is_nothing(whole) and agree(judged.answer, whole)


def _is_nothing(numbers: Value) -> bool:
    """Whether all is 0: from 0 everything follows, without any work."""
    return not np.any(numbers)


def _all_given(judge: Judge, target: Target, given: Sequence[Judged]) -> Array | None:
    """The right answer at all points, were the given answers right."""
    known = {_target(g): g.answer for g in given}
    if any(t.entry for t in known):
        return None
    sampled = _sampled_given(judge.problem, {t.of: a for t, a in known.items() if t.by is None})
    if target.by is None:
        return sampled.stacked([values[target.of] for values in sampled.passes])
    paths = Paths(sampled, target.of, target.by)
    local = {t: numbers for t, numbers in known.items() if t.by is not None}
    return _swept(paths, local) if local else paths.swept({})


def _sampled_given(problem: Problem, answers: Mapping[int, Any]) -> Sampled:
    """Every value at all points, where the student went on with other ones for some nodes."""
    sampled = problem.sampled
    if not answers:
        return sampled
    passes = [
        _values_given(problem, scope, {i: sampled.of_pass(a, k) for i, a in answers.items()})
        for k, scope in enumerate(problem.scopes)
    ]
    return Sampled(problem.graph, passes, problem.count, problem.at_once)


def _own_given(judge: Judge, target: Target, given: Sequence[Judged]) -> Value | None:
    """The right number at the own point, were the given answers right."""
    problem = judge.problem
    numbers = {_target(g): _last(problem, g) for g in given}
    if any(number is None or t.entry for t, number in numbers.items()):
        return None
    values = _values_given(
        problem, problem.at, {t.of: n for t, n in numbers.items() if t.by is None}
    )
    if target.by is None:
        return values[target.of]
    paths = Paths(Sampled(problem.graph, [values], 1), target.of, target.by)
    known = {t: np.asarray(n)[None] for t, n in numbers.items() if t.by is not None}
    right = _swept(paths, known) if known else paths.swept({})
    return None if right is None else right[0]


def _values_given(
    problem: Problem, at: Mapping[str, Value], numbers: Mapping[int, Value]
) -> Sequence[Value]:
    """Every value in one pass, where the student went on with other numbers for some nodes."""
    graph, point = problem.graph, dict(at)
    for index, number in numbers.items():
        name = f"={index}"  # no name in the language
        graph = graph.freed(index, name)
        point[name] = number
    return forward(graph, point)


def _swept(paths: Paths, known: Mapping[Target, Any]) -> Array | None:
    """The derivative, were the known ones right; None if that says nothing new."""
    pairs = {(t.of, t.by): numbers for t, numbers in known.items() if t.by is not None}
    if pairs.keys() <= {(paths.of, paths.by)}:
        return None  # of itself it would follow
    try:
        return paths.swept({}, pairs)
    except ValueError:
        return None


def _last(problem: Problem, judged: Judged) -> Value | None:
    """What an answer gives at the own point."""
    if judged.typed is not None:
        return judged.typed.value
    return judged.answer[-1] if judged.answer is not None and problem.has_own else None
