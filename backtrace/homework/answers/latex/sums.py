r"""Operators in LaTeX, and a whole formula."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backtrace.homework.answers.latex.commands import OPERATORS
from backtrace.homework.answers.latex.lines import Line
from backtrace.homework.answers.latex.operands import Operands
from backtrace.homework.answers.latex.pieces import Piece

# Signs between values, as the language writes them.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        **{sign: sign for sign in ("+", "-", "*", "/", "@")},
        **{sign: sign for sign in ("<", ">", "<=", ">=", "==", "!=")},
        **{f"\\{name}": sign for name, sign in OPERATORS.items()},
    }
)


class Reader(Operands):
    """One reading of one formula."""

    def whole(self) -> str:
        """The whole text as a formula."""
        piece = self.expression("")
        if self.texts[self.at]:
            raise self.unexpected()
        return piece.text

    def expression(self, closing: str) -> Piece:
        """expression = term ((SIGN | ',' | '=')? term)*; factors side by side are a product."""
        line = Line()
        texts = self.texts
        while True:
            text = texts[self.at]
            if line.waits:
                if text in ("+", "-"):
                    line.sign(text)
                    self.at += 1
                    continue
                first = self.at
                self.check(line.add(self.factor()), first)
            elif text == closing or not text:
                return line.piece()
            elif text in _SIGNS:
                self.check(line.operator(text, _SIGNS[text]), self.at)
                self.at += 1
            elif text == "," and closing in (")", "]", "}", r"\}"):
                line.comma()
                self.at += 1
            elif text == "=" and closing == ")" and line.is_name:
                line.operator("=", "=")
                self.at += 1
            else:
                first = self.at
                self.check(line.beside(self.factor()), first)

    def check(self, problem: str, first: int) -> None:
        """Raise what is wrong with the tokens from `first` on."""
        if problem:
            raise self.error(problem, first, max(first, self.at - 1))
