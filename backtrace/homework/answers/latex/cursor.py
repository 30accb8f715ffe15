r"""Where the reader stands in its tokens, and how it refuses."""

from __future__ import annotations

from collections.abc import Container

from backtrace.errors import ReadError
from backtrace.homework.answers.latex.commands import refused
from backtrace.homework.answers.latex.tokens import Tokens
from backtrace.reading.advice import TOO_DEEP

DEEPEST = 100


class Cursor:
    """One reading of some tokens; `at` is the one that comes next."""

    def __init__(self, tokens: Tokens, names: Container[str]) -> None:
        self.tokens = tokens
        self.texts = tokens.texts
        self.names = names
        self.at = 0
        self.depth = 0

    def enter(self, opened: int) -> None:
        """Count a level; refuse the one too many."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(TOO_DEEP.format(DEEPEST), opened)

    def close(self, closing: str, opened: int) -> None:
        """The bracket that ends what token `opened` began."""
        text = self.texts[self.at]
        if text != closing:
            written = self.tokens.source[self.tokens.starts[opened] : self.tokens.ends[opened]]
            if not text:
                raise self.error(f"this {written} is never closed", opened)
            raise self.error(f"{written} is closed by {closing} first")
        self.at += 1
        self.depth -= 1

    def unexpected(self) -> ReadError:
        """The error for a token that cannot stand here."""
        return self.error(refused(self.texts[self.at]))

    def error(self, message: str, first: int | None = None, last: int | None = None) -> ReadError:
        """An error at a token, by default the next one, or at all from `first` to `last`."""
        return self.tokens.error(message, self.at if first is None else first, last)
