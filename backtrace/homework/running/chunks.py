"""Chunks of sheets, which are what a worker gets at a time, and what it does with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from backtrace.homework.courses.assignment import Assignment
from backtrace.homework.courses.grades import Answer, Grade, Sheet

GradeSheet: TypeAlias = Callable[[Assignment, Sheet], tuple[Grade, ...]]
Chunk: TypeAlias = tuple[Sheet, ...]
Graded: TypeAlias = list[tuple[Grade, ...]]

LENGTH = 32  # sheets: sending costs 0.3 ms on one machine and a few ms on a cluster
CHARACTERS = 2**20  # of the answers of a chunk, after which it takes no more sheets
BUDGET = 1.0  # seconds after which a worker hands back what it has of a chunk


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all chunks of a run."""

    assignment: Assignment
    grade_sheet: GradeSheet


def judged(assignment: Assignment, sheet: Sheet) -> tuple[Grade, ...]:
    """The grades of a sheet; what judges is imported where that is done."""
    from backtrace.homework.courses.grading import grade_sheet

    return grade_sheet(assignment, sheet)


def chunks(sheets: Iterable[Sheet]) -> Iterator[Chunk]:
    """The sheets in chunks of bounded length and text."""
    chunk: list[Sheet] = []
    characters = 0
    for sheet in sheets:
        chunk.append(sheet)
        characters += sum(len(answer.answer) for answer in sheet.answers)
        if len(chunk) == LENGTH or characters > CHARACTERS:
            yield tuple(chunk)
            chunk, characters = [], 0
    if chunk:
        yield tuple(chunk)


def grade_some(job: Job, chunk: Chunk) -> Graded:
    """The grades of the first sheets of a chunk: of all that are done in time, at least of one."""
    end, done = time.monotonic() + BUDGET, []
    for sheet in chunk:
        done.append(graded(job, sheet))
        if time.monotonic() > end:
            break
    return done


def ready(_: Job) -> None:
    """Nothing, done by a worker that is there and can read the job."""


def graded(job: Job, sheet: Sheet) -> tuple[Grade, ...]:
    """The grades of a sheet, whatever happens."""
    try:
        return job.grade_sheet(job.assignment, sheet)
    except Exception as error:  # noqa: BLE001  (one sheet must not end the run)
        return failed_sheet(job.assignment, sheet, described(error))


def described(error: BaseException) -> str:
    """The type of an exception and the beginning of its text."""
    text = " ".join(str(error).split())
    return type(error).__name__ + (f": {text[:200]}" if text else "")


def failed_sheet(assignment: Assignment, sheet: Sheet, why: str) -> tuple[Grade, ...]:
    """A sheet that could not be judged: a grade for every claim asked for and every answer.

    What was not answered is missing, however the judging went.
    """
    tasks = (problem.claims for problem in assignment.problems if problem.id == sheet.problem)
    points = {claim.of: claim.points for claims in tasks for claim in claims}
    answers = {answer.claim: answer for answer in sheet.answers}
    return tuple(
        _failed(sheet, claim, answers.get(claim), points.get(claim, 0.0), why)
        for claim in dict.fromkeys([*points, *answers])
    )


def _failed(sheet: Sheet, claim: str, answer: Answer | None, points: float, why: str) -> Grade:
    from backtrace.homework.judging.saying import failed

    text = answer.answer if answer else ""
    verdict = failed(text, f"judging it did, so a person has to look: {why}")
    return Grade(sheet.student, sheet.problem, claim, text, verdict, 0.0, points, sheet.warnings)
