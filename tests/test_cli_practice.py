"""`backtrace practice` as a user meets it: what is asked, how answers come in, the exit code."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from command_line import environment, run
from recording import ESCAPES, assert_snapshot

from backtrace.cli import main
from backtrace.homework.practice.session import Session
from backtrace.homework.problems.problem import Problem
from backtrace.render import Look
from backtrace.render.practice import opening, prompt, question, reply, score

NEURON = ("sigmoid(w*x + b)", "w=2", "x=-1", "b=1")
RIGHT = [
    *("-2", "-1", "0.269"),
    *("x", "2", "1", "1", "L*(1 - L)"),
    *("1", "L*(1 - L)", "0.197", "0.197", "0.393", "-0.197"),
]
MIXED = [
    *("2", "-2", "-1", "0.27", "h", "0.269"),
    *("h", "x", "w", "1", r"\frac{1}{1}", "s"),
    *("1", "L*(1-L", "L*(1 - L)", "", "h", "h", "h", "?", "v1", "v1", "v1", "q"),
]


def fed(
    words: tuple[str, ...],
    answers: list[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    data: bytes | None = None,
) -> int:
    """The exit code of the command with these lines on standard input."""
    piped = "".join(f"{line}\n" for line in answers).encode() if data is None else data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped), encoding="utf-8"))
    return main(["practice", *words])


# -- in another process


def test_all_right_is_0() -> None:
    """Right answers that are piped in have all points, nothing on stderr, and exit 0."""
    done = run("practice", *NEURON, stdin="\n".join(RIGHT).encode())
    assert (done.returncode, done.stderr) == (0, "")
    assert "14 of 14 points" in done.stdout
    assert "Mistakes" not in done.stdout
    assert "\x1b" not in done.stdout


def test_right_in_the_end_is_0(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Second tries and hints cost points; the exit code is 0 all the same."""
    assert fed(("x*x", "x=3"), ["3", "9", "h", "2*x", "1", "6"], monkeypatch) == 0
    assert "3 of 4 points" in capsys.readouterr().out


def test_mistakes_hints_and_skipped_are_1() -> None:
    """A session with everything in it reads as recorded, and exits 1."""
    done = run("practice", *NEURON, stdin="\n".join(MIXED).encode())
    assert (done.returncode, done.stderr) == (1, "")
    assert_snapshot("practice.mixed.txt", done.stdout.rstrip("\n"))


def test_without_answers_it_ends_politely() -> None:
    """At the end of standard input the score so far is shown; what was not asked is not right."""
    done = run("practice", *NEURON)
    assert (done.returncode, done.stderr) == (1, "")
    assert "0 of 14 points" in done.stdout
    closed = subprocess.run(
        ["bash", "-c", '"$0" -m backtrace practice "x*x" x=3 <&-', sys.executable],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (closed.returncode, closed.stderr) == (1, "")
    assert "0 of 4 points" in closed.stdout


def test_ascii() -> None:
    """Where the screen has ASCII only, derivatives are written with d and nothing is lost."""
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run("practice", *NEURON, stdin="\n".join(MIXED).encode(), env=env)
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert "dL/dv2 = s" in done.stdout
    assert "dL/db = dL/dv2 * dv2/db = 0.196612 * 1 = 0.196612" in done.stdout
    assert "\\" not in done.stdout.replace("\\frac", "")


class Terminal:
    """The command on a terminal of 80 columns."""

    def __init__(self, *words: str, **env: str) -> None:
        self.ours, theirs = pty.openpty()
        # a shell starts what runs in the background deaf to Ctrl-C, and the tests may run there
        command = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "from backtrace.__main__ import main; main()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "practice", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment({"COLUMNS": "80", **env}),
            start_new_session=True,
        )
        os.close(theirs)
        self.shown, self.place = "", 0

    def until(self, text: str) -> None:
        """Read on until a text has come after those before it; a prompt begins with spaces."""
        deadline = time.monotonic() + 30
        while text not in (rest := ESCAPES.sub("", self.shown)[self.place :]):
            ready, _, _ = select.select([self.ours], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} does not come after: {rest}"
            self.shown += self._read()
        self.place += rest.index(text) + len(text)

    def _read(self) -> str:
        try:
            chunk = os.read(self.ours, 65536).decode(errors="replace")
        except OSError:  # the other end is closed
            chunk = ""
        assert chunk, f"it has ended after: {self.shown}"
        return chunk

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.ours, text.encode())

    def end(self) -> int:
        """The exit code."""
        code = self.process.wait(timeout=30)
        os.close(self.ours)
        return code


def test_on_a_terminal_there_are_colours_and_editing() -> None:
    """Answers are typed at the prompt, where backspace works; the replies are coloured."""
    screen = Terminal("x*x", "x=3")
    screen.until("   L = ")
    screen.type("8\x7f9\n")
    screen.until("✓ L = 9")
    screen.until("   ∂L/∂x = ")
    screen.type("2x\n")
    screen.until("✓ ∂L/∂x = 6")
    screen.until("   ∂L/∂L = ")
    screen.type("1\n")
    screen.until("✓ ∂L/∂L = 1")
    screen.until("   ∂L/∂x = ")
    screen.type("6\n")
    screen.until("4 of 4 points")
    assert screen.end() == 0
    assert "\x1b[" in screen.shown


def test_the_end_of_a_terminal_is_an_end() -> None:
    """Ctrl-D shows the score."""
    screen = Terminal("x*x", "x=3")
    screen.until("   L = ")
    screen.type("\x04")
    screen.until("0 of 4 points")
    assert screen.end() == 1


def test_interrupted_is_130_with_the_score() -> None:
    """Ctrl-C shows the score so far and exits 130, without a traceback."""
    screen = Terminal("x*x", "x=3", "--color", "never")
    screen.until("   L = ")
    screen.type("9\n")
    screen.until("   ∂L/∂x = ")
    time.sleep(0.1)  # until it waits for a line
    screen.process.send_signal(signal.SIGINT)
    screen.until("1 of 4 points")
    screen.until("interrupted")
    assert screen.end() == 130
    assert "Traceback" not in screen.shown


# -- in this process


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("x", "x=1"), 2, "nothing to practise"),
        (("x**2",), 2, "no value for x"),
        (("x**2", "x=[1, 2]"), 2, "practice needs one number"),
        (("x**2", "x=nan"), 3, "nan"),
        (("log(x)", "x=-1"), 3, "log needs a number above 0"),
        (("x**2", "x=1", "dL/dx = 2"), 2, '"dL/dx = 2" is one word too many'),
        (("x**2", "x=1", "x=2"), 2, "one word too many"),
        (("-f", "-", "x=1"), 2, "standard input has the answers"),
        (("x**2", "--bindings", "-"), 2, "standard input has the answers"),
        ((), 2, "no program"),
        (("x**2", "x=1", "--json"), 2, "--json"),
        (("x**2 +", "x=1"), 2, "x**2 +"),
    ],
)
def test_bad_input_is_answered(
    words: tuple[str, ...],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be practised has a message on stderr and nothing on stdout."""
    assert fed(words, ["1"], monkeypatch) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help prints the page of the command."""
    assert main(["practice", "--help"]) == 0
    assert "Practise the chain rule" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"\xff\xfe\n9\n", "1 of 4 points"),
        (b"9\r\n6\r\n1\r\n6", "4 of 4 points"),
        (b"\xef\xbb\xbf9\n", "1 of 4 points"),
        (b"\0\n9\n", "1 of 4 points"),
        (b"\x1b[31m\n9\n", "1 of 4 points"),
        (b"9" * 100_000 + b"\n9\n", "1 of 4 points"),
        (b"1+" * 1_000_000 + b"1\n9\n", "1 of 4 points"),
        (b"9" * 1_000_000 + b"\n9\n", "1 of 4 points"),
        (b"\n\n9\n", "1 of 4 points"),
    ],
)
def test_whatever_is_piped_in(
    data: bytes,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is no text, or has no end, is one unreadable answer; the next line is the next."""
    assert fed(("x*x", "x=3"), [], monkeypatch, data=data) == (shown[0] != "4")
    captured = capsys.readouterr()
    assert (captured.err, shown in captured.out) == ("", True), captured.out
    assert "\x1b" not in captured.out
    assert "\0" not in captured.out
    assert "�9" not in captured.out
    assert max(map(len, captured.out.splitlines())) < 200


def test_standard_input_that_is_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no standard input at all, no answer comes."""
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["practice", "x*x", "x=3"]) == 1
    assert "0 of 4 points" in capsys.readouterr().out


def test_the_transcript_has_the_answers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is piped in is repeated after its prompt; every question is numbered."""
    assert fed(NEURON, RIGHT, monkeypatch) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^ *(\d+)/14  ", shown, re.MULTILINE) == [str(k + 1) for k in range(14)]
    typed = re.findall(r"^       (?!✓).* = (.*)$", shown, re.MULTILINE)
    assert typed == RIGHT


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("ascii", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, ascii: bool) -> None:
    """Everything that is printed keeps to the width of the screen."""
    look = Look(width=width, ascii=ascii)
    found = Session(Problem("s = w*x + w; L = sigmoid(s)*w", {"w": 2, "x": -1}))
    views = [opening(found, look)]
    for line in ("3", "h", "h", "?", "zz +", "zz*zz*zz*zz*zz*zz", "4", "h", *["s"] * 20):
        if not found.is_over:
            asked = f"{prompt(found, look)}{line}"
            assert asked.endswith(f" = {line}")
            views += [question(found, look), reply(found.take(line), look)]
    views.append(score(found.score(), look))
    for view in views:
        assert max(map(len, view.plain.splitlines())) <= width, view.plain
        assert not ascii or view.plain.isascii()
