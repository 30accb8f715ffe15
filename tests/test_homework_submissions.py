"""Every way of handing in gives the same sheets."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from handing_in import CLAIMS, PROBLEMS, answers, brief, handed_in, match, piped
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrace.errors import UsageError
from backtrace.homework.courses.grades import Answer, Sheet
from backtrace.homework.submissions import open_submissions

BOM = "\ufeff"
LONG = "student,problem,claim,answer\n"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        # text: the student is the file
        ("ann.txt", "[p1]\ndL/dw = 2*x\n[p2]\ns = -1", "ann p1 dL/dw: 2*x; ann p2 s: -1"),
        ("ann.txt", "# mine\n\n  [ p1 ]  # first\r\n\t∂L/∂w=2*x \r\n", "ann p1 dL/dw: 2*x"),
        ("Ann Lee.v2.MD", f"{BOM}[p1]\n```\ns = 1\n```\n", "Ann Lee.v2 p1 s: 1"),
        ("ann.txt", "[p2]\ns = 1\n[p1]\ns = 2\n[p2]\ndL/dw = 3",
         "ann p1 s: 2; ann p2 s: 1; ann p2 dL/dw: 3"),
        ("ann.txt", "[P1]\nfoo = 1", "ann p1 foo: 1"),
        ("ann.txt", "[p9]\ns = 1", "ann p9 s: 1"),
        ("ann.txt", "[p1]\ns =\n", ""),
        ("ann.txt", "[p1]\nno idea", "ann p1 no idea: no idea"),
        ("ann.txt", "[p1]\ns = where(x == 1, 2, 3)", "ann p1 s: where(x == 1, 2, 3)"),
        ("ann.txt", "[p1]\ns := 2", "ann p1 s: 2"),
        ("ann.txt", "[p1]\nf(a=1) = 2", "ann p1 f(a=1): 2"),
        ("ann.txt", "[p1]\na <= b", "ann p1 a <= b: a <= b"),
        ("ann.txt", "[p1]\n]) = 2", "ann p1 ]): 2"),
        # long tables
        ("a.csv", f"{LONG}ann,p1,dL/dw,2*x\n", "ann p1 dL/dw: 2*x"),
        ("a.csv", f"{BOM}{LONG}ann,p1,dL/dw,2*x", "ann p1 dL/dw: 2*x"),
        ("a.csv", f"{LONG}ann,p1,s,1\n".replace("\n", "\r\n"), "ann p1 s: 1"),
        ("a.csv", f"{LONG}ann,p1,s,1\n".replace(",", ";"), "ann p1 s: 1"),
        ("a.tsv", f"{LONG}ann,p1,s,1\n".replace(",", "\t"), "ann p1 s: 1"),
        ("a.csv", f'{LONG}"Lee, Ann",p1,s,"max(a, b)"\n', "Lee, Ann p1 s: max(a, b)"),
        ("a.csv", f'{LONG}ann,p1,s,"1\n+ ""2"""\nbob,p1,s,3', 'ann p1 s: 1\n+ "2"; bob p1 s: 3'),
        ("a.csv", f'{LONG}ann,p1,s,"1\r\n+ 2"\r\n', "ann p1 s: 1\n+ 2"),
        ("a.csv", f'{LONG}ann, p1, "s", "1,5"\n', "ann p1 s: 1,5"),
        ("a.csv", "Answer,CLAIM,week,Problem,Student\n1,s,7,p1,ann\n", "ann p1 s: 1"),
        ("a.csv", "email,id,problem,claim,answer\na@b,17,p1,s,1\n", "17 p1 s: 1"),
        ("a.csv", f"{LONG}\n,,,\n  \nann,p1,s,1\n\n", "ann p1 s: 1"),
        ("a.csv", f"{LONG}ann,p1,s,=1+1\n", "ann p1 s: =1+1"),
        ("a.csv", f"{LONG}ann,p1,foo,1\nann,p9,s,2\n", "ann p1 foo: 1; ann p9 s: 2"),
        ("a.csv", f"{LONG}ann,p1,s,\n", ""),
        # wide tables
        ("a.csv", "student,p1:dL/dw,p2:s\nann,2*x,-1\nbob,,3\n",
         "ann p1 dL/dw: 2*x; ann p2 s: -1; bob p2 s: 3"),
        ("a.csv", "time;Email Address;p1: ∂L/∂w\n9:00;a@b;2*x\n", "a@b p1 dL/dw: 2*x"),
        ("a.csv", "who,p1:s,p1:foo\nann,1,2\n", "ann p1 s: 1; ann p1 foo: 2"),
        ("a.csv", 'p1:s,student\n"1\n2",ann\n', "ann p1 s: 1\n2"),
        # JSON lines
        ("a.jsonl", '{"student": "ann", "problem": "p1", "claim": "s", "answer": "2*x"}\n',
         "ann p1 s: 2*x"),
        ("a.jsonl", f'{BOM}{{"claim":"s","answer":1.50,"problem":"p1","student":7,"x":{{}}}}\r\n',
         "7 p1 s: 1.50"),
        ("a.ndjson", '\n{"student":"a","problem":"p1","claim":"s","answer":[1, [2.0, "x"], true]}',
         "a p1 s: [1, [2.0, x], true]"),
        ("a.jsonl", '{"student":"a","problem":"p1","claim":"s","answer":null}', ""),
        ("a.jsonl", f'{{"student":"a","problem":"p1","claim":"s","answer":{"9" * 5000}}}',
         f"a p1 s: {'9' * 5000}"),
    ],
)  # fmt: skip
def test_a_format(name: str, data: str, expected: str, tmp_path: Path) -> None:
    """A file of each format gives the answers that are in it, without any warning."""
    submissions = handed_in(tmp_path, {name: data})
    assert brief(submissions) == expected
    assert not submissions.warnings


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ann.txt", "dL/dw = 2*x"),
        ("a.csv", "student,claim,answer\nann,dL/dw,2*x"),
        ("a.csv", "student,dL/dw\nann,2*x"),
        ("a.csv", "student,p1:dL/dw\nann,2*x"),
        ("a.jsonl", '{"student": "ann", "claim": "dL/dw", "answer": "2*x"}'),
    ],
)
def test_the_only_problem(name: str, data: str, tmp_path: Path) -> None:
    """Where the assignment has one problem, it need not be said of which an answer is."""
    submissions = handed_in(tmp_path, {name: data}, problems=("p1",))
    assert brief(submissions) == "ann p1 dL/dw: 2*x"
    assert not submissions.warnings


def test_an_id_may_have_a_colon() -> None:
    """A column's title begins with a problem's id, even if there is a colon in it."""
    submissions = piped("student,a:b:s\nann,1", problems=("a", "a:b"))
    assert brief(submissions) == "ann a:b s: 1"


def test_every_student_has_a_sheet_for_every_problem(tmp_path: Path) -> None:
    """Students come as they first appear, and have sheets for what they left out and made up."""
    submissions = handed_in(tmp_path, {"a.csv": f"{LONG}bob,p2,s,1\nann,,,\nbob,p9,s,2\nbob,p1,s,"})
    place = "a.csv, line {}".format
    assert list(submissions.sheets()) == [
        Sheet("bob", "p1", ()),
        Sheet("bob", "p2", (Answer("bob", "p2", "s", "1", place(2)),)),
        Sheet("bob", "p9", (Answer("bob", "p9", "s", "2", place(4)),)),
        Sheet("ann", "p1", ()),
        Sheet("ann", "p2", ()),
    ]
    assert len(submissions) == 5


def test_the_last_one_counts(tmp_path: Path) -> None:
    """Of several answers to one claim the last counts, however it is spelled; a blank is none."""
    rows = "ann,p1,dL/dw,1\nann,p1,s,5\nann,p1,∂L/∂w,2\nann,p1,dL / dw,\nann,p2,dL/dw,7\n"
    sheets = list(handed_in(tmp_path, {"a.csv": LONG + rows}).sheets())
    assert [answer.answer for answer in sheets[0].answers] == ["5", "2"]
    assert sheets[0].warnings == ("dL/dw: answered 2 times; the last one counts",)
    assert not sheets[1].warnings


def test_answers_stand_in_their_order() -> None:
    """The answers of a sheet come in the order in which those that count were handed in."""
    claims = [*"hbagcfed", "dL/dw", "s", "h"]
    submissions = piped(LONG + "".join(f"ann,p1,{claim},1\n" for claim in claims))
    (first, _) = submissions.sheets()
    assert [answer.claim for answer in first.answers] == claims[1:]


def test_a_directory(tmp_path: Path) -> None:
    """Every file is read in the order of the names, and what is none is mentioned unless hidden."""
    (tmp_path / "folder.csv").mkdir()
    submissions = handed_in(
        tmp_path,
        {
            "b.csv": f"{LONG}ann,p1,s,2\ncat,p1,s,4",
            "ann.txt": "[p1]\ns = 1",
            "z.jsonl": '{"student":"ann","problem":"p2","claim":"s","answer":3}',
            "bob.md": "",
            ".hidden.txt": "[p1]\ns = 6",
            "photo.png": b"\x89PNG",
            "no.csv": "a,b\n1,2",
        },
    )
    assert brief(submissions) == "ann p1 s: 2; ann p2 s: 3; cat p1 s: 4"
    assert [sheet.student for sheet in submissions.sheets()] == ["ann"] * 2 + ["cat"] * 2
    assert [warning.partition(": ")[0] for warning in submissions.warnings] == [
        "bob.md", "folder.csv", "photo.png", "no.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{"student":"ann","problem":"p1","claim":"s","answer":"1"}', "ann p1 s: 1"),
        (f"\n{LONG}ann,p1,s,1", "ann p1 s: 1"),
        ("student;p1:s\nann;1", "ann p1 s: 1"),
        ("[p1]\ns = 1", "stdin p1 s: 1"),
        ("# p1: mine, not yours\n[p1]\ns = 1", "stdin p1 s: 1"),
        ("", ""),
    ],
)
def test_standard_input(data: str, expected: str) -> None:
    """The format of standard input is told by its first line."""
    assert brief(piped(data)) == expected


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """A named pipe is kept like standard input, as it cannot be read twice."""
    path = tmp_path / "ann"
    os.mkfifo(path)
    writer = Thread(target=path.write_text, args=["[p1]\ns = 1"])
    writer.start()
    submissions = open_submissions(str(path), PROBLEMS, match)
    assert brief(submissions) == brief(submissions) == "ann p1 s: 1"
    writer.join()


@pytest.mark.parametrize(
    ("name", "data", "warning"),
    [
        ("a.csv", f"{LONG}ann,p1,s\n", "a.csv, line 2: 3 cells, and the header has 4"),
        ("a.csv", f"{LONG}ann,p1,s,max(1, 2)\n", "a.csv, line 2: 5 cells, and the header has 4"),
        ("a.csv", f"{LONG},p1,s,1\n", "a.csv, line 2: nobody is named as its student"),
        ("a.csv", f'{LONG}ann,p1,s,"1\n', "a.csv, line 2: a quote is opened and never closed"),
        ("a.csv", f"{LONG}ann,p1,s,".encode() + b"\xff", "a.csv, line 2: not all of it is UTF-8"),
        ("a.csv", "student,p1:s,p9:s\na,1,2", "line 1: no such problem, so the column is not read"),
        ("a.csv", "student,p1:s\na,1,2", "a.csv, line 2: 3 cells, and the header has 2"),
        ("a.jsonl", '{"student":"a"\n', "a.jsonl, line 1: not JSON: Expecting ',' delimiter, col"),
        ("a.jsonl", "\n[1]\n", "a.jsonl, line 2: not a JSON object: { … } is one answer"),
        ("a.jsonl", '{"student":{}}', "line 1: a student, claim or answer cannot be a JSON object"),
        ("a.jsonl", '{"answer":"1"}', "a.jsonl, line 1: nobody is named as its student"),
        ("a.jsonl", "[" * 10**5, "a.jsonl, line 1: not read: lists are nested too deeply"),
        ("ann.txt", "s = 1\ns = 2\n[p1]\ns = 3", "line 1: no [problem] stands above this line"),
    ],
)
def test_a_warning(name: str, data: str | bytes, warning: str, tmp_path: Path) -> None:
    """What is odd is told once with its line, and the rest is read."""
    submissions = handed_in(tmp_path, {name: data})
    (only,) = submissions.warnings
    assert warning in only
    list(submissions.sheets())


def test_what_a_ragged_row_has_is_kept(tmp_path: Path) -> None:
    """A short row keeps its student, and commas without quotes belong to an answer at the end."""
    submissions = handed_in(tmp_path, {"a.csv": f"{LONG}ann,p1\nbob,p1,s,max(1,2)\n"})
    assert brief(submissions) == "bob p1 s: max(1,2)"
    assert [sheet.student for sheet in submissions.sheets(1)] == ["ann", "bob", "bob"]


def test_warnings_are_counted(tmp_path: Path) -> None:
    """After twenty warnings the others are only counted."""
    warnings = handed_in(tmp_path, {"a.jsonl": "x\n" * 1000}).warnings
    assert len(warnings) == 21
    assert warnings[-1] == "and 980 other warnings"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": "a,b\n1,2"}, "a.csv: the first line should be student,problem,claim,answer, or"),
        ({"a.csv": ""}, "columns such as p1:dL/dw, and is empty"),
        ({"a.csv": "p1:s,p1:dL/dw\n1,2"}, "a.csv: the first line should be"),
        ({"a.csv": "student,claim,answer\nann,s,1"}, "a.csv: the first line should be student,pro"),
        ({"a.csv": "student,p9:s\n1,2"}, "a.csv: the first line should be"),
        ({"a.csv": f"{LONG}ann,p1,s,1".encode("utf-16")}, "a.csv is UTF-16 text: save it as UTF-8"),
        ({"a.csv": f"{LONG}a,p1,s,1".replace("\n", "\r")}, "a.csv has lines that end in CR alone"),
        ({"a.csv": "x", "b.csv": "y"}, "b.csv: the first line should be"),
        ({"a.png": "", "b": ""}, "it should have NAME.txt for each student, or a .csv or .jsonl"),
    ],
)
def test_nothing_can_be_read(files: dict[str, str | bytes], message: str, tmp_path: Path) -> None:
    """Only where nothing at all can be read it is an error, which says what would be right."""
    with pytest.raises(UsageError) as caught:
        handed_in(tmp_path, files)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "cannot read none: no such file"),
        ("a\0b", "cannot read a"),
        ("-", "no standard input"),
    ],
)
def test_no_such_file(path: str, message: str) -> None:
    """A path that is none is an error."""
    with pytest.raises(UsageError, match=message):
        open_submissions(path, PROBLEMS, match)


# Records without what a format has for itself: commas are quoted, but no line is a comment.
NAMES = st.sampled_from(["ann", "Bob B.", "é", "e\u0301", "x,y", 'q"q', "a;b"])
ANSWERS = st.text(st.sampled_from('x2*+-"=,;#\t |()é'), min_size=1, max_size=8).map(str.strip)
RECORDS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(PROBLEMS),
        st.sampled_from([*CLAIMS, "∂L/∂w", "other"]),
        ANSWERS.filter(bool),
    ),
    max_size=12,
)
Row = tuple[str, str, str, str]


def long(records: list[Row], delimiter: str) -> str:
    """Records as a table with a row for each."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([("student", "problem", "claim", "answer"), *records])
    return out.getvalue()


def wide(records: list[Row], delimiter: str) -> str:
    """Records as a table with a column for each claim, and a row for each record."""
    columns = ["p1:s", *sorted({f"{p}:{c}" for _, p, c, _ in records} - {"p1:s"})]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["student", *columns])
    for student, problem, claim, answer in records:
        writer.writerow(
            [student, *(answer if f"{problem}:{claim}" == column else "" for column in columns)]
        )
    return out.getvalue()


def jsonl(records: list[Row]) -> str:
    """Records as JSON lines."""
    keys = ("student", "problem", "claim", "answer")
    return "\n".join(json.dumps(dict(zip(keys, record, strict=True))) for record in records)


def texts(records: list[Row]) -> dict[str, str]:
    """Records as the text of each student."""
    files = {f"{student}.txt": "" for student, *_ in records}
    for student, problem, claim, answer in records:
        files[f"{student}.txt"] += f"[{problem}]\n{claim} = {answer}\n"
    return files


@settings(max_examples=60)
@given(RECORDS, st.sampled_from(",;\t"))
def test_all_formats_are_the_same(records: list[Row], delimiter: str) -> None:
    """The same records in another format are the same sheets, but for the places and the order."""
    expected = piped(long(records, delimiter))
    sheets = [
        (s.student, s.problem, [(a.claim, a.answer) for a in s.answers], s.warnings)
        for s in expected.sheets()
    ]
    for written in (wide(records, delimiter), jsonl(records)):
        if records:
            assert sheets == [
                (s.student, s.problem, [(a.claim, a.answer) for a in s.answers], s.warnings)
                for s in piped(written).sheets()
            ]
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {"0.txt": "", **texts(records)}
        read = answers(handed_in(Path(folder), files))
        assert {row[:3] for row in read} == {row[:3] for row in answers(expected)}
        if not any(student == "e\u0301" for student, *_ in records):  # two files of one student
            assert sorted(read) == sorted(answers(expected))


@settings(max_examples=60)
@given(RECORDS, st.sampled_from(",;\t"))
def test_the_last_record_of_a_claim_wins(records: list[Row], delimiter: str) -> None:
    """What is read is what a dictionary of the records would hold, filled in their order."""
    last: dict[tuple[str, str, str], str] = {}
    for student, problem, claim, answer in records:
        composed = "é" if student == "e\u0301" else student
        last[composed, problem, claim.replace("∂", "d")] = answer
    read = answers(piped(long(records, delimiter)))
    assert sorted(read) == sorted((*key, answer) for key, answer in last.items())


@settings(max_examples=30)
@given(RECORDS, st.integers(0, 30))
def test_reading_again(records: list[Row], start: int) -> None:
    """Sheets can be read again, and from any of them on; two readings do not disturb each other."""
    submissions = piped(jsonl(records))
    sheets = list(submissions.sheets())
    assert len(submissions) == len(sheets)
    assert list(submissions.sheets(start)) == sheets[start:]
    assert [a for a, _ in zip(submissions.sheets(), submissions.sheets(), strict=True)] == sheets


def test_digest(tmp_path: Path) -> None:
    """The digest tells the same files from others in names or contents."""
    first = handed_in(tmp_path, {"a.csv": f"{LONG}ann,p1,s,1"}).digest
    assert handed_in(tmp_path, {"a.csv": f"{LONG}ann,p1,s,1"}).digest == first
    assert handed_in(tmp_path, {"b.csv": f"{LONG}ann,p1,s,1"}).digest != first
    assert handed_in(tmp_path, {"a.csv": f"{LONG}ann,p1,s,2"}).digest != first


@pytest.mark.parametrize("after", ["", f"{LONG}bob,p1,s,1", f"{LONG}ann,p1,s,1", f"{LONG}ann,p2,"])
def test_a_file_that_changes(after: str, tmp_path: Path) -> None:
    """A file that changes between the passes ends the run: nobody gets another one's marks."""
    submissions = handed_in(tmp_path, {"a.csv": f"{LONG}ann,p2,s,2"})
    (tmp_path / "a.csv").write_text(after)
    with pytest.raises(UsageError, match=r"a\.csv changed while it was read"):
        list(submissions.sheets())


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """A file that is removed between the passes is an error too."""
    submissions = handed_in(tmp_path, {"ann.txt": "[p1]\ns = 1", "bob.txt": ""})
    (tmp_path / "ann.txt").unlink()
    with pytest.raises(UsageError, match=r"ann\.txt changed while it was read"):
        list(submissions.sheets())
