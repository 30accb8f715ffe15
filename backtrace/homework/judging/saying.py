"""Verdicts as they are made: the state that a code has, and what is said."""

from __future__ import annotations

from collections.abc import Sequence

from backtrace.errors import BacktraceError, ReadError, ShapeError
from backtrace.homework.answers.claims import Claim, NotLatex, TooLong
from backtrace.homework.answers.targets import UnknownName
from backtrace.homework.mistakes.findings import Finding, told
from backtrace.homework.mistakes.wording import revealed, withheld
from backtrace.homework.problems.room import TooLarge
from backtrace.homework.verdicts import REASONS, Counterexample, Verdict

CODES: dict[type[BacktraceError], str] = {
    UnknownName: "unknown-name",
    TooLong: "too-long",
    TooLarge: "too-long",
    NotLatex: "not-latex",
    ShapeError: "shapes",
    ReadError: "syntax",
}


def reason(claim: str, code: str, text: str, *, read_as: str = "") -> Verdict:
    """A verdict that is no mistake of the chain rule; its state is that of the code."""
    state, _ = REASONS[code]
    return Verdict(claim, state, f"{code}: {text}", (code,), read_as=read_as)


def missing(claim: str) -> Verdict:
    """A verdict on no answer."""
    return reason(claim, "no-answer", REASONS["no-answer"][1])


def failed(claim: str, why: str) -> Verdict:
    """A verdict where judging failed: what was not answered is missing all the same."""
    return reason(claim, "failed", why) if claim.strip() else missing(claim)


def unreadable(text: str, error: BacktraceError) -> Verdict:
    """The verdict on what cannot be read, or does not fit together."""
    return reason(text, CODES.get(type(error), "syntax"), str(error))


def correct(claim: Claim, text: str) -> Verdict:
    """Of a claim that is right."""
    return Verdict(claim.text, "correct", text, read_as=claim.read_as)


def agreed(claim: Claim, agree: int, points: int) -> Verdict:
    """Of a formula that is right."""
    return correct(claim, f"agrees at {agree} of {points} points")


def wrong(claim: Claim, found: Sequence[Finding], shown: Counterexample) -> Verdict:
    """Of a claim that is wrong, with the mistakes that give it."""
    if not found:
        code = "wrong-value" if claim.target.by is None else "unexplained"
        found = [Finding(code, lambda: REASONS[code][1])]
    codes = tuple(dict.fromkeys(code for f in found for code in f.codes))
    together = len(found) == 1 and len(codes) > 1
    said = told(found)
    return Verdict(
        claim.text,
        "wrong",
        revealed(said),
        codes,
        shown,
        claim.read_as,
        together=together,
        hint=withheld(said),
    )
