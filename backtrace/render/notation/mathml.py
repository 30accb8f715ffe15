"""Terms as presentation MathML, which browsers show by themselves and screen readers read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias
from unicodedata import normalize
from xml.sax.saxutils import escape

from backtrace.render.notation.terms import (
    Cases,
    Fenced,
    Fraction,
    Matrix,
    Name,
    Number,
    Power,
    Root,
    Row,
    Sign,
    Slot,
    Term,
    Word,
    is_tall,
)

Put: TypeAlias = Callable[[int, bool], str]  # a slot, and whether a negative number has brackets

ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙"}
APPLIED = "<mo>&#x2061;</mo>"  # the function before it is applied to what follows
OPENING = (",", ":", "=")  # signs after which a negative number needs no brackets


def _box(index: int, _brackets: bool) -> str:
    return f"<msub><mi>□</mi><mn>{index}</mn></msub>"


def mathml(term: Term, put: Put = _box) -> str:
    """A term as the inside of a `<math>` element; what users wrote is escaped.

    `put` gives the element that stands in a slot.
    """
    return _MathML(put).of(term)


class _MathML:
    def __init__(self, put: Put) -> None:
        self._put = put

    def of(self, term: Term, *, operand: bool = False) -> str:
        """One element; an `operand` stands after a sign, or has something raised."""
        match term:
            case Number(text):
                return _tag("mn", text)
            case Slot(index):
                return self._put(index, operand)
            case Name():
                return _name(term)
            case Word(text):
                return _tag("mi", text) if text.isidentifier() else _tag("mtext", text)
            case Sign(" "):
                return '<mspace width="0.25em"/>'
            case Sign(text):
                return _tag("mo", "−" if text == "-" else text)  # "-" is drawn as a hyphen
            case Row(parts):
                return f"<mrow>{self._row(parts, operand)}</mrow>"
            case Fraction(above, below):
                return f"<mfrac>{self.of(above)}{self.of(below)}</mfrac>"
            case Power(base, exponent):
                return f"<msup>{self.of(base, operand=True)}{self.of(exponent)}</msup>"
            case Root(inside):
                return f"<msqrt>{self.of(inside)}</msqrt>"
            case Fenced(inside, left, right):
                marks = _bracket(left, inside), _bracket(right, inside)
                return f"<mrow>{marks[0]}{self.of(inside)}{marks[1]}</mrow>"
            case Matrix() | Cases():
                return self._table(term)

    def _row(self, parts: tuple[Term, ...], operand: bool) -> str:
        """Parts in a row; between a function's name and its parentheses, that it is applied."""
        found = []
        for place, part in enumerate(parts):
            before = parts[place - 1] if place else None
            if isinstance(part, Fenced) and isinstance(before, Word | Name):
                found.append(APPLIED)
            if before is not None:
                operand = not (isinstance(before, Sign) and before.text in OPENING)
            found.append(self.of(part, operand=operand))
        return "".join(found)

    def _table(self, term: Matrix | Cases) -> str:
        if isinstance(term, Matrix):
            return f"<mrow><mo>[</mo><mtable>{self._lines(term.rows)}</mtable><mo>]</mo></mrow>"
        lines = self._lines([*term.rows, (term.rest, Word("otherwise"))])
        return f'<mrow><mo>{{</mo><mtable columnalign="left left">{lines}</mtable></mrow>'

    def _lines(self, rows: Iterable[tuple[Term, ...]]) -> str:
        lines = ("".join(f"<mtd>{self.of(term)}</mtd>" for term in row) for row in rows)
        return "".join(f"<mtr>{line}</mtr>" for line in lines)


def _bracket(sign: str, inside: Term) -> str:
    """One that stretches has room around it, so that only what is around tall things does."""
    stretches = "" if is_tall(inside) else ' stretchy="false"'
    return f"<mo{stretches}>{escape(sign)}</mo>"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(''.join(c for c in text if c.isprintable()))}</{name}>"


def _name(name: Name) -> str:
    letter = _tag("mi", normalize("NFC", name.letter))
    if name.accent:
        letter = f'<mover accent="true">{letter}{_tag("mo", ACCENTS[name.accent])}</mover>'
    if name.index:
        kind = "mn" if name.index.isdecimal() else "mi"
        letter = f"<msub>{letter}{_tag(kind, name.index)}</msub>"
    if name.version:
        version = f"<mrow><mo>(</mo>{_tag('mn', name.version)}<mo>)</mo></mrow>"
        return f"<msup>{letter}{version}</msup>"
    return letter
