"""Every format can be read back, whatever students write."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from graded import ALICE, BOB, CARETS, FACTS, GRADES, RIGHT, VERDICTS, WRONG, hostile
from hypothesis import given
from reading_reports import (
    TEXTS,
    read_anything,
    written,
)

import backtrace
from backtrace.errors import UsageError
from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports import HINTS, REPORTS, Facts, Hints, report_for
from backtrace.homework.reports.wording import plain, sentence
from backtrace.homework.verdicts import Counterexample, Verdict

READS_ONCE = ["json", "jsonl", "csv", "gradescope"]


# -- all formats


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_can_be_read(name: str) -> None:
    """Every state and every hostile text gives a file that a reader of the format reads."""
    text = written(name)
    assert text.encode()  # no lone surrogates
    assert text.endswith("\n")
    assert "\x00" not in text
    assert "\x1b" not in text
    read_anything(name, text)


@pytest.mark.parametrize("name", REPORTS)
@given(TEXTS)
def test_any_text(name: str, text: str) -> None:
    """Whatever stands in names, answers, messages and warnings, the file can be read."""
    found = written(name, [hostile(text)], Facts(text, warnings=(text,)))
    assert found.encode()
    read_anything(name, found)


@pytest.mark.parametrize("name", REPORTS)
def test_nobody_handed_in_anything(name: str) -> None:
    """Without grades a file says so, in its format."""
    if name != "jsonl":
        read_anything(name, written(name, []))


@pytest.mark.parametrize("hints", HINTS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_answer_is_withheld(name: str, hints: Hints) -> None:
    """Without --reveal no format has the right value, its differences or the notes."""
    text = written(name, ALICE + BOB, replace(FACTS, hints=hints, reveal=False))
    assert RIGHT not in text
    assert "own point" not in text
    tells = name not in ("csv", "csv-students") and hints == "full"
    assert ("-2.62" in text) == tells


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "csv-students"])
def test_hints(name: str) -> None:
    """none has the state alone, code the codes, short the first line, full the whole message."""
    expected: dict[Hints, tuple[bool, bool, bool]] = {
        "none": (False, False, False),
        "code": (True, False, False),
        "short": (True, True, False),
        "full": (True, True, True),
    }
    for hints, found in expected.items():
        text = written(name, ALICE, replace(FACTS, hints=hints))
        shown = text.replace("\\u2202", "∂").replace("\\", "")
        code = "missing-local" in shown and "domain" in shown
        assert (code, "the factor ∂s/∂w" in shown, "^" in shown) == found, hints
        assert "unreadable" in text


def test_what_is_shown() -> None:
    """The facts decide what is left of a verdict; its claim and state always are."""
    unreadable = VERDICTS["unreadable"]
    assert Facts(hints="none").shown(WRONG) == Verdict(WRONG.claim, "wrong")
    assert Facts(hints="code").shown(WRONG) == Verdict(WRONG.claim, "wrong", codes=WRONG.codes)
    assert Facts(hints="code").shown(VERDICTS["read"]) == Verdict("dL/dw = 1/2x", "correct")
    assert Facts(hints="short").shown(unreadable).message == CARETS.partition("\n")[0]
    assert Facts(hints="short").shown(VERDICTS["read"]).read_as == "(1/2)*x"
    assert Facts(reveal=True).shown(WRONG) is WRONG
    found = Facts().shown(WRONG)
    assert found.message == WRONG.message
    assert found.notes == ()
    assert found.counterexample == Counterexample(
        WRONG.counterexample.point if WRONG.counterexample else {}, -2.62, None, None
    )


class Course:
    """The grades of so many students, made anew for each pass."""

    def __init__(self, students: int) -> None:
        self.students = students

    def __iter__(self) -> Iterator[Grade]:
        for k in range(self.students):
            yield from (replace(grade, student=f"s{k:07}") for grade in ALICE)


class Nowhere(io.StringIO):
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        """Only counts."""
        return len(text)


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "gradescope"])
def test_memory_is_flat(name: str) -> None:
    """Ten times the students take no more memory."""
    peaks = []
    REPORTS[name].write(Course(1), FACTS, Nowhere())  # what is imported stays
    for students in (60, 600):
        tracemalloc.start()
        REPORTS[name].write(Course(students), FACTS, Nowhere())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 150_000  # held, the students would be several times that


@pytest.mark.parametrize("name", REPORTS)
def test_iterators(name: str) -> None:
    """A report that needs several passes refuses an iterator instead of writing half."""
    if name in READS_ONCE:
        assert written(name, iter(GRADES)) == written(name)
    else:
        with pytest.raises(TypeError, match="more than once"):
            written(name, iter(GRADES))


# -- words


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Counterexample({"w": 1.3, "x": -0.7}, -2.62, 1.834, 1.834),
            "at w=1.3 x=-0.7 yours gives -2.62, the derivative is 1.834 (differences: 1.8340)",
        ),
        (Counterexample({}, 3.0, -1.0, None, "value"), "yours gives 3, the value is -1"),
        (
            Counterexample({"x": 0.0}, None, 2.0, None),
            "at x=0 yours is undefined there, the derivative is 2",
        ),
        (
            Counterexample({"x": -0.0}, 1.0, None, None),
            "at x=0 yours gives 1, and the derivative is another",
        ),
    ],
)
def test_sentence(found: Counterexample, said: str) -> None:
    """A counterexample in words has the point and its numbers, as far as there are any."""
    assert sentence(found) == said


def test_large_arrays_in_words() -> None:
    """Of a large array, and of a point of many variables, the first stand there."""
    assert plain(np.arange(100.0)) == "[0, 1, 2, 3, 4, 5, 6, 7, …]"
    many = Counterexample(dict.fromkeys(map(str, range(99)), np.ones((50, 50))), 1.0, None, None)
    assert len(sentence(many)) < 4_000


# -- the registry


@pytest.mark.parametrize(
    ("name", "path", "found"),
    [
        (None, "graded.csv", "csv"),
        (None, "out/GRADES.JSON", "json"),
        (None, "a.jsonl", "jsonl"),
        (None, "a.xml", "junit"),
        (None, "a.md", "markdown"),
        ("gradescope", "results.json", "gradescope"),
        ("csv-students", "", "csv-students"),
    ],
)
def test_the_format_is_told(name: str | None, path: str, found: str) -> None:
    """The format is the one named, else that of the file's end."""
    assert report_for(name, path).name == found


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("gradescop", "", "no format gradescop: did you mean gradescope?"),
        ("pdf", "", "no format pdf: there are json, jsonl, csv, csv-students, junit"),
        (None, "a.txt", "no format for a.txt: end it in .json, .jsonl, .csv, .xml or .md"),
        (None, "csv", "or give --format"),
    ],
)
def test_no_such_format(name: str | None, path: str, said: str) -> None:
    """Another name or end is an error that says what there is."""
    with pytest.raises(UsageError, match=f".*{said.replace('?', '.')}"):
        report_for(name, path)


def test_suffixes() -> None:
    """No two formats have the same end, and each is found under its name."""
    ends = [report.suffix for report in REPORTS.values() if report.suffix]
    assert len(ends) == len(set(ends))
    assert all(REPORTS[name].name == name and REPORTS[name].says for name in REPORTS)


def test_what_is_right_does_not_show_without_reveal() -> None:
    """The formula of a local derivative is the answer to another claim, or to this one."""
    program, at = "s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1}
    for claim in ("dL/ds = 1", "dL/ds = s**2", "dL/dw = 1", "dL/dw = 2*s"):
        verdict = backtrace.check(program, at, claim)
        for hints in HINTS:
            shown = Facts(hints=hints).shown(verdict)
            assert "= 2*s" not in shown.message
            assert "= x" not in shown.message
            assert shown.counterexample is None or shown.counterexample.right is None
        assert Facts(reveal=True).shown(verdict) == verdict
    assert " = x" in backtrace.check(program, at, "dL/dw = 2*s").message
