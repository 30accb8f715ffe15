"""What a report is made from besides the grades, and how much of a verdict it may show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from backtrace.homework.courses.grades import Grade
from backtrace.homework.verdicts import Verdict

# In order of student and problem: those of one student, and of one problem of theirs, together.
Grades: TypeAlias = Iterable[Grade]
# The state alone; with its codes; with the first line of the message; with all that is said.
Hints: TypeAlias = Literal["none", "code", "short", "full"]
HINTS: tuple[Hints, ...] = get_args(Hints)


@dataclass(frozen=True, slots=True)
class Facts:
    """The assignment's title and points, what students may see, and what went wrong on the way.

    Without `reveal` everything that has the right answer in it is withheld.
    """

    title: str = ""
    points: float = 0.0
    hints: Hints = "full"
    reveal: bool = False
    warnings: tuple[str, ...] = ()

    def shown(self, verdict: Verdict) -> Verdict:
        """The verdict without what is withheld; of a counterexample `right` is then None."""
        if not self.reveal:
            verdict = _without_the_answer(verdict)
        if self.hints == "full":
            return verdict
        short = self.hints == "short"
        return replace(
            verdict,
            message=verdict.message.partition("\n")[0] if short else "",
            codes=() if self.hints == "none" else verdict.codes,
            counterexample=None,
            read_as=verdict.read_as if short else "",
            notes=(),
        )


def _without_the_answer(verdict: Verdict) -> Verdict:
    """Without the formulas and numbers that are right, and without notes, which may have them."""
    found = verdict.counterexample
    if found is not None:
        found = replace(found, right=None, differences=None)
    message = verdict.hint or verdict.message
    return replace(verdict, message=message, hint="", counterexample=found, notes=())


def again(grades: Grades) -> Grades:
    """The grades, for a report that goes through them more than once.

    Raises TypeError for an iterator, which would be empty the second time.
    """
    if isinstance(grades, Iterator):
        raise TypeError("this report reads the grades more than once: give it what can be reread")
    return grades
