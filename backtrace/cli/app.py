"""The typer application: help, subcommands and shell completion.

The trace command itself never comes here (see `arguments`); typer is told its options from the
same table, so that the help and the completion cannot say anything else than what is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal, TypeAlias

import typer

from backtrace.cli.check_options import CheckOptions, PracticeOptions
from backtrace.cli.consoles import Color
from backtrace.cli.descend_options import DescendOptions
from backtrace.cli.exits import DONE, INTERRUPTED
from backtrace.cli.grade_command import GradeOptions, grade_command
from backtrace.cli.help import (
    BINDINGS,
    CHECK,
    DESCEND,
    EXIT_CODES,
    GRADE_CODES,
    PRACTICE,
    SUMMARY,
    Described,
    examples,
)
from backtrace.cli.lint_command import lint_command
from backtrace.cli.ops_command import ops_command
from backtrace.cli.options import TABLE, Option, Options, rows_of
from backtrace.homework.reports import REPORTS, Hints

OTHERS = "Other commands"


class Ended(Exception):  # noqa: N818  (a command that has ended is no error)
    """A command is done; typer's own exit would not tell 1 from a closed pipe."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run(argv: Sequence[str]) -> int:
    """Hand the arguments to typer and return the exit code."""
    try:
        application()(list(argv), prog_name="backtrace")
    except Ended as ended:
        return ended.code
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:  # typer's own answer to Ctrl-C, which says nothing
            raise KeyboardInterrupt from None
        if leaving.code == 1:  # so typer and rich answer a closed pipe, and nothing else here
            raise BrokenPipeError from None
        return leaving.code if isinstance(leaving.code, int) else DONE
    return DONE


def application() -> typer.Typer:
    """The application with the trace command's options and the subcommands."""
    app = typer.Typer(
        help=f"{SUMMARY}\n\n{_escaped(examples())}\n\n{BINDINGS}",
        epilog=EXIT_CODES,
        subcommand_metavar="PROGRAM [NAME=VALUE]... | COMMAND ...",
        options_metavar="[OPTIONS]",
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_described(Options))
    _add(app, "check", CheckOptions, CHECK)
    _add(app, "descend", DescendOptions, DESCEND)
    _add(app, "practice", PracticeOptions, PRACTICE)
    app.command("grade", rich_help_panel=OTHERS, epilog=GRADE_CODES)(_grade)
    app.command("lint", rich_help_panel=OTHERS)(_lint)
    app.command("ops", rich_help_panel=OTHERS)(_ops)
    return app


def _add(app: typer.Typer, name: str, kind: type, about: Described) -> None:
    """A command whose words are split elsewhere; typer shows its help and completes its options."""
    app.command(
        name,
        help=f"{about.summary}\n\n{_escaped(about.examples)}",
        epilog=about.exit_codes,
        rich_help_panel=OTHERS,
        options_metavar=f"{about.words} [OPTIONS]",
    )(_described(kind))


def _described(kind: type) -> Callable[..., None]:
    """A function whose parameters are the rows of an option table; typer reads only those."""

    def trace(**_: Any) -> None: ...

    parameters = []
    for row in fields(kind):
        option = rows_of(kind)[row.name]
        if row.name == "help":  # typer has its own
            continue
        default = typer.Option(
            [] if option.many else row.default,
            *option.names,
            help=_escaped(option.help),
            metavar=option.metavar,
            rich_help_panel=option.panel,
            show_default=False,
        )
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters.append(
            inspect.Parameter(row.name, keyword, default=default, annotation=_type_of(option))
        )
    trace.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    trace.__annotations__ = {p.name: p.annotation for p in parameters}
    return trace


def _type_of(option: Option) -> Any:
    if option.is_flag:
        return bool
    if option.choices:
        return Literal[option.choices]
    if option.many:
        return list[str]
    if option.number or option.constant:
        return float | None
    return int | None if option.bounds else str | None


def _escaped(text: str) -> str:
    """Text that rich's markup leaves as it is."""
    return text.replace("[", r"\[")


# Of several commands.
ColorOption: TypeAlias = Annotated[
    Color,
    typer.Option("--color", metavar=TABLE["color"].metavar, help=_escaped(TABLE["color"].help)),
]
AssignmentPath: TypeAlias = Annotated[
    str, typer.Argument(metavar="ASSIGNMENT", help="A .toml file.")
]


def _complete_operation(incomplete: str) -> list[str]:
    from backtrace.cli.ops_command import operations

    return [name for name in sorted(operations()) if name.startswith(incomplete)]


def _ops(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="One operation, in detail.", autocompletion=_complete_operation
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print the table as JSON.")
    ] = False,
    color: ColorOption = "auto",
) -> None:
    """List the operations: formula, derivatives, what holds at kinks, torch's name."""
    raise Ended(ops_command(name, as_json=json, color=color))


def _grade(  # noqa: PLR0913, PLR0917  (typer reads a parameter as an option)
    assignment: AssignmentPath,
    submissions: Annotated[
        str,
        typer.Argument(
            metavar="SUBMISSIONS", help="A folder, or a .txt, .csv or .jsonl file; - reads them."
        ),
    ],
    format: Annotated[
        str | None, typer.Option("--format", metavar="|".join(REPORTS), help="Default: by -o.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="PATH", help="Write the results there.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=1024, help="Processes of this machine.")
    ] = 1,
    dask: Annotated[
        str | None,
        typer.Option("--dask", metavar="ADDRESS", help="Grade on the workers of a Dask scheduler."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar="", help="Go on with a run that was broken off.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", metavar="", help="Exit with 1 if anything is wrong.")
    ] = False,
    hints: Annotated[
        Hints, typer.Option("--hints", help="How much of a verdict students may see.")
    ] = "full",
    reveal: Annotated[
        bool, typer.Option("--reveal", metavar="", help="Show the right numbers as well.")
    ] = False,
    color: ColorOption = "auto",
) -> None:
    """Grade submissions: marks, and for every mistake which step went wrong."""
    options = GradeOptions(
        format=format,
        output=output,
        jobs=jobs,
        dask=dask,
        resume=resume,
        strict=strict,
        hints=hints,
        reveal=reveal,
        color=color,
    )
    raise Ended(grade_command(assignment, submissions, options))


def _lint(
    assignment: AssignmentPath,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print the findings as JSON.")
    ] = False,
    color: ColorOption = "auto",
) -> None:
    """Look for what is wrong or weak in an assignment before students see it."""
    raise Ended(lint_command(assignment, as_json=json, color=color))
