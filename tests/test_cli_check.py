"""`backtrace check` as a user meets it: which word is a claim, what is said, the exit code."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from command_line import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrace.cli import main
from backtrace.homework.verdicts import MISTAKES, REASONS, STATES

SQUARE = ("s = w*x - y; L = s**2", "w=2", "x=-3", "y=1")
RIGHT = ("dL/ds = 2*s", "ds/dw = x", "dL/dw = 2*x*(w*x - y)")


def check(*words: str) -> int:
    """The exit code of checking in this process."""
    return main(["check", *words])


def verdicts(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What --json printed."""
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "backtrace.verdicts/1"
    return list(found["verdicts"])


# -- in another process


def test_the_mistake_is_named() -> None:
    """A factor that is left out is named with its node, and a point shows the difference."""
    done = run("check", *SQUARE, "dL/ds = 2*s", "ds/dw = x", "dL/dw = 2*s")
    assert (done.returncode, done.stderr) == (1, "")
    first, second, third, *others = done.stdout.splitlines()
    assert first == "✓ dL/ds = 2*s   agrees at 24 of 24 points"
    assert second == "✓ ds/dw = x     agrees at 24 of 24 points"
    assert third == "✗ dL/dw = 2*s   missing-local: the factor ∂s/∂w = x is left out"
    assert "yours gives -1.5736, the derivative is 1.51066 (differences: 1.5107)" in others[-1]


@pytest.mark.parametrize(
    ("env", "marks", "coloured"),
    [
        ({"FORCE_COLOR": "1"}, "✗", True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "✗", False),
        ({"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, "!!", False),
        ({"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "COLUMNS": "40"}, "!!", False),
        ({"COLUMNS": "80"}, "✗", False),
        ({"COLUMNS": "30"}, "✗", False),
    ],
)
def test_screens(env: dict[str, str], marks: str, coloured: bool) -> None:
    """Colours, characters and columns are those of the screen; nothing is lost but colour."""
    done = run("check", *SQUARE, "dL/dw = 2*s", env=env)
    assert (done.returncode, done.stderr) == (1, "")
    assert ("\x1b[" in done.stdout) is coloured
    assert done.stdout.isascii() is (marks == "!!")
    assert marks in done.stdout
    assert "missing-local" in done.stdout
    if "COLUMNS" in env:
        assert max(map(len, done.stdout.splitlines())) <= int(env["COLUMNS"])


def test_a_right_answer_is_right_at_once() -> None:
    """What float64 cannot tell is decided with more digits, however long that takes to begin."""
    answer = "(-(y/sigmoid(w*x + b)) + (1 - y)/(1 - sigmoid(w*x + b)))"
    slope = "sigmoid(w*x + b)*(1 - sigmoid(w*x + b))"
    program = ("sigmoid(w*x + b) - y", "w=2", "x=-3", "y=1", "b=1")
    done = run("check", f"d = {program[0]}", *program[1:], f"d = {answer}*{slope}")
    assert done.returncode == 0, done.stdout


# -- exit codes


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        (RIGHT, 0),
        (("dL/dw = 42",), 0),
        (("dL/dw = -42",), 1),
        (("dL/dw = 4e1",), 1),  # too few digits
        (("dL/dw = 2*s +",), 2),
        (("dL/dw = 2*s +", "dL/dw = -42"), 2),
        ((*RIGHT, "dL/dw = 2*s*z"), 2),
        (("dL/dw = 9**9**9",), 1),
        (("dL/dw = 1/0",), 1),
        (("dL/ds = 2*s*x", "dL/dw = 2*s*x*x"), 1),  # one mistake, and what follows from it
    ],
)
def test_exit_codes(claims: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0 all right, 1 one wrong, 2 one unreadable, which comes first; all are shown."""
    assert check(*SQUARE, *claims, "--json") == code
    assert [found["claim"] for found in verdicts(capsys)] == [*claims]


def test_undecided_is_4(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that is defined at no sample point decides nothing, and says what to declare."""
    assert check("log(-x**2)", "x=1", "dL/dx = 2/x") == 4
    assert "declare a domain for x" in capsys.readouterr().out
    assert check("log(-x**2)", "x=1", "dL/dx = 2/x", "dL/dx = 3") == 4
    assert check("log(-x**2)", "x=1", "dL/dx = 2/x", "dL/dy = 3") == 2


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """--json is one strict document: states and codes of the tables, a counterexample."""
    claims = ("dL/ds = 2*s", "dL/dw = 2*s", "w = 2x(wx - y)", "dL/dw = (")
    assert check(*SQUARE, *claims, "--json") == 2
    right, wrong, read, unreadable = verdicts(capsys)
    assert {found["state"] for found in (right, wrong, read, unreadable)} <= {*STATES}
    assert (right["state"], right["code"], right["counterexample"]) == ("correct", "", None)
    assert wrong["codes"] == ["missing-local", "upstream-only"]
    assert {*wrong["codes"]} <= {*MISTAKES, *REASONS}
    assert wrong["counterexample"]["yours"] == pytest.approx(-1.5736)  # type: ignore[index]
    assert "2*x*(w*x - y)" in str(read["read_as"])
    assert (unreadable["state"], unreadable["code"]) == ("unreadable", "syntax")


# -- which word is what


@pytest.mark.parametrize(
    ("words", "claims"),
    [
        (("s=-7",), ["s=-7"]),  # assigned in the program
        (("L=49", "s = -7"), ["s = -7", "L=49"]),
        (("w=42", "x=-28"), ["w=42", "x=-28"]),  # a second value
        (("w = 42",), ["w = 42"]),
        (("--", "w=42"), ["w=42"]),
        (("--", "dL/dw = 42", "s=-7"), ["dL/dw = 42", "s=-7"]),
        (("--color", "never", "dL/dw = 42"), ["dL/dw = 42"]),
        (("∂L/∂w=42",), ["∂L/∂w=42"]),
        (("w=2*s*x",), ["w=2*s*x"]),
    ],
)
def test_claims_and_values(
    words: tuple[str, ...], claims: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first value of a variable is its value; of a name that has one it is a claim."""
    assert check("--json", *SQUARE, *words) == 0
    found = [verdict["claim"] for verdict in verdicts(capsys)]
    assert sorted(map(str, found)) == sorted(claims)


@pytest.mark.parametrize(
    ("words", "code"),
    [(("L=-6",), 0), (("L=5",), 1), (("dw=-3", "L = -6"), 0), (("dw=3",), 1), (("z=3",), 2)],
)
def test_claims_about_what_has_no_name(words: tuple[str, ...], code: int) -> None:
    """L is the output and dw is short for a gradient, as in every view: they are no values."""
    assert check("w*x", "w=2", "x=-3", *words, "dL/dx = w") == code


def test_what_is_right_nowhere_is_no_matter_of_the_domain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An answer that is not defined anywhere is wrong without a code that might earn marks."""
    assert check(*SQUARE, "dL/dw = 0/0*w", "dL/dw = log(-w**2 - 1)*x", "--json") == 1
    assert [found["codes"] for found in verdicts(capsys)] == [["unexplained"]] * 2


def test_values_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Values stand before the program, between and after claims, with and without --."""
    assert check("w=2", "(w*x - y)**2", "dL/dw = 42", "--x", "-3", "y=1", "x=-28") == 0
    assert capsys.readouterr().err == ""


def test_program_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With -f every word that is no value is a claim; values may come from a file, too."""
    path = tmp_path / "model.bt"
    path.write_text(SQUARE[0])
    values = tmp_path / "values.json"
    values.write_text('{"w": 2, "x": -3, "y": 1, "unused": 4}')
    assert check("-f", str(path), "dL/dw = 42", "--bindings", str(values), "s=-7") == 0
    assert capsys.readouterr().out.count("✓") == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SQUARE[0].encode())))
    assert check("-f", "-", *SQUARE[1:], "dL/dw = 42") == 0


# -- how answers are taken


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("log(x**2)", "x=2", "L = 2*log(x)"), 1),
        (("log(x**2)", "x=2", "L = 2*log(x)", "--domain", "x=positive"), 0),
        (("log(x**2)", "x=2", "L = 2*log(x)", "--domain", "x=[1, 3]"), 0),
        (("log(x**2)", "x=2", "L = 2*log(x)", "--domain=x=negative"), 1),
        (("abs(x)*y", "x=2", "y=1", "L = x*y", "--domain", "x=positive", "--domain", "y=real"), 0),
        ((*SQUARE, "dL/dw = 42.1"), 1),
        ((*SQUARE, "dL/dw = 42.1", "--rtol", "0.01"), 0),
        ((*SQUARE, "dL/dw = 42.1", "--atol", "0.2"), 0),
        ((*SQUARE, "dL/dw = 42.1", "--atol", "0.01", "--rtol", "0"), 1),
        (("x/3", "x=1", "dL/dx = 0.33"), 1),
        (("x/3", "x=1", "dL/dx = 0.33", "--digits", "2"), 0),
        (("x/3", "x=1", "dL/dx = 0.333", "--digits", "4"), 1),
        (("x/3", "x=1", "dL/dx = 1/3", "--digits", "17"), 0),
    ],
)
def test_terms(words: tuple[str, ...], code: int) -> None:
    """Domains, tolerances and digits are heeded."""
    first, *others = words
    program = first if ";" in first or "L" in first else f"L = {first}"
    assert check(program, *others) == code


def test_prove(capsys: pytest.CaptureFixture[str]) -> None:
    """--prove tells what sympy proves, and changes nothing of what is wrong."""
    assert check(*SQUARE, "dL/dw = 2*x*(w*x - y)", "--prove") == 0
    assert "proved equal; agrees at 24 of 24 points" in capsys.readouterr().out
    assert check(*SQUARE, "dL/dw = 2*s", "--prove") == 1
    assert "proved" not in capsys.readouterr().out


# -- bad input

LONG = "1+" * 50_000 + "1"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no program"),
        (("w=2",), "no program"),
        (SQUARE, "no claim to check"),
        ((*SQUARE, "dL/dw = 42", "z=3"), "z is not in the program"),
        ((*SQUARE, "dL/dw = 42", "--z", "3"), "z is not in the program"),
        ((*SQUARE, "dL/dw = 42", "--w", "3", "--w", "4"), "w has two values"),
        ((*SQUARE, "dL/dw = 42", "--s", "3"), "s is assigned in the program"),
        ((*SQUARE[:3], "dL/dw = 42"), "no value for y"),
        (("w*x +", "w=1", "dL/dw = 1"), "the expression ends after '+'"),
        (("w*x", "w=1", "x=__import__('os')", "dL/dw = 1"), "x"),
        ((*SQUARE, "dL/dw = 42", "--digits", "0"), "--digits is a whole number"),
        ((*SQUARE, "dL/dw = 42", "--digits"), "--digits needs a value"),
        ((*SQUARE, "dL/dw = 42", "--rtol", "-1"), "--rtol is a number of at least 0"),
        ((*SQUARE, "dL/dw = 42", "--atol", "nan"), "--atol is a number of at least 0"),
        ((*SQUARE, "dL/dw = 42", "--domain", "w"), "--domain is NAME=RANGE"),
        ((*SQUARE, "dL/dw = 42", "--domain", "w=purple"), "not 'purple'"),
        ((*SQUARE, "dL/dw = 42", "--domain", "w=[2, 1]"), "the domain of w is"),
        ((*SQUARE, "dL/dw = 42", "--domain", "w=[1,"), "never closed"),
        ((*SQUARE, "dL/dw = 42", "--domain", "z=positive"), "z, which is no variable"),
        ((*SQUARE, "dL/dw = 42", "--color", "blue"), "--color is"),
        ((*SQUARE, "dL/dw = 42", "--jsn"), "--json"),
        ((*SQUARE, "dL/dw = 42", "--json=1"), "--json takes no value"),
        (("-f", "no/such/file", "dL/dw = 42"), "cannot read no/such/file"),
        (("-f", ".", "dL/dw = 42"), "cannot read ."),
        ((*SQUARE, "dL/dw = 42", "--bindings", "none.json"), "cannot read none.json"),
        (("x**2", "x=@none.npy", "dL/dx = 2*x"), "cannot read none.npy"),
    ],
)
def test_bad_input_is_answered(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used exits 2 with a message on stderr and nothing on stdout."""
    assert check(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("error: ")
    assert max(map(len, captured.err.splitlines())) < 200


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("", "syntax"),
        ("   ", "syntax"),
        ("=", "syntax"),
        ("dL/dw", "syntax"),
        ("dL/dw =", "syntax"),
        ("dL/dw == 42", "syntax"),
        ("-w = 42", "syntax"),
        ("dL/dw = 42 = 42", "syntax"),
        ("dL/dq = 1", "unknown-name"),
        ("dL/dw = q", "unknown-name"),
        ("dL/dw = a = 1; a", "syntax"),
        ("dL/dw = x; y", "syntax"),
        ("dL/dw = " + "(" * 400 + "x" + ")" * 400, "syntax"),
        ("dL/dw = " + "-" * 400 + "x", "syntax"),
        ("dL/dw = " + LONG, "too-long"),
        ("dL/dw = __import__('os').system('id')", "syntax"),
        ("dL/dw = x.__class__", "syntax"),
        ("dL/dw = lambda: 1", "syntax"),
        ("dL/dw = @values.npy", "syntax"),
        ("dL/dw = linspace(0, 1, 10**12)", "syntax"),
        ("dL/dw = x\x1b[31m", "syntax"),
        ("dL/dw = x\0", "syntax"),
        ("dL/dw = \ud800", "syntax"),
        ("dL/dw = \u202ex", "syntax"),
        ("dL/dw = x[10**9]", "shapes"),
        (r"dL/dw = \input{/etc/passwd}", "not-latex"),
        (r"\frac{dL}{dw = 42", "not-latex"),
        (r"\frac{dL}{dw} = \frac{1}", "not-latex"),
    ],
)
def test_claims_that_cannot_be_read(
    claim: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unreadable claim has its verdict among the others and exits 2; nothing is run."""
    assert check(*SQUARE, "dL/dw = 42", claim) == 2
    captured = capsys.readouterr()
    assert captured.err == ""
    assert f"{code}: " in captured.out
    assert captured.out.startswith("✓ ")
    assert not any(character in captured.out for character in "\x1b\0\u202e\ud800")
    assert max(map(len, captured.out.splitlines())) < 250


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(words=st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_no_words_give_a_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is typed, the answer is verdicts or a message."""
    for before in ((), SQUARE):
        code = check(*before, *words)
        captured = capsys.readouterr()
        assert code in (0, 1, 2, 4)
        assert "Traceback" not in captured.err
        assert captured.out or captured.err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help shows the page of the command, whatever else was typed."""
    for words in (("--help",), (*SQUARE, "--help", "dL/dw = ("), ("--help", "--digits")):
        assert check(*words) == 0
        captured = capsys.readouterr()
        assert "Check answers" in captured.out
        assert "--domain" in captured.out
        assert captured.err == ""
