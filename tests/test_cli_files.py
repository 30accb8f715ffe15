"""backtrace.cli.files and .values: programs and data from files and from standard input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run

from backtrace.cli import files, main
from backtrace.cli.files import read_program
from backtrace.errors import UsageError

CONTENTS = [
    (b"x**2\n", "x**2\n"),
    (b"a = 1\r\nb = a\r\n", "a = 1\nb = a\n"),
    (b"\xef\xbb\xbfx", "x"),
    ("σ(ŷ)".encode(), "σ(ŷ)"),
    (b"", ""),
]
UNREADABLE = [
    (b"x\0y", "is not a text file"),
    (b"\x7fELF\x02\x01\x01\0", "is not a text file"),
    (b"x**2\nx\xb2", "is not UTF-8 text: byte 6, line 2"),
    ("x".encode("utf-16"), "is not"),
]


@pytest.mark.parametrize(("data", "text"), CONTENTS)
def test_a_file_is_text(tmp_path: Path, data: bytes, text: str) -> None:
    """UTF-8, with or without a byte order mark, with either line ending."""
    path = tmp_path / "model.bt"
    path.write_bytes(data)
    assert read_program(str(path)) == text


@pytest.mark.parametrize(("data", "message"), UNREADABLE)
def test_a_file_that_is_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    """Binary and other encodings are refused by name."""
    path = tmp_path / "model.bt"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as caught:
        read_program(str(path))
    assert "model.bt" in caught.value.message


def test_missing_directory_and_nameless(tmp_path: Path) -> None:
    """A missing file, a directory and an impossible name are refused."""
    for path, reason in [
        (str(tmp_path / "none.bt"), "no such file"),
        (str(tmp_path), "is a directory"),
        ("a\0b", "cannot read"),
        ("x" * 5000, "too long"),
    ]:
        with pytest.raises(UsageError, match=reason):
            read_program(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused without being read to its end."""
    monkeypatch.setattr(files, "LIMIT", 2**20)
    path = tmp_path / "model.bt"
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(UsageError, match="larger than 1 MB"):
        read_program(str(path))


POINTS = "x,y,name,unused,mean,x y\n1,3,a,7,1,1\n2,5,b,8,1,1\n3,7,c,9,1,1\n"
LOSS = "mean((w*x + b - y)**2)"
NETWORK = {"w": 0, "b": "1/4", "x": [1, 1, 1], "spare": [[1, 2]]}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a table and documents, in which the test runs."""
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "twice.csv").write_text("x,x,y\n1,2,3\n")
    (tmp_path / "net.json").write_text(json.dumps(NETWORK))
    (tmp_path / "net.toml").write_text('w = 0\nb = "1/4"\n')
    np.savez(tmp_path / "net.npz", w=0, b=0.25)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quiet(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The gradients that -q prints, by name; a single one has none."""
    assert main([*words, "-q", "--no-check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    pairs = [line.rpartition("\t") for line in lines]
    return {name: json.loads(value) for name, _, value in pairs}


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What stands on standard error, with nothing on standard output, and exit code 2."""
    assert main([*words, "--no-check"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.usefixtures("data")
def test_data_offers_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """--data gives the columns that the program uses; no other one is read or has a gradient."""
    found = quiet(capsys, LOSS, "--data", "points.csv", "w=0", "b=0", "--wrt", "w,b")
    assert found == {"w": pytest.approx(-68 / 3), "b": -10}
    assert list(quiet(capsys, LOSS, "--data=points.csv", "w=0", "b=0")) == ["w", "x", "b", "y"]


@pytest.mark.usefixtures("data")
def test_what_is_typed_wins_over_bindings_and_these_over_data(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A value of the command line, then one of --bindings, then a column of --data."""
    words = (LOSS, "--data", "points.csv", "--bindings", "net.json", "--wrt", "w,b")
    ones = {"w": 2 * (0.25 - 5), "b": 2 * (0.25 - 5)}
    assert quiet(capsys, *words) == ones
    twos = {"w": 4 * (0.5 - 5), "b": 2 * (0.5 - 5)}
    assert quiet(capsys, *words, "b=1/2", "x=[2,2,2]") == twos


@pytest.mark.parametrize("file", ["net.json", "net.toml", "net.npz"])
@pytest.mark.usefixtures("data")
def test_bindings_by_name(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--bindings reads JSON, TOML and numpy's archives."""
    found = quiet(capsys, "w*2 + b**2", "--bindings", file, "--wrt", "w,b")
    assert found == {"w": 2, "b": 0.5}


@pytest.mark.usefixtures("data")
def test_bindings_that_are_not_used_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A file may serve several programs; --wrt may name what this one does not use."""
    assert quiet(capsys, "w + b", "--bindings", "net.json") == {"w": 1, "b": 1}
    assert quiet(capsys, "w + b", "--bindings", "net.json", "--wrt", "w,x") == {
        "w": 1,
        "x": [0] * 3,
    }


@pytest.mark.usefixtures("data")
def test_bindings_that_are_not_used_may_be_anything(capsys: pytest.CaptureFixture[str]) -> None:
    """A comment among the values, with --data beside it too, stops no program but its own."""
    Path("notes.json").write_text('{"w": 2, "b": 1, "made": "by hand"}')
    words = ("--bindings", "notes.json", "--wrt", "w,b")
    assert quiet(capsys, "w + b", *words) == {"w": 1, "b": 1}
    assert quiet(capsys, "sum(x)*w*b", "--data", "points.csv", *words).keys() == {"w", "b"}
    assert main(["w*made", "--bindings", "notes.json"]) == 2
    assert "notes.json: not a number" in capsys.readouterr().err


@pytest.mark.usefixtures("data")
def test_wrt_may_name_a_column_that_is_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    """Its gradient is 0, with the notice, in the shape of the column."""
    assert main([LOSS, "--data", "points.csv", "w=0", "b=0", "--wrt", "unused", "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "[0, 0, 0]\n"
    assert "unused is not in the program" in captured.err


@pytest.mark.usefixtures("data")
def test_a_column_does_not_hide_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    """A column called mean leaves mean(x) what it is; by name it is bound all the same."""
    assert quiet(capsys, "mean(x)*w", "--data", "points.csv", "w=1", "--wrt", "w") == {"": 2}
    words = ("sum(mean*w)", "mean=@points.csv:mean", "w=1", "--wrt", "w")
    assert quiet(capsys, *words) == {"": 3}


DATA_REFUSED = [
    (["w*name", "--data", "points.csv", "w=1"], 'points.csv, line 2: column name: "a" is not a'),
    (
        ["w*X", "--data", "points.csv", "w=1"],
        "no value for X: give one, as in X=1; did you mean x?",
    ),
    (["x", "--data", "points.csv", "--wrt", "q"], "no variable 'q' to differentiate by"),
    (["x", "--data", "twice.csv"], "twice.csv has 2 columns called x"),
    (["x", "--data", "none.csv"], "cannot read none.csv: no such file or directory"),
    (["x", "--data", "net.json"], "the file of --data ends in .csv, .tsv or .txt"),
    (["x", "--bindings", "points.csv"], "the file of --bindings ends in .json, .toml or .npz"),
    (["x", "--bindings", "."], "cannot read .: is a directory"),
    (["sum(x)", "x=@points.csv:z"], "    x=@points.csv:z\n      ^^^^^^^^^^^^^"),
    (["sum(x)", "--x", "@none.npy"], "    --x @none.npy\n        ^^^^^^^^^"),
    (["x", "--x", "@"], "the name of a file is missing after @"),
    (["x", "x=1", "--seed", "abc"], "    --seed abc\n           ^^^"),
    (["x", "x=1", "--seed", "@none.npy"], "cannot read none.npy"),
    (["-", "--data", "-"], "standard input is read once, not as the program and as --data"),
    (["x", "--bindings=-", "--data", "-"], "not as --data and as --bindings"),
]


@pytest.mark.parametrize(("words", "message"), DATA_REFUSED)
@pytest.mark.usefixtures("data")
def test_data_that_cannot_be_used(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the file, the line and the column, or points at what was typed."""
    assert message in refused(capsys, *words)


@pytest.mark.usefixtures("data")
def test_twice_the_same_column_is_no_matter_where_it_is_not_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two columns of one name are an error only for a program that uses the name."""
    assert quiet(capsys, "sum(w*y)", "--data", "twice.csv", "w=1", "--wrt", "w") == {"": 3}


def test_data_from_standard_input(data: Path) -> None:
    """`-` is a table for --data, and JSON for --bindings."""
    words = (LOSS, "w=0", "b=0", "--wrt", "b", "-q", "--no-check")
    assert run(*words, "--data", "-", stdin=POINTS.encode()).stdout == "-10\n"
    text = (data / "net.json").read_bytes()
    assert run("w + b", *words[1:], "--bindings", "-", stdin=text).stdout == "1\n"
    wrong = run("w*name", "w=1", "--data", "-", stdin=POINTS.encode())
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "standard input, line 2: column name" in wrong.stderr


@pytest.mark.usefixtures("data")
def test_a_seed_is_a_value_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    """--seed takes a number, a list or a file, for an output that is not one number."""
    np.save("g.npy", [1, 10])
    for seed in ("[1, 10]", "@g.npy", "[1, sqrt(100)]"):
        assert main(["x**2", "x=[1, 2]", "--seed", seed, "-q", "--no-check"]) == 0
        assert capsys.readouterr().out == "[2, 40]\n"
    assert main(["x**2", "x=3", "--seed", "1/2", "-q", "--no-check"]) == 0
    assert capsys.readouterr().out == "3\n"


def test_expand_and_full_reach_the_trace_and_the_view(capsys: pytest.CaptureFixture[str]) -> None:
    """--expand traces the definition, --full shows every entry."""
    words = ["softmax(x)[0]", "x=[1, 2]", "--no-check", "--wrt", "x", "--view", "table"]
    assert main(words) == 0
    one = capsys.readouterr().out
    assert main([*words, "--expand"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > len(one.splitlines())
    words = ["sum(x)", "x=arange(100)", "--no-check"]
    assert main(words) == 0
    assert " 57, " not in capsys.readouterr().out
    assert main([*words, "--full"]) == 0
    assert " 57, " in capsys.readouterr().out
