"""Which claim of an assignment an answer is for, however its left side is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backtrace.errors import BacktraceError
from backtrace.graph import Graph
from backtrace.homework.answers.claims import left_of
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.courses.assignment import Assignment, ProblemTask
from backtrace.reading import bind, read

Match = Callable[[str, str], tuple[str, str] | None]


def matcher(assignment: Assignment) -> Match:
    """A function of (problem, claim) as they were written; None where there is no such claim.

    A problem's name may be left out where there is only one, and its case does not count.
    """
    problems = {p.id: _claims_of(p) for p in assignment.problems}
    folded = {p.casefold(): p for p in problems}

    def match(problem: str, claim: str) -> tuple[str, str] | None:
        name = problem.strip()
        found = name if name in problems else folded.get(name.casefold())
        if not name and len(problems) == 1:
            found = next(iter(problems))
        if found is None:
            return None
        of = problems[found](claim)
        return None if of is None else (found, of)

    return match


def _claims_of(problem: ProblemTask) -> Callable[[str], str | None]:
    by_text = {claim.of: claim.of for claim in problem.claims}
    graph = graph_of(problem)
    by_target = {} if graph is None else _targets(problem, graph)

    def find(text: str) -> str | None:
        text = text.strip()
        if text in by_text or graph is None:
            return by_text.get(text)
        try:
            return by_target.get(read_left(left_of(text, graph), graph))
        except BacktraceError:
            return None

    return find


def _targets(problem: ProblemTask, graph: Graph) -> Mapping[Target, str]:
    found: dict[Target, str] = {}
    for claim in problem.claims:
        try:
            found.setdefault(read_left(left_of(claim.of, graph), graph), claim.of)
        except BacktraceError:
            continue  # lint tells the teacher
    return found


def graph_of(problem: ProblemTask) -> Graph | None:
    """The program of a problem; None of one that cannot be read, which lint tells the teacher."""
    try:
        return read(problem.program, bind(problem.at, {}).values)
    except BacktraceError:
        return None
