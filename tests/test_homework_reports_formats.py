"""What each format holds, read back by a reader of the format."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from graded import ALICE, BOB, CARETS, EVIL, FACTS, GRADES, HOSTILE, VERDICTS, WRONG, hostile
from hypothesis import example, given
from hypothesis import strategies as st
from reading_reports import (
    TEXTS,
    contents,
    markdown,
    on_one_line,
    parsed,
    rows,
    strictly,
    written,
)

from backtrace.homework.reports import Facts
from backtrace.homework.reports.csv import COLUMNS, cell
from backtrace.homework.reports.encoding import number
from backtrace.homework.reports.junit import OUTCOMES
from backtrace.homework.reports.wording import excerpt, legible
from backtrace.homework.verdicts import STATES
from backtrace.markdown import code_span, escaped

# -- json


def test_json() -> None:
    """The document has students, their problems and claims, and a summary."""
    found = strictly(written("json"))
    assert list(found) == ["schema", "title", "points", "students", "summary", "warnings"]
    assert (found["schema"], found["points"]) == ("backtrace.grades/1", 22)
    assert found["warnings"] == list(FACTS.warnings)
    alice = found["students"][0]
    assert (alice["student"], alice["score"], alice["points"]) == ("alice", 7, 22)
    assert [(p["problem"], p["score"], p["points"]) for p in alice["problems"]] == [
        ("p0", 3, 12),
        ("p1", 4, 10),
    ]
    states = Counter(grade.verdict.state for grade in GRADES)
    assert set(states) == set(STATES)
    assert found["summary"]["states"] == states
    assert found["summary"]["students"] == len({grade.student for grade in GRADES})
    assert found["summary"]["mean"] == pytest.approx(7 / 23)
    assert found["summary"]["codes"]["missing-local"] == states["wrong"] - 3
    assert next(iter(found["summary"]["codes"])) == "missing-local"  # the most frequent


def test_json_of_a_claim() -> None:
    """A claim has all that is known of it, numbers that JSON lacks as words."""
    claims = strictly(written("json", BOB))["students"][0]["problems"][0]["claims"]
    assert claims == [
        {
            "claim": "dL/dw",
            "answer": "2*s",
            "state": "wrong",
            "code": "missing-local",
            "codes": ["missing-local", "upstream-only"],
            "message": WRONG.message,
            "read_as": "",
            "notes": list(WRONG.notes),
            "counterexample": {
                "point": {"w": 1.3, "x": -0.7, "y": 0.4},
                "yours": -2.62,
                "right": 1.834,
                "differences": 1.8340004,
                "quantity": "derivative",
                "entry": [],
            },
            "score": 0,
            "points": 2,
            "warnings": ["answered twice; the last one counts"],
        }
    ]


def test_jsonl() -> None:
    """Each line is a claim of the document, with its student and problem."""
    document = strictly(written("json"))
    claims = [
        {"student": student["student"], "problem": problem["problem"], **claim}
        for student in document["students"]
        for problem in student["problems"]
        for claim in problem["claims"]
    ]
    assert [*map(strictly, written("jsonl").splitlines())] == claims
    assert claims[-1]["answer"] == HOSTILE[-1]
    answers = {claim["answer"] for claim in claims}
    assert {text.replace("\ud800", "�") for text in HOSTILE} < answers  # all of every answer


@given(st.lists(st.floats(), min_size=1))
def test_numbers(values: list[float]) -> None:
    """Every float is the one that is read back, alone and in an array."""
    found = strictly(json.dumps([number(np.array(values)), *map(number, values)]))
    for texts in (found[0], found[1:]):
        assert np.array_equal([*map(float, texts)], np.array(values) + 0.0, equal_nan=True)
        assert not any(math.copysign(1, float(text)) < 0 for text in texts if float(text) == 0)


# -- csv


def test_csv() -> None:
    """A row for each claim has its texts, all codes, and what it scored."""
    head, *found = rows("csv", [*ALICE, *BOB])
    assert tuple(head) == COLUMNS
    assert len(found) == len(ALICE) + 1
    assert found[-1] == [
        *("bob", "p1", "dL/dw", "2*s", "wrong", "missing-local"),
        *("missing-local upstream-only", "0", "2", WRONG.message),
    ]
    by_state = {row[4]: row for row in found}
    assert by_state["unreadable"][-1] == CARETS
    assert by_state["precision"][7] == "1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("\r\n=1", "'\n=1"),
        ("-x", "'-x"),
        ("-", "'-"),
        ("-2", "-2"),
        ("-2.5e-3", "-2.5e-3"),
        ("-.5", "-.5"),
        ("-2*x", "'-2*x"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("-1\n=1", "'-1\n=1"),
        ("2*x", "2*x"),
        ("", ""),
        ("a=b", "a=b"),
        ("∂L/∂w", "∂L/∂w"),
        ("\x00=1", "�=1"),
    ],
)
def test_spreadsheet_formulas(text: str, found: str) -> None:
    """What a spreadsheet would compute has an apostrophe before it; a number has none."""
    assert cell(text) == found


@given(TEXTS)
def test_csv_cells(text: str) -> None:
    """Every text comes back as it is, an apostrophe aside, and never begins a formula."""
    found = rows("csv", [hostile(text)])[1]
    for read in found[:4]:
        assert read == cell(text)
        assert read.removeprefix("'") == legible(text).removeprefix("'")
        assert not read.startswith(("=", "+", "@", "\t", "\r", "\n"))
        if read.startswith("-"):
            assert math.isfinite(float(read)) or "e" in read.lower()


def test_csv_of_students() -> None:
    """A row for each student has the score of each problem and how often each state stands."""
    head, *found = rows("csv-students", [*ALICE, *BOB])
    assert head == ["student", "score", "points", "p0", "p1", *STATES]
    assert found[0] == ["alice", "7", "22", "3", "4", "2", "1", "1", "4", "1", "1", "1", "1"]
    assert found[1] == ["bob", "0", "2", "", "0", "0", "0", "0", "1", "0", "0", "0", "0"]


def test_problems_that_do_not_exist() -> None:
    """A million invented problems give no columns."""
    invented = [replace(ALICE[-3], problem=f"q{k}", verdict=VERDICTS["skipped"]) for k in range(99)]
    for name in ("csv-students", "markdown"):
        assert "q7" not in written(name, [*BOB, *invented]).split("\n\n##")[0]


# -- junit


def test_junit() -> None:
    """Each state has its element, the type is the code or one of the state's own."""
    root = parsed(written("junit", ALICE + BOB))
    assert root.attrib["name"] == FACTS.title
    alice, bob = root
    assert (alice.attrib["name"], bob.attrib["name"]) == ("alice", "bob")
    cases = alice.findall("testcase")
    for case, grade in zip(cases, ALICE, strict=True):
        assert (case.attrib["classname"], case.attrib["name"]) == (grade.problem, grade.claim)
        names = [child.tag for child in case if child.tag != "system-out"]
        state, code = grade.verdict.state, grade.verdict.code
        expected = {
            "wrong": ("failure", code),
            "missing": ("failure", "no-answer"),
            "precision": ("failure", "too-few-digits"),
            "unreadable": ("failure", "unreadable"),
            "undecided": ("error", code),
            "skipped": ("skipped", None),
        }
        assert names == ([expected[state][0]] if state in expected else [])
        if names:
            assert case[0].attrib.get("type") == expected[state][1]
            assert case[0].attrib["message"] == grade.verdict.message.partition("\n")[0]
            assert grade.answer in (case[0].text or "")
    values = {p.attrib["name"]: p.attrib["value"] for p in alice.iter("property")}
    assert values == {"score": "7", "points": "22"}
    assert "answered twice" in (bob.find("testcase/failure").text or "")  # type: ignore[union-attr]


def test_junit_counts() -> None:
    """The counts at the top, and of each student, are those of the elements."""
    root = parsed(written("junit"))
    assert len(root) == len({grade.student for grade in GRADES})
    for element in (root, *root):
        for key, tag in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ]:
            assert int(element.attrib[key]) == len(list(element.iter(tag)))
    assert {*OUTCOMES} == {*STATES} - {"correct", "follow-through"}


@given(TEXTS)
def test_junit_names(text: str) -> None:
    """Every name is read back, but for what XML cannot hold."""
    suite = parsed(written("junit", [hostile(text)]))[0]
    case = suite.find("testcase")
    assert case is not None
    assert {suite.attrib["name"], case.attrib["name"], case.attrib["classname"]} == {legible(text)}


# -- gradescope


def test_gradescope_of_one_student() -> None:
    """One student has tests without a name before them, each with its status, and a score."""
    found = strictly(written("gradescope", ALICE))
    assert found["score"] == 7
    assert found["output"].startswith("7 of 22 points: 2 correct, 1 follow-through, 1 precision")
    assert "carol.txt" in found["output"]
    names = [test["name"] for test in found["tests"]]
    assert names == [f"{grade.problem} {grade.claim}" for grade in ALICE]
    for test, grade in zip(found["tests"], ALICE, strict=True):
        right = grade.verdict.state in ("correct", "follow-through")
        assert test["status"] == ("passed" if right else "failed")
        assert (test["score"], test["max_score"]) == (grade.score, grade.points)
        assert {test["visibility"], found["visibility"]} == {"visible"}
        assert {test["output_format"], found["output_format"]} == {"text"}
        assert isinstance(test["output"], str)
        assert test["output"].startswith(grade.answer)
        assert grade.verdict.message in test["output"]
        assert test["extra_data"]["state"] == grade.verdict.state
    assert sum(test["score"] for test in found["tests"]) == found["score"]


def test_gradescope_of_several_students() -> None:
    """Of several students each test says whose it is."""
    found = strictly(written("gradescope", ALICE + BOB))
    assert found["tests"][0]["name"] == "alice: p0 dL/ds"
    assert found["tests"][-1]["name"] == "bob: p1 dL/dw"
    assert found["output"].startswith("2 students, mean 3.5 of 22 points")
    assert found["score"] == 3.5


def test_gradescope_with_nothing_readable() -> None:
    """Where nothing can be read, or nothing is there, a score and an output stand all the same."""
    unreadable = [grade for grade in ALICE if grade.verdict.state == "unreadable"]
    found = strictly(written("gradescope", unreadable, Facts(points=2.0, hints="none")))
    assert (found["score"], found["output"]) == (0, "0 of 2 points: 1 unreadable")
    assert found["tests"][0]["status"] == "failed"
    assert found["tests"][0]["output"].endswith("unreadable")
    nothing = strictly(written("gradescope", [], Facts(points=2.0)))
    assert (nothing["score"], nothing["output"]) == (0, "0 of 2 points: no answers")


# -- markdown


def test_markdown() -> None:
    """A title, a table of students, and for each student what is said of each claim."""
    text = written("markdown", ALICE + BOB)
    assert text.startswith("# HW 3: chain rule\n\n| student | score | p0 | p1 |\n")
    assert contents(text, "td") == ["alice", "7 of 22", "3", "4", "bob", "0 of 2", "", "0"]
    assert contents(text, "h2") == ["alice: 7 of 22", "bob: 0 of 2"]
    assert "- ✗ **wrong** p1 dL/dw: `2*s` (0 of 2)" in text
    assert f"  - {WRONG.message}" in text
    assert "2 students, mean 3.5 of 22: 2 correct" in text
    assert [t.content for t in markdown(text) if t.type == "fence"] == [
        "".join(f"{line}\n" for line in CARETS.splitlines()[1:])
    ]


def test_markdown_of_hostile_texts() -> None:
    """Names are read back as they are, and nothing in them is markup."""
    text = written("markdown", EVIL)
    kinds = {token.type for token in markdown(text)}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open", "s_open"}
    assert contents(text, "h2") == [f"{on_one_line(name)}: 0 of 1".strip() for name in HOSTILE]
    spans = [token.content for token in markdown(text) if token.type == "code_inline"]
    assert spans == [on_one_line(excerpt(answer)) for answer in HOSTILE if answer.strip()]


@given(TEXTS)
@example("1) first")
@example("a`")
def test_markdown_escapes(text: str) -> None:
    """Escaped, or in a code span, a text means itself wherever it stands."""
    said = on_one_line(text)
    for form, kind in (("# {}", "h1"), ("- {}", "p"), ("{}", "p")):
        assert "".join(contents(form.format(escaped(text)), kind)) == said
    assert contents(f"| a |\n| --- |\n| {escaped(text)} |", "td") == [said]
    if said:
        spans = [t for t in markdown(f"- x {code_span(text)} y") if t.type == "code_inline"]
        assert [span.content for span in spans] == [said]
