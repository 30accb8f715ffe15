"""The command line in a notebook: `%load_ext backtrace`, then `%backtrace "w*x" --w 1 --x 2`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from backtrace.cli.arguments import split
from backtrace.cli.options import PROGRAM, SUBCOMMANDS, TABLE, Options
from backtrace.errors import BacktraceError

if TYPE_CHECKING:
    from backtrace.records import Trace


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython shell the magic %backtrace, and %%backtrace with the program in the cell."""
    shell.register_magic_function(backtrace, "line_cell")


def backtrace(line: str, cell: str | None = None) -> Trace | None:
    """Trace a program; the words are those of the command line.

    The trace shows itself, and can be kept: `t = %backtrace "w*x" --w 1 --x 2`. With an option that
    says what to print or to write, or with a subcommand, everything is as on the command line.
    """
    from IPython.core.error import UsageError

    words = shlex.split(line) + ([] if cell is None else ["--", cell.rstrip()])
    try:
        if not _prints(words):
            from backtrace.cli.trace_command import traced

            return traced(split(words))
    except BacktraceError as error:
        raise UsageError(str(error)) from None  # which IPython shows without a traceback
    from backtrace.cli import main

    main(words)
    return None


def _prints(words: Sequence[str]) -> bool:
    """Whether it is about more than a trace: only what belongs to the program was given."""
    if not words or words[0] in SUBCOMMANDS:
        return True
    options = split(words).options
    others = (row for row in fields(Options) if TABLE[row.name].panel != PROGRAM)
    return any(getattr(options, row.name) != row.default for row in others)
