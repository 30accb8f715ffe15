"""Students, problems and claims as numbers of 64 bits: the index has no room for their texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

# (problem, claim) as written -> the assignment's (problem id, claim), or None if it has none such
Match: TypeAlias = Callable[[str, str], tuple[str, str] | None]

REMEMBERED = 4096  # texts; what is longer than LONGEST is not remembered, and no claim
LONGEST = 500
UNKNOWN = 2**63  # from here on, problems and claims that the assignment does not have


class Found(NamedTuple):
    """A claim of the assignment, or one that it does not have, in words and numbers."""

    number: int  # of the problem
    key: int  # of the claim
    problem: str
    claim: str


class Keys:
    """The problems of an assignment, and how what is written is found among them."""

    def __init__(self, problems: Sequence[str], match: Match) -> None:
        self.problems = tuple(problems)
        self._longest = sorted(problems, key=len, reverse=True)
        self._match = match
        self._numbers = {problem: number for number, problem in enumerate(problems)}
        self._folded = _unique({problem: problem.casefold() for problem in problems})
        self._remembered = lru_cache(REMEMBERED)(self._claim)

    def claim(self, problem: str, claim: str) -> Found:
        """The claim that is meant; without a problem, of the only one that there is."""
        if len(problem) + len(claim) > LONGEST:
            return self._unknown(problem, claim)
        return self._remembered(problem, claim)

    def column(self, title: str) -> tuple[str, str] | None:
        """The problem and claim in a column's title: `p1:dL/dw`, or `dL/dw` with one problem."""
        for problem in self._longest:  # an id may have a colon
            if title.startswith(f"{problem}:"):
                return problem, title[len(problem) + 1 :].strip()
        problem, colon, claim = (part.strip() for part in title.partition(":"))
        if problem and colon and claim:
            return problem, claim
        only = self.problems[0]
        if len(self.problems) == 1 and len(title) < LONGEST and self._match(only, title):
            return only, title
        return None

    def is_problem(self, problem: str) -> bool:
        """Whether the assignment has this problem, in capitals or not."""
        return self._identified(problem) in self._numbers

    def _claim(self, problem: str, claim: str) -> Found:
        problem = self._given(problem)
        found = self._match(problem, claim)
        if found is None or found[0] not in self._numbers:
            return self._unknown(problem, claim)
        return Found(self._numbers[found[0]], _hashed(found[1]) >> 1, *found)

    def _unknown(self, problem: str, claim: str) -> Found:
        problem = self._identified(self._given(problem))
        number = self._numbers.get(problem)
        if number is None:
            number = UNKNOWN | (_hashed(problem) >> 2)  # never the greatest, which is no problem
        return Found(number, UNKNOWN | (_hashed(claim) >> 1), problem, claim)

    def _given(self, problem: str) -> str:
        return self.problems[0] if not problem and len(self.problems) == 1 else problem

    def _identified(self, problem: str) -> str:
        return (
            problem if problem in self._numbers else self._folded.get(problem.casefold(), problem)
        )


def student_key(student: str) -> int:
    """The number of a student."""
    return _remembered_student(student) if len(student) <= LONGEST else _hashed(student)


def _unique(folded: Mapping[str, str]) -> dict[str, str]:
    """The texts by what they are folded to, without those that fold to the same."""
    values = list(folded.values())
    return {fold: text for text, fold in folded.items() if values.count(fold) == 1}


def _hashed(text: str) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


_remembered_student = lru_cache(REMEMBERED)(_hashed)
