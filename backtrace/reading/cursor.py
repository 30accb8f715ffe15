"""Where the parser stands in its tokens, and what it says when it cannot go on."""

from __future__ import annotations

from collections.abc import Callable, Container

from backtrace.errors import ReadError
from backtrace.names import LONGEST, normal
from backtrace.reading import advice
from backtrace.reading.building import Builder
from backtrace.reading.readings import Readings
from backtrace.reading.tokens import Tokens

DEEPEST = 100
ENDS = frozenset({"\n", ";", ""})
OPENING, CLOSING = frozenset("(["), frozenset(")]")


class Cursor:
    """One reading of one text; `at` is the token that comes next."""

    def __init__(self, source: str, bound: Container[str] | None) -> None:
        self.source = source
        self.tokens = Tokens(source)
        self.texts = self.tokens.texts
        self.at = 0
        self.depth = 0
        self.builder = Builder(bound)
        self.readings = Readings(self.tokens)

    def name_at(self, token: int) -> str:
        """The name of a token, as the field spells it."""
        text = self.texts[token]
        if len(text) > LONGEST:
            raise self.error(advice.LONG_NAME.format(LONGEST), token)
        return text if text.isascii() else normal(text)

    def nested(self, parse: Callable[[], int], opened: int) -> int:
        """What `parse` reads, one level deeper."""
        self.enter(opened)
        index = parse()
        self.depth -= 1
        return index

    def enter(self, opened: int) -> None:
        """Count a level; refuse the one too many."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(advice.TOO_DEEP.format(DEEPEST), opened)

    def close(self, opened: int, closing: str = ")") -> None:
        """')', or ']'"""
        text = self.texts[self.at]
        if text in ENDS:
            kind = "parenthesis" if closing == ")" else "bracket"
            raise self.error(advice.NEVER_CLOSED.format(kind), opened)
        if text != closing:
            raise self.unexpected()
        self.at += 1
        self.depth -= 1

    def unexpected(self) -> ReadError:
        """The error for a token that cannot stand here."""
        before = self.texts[self.at - 1] if self.at else ""
        return self.error(advice.unexpected(self.texts[self.at], before))

    def error(self, message: str, token: int | None = None) -> ReadError:
        """An error at a token, by default the next one."""
        token = self.at if token is None else token
        return ReadError(message, self.source, self.tokens.span(token, token))
