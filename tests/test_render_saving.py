"""backtrace.render.saving and backtrace.render.files: a file of any kind, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from backtrace import trace
from backtrace.cli import main
from backtrace.crosscheck import not_checked
from backtrace.errors import UsageError
from backtrace.reading.files import value_at
from backtrace.records import Trace
from backtrace.render import FILES, PLAIN_SHEET, Sheet
from backtrace.render.saving import require_file, save

NUMBERS = trace("w*x - 0*y", w=2, x=-3, y=np.inf)
VECTORS = trace("sum(w*x)", w=[1, 2], x=[-3, np.inf])
SHAPES = trace("sum(W @ x) + b", W=[[1, 2]], x=[3, -0.5], b=1)
NONE = trace("2*3")

KINDS = r"\.csv, \.dot, .* or \.txt"
HEAD = "index,name,op,expression,inputs,shape,value,gradient\n"


def written(traced: Trace, path: Path, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """What the file holds after it is saved."""
    save(traced, not_checked(traced), str(path), sheet)
    return path.read_bytes()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("traced", [NUMBERS, VECTORS, SHAPES, NONE], ids=range(4))
def test_every_kind_of_file(kind: str, traced: Trace, tmp_path: Path) -> None:
    """Every kind is written of any trace, in capitals too, and the same bytes every time."""
    first = written(traced, tmp_path / f"a.{kind}")
    assert first
    assert written(traced, tmp_path / f"b.{kind.upper()}") == first


@pytest.mark.parametrize(("name", "known"), [("theme", "light or dark"), ("direction", "LR or TB")])
def test_what_there_is_not(name: str, known: str, tmp_path: Path) -> None:
    """Another theme or direction is refused with those that there are."""
    with pytest.raises(UsageError, match=f"{name} is {known}, not 'up'"):
        NUMBERS.save(tmp_path / "g.svg", **{name: "up"})  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_save(tmp_path: Path) -> None:
    """A trace writes itself as -o does, with the verdict of its check."""
    VECTORS.save(tmp_path / "g.svg", direction="TB", theme="dark", digits=3, full=True)
    assert "undefined" in (tmp_path / "g.svg").read_text(encoding="utf-8")


def test_csv(tmp_path: Path) -> None:
    """The nodes in order of computation, a row each, arrays as lists."""
    assert written(NUMBERS, tmp_path / "g.csv").decode() == (
        f"{HEAD}0,w,variable,w,,,2,-3\n1,x,variable,x,,,-3,2\n2,v1,mul,w*x,0 1,,-6,1\n"
        "3,0,constant,0,,,0,\n4,y,variable,y,,,inf,0\n5,v2,mul,0*y,3 4,,nan,-1\n"
        "6,L,sub,v1 - v2,2 5,,nan,1\n"
    )
    rows = list(csv.DictReader(written(SHAPES, tmp_path / "g.csv").decode().splitlines()))
    assert rows[0] | {"value": "[[1, 2]]", "shape": "1x2", "gradient": "[[3, -0.5]]"} == rows[0]


@pytest.mark.parametrize("traced", [NUMBERS, VECTORS, SHAPES, NONE], ids=range(4))
def test_csv_has_every_number(traced: Trace, tmp_path: Path) -> None:
    """Numbers read back to the same float; no gradient is an empty cell."""
    rows = csv.DictReader(written(traced, tmp_path / "g.csv").decode().splitlines())
    for row, node in zip(rows, traced.nodes, strict=True):
        assert row["name"] == node.name
        for cell, number in ((row["value"], node.value), (row["gradient"], node.adjoint)):
            if number is None:
                assert cell == ""
            elif np.ndim(number) == 0:
                np.testing.assert_array_equal(float(cell), number)


def test_txt_is_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tree and what stands below it."""
    assert main(["w*x", "w=2", "x=3", "--no-check", "-o", str(tmp_path / "g.txt")]) == 0
    assert capsys.readouterr().out == (tmp_path / "g.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("traced", [NUMBERS, VECTORS, SHAPES, NONE], ids=range(4))
def test_npz(traced: Trace, tmp_path: Path) -> None:
    """An array for every name, in the shape of the variable; the same bytes every time."""
    data = written(traced, tmp_path / "g.npz")
    with np.load(tmp_path / "g.npz", allow_pickle=False) as arrays:
        assert sorted(arrays.files) == sorted(traced.gradients)
        for name, gradient in traced.gradients.items():
            assert arrays[name].shape == np.shape(gradient)
            np.testing.assert_array_equal(arrays[name], gradient)
            assert not np.signbit(arrays[name][arrays[name] == 0]).any()
    assert written(traced, tmp_path / "g.npz") == data


def test_a_variable_may_have_any_name(tmp_path: Path) -> None:
    """`file`, which numpy.savez does not take, and θ."""
    written(trace("file*θ", file=2, θ=3), tmp_path / "g.npz")
    assert value_at(f"{tmp_path}/g.npz:file", "x") == 3
    assert value_at(f"{tmp_path}/g.npz:theta", "x") == 2


@pytest.mark.parametrize("formulas", [True, False])
def test_json(tmp_path: Path, formulas: bool) -> None:
    """The document that --json prints."""
    document = json.loads(written(SHAPES, tmp_path / "g.json", Sheet(formulas=formulas)))
    assert document["gradients"]["x"] == [1.0, 2.0]
    assert (document["formulas"] is None) != formulas


@pytest.mark.parametrize("path", ["g.xlsx", "g", "npz", ".npz/g", "g.npz "])
def test_another_kind_of_file_is_refused(path: str) -> None:
    """Before anything is traced, and with the kinds that there are."""
    with pytest.raises(UsageError, match=rf"ends in {KINDS}"):
        require_file(path)


def test_what_cannot_be_written_has_a_reason(tmp_path: Path) -> None:
    """A missing directory, a file as one, a directory, a pipe; nothing is left behind."""
    (tmp_path / "file").write_text("")
    (tmp_path / "d.csv").mkdir()
    os.mkfifo(tmp_path / "p.csv")
    for path, reason in [
        ("none/g.csv", "no such file or directory"),
        ("file/g.csv", "not a directory"),
        ("d.csv", "is a directory"),
        ("p.csv", "is not an ordinary file"),
        ("a\0.csv", "embedded null byte"),
        ("x" * 300 + ".csv", "file name too long"),
    ]:
        with pytest.raises(UsageError, match=f"cannot write .*: .*{reason}"):
            require_file(str(tmp_path / path))
        with pytest.raises(UsageError, match=f"cannot write .*: .*{reason}"):
            save(NUMBERS, not_checked(NUMBERS), str(tmp_path / path), PLAIN_SHEET)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "file", "p.csv"]


def test_an_earlier_file_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens while it is written, the file is the old one or the new one."""
    path = tmp_path / "g.csv"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", fail)
        with pytest.raises(KeyboardInterrupt):
            save(NUMBERS, not_checked(NUMBERS), str(path), PLAIN_SHEET)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert written(NUMBERS, path).startswith(HEAD.encode())


def test_a_file_keeps_its_permissions_and_a_link_its_file(tmp_path: Path) -> None:
    """A new file is like any other that is made; an old one stays as private as it was."""
    path, link = tmp_path / "g.csv", tmp_path / "link.csv"
    (tmp_path / "other").write_text("")
    written(NUMBERS, path)
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    path.chmod(0o600)
    link.symlink_to(path)
    written(VECTORS, link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith(HEAD)


@pytest.mark.parametrize("view", [[], ["-q"], ["--json"], ["--view", "table"]])
def test_the_command_writes_besides_what_it_shows(
    view: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """-o changes nothing on the screen; --wrt says which gradients are written."""
    words = ["w*x", "w=2", "x=3", "--wrt", "w", "--no-check", *view]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert main([*words, "-o", str(tmp_path / "g.npz")]) == 0
    assert capsys.readouterr().out == shown
    with np.load(tmp_path / "g.npz") as arrays:
        assert dict(arrays) == {"w": 3.0}


def test_the_result_is_not_lost_where_the_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full in the end, the gradients stand on the screen; the exit code is 2."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    code = main(["w*x", "w=2", "x=3", "-q", "--no-check", "-o", str(tmp_path / "g.svg")])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "w\t3\nx\t2\n")
    assert captured.err == f"error: cannot write {tmp_path}/g.svg: no space left on device\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["none/g.svg", "folder.svg"])
def test_a_place_that_cannot_be_written_is_refused_before_the_trace(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing folder, or a folder of that name, is told without a result."""
    (tmp_path / "folder.svg").mkdir()
    assert main(["w*x", "w=2", "x=3", "-o", str(tmp_path / path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: cannot write ")


def test_the_kind_of_file_is_refused_before_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """An end that is not known is told without a result."""
    assert main(["w*x", "w=2", "x=3", "-o", "g.xlsx"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.search(f"ends in {KINDS}", captured.err)
