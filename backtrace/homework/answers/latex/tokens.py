r"""LaTeX to tokens, without what is not seen: spaces, dollar signs, the sizes of brackets."""

from __future__ import annotations

import re

from backtrace.errors import ReadError, Span
from backtrace.homework.answers.latex.commands import LEFTS, RIGHTS, SIZES, SPACES
from backtrace.reading.tokens import ASCII_FORMS, FRACTIONS, SUPERSCRIPTS, TRANSPOSED

LONGEST = 10_000  # characters; nobody writes a longer formula by hand
_MORE = rf"[^\W_{SUPERSCRIPTS}{FRACTIONS}{TRANSPOSED}]*"
_LETTER = rf"[^\W\d_{SUPERSCRIPTS}{FRACTIONS}{TRANSPOSED}]"
_TOKEN = re.compile(
    rf"""\\operatorname\* | \\[A-Za-z]+ | \\. | \\              # a command
    | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?           # a number
    | {_LETTER}{_MORE}(?:[\u0300-\u036f]+{_MORE})*               # a run of letters
    | [<>=!]= | \*\* | \$\$ | [{SUPERSCRIPTS}]+
    | [\s\ufeff\u200b~]+
    | .""",
    re.VERBOSE | re.DOTALL,
)
_SPELLED = {
    **{sign: form for sign, form in ASCII_FORMS.items() if sign not in ("^", "^=")},
    "∂": r"\partial",
    "∇": r"\nabla",
    "√": r"\sqrt",
    "‖": r"\|",
    "\\lbrace": "\\{",
    "\\rbrace": "\\}",
    "\\lbrack": "[",
    "\\rbrack": "]",
}
_SIDES = {
    **{f"\\{name}": {"|": r"\lvert", r"\|": r"\lVert", r"\vert": r"\lvert"} for name in LEFTS},
    **{f"\\{name}": {"|": r"\rvert", r"\|": r"\rVert", r"\vert": r"\rvert"} for name in RIGHTS},
    **{f"\\{name}": {} for name in SIZES},
}
_SIZED = frozenset("()[]|/") | {
    *(r"\{", r"\}", r"\|", r"\vert", r"\lvert", r"\rvert", r"\lVert", r"\rVert", r"\Vert")
}
_UNSEEN = frozenset(f"\\{name}" for name in SPACES)
_OPENING, _CLOSING = frozenset({"(", "[", "{", r"\{"}), frozenset({")", "]", "}", r"\}"})
_DOLLARS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}


class Tokens:
    """`texts[k]` at columns `starts[k]` to `ends[k]` of `source`; the last one is empty."""

    __slots__ = ("ends", "source", "starts", "texts")

    def __init__(self, source: str) -> None:
        if len(source) > LONGEST:
            raise ReadError(f"a formula in LaTeX has at most {LONGEST:,} characters")
        self.source = source
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._fill()
        self._mark_end(len(source))

    def _fill(self) -> None:
        """Every token that is seen, a bracket together with its size."""
        sized = opened = ""
        place = Span(0, 0)
        for match in _TOKEN.finditer(self.source):
            text = _SPELLED.get(match[0], match[0])
            if text in _UNSEEN or text[0].isspace() or text[0] in "~\ufeff\u200b":
                continue
            if text in _DOLLARS or text in _DOLLARS.values():
                place = Span(*match.span())
                opened = self._dollar(text, opened, place)
            elif sized:
                self._size(sized, text, match.end())
                sized = ""
            else:
                self.texts.append(text)
                self.starts.append(match.start())
                self.ends.append(match.end())
                sized = text if text in _SIDES else ""
        if sized:
            self._size(sized, "", len(self.source))
        if opened:
            raise ReadError(f"this {opened} is never closed", self.source, place)

    def _size(self, sized: str, text: str, end: int) -> None:
        r"""Put a bracket in the place of the `\left` before it; a bar with the side it is of."""
        if text not in _SIZED:
            message = f"{sized} stands before a bracket that is seen, as in {sized}("
            raise ReadError(message, self.source, Span(self.starts[-1], end))
        self.texts[-1] = _SIDES[sized].get(text, text)
        self.ends[-1] = end

    def _dollar(self, text: str, opened: str, place: Span) -> str:
        """What is open after a sign that begins or ends a formula."""
        if not opened and text in _DOLLARS:
            return text
        if opened and text == _DOLLARS[opened]:
            return ""
        closes = f"{opened} is closed by {_DOLLARS[opened]}" if opened else f"{text} closes nothing"
        raise ReadError(closes, self.source, place)

    def _mark_end(self, place: int) -> None:
        self.texts.append("")
        self.starts.append(place)
        self.ends.append(place)

    def part(self, first: int, end: int | None = None) -> Tokens:
        """Tokens `first` up to `end` alone, with their places in the whole text."""
        part = object.__new__(Tokens)
        part.source = self.source
        end = len(self.texts) - 1 if end is None else end
        part.texts, part.starts = self.texts[first:end], self.starts[first:end]
        part.ends = self.ends[first:end]
        part._mark_end(self.starts[end])
        return part

    def equality(self) -> int | None:
        """The first `=` that stands outside all brackets."""
        depth = 0
        for k, text in enumerate(self.texts):
            if text == "=" and depth <= 0:
                return k
            depth += (text in _OPENING) - (text in _CLOSING)
        return None

    def take_first(self, k: int) -> str:
        """The first character of token `k`, which is left with the rest of it."""
        text = self.texts[k]
        self.texts[k] = text[1:]
        self.starts[k] += 1
        return text[0]

    def error(self, message: str, first: int, last: int | None = None) -> ReadError:
        """An error at a token, or at all from `first` to `last`."""
        end = self.ends[first if last is None else last]
        return ReadError(message, self.source, Span(self.starts[first], end))
