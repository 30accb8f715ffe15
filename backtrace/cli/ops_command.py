"""backtrace ops [NAME]: the operation table, one family of it, or one operation in detail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backtrace.cli.arguments import quoted
from backtrace.cli.consoles import Color, Screen
from backtrace.cli.exits import DONE
from backtrace.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from backtrace.ops import Op


def operations() -> dict[str, tuple[Op, ...]]:
    """The rows by every name or sign an operation can be asked for by: relu, ln, `*`, mul."""
    from backtrace.ops import OPS

    found: dict[str, tuple[Op, ...]] = {}
    for row in OPS.values():
        sign = row.notation.replace("{0}", "").replace("{1}", "").strip()
        for name in {row.name, row.written, *row.also, sign or row.name}:
            found[name] = (*found.get(name, ()), row)
    return found


def ops_command(name: str | None, *, as_json: bool, color: Color) -> int:
    """Print the table, one of its families, or one operation; return the exit code.

    Raises UsageError.
    """
    from backtrace.ops import FAMILIES, OPS
    from backtrace.render.ops import json_text, one, table

    screen = Screen(sys.stdout, color)
    known = operations()
    if name is None:
        rows = tuple(OPS.values())
    elif name in known:
        rows = known[name]
    elif name in FAMILIES:
        rows = tuple(FAMILIES[name])
    else:
        near = did_you_mean(name, [*known, *FAMILIES]) or "; backtrace ops lists them all"
        raise UsageError(f"no operation is called {quoted(name)}{near}")
    if as_json:
        screen.write_json(json_text(rows))
    elif name is None or name not in known:
        screen.print(table(screen.look(), family=name))
    else:
        for row in rows:
            screen.print(one(row, screen.look()))
    return DONE
