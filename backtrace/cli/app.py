"""The typer application: help, subcommands and shell completion.

The trace command itself never comes here (see `arguments`); typer is told its options from the
same table, so that the help and the completion cannot say anything else than what is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

import typer

from backtrace.cli.consoles import Color
from backtrace.cli.exits import DONE
from backtrace.cli.help import BINDINGS, EXIT_CODES, SUMMARY, examples
from backtrace.cli.ops_command import ops_command
from backtrace.cli.options import TABLE, Option, Options


def run(argv: Sequence[str]) -> int:
    """Hand the arguments to typer and return the exit code."""
    try:
        application()(list(argv), prog_name="backtrace")
    except SystemExit as leaving:
        if leaving.code == 1:  # so typer and rich answer a closed pipe, and nothing else here
            raise BrokenPipeError from None
        return leaving.code if isinstance(leaving.code, int) else DONE
    return DONE


def application() -> typer.Typer:
    """The application with the trace command's options and the subcommands."""
    app = typer.Typer(
        help=f"{SUMMARY}\n\n{_escaped(examples())}\n\n{BINDINGS}",
        epilog=EXIT_CODES,
        subcommand_metavar="PROGRAM [NAME=VALUE]... | ops [NAME]",
        options_metavar="[OPTIONS]",
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_callback())
    app.command("ops", rich_help_panel="Other commands")(_ops)
    return app


def _callback() -> Callable[..., None]:
    """A function whose parameters are the rows of the option table; typer reads only those."""

    def trace(**_: Any) -> None: ...

    parameters = []
    for row in fields(Options):
        option = TABLE[row.name]
        if row.name == "help":  # typer has its own
            continue
        default = typer.Option(
            row.default,
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
    return int | None if option.bounds else str | None


def _escaped(text: str) -> str:
    """Text that rich's markup leaves as it is."""
    return text.replace("[", r"\[")


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
    color: Annotated[
        Color,
        typer.Option("--color", metavar=TABLE["color"].metavar, help=_escaped(TABLE["color"].help)),
    ] = "auto",
) -> None:
    """List the operations: formula, derivatives, what holds at kinks, torch's name."""
    raise typer.Exit(ops_command(name, as_json=json, color=color))
