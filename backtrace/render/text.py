"""What all views share: numbers, and the characters they are drawn with.

rich is not imported here: bare numbers need none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from backtrace.records import UPSTREAM
from backtrace.render import DIGITS

TRANSPOSED = re.compile(r"(?<=[\w)\]])\.m?T\b")  # after a name or a bracket


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters beyond ASCII that views draw with, or what stands for them."""

    d: str
    times: str
    entrywise: str  # the product of arrays, entry by entry
    upstream: str  # the gradient that arrives, in rules
    norm: str
    dot: str  # after the norm, which has one in it
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

    def rule(self, text: str) -> str:
        """A rule of matrices: `Ḡ @ W.T` is `Ḡ @ Wᵀ`, where there is such a character."""
        return TRANSPOSED.sub("ᵀ", text) if self is UNICODE else self.clean(text)


UNICODE = Glyphs("∂", "×", "⊙", UPSTREAM, "‖·‖", "·", "…", "✓", "✗", "|Δ|", "├── ", "└── ", "│   ")
ASCII = Glyphs("d", "*", "*", "G", "norm", ".", "...", "ok", "!!", "error", "|-- ", "`-- ", "|   ")


def _replaced(glyphs: Glyphs) -> Iterator[str]:
    return (getattr(glyphs, field.name) for field in fields(Glyphs))


def glyphs_for(ascii: bool) -> Glyphs:
    """The set of characters for a terminal that has, or has not, more than ASCII."""
    return ASCII if ascii else UNICODE


def number(value: Any, digits: int = DIGITS) -> str:
    """A number to so many significant digits, as short as it goes: `-2`, `0.196612`, `1e-10`.

    Minus zero is 0.
    """
    mantissa, e, exponent = format(float(value), f".{digits}g").partition("e")
    if e:
        return f"{mantissa}e{int(exponent)}"
    return "0" if mantissa == "-0" else mantissa


def nested(array: Any, digits: int = DIGITS) -> str:
    """An array as nested lists in full, each number to so many significant digits."""
    return _nested(np.asarray(array).tolist(), digits)


def _nested(part: Any, digits: int) -> str:
    if isinstance(part, list):
        return f"[{', '.join([_nested(p, digits) for p in part])}]"
    return number(part, digits)


def exact(value: Any, digits: int | None = None) -> str:
    """A number as the shortest text that reads back to the same float; an array in full."""
    if np.ndim(value):
        if digits is not None:
            return nested(value, digits)
        text = str((np.asarray(value) + 0.0).tolist())  # -0 is 0
        return text.replace(".0,", ",").replace(".0]", "]")
    if digits is not None:
        return number(value, digits)
    text = repr(float(value)).removesuffix(".0")
    return "0" if text == "-0" else text


def added(terms: Sequence[str]) -> str:
    """Terms as a sum, a negative one in parentheses: `2 + (-2)`."""
    return " + ".join(
        f"({term})" if place and term.startswith("-") else term for place, term in enumerate(terms)
    )
