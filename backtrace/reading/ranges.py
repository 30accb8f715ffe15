"""Evenly spaced numbers as a value: `linspace(a, b, n)`, `arange(n)`, `arange(a, b, step)`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from backtrace.errors import BindingError, Span
from backtrace.ops.axes import MOST_ELEMENTS, thousands
from backtrace.ops.rows import Array
from backtrace.reading.scalars import read_number, trimmed

CALL = re.compile(r"\s*(?:(?:np|numpy|jnp|torch)\.)?(linspace|arange)\s*\((.*)\)\s*", re.DOTALL)
FORMS = {
    "linspace": "linspace(first, last, count)",
    "arange": "arange(count), arange(start, end) or arange(start, end, step)",
}


def read_range(source: str, place: Span) -> Array | None:
    """The numbers that a call at this place means; None for what is no such call.

    An argument is a number or an expression of constants. `arange` ends before its end, `linspace`
    with its last number, as in numpy. Raises BindingError.
    """
    match = CALL.fullmatch(source, *place)
    if match is None:
        return None
    name = match[1]
    places = list(_arguments(source, Span(*match.span(2))))
    given = [float(read_number(source, argument)) for argument in places]
    if len(given) not in ((3,) if name == "linspace" else (1, 2, 3)):
        raise BindingError(f"write {FORMS[name]}", source, Span(*match.span(1)))
    for number, argument in zip(given, places, strict=True):
        if not math.isfinite(number):
            raise BindingError(f"{name} needs finite numbers", source, argument)
    return (_linspace if name == "linspace" else _arange)(given, source, places)


def _linspace(given: list[float], source: str, places: list[Span]) -> Array:
    first, last, count = given
    if count < 0 or count != int(count):
        raise BindingError("the count is a whole number, 0 or more", source, places[2])
    _require_room(count, source, places[2])
    if not math.isfinite(last - first):
        between = Span(places[0].start, places[1].end)
        raise BindingError("the two ends are too far apart for float64", source, between)
    return np.linspace(first, last, int(count))


def _arange(given: list[float], source: str, places: list[Span]) -> Array:
    start, end = (0.0, given[0]) if len(given) == 1 else given[:2]
    step = given[2] if len(given) == 3 else 1.0
    if step == 0:
        raise BindingError("the step must not be 0", source, places[2])
    _require_room((end - start) / step, source, Span(places[0].start, places[-1].end))
    return np.arange(start, end, step)


def _require_room(count: float, source: str, place: Span) -> None:
    """Refuse what would have too many elements; an overflow to infinity has, too."""
    if count > MOST_ELEMENTS:
        message = f"this would have {thousands(count)} elements; at most {MOST_ELEMENTS:,}"
        raise BindingError(message, source, place)


def _arguments(source: str, place: Span) -> Iterator[Span]:
    """The places between the commas that stand outside of parentheses."""
    depth, begin = 0, place.start
    for match in re.compile(r"[()\[\],]").finditer(source, *place):
        depth += (match[0] in "([") - (match[0] in ")]")
        if match[0] == "," and depth == 0:
            yield trimmed(source, Span(begin, match.start()))
            begin = match.end()
    if source[begin : place.end].strip() or begin > place.start:
        yield trimmed(source, Span(begin, place.end))
