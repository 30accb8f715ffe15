"""The command line in a notebook: `%load_ext backtrace`, then `%backtrace "w*x" --w 1 --x 2`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from backtrace.cli.arguments import split
from backtrace.cli.options import ABOUT, CHECKED, SHOWN, SUBCOMMANDS, rows_of
from backtrace.errors import BacktraceError

if TYPE_CHECKING:
    from backtrace.cli.arguments import Arguments
    from backtrace.descent.records import Descent
    from backtrace.records import Trace


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython shell the magic %backtrace, and %%backtrace with the program in the cell."""
    shell.register_magic_function(backtrace, "line_cell")


def backtrace(line: str, cell: str | None = None) -> Trace | Descent | None:
    """Trace a program, or descend; the words are those of the command line.

    The trace shows itself, and can be kept: `t = %backtrace "w*x" --w 1 --x 2`. With an option that
    says what to print, to write or to check, or with another subcommand, everything is as on the
    command line.
    """
    from IPython.core.error import UsageError

    try:
        words = shlex.split(line) + ([] if cell is None else ["--", cell.rstrip()])
        if words[:1] == ["descend"]:
            found: Trace | Descent | None = _descent(words[1:])
        else:
            found = None if not words or words[0] in SUBCOMMANDS else _trace(words)
        if found is not None:
            return found
    except (BacktraceError, ValueError) as error:  # the latter: a quote that is not closed
        raise UsageError(str(error)) from None  # which IPython shows without a traceback
    from backtrace.cli import main

    main(words)
    return None


def _trace(words: Sequence[str]) -> Trace | None:
    """The trace; None where more than that is asked for."""
    from backtrace.cli.trace_command import traced

    arguments = split(words)
    return None if _prints(arguments) else traced(arguments)


def _descent(words: Sequence[str]) -> Descent | None:
    """The same of a descent."""
    from backtrace.cli.descend_command import DescendSplitter, asked_task
    from backtrace.descent.descending import walked
    from backtrace.descent.walk import Walk

    arguments = DescendSplitter(words).split()
    if _prints(arguments):
        return None
    return walked(Walk(asked_task(arguments, arguments.options)))  # type: ignore[arg-type]


def _prints(arguments: Arguments) -> bool:
    """Whether an option says what to print, to write or to check."""
    options: Any = arguments.options
    kind: type = type(options)
    rows = rows_of(kind)
    others = (f for f in fields(options) if rows[f.name].panel in (SHOWN, CHECKED, ABOUT))
    return any(getattr(options, f.name) != f.default for f in others)
