"""Names as people write them: ŷ is yhat, θ is theta, x₁ is x1."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST = 255
MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}


@lru_cache(maxsize=1024)
def normal(name: str) -> str:
    """The ASCII spelling of a name where the field has one, otherwise the name in NFC.

    >>> normal("ŷ"), normal("θ₁"), normal("x̄")
    ('yhat', 'theta1', 'xbar')
    """
    if name.isascii():
        return name
    name = unicodedata.normalize("NFKC", name)
    first, *rest = list(unicodedata.normalize("NFD", name))
    tail = unicodedata.normalize("NFC", "".join(rest))
    if rest and rest[0] in MARKS and not any(c.isalpha() for c in rest[1:]):
        # ŷ and x̄1 are decorated symbols; the tilde of a word such as ñandú is spelling
        return _spelled(first) + MARKS[rest[0]] + tail[1:]
    return "".join(map(_spelled, name))


def names_in(text: str) -> list[str]:
    """Names that stand between commas: `w, b`."""
    return [normal(name.strip()) for name in text.split(",")]


def _spelled(character: str) -> str:
    """A Greek letter as its name: σ is sigma, Σ is Sigma, and λ is lambda as everybody writes."""
    found = re.fullmatch(
        r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", unicodedata.name(character, "")
    )
    if not found:
        return character
    word = found[2].replace("LAMDA", "LAMBDA")
    return word.capitalize() if found[1] == "CAPITAL" else word.lower()
