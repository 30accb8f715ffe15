"""The options of the trace command: one table, which the splitter and the help both read.

A field of `Options` is a row: its name and type, its default, and in its metadata an `Option` with
how it is spelled, what it takes and what the help says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, get_args

from backtrace.cli.consoles import Color
from backtrace.crosscheck import Engine
from backtrace.render import DIGITS, VIEWS, Direction, Theme

PROGRAM, SHOWN, CHECKED, ABOUT = "Program", "What is shown", "Cross-check", "Options"
EVERYTHING = "all"  # what --expand alone means


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How an option is spelled, what value it takes and what the help says of it."""

    names: tuple[str, ...]
    help: str
    panel: str
    metavar: str = ""  # what stands for its value, by default the choices; none: it is a flag
    choices: tuple[str, ...] = ()
    alone: str | None = None  # its value where none is typed, or no word that it `takes`
    is_value: Callable[[str], bool] | None = None
    bounds: tuple[int, int] | None = None  # its value is a whole number between these
    number: bool = False  # its value is a number of at least 0
    constant: bool = False  # its value is any number, or an expression of constants: 1/3
    once: str = ""  # why it may not be repeated; of others the last one counts
    many: bool = False  # it may be repeated, and every one counts
    group: str = ""  # only one option of a group makes sense at a time
    goes_with: str = ""  # the field of another without which it says nothing

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return not self.metavar

    def takes(self, word: str) -> bool:
        """Whether the word after an option that may stand alone is its value."""
        return word in self.choices if self.is_value is None else self.is_value(word)


def _is_operation(word: str) -> bool:
    from backtrace.ops import FUNCTIONS  # imports numpy, which help does without

    return word in FUNCTIONS


def option(*names: str, default: Any = None, **facts: Any) -> Any:
    """A row of a table: a field with its `Option`."""
    facts.setdefault("metavar", "|".join(facts.get("choices", ())))
    return field(default=default, metadata={"option": Option(names=names, **facts)})


def file_option() -> Any:
    """The row, which several commands have."""
    return option(
        "-f",
        "--file",
        metavar="PATH",
        panel=PROGRAM,
        help="Read the program from a file; - reads standard input.",
    )


def bindings_option() -> Any:
    """The row, which several commands have."""
    return option(
        "--bindings",
        metavar="PATH",
        once="a value of another file is given by itself, as in w=@other.npz:w",
        panel=PROGRAM,
        help="Take values by name from a .json, .toml or .npz file; what is typed comes first.",
    )


def data_option() -> Any:
    """The row, which several commands have."""
    return option(
        "--data",
        metavar="PATH",
        once="a column of another file is given by itself, as in x=@other.csv:x",
        panel=PROGRAM,
        help="Take the variables that have no value from the columns of a .csv, .tsv or .txt file.",
    )


def digits_option(default: str) -> Any:
    """The row, which several commands have."""
    return option(
        "--digits",
        metavar="N",
        bounds=(1, 17),
        panel=SHOWN,
        help=f"Significant digits, 1 to 17; default {default}.",
    )


def no_check_option() -> Any:
    """The row, which several commands have."""
    return option(
        "--no-check",
        default=False,
        panel=CHECKED,
        group="check",
        help="Compare with nothing; torch is not imported.",
    )


def color_option() -> Any:
    """The row, which several commands have."""
    return option(
        "--color",
        default="auto",
        choices=get_args(Color),
        panel=SHOWN,
        help="When to use colours; auto heeds NO_COLOR.",
    )


def help_option() -> Any:
    """The row, which several commands have."""
    return option("--help", default=False, panel=ABOUT, help="Print this page and exit.")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for, with the defaults where nothing was."""

    EXAMPLE: ClassVar[str] = 'backtrace "(w*x - y)**2" --w 1 --x 1 --y 2'

    file: str | None = file_option()
    wrt: str | None = option(
        "--wrt",
        metavar="NAMES",
        once="several names go together, as in --wrt w,b",
        panel=PROGRAM,
        help="Differentiate by these variables or steps only, as w or w,b; default every variable.",
    )
    data: str | None = data_option()
    bindings: str | None = bindings_option()
    seed: str | None = option(
        "--seed",
        metavar="VALUE",
        panel=PROGRAM,
        help="The upstream gradient to start from, for an output that is not one number.",
    )
    expand: str | None = option(
        "--expand",
        metavar="[NAME]",
        alone=EVERYTHING,
        is_value=_is_operation,
        panel=PROGRAM,
        help="Trace the definition of softmax, mse and the like step by step; NAME: of that only.",
    )
    view: str = option(
        "--view",
        default="tree",
        choices=tuple(VIEWS),
        panel=SHOWN,
        group="view",
        help="tree: from the output to the variables. table: every step in order. "
        "equations: the three passes as one writes them by hand.",
    )
    node: str | None = option(
        "--node",
        metavar="NAME",
        panel=SHOWN,
        group="view",
        help="Show the whole calculation of one node, with the sum over its uses.",
    )
    json: bool = option(
        "--json",
        default=False,
        panel=SHOWN,
        group="view",
        help="Print the trace as JSON, schema backtrace.trace/1.",
    )
    no_formulas: bool = option(
        "--no-formulas",
        default=False,
        panel=SHOWN,
        help="Leave the formulas out of the JSON, which makes it several times faster.",
    )
    quiet: bool = option(
        "-q",
        "--quiet",
        default=False,
        panel=SHOWN,
        group="view",
        help="Print the gradient alone, a number or a list; of several a line NAME<tab>VALUE each.",
    )
    digits: int | None = digits_option(f"{DIGITS}, with -q all of them")
    depth: int | None = option(
        "--depth",
        metavar="N",
        bounds=(1, 10**9),
        panel=SHOWN,
        help="Levels of the tree, rows of the table, or nodes of the equations, before the rest is "
        "folded.",
    )
    full: bool = option(
        "--full",
        default=False,
        panel=SHOWN,
        help="Show every entry of large arrays.",
    )
    output: str | None = option(
        "-o",
        "--output",
        metavar="PATH",
        once="one run writes one file",
        panel=SHOWN,
        help="Write a file as well: a picture (.svg, .png, .pdf), a page that steps through the "
        "passes (.html), the equations (.md, .tex), the graph for other programs (.dot, .mmd), the "
        "tree (.txt), the trace (.json), the nodes (.csv) or the gradients (.npz).",
    )
    direction: Direction = option(
        "--direction",
        default="LR",
        choices=get_args(Direction),
        panel=SHOWN,
        goes_with="output",
        help="Draw from left to right (LR) or from top to bottom (TB).",
    )
    theme: Theme = option(
        "--theme",
        default="light",
        choices=get_args(Theme),
        panel=SHOWN,
        goes_with="output",
        help="The colours of a picture or page.",
    )
    color: Color = color_option()
    expect: tuple[str, ...] = option(
        "--expect",
        default=(),
        metavar="CLAIM",
        many=True,
        panel=CHECKED,
        help='Check an answer of yours, such as "dL/dw = 2*x"; may be repeated.',
    )
    check: Engine = option(
        "--check",
        default="torch",
        choices=get_args(Engine),
        alone="torch",
        panel=CHECKED,
        group="check",
        help="Compare every node with torch (the default); differences adds central differences.",
    )
    no_check: bool = no_check_option()
    version: bool = option(
        "--version", default=False, panel=ABOUT, help="Print the version and exit."
    )
    help: bool = help_option()


@cache
def rows_of(kind: type) -> dict[str, Option]:
    """The options of one command by field."""
    return {f.name: f.metadata["option"] for f in fields(kind)}


@cache
def spellings_of(kind: type) -> dict[str, str]:
    """The field by every spelling of an option."""
    return {name: key for key, row in rows_of(kind).items() for name in row.names}


TABLE = rows_of(Options)
SPELLINGS = spellings_of(Options)
COMPLETION = ("--install-completion", "--show-completion")  # typer's own
SUBCOMMANDS = ("check", "descend", "practice", "grade", "lint", "ops")
OWN_WORDS = ("check", "descend", "practice")  # the subcommands that take programs and values


@cache
def long_spellings(kind: type = Options) -> tuple[str, ...]:
    """The options as `--name`, for near matches of a slip."""
    every = (*spellings_of(kind), *COMPLETION) if kind is Options else (*spellings_of(kind),)
    return tuple(name for name in every if name.startswith("--"))
