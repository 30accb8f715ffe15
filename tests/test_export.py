"""backtrace.cli.export: the gradients in a file, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from backtrace import trace
from backtrace.cli import main
from backtrace.cli.export import export, require_format
from backtrace.crosscheck import not_checked
from backtrace.errors import UsageError
from backtrace.reading.files import value_at
from backtrace.records import Trace

NUMBERS = trace("w*x - 0*y", w=2, x=-3, y=np.inf)
VECTORS = trace("sum(w*x)", w=[1, 2], x=[-3, np.inf])
SHAPES = trace("sum(W @ x) + b", W=[[1, 2]], x=[3, -0.5], b=1)
NONE = trace("2*3")

TABLES = [
    (NUMBERS, "w,x,y\n-3.0,2.0,0.0\n"),
    (VECTORS, "w,x\n-3.0,1.0\ninf,2.0\n"),
    (SHAPES, "name,index,value\nW,0 0,3.0\nW,0 1,-0.5\nx,0,1.0\nx,1,2.0\nb,,1.0\n"),
    (NONE, "name,index,value\n"),
    (trace("sum(W**2)", W=[[1, 2]]), "name,index,value\nW,0 0,2.0\nW,0 1,4.0\n"),
    (trace("sum(x)", x=[]), "x\n"),
]


def written(traced: Trace, path: Path, *, formulas: bool = True) -> bytes:
    """What the file holds after an export."""
    export(traced, not_checked(traced), str(path), formulas=formulas)
    return path.read_bytes()


@pytest.mark.parametrize(("traced", "table"), TABLES, ids=range(len(TABLES)))
def test_csv(traced: Trace, table: str, tmp_path: Path) -> None:
    """Numbers and vectors of one length stand in columns by name, others entry by entry."""
    assert written(traced, tmp_path / "g.csv").decode() == table


def test_csv_reads_back(tmp_path: Path) -> None:
    """A column of the table is the gradient, to the last digit, and @ reads it."""
    numbers = np.random.default_rng(0).normal(size=1000)
    traced = trace("sum(w*x)", w=numbers, x=numbers / 3)
    written(traced, tmp_path / "g.csv")
    for name, gradient in traced.gradients.items():
        np.testing.assert_array_equal(value_at(f"{tmp_path}/g.csv:{name}", name), gradient)


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
    document = json.loads(written(SHAPES, tmp_path / "g.json", formulas=formulas))
    assert document["gradients"]["x"] == [1.0, 2.0]
    assert (document["formulas"] is None) != formulas


@pytest.mark.parametrize("path", ["g.xlsx", "g", "npz", ".npz/g", "g.npz "])
def test_another_kind_of_file_is_refused(path: str) -> None:
    """Before anything is traced, and with the kinds that there are."""
    with pytest.raises(UsageError, match=r"ends in \.npz, \.csv or \.json"):
        require_format(path)


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
            export(NUMBERS, not_checked(NUMBERS), str(tmp_path / path))
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
        patched.setattr("backtrace.cli.export._write_csv", fail)
        with pytest.raises(KeyboardInterrupt):
            export(NUMBERS, not_checked(NUMBERS), str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert written(NUMBERS, path).startswith(b"w,x,y\n")


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
    assert path.read_text().startswith("w,x\n")


@pytest.mark.parametrize("view", [[], ["-q"], ["--json"], ["--view", "table"]])
def test_the_command_writes_besides_what_it_shows(
    view: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """-o changes nothing on the screen; --wrt says which gradients are written."""
    words = ["w*x", "w=2", "x=3", "--wrt", "w", "--no-check", *view]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert main([*words, "-o", str(tmp_path / "g.csv")]) == 0
    assert capsys.readouterr().out == shown
    assert (tmp_path / "g.csv").read_text() == "w\n3.0\n"


def test_the_result_is_not_lost_where_the_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The gradients stand on the screen; the exit code is 2 and says why."""
    code = main(["w*x", "w=2", "x=3", "-q", "--no-check", "-o", str(tmp_path / "none" / "g.csv")])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "w\t3\nx\t2\n")
    assert captured.err.startswith("error: cannot write ")


def test_the_kind_of_file_is_refused_before_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """An end that is not known is told without a result."""
    assert main(["w*x", "w=2", "x=3", "-o", "g.xlsx"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "ends in .npz, .csv or .json" in captured.err
