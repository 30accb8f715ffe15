"""`backtrace descend` that is interrupted, and what it leaves in files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import ROOT, environment, run

from backtrace import descend
from backtrace.cli import main

PROGRAM, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
SQUARE = (PROGRAM, "w=1", "x=1", "y=2", "--wrt", "w", "--lr", "0.1")
LINE = ("mean((w*x + b - y)**2)", "--data", str(ROOT / "examples" / "points.csv"))
STREAMED = ["--json", "--jsonl", "--csv"]
VIEWS = [[], ["-q"], *([view] for view in STREAMED), ["--show", "0"], ["--explain"]]


@pytest.fixture(autouse=True)
def _piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of any length, as in a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)


def step(*words: str) -> int:
    """The exit code of a descent in this process."""
    return main(["descend", *words])


def square(**options: Any) -> Any:
    """The same descent in Python."""
    return descend(PROGRAM, AT, **{"wrt": "w", "lr": 0.1, **options})


def parameters(text: str, view: str) -> Iterator[float]:
    """w in every state that was printed."""
    if view == "--csv":
        yield from (float(row["w"]) for row in csv.DictReader(text.splitlines()))
    else:
        lines = text.splitlines() if view == "--jsonl" else [text]
        documents = list(map(json.loads, lines))
        whole = view == "--json"
        records = [*documents[0]["steps"], documents[0]["final"]] if whole else documents
        yield from (record["values"]["w"] for record in records)


# -- Ctrl-C

INTERRUPTING = """
    import signal, sys
    from backtrace.descent.walk import Walk

    go, times = Walk.go, []
    def interrupted(self, states, most):
        go(self, states, min(most, 100))
        if self.made >= 500 and not times:
            times.append(signal.raise_signal(signal.SIGINT))

    Walk.go = interrupted
    from backtrace.__main__ import main
    main()
"""


def interrupted(*words: str) -> subprocess.CompletedProcess[str]:
    """A descent that gets Ctrl-C after 500 updates."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTING), "descend", *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_reached_is_printed(view: list[str], tmp_path: Path) -> None:
    """After Ctrl-C the result stands there whole, is saved, and the exit code is 130."""
    path = tmp_path / "w.json"
    done = interrupted(*SQUARE[:-1], "1e-3", "--steps", str(10**9), "--save", str(path), *view)
    assert (done.returncode, done.stderr) == (130, "backtrace: interrupted\n")
    saved = json.loads(path.read_text())["w"]
    reached = [s.values["w"] for s in square(lr=1e-3, steps=700).steps]
    assert saved in reached[500:]
    made = reached.index(saved)
    if view and view[0] in STREAMED:
        assert list(parameters(done.stdout, view[0])) == reached[: made + 1]
    elif view == ["-q"]:
        assert done.stdout == f"{saved!r}\n"
    else:
        assert done.stdout.endswith("\nnot checked\n")
        assert f"interrupted after {made} updates\n" in done.stdout or "--show" in view


def test_a_real_signal() -> None:
    """Ctrl-C from outside, in the midst of it: all lines are whole, the last one too."""
    with subprocess.Popen(
        [sys.executable, "-m", "backtrace", "descend", *SQUARE[:-1], "1e-9", "--jsonl",
         "--steps", str(10**12)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        lines, stderr = [first, *process.stdout], process.stderr.read()
    records = list(map(json.loads, lines))
    assert [record["step"] for record in records] == list(range(len(records)))
    assert (process.returncode, stderr) == (130, "backtrace: interrupted\n")


@pytest.mark.parametrize("view", [["--json"], ["-q"], []])
def test_ctrl_c_while_torch_is_at_it(
    view: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A check that is broken off takes nothing with it: the result is printed and saved."""

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backtrace.descent.records.Descent.check", broken)
    path = tmp_path / "w.json"
    assert step(*SQUARE, "--steps", "2", "--save", str(path), *view) == 130
    captured = capsys.readouterr()
    assert captured.err == "error: the check was broken off\nbacktrace: interrupted\n"
    assert json.loads(path.read_text()) == {"w": square(steps=2).final.values["w"]}
    if view == ["--json"]:
        assert json.loads(captured.out)["check"]["status"] == "not-checked"


# -- files


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_save_and_go_on(suffix: str, tmp_path: Path) -> None:
    """Parameters that were saved, and read by --bindings, go on as if nothing had been."""
    path = str(tmp_path / f"params{suffix}")
    again = ("--lr", "0.01", "--no-check", "-q")
    whole = run("descend", *LINE, "w=0.1", "b=1/3", "--steps", "9", *again)
    first = run("descend", *LINE, "w=0.1", "b=1/3", "--steps", "4", "--save", path, *again)
    second = run("descend", *LINE, "--bindings", path, "--steps", "5", *again)
    assert [done.returncode for done in (whole, first, second)] == [0, 0, 0]
    assert second.stdout == whole.stdout != first.stdout


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_what_is_saved(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every parameter by its name in its shape; what was there is replaced."""
    path = tmp_path / f"params{suffix.upper()}"
    path.write_text("something else")
    words = ("sum(file @ W) + ŷ", "file=[[1, 2]]", "W=[[1], [3]]", "ŷ=1e-300", "--wrt", "W,ŷ,file")
    assert step(*words, "--steps", "1", "--lr", "1/4", "--save", str(path), "--no-check") == 0
    assert capsys.readouterr().err == ""
    saved = dict(np.load(path)) if suffix == ".npz" else json.loads(path.read_text())
    assert list(saved) == ["W", "yhat", "file"]
    values = [np.asarray(value).tolist() for value in saved.values()]
    assert values == [[[0.75], [2.5]], -0.25, [[0.75, 1.25]]]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_what_is_saved_of_a_divergence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last parameters that are numbers, which a note says; none where there are none."""
    path = tmp_path / "w.json"
    assert step("w", "w=1", "--lr", "1e308", "--no-check", "-q", "--save", str(path)) == 3
    assert json.loads(path.read_text()) == {"w": -1e308}
    told = f"note: {path} has the parameters of step 1, the last finite ones\n"
    assert told in capsys.readouterr().err
    path.unlink()
    assert step("log(w)", "w=-1", "--no-check", "-q", "--save", str(path)) == 3
    assert f"note: {path} is not written: there are no finite par" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_plot(suffix: str, tmp_path: Path) -> None:
    """--plot writes an image of the kind, after the descent, and the view is as without it."""
    path = tmp_path / f"path{suffix}"
    done = run("descend", *SQUARE, "--steps", "3", "--plot", str(path), "--no-check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("descend", *SQUARE, "--steps", "3", "--no-check").stdout
    begins = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert path.read_bytes().startswith(begins[suffix])


def test_the_plot_comes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file is there while the descent goes on, and none after an error."""
    path, seen = tmp_path / "path.svg", list[bool]()

    def line(*_: object) -> str:
        seen.append(path.exists())
        return ""

    monkeypatch.setattr("backtrace.render.descents.streams.JsonLines.line", line)
    assert step(*SQUARE, "--steps", "3", "--jsonl", "--plot", str(path), "--no-check") == 0
    assert seen == [False] * 4
    assert path.exists()
    path.unlink()
    assert step(PROGRAM, "w=1", "--plot", str(path)) == 2
    assert not path.exists()
    capsys.readouterr()


@pytest.mark.parametrize(("words", "imported"), [([], False), (["--plot", "path.svg"], True)])
def test_matplotlib_is_imported_for_a_plot_only(
    words: list[str], tmp_path: Path, *, imported: bool
) -> None:
    """Who asks for no plot waits for none."""
    program = (
        "import sys; from backtrace.cli import main; main(sys.argv[1:]);"
        "print('matplotlib' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "descend", *SQUARE, "--no-check", *words],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=tmp_path,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == str(imported)


PLACES = [
    (["--save", "no/such/w.json"], "no/such/w.json: no such file or directory"),
    (["--save", "w.txt"], "w.txt: the file of --save ends in .json or .npz"),
    (["--save", "w"], "w: the file of --save ends in .json or .npz"),
    (["--save", "folder.json"], "folder.json: is a directory"),
    (["--save", "file.txt/w.json"], "file.txt/w.json: not a directory"),
    (["--plot", "path.gif"], "path.gif: the file of --plot ends in .svg, .png or .pdf"),
    (["--plot", "no/path.svg"], "no/path.svg: no such file or directory"),
    (["--plot", "/dev/null.d/path.svg"], "/dev/null.d/path.svg: no such file or directory"),
    (["--save", "w.json", "--plot", "w.json"], "w.json: the file of --plot ends in .svg, .png"),
]


@pytest.mark.parametrize(("words", "told"), PLACES)
def test_places_that_cannot_be_written(words: list[str], told: str, tmp_path: Path) -> None:
    """They are told before anything is run, however long that would take."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file.txt").write_text("")
    done = run("descend", *SQUARE, "--steps", str(10**12), *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: cannot write {told}")
    assert done.stderr.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file.txt", "folder.json"]


def test_a_folder_where_nothing_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new file in a folder without the permission is refused beforehand."""
    may = os.access
    folder = os.path.join(tmp_path, "")  # noqa: PTH118  (with the slash)
    monkeypatch.setattr(os, "access", lambda p, mode: p != folder and may(p, mode))
    path = str(tmp_path / "w.json")
    assert step(*SQUARE, "--save", path) == 2
    captured = capsys.readouterr()
    told = f"error: cannot write {path}: permission denied\n"
    assert (captured.out, captured.err) == ("", told)
