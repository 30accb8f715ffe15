"""Numbers as they are typed, and the text a literal keeps."""

from __future__ import annotations

import math
import unicodedata

from backtrace.errors import ReadError, Span

SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def literal(text: str, source: str, span: Span) -> str:
    """The text a literal keeps: as typed, without the underscores that group digits.

    Raises ReadError where float64 cannot hold it: `1e999`, or `1e-999`, which would be 0.
    """
    text = text.replace("_", "")
    value = float(text)
    if math.isinf(value):
        raise ReadError(
            "the number is too large for float64 (at most about 1.8e308); write inf for infinity",
            source,
            span,
        )
    if value == 0 and any(digit in "123456789" for digit in text.lower().partition("e")[0]):
        raise ReadError("the number is too small for float64: it would be 0", source, span)
    return text


def raised(text: str) -> str:
    """What raised digits mean: ⁻¹ is -1. Empty where they are no whole number."""
    digits = text.translate(SUPERSCRIPT_DIGITS).removeprefix("+")
    return digits if digits.removeprefix("-").isdigit() else ""


def fraction(character: str) -> tuple[str, str]:
    """The two literals of a character such as ½."""
    top, _, bottom = unicodedata.normalize("NFKC", character).partition("\u2044")
    return top, bottom
