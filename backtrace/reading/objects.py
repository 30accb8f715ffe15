"""Numbers, arrays and nested lists of Python as float64 arrays; what cannot be one is named.

Anything with `__array__` is taken: numpy's arrays, pandas' columns, torch's tensors (for which
torch is not imported here), and what others make of the same protocol.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backtrace.errors import BindingError, shortened
from backtrace.ops.axes import MOST_ELEMENTS
from backtrace.ops.rows import Array
from backtrace.passes import FLOAT64
from backtrace.reading.lists import DEEPEST

WRITTEN = ("inf", "-inf", "nan")  # as JSON, which has no such numbers, holds them
PLAIN = (float, int, bool, str)
KINDS = {"c": "complex numbers", "M": "dates", "m": "time spans", "V": "records of several fields"}


def is_fixed(value: Any) -> bool:
    """Whether it is an array of float64 that nobody can change: read-only, and no view of another.

    Such an array need not be copied to be recorded.
    """
    is_own = type(value) is np.ndarray and value.dtype is FLOAT64 and value.base is None
    return is_own and not value.flags.writeable and value.ndim > 0 and value.size <= MOST_ELEMENTS


def array_of(name: str, value: Any) -> Array:
    """A float64 array with the numbers of a Python value: a copy, which nobody else can change.

    Raises BindingError that names the variable and, in a list, the place: `x[1][0]`.
    """
    return _array(shortened(name), value, 0)


def _array(place: str, value: Any, depth: int) -> Array:
    if type(value) in PLAIN:
        return np.array(_number(place, value))
    _require_room(place, value)
    array = _as_array(value)
    kind = "O" if array is None else array.dtype.kind
    if hasattr(value, "filled") and np.any(value.mask):  # which numpy would drop in silence
        raise BindingError(f"the value of {place} has masked entries; fill them first")
    if kind in "biuf":
        return np.array(array, dtype=np.float64, order="C")
    if kind in KINDS:
        raise BindingError(f"the value of {place} is not real: it has {KINDS[kind]}")
    if hasattr(value, "__array__") and array is not None and array.ndim:
        value = array.tolist()  # of objects: decimals, or texts
    if not isinstance(value, list | tuple):
        return np.array(_number(place, value))
    if depth == DEEPEST:
        raise BindingError(f"the value of {place} is nested more than {DEEPEST} deep")
    return _stacked(place, [_array(f"{place}[{k}]", v, depth + 1) for k, v in enumerate(value)])


def _stacked(place: str, parts: list[Array]) -> Array:
    for k, part in enumerate(parts):
        if part.shape != parts[0].shape:
            one, other = (f"shape {a.shape}" if a.ndim else "a number" for a in (part, parts[0]))
            message = f"{place}[{k}] has {one}, {place}[0] has {other}".replace("has a", "is a")
            raise BindingError(f"the entries of a list must all have one shape: {message}")
    return np.array(parts, dtype=np.float64)


def _as_array(value: Any) -> Any:
    """What numpy makes of a value without a copy; None of a ragged list and the like."""
    try:
        if hasattr(value, "__array__") and hasattr(value, "detach"):  # a tensor
            value = value.detach().cpu()
            value = value.double() if value.is_floating_point() else value  # bfloat16 too
        return np.asarray(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None


def _require_room(place: str, value: Any) -> None:
    """Refuse what has too many elements before any are copied."""
    shape = tuple(value.shape) if hasattr(value, "__array__") and hasattr(value, "shape") else ()
    while isinstance(value, list | tuple) and value and len(shape) < DEEPEST:
        shape, value = (*shape, len(value)), value[0]
    if prod(shape) > MOST_ELEMENTS:
        message = f"{place} has {prod(shape):,} elements, of shape {shape}"
        raise BindingError(f"{message}; at most {MOST_ELEMENTS:,}")


def _number(place: str, value: Any) -> float:
    """One number: Python's, numpy's, a decimal, a fraction, sympy's; or its name as a text."""
    if value in WRITTEN if isinstance(value, str) else not isinstance(value, bytes | bytearray):
        try:
            return float(value)
        except OverflowError:
            raise BindingError(f"the value of {place} is too large for float64") from None
        except (TypeError, ValueError):
            pass
    given = shortened(" ".join(repr(value).split()))
    raise BindingError(f"the value of {place} is not a real number: {given}")
