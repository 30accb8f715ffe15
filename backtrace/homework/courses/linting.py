"""What a teacher should know of an assignment before students do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backtrace.errors import BacktraceError
from backtrace.homework.answers.claims import left_of
from backtrace.homework.answers.targets import Target, label, read_left, spoken
from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.grading import terms_of
from backtrace.homework.judging.judge import Judge
from backtrace.homework.judging.weakness import better_point, warning, weak_points
from backtrace.homework.problems.comparing import FEWEST
from backtrace.homework.problems.problem import Problem
from backtrace.names import normal


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to mend, or to know: where, a code, and what to do. Errors break grading."""

    place: str  # "p1", or "p1, dL/dw"
    code: str
    text: str
    is_error: bool


# Every code that there is: whether it is an error, and what it says.
CODES = {
    "program": (True, "a program or a value that cannot be read"),
    "claim": (True, "a left side that cannot be read"),
    "twice": (True, "two claims about one thing"),
    "answer": (True, "a pinned answer that is not the derived one"),
    "undefined": (True, "points that no answer can get"),
    "total": (True, "a total that the points of the claims do not add up to"),
    "unused": (False, "a value that the program does not use"),
    "ambiguous": (False, "a claim that can be read in two ways"),
    "weak-point": (False, "a point at which wrong formulas give the right number"),
}


def lint(assignment: Assignment) -> tuple[Concern, ...]:
    """Everything that is wrong or weak in an assignment, in its order."""
    found = [concern for problem in assignment.problems for concern in _of_problem(problem)]
    return (*found, *_totals(assignment))


def _concern(place: str, code: str, text: str) -> Concern:
    return Concern(place, code, text, CODES[code][0])


def _of_problem(problem: ProblemTask) -> Iterator[Concern]:
    try:
        judge = Judge(Problem(problem.program, problem.at, domain=problem.domain))
    except BacktraceError as error:
        yield _concern(problem.id, "program", str(error))
        return
    for name in problem.at:
        if normal(name) not in judge.problem.graph.labels[: judge.problem.graph.output + 1]:
            yield _concern(problem.id, "unused", f"{name} is not in the program")
    targets: dict[Target, ClaimTask] = {}
    for claim in problem.claims:
        place = f"{problem.id}, {claim.of}"
        try:
            target = read_left(left_of(claim.of, judge.problem.graph), judge.problem.graph)
            judge.problem.own(target)  # an entry that there is
        except BacktraceError as error:
            yield _concern(place, "claim", str(error))
            continue
        if target in targets:
            other = targets[target].of
            text = f"{other} and {claim.of} are both {spoken(target, judge.problem.graph)}"
            yield _concern(place, "twice", text)
        targets[target] = claim
        yield from _of_claim(judge, place, claim, target)
    yield from _weak(problem, judge, targets)


def _of_claim(judge: Judge, place: str, claim: ClaimTask, target: Target) -> Iterator[Concern]:
    graph = judge.problem.graph
    yield from _ambiguous(judge, place, claim, target)
    if claim.answer is not None:
        verdict = judge.answer(claim.answer, target, terms_of(claim)).verdict
        if verdict.state != "correct":
            text = f"the pinned answer {claim.answer} is {verdict.state}: {verdict.message}"
            yield _concern(place, "answer", text)
    right = judge.problem.own(target)
    has_number = judge.problem.is_defined and bool(np.all(np.isfinite(right)))
    what = spoken(target, graph)
    if claim.form != "formula" and not has_number:
        text = f"{what} is not a number at the problem's point: no number gets its points"
        yield _concern(place, "undefined", text)
    if claim.form != "number" and judge.problem.count < FEWEST:
        text = f"the program is defined at {judge.problem.count} sample points: no formula gets "
        yield _concern(place, "undefined", f"{text}the points; declare a domain")


def _ambiguous(judge: Judge, place: str, claim: ClaimTask, target: Target) -> Iterator[Concern]:
    """Left sides whose readers may differ on them."""
    graph = judge.problem.graph
    text = left_of(claim.of, graph).strip()
    better = label(target, graph)
    if target.by is not None and text == graph.labels[target.by]:
        meant = f"{text} is taken for {spoken(target, graph)}, not for its value: write {better}"
        yield _concern(place, "ambiguous", meant)
    counts = [name for name, _ in graph.assigned]
    nodes = dict.fromkeys(index for index in (target.of, target.by) if index is not None)
    for name in (graph.labels[index] for index in nodes):
        if counts.count(name) > 1:
            meant = f"{name} is assigned {counts.count(name)} times; the last one is meant"
            yield _concern(place, "ambiguous", meant)


def _weak(
    problem: ProblemTask, judge: Judge, targets: dict[Target, ClaimTask]
) -> Iterator[Concern]:
    """Points that hide mistakes from claims which a number may answer."""
    asked = [t for t, claim in targets.items() if claim.form != "formula" and t.by is not None]
    weak = list(weak_points(judge, asked))
    if not weak:
        return
    better = better_point(judge, asked)
    advice = ""
    if better is not None:
        point = ", ".join(f"{name} = {number:g}" for name, number in better.items())
        advice = f"; better: at = {{ {point} }}"
    for target, found in weak:
        place = f"{problem.id}, {targets[target].of}"
        yield _concern(place, "weak-point", warning(found) + advice)


def _totals(assignment: Assignment) -> Iterator[Concern]:
    """Totals that were written down and are not what the claims add up to."""
    for problem in assignment.problems:
        there = sum(claim.points for claim in problem.claims)
        yield from _total(problem.id, problem.points, there)
    yield from _total(assignment.title, assignment.total, assignment.points)


def _total(place: str, declared: float | None, there: float) -> Iterator[Concern]:
    if declared is not None and abs(declared - there) > 1e-9 * max(1.0, there):
        text = f"{declared:g} points are declared, and the claims have {there:g}"
        yield _concern(place, "total", text)


def errors(found: Sequence[Concern]) -> list[Concern]:
    """Those that break grading."""
    return [concern for concern in found if concern.is_error]
