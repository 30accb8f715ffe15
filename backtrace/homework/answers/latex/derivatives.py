r"""The left side of a claim: \frac{\partial L}{\partial w}, \nabla_w L and their like."""

from __future__ import annotations

from collections.abc import Container

from backtrace.homework.answers.latex.commands import FRACTIONS, WORDS
from backtrace.homework.answers.latex.symbols import Symbols
from backtrace.homework.answers.latex.tokens import Tokens

_FORM = r"a derivative is read as \frac{\partial L}{\partial w}, of names only"
_SECOND = r"only first derivatives are read, as \frac{\partial L}{\partial w}"
_NABLA = r"a gradient is read as \nabla_w L, with the name it is by"


def left_side(tokens: Tokens, names: Container[str]) -> str:
    """`d(L)/d(w)` if that is what the tokens say; nothing if they are no derivative.

    Raises ReadError for one that is not read.
    """
    try:
        return Derivative(tokens.part(0), names).left()
    except NoDerivative:
        return ""


class NoDerivative(Exception):  # noqa: N818  (no error, but the other answer)
    """What is read is something else, which is no mistake."""


class Derivative(Symbols):
    """One reading of a left side."""

    def left(self) -> str:
        """left = (fraction | gradient | line) entry?"""
        text = self.texts[0]
        if text[1:] in FRACTIONS and text[:1] == "\\":
            found = self.fraction()
        elif text == r"\nabla" or self.texts[:2] == [r"\partial", "_"]:
            found = self.gradient()
        else:
            found = self.line()
        found += self.entry()
        if self.texts[self.at]:
            raise self.other()
        return found

    def other(self, message: str = _FORM) -> Exception:
        """The error for what is no derivative here; after ∂ or ∇ it can be nothing else."""
        if {r"\partial", r"\nabla"} & set(self.texts[: self.at + 1]):
            return self.error(message)
        return NoDerivative()

    def fraction(self) -> str:
        r"""fraction = '\frac' '{' differential '}' '{' differential '}' operand?"""
        self.at = 1
        of, by = self.braced(), self.braced()
        if not by:
            raise self.other()
        return f"d({of or self.operand()})/d({by})"

    def braced(self) -> str:
        """'{' differential '}'"""
        self.take("{")
        name = self.differential()
        self.take("}")
        return name

    def take(self, text: str) -> None:
        """One token that must come next."""
        if self.texts[self.at] != text:
            raise self.other(_SECOND if self.texts[self.at] == "^" else _FORM)
        self.at += 1

    def line(self) -> str:
        """line = differential '/' differential, with a sign for d that is no letter of a word"""
        if self.texts[0][:1] == "d" and self.texts[0] != "d":
            raise self.other()
        of = self.differential()
        self.take("/")
        by = self.differential()
        if not of or not by:
            raise self.other()
        return f"d({of})/d({by})"

    def gradient(self) -> str:
        r"""gradient = ('\nabla' | '\partial') '_' name operand?"""
        self.at = 1
        if self.texts[1] != "_":
            raise self.error(_NABLA, 0)
        self.at = 2
        by = self.inside(1).text
        return f"d({self.operand()})/d({by})" if self.texts[self.at] else f"grad {by}"

    def operand(self) -> str:
        """operand = name | '(' name ')'"""
        closing = {"(": ")", "[": "]"}.get(self.texts[self.at], "")
        self.at += bool(closing)
        if not self.starts_name():
            raise self.other()
        name = self.name().text
        if closing:
            self.take(closing)
        return name

    def differential(self) -> str:
        r"""differential = ('\partial' | 'd' | '\mathrm' '{' 'd' '}') name?"""
        text = self.texts[self.at]
        if text[1:] in WORDS and text[:1] == "\\":
            return self.upright()
        if text != r"\partial" and text[:1] != "d":
            raise self.other()
        self.drop_letter()
        return self.name().text if self.starts_name() else ""

    def drop_letter(self) -> None:
        """Take the sign of a differential, which a word may begin with."""
        if self.texts[self.at][:1] == "d" and len(self.texts[self.at]) > 1:
            self.tokens.take_first(self.at)
        else:
            self.at += 1

    def upright(self) -> str:
        r"""\mathrm{d}L, \mathrm dL and \mathrm{dL}"""
        self.at += 1
        braced = self.texts[self.at] == "{"
        self.at += braced
        if self.texts[self.at][:1] != "d":
            raise self.other()
        self.drop_letter()
        inside = self.name().text if braced and self.starts_name() else ""
        if braced:
            self.take("}")
        return inside or (self.name().text if self.starts_name() else "")

    def entry(self) -> str:
        """entry = '[' number (',' number)* ']'"""
        first = self.at
        if self.texts[first] != "[":
            return ""
        while self.texts[self.at] not in ("]", ""):
            self.at += 1
        self.take("]")
        return "".join(self.texts[first : self.at])
