"""How text that was not literal was understood: `2wx` is echoed as `2*w*x`."""

from __future__ import annotations

from backtrace.names import normal
from backtrace.reading.tokens import Tokens, starts_name

MOST = 5  # a long program is not echoed whole
LONGEST = 400


class Readings:
    """Collects what was rewritten, and words it statement by statement."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.texts: list[str] = []
        self._rewritten: dict[int, str] = {}
        self._times: set[int] = set()
        self._grouped: list[str] = []

    def rewrite(self, first: int, text: str, last: int | None = None) -> None:
        """Tokens `first` to `last` (by default that one) were read as `text`."""
        self._rewritten[first] = text
        for token in range(first + 1, 1 + (last or first)):
            self._rewritten[token] = ""

    def call(self, first: int, function: str, last: int) -> None:
        """The sign of token `first` was read as a function of what ends with token `last`: √x."""
        bare = self.tokens.texts[first + 1] != "("
        self._rewritten[first] = f"{function}(" if bare else function
        if bare:
            self._rewritten[last] = self._rewritten.get(last, self.tokens.texts[last]) + ")"

    def move_exponent(self, tokens: tuple[int, int, int, int], exponent: str) -> None:
        """cos^2(x) was read as cos(x)**2: the tokens cos, ^, 2 and ) are given."""
        _, sign, last, closing = tokens
        self.rewrite(sign, "", last)
        self.rewrite(closing, f")**{exponent}")

    def group(self, first: int, last: int) -> None:
        """Tokens `first` to `last` were read as one."""
        texts = self.tokens.texts
        self._rewritten[first] = "(" + self._rewritten.get(first, texts[first])
        self._rewritten[last] = self._rewritten.get(last, texts[last]) + ")"

    def times(self, token: int) -> None:
        """A product sign was understood before `token`."""
        self._times.add(token)

    def left_to_right(self, first: int, place: int, last: int) -> None:
        """In `1/2x` the product binds like `*`: say so."""
        left, right = self._text(first, place - 1), self._text(place, last)
        self._grouped.append(f"({left})*{right}")

    def statement(self, first: int, last: int) -> None:
        """Echo the statement of tokens `first` to `last` if anything in it was rewritten."""
        if self._rewritten or self._times:
            grouped = f", that is {', '.join(self._grouped)}" if self._grouped else ""
            note = f"read as {self._text(first, last)}{grouped}"
            if len(self.texts) < MOST and len(note) < LONGEST:
                self.texts.append(note)
            self._rewritten.clear()
            self._times.clear()
            self._grouped.clear()

    def _text(self, first: int, last: int) -> str:
        tokens = self.tokens
        pieces = []
        for k in range(first, last + 1):
            gap = tokens.source[tokens.ends[k - 1] : tokens.starts[k]] if k > first else ""
            gap = gap if gap.isprintable() else " "  # a new line, or a comment and what is in it
            pieces.append("*" if k in self._times and k > first else gap)
            text = tokens.texts[k]
            pieces.append(self._rewritten.get(k, normal(text) if starts_name(text) else text))
        return "".join(pieces)
