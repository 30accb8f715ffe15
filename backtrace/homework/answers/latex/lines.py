r"""A line of terms as it grows from left to right: where a fraction needs its parentheses."""

from __future__ import annotations

from backtrace.homework.answers.latex.pieces import Kind, Piece, between, is_matrix_product
from backtrace.reading.advice import NUMBER_AFTER_VALUE

UNSEEN = r"braces do not show: write \left( \right) around this sum"
PRODUCTS = frozenset({"*", "/", "%", "@"})
SUMS = frozenset({"+", "-"})


class Line:
    """Terms and signs so far. What adds to it returns what is wrong with that, or nothing."""

    __slots__ = (
        *("_bare", "_chained", "_fresh", "_kind", "_last", "_loose", "_may_be_matrix", "_parts"),
        "waits",
    )

    def __init__(self) -> None:
        self.waits = True  # for an operand
        self._parts: list[str] = []
        self._kind = Kind.NAME
        self._last = Piece("", Kind.NAME)
        self._fresh = True  # whether the next factor is the first of its term
        self._bare = False  # whether the last part is a fraction without parentheses
        self._loose = False  # whether the last part is a sum without any
        self._may_be_matrix = False  # whether the sign before is one of matrices as well
        self._chained = False  # whether there is a product of matrices in this term

    @property
    def is_name(self) -> bool:
        """Whether the last operand is a name, and so may be that of an argument."""
        return self._last.kind in (Kind.NAME, Kind.WORD)

    def piece(self) -> Piece:
        """All of it."""
        if len(self._parts) == 1:
            return self._last
        return Piece("".join(self._parts), self._kind)

    def sign(self, text: str) -> None:
        """A sign before an operand."""
        self._parts.append(text)
        self._kind = min(self._kind, Kind.SUM)

    def operator(self, written: str, sign: str) -> str:
        """A sign between two operands, as it was written and in the language."""
        if self._loose and (sign in PRODUCTS or self._last.kind < Kind.SUM):
            return UNSEEN
        if self._bare and sign in ("%", "@"):
            self._parts[-1] = f"({self._parts[-1]})"
        self._may_be_matrix = written in (r"\cdot", r"\times")
        self._parts.append(sign if sign in ("*", "/", "=") else f" {sign} ")
        self._fresh = sign not in PRODUCTS
        self._chained = self._chained and sign == "*"
        loosest = Kind.PRODUCT if sign in PRODUCTS else Kind.RELATION
        self._kind = min(self._kind, Kind.SUM if sign in SUMS else loosest)
        self.waits = True
        return ""

    def comma(self) -> None:
        """A comma after an operand."""
        self._parts.append(", ")
        self._fresh = self.waits = True
        self._chained = False
        self._kind = Kind.LIST

    def add(self, piece: Piece) -> str:
        """An operand after a sign, or the first one."""
        before = self._parts[-1] if self._parts else ""
        self._loose = piece.kind <= Kind.SUM
        if self._loose and before not in ("", ", ", " + " if piece.kind is Kind.SUM else ""):
            return UNSEEN
        if before == "*" and self._may_be_matrix and self._is_matrix_product(piece):
            self._parts[-1] = before = " @ "
        self._bare = self._fresh and piece.kind is Kind.FRACTION
        self._append(piece, piece.text if self._fresh else _factor(piece, before))
        return ""

    def beside(self, piece: Piece) -> str:
        """An operand right after another one: a product without a sign."""
        if self._loose or piece.kind <= Kind.SUM:
            return UNSEEN
        if piece.kind > Kind.FRACTION and piece.text[0] in "0123456789.":
            return NUMBER_AFTER_VALUE
        if self._bare:
            self._parts[-1] = f"({self._parts[-1]})"
        matrices = self._is_matrix_product(piece)
        self._parts.append(" @ " if matrices else between(self._last, piece))
        self._bare = self._fresh = False
        self._kind = min(self._kind, Kind.PRODUCT)
        self._append(piece, _factor(piece, self._parts[-1]))
        return ""

    def _is_matrix_product(self, piece: Piece) -> bool:
        """Whether the next factor is multiplied as a matrix; x^T y z goes on as it began."""
        self._chained = is_matrix_product(self._last, piece, chained=self._chained)
        return self._chained

    def _append(self, piece: Piece, text: str) -> None:
        self._parts.append(text)
        self._last = piece
        self._kind = min(self._kind, piece.kind)
        self.waits = False


def _factor(piece: Piece, before: str) -> str:
    """A factor that is not the first one, in parentheses unless the order does not matter."""
    if piece.kind is Kind.PRODUCT and before == "*" and not PRODUCTS - {"*"} & set(piece.text):
        return piece.text
    return piece.held(Kind.POWER)
