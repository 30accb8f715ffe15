"""`backtrace descend` as a user meets it: exit codes, the two streams, the views."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT, environment, run, shell

from backtrace import descend, trace
from backtrace.cli import main
from backtrace.cli.help import DESCEND
from backtrace.descent.rules import RULES
from backtrace.render.descents.updates import explained
from backtrace.render.descents.view import descent
from backtrace.render.views.tree import tree

PROGRAM, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
SQUARE = (PROGRAM, "w=1", "x=1", "y=2", "--wrt", "w", "--lr", "0.1")
EXAMPLES = re.findall(r"backtrace descend .*", DESCEND.examples)
DIVERGED = "diverged at update 512: the loss is inf: (w*x - y)**2 is too large for float64"
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


# -- exit codes and streams


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_help_runs(example: str) -> None:
    """What `descend --help` shows works, and torch.optim goes the same way."""
    done = shell(example, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    last = [line for line in done.stdout.splitlines() if not line.startswith("note: ")][-1]
    assert re.fullmatch(r"✓ checked against torch\.optim\.\w+ of .*: all \d+ updates agree", last)


def test_the_help_has_three_examples() -> None:
    """The test above has not lost one."""
    assert len(EXAMPLES) == 3


def test_the_result_is_what_python_prints() -> None:
    """The view stands on standard output, as print(descent) shows it, with the verdict below."""
    done = run("descend", *SQUARE, "--steps", "20", "--no-check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{square(steps=20)}\nnot checked\n"


@pytest.mark.parametrize("view", VIEWS)
def test_divergence_is_3(view: list[str]) -> None:
    """Whatever the view, the exit code is 3 and standard error says what is not finite."""
    done = run("descend", *SQUARE[:-1], "1.5", "--steps", "2000", "--no-check", *view)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {DIVERGED}")
    assert done.stderr.count("error: ") == 1
    assert done.stdout
    assert ("hint: update 1 overshot: " in done.stderr) == (view in (["-q"], *VIEWS[2:5]))


@pytest.mark.parametrize("view", VIEWS)
def test_a_difference_is_1(
    view: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where torch.optim goes elsewhere the exit code is 1, and both numbers are on stderr."""
    wrong = dataclasses.replace(RULES["sgd"], program="theta = theta - eta*g/2")
    monkeypatch.setattr("backtrace.descent.settings.RULES", {**RULES, "sgd": wrong})
    assert step(*SQUARE, *view) == 1
    captured = capsys.readouterr()
    told = r"error: differs from torch\.optim\.SGD of .* at update 1: w becomes 1\.1, torch's 1\.2"
    assert re.fullmatch(f"{told}\n", captured.err)
    assert captured.out


@pytest.mark.parametrize("view", VIEWS)
def test_without_torch_the_result_is_printed_and_the_exit_code_is_4(
    view: list[str], tmp_path: Path
) -> None:
    """Where torch cannot be imported the result stands on stdout and a message on stderr."""
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    hidden = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}
    done = run("descend", *SQUARE, "--steps", "1", *view, env=hidden)
    assert done.returncode == 4
    assert "1.2" in done.stdout
    assert done.stderr.startswith("error: nothing is checked: torch cannot be imported")
    assert "Traceback" not in done.stderr


def test_the_view_is_printed_before_torch_is_imported(tmp_path: Path) -> None:
    """The steps are flushed first: they can be read while torch is imported."""
    (tmp_path / "torch.py").write_text("import os; os._exit(9)")
    hidden = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}
    done = run("descend", *SQUARE, env=hidden)
    assert done.returncode == 9
    assert "all 100 updates made\n" in done.stdout


def test_the_reason_is_not_told_twice_in_one_place() -> None:
    """Where both streams go to one place, the view says why the exit code is not 0."""
    line = f"backtrace descend '{PROGRAM}' w=1 x=1 y=2 --wrt w --lr 1.5 --steps 999 --no-check"
    done = shell(f"{line} 2>&1")
    assert (done.returncode, done.stdout.count("diverged at update")) == (3, 1)


@pytest.mark.parametrize("view", [[], *([view] for view in STREAMED), ["-q"]])
def test_a_closed_pipe_is_silent(view: list[str]) -> None:
    """A reader that stops early, or at once, is no error."""
    words = " ".join([*view, "--steps 100000 --no-check"])
    for reader in ("head -1", "true"):
        done = shell(f"backtrace descend 'w**2' w=1 --lr 0.1 {words} | {reader}")
        assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_told() -> None:
    """A result that cannot be written is an error, and no traceback."""
    done = shell("backtrace descend 'w**2' w=1 --csv --no-check > /dev/full")
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_told_besides_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """With -q and the streams goals and kinks are notes on standard error."""
    assert step("relu(w)", "w=0", "--until-loss", "1", "-q", "--no-check") == 0
    captured = capsys.readouterr()
    assert captured.out == "0\n"
    first, second = captured.err.splitlines()
    assert first == "note: the loss is at most 1 after 0 updates"
    assert second.startswith("note: ")
    assert "kink" in second


# -- views


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("-q",), "2.0\n"),
        (("-q", "--digits", "3"), "1.79\n"),
        (("-q", "--wrt", "w,x"), "w\t1.4\nx\t1.4\n"),
    ],
)
def test_quiet(words: tuple[str, ...], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last parameters alone, with all their digits or as many as asked for."""
    base = SQUARE if "--wrt" not in words else (*SQUARE[:4], "--lr", "0.1")
    assert step(*base, "--steps", "7", "--no-check", *words) == 0
    found = square(steps=7, wrt="w" if base is SQUARE else "w,x").final.values
    if "--digits" not in words:
        names = [f"{name}\t" for name in found] if len(found) > 1 else [""]
        pairs = zip(names, found.values(), strict=True)
        printed = "".join(f"{name}{value!r}\n" for name, value in pairs)
    assert capsys.readouterr().out == printed


def test_quiet_after_a_divergence(capsys: pytest.CaptureFixture[str]) -> None:
    """The last parameters that are numbers, or those of the start where there were none."""
    assert step("w", "w=1", "--lr", "1e308", "-q", "--no-check") == 3
    assert capsys.readouterr().out == "-1e+308\n"
    assert step("log(w)", "w=-1", "-q", "--no-check") == 3
    assert capsys.readouterr().out == "-1\n"


@pytest.mark.parametrize("updates", [0, 1, 3, 20])
def test_show(updates: int, capsys: pytest.CaptureFixture[str]) -> None:
    """--show K is the trace after K updates, and the arithmetic of the one that follows."""
    assert step(*SQUARE, "--steps", "20", "--show", str(updates), "--no-check") == 0
    found = square(steps=20)
    w = found.state(updates).values["w"]
    expected = tree(trace(PROGRAM, {**AT, "w": w}, wrt="w")).plain
    if updates < 20:
        expected += f"\n{explained(found, updates).plain}"
    assert capsys.readouterr().out == f"{expected}\n\nnot checked\n"


def test_show_of_a_step_that_is_not_reached(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a descent ends sooner the last step is shown, and a note says so."""
    words = ("--until-loss", "0.5", "--show", "50", "--no-check")
    assert step(*SQUARE, *words) == 0
    captured = capsys.readouterr()
    assert captured.err == "note: there is no step 50: this is the last one, 2\n"
    assert "= 0.4096" in captured.out
    assert "update" not in captured.out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """--explain adds the first two updates, quantity by quantity; with --show no one twice."""
    assert step(*SQUARE, "--optimizer", "adam", "--explain", "--no-check") == 0
    found = square(optimizer="adam")
    two = f"{explained(found, 0).plain}\n{explained(found, 1).plain}"
    assert capsys.readouterr().out == f"{descent(found).plain}\n{two}\n\nnot checked\n"
    assert step(*SQUARE, "--explain", "--show", "1", "--no-check") == 0
    printed = capsys.readouterr().out
    assert [printed.count(f"update {k} of w") for k in (1, 2, 3)] == [1, 1, 0]


@pytest.mark.parametrize("view", STREAMED)
def test_streams(view: str) -> None:
    """Every step is on standard output alone, and reads back to the numbers of Python."""
    done = run("descend", *SQUARE, "--steps", "30", "--no-check", view)
    assert (done.returncode, done.stderr) == (0, "")
    found = square(steps=30)
    expected = [s.values["w"] for s in (*found.steps, found.final)]
    assert list(parameters(done.stdout, view)) == expected


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
