"""An assignment: problems, the claims to be made about each, and what they are worth."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backtrace.homework.judging.terms import Form
from backtrace.homework.problems.points import Range
from backtrace.homework.verdicts import DIGITS


@dataclass(frozen=True, slots=True)
class ClaimTask:
    """One claim that is asked for: `of` is its left side, `dL/dw`."""

    of: str
    points: float = 1.0
    form: Form = "either"
    partial: Mapping[str, float] = field(default_factory=dict)  # share of the points, by code
    answer: str | None = None  # pinned by the teacher; lint holds it against the derived one
    digits: int = DIGITS
    rtol: float | None = None
    atol: float | None = None


@dataclass(frozen=True, slots=True)
class ProblemTask:
    """One program with the values it is asked at."""

    id: str
    program: str
    at: Mapping[str, Any]  # numbers, lists, or texts such as "1/3"
    claims: tuple[ClaimTask, ...]
    domain: Mapping[str, Range] = field(default_factory=dict)
    points: float | None = None  # what its claims are to add up to; lint holds them to it


@dataclass(frozen=True, slots=True)
class Assignment:
    """A whole assignment, read from TOML; `source` is that text, so that it can be sent around."""

    title: str
    problems: tuple[ProblemTask, ...]
    source: str
    follow_through: float = 1.0  # share of the points for what is right from a wrong beginning
    precision: float = 0.5  # share for what is right with too few digits
    total: float | None = None  # what all claims are to add up to

    @property
    def points(self) -> float:
        """What everything is worth together."""
        return sum(claim.points for problem in self.problems for claim in problem.claims)

    @property
    def digest(self) -> str:
        """SHA-256 of the source, by which a run that is resumed knows its assignment."""
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()
