"""Verdicts as they are made, each with its state and its words."""

from __future__ import annotations

from functools import partial

import pytest

from backtrace.errors import BacktraceError, ReadError, ShapeError, Span
from backtrace.homework.answers.claims import NotLatex, TooLong, read_claim
from backtrace.homework.answers.targets import UnknownName
from backtrace.homework.judging.saying import agreed, correct, reason, unreadable, wrong
from backtrace.homework.mistakes.findings import Finding
from backtrace.homework.problems.room import TooLarge
from backtrace.homework.verdicts import MISTAKES, REASONS, Counterexample
from backtrace.reading import read

CLAIM = read_claim("s = 2w x", read("s = w*x; L = s**2"))
SHOWN = Counterexample({"w": 1.0}, 2.0, 3.0, 3.0)


@pytest.mark.parametrize("code", REASONS)
def test_reasons(code: str) -> None:
    """The state is that of the code, which stands in the message."""
    found = reason("dL/dw = 1", code, "why", read_as="1")
    assert (found.state, found.codes, found.code) == (REASONS[code][0], (code,), code)
    assert found.message == f"{code}: why"
    assert found.read_as == "1"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReadError("no", "x +", Span(2, 3)), "syntax"),
        (UnknownName("no"), "unknown-name"),
        (TooLong("no"), "too-long"),
        (TooLarge("no"), "too-long"),
        (NotLatex("no"), "not-latex"),
        (ShapeError("no"), "shapes"),
        (BacktraceError("no"), "syntax"),
    ],
)
def test_what_cannot_be_read(error: BacktraceError, code: str) -> None:
    """Each kind of error has its code; the picture of the place is kept."""
    found = unreadable("x +", error)
    assert (found.state, found.code) == ("unreadable", code)
    assert found.message == f"{code}: {error}"


def test_right() -> None:
    """What is right has no code, and says how it was read."""
    assert correct(CLAIM, "it is").codes == ()
    found = agreed(CLAIM, 23, 24)
    assert (found.state, found.message) == ("correct", "agrees at 23 of 24 points")
    assert found.read_as == "2*w*x"


@pytest.mark.parametrize("count", [1, 2, 3, 4, len(MISTAKES)])
def test_mistakes(count: int) -> None:
    """Every code stands in the message, the likeliest first and in words."""
    codes = list(MISTAKES)[:count]
    found = wrong(CLAIM, [Finding(c, partial(str, f"word of {c}")) for c in codes], SHOWN)
    assert (found.state, found.codes, found.counterexample) == ("wrong", tuple(codes), SHOWN)
    assert found.message.startswith(f"{codes[0]}: word of {codes[0]}")
    assert all(code in found.message for code in codes)
    assert found.message.count("word of") == min(count, 3)


def test_no_known_mistake() -> None:
    """What nothing explains has a code as well: of a value another one than of a derivative."""
    assert wrong(CLAIM, [], SHOWN).codes == ("wrong-value",)
    claim = read_claim("dL/dw = 1", read("s = w*x; L = s**2"))
    assert wrong(claim, [], SHOWN).codes == ("unexplained",)
    assert "unexplained" in wrong(claim, [], SHOWN).message
