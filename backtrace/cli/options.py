"""The options of the trace command: one table, which the splitter and the help both read.

A field of `Options` is a row: its name and type, its default, and in its metadata an `Option` with
how it is spelled, what it takes and what the help says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, get_args

from backtrace.cli.consoles import Color
from backtrace.crosscheck import Engine
from backtrace.render import DIGITS, ViewName

PROGRAM, SHOWN, CHECKED, ABOUT = "Program", "What is shown", "Cross-check", "Options"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How an option is spelled, what value it takes and what the help says of it."""

    names: tuple[str, ...]
    help: str
    panel: str
    metavar: str = ""  # what stands for its value, by default the choices; none: it is a flag
    choices: tuple[str, ...] = ()
    alone: str | None = None  # its value where none is typed; it then takes none but `choices`
    bounds: tuple[int, int] | None = None  # its value is a whole number between these
    once: str = ""  # why it may not be repeated; of others the last one counts
    group: str = ""  # only one option of a group makes sense at a time

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return not self.metavar


def _option(*names: str, default: Any = None, **facts: Any) -> Any:
    facts.setdefault("metavar", "|".join(facts.get("choices", ())))
    return field(default=default, metadata={"option": Option(names=names, **facts)})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for, with the defaults where nothing was."""

    file: str | None = _option(
        "-f",
        "--file",
        metavar="PATH",
        panel=PROGRAM,
        help="Read the program from a file; - reads standard input.",
    )
    wrt: str | None = _option(
        "--wrt",
        metavar="NAMES",
        once="several names go together, as in --wrt w,b",
        panel=PROGRAM,
        help="Differentiate by these variables only, as w or w,b; default every variable.",
    )
    view: ViewName = _option(
        "--view",
        default="tree",
        choices=get_args(ViewName),
        panel=SHOWN,
        group="output",
        help="tree: from the output to the variables. table: every step in order.",
    )
    node: str | None = _option(
        "--node",
        metavar="NAME",
        panel=SHOWN,
        group="output",
        help="Show the whole calculation of one node, with the sum over its uses.",
    )
    json: bool = _option(
        "--json",
        default=False,
        panel=SHOWN,
        group="output",
        help="Print the trace as JSON, schema backtrace.trace/1.",
    )
    no_formulas: bool = _option(
        "--no-formulas",
        default=False,
        panel=SHOWN,
        help="Leave the formulas out of the JSON, which makes it several times faster.",
    )
    quiet: bool = _option(
        "-q",
        "--quiet",
        default=False,
        panel=SHOWN,
        group="output",
        help="Print the gradient alone: one number, or a line NAME<tab>NUMBER for each of several.",
    )
    digits: int | None = _option(
        "--digits",
        metavar="N",
        bounds=(1, 17),
        panel=SHOWN,
        help=f"Significant digits, 1 to 17; default {DIGITS}, with -q all of them.",
    )
    depth: int | None = _option(
        "--depth",
        metavar="N",
        bounds=(1, 10**9),
        panel=SHOWN,
        help="Levels of the tree, or rows of the table, before the rest is folded.",
    )
    color: Color = _option(
        "--color",
        default="auto",
        choices=get_args(Color),
        panel=SHOWN,
        help="When to use colours; auto heeds NO_COLOR.",
    )
    check: Engine = _option(
        "--check",
        default="torch",
        choices=get_args(Engine),
        alone="torch",
        panel=CHECKED,
        group="check",
        help="Compare every node with torch (the default); differences adds central differences.",
    )
    no_check: bool = _option(
        "--no-check",
        default=False,
        panel=CHECKED,
        group="check",
        help="Compare with nothing; torch is not imported.",
    )
    version: bool = _option(
        "--version", default=False, panel=ABOUT, help="Print the version and exit."
    )
    help: bool = _option("--help", default=False, panel=ABOUT, help="Print this page and exit.")


TABLE: dict[str, Option] = {f.name: f.metadata["option"] for f in fields(Options)}
SPELLINGS: dict[str, str] = {name: key for key, row in TABLE.items() for name in row.names}
COMPLETION = ("--install-completion", "--show-completion")  # typer's own
SUBCOMMANDS = ("ops",)


@cache
def long_spellings() -> tuple[str, ...]:
    """The options as `--name`, for near matches of a slip."""
    return tuple(name for name in (*SPELLINGS, *COMPLETION) if name.startswith("--"))
