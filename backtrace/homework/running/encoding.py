"""A grade as JSON and back, nothing lost: what the journal keeps is what the reports are made of.

Numbers are the shortest text that reads back to the same float; nan and the infinities are the
strings "nan", "inf" and "-inf"; arrays are nested lists. Text is UTF-8 in which a surrogate that
stands alone is written as if it were a character: a student's file may hold any bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias, get_type_hints

import numpy as np

from backtrace.homework.courses.grades import Grade
from backtrace.homework.verdicts import STATES, Counterexample, State, Verdict
from backtrace.ops.rows import Value

Json: TypeAlias = Any

# ensure_ascii would join two surrogates that stand side by side to one character
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def line(value: Json) -> bytes:
    """A JSON value as one line, its end included; JSON has no line ends within a text."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass") + b"\n"


def read_line(text: bytes) -> Json:
    """The value of a line. Raises ValueError for what is no JSON."""
    return json.loads(text.decode("utf-8", "surrogatepass"))


def encoded(grade: Grade) -> Json:
    """A grade in JSON's types: an object that has its fields, and so on."""
    return _GRADE.encode(grade)


def decoded(value: Json) -> Grade:
    """The grade that `encoded` made `value` of. Raises ValueError, TypeError or KeyError."""
    grade: Grade = _GRADE.decode(value)
    return grade


def _encoded_value(value: Value | None) -> Json:
    """A number or an array; None stays None."""
    nested = value if value is None else np.asarray(value, dtype=np.float64).tolist()
    return _map(_encoded_number, nested)


def _decoded_value(value: Json) -> Value | None:
    """A number is a float, whichever kind of float it was."""
    match _map(_decoded_number, value):
        case list() as nested:
            return np.array(nested, dtype=np.float64)
        case None:
            return None
        case number:
            return float(number)


def _map(convert: Any, value: Json) -> Json:
    """`convert` done to every number of nested lists."""
    if isinstance(value, list):
        return [_map(convert, part) for part in value]
    return None if value is None else convert(value)


def _encoded_number(number: float) -> Json:
    return number if math.isfinite(number) else str(float(number))


def _decoded_number(value: Json) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("no number")
    return float(value) if isinstance(value, str) else value


def _same(kind: type, value: Json) -> Json:
    if not isinstance(value, kind):
        raise TypeError(f"no {kind.__name__}")
    return value


def _state(value: Json) -> Json:
    if value not in STATES:
        raise ValueError("no state of a verdict")
    return value


def _several(kind: type, value: Json) -> tuple[Json, ...]:
    return tuple(_same(kind, part) for part in _same(list, value))


class _Kind(NamedTuple):
    """How a field of some type becomes JSON, and back."""

    encode: Callable[[Any], Json]
    decode: Callable[[Json], Any]


# By the type of a field as the dataclass has it, so that a new field is kept too, or, if it is of
# a new type, refused when this module is imported.
_KINDS: dict[Any, _Kind] = {
    str: _Kind(str, partial(_same, str)),
    bool: _Kind(bool, partial(_same, bool)),
    float: _Kind(_encoded_number, _decoded_number),
    State: _Kind(str, _state),
    tuple[str, ...]: _Kind(list, partial(_several, str)),
    tuple[int, ...]: _Kind(list, partial(_several, int)),
    Value: _Kind(_encoded_value, _decoded_value),
    Value | None: _Kind(_encoded_value, _decoded_value),
    Mapping[str, Value]: _Kind(
        lambda point: {name: _encoded_value(value) for name, value in point.items()},
        lambda point: {name: _decoded_value(value) for name, value in _same(dict, point).items()},
    ),
}


def _of_fields(kind: type) -> _Kind:
    """A dataclass as an object with its fields."""
    fields = {name: _KINDS[hint] for name, hint in get_type_hints(kind).items()}
    return _Kind(
        lambda one: {name: field.encode(getattr(one, name)) for name, field in fields.items()},
        lambda value: kind(**{name: field.decode(value[name]) for name, field in fields.items()}),
    )


def _optional(kind: _Kind) -> _Kind:
    """The same, or None."""
    return _Kind(
        lambda one: None if one is None else kind.encode(one),
        lambda value: None if value is None else kind.decode(value),
    )


_KINDS[Counterexample | None] = _optional(_of_fields(Counterexample))
_KINDS[Verdict] = _of_fields(Verdict)
_GRADE = _of_fields(Grade)
