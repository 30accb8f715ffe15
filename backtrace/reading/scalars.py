"""One number as it is typed for a variable: `1e-3`, `-inf`, `1/3`, `sqrt(2)/2`, `pi/4`."""

from __future__ import annotations

import math
import re

import numpy as np

from backtrace.errors import BacktraceError, BindingError, Span, listed, shortened
from backtrace.graph import Graph
from backtrace.passes import forward
from backtrace.reading.parser import read

FRACTION = re.compile(r"([-+]?[0-9]{1,15})\s*/\s*([0-9]{1,15})")


def read_number(source: str, place: Span) -> np.float64:
    """The number that stands at a place of `source`: a literal, or an expression of constants.

    What is not a plain number is worked out by sympy, so that the nearest float64 goes in.
    Raises BindingError with the columns in `source`.
    """
    text = source[place.start : place.end]
    try:
        return np.float64(plain_number(text))
    except ValueError:
        pass
    try:
        graph = read(text, ())
        if graph.variables or graph.assigned:
            names = listed(list(graph.variables)) or shortened(graph.assigned[0][0])
            raise BindingError(f"not a number: a value cannot use names ({names})")
        return _worked_out(graph)
    except BacktraceError as error:
        message = error.message.removeprefix("not a number: ")
        columns = place
        if error.span is not None:
            columns = Span(place.start + error.span.start, place.start + error.span.end)
        raise BindingError(f"not a number: {message}", source, columns) from None


def trimmed(source: str, place: Span) -> Span:
    """A place without the spaces at its two ends; of spaces alone the whole of it."""
    text = source[place.start : place.end]
    start = place.start + len(text) - len(text.lstrip())
    return Span(start, place.end - len(text) + len(text.rstrip())) if text.strip() else place


def plain_number(text: str) -> float:
    """A literal, or a fraction of whole ones. Raises ValueError for all else, and for overflow."""
    text = text.strip().replace("−", "-")
    fraction = FRACTION.fullmatch(text)
    if fraction is not None and int(fraction[2]):
        return int(fraction[1]) / int(fraction[2])  # which Python rounds once, as sympy would
    digits = text.lstrip("+-")
    if not (digits[:1].isdigit() or digits[:1] == "." or digits in ("inf", "nan")):
        raise ValueError(text)
    value = float(text)
    if digits not in ("inf", "nan") and (math.isinf(value) or (value == 0 and digits.strip("0."))):
        raise ValueError(text)  # the reader says what is wrong, or that 0e5 is right
    return value


def _worked_out(graph: Graph) -> np.float64:
    """The value of a graph without variables. Raises BindingError if it is no finite number."""
    from backtrace.symbolic import exact_float

    exact = None if graph.structural else exact_float(graph)
    if exact is not None:
        return np.float64(exact)
    computed = forward(graph, {})[graph.output]
    if np.ndim(computed):
        raise BindingError(f"it has shape {computed.shape}; work it out in the program")
    if not np.isfinite(computed):
        raise BindingError(f"{shortened(graph.source.strip())} is {computed}")
    return np.float64(computed)
