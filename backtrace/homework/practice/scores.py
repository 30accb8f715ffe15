"""What the answers of a practice session count.

The first try counts fully, a later one or one after a hint half, and what was shown nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backtrace.homework.practice.questions import KINDS, Kind, Question


@dataclass(slots=True)
class Progress:
    """What happened with one question."""

    question: Question
    tries: int = 0
    hints: int = 0
    is_right: bool = False
    mistakes: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """What it counts, of 1."""
        if not self.is_right:
            return 0.0
        return 1.0 if self.tries == 1 and not self.hints else 0.5


@dataclass(frozen=True, slots=True)
class Tally:
    """The questions of one kind: how many there are, how many were right in the end, the points."""

    kind: Kind
    questions: int
    right: int
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """How a session went; `mistakes` counts the wrong answers by their likeliest code."""

    tallies: tuple[Tally, ...]
    mistakes: Mapping[str, int]

    @property
    def questions(self) -> int:
        """How many there are."""
        return sum(tally.questions for tally in self.tallies)

    @property
    def points(self) -> float:
        """Of one for each question."""
        return sum(tally.points for tally in self.tallies)

    @property
    def all_right(self) -> bool:
        """Whether every question was answered, and in the end rightly."""
        return all(tally.right == tally.questions for tally in self.tallies)


def score_of(progress: Sequence[Progress]) -> Score:
    """The score of some questions."""
    mistakes = Counter(code for one in progress for code in one.mistakes)
    found = (_tally(kind, [p for p in progress if p.question.kind == kind]) for kind in KINDS)
    return Score(tuple(t for t in found if t.questions), dict(mistakes.most_common()))


def _tally(kind: Kind, progress: Sequence[Progress]) -> Tally:
    right = sum(one.is_right for one in progress)
    return Tally(kind, len(progress), right, sum(one.points for one in progress))
