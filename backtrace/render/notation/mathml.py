"""Terms as presentation MathML, which browsers show by themselves and screen readers read aloud."""

from __future__ import annotations

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
    Term,
    Word,
    is_tall,
)

ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙"}
APPLIED = "<mo>&#x2061;</mo>"  # the function before it is applied to what follows


def mathml(term: Term) -> str:
    """A term as the inside of a `<math>` element; what users wrote is escaped."""
    match term:
        case Number(text):
            return _tag("mn", text)
        case Name():
            return _name(term)
        case Word(text):
            return _tag("mi", text) if text.isidentifier() else _tag("mtext", text)
        case Sign(" "):
            return '<mspace width="0.25em"/>'
        case Sign(text):
            return _tag("mo", "−" if text == "-" else text)  # "-" is drawn as a hyphen
        case Row(parts):
            return f"<mrow>{_applied(parts)}</mrow>"
        case Fraction(above, below):
            return f"<mfrac>{_one(above)}{_one(below)}</mfrac>"
        case Power(base, exponent):
            return f"<msup>{_one(base)}{_one(exponent)}</msup>"
        case Root(inside):
            return f"<msqrt>{mathml(inside)}</msqrt>"
        case Fenced(inside, left, right):
            return f"<mrow>{_bracket(left, inside)}{mathml(inside)}{_bracket(right, inside)}</mrow>"
        case Matrix(rows):
            lines = "".join(f"<mtr>{''.join(map(_entry, row))}</mtr>" for row in rows)
            return f"<mrow><mo>[</mo><mtable>{lines}</mtable><mo>]</mo></mrow>"
        case Cases(rows, rest):
            cells = [*rows, (rest, Word("otherwise"))]
            lines = "".join(f"<mtr>{_entry(a)}{_entry(b)}</mtr>" for a, b in cells)
            table = f'<mtable columnalign="left left">{lines}</mtable>'
            return f"<mrow><mo>{{</mo>{table}</mrow>"


def _bracket(sign: str, inside: Term) -> str:
    """One that stretches has room around it, so that only what is around tall things does."""
    stretches = "" if is_tall(inside) else ' stretchy="false"'
    return f"<mo{stretches}>{escape(sign)}</mo>"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(''.join(c for c in text if c.isprintable()))}</{name}>"


def _one(term: Term) -> str:
    """A term where exactly one element is expected, as everything here is."""
    return mathml(term)


def _entry(term: Term) -> str:
    return f"<mtd>{mathml(term)}</mtd>"


def _applied(parts: tuple[Term, ...]) -> str:
    """Parts in a row; between a function's name and its parentheses stands that it is applied."""
    found = []
    for place, part in enumerate(parts):
        if place and isinstance(part, Fenced) and isinstance(parts[place - 1], Word | Name):
            found.append(APPLIED)
        found.append(mathml(part))
    return "".join(found)


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
