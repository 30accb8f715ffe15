r"""What stands between operators in LaTeX: numbers, names, fractions, roots."""

from __future__ import annotations

import re

from backtrace.homework.answers.latex.commands import (
    BRACKETS,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    OPERATOR_NAMES,
)
from backtrace.homework.answers.latex.pieces import Kind, Piece, fraction, power
from backtrace.homework.answers.latex.powers import Powers
from backtrace.ops import FUNCTIONS as LANGUAGE
from backtrace.reading.tokens import starts_number

_DIFFERENTIAL = re.compile(r"d ?[^\W\d]\w*")


class Operands(Powers):
    """The rules for operands."""

    def atom(self) -> Piece:
        """atom = number | name | fraction | root | function | bracket | group"""
        first = self.at
        text = self.texts[first]
        if starts_number(text):
            self.at += 1
            return Piece(text.removesuffix("."), Kind.NUMBER)
        if text[:1].isidentifier():
            if self.texts[first + 1] == "^" and text in LANGUAGE and text not in self.names:
                self.at += 1
                return self.function(first, text)
            return self.name()
        if text == "{":
            return self.group()
        return self.bracketed() if text in BRACKETS else self.command(first, text[1:])

    def command(self, first: int, command: str) -> Piece:
        r"""command = FUNCTION … | '\operatorname' … | fraction | root | FONT argument | name"""
        if command in FUNCTIONS:
            self.at += 1
            return self.function(first, command)
        if command in OPERATOR_NAMES:
            self.at += 1
            return self.function(first, self.word(first))
        if command in FRACTIONS:
            return self.fraction()
        if command == "sqrt":
            return self.root()
        if command in FONTS:
            self.at += 1
            piece = self.argument(first, "something")
            return self.subscripted(piece) if self.texts[self.at] == "_" else piece
        return self.name()

    def fraction(self) -> Piece:
        r"""fraction = '\frac' argument argument"""
        first = self.at
        self.at += 1
        top = self.argument(first, "a numerator", shared=True)
        bottom = self.argument(first, "a denominator")
        texts = (top.text, bottom.text)
        if texts[0] == "d" or _DIFFERENTIAL.fullmatch(texts[0]):
            known = texts[0] in self.names and texts[1] in self.names
            if _DIFFERENTIAL.fullmatch(texts[1]) and not known:
                message = r"a derivative stands left of = only: write its formula, or d \cdot x"
                raise self.error(message, first, self.at - 1)
        return fraction(top, bottom)

    def root(self) -> Piece:
        r"""root = '\sqrt' ('[' expression ']')? (argument | bracket)"""
        first = self.at
        self.at += 1
        degree = Piece("2", Kind.NUMBER)
        if self.texts[self.at] == "[":
            opened = self.at
            self.at += 1
            self.enter(opened)
            degree = self.expression("]")
            self.close("]", opened)
        is_bracket = self.texts[self.at] == "("
        inside = self.bracketed() if is_bracket else self.argument(first, "what the root is of")
        name = {"2": "sqrt", "3": "cbrt"}.get(degree.text)
        if name:
            return Piece(f"{name}({inside.inside})", Kind.CALL)
        return power(inside, fraction(Piece("1", Kind.NUMBER), degree))
