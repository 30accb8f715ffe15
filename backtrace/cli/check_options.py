"""The options of `backtrace check` and `backtrace practice`, in tables as those of the trace."""

from __future__ import annotations

from dataclasses import dataclass

from backtrace.cli.consoles import Color
from backtrace.cli.options import (
    SHOWN,
    bindings_option,
    color_option,
    file_option,
    help_option,
    option,
)
from backtrace.homework.verdicts import DIGITS, MOST_DIGITS

JUDGED = "How answers are taken"


@dataclass(frozen=True, kw_only=True)
class ProblemOptions:
    """What says which problem is meant."""

    file: str | None = file_option()
    bindings: str | None = bindings_option()
    domain: tuple[str, ...] = option(
        "--domain",
        default=(),
        metavar="NAME=RANGE",
        many=True,
        panel=JUDGED,
        help="What a variable may be: x=positive, x=negative, x=nonzero or x=[0,1].",
    )
    color: Color = color_option()
    help: bool = help_option()


@dataclass(frozen=True, kw_only=True)
class CheckOptions(ProblemOptions):
    """What was asked of `backtrace check`."""

    digits: int = option(
        "--digits",
        default=DIGITS,
        metavar="N",
        bounds=(1, MOST_DIGITS),
        panel=JUDGED,
        help=f"Significant digits that a number must have, unless it is exact; default {DIGITS}.",
    )
    rtol: float | None = option(
        "--rtol",
        metavar="X",
        number=True,
        panel=JUDGED,
        help="How far a number may be off, relative to the right one.",
    )
    atol: float | None = option(
        "--atol",
        metavar="X",
        number=True,
        panel=JUDGED,
        help="How far a number may be off; both replace half a unit of the last typed digit.",
    )
    prove: bool = option(
        "--prove",
        default=False,
        panel=JUDGED,
        help="Let sympy try for a second to prove what agrees at all points.",
    )
    json: bool = option(
        "--json",
        default=False,
        panel=SHOWN,
        help="Print the verdicts as JSON, schema backtrace.verdicts/1.",
    )


@dataclass(frozen=True, kw_only=True)
class PracticeOptions(ProblemOptions):
    """What was asked of `backtrace practice`."""
