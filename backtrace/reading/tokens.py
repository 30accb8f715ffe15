"""Text to tokens: one regular expression, run over the whole text at C speed.

The tokens are three parallel sequences and not a list of objects, because a program may have ten
million of them.
"""

from __future__ import annotations

import re
from array import array
from itertools import accumulate, compress

from backtrace.errors import ReadError, Span
from backtrace.names import normal
from backtrace.reading.numbers import fraction, raised

LONGEST_TEXT = 64_000_000
MOST_TOKENS = 10_000_000

SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c != "\n") + "\ufeff\u200b"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
FRACTIONS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
TRANSPOSED = "ᵀ"  # as in Wᵀ, which the views print
_LETTER = rf"[^\W\d{SUPERSCRIPTS}{FRACTIONS}{TRANSPOSED}]"
_MORE = rf"[^\W{SUPERSCRIPTS}{FRACTIONS}{TRANSPOSED}]*"
TOKEN = re.compile(
    rf"""[{SPACES}]*(?:
      (?:[0-9]+(?:_[0-9]+)*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?   # a number
    | {_LETTER}{_MORE}(?:[\u0300-\u036f]+{_MORE})*                   # a name, accents and all
    | \*\*=? | //=? | [-+*/%@^]= | [=<>!]= | :=
    | [{SUPERSCRIPTS}]+
    | "[^"\n]*" | '[^'\n]*'
    | \#[^\n]*
    | .                                                              # any other one character
    )?""",
    re.VERBOSE | re.DOTALL,
)
ASCII_FORMS = {
    **dict.fromkeys("−–", "-"),
    **dict.fromkeys("×·⋅∙∗⊙", "*"),
    **dict.fromkeys("÷∕⁄", "/"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∞": "inf",
    "^": "**",
    "^=": "**=",
}


class Tokens:
    """`texts[k]` with operators in ASCII, at the columns `starts[k]` to `ends[k]` of `source`.

    The last token is the empty text. Raises ReadError for a text that is too long.
    """

    __slots__ = ("ends", "source", "starts", "texts")

    def __init__(self, source: str) -> None:
        if len(source) > LONGEST_TEXT:
            raise ReadError(f"the program has more than {LONGEST_TEXT:,} characters")
        self.source = source
        pieces = TOKEN.findall(source)
        if len(pieces) > MOST_TOKENS:
            raise ReadError(f"the program has more than {MOST_TOKENS:,} numbers, names and signs")
        self.ends = array("q", accumulate(map(len, pieces)))
        self.texts = [piece.lstrip(SPACES) for piece in pieces]
        self.starts = array("q", map(int.__sub__, self.ends, map(len, self.texts)))
        if "#" in source:
            self._keep([text[:1] != "#" for text in self.texts])
        if "\n" in source and ("(" in source or "[" in source):
            self._keep(self._outside_parentheses())
        if "^" in source or not source.isascii():
            self.texts = [ASCII_FORMS.get(text, text) for text in self.texts]

    def _keep(self, which: list[bool]) -> None:
        self.texts = list(compress(self.texts, which))
        self.starts = array("q", compress(self.starts, which))
        self.ends = array("q", compress(self.ends, which))

    def _outside_parentheses(self) -> list[bool]:
        """Which tokens are no new line between brackets, where it is a space."""
        which = []
        depth = 0
        for text in self.texts:
            depth = max(0, depth + (text in ("(", "[")) - (text in (")", "]")))
            which.append(depth == 0 or text != "\n")
        return which

    def span(self, first: int, last: int) -> Span:
        """The columns of tokens `first` to `last`, both included."""
        return Span(self.starts[first], self.ends[last])

    def written(self, first: int, last: int) -> str:
        """Tokens `first` to `last` as the user typed them."""
        return self.source[self.starts[first] : self.ends[last]]


def in_ascii(source: str) -> str:
    """A text with its names and signs as they are read: `ŷ − y²` is `yhat - y**2`.

    What the language has no other form of stays, as do comments.
    """
    return TOKEN.sub(lambda match: _in_ascii(match[0]), source)


def _in_ascii(piece: str) -> str:
    """The same of one token, and of the space before it."""
    text = piece.lstrip(SPACES)
    space = piece[: len(piece) - len(text)]
    if text.isascii() or text[:1] in ("#", '"', "'"):
        return piece
    if text == TRANSPOSED:
        return f"{space}.T"
    if starts_name(text):
        return space + normal(text)
    if starts_raised(text):
        exponent = raised(text)
        return f"{space}**{exponent if exponent.isdigit() else f'({exponent})'}"
    if text in FRACTIONS:
        return f"{space}({'/'.join(fraction(text))})"
    return space + ASCII_FORMS.get(text, text)


def starts_name(text: str) -> bool:
    """Whether a token is a name."""
    return text[:1].isidentifier()


def starts_number(text: str) -> bool:
    """Whether a token is a number."""
    return text[:1] in _DIGITS or (text[:1] == "." and len(text) > 1)


def starts_raised(text: str) -> bool:
    """Whether a token is an exponent in raised digits."""
    return text[:1] in _RAISED


_RAISED = frozenset(SUPERSCRIPTS)
_DIGITS = frozenset("0123456789" + FRACTIONS)
