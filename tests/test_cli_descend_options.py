"""The options of `backtrace descend`: what each does, and what is answered where it cannot."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrace import Descent, descend
from backtrace.cli import main
from backtrace.cli.descend_options import DescendOptions
from backtrace.cli.options import rows_of
from backtrace.descent.asked import SETTINGS, Asked

TABLE = rows_of(DescendOptions)
SQUARE = ("(w*x - y)**2", "w=1", "x=1", "y=2")
BASE = (*SQUARE, "--wrt", "w")
LINE = ("mean((w*x - y)**2)", "w=0", "x=[1, 2, 3]", "y=[2, 4, 7]", "--wrt", "w")
UNEVEN = ("mean((w*x - 1)**2) + mean(y)", "w=0", "x=[1, 2, 3]", "y=[1, 2]", "--wrt", "w")
FAST = ("--lr", "0.1", "--steps", "8")


@pytest.fixture(autouse=True)
def _piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of any length, as in a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a descent prints that ends with this exit code."""
    assert main(["descend", *words]) == code
    return capsys.readouterr().out


def path_of(text: str) -> list[tuple[float, ...]]:
    """Loss and parameters of every state in the CSV that was printed."""
    titles, *rows = csv.reader(io.StringIO(text))
    start, end = titles.index("loss"), titles.index("loss") + 2
    return [tuple(map(float, row[start:end])) for row in rows]


def path_in_python(found: Descent) -> list[tuple[float, ...]]:
    """The same of a descent."""
    return [(s.loss, float(s.values["w"])) for s in (*found.steps, found.final)]


# -- every option has an effect

# option | words of the command | the same in Python
LINE_AT = {"w": 0, "x": [1, 2, 3], "y": [2, 4, 7]}
EFFECTS: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("optimizer", ("--optimizer", "adam"), {"optimizer": "adam"}),
    ("lr", ("--lr", "1/3"), {"lr": 1 / 3}),
    ("ascend", ("--ascend",), {"ascend": True}),
    ("momentum", ("--optimizer", "nesterov", "--momentum", "0.5"),
     {"optimizer": "nesterov", "momentum": 0.5}),
    ("alpha", ("--optimizer", "rmsprop", "--alpha", "0.5"), {"optimizer": "rmsprop", "alpha": 0.5}),
    ("beta1", ("--optimizer", "adam", "--beta1", "0.5"), {"optimizer": "adam", "beta1": 0.5}),
    ("beta2", ("--optimizer", "adam", "--beta2", "0.5"), {"optimizer": "adam", "beta2": 0.5}),
    ("eps", ("--optimizer", "adagrad", "--eps", "0.5"), {"optimizer": "adagrad", "eps": 0.5}),
    ("weight_decay", ("--weight-decay", "0.5"), {"weight_decay": 0.5}),
    ("schedule", ("--schedule", "step", "--every", "2"), {"schedule": "step", "every": 2}),
    ("every", ("--schedule", "step", "--every", "3"), {"schedule": "step", "every": 3}),
    ("gamma", ("--schedule", "exponential", "--gamma", "0.5"),
     {"schedule": "exponential", "gamma": 0.5}),
    ("batch_size", ("--batch-size", "2"), {"batch_size": 2}),
    ("rows", ("--batch-size", "2", "--rows", "y,x"), {"batch_size": 2, "rows": "y,x"}),
    ("epochs", ("--batch-size", "2", "--epochs", "3"), {"batch_size": 2, "epochs": 3}),
    ("shuffle", ("--batch-size", "1", "--shuffle"), {"batch_size": 1, "shuffle": True}),
    ("seed", ("--batch-size", "1", "--shuffle", "--seed", "5"),
     {"batch_size": 1, "shuffle": True, "seed": 5}),
    ("steps", ("--steps", "3"), {"steps": 3}),
    ("until_loss", ("--until-loss", "0.5"), {"until_loss": 0.5}),
    ("until_gradient", ("--until-gradient", "1e-3"), {"until_gradient": 1e-3}),
    ("until_change", ("--until-change", "1e-2"), {"until_change": 0.01}),
    ("max_loss", ("--max-loss", "3"), {"max_loss": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("option", "words", "options"), EFFECTS)
def test_an_option_of_the_descent(
    option: str, words: tuple[str, ...], options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """It goes as in Python with the option of the same name, and otherwise than without it."""
    assert any(word in words for word in TABLE[option].names)
    usual = {"lr": 0.1, **({} if "epochs" in options else {"steps": 8})}
    typed = [w for k, v in usual.items() if k not in options for w in (f"--{k}", str(v))]
    found = descend(LINE[0], LINE_AT, wrt="w", **{**usual, **options})
    code = 3 if found.stopped == "diverged" else 0
    text = printed(capsys, *LINE, *words, *typed, "--csv", "--no-check", code=code)
    assert path_of(text) == path_in_python(found)
    without = {name: value for name, value in options.items() if name != option}
    if option not in ("schedule", "every", "gamma", "rows"):
        assert path_in_python(found) != path_in_python(
            descend(LINE[0], LINE_AT, wrt="w", **{**usual, **without})
        )


def test_rows_say_what_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    """--rows chooses among arrays, and is needed where they have several lengths."""
    words = ("mean((w*x - 1)**2) + mean(w*y)", *UNEVEN[1:], *FAST, "--batch-size", "2", "--csv")
    by_x = printed(capsys, *words, "--rows", "x", "--no-check")
    assert path_of(by_x) != path_of(printed(capsys, *words, "--rows", "y", "--no-check"))


# option | its words | what is shown with it, and not without
OTHERS: dict[str, tuple[tuple[str, ...], str]] = {
    "wrt": (("--wrt", "x"), "x ← x − 0.1 × (−2)"),
    "full": (("--full",), "\n  15 "),
    "show": (("--show", "1"), "local derivative"),
    "explain": (("--explain",), "update 2 of w"),
    "json": (("--json",), '"schema": "backtrace.descent/1"'),
    "jsonl": (("--jsonl",), '{"step": 8,'),
    "csv": (("--csv",), "step,loss,w,dL/dw\n"),
    "quiet": (("-q",), "1.98847078"),
    "digits": (("--digits", "9"), "1.98847078"),
    "color": (("--color", "always"), "\x1b["),
    "check": (("--check",), "all 20 updates agree"),
    "no_check": (("--no-check",), "not checked"),
}
ELSEWHERE = {"file", "data", "bindings", "plot", "save", "help"}  # in tests with files


@pytest.mark.parametrize("option", OTHERS)
def test_another_option(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it asks for is shown, and only then."""
    monkeypatch.setattr("backtrace.cli.descend_command.MOST_CHECKED", 5)
    words, shown = OTHERS[option]
    assert any(word in words for word in TABLE[option].names)
    common = (*SQUARE, "--lr", "0.1", "--steps", "20")
    usual = () if option in ("check", "no_check") else ("--no-check",)
    parameters = () if option == "wrt" else ("--wrt", "w")
    assert shown in printed(capsys, *common, *parameters, *usual, *words)
    assert shown not in printed(capsys, *common, "--wrt", "w", *usual)


def test_every_option_is_tested() -> None:
    """The tables and the tests with files have all options, and those of Python are among them."""
    in_python = {option for option, *_ in EFFECTS}
    assert in_python == {f.name for f in fields(Asked)}
    assert in_python | OTHERS.keys() | ELSEWHERE == TABLE.keys()
    assert SETTINGS.keys() < in_python


def test_so_many_updates_are_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first ones are compared with torch.optim, which the verdict says."""
    monkeypatch.setattr("backtrace.cli.descend_command.MOST_CHECKED", 5)
    assert "the first 5 of 8 updates agree" in printed(capsys, *BASE, *FAST)


def test_program_and_values_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-f, --bindings and --data bring the program, values and columns; the rest as ever."""
    (tmp_path / "model.bt").write_text("yhat = w*x  # ŷ\nL = mean((yhat - y)**2)\n")
    (tmp_path / "start.json").write_text('{"w": 0.5, "x": 9, "unused": 1}')
    (tmp_path / "points.csv").write_text("x,y,z\n1,2,0\n2,4,0\n3,7,0\n")
    file, start, data = (str(tmp_path / name) for name in ("model.bt", "start.json", "points.csv"))
    text = printed(capsys, "-f", file, "--data", data, "w=0.5", *FAST, "--csv", "--no-check")
    assert text.startswith("step,loss,w,dL/dw\n")  # columns are no parameters
    found = descend(LINE[0], {**LINE_AT, "w": 0.5}, wrt="w", lr=0.1, steps=8)
    assert path_of(text) == path_in_python(found)
    text = printed(capsys, "w*x", "--bindings", start, "x=2", "--lr=1", "--steps=1", "-q",
                   "--no-check")  # fmt: skip
    assert text == "w\t-1.5\nx\t1.5\n"
    text = printed(capsys, "-f", file, "--data", data, "w=0.5", *FAST, "--batch-size", "2", "--csv",
                   "--no-check")  # fmt: skip
    assert text.startswith("step,epoch,loss,w,dL/dw\n0,0,")


def test_the_program_from_standard_input() -> None:
    """A lone - reads it there."""
    done = run("descend", "-", "w=1", "--lr=0.25", "--steps=1", "-q", "--no-check", stdin=b"w**2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.5\n", "")


# -- the help


@pytest.fixture(scope="module")
def page() -> str:
    """The help on a wide terminal, its boxes taken off and its lines joined."""
    done = run("descend", "--help", env={"COLUMNS": "200"})
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"[│\s]+", " ", done.stdout)


@pytest.mark.parametrize("option", TABLE)
def test_every_option_is_in_the_help(option: str, page: str) -> None:
    """Each row's spellings, value and sentence are printed, wherever --help stands."""
    row = TABLE[option]
    assert all(spelling in page for spelling in row.names)
    assert row.metavar in page
    assert option == "help" or row.help in page
    assert row.help.endswith(".")


def test_help_whatever_else_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """--help anywhere is the page, and nothing is run."""
    for words in (("--help",), (*BASE, "--help", "--steps", "0"), ("--help", "--lr")):
        assert "Gradient descent, step by step" in printed(capsys, *words)


# -- bad input

AT_W = "    --{} abc\n    {}^^^"
BAD: list[tuple[tuple[str, ...], str]] = [
    ((), 'no program\nfor example: backtrace descend "(w*x - y)**2" w=1 x=1 y=2 --wrt w --lr 0.1'),
    ((*SQUARE, "u*v"), ('two programs: "(w*x - y)**2" and "u*v"\nif they are one, put quotes '
     'around it: "(w*x - y)**2 u*v"')),
    (("-f", "none.bt"), "cannot read none.bt: no such file or directory"),
    (("w*x +", "w=1"), ("the expression ends after '+'; something must follow\n    w*x +\n"
     "         ^")),
    (("w*x", "w=1"), "no value for x: give one, as in x=1\n    w*x\n      ^"),
    (("w", "w=1", "z=1"), "z is not in the program"),
    (("w", "w=1", "--z", "1"), "z is not in the program"),
    (("w", "w=1", "w=2"), 'w has two values: "w=1" and "w=2"'),
    (("w*x", "w=[1, 2]", "x=1"), ("the output has shape (2,), and a descent is on one number: take "
     "sum(…) or mean(…) of it\n    w*x\n    ^^^")),
    (("sum(w)*x[2:]", *LINE[2:3], "w=1", "--wrt", "w", "--batch-size", "2"),
     ("the output has shape (0,), and a descent is on one number: take sum(…) or mean(…) of it\n"
      "    sum(w)*x[2:]\n    ^^^^^^^^^^^^")),
    # parameters
    ((*SQUARE, "--wrt", "z"), "no variable 'z' to differentiate by"),
    (("w", "w=1", "q=1", "--wrt", "q"), "q is not in the program"),
    (("s = w*x; s**2", "w=1", "x=1", "--wrt", "s"),
     "s is computed in the program: only a variable can be changed"),
    (("w[t]", "t=1", "w=[1, 2]", "--wrt", "t"),
     "t holds whole numbers, an index or classes in w[t]: no gradient\n    w[t]\n    ^^^^"),
    (("3",), "no variable to change: wrt names the parameters (--wrt w,b)"),
    ((*SQUARE, "--wrt", "w", "--wrt", "x"),
     "--wrt is given twice: several names go together, as in --wrt w,b"),
    # settings
    ((*BASE, "--lr", "abc"), "not a number: a value cannot use names (abc)\n"
     + AT_W.format("lr", " " * 5)),
    ((*BASE, "--lr", "0"), "--lr, the learning rate, is a number above 0, not 0"),
    ((*BASE, "--lr", "-0.1"),
     "--lr, the learning rate, is a number above 0, not -0.1; to go up: ascend (--ascend)"),
    ((*BASE, "--lr", "nan"), "--lr, the learning rate, is a number above 0, not nan"),
    ((*BASE, "--lr", "inf"), "--lr, the learning rate, is a number above 0, not inf"),
    ((*BASE, "--lr", "1/0"), "not a number: 1/0 is inf\n    --lr 1/0\n         ^^^"),
    ((*BASE, "--lr", "[1, 2]"), '--lr is one number, not "[1, 2]"'),
    ((*BASE, "--lr"), "--lr needs a value: --lr X"),
    ((*BASE, "--optimizer", "adm"), ("--optimizer is sgd or momentum or nesterov or adagrad or "
     'rmsprop or adam or adamw, not "adm": did you mean adam?')),
    ((*BASE, "--momentum", "0.9"),
     "sgd has no momentum: momentum and nesterov take it (--optimizer)"),
    ((*BASE, "--alpha", "0.9"), "sgd has no alpha: rmsprop takes it (--optimizer)"),
    ((*BASE, "--optimizer", "momentum", "--momentum", "1"),
     "--momentum, how much of the velocity is kept, is a number from 0 to below 1, not 1"),
    ((*BASE, "--weight-decay", "-1"), ("--weight-decay, how strongly parameters are drawn to 0, is a "  # noqa: E501
     "number of at least 0, not -1")),
    ((*BASE, "--schedule", "steps"),
     '--schedule is constant or step or exponential, not "steps": did you mean step?'),
    ((*BASE, "--schedule", "step"),
     "the schedule step needs every, the updates between two steps of the rate"),
    ((*BASE, "--every", "3"), "the schedule constant has no every: step takes it (--schedule)"),
    ((*BASE, "--gamma", "1"),
     "the schedule constant has no gamma: step and exponential take it (--schedule)"),
    ((*BASE, "--schedule", "step", "--every", "1.5"),
     "--every, the updates between two steps of the rate, is a whole number of at least 1, not 1.5"),  # noqa: E501
    # how long
    ((*BASE, "--steps", "0"), '--steps is a whole number, 1 or more, not "0"'),
    ((*BASE, "--steps", "1.5"), '--steps is a whole number, 1 or more, not "1.5"'),
    ((*BASE, "--steps", "5", "--epochs", "3"),
     "--steps and --epochs exclude each other; choose one"),
    ((*BASE, "--until-gradient", "-1"), "--until-gradient is a finite number of at least 0, not -1"),  # noqa: E501
    ((*BASE, "--max-loss", "nan"), "--max-loss is a number, not nan"),
    ((*BASE, "--show", "101"), "--show 101: there are at most 100 updates (--steps)"),
    ((*BASE, "--steps", "5", "--show", "6"), "--show 6: there are at most 5 updates (--steps)"),
    # rows
    ((*BASE, "--batch-size", "2"),
     ("--batch-size needs data with rows, and no variable but the parameters has any: name the data, "  # noqa: E501
      "as in rows='x,y' (--rows x,y), or the parameters, as in wrt='w,b' (--wrt w,b)")),
    ((*LINE, "--batch-size", "4"), "a batch of 4 is larger than the data, 3 rows (x and y)"),
    ((*LINE, "--batch-size", "0"), '--batch-size is a whole number, 1 or more, not "0"'),
    ((*UNEVEN, "--batch-size", "2"),
     ("which variables have the rows of the data? x has 3, y has 2: name them, as in "
      "rows='x,y' (--rows x,y)")),
    ((*LINE, "--batch-size", "2", "--seed", "3"),
     "--seed goes with shuffle: without it rows come in their order"),
    ((*LINE, "--shuffle"), "--shuffle goes with --batch-size: else all rows are seen at once"),
    ((*LINE, "--batch-size", "2", "--rows", "w"), "rows: w is a parameter, and not data"),
    ((*LINE, "--batch-size", "2", "--rows", "z"), "rows: z is not a variable of the program"),
    ((*LINE[:2], "--data", "none.csv"), "cannot read none.csv: no such file or directory"),
    # words
    ((*BASE, "--chek"), "--chek needs a value: did you mean --check?"),
    ((*BASE, "--optimiser", "adam"), ("not a number: a value cannot use names (adam); did you mean "
     "--optimizer?\n    --optimiser adam\n                ^^^^")),
    ((*BASE, "--momentun", "0.9"), "momentun is not in the program: did you mean --momentum?"),
    ((*BASE, "--no-chek"), ("there is no option --no-chek: did you mean --no-check?\n"
     "(a program that begins with -- goes after --)")),
    ((*BASE, "--json", "--csv"), "--json and --csv exclude each other; choose one"),
    ((*BASE, "-q", "--show", "1"), "--quiet and --show exclude each other; choose one"),
    ((*BASE, "--check", "--no-check"), "--check and --no-check exclude each other; choose one"),
    ((*BASE, "--json=1"), "--json takes no value"),
    ((*BASE, "-x"), 'there is no option -x (--help lists them; -x as a program: "(-x)")'),
    ((*BASE, "--digits", "18"), '--digits is a whole number, 1 to 17, not "18"'),
    ((*BASE, "--wrt=w\x1b[31m",), ("--wrt is given twice: several names go together, as in --wrt "
     "w,b")),
    ((*SQUARE, "--wrt", "w\x1b[31m"), "no variable 'w\\x1b[31m' to differentiate by"),
    ((*LINE, "--batch-size", "2", "--rows", "\x1b[31m"),
     "rows: \ufffd[31m is not a variable of the program"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_input_is_answered(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2, and standard error says what is wrong and what would be right."""
    assert main(["descend", *words]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: {message}\n")


@pytest.mark.parametrize("words", [("--lr", "0"), ("--steps", "0"), ("u*v",), ("--optimizer", "x")])
def test_bad_input_in_another_process(words: tuple[str, ...]) -> None:
    """So it is where it counts: one message, no traceback."""
    done = run("descend", *BASE, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(words=st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_no_words_give_a_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is typed, the answer is a result or a message."""
    for before in ((), BASE):
        code = main(["descend", *before, *words, "--no-check"])
        captured = capsys.readouterr()
        assert code in (0, 2, 3)
        assert "Traceback" not in captured.err
        assert captured.out or captured.err
