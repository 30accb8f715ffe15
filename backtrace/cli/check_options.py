"""The options of `backtrace check` and `backtrace practice`, in tables as those of the trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from backtrace.cli.consoles import Color
from backtrace.cli.options import ABOUT, PROGRAM, SHOWN, option

JUDGED = "How answers are taken"


@dataclass(frozen=True, kw_only=True)
class ProblemOptions:
    """What says which problem is meant."""

    file: str | None = option(
        "-f", "--file", metavar="PATH", panel=PROGRAM, help="Read the program from a file."
    )
    bindings: str | None = option(
        "--bindings",
        metavar="PATH",
        panel=PROGRAM,
        help="Take values by name from a .json, .toml or .npz file; what is typed comes first.",
    )
    domain: tuple[str, ...] = option(
        "--domain",
        default=(),
        metavar="NAME=RANGE",
        many=True,
        panel=JUDGED,
        help="What a variable may be: x=positive, x=negative, x=nonzero or x=[0,1].",
    )
    color: Color = option(
        "--color",
        default="auto",
        choices=get_args(Color),
        panel=SHOWN,
        help="When to use colours; auto heeds NO_COLOR.",
    )
    help: bool = option("--help", default=False, panel=ABOUT, help="Print this page and exit.")


@dataclass(frozen=True, kw_only=True)
class CheckOptions(ProblemOptions):
    """What was asked of `backtrace check`."""

    digits: int = option(
        "--digits",
        default=3,
        metavar="N",
        bounds=(1, 17),
        panel=JUDGED,
        help="Significant digits that a number must have, unless it is exact; default 3.",
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
