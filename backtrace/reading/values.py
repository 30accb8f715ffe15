"""What a user gives for a variable, as a float64 or a float64 array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtrace.errors import BindingError, Span, did_you_mean, listed, shortened
from backtrace.graph import Graph
from backtrace.names import normal
from backtrace.ops.rows import Value
from backtrace.passes import frozen
from backtrace.reading.lists import read_list
from backtrace.reading.objects import array_of, is_fixed
from backtrace.reading.ranges import read_range
from backtrace.reading.scalars import plain_number, read_number

NO_FILES = (
    "files are read on the command line only (x=@data.npy); in Python load the array and pass it, "
    "as in x=numpy.load(path)"
)


@dataclass(frozen=True, slots=True)
class Bindings:
    """The value of every name; `typed` are those named for this run, which must be used.

    `options` are the spellings of command-line options, so that `--chek` finds --check; `offered`
    are further names there would have been a value for. Those `from_file` are for several programs:
    what one does not use is as if it were not there.
    """

    values: Mapping[str, Value]
    typed: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    from_file: frozenset[str] = frozenset()

    def of(self, graph: Graph, asked: Iterable[str]) -> Mapping[str, Value]:
        """The values that count for a graph, and for the names to differentiate by."""
        if not self.from_file:
            return self.values
        kept = {*graph.variables, *asked} | (self.values.keys() - self.from_file)
        return {name: self.values[name] for name in self.values if name in kept}

    def check(self, graph: Graph) -> None:
        """Raise BindingError for a variable without a value or a typed name without a use."""
        missing = [name for name in graph.variables if name not in self.values]
        unused = [n for n in self.values if n in self.typed and n not in graph.variables]
        if missing:
            raise self._missing(graph, missing, unused)
        if unused:
            raise self._unused(graph, unused[0])

    def _missing(self, graph: Graph, missing: list[str], unused: list[str]) -> BindingError:
        values = " ".join(f"{name}=1" for name in missing[:4] if len(name) < 16) or "name=1"
        message = f"no value for {listed(missing)}: give one, as in {values}"
        if unused:
            message += f" ({listed(unused)} {'is' if len(unused) == 1 else 'are'} not used)"
        else:
            others = {*self.values, *self.offered} - graph.variables.keys()
            message += did_you_mean(missing[0], others).replace(": ", "; ", 1)
        return BindingError(message, graph.source, graph.spans[graph.variables[missing[0]]])

    def _unused(self, graph: Graph, name: str) -> BindingError:
        if name in graph.names:
            message = (
                f"{shortened(name)} is assigned in the program, so it takes no value from outside"
            )
            return BindingError(message)
        known = {**dict.fromkeys(graph.variables), **{o.lstrip("-"): o for o in self.options}}
        meant = did_you_mean(name, known)
        for option in self.options:
            meant = meant.replace(f" {option.lstrip('-')}", f" {option}")
        return BindingError(f"{shortened(name)} is not in the program{meant}")


def bind(mapping: Mapping[str, Any], typed: Mapping[str, Any]) -> Bindings:
    """Values for names; what is typed wins over the mapping. Raises BindingError."""
    values = {normal(name): value_of(name, value) for name, value in mapping.items()}
    named = {normal(name): value_of(name, value) for name, value in typed.items()}
    return Bindings(values | named, frozenset(named))


def value_of(name: str, value: Any) -> Value:
    """A Python value as a float64 or a read-only float64 array; a text is read.

    Raises BindingError with the name, and the place in a nested list.
    """
    if is_fixed(value):
        return value
    if isinstance(value, str):
        return read_value(value, f"{name}=")
    return frozen(array_of(name, value))


def read_value(text: str, shown_as: str = "") -> Value:
    """The value that a text means: a number, a nested list, a linspace or an arange.

    Numbers, and the entries of lists, may be expressions of constants: `1/3`, `sqrt(2)/2`, `pi/4`,
    `-inf`. `shown_as` stands before the text in the picture of an error. Raises BindingError.
    """
    try:
        return np.float64(plain_number(text))
    except ValueError:
        pass
    source = shown_as + text
    place = Span(len(shown_as), len(source))
    if text.lstrip()[:1] == "@":
        raise BindingError(NO_FILES, source, place)
    array = read_list(source, place)
    if array is None:
        array = read_range(source, place)
    return _number(source, place) if array is None else frozen(array)


def _number(source: str, place: Span) -> np.float64:
    try:
        return read_number(source, place)
    except BindingError as error:
        if "," in source[place.start : place.end]:
            error.message += "; a list is written in brackets: [1, 2]"
        raise
