"""The command line: one file per command, each of which parses, calls, renders and exits."""

from __future__ import annotations

import os
from collections.abc import Sequence

from backtrace.cli.arguments import split
from backtrace.cli.consoles import prepare_streams
from backtrace.cli.exits import DONE, exit_code_of
from backtrace.cli.options import COMPLETION, OWN_WORDS, SUBCOMMANDS


def main(argv: Sequence[str]) -> int:
    """Run the command line on these arguments and return its exit code."""
    prepare_streams()
    return exit_code_of(lambda: _dispatch(argv))


def _dispatch(argv: Sequence[str]) -> int:
    """A completion or a subcommand goes to typer, everything else to the trace command."""
    first = argv[0] if argv else ""
    if first in OWN_WORDS and "_BACKTRACE_COMPLETE" not in os.environ:
        return _own(first, argv)
    if first in (*SUBCOMMANDS, *COMPLETION) or "_BACKTRACE_COMPLETE" in os.environ:
        return _typer(argv)
    if not argv:
        from backtrace.cli.help import USAGE

        print(USAGE)
        return 2
    if list(argv) == ["-h"]:  # alone it would be a program whose one variable has no value
        return _typer(["--help"])
    arguments = split(argv)
    if arguments.options.help:
        return _typer(["--help"])
    if arguments.options.version:
        from backtrace import __version__

        print(f"backtrace {__version__}")
        return DONE
    from backtrace.cli.trace_command import trace_command

    return trace_command(arguments)


def _own(command: str, argv: Sequence[str]) -> int:
    """A subcommand whose words, programs and values among them, are told apart as the trace's."""
    from importlib import import_module

    module = import_module(f"backtrace.cli.{command}_command")
    code: int | None = getattr(module, f"{command}_command")(argv[1:])
    return _typer([command, "--help"]) if code is None else code


def _typer(argv: Sequence[str]) -> int:
    from backtrace.cli.app import run  # typer costs as much as everything else here

    return run(argv)
