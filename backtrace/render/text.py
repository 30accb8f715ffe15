"""What all views share: numbers, and the characters they are drawn with.

rich is not imported here: bare numbers need none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from backtrace.render import DIGITS

if TYPE_CHECKING:
    pass

MANY_ENTRIES = 9  # of an array; beyond, the middle of each axis is folded


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters beyond ASCII that views draw with, or what stands for them."""

    d: str
    times: str
    dot: str
    dots: str
    ok: str
    wrong: str
    delta: str
    fork: str
    end: str
    bar: str

    def clean(self, text: str) -> str:
        """`text` in this set of characters: `c·1` is `c.1` in ASCII."""
        if self is UNICODE or text.isascii():
            return text
        for old, new in zip(_replaced(UNICODE), _replaced(self), strict=True):
            text = text.replace(old, new)
        return text.encode("ascii", "backslashreplace").decode("ascii")


UNICODE = Glyphs("∂", "×", "·", "…", "✓", "✗", "|Δ|", "├── ", "└── ", "│   ")
ASCII = Glyphs("d", "*", ".", "...", "ok", "!!", "error", "|-- ", "`-- ", "|   ")


def _replaced(glyphs: Glyphs) -> Iterator[str]:
    return (getattr(glyphs, field.name) for field in fields(Glyphs))


def glyphs_for(ascii: bool) -> Glyphs:
    """The set of characters for a terminal that has, or has not, more than ASCII."""
    return ASCII if ascii else UNICODE


def number(value: Any, digits: int = DIGITS) -> str:
    """A number to so many significant digits, as short as it goes: `-2`, `0.196612`, `1e-10`.

    Minus zero is 0. An array is a nested list, folded in the middle where it is long.
    """
    if np.ndim(value):
        return _array(np.asarray(value), digits)
    mantissa, e, exponent = format(float(value), f".{digits}g").partition("e")
    if e:
        return f"{mantissa}e{int(exponent)}"
    return "0" if mantissa == "-0" else mantissa


def _array(array: Any, digits: int) -> str:
    fold = array.size > MANY_ENTRIES

    def shown(part: Any) -> str:
        if part.ndim == 0:
            return number(part, digits)
        if fold and len(part) > 3:
            return f"[{shown(part[0])}, {shown(part[1])}, …, {shown(part[-1])}]"
        return f"[{', '.join(map(shown, part))}]"

    shape = " by ".join(map(str, array.shape))
    return f"{shown(array)} ({shape})" if fold else shown(array)


def exact(value: Any, digits: int | None = None) -> str:
    """A number as the shortest text that reads back to the same float; an array in full."""
    if np.ndim(value):
        return f"[{', '.join(exact(part, digits) for part in value)}]"
    if digits is not None:
        return number(value, digits)
    text = repr(float(value)).removesuffix(".0")
    return "0" if text == "-0" else text


def added(terms: Sequence[str]) -> str:
    """Terms as a sum, a negative one in parentheses: `2 + (-2)`."""
    return " + ".join(
        f"({term})" if place and term.startswith("-") else term for place, term in enumerate(terms)
    )
