"""backtrace.render.grades: the table of `backtrace grade`."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from graded import ALICE, BOB, EVIL, FACTS, GRADES, VERDICTS, WRONG, grade
from recording import ESCAPES, assert_snapshot, on_screen
from rich.cells import cell_len

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.facts import Facts
from backtrace.homework.verdicts import STATES
from backtrace.render import Look
from backtrace.render.grades import MOST_STUDENTS, MOST_WARNINGS, grades

FOUND = [VERDICTS[state] for state in STATES]
FEW = [*ALICE, *BOB]


def course(students: int) -> Iterator[Grade]:
    """So many students with two problems of two claims each."""
    for k in range(students):
        for j, problem in enumerate(("p1", "p1", "p2", "p2")):
            verdict = FOUND[(k * (j + 1) + j) % len(FOUND)]
            yield replace(grade(f"student-{k:04}", problem, verdict), claim=f"dL/d{'wx'[j % 2]}")


@pytest.mark.parametrize("width", [None, 80, 120])
def test_as_recorded(width: int | None) -> None:
    """A few students look as recorded, and no line is too long."""
    text = grades(FEW, FACTS, Look(width=width)).plain
    assert_snapshot(f"grades.{width or 'piped'}.txt", text)
    assert width is None or max(map(cell_len, text.splitlines())) <= width


def test_many_students() -> None:
    """Of many students the first twenty are shown, how many more, and the distribution."""
    text = grades(course(2_000), replace(FACTS, points=8.0), Look(width=80)).plain
    assert "… and 1,980 more\n" in text
    assert "student-0019" in text
    assert "student-0020" not in text
    assert_snapshot("grades.many.80.txt", text)


@pytest.mark.parametrize("students", [MOST_STUDENTS, MOST_STUDENTS + 1])
def test_all_or_the_first(students: int) -> None:
    """Up to forty students are all shown, without a distribution."""
    text = grades(course(students), FACTS).plain
    assert text.count("student-") == (students if students <= MOST_STUDENTS else 20)
    assert ("share of the points" in text) == (students > MOST_STUDENTS)


def test_distribution() -> None:
    """Every student is in one band, 100 % in the highest."""
    verdicts = [VERDICTS["correct"], VERDICTS["wrong"]]
    found = [grade(f"s{k}", "p1", verdicts[k % 3 > 0]) for k in range(60)]
    lines = grades(found, FACTS).plain.splitlines()
    bands = [line.split() for line in lines if "%" in line]
    assert len(bands) == 10
    assert bands[0] == ["90-100", "%", "20", "█" * 15]
    assert bands[-1] == ["0-10", "%", "40", "█" * 30]
    assert sum(int(band[2]) for band in bands) == 60


def test_marks_and_mistakes() -> None:
    """Each claim has its mark, each mistake how often it was made and where."""
    lines = grades(FEW, FACTS).plain.splitlines()
    assert lines[0] == "HW 3: chain rule   2 students, mean 3.5 of 22"
    assert lines[3].split() == ["alice", "7/22", "✓≈∅?✗✗", "→✗!✗✓", "–", "1", "skipped"]
    assert "  missing-local 2: p1 dL/dw" in lines
    assert "  syntax 1: p1 dL/dw" in lines
    assert not any("no-answer" in line for line in lines)


def test_places_of_a_mistake() -> None:
    """A mistake in several places has the most frequent ones with their counts."""
    found = [replace(grade("a", "p1", WRONG), claim=f"c{k % 7}") for k in range(15)]
    assert "missing-local 15: p1 c0 3, p1 c1 2, p1 c2 2, p1 c3 2, 3 others" in (
        grades(found, FACTS).plain
    )


def test_hints() -> None:
    """Without hints there are no codes; marks and counts stay."""
    text = grades(FEW, replace(FACTS, hints="none")).plain
    assert "missing-local" not in text
    assert "✗ wrong 5" in text


def test_warnings() -> None:
    """Warnings stand at the end, those of the files first, and no more than fit."""
    lines = grades(FEW, FACTS).plain.splitlines()
    assert lines[-2:] == [
        "note: carol.txt: no such student",
        "note: bob p1 dL/dw: answered twice; the last one counts",
    ]
    facts = Facts(warnings=tuple(f"w{k}" for k in range(2_000)))
    lines = grades(FEW, facts).plain.splitlines()
    assert lines[-2:] == [f"note: w{MOST_WARNINGS - 1}", "… and 1,981 more notes"]


def test_nobody() -> None:
    """Without grades it says so, and the warnings stand there."""
    assert grades([], Facts("HW 3")).plain == "HW 3   0 students"
    assert grades([], Facts(warnings=("no files",))).plain == "0 students\n\nnote: no files"


def test_ascii() -> None:
    """In ASCII all of it is ASCII, as recorded."""
    assert grades(GRADES, FACTS, Look(ascii=True)).plain.isascii()
    text = grades(course(60), FACTS, Look(ascii=True, width=80)).plain
    assert_snapshot("grades.ascii.80.txt", text)


def test_text_twin() -> None:
    """What rich prints is the plain text with colours."""
    made = grades(FEW, FACTS, Look(width=80))
    assert ESCAPES.sub("", on_screen(made, 80)) == made.plain
    assert made.spans


@pytest.mark.parametrize("width", [None, 20, 40, 80, 120])
def test_hostile_names(width: int | None) -> None:
    """Nothing in a name acts on the terminal, and no line is wider than it."""
    lines = grades(EVIL, FACTS, Look(width=width)).plain.split("\n")
    assert all(line.isprintable() for line in lines)
    assert width is None or max(map(cell_len, lines)) <= width
    assert sum(map(len, lines)) < 40_000


def test_many_claims() -> None:
    """Many marks are broken to the width, and a flood of unknown claims is one number."""
    many = [grade("a", f"p{k % 9}", WRONG) for k in range(900)]
    flood = [grade("a", f"q{k}", VERDICTS["skipped"]) for k in range(5_000)]
    lines = grades([*many, *flood], FACTS, Look(width=80)).plain.split("\n")
    assert max(map(cell_len, lines)) <= 80
    assert sum(line.count("✗") for line in lines) == 901  # and the sign in the legend
    assert any("– 5,000 skipped" in line for line in lines)
    assert len(lines) < 40


def test_memory_is_flat() -> None:
    """Ten times the students take no more memory."""
    peaks = []
    for students in (100, 1_000):
        tracemalloc.start()
        grades(course(students), FACTS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 40_000
