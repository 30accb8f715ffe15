"""JSON and TOML documents: a number, a nested list, or an object that has them by name.

Where JSON has no number for inf and nan, their names stand as text, as in the JSON of a trace.
"""

from __future__ import annotations

import math
from typing import Any

from backtrace.errors import BindingError, shortened
from backtrace.reading.files.opening import File

MOST_TOML = 2**24  # bytes; Python's reader takes a second for one million of them


def read_document(file: File) -> Any:
    """What a document says, in Python's numbers, lists, texts and dicts. Raises BindingError."""
    text = file.whole()
    if not text.strip():
        raise BindingError(f"{file.name} is empty")
    try:
        return _toml(text, file) if file.suffix == ".toml" else _json(text, file)
    except RecursionError:
        raise BindingError(f"{file.name}: this is nested too deep") from None


def _json(text: str, file: File) -> Any:
    import json

    try:
        # parse_int as well: Python would read, with effort, whole numbers that float64 cannot hold
        return json.loads(text, parse_float=_real, parse_int=_real, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        where = f"{file.name}, line {error.lineno}, column {error.colno}"
        raise BindingError(f"{where}: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except ValueError as error:
        raise BindingError(f"{file.name}: {error}") from None


def _real(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{shortened(text)} is too large for float64 (at most about 1.8e308)")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{shortened(name)} has two values")
        found[name] = value
    return found


def _toml(text: str, file: File) -> Any:
    import tomllib

    if len(text) > MOST_TOML:
        raise BindingError(f"{file.name} is larger than {MOST_TOML // 2**20} MB; JSON may be")
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also of int, for thousands of digits
        message = str(error).partition(";")[0]
        raise BindingError(f"{file.name}: {message[:1].lower()}{message[1:]}") from None
