"""Sympy proves what it can in a second, and never says "wrong"."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import backtrace
from backtrace.homework.answers.claims import read_claim
from backtrace.homework.judging import proving
from backtrace.homework.judging.proving import proved
from backtrace.homework.problems.problem import Problem

SQUARE = ("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1})


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """hypothesis listens to the collector, and an exception is lost in what listens."""
    gc.disable()
    yield
    gc.enable()


def is_proved(program: str, at: dict[str, Any], claim: str) -> bool:
    """Whether a claim is proved; and no timer is left behind."""
    problem = Problem(program, at)
    before = signal.getsignal(signal.SIGALRM)
    found = proved(problem, read_claim(claim, problem.graph))
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    return found


@pytest.mark.parametrize(
    ("program", "at", "claim"),
    [
        (*SQUARE, "dL/dw = 2*x*(w*x - y)"),
        (*SQUARE, "dL/dw = 2*w*x^2 - 2*x*y"),
        (*SQUARE, "dL/dw = 2*s*x"),
        (*SQUARE, "dL/ds = 2*s"),
        (*SQUARE, "ds/dw = x"),
        (*SQUARE, "s = w*x - y"),
        (*SQUARE, "L = (y - w*x)**2"),
        ("tanh(x)", {"x": 1}, "dL/dx = 1/cosh(x)**2"),
        ("tanh(x)", {"x": 1}, "dL/dx = 4/(exp(x) + exp(-x))**2"),
        ("sigmoid(x)", {"x": 1}, "dL/dx = sigmoid(x)*(1 - sigmoid(x))"),
        ("sigmoid(x)", {"x": 1}, "dL/dx = L*(1 - L)"),
        ("cos(x)**4 - sin(x)**4", {"x": 1}, "L = cos(2x)"),
        ("exp(x)/x", {"x": 1}, "dL/dx = exp(x)*(x - 1)/x^2"),
    ],
)
def test_what_is_equal(program: str, at: dict[str, Any], claim: str) -> None:
    """Other forms of the right formula are proved to be it."""
    assert is_proved(program, at, claim)


@pytest.mark.parametrize(
    "claim", ["dL/dw = 2*s", "dL/dw = 2*s*x + 1e-30", "dL/ds = s", "s = w*x", "ds/dw = w"]
)
def test_what_is_not(claim: str) -> None:
    """What is not equal is not proved."""
    assert not is_proved(*SQUARE, claim)


@pytest.mark.parametrize(
    "claim",
    [
        "dL/dw = 2*s*x + 9**9**9 - 9**9**9",
        "dL/dw = 3*s*x*9**9**9/9**9**9",
        "dL/dw = 2*s*x + (w + x + y)**5000 - (w + x + y)**5000*1",
        "dL/dw = 2*s*x + ((w + x)**90 - (x + w)**90)*((w + 1)**90 - y)",
        "dL/dw = 2*s*x*" + "*".join(f"cos({k}*x + {k}*w)" for k in range(1, 40)),
        "dL/dw = " + " + ".join(f"sin(w*x + {k})*exp(y - {k})" for k in range(60)),
        "dL/dw = exp(exp(exp(exp(x))))",
        "dL/dw = x**(10**300)",
        "dL/dw = nan",
        "dL/dw = inf",
        "dL/dw = [x, w]",
    ],
)
def test_what_takes_long(monkeypatch: pytest.MonkeyPatch, claim: str) -> None:
    """Whatever sympy makes of it, it ends, without an error; and nothing wrong is proved."""
    monkeypatch.setattr(proving, "LIMIT", 0.2)
    assert not is_proved(*SQUARE, claim) or claim.startswith("dL/dw = 2*s*x + ")


def test_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the limit it is not proved, and the handler of before is back."""
    monkeypatch.setattr(proving, "LIMIT", 0.05)
    monkeypatch.setattr(proving, "_is_identity", lambda *_: _forever())
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    try:
        assert not is_proved(*SQUARE, "dL/dw = 2*s*x")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert heard == []


def test_a_ring_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised in a callback of the collector is ignored there: it rings again."""
    monkeypatch.setattr(proving, "LIMIT", 0.02)

    def swallowing(*_: object) -> bool:
        with contextlib.suppress(proving._TooSlow):
            _forever()
        return _forever()

    monkeypatch.setattr(proving, "_is_identity", swallowing)
    patience.clear()
    timer = threading.Timer(1.0, patience.append, [1])
    timer.start()
    assert not is_proved(*SQUARE, "dL/dw = 2*s*x")
    timer.cancel()
    assert not patience, "it rang once only"


patience: list[int] = []


def _forever() -> bool:
    while not patience:
        pass
    return False


def test_in_another_thread() -> None:
    """Outside the main thread there is no timer: it is not proved, and the verdict stands."""
    found: list[Any] = []

    def run() -> None:
        found.append(backtrace.check(*SQUARE, "dL/dw = 2*s*x", prove=True))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found[0].state == "correct"
    assert not found[0].message.startswith("proved")


@pytest.mark.parametrize(
    ("claim", "state", "is_told"),
    [
        ("dL/dw = 2*s*x", "correct", True),
        ("dL/dw = 42", "correct", False),
        ("dL/dw = 2*s", "wrong", False),
        ("dL/dw = 2*", "unreadable", False),
    ],
)
def test_it_is_told(claim: str, state: str, is_told: bool) -> None:
    """A proof is told beside the agreement, and changes no verdict."""
    plain = backtrace.check(*SQUARE, claim)
    found = backtrace.check(*SQUARE, claim, prove=True)
    assert found.state == plain.state == state
    assert found.message.startswith("proved equal; ") == is_told
    assert found.message.removeprefix("proved equal; ") == plain.message


def test_arrays_are_not_proved() -> None:
    """Of arrays sympy is not asked."""
    at = {"W": [[1, 2], [3, 4]], "x": [1, -1]}
    assert not is_proved("s = W@x; L = sum(s**2)", at, "dL/dx = 2*W.T@s")
