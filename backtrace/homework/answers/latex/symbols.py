r"""Names in LaTeX: \hat{y} is yhat, x_{12} is x12, \mathrm{loss} is loss, wx are two or one."""

from __future__ import annotations

from backtrace.homework.answers.latex.commands import FONTS, MARKS, NAMES, WORDS
from backtrace.homework.answers.latex.cursor import Cursor
from backtrace.homework.answers.latex.pieces import Kind, Piece
from backtrace.names import normal

_SUBSCRIPT = "a subscript is letters and digits, as in x_1 or x_{ij}"


class Symbols(Cursor):
    """The rules for one name."""

    def name(self) -> Piece:
        """name = symbol ('_' subscript)?"""
        piece = self.symbol()
        return self.subscripted(piece) if self.texts[self.at] == "_" else piece

    def starts_name(self) -> bool:
        """Whether the next token begins a name."""
        text = self.texts[self.at]
        if text[:1] == "\\":
            return text[1:] in NAMES or text[1:] in MARKS or text[1:] in WORDS or text[1:] in FONTS
        return text[:1].isidentifier()

    def symbol(self) -> Piece:
        r"""symbol = letters | Greek | MARK (symbol | '{' name '}') | WORD '{' letters '}'"""
        first = self.at
        text = self.texts[first]
        if text[:1] != "\\" and text[:1].isidentifier():
            self.at += 1
            name = normal(text)
            return Piece(name, Kind.NAME if self.is_one(name) else Kind.WORD)
        command = text[1:]
        if command in NAMES:
            self.at += 1
            return Piece(NAMES[command], Kind.NAME)
        if command in MARKS:
            self.at += 1
            return self.marked(first, MARKS[command])
        if command in WORDS:
            self.at += 1
            return Piece(self.word(first), Kind.NAME)
        if command in FONTS:
            self.at += 1
            return self.inside(first)
        raise self.unexpected()

    def is_one(self, name: str) -> bool:
        """Whether letters are one name and no product: a letter with digits, or a known name."""
        return len(name) == 1 or name[1:].isdigit() or name in self.names

    def inside(self, first: int) -> Piece:
        """A name that a command is about: in braces, or the next character or command."""
        self.enter(first)
        opened = self.at
        if self.texts[opened] == "{":
            self.at += 1
            piece = self.name()
            self.close("}", opened)
        else:
            self.first_letter(first)
            piece = self.symbol()
            self.depth -= 1
        return piece

    def first_letter(self, command: int) -> None:
        """Refuse a run of letters after a command, of which LaTeX takes the first one."""
        text = self.texts[self.at]
        if text[:1] != "\\" and len(text) > 1:
            written = self.texts[command]
            message = f"LaTeX takes {text[0]} alone here: write {written}{{{text}}}"
            raise self.error(message, command, self.at)

    def marked(self, first: int, mark: str) -> Piece:
        r"""\hat{y} is yhat, and \hat{y_1} is yhat1, as \hat{y}_1 is."""
        self.enter(first)
        opened = self.at
        if self.texts[opened] == "{":
            self.at += 1
            name = self.symbol().text + mark
            piece = Piece(name, Kind.NAME)
            if self.texts[self.at] == "_":
                piece = self.subscripted(piece)
            self.close("}", opened)
            return piece
        self.first_letter(first)
        name = self.symbol().text + mark
        self.depth -= 1
        return Piece(name, Kind.NAME)

    def word(self, first: int) -> str:
        r"""The letters in \mathrm{…}, \text{…}, \operatorname{…}; or the one letter after it."""
        opened = self.at
        if self.texts[opened] != "{":
            self.first_letter(first)
            if not self.texts[opened][:1].isidentifier():
                raise self.error(f"{self.texts[first]} needs a name in braces", first, opened)
            self.at += 1
            return normal(self.texts[opened])
        self.at += 1
        while self.texts[self.at] not in ("}", ""):
            self.at += 1
        start, end = self.tokens.ends[opened], self.tokens.starts[self.at]
        name = normal(self.tokens.source[start:end].strip().replace("\\_", "_"))
        self.enter(opened)
        if self.texts[self.at] and not name.isidentifier():
            raise self.error(f"{self.texts[first]} is read around one name only", first, self.at)
        self.close("}", opened)
        return name

    def subscripted(self, base: Piece) -> Piece:
        """A name with its subscript: `x_1` where the problem has that name, otherwise `x1`."""
        first = self.at
        self.at += 1
        below = self.subscript(first)
        if self.texts[self.at] == "_":
            raise self.error("a name has one subscript, as in x_{12}")
        spelled = f"{base.text}_{below}"
        name = spelled if spelled in self.names else base.text + below
        kind = Kind.WORD if base.kind is Kind.WORD and name not in self.names else Kind.NAME
        return Piece(name, kind)

    def subscript(self, first: int) -> str:
        """subscript = '{' (letters | digits | Greek | WORD)+ '}' | one of these"""
        opened = self.at
        if self.texts[opened] != "{":
            return self.short_subscript(first)
        self.at += 1
        self.enter(opened)
        parts = []
        while self.texts[self.at] not in ("}", ""):
            parts.append(self.subscript_part())
        if not parts and self.texts[self.at]:
            raise self.error(_SUBSCRIPT, first, self.at)
        self.close("}", opened)
        return "".join(parts)

    def short_subscript(self, first: int) -> str:
        """The one character or command of a subscript without braces."""
        text = self.texts[self.at]
        if len(text) > 1 and text.isalnum() and self._before(first) + "_" + text not in self.names:
            raise self.error(
                f"LaTeX takes {text[0]} alone for the subscript: write _{{{text}}}, or a space",
                *(first, self.at),
            )
        return self.subscript_part()

    def _before(self, first: int) -> str:
        return normal(self.texts[first - 1]) if first else ""

    def subscript_part(self) -> str:
        """Letters or digits of a subscript."""
        text = self.texts[self.at]
        if text.isdecimal() and text.isascii():
            self.at += 1
            return text
        is_name = text[:1].isidentifier() or text[1:] in NAMES or text[1:] in WORDS
        if not is_name:
            raise self.error(_SUBSCRIPT) if text else self.unexpected()
        return self.symbol().text
