"""What a user gives for a variable, as a float64 or a float64 array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtrace.errors import BindingError, ReadError, Span, did_you_mean, listed, shortened
from backtrace.graph import Graph
from backtrace.names import normal
from backtrace.ops.rows import Array, Value
from backtrace.passes import forward, frozen
from backtrace.reading.parser import read


@dataclass(frozen=True, slots=True)
class Bindings:
    """The value of every name; `typed` are those named for this run, which must be used.

    `options` are the spellings of command-line options, so that `--chek` finds --check.
    """

    values: Mapping[str, Value]
    typed: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()

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
    """A Python value as a float64 or a read-only float64 array; a text is read."""
    if isinstance(value, str):
        return read_value(value, f"{name}=")
    numbers = _numbers(value)
    if numbers is None:
        given = repr(value)[:60]
        raise BindingError(f"the value of {shortened(name)} is not a real number: {given}")
    return frozen(numbers)


def _numbers(value: Any) -> Array | None:
    """A new float64 array; None for text, complex numbers, dates and ragged lists."""
    try:
        array = np.array(value)
        if array.dtype.kind == "O" and None not in array.ravel().tolist():  # None would be nan
            return array.astype(np.float64)  # decimals, fractions, sympy's numbers
        return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError, OverflowError):
        return None


def read_value(text: str, shown_as: str = "") -> np.float64:
    """A number, or an expression of constants: `1e-3`, `-inf`, `1/3`, `sqrt(2)/2`, `pi/4`.

    What is not a plain number is worked out by sympy, so that the nearest float64 goes in.
    `shown_as` stands before the text in the picture of an error. Raises BindingError.
    """
    try:
        return np.float64(_plain(text))
    except ValueError:
        pass
    source = shown_as + text
    whole = Span(len(shown_as), len(source))
    try:
        graph = read(text, ())
    except ReadError as error:
        span = error.span and Span(*(column + len(shown_as) for column in error.span))
        raise BindingError(f"not a number: {error.message}", source, span or whole) from None
    if graph.variables or graph.assigned:
        names = listed(list(graph.variables)) or graph.assigned[0][0]
        raise BindingError(f"not a number: a value cannot use names ({names})", source, whole)
    return _exact(graph)


def _exact(graph: Graph) -> np.float64:
    from backtrace.symbolic import exact_float

    value = exact_float(graph)
    if value is not None:
        return np.float64(value)
    computed = forward(graph, {})[graph.output]
    if not np.isfinite(computed):
        raise BindingError(f"{graph.source} is {computed}, not a number")
    return np.float64(computed)


def _plain(text: str) -> float:
    """A number without arithmetic. Raises ValueError for anything else, overflow included."""
    text = text.strip().replace("−", "-")
    digits = text.lstrip("+-")
    if not (digits[:1].isdigit() or digits[:1] == "." or digits in ("inf", "nan")):
        raise ValueError(text)
    value = float(text)
    if digits not in ("inf", "nan") and (np.isinf(value) or (value == 0 and digits.strip("0."))):
        raise ValueError(text)  # the reader says what is wrong, or that 0e5 is right
    return value
