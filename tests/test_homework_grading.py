"""Marks for one sheet, and a verdict on every claim of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from backtrace.homework.courses import grading
from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.assignment_file import read_assignment
from backtrace.homework.courses.grades import Answer, Grade, Sheet
from backtrace.homework.courses.grading import grade_sheet, share
from backtrace.homework.courses.linting import lint
from backtrace.homework.courses.matching import matcher
from backtrace.homework.judging.judge import Judge
from backtrace.homework.verdicts import MISTAKES, REASONS, STATES, Verdict

TEXT = """
[defaults]
follow_through = 0.75
precision = 0.25

[[problem]]
id = "p1"
program = "yhat = w*x; s = yhat - y; L = s**2"
at = { w = 2, x = -3, y = 1 }
  [[problem.claim]]
  of = "dL/ds"
  points = 2
  partial = { constant-factor = 0.5, value-instead-of-derivative = 0.25 }
  [[problem.claim]]
  of = "dL/dw"
  points = 4
  partial = { sign = 0.5, upstream-only = 0.125, missing-local = 0.25 }
  [[problem.claim]]
  of = "dL/dx"
  points = 4
  form = "formula"
  [[problem.claim]]
  of = "s"
  digits = 1

[[problem]]
id = "Tanh"
program = "L = tanh(x)"
at = { x = "1/3" }
domain = { x = "positive" }
  [[problem.claim]]
  of = "dL/dx"
  digits = 4
  rtol = 0.01
"""
HW = read_assignment(TEXT, "hw.toml")
CLAIMS = ("dL/ds", "dL/dw", "dL/dx", "s")


def grades(
    answers: Mapping[str, str], problem: str = "p1", hw: Assignment = HW
) -> dict[str, Grade]:
    """The grades of one student, by claim."""
    given = tuple(Answer("ann", problem, claim, text) for claim, text in answers.items())
    return {g.claim: g for g in grade_sheet(hw, Sheet("ann", problem, given, ("dL/dq: late",)))}


def scored(answers: Mapping[str, str]) -> list[tuple[str, float]]:
    """States and marks of the claims that were answered."""
    found = grades(answers)
    return [(found[claim].verdict.state, found[claim].score) for claim in answers]


def test_a_full_sheet() -> None:
    """Every claim that is asked for has a grade, in the order of the assignment."""
    given = {"s": "-7", "dL/dw": "42", "dL/dx": "2*s*w", "dL/ds": "2*s"}
    sheet = Sheet(
        "ann", "p1", tuple(Answer("ann", "p1", c, t) for c, t in given.items()), ("s: late",)
    )
    found = grade_sheet(HW, sheet)
    assert [
        (g.student, g.problem, g.claim, g.answer, g.score, g.points, g.warnings) for g in found
    ] == [
        ("ann", "p1", claim, given[claim], points, points, ("late",) if claim == "s" else ())
        for claim, points in zip(CLAIMS, (2.0, 4.0, 4.0, 1.0), strict=True)
    ]
    assert all(g.verdict.state == "correct" for g in found)


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_missing(text: str) -> None:
    """No answer, and an empty one, are missing and worth nothing."""
    for found in (grades({"dL/dw": text}), grades({})):
        assert list(found) == list(CLAIMS)
        assert {g.verdict.state for g in found.values()} == {"missing"}
        assert {g.score for g in found.values()} == {0.0}
        assert [g.points for g in found.values()] == [2.0, 4.0, 4.0, 1.0]


SCORES: list[tuple[dict[str, str], list[tuple[str, float]]]] = [
    # half for the sign, the best of several codes otherwise
    ({"dL/dw": "-2*s*x"}, [("wrong", 2.0)]),
    ({"dL/dw": "2*s"}, [("wrong", 1.0)]),  # missing-local 0.25, upstream-only 0.125
    ({"dL/dw": "s*x"}, [("wrong", 0.0)]),
    ({"dL/ds": "s"}, [("wrong", 1.0)]),
    ({"dL/dw": "17*w**3"}, [("wrong", 0.0)]),
    # follow-through
    ({"dL/ds": "s", "dL/dw": "s*x"}, [("wrong", 1.0), ("follow-through", 3.0)]),
    ({"dL/dw": "s*x", "dL/ds": "s"}, [("follow-through", 3.0), ("wrong", 1.0)]),
    ({"dL/ds": "s", "dL/dw": "5*s*x"}, [("wrong", 1.0), ("wrong", 0.0)]),
    ({"s": "7", "dL/ds": "14"}, [("wrong", 0.0), ("follow-through", 1.5)]),
    # precision
    ({"dL/dw": "4e1"}, [("precision", 1.0)]),
    ({"dL/dw": "42."}, [("correct", 4.0)]),
    ({"s": "-7.0"}, [("correct", 1.0)]),
    ({"dL/dw": "0e3"}, [("wrong", 0.0)]),
    # forms
    ({"dL/dx": "-28"}, [("wrong", 0.0)]),
    ({"dL/dx": "2*s*w"}, [("correct", 4.0)]),
    # an answer may repeat the left side, which must be the same
    ({"dL/dw": "dL/dw = 42"}, [("correct", 4.0)]),
    ({"dL/dw": "grad w = 2*s*x"}, [("correct", 4.0)]),
    ({"dL/dw": "dL/dx = -28"}, [("unreadable", 0.0)]),
    ({"dL/dw": "= 42"}, [("unreadable", 0.0)]),
    # nothing is given for what cannot be read or judged
    ({"dL/dw": "2*"}, [("unreadable", 0.0)]),
    ({"dL/dw": "2*q"}, [("unreadable", 0.0)]),
    ({"dL/dw": "=HYPERLINK(1)"}, [("unreadable", 0.0)]),
    ({"dL/dw": "9**9**9"}, [("wrong", 0.0)]),
    ({"dL/dw": "[1,2]+[1,2,3]"}, [("unreadable", 0.0)]),
    ({"dL/dw": "2*s*x*exp(10**9)*exp(-10**9)"}, [("undecided", 0.0)]),
    ({"dL/dw": r"2 \cdot s x"}, [("correct", 4.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "expected"), SCORES)
def test_marks(answers: dict[str, str], expected: list[tuple[str, float]]) -> None:
    """What each answer is worth."""
    assert scored(answers) == expected


def test_terms_of_a_claim() -> None:
    """Digits, tolerances, values and domains are those of the assignment."""
    right = "1 - tanh(1/3)**2"
    assert grades({"dL/dx": right}, "Tanh")["dL/dx"].score == 1.0
    assert grades({"dL/dx": "0.9"}, "Tanh")["dL/dx"].score == 1.0  # within 1 %
    assert grades({"dL/dx": "0.91"}, "Tanh")["dL/dx"].score == 0.0
    assert grades({"dL/dx": "1 - tanh(sqrt(x**2))**2"}, "Tanh")["dL/dx"].score == 1.0


@pytest.mark.parametrize("state", STATES)
def test_shares(state: Any) -> None:
    """A state is worth what the claim says, else what the assignment says, else nothing."""
    codes = ("sign", "domain", "upstream-only") if state == "wrong" else ()
    verdict = Verdict("x", state, codes=codes)
    hw = Assignment("t", (), "", follow_through=0.75, precision=0.25)
    usual = {"correct": 1.0, "follow-through": 0.75, "precision": 0.25}
    assert share(hw, ClaimTask("x"), verdict) == usual.get(state, 0.0)
    partial = {"follow-through": 0.5, "precision": 0.125, "sign": 0.25, "upstream-only": 0.375}
    own = {"correct": 1.0, "follow-through": 0.5, "precision": 0.125, "wrong": 0.375}
    assert share(hw, ClaimTask("x", partial=partial), verdict) == own.get(state, 0.0)


@pytest.mark.parametrize("code", [*MISTAKES, *REASONS])
def test_no_marks_but_for_mistakes(code: str) -> None:
    """Whatever has a share by code, an answer that was not judged has none."""
    every = dict.fromkeys([*MISTAKES, *REASONS], 1.0)
    hw = Assignment("t", (), "")
    for state in ("missing", "unreadable", "undecided", "skipped"):
        verdict = Verdict("x", state, codes=(code,))
        assert share(hw, ClaimTask("x", partial=every), verdict) == 0.0


def test_unknown_problems_and_claims() -> None:
    """They are skipped, with what was near, and worth nothing of nothing."""
    found = grades({"dL/dq": "1", "dL/dw": "42"})
    assert list(found) == [*CLAIMS, "dL/dq"]
    skipped = found["dL/dq"]
    assert (skipped.verdict.state, skipped.verdict.code) == ("skipped", "unknown-claim")
    assert (skipped.score, skipped.points, skipped.answer, skipped.warnings) == (
        0,
        0,
        "1",
        ("late",),
    )
    assert found["dL/dw"].score == 4.0
    (only,) = grades({"dL/dw": "42"}, "p11").values()
    assert only.verdict.state == "skipped"
    assert "did you mean p1?" in only.verdict.message
    assert (only.score, only.points) == (0, 0)


def test_no_assignment_that_cannot_be_read_gives_marks() -> None:
    """What cannot be read in an assignment makes its own answers undecided, and no others."""
    claims = (ClaimTask("dL/dw"), ClaimTask("dL/dq"), ClaimTask("L"))
    bad: list[tuple[str, dict[str, Any], dict[str, Any]]]
    bad = [
        ("L = w*", {"w": 3}, {}),
        ("L = w*w", {}, {}),
        ("L = w*w", {"w": "q"}, {}),
        ("L = w*w", {"w": 3}, {"q": "positive"}),
        ("L = w + [1, 2]@[1, 2, 3]", {"w": 3}, {}),
    ]
    problems = [ProblemTask(f"bad{k}", p, at, claims, d) for k, (p, at, d) in enumerate(bad)]
    good = ProblemTask("good", "L = w*w", {"w": 3}, claims)
    hw = Assignment("t", (good, *problems), "")
    assert {c.code for c in lint(hw) if c.is_error} >= {"program", "claim"}
    for problem in hw.problems:
        found = grades({"dL/dw": "2*w", "dL/dq": "1", "L": "9"}, problem.id, hw)
        states = [found[c.of].verdict.state for c in claims]
        if problem.id == "good":
            assert states == ["correct", "undecided", "correct"]
            assert [g.score for g in found.values()] == [1, 0, 1]
        else:
            assert states == ["undecided"] * 3
            assert not any(g.score for g in found.values())
        assert found["dL/dq"].verdict.code == "failed"


def test_what_is_missing_is_so_however_it_went() -> None:
    """No answer to a problem that cannot be judged is no answer."""
    hw = Assignment("t", (ProblemTask("p", "L = w*", {}, (ClaimTask("dL/dw"),)),), "")
    (found,) = grades({}, "p", hw).values()
    assert (found.verdict.state, found.score) == ("missing", 0.0)


def test_a_judge_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many sheets the problem is evaluated once; of other values it is another problem."""
    made: list[Any] = []

    def made_judge(problem: Any) -> Judge:
        made.append(problem)
        return Judge(problem)

    monkeypatch.setattr(grading, "_KEPT", {})
    monkeypatch.setattr(grading, "Judge", made_judge)
    for text in ("42", "2*s*x", "1"):
        grades({"dL/dw": text})
    assert len(made) == 1
    claims = (ClaimTask("dL/dw"),)
    for w in (1, 2.0, "2", 3):
        hw = Assignment("t", (ProblemTask("p", "L = w**2", {"w": w}, claims),), "")
        assert grades({"dL/dw": repr(2.0 * float(w))}, "p", hw)["dL/dw"].score == 1.0


def test_the_same_for_everybody() -> None:
    """Two students with the same answer have the same grade, whoever comes first."""
    first = grades({"dL/dw": "2*s*w"})
    grades({"dL/dw": "17", "dL/ds": "w"})
    assert grades({"dL/dw": "2*s*w"}) == first


def test_what_was_matched_is_graded() -> None:
    """The left sides that the matcher gives are those that are graded."""
    match = matcher(HW)
    assert match("P1", "∂L/∂w") == ("p1", "dL/dw")
    assert grades({"dL/dw": "42"})["dL/dw"].verdict.state == "correct"
