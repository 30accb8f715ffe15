"""backtrace.render.descents.view: the view of a descent, and the verdict below it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from recording import ESCAPES, assert_snapshot, on_screen
from rich.cells import cell_len

from backtrace import Descent, descend
from backtrace.crosscheck.paths import PathCheck, not_checked_path
from backtrace.records import Notice
from backtrace.render import Look
from backtrace.render.descents.updates import explained
from backtrace.render.descents.verdict import verdict
from backtrace.render.descents.view import SHORT, descent, rows

SQUARE, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
ROSENBROCK = "100*(y - x^2)^2 + (1 - x)^2"
MAZUR = """\
h1 = sigmoid(w1*i1 + w2*i2 + b1); h2 = sigmoid(w3*i1 + w4*i2 + b1)
o1 = sigmoid(w5*h1 + w6*h2 + b2); o2 = sigmoid(w7*h1 + w8*h2 + b2)
E = (t1 - o1)**2/2 + (t2 - o2)**2/2"""
WEIGHTS = {f"w{k + 1}": (3 + k + (k > 3)) / 20 for k in range(8)}
OTHERS = {"i1": 0.05, "i2": 0.1, "t1": 0.01, "t2": 0.99, "b1": 0.35, "b2": 0.6}
X = np.arange(21.0).reshape(7, 3) / 8
BATCHED = ("mean((x @ W + b - y)**2)", {"x": X, "y": np.arange(7.0), "W": [1, 2, 3], "b": 0})
DESCENTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "line": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "steps": 20}),
    "rosenbrock": (ROSENBROCK, {"x": -1.2, "y": 1}, {"optimizer": "adam", "lr": 0.02,
                                                     "steps": 500}),
    "diverged": (SQUARE, AT, {"wrt": "w", "lr": 1.5, "steps": 2000}),
    "overflow": ("w", {"w": 1}, {"lr": 1e308}),
    "nowhere": ("log(w) + 1", {"w": -1}, {}),
    "batches": (*BATCHED, {"wrt": "W,b", "batch_size": 3, "epochs": 4, "shuffle": True,
                           "lr": 0.1}),
    "mazur": (MAZUR, {**WEIGHTS, **OTHERS}, {"wrt": ",".join(WEIGHTS), "lr": 0.5}),
    "one": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "steps": 1, "optimizer": "adamw"}),
    "goal": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "until_gradient": 1e-6}),
    "rates": (SQUARE, AT, {"wrt": "w,x", "lr": 0.1, "steps": 9, "schedule": "step", "every": 3,
                           "gamma": 0.5}),
    "limit": ("v**2 + kw", {"v": 1, "kw": -2}, {"lr": 0.5, "ascend": True, "max_loss": 9,
                                                "optimizer": "momentum"}),
    "names": ("(变量 - 2)**2 + ñandú**2 + sum(x̄1)", {"变量": 1, "ñandú": 2, "x̄1": [1, 2]},
              {"lr": 0.1, "steps": 2}),
    "large": ("mean((x @ w)**2)", {"x": np.ones((5, 2000)), "w": np.arange(2000.0) / 1000},
              {"wrt": "w", "lr": 1e-5, "steps": 20}),
}  # fmt: skip
WIDTHS = range(40, 121)


@cache
def made(name: str) -> Descent:
    program, bindings, options = DESCENTS[name]
    return descend(program, bindings, **options)


# -- as it is expected to look


@pytest.mark.parametrize("width", [None, 80, 120])
@pytest.mark.parametrize("name", DESCENTS)
def test_as_recorded(name: str, width: int | None) -> None:
    """A descent looks as recorded, piped and on a terminal."""
    text = descent(made(name), Look(width=width)).plain
    assert_snapshot(f"{name}.descent.{width or 'piped'}.txt", text)


@pytest.mark.parametrize("name", ["line", "rosenbrock", "diverged", "batches", "rates", "names"])
def test_in_ascii(name: str) -> None:
    """In ASCII all of it is ASCII, as recorded."""
    text = descent(made(name), Look(ascii=True, width=80)).plain
    assert text.isascii()
    assert_snapshot(f"{name}.descent.ascii.txt", text)


@pytest.mark.parametrize("name", ["diverged", "overflow", "batches"])
def test_in_colours(name: str) -> None:
    """On a terminal each role has its colour, and what is not finite is red."""
    view = descent(made(name), Look(width=80))
    assert_snapshot(f"{name}.descent.ansi", on_screen(view, 80))


@pytest.mark.parametrize("width", [None, 40, 80])
@pytest.mark.parametrize("name", DESCENTS)
def test_text_twin(name: str, width: int | None) -> None:
    """What rich prints is the plain text with colours: nothing is wrapped, cut or added."""
    look = Look(width=width)
    views = [descent(made(name), look), verdict(made(name), not_checked_path(made(name)), look)]
    if made(name).updates:
        views.append(explained(made(name), 0, look))
    for view in views:
        assert ESCAPES.sub("", on_screen(view, width or 10_000)) == view.plain


# -- width


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", DESCENTS)
def test_no_line_is_too_long(name: str, *, ascii: bool) -> None:
    """Whatever the width, no line is wider, and the losses are there."""
    found = made(name)
    for width in WIDTHS:
        lines = descent(found, Look(width=width, ascii=ascii)).plain.splitlines()
        assert max(map(cell_len, lines)) <= width
        assert not ascii or "".join(lines).isascii()
        titles = next(line.split() for line in lines if line.lstrip().startswith("step "))
        assert "loss" in titles


@pytest.mark.parametrize("name", DESCENTS)
def test_columns_that_fit_are_shown(name: str) -> None:
    """A wider screen shows no fewer columns, and what is left out is said."""
    found, before = made(name), 0
    for width in (*WIDTHS, 400):
        lines = descent(found, Look(width=width)).plain.splitlines()
        titles = next(line.split() for line in lines if line.lstrip().startswith("step "))
        assert len(titles) >= before
        before = len(titles)
        shown = sum(f"∂{name_of(found)}/∂" in title for title in titles)
        what = "gradients" if {*found.wrt} <= {*titles} else "parameters and gradients"
        left_out = f"the {what} of every step: --json, --jsonl or --csv"
        assert (left_out in " ".join(lines)) == (not shown)
    assert {"step", "loss", *found.wrt} <= {*titles}


def name_of(found: Descent) -> str:
    """What the output is called."""
    return found.task.graph.labels[found.task.graph.output]


def test_a_screen_that_is_just_wide_enough() -> None:
    """What fits to the last column is shown as on a wider screen."""
    whole = descent(made("line")).plain
    table = max(cell_len(line) for line in whole.splitlines() if line[:6].strip().isdigit())
    assert "∂L/∂w" in descent(made("line"), Look(width=table)).plain.splitlines()[3]


@pytest.mark.parametrize("count", [12, 13])
def test_many_parameters(count: int) -> None:
    """Up to twelve parameters have columns where there is room, others have none."""
    names = [f"p{k}" for k in range(count)]
    found = descend("+".join(names), dict.fromkeys(names, 1), steps=1)
    assert ("dL/dp0" in descent(found, Look(ascii=True)).plain) == (count == 12)


def test_many_parameters_that_diverged() -> None:
    """Of the last finite values the first few are told."""
    names = [f"p{k}" for k in range(100)]
    found = descend("+".join(f"{n}**2" for n in names), dict.fromkeys(names, 1), lr=3, steps=999)
    text = descent(found).plain
    (line,) = (line for line in text.splitlines() if line.startswith("  last finite at step 2"))
    assert [part.split(" = ")[0] for part in line.split(", ")[1:]] == [*names[:8], "… and 92 more"]


# -- which steps


@pytest.mark.parametrize(
    ("updates", "shown"),
    [
        (0, [0]),
        (1, [0, 1]),
        (SHORT, list(range(13))),
        (SHORT + 1, [0, 1, 10, 13]),
        (99, [0, 1, 10, 99]),
        (100, [0, 1, 10, 100]),
        (101, [0, 1, 10, 100, 101]),
        (12_345, [0, 1, 10, 100, 1000, 10_000, 12_345]),
    ],
)
def test_rows(updates: int, shown: list[int]) -> None:
    """Of a long descent the first, the last and the powers of ten are shown; with `full` all."""
    assert rows(updates) == shown
    assert rows(updates, full=True) == list(range(updates + 1))


def test_full() -> None:
    """With `full` every step has its row."""
    text = descent(made("line"), Look(full=True)).plain
    numbers = [line.split()[0] for line in text.splitlines() if line[:6].strip().isdigit()]
    assert numbers == list(map(str, range(21)))


def test_numbers_have_so_many_digits() -> None:
    """Rates, losses, values and gradients have the digits that were asked for."""
    found = descend(SQUARE, AT, wrt="w", lr=0.123456789, steps=1)
    text = descent(found, Look(digits=3)).plain
    assert "η = 0.123\nupdate 1   w ← w − 0.123 × (−2) = 1.25\n" in text
    assert [line.split() for line in text.splitlines()[4:6]] == [
        ["0", "1", "1", "-2"],
        ["1", "0.567", "1.25", "-1.51"],
    ]


# -- in Python


def test_print() -> None:
    """A descent prints as the view without colours."""
    assert str(made("line")) == descent(made("line")).plain
    assert str(made("line")).splitlines()[0] == "sgd   w ← w − η × ∂L/∂w   η = 0.1"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("line", "<Descent L=0.000132923 after 20 updates of w: steps>"),
        ("one", "<Descent L=0.811801 after 1 update of w: steps>"),
        ("nowhere", "<Descent L=nan after 0 updates of w: diverged>"),
        ("goal", "<Descent L=1.61391e-13 after 66 updates of w: until_gradient>"),
        ("batches", "<Descent L=0.0342199 after 12 updates of W, b: steps>"),
    ],
)
def test_repr(name: str, shown: str) -> None:
    """In a session a descent is told in a line."""
    assert repr(made(name)) == shown


# -- the verdict


def check_of(status: Any, said: str) -> PathCheck:
    notice = Notice(None, "rounding", "rounding sets the paths apart: w → −w")
    compared = "" if status == "differs" else said
    return PathCheck(status, "torch.optim.SGD", "2.13.0", 20, 0.0, (notice,), compared, said)


@pytest.mark.parametrize(
    ("status", "sign", "ascii"),
    [("agrees", "✓", "ok"), ("convention", "!", "!"), ("differs", "✗", "!!"),
     ("undefined", "✓", "ok")],
)  # fmt: skip
def test_verdict(status: str, sign: str, ascii: str) -> None:
    """What the check says has its sign, and notices stand below."""
    check = check_of(status, "said · so")
    lines = verdict(made("line"), check).plain.splitlines()
    assert lines == [f"{sign} said · so", "note: rounding sets the paths apart: w → −w"]
    text = verdict(made("line"), check, Look(ascii=True)).plain
    assert text.isascii()
    assert text.startswith(f"{ascii} said . so\n")


def test_verdict_on_what_diverged() -> None:
    """The reason for the end stands above, and is not told again."""
    found = made("diverged")
    check = found.check()
    assert check.summary.startswith(f"{found.reason}; checked against torch.optim.SGD")
    assert verdict(found, check).plain.startswith("✓ checked against torch.optim.SGD")


def test_verdict_without_a_check() -> None:
    """Nothing was asked for, or why there is nothing."""
    assert verdict(made("line"), not_checked_path(made("line"))).plain == "not checked"
    why = "nothing is checked: torch cannot be imported (nowhere…); install it"
    assert verdict(made("line"), not_checked_path(made("line"), why)).plain == why
    look = Look(ascii=True, width=40)
    lines = verdict(made("line"), not_checked_path(made("line"), why), look).plain.splitlines()
    assert max(map(len, lines)) <= 40
    assert "".join(lines).isascii()


def test_notices_of_the_start() -> None:
    """A kink where the descent begins is told below the verdict."""
    found = descend("relu(w)", w=0, steps=1)
    lines = verdict(found, not_checked_path(found), Look(width=50)).plain.splitlines()
    assert lines[1].startswith("note: ")
    assert "kink" in " ".join(lines)
    assert max(map(cell_len, lines)) <= 50
