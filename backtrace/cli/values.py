"""From the values that were typed to `Bindings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backtrace.cli.arguments import Typed, nearest_option, quoted
from backtrace.errors import BindingError
from backtrace.names import normal
from backtrace.reading.values import Bindings, read_value


def bindings_of(typed: Sequence[Typed], options: tuple[str, ...] = ()) -> Bindings:
    """Read every typed value; `options` are the spellings an unused name may be a slip of.

    Raises BindingError for a name that was given two values, or a value that cannot be read.
    """
    first: dict[str, Typed] = {}
    values: dict[str, Any] = {}
    for item in typed:
        name = normal(item.name)
        other = first.setdefault(name, item)
        if other is not item:
            both = f"{quoted(other.word)} and {quoted(item.word)}"
            raise BindingError(f"{quoted(item.name)[1:-1]} has two values: {both}")
        values[name] = _value(item)
    return Bindings(values, frozenset(values), options)


def _value(item: Typed) -> Any:
    try:
        return read_value(item.text, item.prefix)
    except BindingError as error:
        advice = nearest_option(item.name) if item.word.startswith("--") else ""
        error.message += advice.replace(": ", "; ", 1)
        raise
