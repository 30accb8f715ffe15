"""backtrace.reading.readings: what was understood is echoed when it was not literal."""

from __future__ import annotations

import pytest

from backtrace.reading import read
from backtrace.reading.readings import LONGEST, MOST

BOUND = ("w", "x", "y", "b", "theta")

ECHOES = {
    "σ(w x + b)": "read as sigmoid(w*x + b)",
    "2wx": "read as 2*w*x",
    "1/2x": "read as 1/2*x, that is (1/2)*x",
    "cos^2(x)": "read as cos(x)**2",
    "cos^2(x)^3": "read as (cos(x)**2)**3",
    "2(x #\x1b[5mHI\n+y)": "read as 2*(x +y)",
    "√(x) + x²": "read as sqrt(x) + x**2",
    "np.exp(x)": "read as exp(x)",
    "ŷ = w x": "read as yhat = w*x",
    "w*x - y": None,
    "x^2": None,
}


@pytest.mark.parametrize("program", ECHOES)
def test_echo(program: str) -> None:
    """What was understood is echoed when it was not literal, and only then."""
    readings = read(program, BOUND).readings
    assert readings == ((ECHOES[program],) if ECHOES[program] else ())


def test_one_echo_a_statement() -> None:
    """Statements are echoed one by one, those that are literal are not."""
    assert read("a = 2x\nb = a*x; c = b x").readings == ("read as a = 2*x", "read as c = b*x")


def test_a_long_program_is_not_echoed_whole() -> None:
    """The first few statements are echoed, and a long one not at all."""
    assert len(read("a = 2x\n" * 20).readings) == MOST
    assert read("2x" + " + x" * LONGEST).readings == ()
