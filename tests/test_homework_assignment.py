"""What an assignment may say, and what is refused."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, ReadError, UsageError
from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.assignment_file import LIMIT, load_assignment, read_assignment
from backtrace.homework.verdicts import MISTAKES

SOURCE = r"""
title = "HW 3: chain rule"
[defaults]
digits = 4
follow_through = 0.5
precision = 0.25
rtol = 1e-3
points = 2

[[problem]]
id = "p1"
program = "yhat = w*x; s = yhat - y; L = s**2"
at = { w = 2, x = [-3.5, 1], y = "1/3" }
domain = { x = "real", w = [0, 2.5] }
  [[problem.claim]]
  of = "ds/dyhat"
  [[problem.claim]]
  of = "dL/dw"
  points = 3
  form = "formula"
  partial = { sign = 0.5, missing-path = 0.25, follow-through = 1, precision = 0 }
  answer = '\frac{1}{2}'
  digits = 6
  rtol = 0
  atol = 1e-6

[[problem]]
id = "p 2"
program = "not + read here ("
claim = [{ of = "s", form = "number" }]
"""

# One problem with a place for a line: at the top, in the problem, and in its claim.
FRAME = '{top}\n[[problem]]\nid = "p1"\nprogram = "s = w*x"\n{problem}\n{claims}'
CLAIM = '[[problem.claim]]\nof = "ds/dw"\n'


def framed(top: str = "", problem: str = "", claim: str = "", claims: str = "") -> str:
    """A small assignment with these lines in it."""
    return FRAME.format(top=top, problem=problem, claims=claims or f"{CLAIM}{claim}")


def test_a_whole_assignment() -> None:
    """Everything the design names is read, and a claim's own setting wins over the defaults."""
    assignment = read_assignment(SOURCE, "hw3.toml")
    defaults: dict[str, Any] = {"points": 2.0, "digits": 4, "rtol": 1e-3}
    partial = {"sign": 0.5, "missing-path": 0.25, "follow-through": 1.0, "precision": 0.0}
    second = ClaimTask(
        "dL/dw", 3.0, "formula", partial, r"\frac{1}{2}", digits=6, rtol=0.0, atol=1e-6
    )
    first = ProblemTask(
        id="p1",
        program="yhat = w*x; s = yhat - y; L = s**2",
        at={"w": 2, "x": [-3.5, 1], "y": "1/3"},
        claims=(ClaimTask("ds/dyhat", **defaults), second),
        domain={"x": "real", "w": (0.0, 2.5)},
    )
    last = ProblemTask("p 2", "not + read here (", {}, (ClaimTask("s", form="number", **defaults),))
    assert assignment == Assignment("HW 3: chain rule", (first, last), SOURCE, 0.5, 0.25)
    assert assignment.points == 7


def test_what_is_left_out() -> None:
    """Title, defaults and point may be left out; the title is then the file's name."""
    assignment = read_assignment(framed(), "course/hw3.toml")
    assert assignment == Assignment(
        "hw3", (ProblemTask("p1", "s = w*x", {}, (ClaimTask("ds/dw"),)),), framed()
    )
    assert read_assignment(framed(top='defaults = {}\ntitle = "A"'), "-").title == "A"


def test_totals() -> None:
    """What a problem and the whole are to add up to is kept, and not held against the claims."""
    assignment = read_assignment(framed(top="points = 5", problem="points = 4.5"), "hw")
    assert (assignment.total, assignment.problems[0].points) == (5.0, 4.5)
    assert assignment.points == 1


def test_it_can_be_sent_around() -> None:
    """An assignment is pickled whole, and its digest is that of its text."""
    assignment = read_assignment(SOURCE, "hw3.toml")
    assert pickle.loads(pickle.dumps(assignment)) == assignment  # noqa: S301
    assert assignment.digest == hashlib.sha256(SOURCE.encode()).hexdigest()


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("0", 0), ("-2.5", -2.5), ("1e-3", 1e-3), ('"sqrt(2)/2"', "sqrt(2)/2"),
        ("[[1, 2], [3, 4.5]]", [[1, 2], [3, 4.5]]), ("[]", []),
    ],
)  # fmt: skip
def test_a_value(at: str, value: object) -> None:
    """A variable's value is a number, a text, or a list, and is kept as it is written."""
    (problem,) = read_assignment(framed(problem=f"at = {{ x = {at} }}"), "hw").problems
    assert problem.at == {"x": value}


@pytest.mark.parametrize("word", [*MISTAKES, "follow-through", "precision"])
def test_partial_marks(word: str) -> None:
    """Every code of a mistake may have its share, and so may the two half-right states."""
    assignment = read_assignment(framed(claim=f"partial = {{ {word} = 0.5 }}"), "hw")
    assert assignment.problems[0].claims[0].partial == {word: 0.5}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        # keys
        ({"top": 'titel = "A"'}, "hw: titel is not known here: did you mean title?"),
        ({"top": "zzz = 1"}, "hw: zzz is not known here: there are title, points, defaults and p"),
        ({"top": "defaults = {point = 1}"}, "hw: defaults: point is not known here: did you mean"),
        ({"problem": "domian = {}"}, "hw, problem p1: domian is not known here: did you mean doma"),
        ({"claim": "form = 'formla'"}, "claim 1: form cannot be formla: did you mean formula?"),
        ({"claim": "form = 'q'"}, "form cannot be q: it should be formula, number or either"),
        ({"claim": "form = 3"}, "form cannot be a number: it should be"),
        ({"claim": "pts = 1"}, "hw, problem p1, claim 1: pts is not known here"),
        ({"claim": "partial = {sing = 1}"}, "partial: sing is not known here: did you mean sign?"),
        ({"claim": "partial = {zzz = 1}"}, "zzz is not known here: there are sign, missing-local"),
        ({"problem": '"a\\u001bb" = 1'}, "a\N{REPLACEMENT CHARACTER}b is not known"),
        # types
        ({"top": "title = 3"}, 'hw: title should be a text, in "quotes", and is a number'),
        ({"top": "title = ' '"}, "hw: title is empty"),
        ({"top": "defaults = 3"}, "hw: defaults should be a table, { name = … }, and is a number"),
        ({"problem": "at = [1]"}, "hw, problem p1: at should be a table, { name = … }, and is a l"),
        ({"problem": "at.x = true"}, "at: x should be a number, a text or a list and is true or f"),
        ({"problem": "at.x = {}"}, "at: x should be a number, a text or a list and is a table"),
        ({"problem": "at.x = [1, 1979-05-27]"}, "at: x should be a number, a text or a list and"),
        ({"problem": "at.x = ''"}, "at: x is empty"),
        ({"problem": f"at.x = {'[' * 40}{']' * 40}"}, "at: x has more than 32 brackets"),
        ({"claim": "points = '3'"}, "claim 1: points should be a number and is a text"),
        ({"claim": "points = true"}, "claim 1: points should be a number and is true or false"),
        ({"claim": "answer = 0.5"}, 'claim 1: answer should be in quotes: "0.5"'),
        ({"claim": "answer = ''"}, "claim 1: answer is empty"),
        ({"claim": "digits = 3.0"}, "claim 1: digits should be a whole number from 1 to 17"),
        ({"claim": "partial = 1"}, "claim 1: partial should be a table"),
        # numbers
        ({"claim": "points = -1"}, "claim 1: points should be at least 0 and is -1"),
        ({"claim": "points = nan"}, "claim 1: points should be a finite number"),
        ({"claim": "points = inf"}, "claim 1: points should be a finite number"),
        ({"claim": f"points = 1{'0' * 400}"}, "claim 1: points should be a finite number"),
        ({"claim": "digits = 0"}, "claim 1: digits should be a whole number from 1 to 17"),
        ({"claim": "digits = true"}, "claim 1: digits should be a whole number from 1 to 17"),
        ({"claim": "rtol = 2"}, "claim 1: rtol should be from 0 to 1 and is 2"),
        ({"claim": "atol = -1e-9"}, "claim 1: atol should be at least 0 and is -1e-09"),
        ({"claim": "partial = {sign = 1.5}"}, "claim 1: partial: sign should be from 0 to 1"),
        ({"top": "defaults = {precision = 2}"}, "hw: defaults: precision should be from 0 to 1"),
        ({"top": "defaults = {digits = 99}"}, "hw: defaults: digits should be a whole number"),
        ({"problem": "at.x = [1, inf]"}, "problem p1: at: x should be a finite number"),
        ({"problem": "at.x = nan"}, "problem p1: at: x should be a finite number"),
        # domains
        ({"problem": "domain.x = 'postive'"}, "x cannot be postive: did you mean positive?"),
        ({"problem": "domain.x = 'q'"}, "q: it should be real, positive, negative, nonzero or ["),
        ({"problem": "domain.x = 1"}, "domain: x cannot be a number"),
        ({"problem": "domain.x = [1]"}, "x should be two numbers, [low, high], and has 1"),
        ({"problem": "domain.x = [1, 1]"}, "the low end should be below the high end: 1, 1"),
        ({"problem": "domain.x = [-inf, 1]"}, "domain: x should be a finite number"),
        ({"problem": "domain.x = [0, 'a']"}, "domain: x should be a number and is a text"),
        # what is empty, missing or there twice
        ({"claims": "claim = []"}, "problem p1: claim is empty: there should be at least one"),
        ({"claims": "#"}, "hw, problem p1: claim is missing"),
        ({"claims": "claim = 'dL/dw'"}, "problem p1: claim should be a list of tables: write [[…"),
        ({"claims": "claim = ['dL/dw']"}, "problem p1, claim 1 should be a table"),
        ({"claims": "[[problem.claim]]\npoints = 1"}, "hw, problem p1, claim 1: of is missing"),
        ({"claim": f"{CLAIM}[[problem.claim]]\nof = 'ds / dw'"}, "two claims are of ds/dw"),
        ({"claim": "[[problem]]\nid = 'p1'\nprogram = 'w'\nclaim = [{of = 'w'}]"},
         "hw: two problems have the id p1"),
        ({"claim": "[[problem]]\nprogram = 'w'"}, "hw, problem 2: id is missing"),
        ({"claim": '[[problem]]\nid = "a\\u0000"'}, "id a\N{REPLACEMENT CHARACTER} has a control"),
        ({"claim": "[[problem]]\nid = '[a]'"}, "id [a] should have no brackets and no space"),
        ({"claim": "[[problem]]\nid = ' a'"}, "id  a should have no brackets and no space around"),
        ({"claim": "[[problem]]\nid = 2"}, 'hw, problem 2: id should be a text, in "quotes"'),
    ],
)  # fmt: skip
def test_what_is_refused(lines: dict[str, str], message: str) -> None:
    """A mistake is told with its place in words, and with what would be right."""
    with pytest.raises(UsageError) as caught:
        read_assignment(framed(**lines), "hw")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 3 4", "hw, line 1: "),
        ('title = "A"\r\n\r\nproblem = [\r\n1 2]', "line 4: 1 2]\n              ^"),
        ("a = 1\na = 2", "hw, line 2: "),
        ("a = ", "hw, line 1: "),
        ('a = """', "hw, line 1: "),
        (f"a = {'[' * 10**5}", "hw: lists or tables are nested too deeply"),
        (f"a = {'1' * 5000}", "hw: Exceeds the limit"),
        ("a = 'a\0b'", "hw, line 1: "),
    ],
)
def test_what_is_not_toml(text: str, message: str) -> None:
    """A text that is not TOML is refused with its line, and never with a traceback."""
    with pytest.raises(ReadError) as caught:
        read_assignment(text, "hw")
    assert message in str(caught.value)


@given(st.text(st.sampled_from("[]{}=\"'.,#ap1\n \\\r-\0é") | st.characters(), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands in the file, it is an assignment or an error of this package."""
    with pytest.raises(BacktraceError):
        read_assignment(text, "hw")


def test_a_file(tmp_path: Path) -> None:
    """A file is UTF-8, with or without a byte order mark, and may have either line ending."""
    path = tmp_path / "hw3.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SOURCE.replace("\n", "\r\n").encode())
    read = read_assignment(SOURCE, "hw3.toml")
    assert load_assignment(path).problems == read.problems


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.toml", None, "cannot read none.toml: no such file"),
        (".", None, "cannot read .: is a directory"),
        ("a\0b", None, "cannot read 'a\\x00b'"),
        ("latin.toml", b'title = "a"\nid = "\xe9"', "is not UTF-8 text: byte 18, line 2"),
        ("large.toml", b"#" * (LIMIT + 1), "large.toml is larger than 10 MB"),
        ("bad.toml", b"problem = 1", "bad.toml: problem should be a list of tables"),
        ("none.toml", b"title = 'A'", "none.toml: problem is missing"),
    ],
)
def test_a_file_that_is_refused(
    name: str, data: bytes | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read is refused by name."""
    monkeypatch.chdir(tmp_path)
    if data is not None:
        Path(name).write_bytes(data)
    with pytest.raises(UsageError) as caught:
        load_assignment(name)
    assert message in str(caught.value)


def test_a_text_that_is_too_long() -> None:
    """A text has the limit of a file."""
    with pytest.raises(UsageError, match="hw is larger than 10 MB"):
        read_assignment("#" * (LIMIT + 1), "hw")
