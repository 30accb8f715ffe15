"""backtrace.cli.consoles: width, colour, ASCII, and user text that is never markup."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from command_line import environment, run

WIDE = ("a_long_name*another_long_name + exp(-a_long_name**2)/(1 + another_long_name)",)
VALUES = ("a_long_name=1", "another_long_name=2", "--no-check")
ESCAPE = "\x1b["


def on_a_terminal(*words: str, env: dict[str, str] | None = None) -> str:
    """What the command prints where standard output is a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "backtrace", *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment({"COLUMNS": "80", **(env or {})}),
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        output += chunk
    os.close(ours)
    process.wait(timeout=30)
    return output.decode()


def test_piped_output_is_plain_and_unwrapped() -> None:
    """A pipe gets whole lines and no colours; a terminal gets both to its width."""
    piped = run(*WIDE, *VALUES).stdout
    assert ESCAPE not in piped
    edge = "├── a_long_name = 1 ∂v1/∂a_long_name = another_long_name = 2 via v1: 1 × 2 = 2"
    (line,) = (line for line in piped.splitlines() if edge in " ".join(line.split()))
    assert len(line) > 80


def test_a_terminal_has_colours_and_a_width() -> None:
    """On a terminal the views are coloured and keep to its width."""
    shown = on_a_terminal(*WIDE, *VALUES)
    assert ESCAPE in shown
    plain = on_a_terminal(*WIDE, *VALUES, "--color", "never")
    assert ESCAPE not in plain
    assert max(map(len, plain.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "always"], {"TERM": "dumb"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"NO_COLOR": "1"}, False),
    ],
)
def test_colour(words: list[str], env: dict[str, str], coloured: bool) -> None:
    """--color decides; left to itself, a pipe has no colours unless FORCE_COLOR is set."""
    for view in ([], ["--view", "table"]):
        done = run("relu(x)", "x=1", "--no-check", *view, *words, env=env)
        assert (f"{ESCAPE}3" in done.stdout or ";3" in done.stdout) == coloured


def test_a_terminal_tells_the_reason_once() -> None:
    """On a terminal the verdict stands below the view, and no message repeats it."""
    shown = on_a_terminal("log(x)", "x=-1", "--no-check", "--color", "never")
    assert shown.count("log needs a number above 0") == 1
    assert "error:" not in shown


def test_no_color_on_a_terminal() -> None:
    """NO_COLOR leaves no colour codes on a terminal."""
    shown = on_a_terminal("relu(x)", "x=1", "--no-check", env={"NO_COLOR": "1"})
    assert not any(f"{ESCAPE}{code}m" in shown for code in range(30, 38))


@pytest.mark.parametrize("view", [[], ["--view", "table"], ["--node", "L"], ["-q"], ["--json"]])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_encodings(view: list[str], encoding: str) -> None:
    """Every view can be printed in every encoding; ASCII has no escapes for what is drawn."""
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run("σ(w x) + é", "w=2", "x=1", "é=1", *view, "--no-check", env=env)
    assert done.returncode == 0, done.stderr
    if view == ["--json"]:
        assert json.loads(done.stdout)["program"] == "σ(w x) + é"
    elif view == ["-q"]:
        assert "w\t" in done.stdout
    elif encoding == "ascii":
        assert done.stdout.isascii()
        assert "\\xe9" in done.stdout
        assert "\\u2" not in done.stdout
    elif encoding == "utf-8":
        assert "∂" in done.stdout
        assert "é" in done.stdout


def test_the_c_locale() -> None:
    """LC_ALL=C prints without an error."""
    done = run("σ(x)", "x=1", "--no-check", env={"LC_ALL": "C", "PYTHONUTF8": ""})
    assert done.returncode == 0, done.stderr


def test_user_text_is_not_markup() -> None:
    """Brackets and emoji codes in a program are printed as typed."""
    done = run("x[bold] + :smile:", "x=1")
    assert "x[bold] + :smile:" in done.stderr
    done = run("x + y # [red]", "x=1", "y=2", "--no-check", "--color", "always")
    assert done.returncode == 0
