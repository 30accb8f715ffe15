r"""Functions in LaTeX: \sin x, \sin^2(x), \exp\left(x\right), \log_2 x."""

from __future__ import annotations

from backtrace.homework.answers.latex.arguments import Arguments
from backtrace.homework.answers.latex.commands import BARS, BRACKETS, CLOSERS, FUNCTIONS
from backtrace.homework.answers.latex.pieces import Kind, Piece, power
from backtrace.reading import advice

# What may follow a function's argument without parentheses: \sin x + 1
_AFTER_BARE = CLOSERS | {"+", "-", ",", "|", "=", "<", ">", "<=", ">=", "==", "!="}
_RELATIONS = frozenset({r"\le", r"\leq", r"\ge", r"\geq", r"\lt", r"\gt", r"\ne", r"\neq"})
_TIMES = frozenset({"*", r"\cdot", r"\times", r"\odot", r"\ast"})


class Calls(Arguments):
    """The rules for functions."""

    def function(self, first: int, name: str) -> Piece:
        r"""function = NAME ('_' base)? ('^' exponent)? (bracket | group | factor)"""
        base = exponent = None
        while self.texts[self.at] in ("^", "_"):
            sign = self.at
            self.at += 1
            if self.texts[sign] == "_":
                base = self.base(first, name, base)
            elif exponent:
                raise self.error("a second exponent", sign)
            else:
                exponent = self.argument(sign, "an exponent")
                if exponent.kind is not Kind.NUMBER:
                    raise self.error(advice.raised_function(name), first, self.at - 1)
        argument = self.of(first)
        if base is None:
            text = f"{name}({argument})"
        elif base.text in ("2", "10"):
            text = f"log{base.text}({argument})"
        else:
            text = f"log({argument}, {base.text})"
        call = Piece(text, Kind.CALL)
        return power(call, exponent) if exponent else call

    def base(self, first: int, name: str, before: Piece | None) -> Piece:
        """The subscript of a logarithm."""
        if name != "log" or before:
            raise self.error(f"{name} takes no subscript here", first, self.at)
        return self.argument(self.at - 1, "a base")

    def of(self, first: int) -> str:
        """What a function is of."""
        text = self.texts[self.at]
        self.enter(first)
        if text == "{":
            inside = self.group().inside
        elif text in BRACKETS and text not in BARS:
            inside = self.bracketed().inside
        else:
            inside = self.bare(first)
        self.depth -= 1
        return inside

    def bare(self, first: int) -> str:
        r"""The one factor of `\sin x`. What is longer could end in two places: `\sin 2x`."""
        text = self.texts[self.at]
        written = self.texts[first]
        if text in _AFTER_BARE - BARS.keys() or text in ("/", *_TIMES):
            raise self.error(f"{written} needs an argument, as in {written}(x)", first)
        start = self.at
        piece = self.factor()
        following = self.texts[self.at]
        command = following[1:]
        is_number = piece.kind is Kind.NUMBER
        clear = following in _AFTER_BARE or following in _RELATIONS or command in FUNCTIONS
        if not clear and (is_number or following not in _TIMES):
            argument = self.tokens.source[self.tokens.starts[start] : self.tokens.ends[self.at]]
            message = f"where does the argument end? write {written}({argument.strip()})"
            raise self.error(message, first, self.at)
        return piece.inside
