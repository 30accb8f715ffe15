"""`backtrace grade` as a user meets it: formats, streams, exit codes, and going on after a stop."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from command_line import run

from backtrace.cli import main
from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports import REPORTS, Report
from backtrace.homework.running import journal

HOMEWORK = """
title = "HW 1"
[[problem]]
id = "p1"
program = "s = w*x - y; L = s**2"
at = { w = 2, x = -3, y = 1 }
claim = [{ of = "dL/ds" }, { of = "dL/dw", points = 2 }]
"""
ANSWERS = """student,problem,claim,answer
ann,p1,dL/ds,2*s
ann,p1,dL/dw,2*s*x
bob,p1,dL/ds,-14
bob,p1,dL/dw,2*s
"""
HIDDEN = "1.510"  # the right number where bob's is wrong


@pytest.fixture(autouse=True)
def _course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A homework with four answers, of which the last is wrong, in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("hw.toml").write_text(HOMEWORK)
    Path("a.csv").write_text(ANSWERS)
    Path("right.csv").write_text("\n".join(ANSWERS.splitlines()[:4]) + "\nbob,p1,dL/dw,42\n")


def grade(*words: str, of: str = "a.csv") -> int:
    """The exit code of grading in this process."""
    return main(["grade", "hw.toml", of, *words])


# -- results


def states(text: str, form: str) -> list[str]:
    """The state of every claim in a report, as far as its format says."""
    match form:
        case "json":
            students = json.loads(text)["students"]
            claims = [c for s in students for p in s["problems"] for c in p["claims"]]
            return [claim["state"] for claim in claims]
        case "jsonl":
            return [json.loads(line)["state"] for line in text.splitlines()]
        case "csv":
            return [row["state"] for row in csv.DictReader(io.StringIO(text))]
        case "gradescope":
            return [test["extra_data"]["state"] for test in json.loads(text)["tests"]]
        case "junit":
            cases = ET.fromstring(text).iter("testcase")  # noqa: S314  (it is our own)
            return ["correct" if c.find("failure") is None else "wrong" for c in cases]
        case "csv-students":
            rows = list(csv.DictReader(io.StringIO(text)))
            return [s for row in rows for s in ("correct", "wrong") for _ in range(int(row[s]))]
    return [word.strip("*") for word in text.split() if word in ("**correct**", "**wrong**")]


@pytest.mark.parametrize("form", REPORTS)
def test_formats(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every format has the same verdicts, on standard output and in a file, byte for byte."""
    assert grade("--format", form) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert states(captured.out, form) == ["correct", "correct", "correct", "wrong"]
    assert grade("--format", form, "-o", "out") == 0
    assert capsys.readouterr() == ("", "")
    assert Path("out").read_bytes().decode() == captured.out
    assert not Path("out.journal").exists()


@pytest.mark.parametrize("report", [r for r in REPORTS.values() if r.suffix])
def test_the_suffix_says_the_format(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --format the end of the path is the format; --format comes before it."""
    path = f"o{report.suffix.upper()}"
    assert grade("-o", path) == 0
    assert grade("--format", report.name) == 0
    assert Path(path).read_text() == capsys.readouterr().out
    assert grade("-o", path, "--format", "csv") == 0
    assert states(Path(path).read_text(), "csv")[-1] == "wrong"


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a format there is a table for people, with totals and the likeliest mistake."""
    assert grade() == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "HW 1   2 students, mean 2 of 3" in captured.out
    assert "ann         3/3   ✓✓" in captured.out
    assert "bob         1/3   ✓✗" in captured.out
    assert "missing-local 1: p1 dL/dw" in captured.out


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` reads the answers from standard input, whatever their format."""
    lines = "".join(
        json.dumps(row) + "\n" for row in csv.DictReader(io.StringIO(ANSWERS), strict=True)
    )
    for data in (ANSWERS, lines):
        piped = io.TextIOWrapper(io.BytesIO(data.encode()))
        monkeypatch.setattr(sys, "stdin", piped)
        assert grade("--format", "jsonl", of="-") == 0
        assert states(capsys.readouterr().out, "jsonl")[-2:] == ["correct", "wrong"]
    monkeypatch.setattr(sys, "stdin", None)
    assert grade(of="-") == 2
    assert "there is no standard input" in capsys.readouterr().err


def test_strict(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong answer is no failure of grading, unless --strict asks for one."""
    assert grade("--strict") == 1
    assert grade("--strict", of="right.csv") == 0
    Path("few.csv").write_text("\n".join([*ANSWERS.splitlines()[:3], "bob,p1,dL/ds,-14"]))
    assert grade("--strict", of="few.csv") == 1  # one is missing
    assert grade("--strict", "-o", "o.json") == 1
    assert json.loads(Path("o.json").read_text())["students"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message", "point", "right"),
    [
        (("--hints", "none"), False, False, False),
        (("--hints", "code"), False, False, False),
        (("--hints", "short"), True, False, False),
        (("--hints", "full"), True, True, False),
        ((), True, True, False),
        (("--reveal",), True, True, True),
    ],
)
@pytest.mark.parametrize("form", ["json", "markdown", "gradescope", "junit"])
def test_what_students_see(
    words: tuple[str, ...],
    message: bool,
    point: bool,
    right: bool,
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """--hints withholds as much as it says, and the right number is shown with --reveal only."""
    assert grade("--format", form, *words) == 0
    shown = capsys.readouterr().out
    assert ("the factor" in shown) is message
    assert ("1.573" in shown) is point
    assert (HIDDEN in shown) is right


# -- on processes, and going on


def test_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    """On two processes the report is the same, byte for byte."""
    assert grade("-o", "one.json") == 0
    done = run("grade", "hw.toml", "a.csv", "--jobs", "2", "-o", "two.json", cwd=Path.cwd())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert Path("two.json").read_bytes() == Path("one.json").read_bytes()
    assert capsys.readouterr() == ("", "")


def stopped(monkeypatch: pytest.MonkeyPatch, after: int, *words: str) -> list[int]:
    """A run that is interrupted after so many sheets: how many claims each of them had.

    There are two sheets, so after 2 or more it comes to its end.
    """
    graded: list[int] = []
    append = journal.Journal.append

    def counted(self: journal.Journal, grades: tuple[Grade, ...]) -> None:
        if len(graded) == after:
            raise KeyboardInterrupt
        append(self, grades)
        graded.append(len(grades))

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "append", counted)
        assert grade(*words) == (130 if after < 2 else 0)
    return graded


@pytest.mark.parametrize("after", [0, 1])
def test_resume(
    after: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an interruption nothing stands in the output; --resume grades only what is left."""
    assert grade("-o", "whole.json") == 0
    assert stopped(monkeypatch, after, "-o", "o.json") == [2] * after
    assert "interrupted" in capsys.readouterr().err
    assert not Path("o.json").exists()
    assert grade("-o", "o.json") == 2  # what is there is not thrown away by mistake
    assert "--resume goes on with it" in capsys.readouterr().err
    assert stopped(monkeypatch, 9, "-o", "o.json", "--resume") == [2] * (2 - after)
    assert Path("o.json").read_bytes() == Path("whole.json").read_bytes()
    assert not Path("o.json.journal").exists()


def test_half_a_record(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kill left of a record is dropped, and its sheet is graded again."""
    stopped(monkeypatch, 1, "-o", "o.csv")
    with Path("o.csv.journal").open("ab") as file:
        file.write(b'{"sheet": 1, "gra')
    capsys.readouterr()
    assert grade("-o", "o.csv", "--resume") == 0
    assert "17 bytes of an unfinished record were dropped" in capsys.readouterr().err
    assert len(states(Path("o.csv").read_text(), "csv")) == 4


@pytest.mark.parametrize(("path", "changed"), [("hw.toml", "assignment"), ("a.csv", "submissions")])
def test_resume_with_something_else(
    path: str,
    changed: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the files are others than before, a run does not go on, and nothing is lost."""
    stopped(monkeypatch, 1, "-o", "o.csv")
    before = Path("o.csv.journal").read_bytes()
    Path(path).write_text(Path(path).read_text().replace("2", "3"))
    capsys.readouterr()
    assert grade("-o", "o.csv", "--resume") == 2
    assert f"the {changed} changed" in capsys.readouterr().err
    assert Path("o.csv.journal").read_bytes() == before


def test_resume_with_nothing_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no run was stopped grading begins, and says so; a foreign file is left alone."""
    assert grade("-o", "o.csv", "--resume") == 0
    assert "starts from the beginning" in capsys.readouterr().err
    Path("o.csv.journal").write_text("my diary\n")
    assert grade("-o", "o.csv", "--resume") == 2
    assert "is not a journal" in capsys.readouterr().err
    assert Path("o.csv.journal").read_text() == "my diary\n"


# -- bad input


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "ASSIGNMENT"),
        (("hw.toml",), "SUBMISSIONS"),
        (("none.toml", "a.csv"), "cannot read none.toml: no such file"),
        (("hw.toml", "none.csv"), "cannot read none.csv: no such file"),
        (("a.csv", "hw.toml"), "a.csv, line 1"),
        ((".", "a.csv"), "is a directory"),
        (("hw.toml", "empty"), "there are no submissions in empty"),
        (("hw.toml", "a.csv\0"), "cannot read a.csv"),
        (("hw.toml", "a.csv", "b.csv"), "b.csv"),
        (("hw.toml", "a.csv", "--format", "gradescop"), "did you mean gradescope?"),
        (("hw.toml", "a.csv", "--format", ""), "no format"),
        (("hw.toml", "a.csv", "-o", "o.txt"), "no format for o.txt: end it in .json"),
        (("hw.toml", "a.csv", "-o", "o"), "no format for o"),
        (("hw.toml", "a.csv", "-o", "no/such/o.json"), "cannot write no/such/o.json"),
        (("hw.toml", "a.csv", "-o", "\0.json"), "cannot write"),
        (("hw.toml", "a.csv", "-o", "folder.json"), "is a directory"),
        (("hw.toml", "a.csv", "--resume"), "--resume goes with -o"),
        (("hw.toml", "a.csv", "--jobs", "0"), "--jobs"),
        (("hw.toml", "a.csv", "--jobs", "two"), "--jobs"),
        (("hw.toml", "a.csv", "--hints", "some"), "--hints"),
        (("hw.toml", "a.csv", "--strickt"), "--strict"),
    ],
)
def test_bad_input_is_answered(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read or written exits 2, with a message and nothing on standard output."""
    Path("empty").mkdir()
    Path("folder.json").mkdir()
    assert main(["grade", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not list(Path.cwd().rglob("*.journal"))  # it is told before anything is graded


HOSTILE: dict[str, str | bytes] = {
    "ann.txt": "[p1]\ndL/ds = 2*s\ndL/dw = 2*s*x\n",
    "bytes.txt": bytes(range(32, 256)) * 20,
    "empty.txt": "",
    "picture.png": b"\x89PNG",
    "other.csv": "a,b\n1,2\n",
    "lines.jsonl": '{"student": 1}\n[1\n{"student": "../../x", "problem": "p1", '
    '"claim": "dL/ds", "answer": "=cmd|\'/C calc\'!A0"}\n',
    "huge.txt": "[p1]\ndL/ds = " + "1+" * 60_000 + "1\ndL/dw = 9**9**9\n",
    "deep.txt": "[p1]\ndL/ds = " + "(" * 50_000 + "\n",
    "code.txt": "[p1]\ndL/ds = __import__('os').system('touch made')\n",
    "nul.txt": "[p1]\ndL/ds = 2*s\0\ndL/dw = \x1b[31m\n",
}


@pytest.mark.parametrize("form", [None, *REPORTS])
def test_bad_files_are_no_end(form: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with files of all kinds is graded; what is no answer earns nothing."""
    folder = Path("folder")
    folder.mkdir()
    for name, data in HOSTILE.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    words = ["--format", form] if form else []
    assert grade(*words, of="folder") == 0
    captured = capsys.readouterr()
    assert "picture.png: not read" in captured.err
    assert "other.csv: not read" in captured.err
    assert "lines.jsonl, line 2: not JSON" in captured.err
    assert "\x1b" not in captured.out + captured.err
    assert not (folder / "made").exists()
    assert not Path("made").exists()
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(captured.out)))
        paid = {row["student"] for row in rows if float(row["score"])}
        assert paid == {"ann"}
        assert not any(row["answer"].startswith("=") for row in rows)


def test_answers_of_one_student_and_all_unreadable(capsys: pytest.CaptureFixture[str]) -> None:
    """The report of an autograder is written even where nothing could be read, and exits 0."""
    Path("eve.txt").write_text("[p1]\ndL/ds = 2*\ndL/dw = (((\n")
    assert grade("--format", "gradescope", "-o", "results.json", of="eve.txt") == 0
    found = json.loads(Path("results.json").read_text())
    assert {test["status"] for test in found["tests"]} == {"failed"}
    assert found["score"] == 0
    assert capsys.readouterr() == ("", "")


def test_an_output_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays, and what was graded is kept: --resume writes it later."""
    Path("o.json").write_text("of last week")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        assert grade("-o", "o.json") == 2
    assert "cannot write o.json: no space left" in capsys.readouterr().err
    assert Path("o.json").read_text() == "of last week"
    assert sorted(path.name for path in Path.cwd().glob("*o.json*")) == ["o.json", "o.json.journal"]
    assert stopped(monkeypatch, 9, "-o", "o.json", "--resume") == []
    assert json.loads(Path("o.json").read_text())["title"] == "HW 1"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help says what the exit codes mean."""
    assert main(["grade", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--resume" in shown
    assert "gradescope" in shown
    assert "Exit code: 0 grading worked" in shown
