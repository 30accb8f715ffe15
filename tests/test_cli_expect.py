"""`--expect` beside the trace: verdicts in every view, and exit codes that combine."""

from __future__ import annotations

import json

import pytest

from backtrace.cli import main

SQUARE = ("s = w*x - y; L = s**2", "w=2", "x=-3", "y=1", "--no-check")
RIGHT, WRONG, UNREADABLE = "dL/dw = 2*x*(w*x - y)", "x=28", "dL/dw = 2*("
VIEWS = [(), ("--view", "table"), ("--node", "w"), ("--depth", "1"), ("--digits", "3")]


def trace(*words: str, expect: tuple[str, ...] = ()) -> int:
    """The exit code of tracing in this process."""
    return main([*words, *(word for claim in expect for word in ("--expect", claim))])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ((RIGHT,), 0),
        ((RIGHT, "x=-28", "s = -7", "ds/dw = x"), 0),
        ((WRONG,), 1),
        ((RIGHT, WRONG), 1),
        ((UNREADABLE,), 2),
        ((WRONG, UNREADABLE, RIGHT), 2),
        ((" ",), 2),
        (("dL/dw",), 2),
        (("dL/dw = q",), 2),
        (("dL/dw = " + "1+" * 50_000 + "1",), 2),
        (("dL/dw = __import__('os').system('id')",), 2),
        (("dL/dw = \x1b[31m\0\ud800",), 2),
        ((r"\frac{\partial L}{\partial w} = 2xs",), 0),
    ],
)
@pytest.mark.parametrize("view", [*VIEWS, ("-q",), ("--json", "--no-formulas")])
def test_exit_codes(
    claims: tuple[str, ...],
    code: int,
    view: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever the view: 0 all right, 1 one wrong, 2 one unreadable; the trace is always there."""
    assert trace(*SQUARE, *view, expect=claims) == code
    captured = capsys.readouterr()
    assert "42" in captured.out or "49" in captured.out
    assert "Traceback" not in captured.err
    assert not any(character in captured.out + captured.err for character in "\x1b\0")


@pytest.mark.parametrize("view", VIEWS)
def test_views(view: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The verdicts stand between the view and the table of gradients, apart from both."""
    assert trace(*SQUARE, *view, expect=(RIGHT, WRONG)) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    before, right, after = captured.out.partition("✓ dL/dw = 2*x*(w*x - y)   agrees at 24 of 24")
    assert right
    assert before.endswith("\n\n")
    assert "✗ x=28                    sign: the sign is the other one" in after
    assert "yours gives 28, the derivative is -28 (differences: -28.0" in after
    assert "\n\n\n" not in captured.out
    if "--node" not in view:
        assert "gradient" in after


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """-q leaves standard output to the gradients; verdicts are told on standard error."""
    assert trace(*SQUARE, "-q", "--wrt", "w", expect=(RIGHT, WRONG)) == 1
    captured = capsys.readouterr()
    assert captured.out == "42\n"
    assert "claim: correct: dL/dw = 2*x*(w*x - y)\n" in captured.err
    assert "claim: wrong: x=28\nsign: the sign is the other one\n" in captured.err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The document has the verdicts as `claims`; without --expect it has no such key."""
    assert trace(*SQUARE, "--json", expect=(RIGHT, WRONG, UNREADABLE)) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "backtrace.trace/1"
    assert [claim["state"] for claim in found["claims"]] == ["correct", "wrong", "unreadable"]
    assert [claim["claim"] for claim in found["claims"]] == [RIGHT, WRONG, UNREADABLE]
    assert found["claims"][1]["counterexample"]["right"] == -28
    assert trace(*SQUARE, "--json") == 0
    assert "claims" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("claim", "code"),
    [("dL/dx = 1/x", 3), ("dL/dx = -1", 3), ("dL/dx = 2/x", 1), ("dL/dx = (", 2)],
)
@pytest.mark.parametrize("view", [(), ("-q",), ("--json",)])
def test_undefined_here(
    claim: str, code: int, view: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of several reasons the weightiest is the exit code: 2 before 1 before 3; all are told."""
    assert trace("log(x)", "x=-1", "--no-check", *view, expect=(claim,)) == code
    assert "undefined here: log needs a number above 0" in capsys.readouterr().err


def test_undecided_is_4() -> None:
    """A claim that cannot be decided is weightier than nothing, and lighter than all else."""
    assert trace("log(-x**2)", "x=1", "--no-check", expect=("dL/dx = 2/x",)) == 3
    assert trace("x**2", "x=inf", "--no-check", "-q", expect=("dL/dx = 2*x",)) == 3
    assert trace("sqrt(1e-6 - (x - 5)**2)", "x=5", "--no-check", expect=("dL/dx = x",)) == 4


def test_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    """Gradients of arrays are claimed whole, by entry, or by a formula; each has its verdict."""
    program = ("sum(x**2)", "x=[1, 2]", "--no-check", "-q")
    right = ("dL/dx = [2, 4]", "dL/dx = 2*x", "dL/dx[1] = 4")
    assert trace(*program, expect=right) == 0
    assert trace(*program, expect=(*right, "dL/dx = [2, 5]")) == 1
    assert trace(*program, expect=(*right, "dL/dx[7] = 2")) == 2
    assert "there is no entry [7]" in capsys.readouterr().err
    softmax = ("softmax(x)[0]", "x=[1, 2]", "--no-check", "-q", "--expand")
    assert trace(*softmax, expect=("dL/dx = [0.197, -0.197]",)) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*SQUARE, "--expect"), "--expect needs a value"),
        ((*SQUARE, "--expect="), "--expect needs a value"),
        ((*SQUARE, "--expect", "--json"), "--expect needs a value"),
        ((*SQUARE, "--expect", RIGHT, "--seed", "2"), "--seed"),
        ((*SQUARE, "--expct", RIGHT), "--expect"),
    ],
)
def test_bad_input_is_answered(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used exits 2 with a message and nothing on standard output."""
    assert main([*words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_torch_and_claims(capsys: pytest.CaptureFixture[str]) -> None:
    """Claims and the cross-check stand side by side."""
    assert trace(*SQUARE[:-1], expect=(RIGHT,)) == 0
    shown = capsys.readouterr().out
    assert shown.index("agrees at 24 of 24 points") < shown.index("checked against torch")


def test_claims_beside_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch computes something else that is 1, unless a claim is unreadable."""
    monkeypatch.setattr("backtrace.crosscheck.engine.torch_function", lambda op, torch: torch.cos)
    assert trace("sin(x)", "x=1", "-q", expect=("dL/dx = cos(x)",)) == 1
    assert trace("sin(x)", "x=1", "-q", expect=("dL/dx = cos(",)) == 2
