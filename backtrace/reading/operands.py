"""The operands of the language: numbers, names, parentheses and calls."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from functools import reduce

from backtrace.errors import ReadError
from backtrace.graph import NAMED_CONSTANTS, Constant
from backtrace.ops import FUNCTIONS, OPS, Op
from backtrace.ops.params import SAME_PARAM
from backtrace.reading import advice, prefixes
from backtrace.reading.brackets import Bracketed
from backtrace.reading.calls import Function, stacked
from backtrace.reading.numbers import fraction, literal, raised
from backtrace.reading.tokens import (
    FRACTIONS,
    TRANSPOSED,
    starts_name,
    starts_number,
    starts_raised,
)

# Every operator between two operands, by its sign: "+", "**", "<=", …
OPERATORS: Mapping[str, Op] = {
    row.notation[len("{0}") : -len("{1}")].strip(): row
    for row in OPS.values()
    if row.notation.startswith("{0}") and row.notation.endswith("{1}")
}
# Every operation that is written as an attribute: x.T
ATTRIBUTES: Mapping[str, Op] = {
    row.notation.removeprefix("{0}."): row
    for row in OPS.values()
    if row.notation.startswith("{0}.")
}

DIVISIONS = frozenset({"/", "%"})
POSTFIXES = frozenset({"[", ".", TRANSPOSED})


class Operands(Bracketed):
    """The rules for what stands between operators."""

    def item(self) -> int:
        """item = primary postfix*"""
        text = self.texts[self.at]
        first = self.at
        known = self.builder.scope.get(text)
        if known is not None:  # what most operands of a long program are
            self.at += 1
            index = known
        else:
            index = self.primary(text)
        while self.texts[self.at] in POSTFIXES:
            index = self.postfix(first, index)
        return index

    def primary(self, text: str) -> int:
        """primary = NUMBER | NAME | function | '(' value ')' | list | '√' item"""
        if starts_name(text):
            return self.named()
        if starts_number(text):
            return self.number()
        if text == "(":
            return self.parenthesis()
        if text == "[":
            first = self.at
            return stacked(self.builder, self.listed(), self.tokens.span(first, self.at - 1))
        if text == "√":
            return self.root()
        raise self.unexpected()

    def number(self) -> int:
        """NUMBER = 2 | 2. | .5 | 1e-3 | 1_000 | ½"""
        text, span = self.texts[self.at], self.tokens.span(self.at, self.at)
        self.at += 1
        if text not in FRACTIONS:
            return self.builder.add(Constant(literal(text, self.source, span)), span)
        parts = [self.builder.add(Constant(part), span) for part in fraction(text)]
        return self.builder.apply(OPERATORS["/"], parts, span)

    def parenthesis(self) -> int:
        """'(' value ')'"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        index = self.value()
        self.close(opened)
        return index

    def root(self) -> int:
        """'√' item"""
        first = self.at
        self.at += 1
        inside = self.nested(self.item, first)
        self.readings.call(first, "sqrt", self.at - 1)
        return self.builder.apply(OPS["sqrt"], (inside,), self.tokens.span(first, self.at - 1))

    def named(self) -> int:
        """A variable, a constant, a product of known names (`wx`), or the call of a function."""
        first = self.at
        name = self.name_at(first)
        builder = self.builder
        if name in builder.scope or builder.is_bound(name):
            return self.variable(first, name)
        if self.texts[first + 1] == "." and name in prefixes.ROOTS:
            return self.dotted(first)
        if name in FUNCTIONS:
            self.at += 1
            return self.function(first, Function(name, FUNCTIONS[name]))
        if name in NAMED_CONSTANTS:
            self.at += 1
            return builder.add(Constant(name), self.tokens.span(first, first))
        return self.unknown(first, name)

    def variable(self, first: int, name: str) -> int:
        """The node that a name means here, made if it is a variable that is met first."""
        self.at = first + 1
        known = self.builder.scope.get(name)
        if known is not None:
            return known
        return self.builder.variable(name, self.tokens.span(first, first))

    def unknown(self, first: int, name: str) -> int:
        """A name that has no value: a product of names that have one, or a variable to bind."""
        ways = self.builder.splits(name)
        if len(ways) > 1:
            raise self.error(advice.ambiguous(name, ways), first)
        if ways:
            return self.split(first, ways[0])
        if self.texts[first + 1] == "(":
            raise self.error(advice.unknown_function(name), first)
        if keyword.iskeyword(name) and name != "lambda":
            raise self.error(advice.KEYWORD.format(name), first)
        return self.variable(first, name)

    def split(self, first: int, parts: list[str]) -> int:
        """The product of the names that a name such as `wx` consists of.

        What stands after it belongs to the last one: `wx^2` is w*x**2. After a division they are
        one factor all the same: nobody means (1/w)*x by `1/wx`.
        """
        span = self.tokens.span(first, first)
        text = "*".join(parts)
        divides = first > 0 and self.texts[first - 1] in DIVISIONS
        self.readings.rewrite(first, text)
        self.at += 1
        *known, last = [self.builder.known(part, span) for part in parts]
        while self.texts[self.at] in POSTFIXES:
            last = self.postfix(first, last)
        last = self.raised(first, last)
        if divides:
            self.readings.group(first, self.at - 1)
        span = self.tokens.span(first, self.at - 1)
        return reduce(lambda a, b: self.builder.apply(OPERATORS["*"], (a, b), span), [*known, last])

    def raised(self, first: int, base: int) -> int:
        """raised = (('**' | '^') signed | SUPERSCRIPT)?, after a base"""
        raise NotImplementedError  # the parser's: it has the operators

    def superscript(self) -> int:
        """SUPERSCRIPT = raised digits, as in x² and x⁻¹"""
        text, span = raised(self.texts[self.at]), self.tokens.span(self.at, self.at)
        if not text:
            raise self.unexpected()
        self.readings.rewrite(self.at, f"**{text}")
        self.at += 1
        return self.builder.add(Constant(literal(text, self.source, span)), span)

    # -- calls

    def function(self, first: int, function: Function) -> int:
        """function = NAME (('**' | '^') NUMBER | SUPERSCRIPT)? arguments; cos^2(x) is cos(x)^2"""
        sign = self.texts[self.at]
        if sign == "(":
            return self.call(first, function)
        place, exponent = self.at, ""
        if sign == "**":
            place, exponent = self.at + 1, self.texts[self.at + 1]
        elif starts_raised(sign):
            exponent = raised(sign)
        if not exponent:
            raise self.error(advice.no_parentheses(function.name, sign), first)
        plain = starts_number(exponent) and exponent not in FRACTIONS
        if not plain or self.texts[place + 1] != "(":
            raise self.error(advice.raised_function(function.name), first)
        exponent = literal(exponent, self.source, self.tokens.span(place, place))
        sign_at, self.at = self.at, place + 1
        index = self.call(first, function)
        again = self.texts[self.at] == "**" or starts_raised(self.texts[self.at])
        self.readings.move_exponent((first, sign_at, place, self.at - 1), exponent)
        if again:  # cos^2(x)^3 is (cos(x)**2)**3
            self.readings.group(first, self.at - 1)
        power = self.builder.add(Constant(exponent), self.tokens.span(place, place))
        span = self.tokens.span(first, self.at - 1)
        return self.builder.apply(OPERATORS["**"], (index, power), span)

    # -- what stands after a value

    def postfix(self, first: int, index: int) -> int:
        """postfix = '[' subscripts ']' | 'ᵀ' | '.' NAME arguments?"""
        if self.texts[self.at] == "[":
            return self.subscripts(first, index)
        if self.texts[self.at] == TRANSPOSED:
            self.readings.rewrite(self.at, ".T")
            self.at += 1
            return self.builder.apply(
                ATTRIBUTES["T"], (index,), self.tokens.span(first, self.at - 1)
            )
        name_at = self.at + 1
        name = self.texts[name_at]
        row = ATTRIBUTES.get(name)
        if row is not None:
            self.at += 2
            return self.builder.apply(row, (index,), self.tokens.span(first, name_at))
        rows = FUNCTIONS.get(name)
        if rows is None or self.texts[name_at + 1] != "(":
            raise self.error(advice.member(name), name_at if starts_name(name) else self.at)
        self.at += 2
        return self.call(first, Function(name, rows, method=True), index)

    def echo_defaults(self, function: Function, first: int) -> None:
        """Say which defaults of a library were taken: np.std(x) is std(x, correction=0)."""
        written = self.texts[first : self.at]
        others = [k for k, v in SAME_PARAM.items() if v in function.defaults]
        if function.defaults and not {*function.defaults, *others} & set(written):
            given = "".join(f", {k}={number:g}" for k, number in function.defaults.items())
            self.readings.rewrite(self.at - 1, f"{given})")

    def dotted(self, first: int) -> int:
        """A name with the prefix of its library: np.log(x), math.pi."""
        self.at = first + 1
        path = [self.texts[first]]
        while self.texts[self.at] == "." and starts_name(self.texts[self.at + 1]):
            path.append(self.texts[self.at + 1])
            self.at += 2
        last = self.at - 1
        found = prefixes.lookup(path)
        if isinstance(found, str):
            raise ReadError(found, self.source, self.tokens.span(first, last))
        self.readings.rewrite(first, found.name, last)
        if found.rows:
            index = self.function(first, found)
            self.echo_defaults(found, last)
            return index
        return self.builder.add(Constant(found.name), self.tokens.span(first, last))
