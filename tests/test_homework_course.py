"""Grade(assignment, submissions) from Python."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import backtrace
from backtrace.homework.courses.assignment_file import load_assignment, read_assignment

FOLDER = Path(__file__).parent.parent / "examples" / "homework"
HW = """
[[problem]]
id = "p1"
program = "s = w*x - y; L = s**2"
at = { w = 2, x = -3, y = 1 }
  [[problem.claim]]
  of = "dL/ds"
  [[problem.claim]]
  of = "dL/dw"
  points = 3
"""
LINES = "student,problem,claim,answer\nann,p1,∂L/∂w,42\nann,P1,dL/ds,2*s\nbob,p1,dL/dw,2*s\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An assignment and what was handed in."""
    hw, answers = tmp_path / "hw.toml", tmp_path / "answers.csv"
    hw.write_text(HW, encoding="utf-8")
    answers.write_text(LINES, encoding="utf-8")
    return hw, answers


EXPECTED = [
    ("ann", "dL/ds", "correct", 1.0),
    ("ann", "dL/dw", "correct", 3.0),
    ("bob", "dL/ds", "missing", 0.0),
    ("bob", "dL/dw", "wrong", 0.0),
]


def outcome(grades: object) -> list[tuple[str, str, str, float]]:
    """Student, claim, state and marks."""
    return [(g.student, g.claim, g.verdict.state, g.score) for g in grades]  # type: ignore[attr-defined]


def test_files(files: tuple[Path, Path]) -> None:
    """Paths, texts or an assignment that was read; every claim of every student, in order."""
    hw, answers = files
    assert outcome(backtrace.grade(hw, answers)) == EXPECTED
    assert outcome(backtrace.grade(str(hw), str(answers))) == EXPECTED
    assert outcome(backtrace.grade(load_assignment(str(hw)), answers)) == EXPECTED
    assert outcome(backtrace.grade(read_assignment(HW, "hw"), answers)) == EXPECTED


def test_executors(files: tuple[Path, Path]) -> None:
    """The same grades, wherever the work is done; the executor stays the caller's."""
    with ThreadPoolExecutor(2) as executor:
        assert outcome(backtrace.grade(*files, executor=executor)) == EXPECTED
        assert executor.submit(int, "3").result() == 3


def test_as_soon_as_they_are_there(files: tuple[Path, Path]) -> None:
    """Grades come one by one."""
    found = backtrace.grade(*files)
    assert next(iter(found)).student == "ann"


@pytest.mark.parametrize("which", [0, 1])
def test_files_that_are_not_there(files: tuple[Path, Path], which: int) -> None:
    """What cannot be read is an error that says so."""
    given = list(files)
    given[which] = files[0].parent / "nothing.csv"
    with pytest.raises(backtrace.BacktraceError):
        list(backtrace.grade(*given))


def test_an_assignment_that_cannot_be_read(files: tuple[Path, Path]) -> None:
    """TOML that is none is an error."""
    files[0].write_text("[[problem", encoding="utf-8")
    with pytest.raises(backtrace.BacktraceError):
        list(backtrace.grade(*files))


def test_the_sample_course() -> None:
    """The folder, the CSV and the JSONL file of the examples can be graded, with many states."""
    states = Counter(
        g.verdict.state for g in backtrace.grade(FOLDER / "hw3.toml", FOLDER / "submissions")
    )
    assert states.keys() >= {
        "correct",
        "wrong",
        "missing",
        "unreadable",
        "follow-through",
        "precision",
    }
    for name in ("answers.csv", "answers.jsonl"):
        assert any(g.score for g in backtrace.grade(FOLDER / "hw3.toml", FOLDER / name))
