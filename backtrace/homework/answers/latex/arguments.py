r"""Arguments and brackets in LaTeX: what stands between braces, or is one character."""

from __future__ import annotations

from abc import ABC, abstractmethod

from backtrace.homework.answers.latex.commands import (
    BARS,
    BRACKETS,
    CLOSERS,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    OPERATOR_NAMES,
)
from backtrace.homework.answers.latex.pieces import Kind, Piece
from backtrace.homework.answers.latex.symbols import Symbols
from backtrace.names import normal
from backtrace.reading.tokens import starts_number

LONGEST_INDEX = 40  # tokens that are looked through for a comma, at every bracket after a name


class Arguments(Symbols, ABC):
    """The rules for what is enclosed; `expression`, `factor` and `atom` lead back to the rest."""

    @abstractmethod
    def expression(self, closing: str) -> Piece:
        """Everything up to a closing token, which is not taken."""

    @abstractmethod
    def factor(self) -> Piece:
        """An operand with its exponents."""

    @abstractmethod
    def atom(self) -> Piece:
        """An operand without them."""

    def group(self) -> Piece:
        """group = '{' expression '}'"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        piece = self.expression("}")
        self.close("}", opened)
        return piece

    def argument(self, command: int, what: str, *, shared: bool = False) -> Piece:
        r"""argument = group | one digit | one letter | command

        LaTeX takes one character where there are no braces. Where more follow in one run, people
        mean the run: refused, unless the rest is the next argument (`shared`: \frac12).
        """
        text = self.texts[self.at]
        if text == "{":
            return self.group()
        if not text[:1].isalnum():
            if text[:1] != "\\" or text in BRACKETS or text[1:] in FUNCTIONS | OPERATOR_NAMES:
                raise self.error(f"{what} must follow, in braces", command, self.at)
            self.enter(command)
            piece = self.atom() if self.is_operand() else self.name()
            self.depth -= 1
            return piece
        if len(text) > 1 and not shared:
            written = self.texts[command]
            message = f"LaTeX takes {text[0]} alone here: write {written}{{{text}}}, or a space"
            raise self.error(message, command, self.at)
        kind = Kind.NUMBER if starts_number(text) else Kind.NAME
        if len(text) > 1:
            return Piece(normal(self.tokens.take_first(self.at)), kind)
        return self.symbol() if kind is Kind.NAME else self.atom()

    def is_operand(self) -> bool:
        """Whether the next command has arguments of its own."""
        command = self.texts[self.at][1:]
        return command in FRACTIONS or command == "sqrt" or command in FONTS

    def bracketed(self) -> Piece:
        r"""bracket = '(' expression ')' | '|' expression '|' | '[' expression (',' …)* ']' …"""
        opened = self.at
        sign = self.texts[opened]
        closing = BRACKETS[sign]
        self.at += 1
        self.enter(opened)
        piece = self.expression(closing)
        self.close(closing, opened)
        if sign in BARS:
            self.refuse_subscript()
            return Piece(f"{BARS[sign]}({piece.inside})", Kind.CALL)
        if sign == "[" and piece.kind is Kind.LIST:
            return Piece(f"[{piece.text}]", Kind.CALL)
        return Piece(f"({piece.text})", Kind.PARENTHESIS, bracketed=True)

    def is_index(self) -> bool:
        """Whether brackets after a name hold what nobody groups: one number or name, or commas."""
        depth = 0
        for place in range(self.at, min(self.at + LONGEST_INDEX, len(self.texts))):
            text = self.texts[place]
            depth += (text in BRACKETS) - (text in CLOSERS)
            if depth == 1 and text == ",":
                return True
            if depth <= 0:
                inside = self.texts[self.at + 1 : place]
                return len(inside) == 1 or (len(inside) == 2 and inside[0] == "-")
        return False

    def index(self) -> str:
        """'[' expression (',' expression)* ']'"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        inside = self.expression("]").text
        self.close("]", opened)
        return f"[{inside}]"

    def refuse_subscript(self) -> None:
        """A norm with a subscript is another one."""
        if self.texts[self.at] == "_":
            raise self.error(r"a norm of another order is \operatorname{norm}(x, 1)")
