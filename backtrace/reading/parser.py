"""The language: a recursive-descent parser whose method docstrings are its grammar.

Statements and operators stand here, operands in operands.py. Nothing a user types is ever
evaluated as code; sympy's own parsers do that (sympy issue 10805).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager

from backtrace.errors import ReadError, Span
from backtrace.graph import Constant, Graph
from backtrace.ops import OPS
from backtrace.reading import advice
from backtrace.reading.cursor import DEEPEST, ENDS
from backtrace.reading.operands import OPERATORS, Operands
from backtrace.reading.tokens import starts_name, starts_number, starts_raised

SUMS = frozenset({"+", "-"})
PRODUCTS = frozenset({"*", "/", "%", "@"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
NO_FACTOR = SUMS | COMPARISONS | ENDS | {")", "]", ",", ":"}
AUGMENTED = frozenset({"+=", "-=", "*=", "/=", "%=", "@=", "**="})


def read(source: str, bound: Container[str] | None = None) -> Graph:
    """The graph of a program: an expression, or statements separated by `;` or new lines.

    `bound` has the names that will have values. It decides what `x(y + 1)` and `wx` mean; without
    it every unknown name is a variable. Raises ReadError with the place and what would be right.
    """
    with deeper_stack():
        return Parser(source, bound).program()


class Parser(Operands):
    """One reading of one program."""

    def program(self) -> Graph:
        """program = statement ((';' | newline) statement)*"""
        output: int | None = None
        bare: Span | None = None
        while True:
            while self.texts[self.at] in (";", "\n"):
                self.at += 1
            if not self.texts[self.at]:
                break
            if bare is not None:
                raise ReadError(advice.UNUSED_VALUE, self.source, bare)
            first = self.at
            named, output = self.statement()
            if self.texts[self.at] not in ENDS:
                raise self.unexpected()
            bare = None if named else self.tokens.span(first, self.at - 1)
            self.readings.statement(first, self.at - 1)
        if output is None:
            raise ReadError(advice.EMPTY)
        return self.builder.graph(self.source, output, self.readings.texts)

    def statement(self) -> tuple[bool, int]:
        """statement = (NAME ('=' | '+=' | '-=' | '*=' | '/=' | '%=' | '@=' | '**='))? value"""
        first = self.at
        sign = self.texts[first + 1]
        augmented = sign in AUGMENTED
        if not (augmented or sign == "=") or not starts_name(self.texts[first]):
            return False, self.value()
        name = self.name_at(first)
        left = self.variable(first, name) if augmented else 0
        self.at = first + 2
        index = self.value()
        if augmented:
            span = self.tokens.span(first, self.at - 1)
            index = self.builder.apply(OPERATORS[sign[:-1]], (left, index), span)
        self.builder.assign(name, index)
        return True, index

    # -- operators

    def value(self) -> int:
        """value = sum (('<' | '<=' | '>' | '>=' | '==' | '!=') sum)?"""
        first = self.at
        left = self.sum()
        if self.texts[self.at] not in COMPARISONS:
            return left
        left = self.binary(first, left, self.sum)
        if self.texts[self.at] in COMPARISONS:
            raise self.error(advice.CHAINED_COMPARISON)
        return left

    def sum(self) -> int:
        """sum = product (('+' | '-') product)*"""
        first = self.at
        left = self.product()
        while self.texts[self.at] in SUMS:
            left = self.binary(first, left, self.product)
        return left

    def product(self) -> int:
        """product = signed (('*' | '/' | '%' | '@') signed | power)*; a bare power is times."""
        first = self.at
        left = self.signed()
        divided = False
        while True:
            sign = self.texts[self.at]
            if sign in PRODUCTS:
                divided = divided or sign == "/"
                left = self.binary(first, left, self.signed)
            elif sign in NO_FACTOR or not self.starts_factor(sign):
                return left
            else:
                left = self.implicit(first, left, divided)

    def binary(self, first: int, left: int, right: Callable[[], int]) -> int:
        """The node of an operator between what began at token `first` and what comes next."""
        op = OPERATORS[self.texts[self.at]]
        self.at += 1
        inputs = (left, right())
        return self.builder.apply(op, inputs, self.tokens.span(first, self.at - 1))

    def starts_factor(self, text: str) -> bool:
        """Whether the token after a factor begins another: `2x`, `3(x + 1)`, `w x`."""
        if text == "(" or starts_name(text) or text == "√":
            return True
        if starts_number(text):
            raise self.error(advice.NUMBER_AFTER_VALUE)
        return False

    def implicit(self, first: int, left: int, divided: bool) -> int:
        """The node of a product that is written without a sign; it binds like `*`."""
        place = self.at
        inputs = (left, self.power())
        self.readings.times(place)
        if divided:
            self.readings.left_to_right(first, place, self.at - 1)
        return self.builder.apply(OPERATORS["*"], inputs, self.tokens.span(first, self.at - 1))

    def signed(self) -> int:
        """signed = ('-' | '+') signed | power"""
        first = self.at
        sign = self.texts[first]
        if sign not in SUMS:
            return self.power()
        self.at += 1
        index = self.nested(self.signed, first)
        if sign == "+":
            return index
        span = self.tokens.span(first, self.at - 1)
        node = self.builder.nodes[index]
        if self.at == first + 2 and type(node) is Constant and starts_number(node.text):
            self.builder.nodes[index] = Constant("-" + node.text)  # a literal keeps its sign
            self.builder.spans[index] = span
            return index
        return self.builder.apply(OPS["neg"], (index,), span)

    def power(self) -> int:
        """power = item raised"""
        first = self.at
        base = self.item()
        sign = self.texts[self.at]
        return self.raised(first, base) if sign == "**" or starts_raised(sign) else base

    def raised(self, first: int, base: int) -> int:
        """raised = (('**' | '^') signed | SUPERSCRIPT)?"""
        sign = self.texts[self.at]
        if sign == "**":
            self.at += 1
            exponent = self.nested(self.signed, first)
        elif starts_raised(sign):
            exponent = self.superscript()
        else:
            return base
        span = self.tokens.span(first, self.at - 1)
        return self.builder.apply(OPERATORS["**"], (base, exponent), span)


@contextmanager
def deeper_stack() -> Iterator[None]:
    """Room for the deepest nesting that is read: a level takes up to ten Python frames."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 12 * DEEPEST)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
