"""grade(assignment, submissions): a whole course from Python, on any executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

from backtrace.homework.courses.assignment import Assignment
from backtrace.homework.courses.assignment_file import load_assignment
from backtrace.homework.courses.grades import Grade
from backtrace.homework.courses.matching import matcher
from backtrace.homework.running import execution as running
from backtrace.homework.submissions import open_submissions


def grade(
    assignment: Assignment | str | os.PathLike[str],
    submissions: str | os.PathLike[str],
    /,
    *,
    executor: Executor | Callable[[], Executor] | None = None,
) -> Iterator[Grade]:
    """The grade of every claim of every student, in order, as soon as it is there.

    `assignment` is a TOML file, or what `load_assignment` made of one; `submissions` a file or a
    folder. `executor` does the work elsewhere: a ProcessPoolExecutor, or that of a Dask client,
    `client.get_executor()`; a function that makes one is called again where its workers are lost.
    Raises BacktraceError for files that cannot be read.

    >>> for grade in backtrace.grade("hw3.toml", "submissions/"):
    ...     print(grade.student, grade.claim, grade.score, grade.verdict.code)
    """
    read = (
        assignment if isinstance(assignment, Assignment) else load_assignment(os.fspath(assignment))
    )
    problems = [problem.id for problem in read.problems]
    opened = open_submissions(os.fspath(submissions), problems, matcher(read))
    for grades in running.grade(read, opened.sheets(), executor=executor):
        yield from grades
