"""What grading works on and what comes of it: answers, and their marks."""

from __future__ import annotations

from dataclasses import dataclass

from backtrace.homework.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was handed in, `where` the place it stands at: `alice.txt, line 3`."""

    student: str
    problem: str
    claim: str  # the claim's left side as the assignment has it, `dL/dw`
    answer: str  # what the student wrote; "" is no answer
    where: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """One answer with its verdict and its marks."""

    student: str
    problem: str
    claim: str
    answer: str
    verdict: Verdict
    score: float
    points: float
    warnings: tuple[str, ...] = ()  # "answered twice; the last one counts"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one student handed in for one problem: the answers that count, one a claim at most.

    Claims that the assignment does not have are among them; claims without an answer are not.
    """

    student: str
    problem: str
    answers: tuple[Answer, ...]
    warnings: tuple[str, ...] = ()
