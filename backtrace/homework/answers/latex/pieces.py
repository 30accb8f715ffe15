r"""Formulas in the language as they are put together: a text, and how closely it holds."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a text is, from the loosest to the closest."""

    LIST = 0  # a, b
    RELATION = 1  # a < b
    SUM = 2  # a + b, -a
    PRODUCT = 3  # a*b
    FRACTION = 4  # a/b, written as a fraction
    POWER = 5  # a**b
    TRANSPOSED = 6  # a.T
    WORD = 7  # letters side by side, a name or a product of names
    CALL = 8  # f(a)
    PARENTHESIS = 9  # (a)
    NUMBER = 10
    NAME = 11


class Piece(NamedTuple):
    """A text with its kind; `bracketed` where it begins with a bracket that the user wrote."""

    text: str
    kind: Kind
    bracketed: bool = False

    @property
    def inside(self) -> str:
        """The text without parentheses around it."""
        return self.text[1:-1] if self.kind is Kind.PARENTHESIS else self.text

    def held(self, loosest: Kind) -> str:
        """The text, in parentheses if it is looser than `loosest`."""
        return self.text if self.kind >= loosest else f"({self.text})"


def fraction(top: Piece, bottom: Piece) -> Piece:
    """(a + b)/(c*d)"""
    above = top.held(Kind.POWER) if top.kind is not Kind.PRODUCT else top.text
    below = bottom.text
    if bottom.kind < Kind.POWER or bottom.kind is Kind.WORD:
        below = f"({below})"
    return Piece(f"{above}/{below}", Kind.FRACTION)


def power(base: Piece, exponent: Piece) -> Piece:
    """(a + b)**(c*d)"""
    raised = exponent.text
    if exponent.kind < Kind.TRANSPOSED or exponent.kind is Kind.WORD:
        raised = f"({raised})"
    return Piece(f"{base.held(Kind.TRANSPOSED)}**{raised}", Kind.POWER, base.bracketed)


def between(left: Piece, right: Piece) -> str:
    """What stands between two factors that LaTeX sets side by side, and that are no matrices.

    Where the language decides what is meant, as in `x(y + 1)` and `w x`, nothing is added.
    """
    if left.kind is Kind.POWER or right.kind <= Kind.FRACTION:
        return "*"
    if right.bracketed:
        return "" if left.kind in (Kind.NAME, Kind.WORD, Kind.NUMBER, Kind.PARENTHESIS) else "*"
    is_exponent = right.text[0] in "eE"  # 2e5 would be one number
    glued = left.kind is Kind.NUMBER and right.text[0].isalpha() and not is_exponent
    return "" if glued else " "


def is_matrix_product(left: Piece, right: Piece, *, chained: bool) -> bool:
    """Whether a factor is transposed, or part of such a product already, and none is a number."""
    if chained or left.kind is Kind.TRANSPOSED:
        return right.kind not in (Kind.NUMBER, Kind.FRACTION)
    return right.kind is Kind.TRANSPOSED and left.kind not in (Kind.NUMBER, Kind.FRACTION)
