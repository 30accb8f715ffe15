"""examples/homework/: the sample course has every state, and its three forms the same grades."""

from __future__ import annotations

import tomllib
from collections import defaultdict

import pytest
from command_line import ROOT, run

import backtrace
from backtrace.homework.courses.assignment_file import load_assignment
from backtrace.homework.courses.grades import Grade
from backtrace.homework.courses.linting import lint
from backtrace.homework.verdicts import STATES

COURSE = ROOT / "examples" / "homework"
FORMS = ("submissions", "answers.csv", "answers.jsonl")

# What a teacher who marks by hand gives: points of p1, p2 and p3, and why points are lost.
BY_HAND = {
    "amara": (6, 6, 8),  # everything is right
    "bjorn": (5, 6, 8),  # wx - y = -5; the rest follows from that
    "chidi": (6, 2, 0),  # half the points for a digit or two; "dL/dz" and "p" are no names here
    "dalia": (6, 6, 0),  # LaTeX, and a matrix of symbols that nobody defined
    "emre": (6, 6, 6.5),  # y - p, half of 3; dL/dq follows from it
    "freya": (3.75, 5, 5),  # a quarter of 3, half of 2 and a quarter of 4
    "goran": (3.5, 1, 0),  # half of 3 for the sign, then out of time
    "hana": (1, 4, 4),  # a formula for a number, and what cannot be read
    "ines": (6, 6, 3),  # 1/sqrt(2) rounded: to 7 digits nobody can tell, to 4 it is wrong
    "jonas": (1, 2, 4),  # follows from what is wrong twice
    "kavya": (5, 2, 6),  # a number for a formula; half of 2 for one path, half of 4 for the sign
    "lucia": (3, 3, 0),  # x put in for y, dL/dx for dL/dw
}
# The likeliest code of every answer, each once.
NAMED = {
    *("sign", "missing-local", "missing-path", "constant-factor", "kept-exponent"),
    *("wrong-local", "product-of-derivatives", "rounded-constant", "numbers-too-early"),
    *(
        "unexplained",
        "wrong-value",
        "form",
        "too-few-digits",
        "from-earlier",
        "no-answer",
        "syntax",
    ),
    *("unknown-name", "shapes", "not-latex", "too-close", "unknown-claim"),
}


@pytest.fixture(scope="module")
def graded() -> dict[str, list[Grade]]:
    """The grades of the course from each of its forms."""
    return {form: list(backtrace.grade(COURSE / "hw3.toml", COURSE / form)) for form in FORMS}


def test_every_state_occurs(graded: dict[str, list[Grade]]) -> None:
    """A teacher who tries the course sees everything that can be said of an answer."""
    grades = graded["submissions"]
    assert {grade.verdict.state for grade in grades} == set(STATES)
    assert {grade.verdict.code for grade in grades} - {""} == NAMED


@pytest.mark.parametrize("student", BY_HAND)
def test_marks(graded: dict[str, list[Grade]], student: str) -> None:
    """Each student gets what a teacher gives who marks by hand."""
    scores: dict[str, float] = defaultdict(float)
    for grade in graded["submissions"]:
        if grade.student == student:
            scores[grade.problem] += grade.score
    assert tuple(scores[problem] for problem in ("p1", "p2", "p3")) == BY_HAND[student]


def test_students(graded: dict[str, list[Grade]]) -> None:
    """Twelve students, each of whom is graded for every claim."""
    per_student: dict[str, float] = defaultdict(float)
    for grade in graded["submissions"]:
        per_student[grade.student] += grade.points
    assert per_student == dict.fromkeys(BY_HAND, 20)


@pytest.mark.parametrize("form", FORMS[1:])
def test_forms_agree(graded: dict[str, list[Grade]], form: str) -> None:
    """A table or JSON lines with the same answers give the same grades."""
    assert list(map(repr, graded[form])) == list(map(repr, graded["submissions"]))


def test_no_lint() -> None:
    """The course has nothing to mend, and what it pins is what is derived."""
    assert lint(load_assignment(COURSE / "hw3.toml")) == ()
    done = run("lint", "examples/homework/hw3.toml", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_weak_points() -> None:
    """The first draft has most of what lint finds, and the point that it proposes is a good one."""
    draft = COURSE / "weak.toml"
    found = lint(load_assignment(draft))
    assert {c.code for c in found} == {"answer", "ambiguous", "weak-point", "undefined", "total"}
    weak = [c.text for c in found if c.code == "weak-point"]
    assert weak
    assert all("missing-local" in text for text in weak)
    for text in weak:
        point = tomllib.loads(text.partition("better: ")[2])["at"]
        right = backtrace.trace("s = w*x - y; L = s**2", point).gradients["w"]
        verdict = backtrace.check("s = w*x - y; L = s**2", point, f"dL/dw = {right}")
        assert (verdict.state, verdict.notes) == ("correct", ())
    assert run("lint", str(draft)).returncode == 1


@pytest.mark.parametrize("form", FORMS)
def test_command(form: str) -> None:
    """Grading works without a warning, and a wrong answer is no failure of grading."""
    words = ("grade", "examples/homework/hw3.toml", f"examples/homework/{form}")
    done = run(*words, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(student in done.stdout for student in BY_HAND)
    assert run(*words, "--strict", cwd=ROOT).returncode == 1
