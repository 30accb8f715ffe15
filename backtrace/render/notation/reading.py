"""Text in the language to terms: `a*(1 - a)/2`, `Ḡ @ W.T`, `∂L/∂w = 2*x`.

The texts are those that views show, so that names may be labels (`c·1`) and there may be signs of
equality, ∂ and ×. Nothing here is ever refused: what cannot be read stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from backtrace.ops import FUNCTIONS
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
    listed,
    named,
)

LONGEST = 5_000  # characters; a longer text is no formula for readers
TOKEN = re.compile(
    r"""\s*(
      (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?   # a number
    | [^\W\dᵀ](?:(?!ᵀ)[\w\u0300-\u036f])*(?:·[0-9]+)?    # a name, or the label of an assignment
    | □[0-9]{1,9}                                        # a slot
    | "[^"]*" | \*\* | [<>=!]= | \.m?T\b
    | \S                                                 # any other one character
    )""",
    re.VERBOSE,
)
RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}
TIMES = ("×", "⊙", "·")  # of the chain rule: ∂L/∂s × ∂s/∂w
PLACE = "□"  # □0 is the first Slot; no name in the language has such a letter
TRANSPOSED = (".T", ".mT", "ᵀ")
CONSTANTS: dict[str, Term] = {"inf": Sign("∞"), "nan": Word("nan")}


class _UnreadableError(Exception):
    """The text is no formula."""


@lru_cache(maxsize=4096)
def typeset(text: str) -> Term:
    """A formula as terms. What is no formula is a word, whatever stands in it."""
    if len(text) > LONGEST:
        return Word(text)
    try:
        return _Reader(TOKEN.findall(text)).whole()
    except (_UnreadableError, RecursionError):
        return Word(text)


class _Reader:
    """Recursive descent; the docstring of a method is the rule that it reads."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise _UnreadableError

    def whole(self) -> Term:
        """whole = relation end"""
        found = self._relation()
        self._expect("")
        return found

    def _relation(self) -> Term:
        """relation = sum (('=' | '<' | …) sum)*"""
        return self._chain(self._sum, RELATIONS)

    def _sum(self) -> Term:
        """sum = chain (('+' | '-') chain)*"""
        return self._chain(self._times, {"+": "+", "-": "-"})

    def _times(self) -> Term:
        """chain = product (('×' | '⊙') product)*"""
        return self._chain(self._product, {sign: sign for sign in TIMES})

    def _chain(self, part: Callable[[], Term], signs: dict[str, str]) -> Term:
        parts = [part()]
        while self._next in signs:
            parts += [Sign(signs[self._take()], spaced=True), part()]
        return _row(parts)

    def _product(self) -> Term:
        """product = unary (('*' | '/' | '@' | '%') unary)*"""
        found = self._unary()
        while (sign := self._next) in ("*", "/", "@", "%"):
            self._take()
            found = _joined(found, sign, self._unary())
        return found

    def _unary(self) -> Term:
        """unary = '-' unary | '+' unary | power"""
        if self._next in ("-", "+"):
            return _row([Sign(self._take()), self._unary()])
        return self._power()

    def _power(self) -> Term:
        """power = postfix ('**' unary)?"""
        base = self._postfix()
        if self._next != "**":
            return base
        self._take()
        return Power(base, _bare(self._unary()))

    def _postfix(self) -> Term:
        """postfix = '∂' postfix | atom ('[' items ']' | '.T')*"""
        if self._next == "∂":
            return Row((Sign(self._take()), self._postfix()))
        found = self._atom()
        while self._next in ("[", *TRANSPOSED):
            if self._take() == "[":
                found = Row((found, Fenced(self._items("]"), "[", "]")))
            else:
                found = Power(found, Word("T"))
        return found

    def _atom(self) -> Term:
        """atom = number | slot | text | name ('(' items ')')? | '(' items ')' | '[' items ']'"""
        token = self._take()
        if token[:1].isdecimal() or (token[:1] == "." and token[1:2].isdecimal()):
            return Number(token)
        if token[:1] == PLACE and token[1:]:
            return Slot(int(token[1:]))
        if token[:1] == '"':
            return Word(token)
        if token[:1].isidentifier():
            if self._next != "(":
                return CONSTANTS.get(token) or named(token)
            self._take()
            return _call(token, self._list(")"))
        match token:
            case "(":
                inside = self._items(")")
                return _truth(inside) or Fenced(inside)
            case "[":
                return _matrix(self._list("]"))
            case "…":
                return Sign(token)
        raise _UnreadableError

    def _items(self, end: str) -> Term:
        return listed(self._list(end))

    def _list(self, end: str) -> list[Term]:
        """items = (item (',' item)* ','?)?"""
        found: list[Term] = []
        while self._next != end:
            found.append(self._item())
            if self._next != ",":
                break
            self._take()
        self._expect(end)
        return found

    def _item(self) -> Term:
        """item = name '=' relation | relation | slice"""
        if self._tokens[self._at + 1 : self._at + 2] == ["="] and self._next.isidentifier():
            param = Word(self._take())
            self._take()
            return Row((param, Sign("="), self._relation()))
        parts: list[Term] = []
        while self._next not in (",", "]", ")"):
            parts.append(Sign(self._take()) if self._next == ":" else self._relation())
            if self._next not in (":", ",", "]", ")"):
                raise _UnreadableError
        return _row(parts)


def _row(parts: Iterable[Term]) -> Term:
    parts = tuple(parts)
    return parts[0] if len(parts) == 1 else Row(parts)


def _joined(left: Term, sign: str, right: Term) -> Term:
    """A product as it is written by hand: 2x, x·y, a fraction, A B."""
    left, right = (Fenced(term) if isinstance(term, Cases) else term for term in (left, right))
    if sign == "/":
        return Fraction(_bare(left), _bare(right))
    if sign == "%":
        return Row((left, Word(" mod "), right))
    if sign == "@":
        return Row((left, Sign(" "), right))
    if isinstance(left, Number) and "e" not in left.text and _begins_with_letter(right):
        return Row((left, right))
    return Row((left, Sign("·"), right))


def _begins_with_letter(term: Term) -> bool:
    match term:
        case Name() | Root():
            return True
        case Power(base):
            return _begins_with_letter(base)
        case Row((first, *_)):
            return isinstance(first, Word) or _begins_with_letter(first)
    return False


def _bare(term: Term) -> Term:
    """Without the parentheses that a fraction's line, or being raised, makes needless."""
    return term.inside if isinstance(term, Fenced) and term.left == "(" else term


def _call(function: str, arguments: list[Term]) -> Term:
    """A function of the table in its own notation, such as |x|; others as a call."""
    rows = FUNCTIONS.get(function)
    pattern = rows[0].written_by_hand if rows else ""
    left, _, right = pattern.partition("{0}")
    if left == "{" and len(arguments) == 3:
        return _cases(Row((Word(function), Fenced(listed(arguments)))), *arguments)
    inside = listed(_truth(argument) or argument for argument in arguments)
    if left == "√":
        return Root(inside)
    if right:
        return Fenced(inside, left, right)
    symbol = named(left) if left else Word(function)
    return Row((symbol, Fenced(inside)))


def _truth(term: Term) -> Term | None:
    """A comparison as a number, 1 or 0, in Iverson's brackets; None of another term."""
    compared = isinstance(term, Row) and any(
        isinstance(part, Sign) and part.spaced and part.text in RELATIONS.values()
        for part in term.parts
    )
    return Fenced(term, "[", "]") if compared else None


def _cases(written: Term, condition: Term, value: Term, rest: Term) -> Cases:
    """A choice between two values, the second of which may be a choice again."""
    more, end = (rest.rows, rest.rest) if isinstance(rest, Cases) else ((), rest)
    return Cases(((value, condition), *more), end, written)


def _matrix(items: list[Term]) -> Term:
    """A list of lists as a matrix; another list in brackets."""
    rows = [_entries(item) for item in items]
    lengths = {len(row) for row in rows if row is not None}
    if not rows or None in rows or len(lengths) != 1:
        return Fenced(listed(items), "[", "]")
    return Matrix(tuple(row for row in rows if row is not None))


def _entries(term: Term) -> tuple[Term, ...] | None:
    """The items of a list of no lists; None of anything else."""
    if not (isinstance(term, Fenced) and term.left == "["):
        return None
    inside = term.inside
    separator = Sign(",", spaced=True)
    if isinstance(inside, Row) and separator in inside.parts:
        return tuple(part for part in inside.parts if part != separator)
    return (inside,)
