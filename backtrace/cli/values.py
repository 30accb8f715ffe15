"""From what was typed, and the files of --bindings and --data, to `Bindings`."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backtrace.cli.arguments import Typed, is_name, nearest_of, quoted
from backtrace.cli.files import data_file
from backtrace.cli.options import long_spellings
from backtrace.errors import BacktraceError, BindingError, Span
from backtrace.graph import Graph
from backtrace.names import names_in, normal
from backtrace.ops import FUNCTIONS
from backtrace.ops.rows import Value
from backtrace.passes import frozen
from backtrace.reading import read
from backtrace.reading.values import Bindings, read_value

if TYPE_CHECKING:
    from backtrace.reading.files import Table

SPELLINGS = long_spellings()  # of the trace command
MOST_OFFERED = 10_000  # names of columns that a name without a value is compared with


def bindings_of(
    typed: Sequence[Typed], options: tuple[str, ...] = SPELLINGS, path: str | None = None
) -> Bindings:
    """Read every typed value, which wins over those of the file of --bindings.

    `options` are the spellings an unused name may be a slip of. Raises BindingError for a name that
    was given two values, or a value that cannot be read; UsageError for a file.
    """
    first: dict[str, Typed] = {}
    values: dict[str, Value] = {}
    for item in typed:
        name = normal(item.name)
        other = first.setdefault(name, item)
        if other is not item:
            both = f"{quoted(other.word)} and {quoted(item.word)}"
            raise BindingError(f"{quoted(item.name)[1:-1]} has two values: {both}")
        values[name] = _value(item, options)
    if path is None:
        return Bindings(values, frozenset(values), options)
    from backtrace.reading.files import values_in

    by_name = values_in(data_file(path, ".json"), is_name)
    from_file = frozenset(by_name.keys() - values.keys())
    every = ChainMap(values, by_name)  # type: ignore[arg-type]  # nothing is written to it
    return Bindings(every, frozenset(values), options, from_file=from_file)


def with_columns(
    program: str, bindings: Bindings, path: str, wrt: str | None
) -> tuple[Graph, Bindings, list[str]]:
    """The graph of a program, the bindings with those columns of a table that it uses, and these.

    What has a value already, and what --wrt does not name either, is not read. A column that is
    called like a function is none of the names: `mean(x)` stays the mean of x.
    """
    from backtrace.reading.files import TABLES, open_table

    file = data_file(path, ".csv")
    file.require(TABLES, "the file of --data")
    table = open_table(file)
    offered = {name for name in table.offered() if name not in FUNCTIONS} - bindings.values.keys()
    graph = read(program, offered | bindings.values.keys())
    asked = names_in(wrt or "")
    used = [name for name in dict.fromkeys([*graph.variables, *asked]) if name in offered]
    found = replace(
        bindings,
        values={**_columns(table, used), **bindings.of(graph, asked)},
        from_file=frozenset(),
        offered=tuple(sorted(offered | bindings.from_file)) if len(offered) < MOST_OFFERED else (),
    )
    return graph, found, used


def typed_value(text: str, name: str, prefix: str) -> Value:
    """The value of a text, or of the file it names after @; `prefix` stands before it in errors."""
    if text.lstrip()[:1] != "@":
        return read_value(text, prefix)
    from backtrace.reading.files import value_at

    try:
        return value_at(text.strip()[1:], name)
    except BacktraceError as error:
        if error.source is None:
            error.source = prefix + text
            error.span = Span(len(prefix), len(error.source))
        raise


def _columns(table: Table, names: list[str]) -> dict[str, Value]:
    found = table.columns(table.indices(names)) if names else []
    return {name: frozen(column) for name, column in zip(names, found, strict=True)}


def _value(item: Typed, options: Sequence[str]) -> Value:
    try:
        return typed_value(item.text, item.name, item.prefix)
    except BindingError as error:
        advice = nearest_of(item.name, options) if item.word.startswith("--") else ""
        error.message += advice.replace(": ", "; ", 1)
        raise
