"""Submissions as tests write them, and what was read of them."""

from __future__ import annotations

import io
from pathlib import Path

from backtrace.homework.submissions import Submissions, open_submissions

PROBLEMS = ("p1", "p2")
CLAIMS = ("dL/dw", "dL/dx", "s")


def match(problem: str, claim: str) -> tuple[str, str] | None:
    """A claim as the assignment has it, however it is spaced and with whatever d."""
    spelled = claim.replace(" ", "").replace("∂", "d")
    return (problem, spelled) if problem in PROBLEMS and spelled in CLAIMS else None


def handed_in(
    folder: Path, files: dict[str, str | bytes], problems: tuple[str, ...] = PROBLEMS
) -> Submissions:
    """What is read of a directory with these files, or of the only one."""
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    path = folder / next(iter(files)) if len(files) == 1 else folder
    return open_submissions(str(path), problems, match)


def piped(data: str | bytes, problems: tuple[str, ...] = PROBLEMS) -> Submissions:
    """What is read of standard input."""
    data = data.encode() if isinstance(data, str) else data
    return open_submissions("-", problems, match, io.BytesIO(data))


def answers(submissions: Submissions) -> list[tuple[str, str, str, str]]:
    """Every answer that counts: student, problem, claim, answer."""
    return [
        (answer.student, answer.problem, answer.claim, answer.answer)
        for sheet in submissions.sheets()
        for answer in sheet.answers
    ]


def brief(submissions: Submissions) -> str:
    """The same in one line, each answer as `ann p1 dL/dw: 2*x`."""
    return "; ".join(f"{s} {p} {c}: {a}" for s, p, c, a in answers(submissions))
