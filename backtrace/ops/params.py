"""Params: the numbers and words of a call that no gradient goes to, such as axis=0.

A kind turns what was written, a number, a truth value, None, a text or a tuple of numbers, into
what the row's functions take, or raises ValueError with what it must be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Param: TypeAlias = float | int | bool | str | tuple[int, ...] | None
Kind: TypeAlias = Callable[[Any], Param]


class Required:
    """Stands as the default of a param that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final[Any] = Required()

# What other libraries call a param of ours.
SAME_PARAM: Mapping[str, str] = MappingProxyType(
    {"dim": "axis", "keepdim": "keepdims", "ddof": "correction", "p": "ord"}
)


NO_NUMBER = "must be a number: no gradient goes to it"


def number(given: Any) -> float:
    """A real number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError(NO_NUMBER)  # noqa: TRY004
    return float(given)


def finite(given: Any) -> float:
    """A real number, neither inf nor nan."""
    if not isfinite(number(given)):
        raise ValueError("must be a finite number")
    return float(given)


def whole_number(given: Any) -> int:
    """A whole number."""
    if isinstance(given, bool) or not isinstance(given, int | float) or given % 1 != 0:
        raise ValueError("must be a whole number")  # inf % 1 is nan
    if abs(given) >= 2**63:  # the whole numbers that torch takes have 64 bits
        raise ValueError("must be below 2**63")
    return int(given)


def truth(given: Any) -> bool:
    """True or False; 1 and 0 are the same."""
    if given not in (0, 1):
        raise ValueError("must be True or False")
    return bool(given)


def wholes(given: Any) -> tuple[int, ...]:
    """One whole number or several, as a tuple."""
    return tuple(map(whole_number, given if isinstance(given, tuple) else (given,)))


def sizes(given: Any) -> int | tuple[int, ...]:
    """One whole number, or a tuple of them; unlike `wholes` it keeps which of the two."""
    return wholes(given) if isinstance(given, tuple) else whole_number(given)


def axis(given: Any) -> int | None:
    """One axis, or None."""
    return None if given is None else whole_number(given)


def axes(given: Any) -> int | tuple[int, ...] | None:
    """One axis or several, or None for all of them."""
    return None if given is None else sizes(given)


def text(given: Any) -> str:
    """A text in quotes."""
    if not isinstance(given, str):
        raise ValueError("must be a text in quotes")  # noqa: TRY004
    return given


def one_of(*words: str) -> Kind:
    """One of these words, in quotes."""

    def word(given: Any) -> str:
        if given not in words:
            listed = " or ".join(f'"{w}"' for w in words)
            raise ValueError(f"must be {listed}")
        return str(given)

    return word


def written(value: Param) -> str:
    """A param as the language writes it: `(0, 1)`, `True`, `0.01`, `"sum"`."""
    match value:
        case str():
            return f'"{value}"'
        case bool() | None:
            return str(value)
        case tuple():
            inner = ", ".join(map(str, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(float(value)).removesuffix(".0")


def axes_written(axes: tuple[int, ...]) -> str:
    """Axes as a call names them: `0`, or `(0, 2)`."""
    return str(axes[0]) if len(axes) == 1 else written(axes)
