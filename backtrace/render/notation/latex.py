"""Terms as LaTeX, for a document with amsmath and for GitHub's renderer."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

from backtrace.names import normal
from backtrace.render.notation.terms import (
    GREEK,
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

SIGNS = {
    "·": r"\cdot ",
    "×": r"\times ",
    "⊙": r"\odot ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "∞": r"\infty ",
    "∂": r"\partial ",
    "…": r"\ldots ",
    "−": "-",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "‖": r"\|",
    " ": r"\,",
    ",": ", ",
}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: rf"\{c}" for c in "{}$&#%_"},
}
NEW_LINE = r" \\ "
MACROS = {letter: rf"\{name}" for name, letter in GREEK.items()}
# The capital letters that look like Latin ones have no macro, nor has the small omicron.
LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
LONGEST_NAME = 60  # letters
OPERATORS = frozenset(  # the functions that LaTeX has a macro for
    ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det")
)
NEEDLESS = re.compile(r"(\\[a-z]+) (?=[)\]}]| &)")  # a space after a macro, before no letter
ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}


def latex(term: Term, *, ascii: bool = False) -> str:
    """A term in math mode. With `ascii` letters that plain LaTeX has not are spelled: u4e2d."""
    return NEEDLESS.sub(r"\1", _Latex(ascii).of(term)).strip()


def escaped(text: str, *, ascii: bool = False) -> str:
    """Any text as it stands in text mode, on one line."""
    text = " ".join(text.split())
    return "".join(SPECIAL.get(c, c) for c in (_plain(text) if ascii else text) if c.isprintable())


def _plain(text: str) -> str:
    """Letters of any alphabet in ASCII: θ is theta, é is e, 中 is u4e2d."""
    return "".join(_spelled(c) for c in normalize("NFKD", text) if not combining(c))


def _spelled(character: str) -> str:
    name = normal(character)
    return name if name.isascii() else f"u{ord(character):04x}"


class _Latex:
    def __init__(self, ascii: bool) -> None:
        self._ascii = ascii

    def of(self, term: Term) -> str:
        match term:
            case Number(text):
                return _number(text)
            case Slot(index):
                return rf"\boxed{{{index}}}"
            case Name():
                return self._name(term)
            case Word(text):
                return self._word(text)
            case Sign(text):
                return SIGNS.get(text, text)
            case Row(parts):
                return "".join(map(self.of, parts))
            case Fraction(above, below):
                return rf"\frac{{{self.of(above)}}}{{{self.of(below)}}}"
            case Power(base, exponent):
                return f"{self._base(base)}^{{{self._raised(exponent)}}}"
            case Root(inside):
                return rf"\sqrt{{{self.of(inside)}}}"
            case Fenced():
                return self._fenced(term)
            case Matrix(rows):
                lines = (" & ".join(map(self.of, row)) for row in rows)
                return rf"\begin{{bmatrix}}{NEW_LINE.join(lines)}\end{{bmatrix}}"
            case Cases(rows, rest):
                lines = (rf"{self.of(value)} & {self.of(condition)}" for value, condition in rows)
                other = rf"{self.of(rest)} & \text{{otherwise}}"
                return rf"\begin{{cases}}{NEW_LINE.join([*lines, other])}\end{{cases}}"

    def _base(self, base: Term) -> str:
        """What is raised; a label that has something raised already is held together."""
        versioned = isinstance(base, Name) and base.version
        return f"{{{self.of(base)}}}" if versioned or isinstance(base, Power) else self.of(base)

    def _raised(self, exponent: Term) -> str:
        return r"\mathsf{T}" if exponent == Word("T") else self.of(exponent)

    def _fenced(self, term: Fenced) -> str:
        left, right = SIGNS.get(term.left, term.left), SIGNS.get(term.right, term.right)
        if is_tall(term.inside):
            left, right = rf"\left{left}", rf"\right{right}"
        return f"{left}{self.of(term.inside)}{right}"

    def _name(self, name: Name) -> str:
        letter = self._letters(name.letter)
        if name.accent:
            letter = f"{ACCENTS[name.accent]}{{{letter}}}"
        index = f"_{{{self._letters(name.index)}}}" if name.index else ""
        version = f"^{{({name.version})}}" if name.version else ""
        return f"{letter}{index}{version}"

    def _letters(self, text: str) -> str:
        if text in MACROS:
            return LATIN.get(text) or MACROS[text]
        if len(text) > LONGEST_NAME:  # TeX has no room for what is wider than five metres
            return rf"{self._letters(text[:LONGEST_NAME])}\ldots "
        if text.isascii() and (text.isdecimal() or (len(text) == 1 and text != "_")):
            return text
        if text.isascii():
            return rf"\mathit{{{escaped(text)}}}"
        return rf"\text{{{escaped(text, ascii=self._ascii)}}}"

    def _word(self, text: str) -> str:
        if text in OPERATORS:
            return rf"\{text}"
        if text.isidentifier() and text.isascii():
            return rf"\operatorname{{{escaped(text)}}}"
        shown = escaped(text, ascii=self._ascii)
        if text.startswith(" "):
            return rf"\text{{ {shown} }}"
        return rf"\text{{{shown}}}"


def _number(text: str) -> str:
    mantissa, _, exponent = text.lower().partition("e")
    if not exponent:
        return text
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa}\cdot {power}"
