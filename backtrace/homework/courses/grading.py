"""Marks for one sheet: every claim that is asked for, judged, and what each is worth."""

from __future__ import annotations

from backtrace.errors import BacktraceError, did_you_mean
from backtrace.homework.answers.claims import left_of
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.grades import Answer, Grade, Sheet
from backtrace.homework.judging.following import followed
from backtrace.homework.judging.judge import Judge, Judged
from backtrace.homework.judging.saying import failed, reason
from backtrace.homework.judging.terms import Terms
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Verdict

MOST_PROBLEMS = 256  # kept ready, with their sample values


def grade_sheet(assignment: Assignment, sheet: Sheet) -> tuple[Grade, ...]:
    """The grades of one student for one problem: of every claim that is asked for, then of others.

    What cannot be judged gets no marks and a verdict that says why.
    """
    problem = next((p for p in assignment.problems if p.id == sheet.problem), None)
    if problem is None:
        return tuple(_unknown_problem(assignment, sheet, a) for a in sheet.answers)
    given = {answer.claim: answer for answer in sheet.answers}
    verdicts = _verdicts(problem, given)
    asked = tuple(
        _grade(assignment, sheet, claim, given.get(claim.of), verdict)
        for claim, verdict in zip(problem.claims, verdicts, strict=True)
    )
    names = {claim.of for claim in problem.claims}
    others = [a for a in sheet.answers if a.claim not in names]
    return asked + tuple(_unknown_claim(problem, sheet, a) for a in others)


def _verdicts(problem: ProblemTask, given: dict[str, Answer]) -> list[Verdict]:
    """A verdict on every claim of a problem, in their order."""
    texts = [given[c.of].answer if c.of in given else "" for c in problem.claims]
    judge = _ready(problem)
    if isinstance(judge, str):
        return [failed(text, judge) for text in texts]
    every = [terms_of(claim) for claim in problem.claims]
    judged = [
        _judged(judge, claim, text, terms)
        for claim, text, terms in zip(problem.claims, texts, every, strict=True)
    ]
    return followed(judge, judged, every)


def _judged(judge: Judge, claim: ClaimTask, text: str, terms: Terms) -> Judged:
    target = _target(judge, claim.of)
    if isinstance(target, str):
        return Judged(failed(text, target))
    return judge.answer(text, target, terms)


def _target(judge: Judge, of: str) -> Target | str:
    """What a claim of the assignment is about, or why that cannot be read."""
    try:
        return read_left(left_of(of, judge.problem.graph), judge.problem.graph)
    except BacktraceError as error:
        return f"the assignment's claim cannot be read: {error.message}"


def terms_of(claim: ClaimTask) -> Terms:
    """How strictly the answers to a claim are taken."""
    return Terms(claim.digits, claim.rtol, claim.atol, claim.form)


_KEPT: dict[tuple[str, str, str], Judge | str] = {}


def _ready(problem: ProblemTask) -> Judge | str:
    """The judge of a problem, made once in every process; or why there is none."""
    key = (problem.program, repr(problem.at), repr(problem.domain))
    if key not in _KEPT:
        if len(_KEPT) == MOST_PROBLEMS:
            _KEPT.clear()
        try:
            _KEPT[key] = Judge(Problem(problem.program, problem.at, domain=problem.domain))
        except BacktraceError as error:
            _KEPT[key] = f"the problem cannot be judged: {error.message}"
    return _KEPT[key]


# -- marks


def _grade(
    assignment: Assignment, sheet: Sheet, claim: ClaimTask, answer: Answer | None, verdict: Verdict
) -> Grade:
    score = claim.points * share(assignment, claim, verdict)
    text = answer.answer if answer else ""
    return Grade(
        sheet.student,
        sheet.problem,
        claim.of,
        text,
        verdict,
        score,
        claim.points,
        _warnings(sheet, claim.of),
    )


def share(assignment: Assignment, claim: ClaimTask, verdict: Verdict) -> float:
    """The part of the points that a verdict is worth: the best that any of its codes gives.

    Of mistakes that were made together it is the least.
    """
    if verdict.state == "correct":
        return 1.0
    if verdict.state == "follow-through":
        return claim.partial.get("follow-through", assignment.follow_through)
    if verdict.state == "precision":
        return claim.partial.get("precision", assignment.precision)
    if verdict.state != "wrong":
        return 0.0
    shares = [claim.partial.get(code, 0.0) for code in verdict.codes]
    return (min if verdict.together else max)(shares, default=0.0)


def _warnings(sheet: Sheet, claim: str) -> tuple[str, ...]:
    """Those of a sheet that are about one claim, whose name they begin with."""
    begin = f"{claim}: "
    return tuple(w.removeprefix(begin) for w in sheet.warnings if w.startswith(begin))


def _unknown_problem(assignment: Assignment, sheet: Sheet, answer: Answer) -> Grade:
    known = [p.id for p in assignment.problems]
    near = did_you_mean(sheet.problem, known) or f"; it has {', '.join(known[:8])}"
    text = f"the assignment has no problem {sheet.problem!r}{near}"
    return _skipped(sheet, answer, text)


def _unknown_claim(problem: ProblemTask, sheet: Sheet, answer: Answer) -> Grade:
    known = [claim.of for claim in problem.claims]
    near = did_you_mean(answer.claim, known) or f"; {', '.join(known[:8])} is asked for"
    return _skipped(sheet, answer, f"{answer.claim!r} is not asked for in {problem.id}{near}")


def _skipped(sheet: Sheet, answer: Answer, text: str) -> Grade:
    verdict = reason(answer.answer, "unknown-claim", text)
    return Grade(
        sheet.student,
        sheet.problem,
        answer.claim,
        answer.answer,
        verdict,
        0.0,
        0.0,
        _warnings(sheet, answer.claim),
    )
