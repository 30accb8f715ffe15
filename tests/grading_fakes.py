"""An assignment, sheets, and judges that misbehave: what the tests of running grade with.

The judges are found by name in worker processes. What a judge does with a sheet stands in the
sheet: its answer is a word such as `kill-once`, and the path it leaves its marks under follows.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.grades import Answer, Grade, Sheet
from backtrace.homework.verdicts import Verdict

CLAIMS = (ClaimTask("ds/dw", 1.0), ClaimTask("dL/dw", 3.0))
ASSIGNMENT = Assignment("HW", (ProblemTask("p1", "s = w*x; L = s**2", {}, CLAIMS),), "fake")


def sheet(number: int, answer: str = "right", *, claim: str = "dL/dw") -> Sheet:
    """One student's sheet with one answer."""
    student = f"student{number}"
    return Sheet(student, "p1", (Answer(student, "p1", claim, answer),))


def sheets(length: int, special: dict[int, str] | None = None) -> Iterator[Sheet]:
    """Many of them, of which some have another answer."""
    return (sheet(number, (special or {}).get(number, "right")) for number in range(length))


def judge(_: Assignment, given: Sheet) -> tuple[Grade, ...]:
    """Correct, after doing what the answer says."""
    answer = given.answers[0]
    action, *where = answer.answer.split(" ", 1)
    if action != "right":
        ACTIONS[action](*where)
    verdict = Verdict(answer.claim, "correct", f"by {os.getpid()}")
    score: Any = (lambda: 3.0) if action == "unsendable" else 3.0
    return (Grade(given.student, "p1", answer.claim, answer.answer, verdict, score, 3.0),)


def visits(where: str) -> int:
    """How often a judge has been here before, in whatever process; it is noted."""
    with Path(where).open("ab", buffering=0) as file:
        file.write(b".")
        return file.tell() - 1


def _kill(where: str) -> None:
    visits(where)
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_once(where: str) -> None:
    if not visits(where):
        os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise ZeroDivisionError("in judging")


def _hang(where: str) -> None:
    visits(where)
    9**9**9  # in C, where Python hears of no signal


def _unsendable() -> None:
    """The grade then holds a function, which cannot be sent to another process."""


def _slowly(seconds: str) -> None:
    time.sleep(float(seconds))


ACTIONS: dict[str, Callable[..., None]] = {
    "kill": _kill,
    "kill-once": _kill_once,
    "fail": _fail,
    "hang": _hang,
    "unsendable": _unsendable,
    "slowly": _slowly,
}


def outcome(results: Iterable[tuple[Grade, ...]]) -> list[tuple[str, str, str]]:
    """Student, claim and state of every grade."""
    return [(g.student, g.claim, g.verdict.state) for grades in results for g in grades]


def right(numbers: Iterable[int]) -> list[tuple[str, str, str]]:
    """The outcome of sheets that nothing happened to."""
    return [(f"student{number}", "dL/dw", "correct") for number in numbers]
