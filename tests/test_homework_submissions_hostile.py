"""What somebody may hand in to break the run, and does not."""

from __future__ import annotations

import csv
import json
import tracemalloc
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pytest
from handing_in import PROBLEMS, answers, brief, handed_in, match, piped
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import UsageError
from backtrace.homework.submissions import open_submissions
from backtrace.homework.submissions.files import Files
from backtrace.homework.submissions.lines import LONGEST

LONG = "student,problem,claim,answer\n"
EVIL = [
    "../../etc/passwd", "C:\\x",
    "=cmd|' /C calc'!A0", "a\0b", "\x1b[31m", "-", "@SUM(A1)", "\u202e",
    "9**9**9", "__import__('os')", "x" * 10**5, "(" * 10**5, "[" * 1000, "🙂" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("text", EVIL, ids=lambda text: ascii(text[:12]))
def test_a_hostile_cell(text: str, tmp_path: Path) -> None:
    """Any text is data: it is an answer, a claim, a problem or a name, whole and unchanged."""
    (tmp_path / "inside").mkdir()
    rows = [text, "p1", "s", "1"], ["ann", text, "s", "2"], ["bob", "p1", text, "3"]
    records = [*rows, ["cat", "p1", "s", text]]
    table = "".join(f"{','.join(row)}\n" for row in records if "," not in text)
    objects = "\n".join(
        json.dumps(dict(zip(("student", "problem", "claim", "answer"), row, strict=True)))
        for row in records
    )
    expected = [(text, "p1", "s", "1"), ("ann", text, "s", "2"), ("bob", "p1", text, "3")]
    for name, data in (("a.csv", LONG + table), ("a.jsonl", objects)):
        submissions = handed_in(tmp_path / "inside", {name: data})
        assert answers(submissions) == [*expected, ("cat", "p1", "s", text)]
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


@pytest.mark.parametrize("text", EVIL, ids=lambda text: ascii(text[:12]))
def test_a_hostile_line(text: str) -> None:
    """In a text any line is an answer, or a claim that the assignment does not have."""
    assert brief(piped(f"[p1]\ns = {text}")) == f"stdin p1 s: {text}"
    assert brief(piped(f"[p1]\n{text}")) == f"stdin p1 {text}: {text}"


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    """Of a line over 1 MB the beginning is kept, marked so that it is no right answer by itself."""
    size = 20 * LONGEST
    files: dict[str, str | bytes] = {
        "ann.txt": f"[p1]\ns = 2*x{' ' * size}+ 1\ndL/dw = 2",
        "b.csv": f"{LONG}bob,p1,s,2*x{' ' * size}+ 1\nbob,p1,dL/dw,2",
        "c.jsonl": f'{{"student": "cat", "x": "{" " * size}"}}\n',
    }
    submissions = handed_in(tmp_path, files)
    for student in ("ann", "bob"):
        first, second = next(s for s in submissions.sheets() if s.student == student).answers
        assert first.answer.startswith("2*x ")
        assert first.answer.endswith(" …")
        assert len(first.answer) <= LONGEST
        assert second.answer == "2"
    assert submissions.warnings == (
        "ann.txt, line 2: longer than 1 MB, and cut off",
        "b.csv, line 2: longer than 1 MB, and cut off",
        "c.jsonl, line 1: not JSON: cut off",
    )


def test_a_long_line_is_never_whole_in_memory(tmp_path: Path) -> None:
    """A line of 64 MB takes no more memory than one of 1 MB that is read."""
    (tmp_path / "ann.txt").write_bytes(b"s = " + b"1" * 2**26)
    tracemalloc.start()
    try:
        list(open_submissions(str(tmp_path), PROBLEMS, match).sheets())
        assert tracemalloc.get_traced_memory()[1] < 12 * LONGEST
    finally:
        tracemalloc.stop()


def test_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files there are, few are open at a time, and none at the end."""
    opened: list[BinaryIO] = []

    def counted(self: Files, number: int) -> BinaryIO:
        assert sum(not file.closed for file in opened) < 20
        opened.append(opening(self, number))
        return opened[-1]

    opening = Files.open
    monkeypatch.setattr(Files, "open", counted)
    submissions = handed_in(tmp_path, {f"{number}.txt": "[p1]\ns = 1" for number in range(50)})
    assert len(answers(submissions)) == 50
    assert all(file.closed for file in opened)


def test_many_lines(tmp_path: Path) -> None:
    """A text with very many answers to one claim has one answer, and says how many there were."""
    lines = 100_000
    submissions = handed_in(tmp_path, {"ann.txt": "[p1]\n" + "s = 1\n" * (lines - 1) + "s = 2"})
    first, _ = submissions.sheets()
    assert brief(submissions) == "ann p1 s: 2"
    assert first.warnings == (f"s: answered {lines} times; the last one counts",)


def test_no_setting_of_the_process_is_changed() -> None:
    """A cell longer than the csv module's limit is read, and the limit is what it was."""
    limit = csv.field_size_limit()
    assert brief(piped(f"{LONG}ann,p1,s,{'1' * 2 * limit}")) == f"ann p1 s: {'1' * 2 * limit}"
    assert csv.field_size_limit() == limit


def test_a_quote_does_not_swallow_the_others(tmp_path: Path) -> None:
    """A quote that is never closed costs no other student an answer."""
    rows = [f"student{number},p1,s,1\n" for number in range(2500)]
    rows[10] = 'student10,p1,s,"1\n'
    submissions = handed_in(tmp_path, {"a.csv": LONG + "".join(rows)})
    assert len({row[0] for row in answers(submissions)}) == len(answers(submissions)) == 2500
    assert submissions.warnings == ("a.csv, line 12: a quote is opened and never closed",)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Students whose files' names are not UTF-8 are two students, and can be written down."""
    for name in (b"\xfe.txt", b"\xff.txt"):
        Path(f"{tmp_path}/{name.decode(errors='surrogateescape')}").write_text("[p1]\ns = 1")
    found = answers(open_submissions(str(tmp_path), PROBLEMS, match))
    assert len({student for student, *_ in found}) == 2
    assert all(student.encode() for student, *_ in found)


def test_half_characters() -> None:
    """A lone surrogate in JSON is text that can be written down."""
    record = '{"student": "\\ud800", "problem": "p1", "claim": "\\ud800", "answer": "\\ud800"}'
    ((*texts,),) = answers(piped(record))
    assert all(text.encode() for text in texts)


def test_unknown_problems() -> None:
    """Problems that the assignment does not have are sheets after its own, as they appear."""
    rows = "".join(f"ann,q{number},s,1\nbob,q{number // 2},s,1\n" for number in range(50))
    sheets = list(piped(LONG + rows).sheets())
    ann = [sheet.problem for sheet in sheets if sheet.student == "ann"]
    assert ann == [*PROBLEMS, *(f"q{number}" for number in range(50))]
    assert len(sheets) == 52 + 27


@pytest.mark.parametrize("line", ["junk {}", "[q{}]\ns = 1", "[p2]\nf{} = 2\nf{} = 3"])
def test_many_unknown_claims(line: str) -> None:
    """Of very many claims that there are not, some are kept, and all those that there are."""
    text = "\n".join(line.format(number, number) for number in range(5000))
    submissions = piped(f"[p1]\ns = 1\n{text}\n[p2]\ns = 2")
    found = answers(submissions)
    assert len(found) == 102
    assert {("stdin", "p1", "s", "1"), ("stdin", "p2", "s", "2")} <= set(found)
    (warning,) = submissions.warnings
    assert warning.startswith("4900 answers are left out")
    assert len(list(submissions.sheets())) == len(submissions)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be opened is mentioned, and the others are read."""

    def refuse(self: Path, mode: str) -> object:
        if self.name == "ann.txt":
            raise PermissionError(13, "Permission denied")
        return opened(self, mode)

    (tmp_path / "ann.txt").touch()
    (tmp_path / "bob.txt").write_text("[p1]\ns = 1")
    opened = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    submissions = open_submissions(str(tmp_path), PROBLEMS, match)
    assert submissions.warnings == ("ann.txt: not read: cannot read ann.txt: permission denied",)
    assert brief(submissions) == "bob p1 s: 1"
    (tmp_path / "bob.txt").unlink()
    with pytest.raises(UsageError, match=r"cannot read ann\.txt: permission denied"):
        open_submissions(str(tmp_path), PROBLEMS, match)


PIECES = [b'"', b",", b";", b"\n", b"\r", b"{", b"}", b"[p1]", b"s", b"=", b"\0", b"\xff"]
PIECES += [LONG.encode(), b'{"student":"a","claim":"s","answer":1}', b"\xef\xbb\xbf"]


@given(
    data=st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join),
    name=st.sampled_from(["a.txt", "a.csv", "a.jsonl", "a"]),
)
def test_junk(data: bytes, name: str) -> None:
    """Whatever bytes there are, they are sheets in a fixed order or an error of this package."""
    with TemporaryDirectory() as folder:
        try:
            submissions = handed_in(Path(folder), {name: data})
        except UsageError as error:
            assert name == "a.csv"
            assert error.message.startswith("a.csv")
            return
        sheets = list(submissions.sheets())
    assert len(sheets) == len(submissions)
    assert len({(sheet.student, sheet.problem) for sheet in sheets}) == len(sheets)
    for sheet in sheets:
        assert all(answer.answer and answer.student == sheet.student for answer in sheet.answers)
        assert len({answer.claim for answer in sheet.answers}) == len(sheet.answers)


def peak_memory(path: Path, count: int) -> int:
    """The most memory that is taken by that many answers, each of another student."""
    path.write_text(LONG + "".join(f"{n * 7919 % count:09},p1,s,{n}*x\n" for n in range(count)))
    tracemalloc.start()
    try:
        submissions = open_submissions(str(path), PROBLEMS, match)
        assert len(submissions) == 2 * count
        assert len(list(islice(submissions.sheets(count), 1000))) == 1000
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_for_each_answer(tmp_path: Path) -> None:
    """Ten times the answers take at most 200 bytes for each more, even with one a student."""
    few, many = 10_000, 100_000
    more = peak_memory(tmp_path / "many.csv", many) - peak_memory(tmp_path / "few.csv", few)
    assert more <= 200 * (many - few)
