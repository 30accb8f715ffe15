"""`backtrace lint` as a user meets it: what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import ROOT, run

from backtrace.cli import main
from backtrace.homework.courses.linting import CODES

HEAD = 'title = "HW 1"\n'
PROBLEM = '[[problem]]\nid = "p1"\nprogram = "s = w*x - y; L = s**2"\n'
GOOD = HEAD + PROBLEM + 'at = { w = 2, x = -3, y = 1 }\nclaim = [{ of = "dL/dw" }]\n'
WEAK = GOOD.replace("w = 2, x = -3, y = 1", "w = 1, x = 1, y = 2")
WRONG = GOOD.replace('of = "dL/dw"', 'of = "dL/dw", answer = "2*s"')


def lint(folder: Path, text: str | bytes, *words: str) -> int:
    """The exit code for an assignment with this text, in this process."""
    path = folder / "hw.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return main(["lint", str(path), *words])


def test_nothing_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An assignment without a fault says so and exits 0."""
    assert lint(tmp_path, GOOD) == 0
    assert capsys.readouterr() == ("nothing to mend\n", "")


def test_warnings_are_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A weak point is a warning, with a better point to type; the exit code is 0."""
    assert lint(tmp_path, WEAK) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.startswith("p1, dL/dw: warning weak-point\n")
    assert "better: at = { w = " in captured.out


def test_errors_are_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pinned answer that is wrong is an error, with the mistake that was made in it."""
    assert lint(tmp_path, WRONG) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.startswith("p1, dL/dw: error answer\n")
    assert "missing-local" in captured.out


@pytest.mark.parametrize(
    ("text", "code", "codes"),
    [
        (GOOD, 0, set()),
        (WEAK, 0, {"weak-point"}),
        (WRONG, 1, {"answer"}),
        (GOOD.replace("s**2", "s**"), 1, {"program"}),
        (GOOD.replace("y = 1", "z = 1"), 1, {"program"}),
        (GOOD.replace("w = 2", 'w = "__import__(1)"'), 1, {"program"}),
        (GOOD.replace("dL/dw", "dL/dq"), 1, {"claim"}),
        (GOOD.replace('{ of = "dL/dw" }', '{ of = "dL/dw" }, { of = "∂L/∂w" }'), 1, {"twice"}),
        (GOOD.replace("HW 1", 'HW 1"\npoints = 7\n#"'), 1, {"total"}),
        (GOOD.replace("dL/dw", "w"), 0, {"ambiguous"}),
        (GOOD.replace("s**2", "log(-s**2)"), 1, {"undefined"}),
    ],
)
def test_json(
    text: str, code: int, codes: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--json has every concern with its place and its code; only errors make the exit code 1."""
    assert lint(tmp_path, text, "--json") == code
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "backtrace.lint/1"
    assert {concern["code"] for concern in found["concerns"]} == codes
    for concern in found["concerns"]:
        assert concern["is_error"] is CODES[concern["code"]][0]
        assert concern["place"]
        assert concern["text"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "problem"),
        ("title", "line 1"),
        (HEAD, "problem"),
        (GOOD.replace("claim", "clame"), "clame"),
        (GOOD.replace("at = {", "at = ["), "line"),
        (b"\xff\xfe\0bad", "hw.toml"),
        (GOOD.replace('"p1"', "1"), "id"),
        (GOOD + "claim = 3\n", "line"),
        (GOOD.replace("[{", "[" * 5000 + "{"), "hw.toml"),
    ],
)
def test_files_that_cannot_be_read(
    text: str | bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no assignment exits 2, with what is wrong and where, and no traceback."""
    assert lint(tmp_path, text) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "ASSIGNMENT"),
        (("none.toml",), "cannot read none.toml: no such file"),
        ((".",), "is a directory"),
        (("a\0.toml",), "cannot read"),
        (("hw.toml", "more.toml"), "more.toml"),
        (("hw.toml", "--jsn"), "--json"),
        (("hw.toml", "--color", "blue"), "--color"),
    ],
)
def test_bad_input_is_answered(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used exits 2 with a message on standard error."""
    assert main(["lint", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "env", [{"COLUMNS": "80"}, {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "COLUMNS": "40"}]
)
def test_screens(env: dict[str, str]) -> None:
    """Lines keep to the width of the screen and to its characters; both streams are right."""
    done = run("lint", "examples/homework/weak.toml", env=env, cwd=ROOT)
    assert (done.returncode, done.stderr) == (1, "")
    assert max(map(len, done.stdout.splitlines())) <= int(env["COLUMNS"])
    assert done.stdout.isascii() is ("PYTHONUTF8" in env)


def test_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--color decides; --help explains."""
    assert lint(tmp_path, WRONG, "--color", "always") == 1
    assert "\x1b[" in capsys.readouterr().out
    assert main(["lint", "--help"]) == 0
    assert "--json" in capsys.readouterr().out
