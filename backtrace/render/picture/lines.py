"""Lines of text as a picture has them: pieces in one style, measured in the font of the package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from backtrace.render.notation import typeset
from backtrace.render.notation.runs import runs
from backtrace.render.picture.metrics import advance

Role: TypeAlias = Literal["ink", "value", "local", "gradient", "quiet", "kink", "bad"]
Kind: TypeAlias = Literal["name", "value", "local", "gradient", "sum", "note", "caption", "legend"]

SIZES: dict[Kind, float] = {
    "name": 13,
    "value": 12,
    "local": 11,
    "gradient": 11,
    "sum": 11,
    "note": 10,
    "caption": 12,
    "legend": 11,
}
LEADING = 1.3  # the height of a line, in sizes of its letters
RAISED = 0.72  # the size of what is raised or lowered
SHIFTS = {1: 0.36, 0: 0.0, -1: -0.18}  # how far above the line that stands
LONGEST_FORMULA = 60  # characters
LONG_NAME = re.compile(r"\w{25,}")
TOKENS = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style. `key` names a number that can change; then `widest` is kept room for."""

    text: str
    role: Role = "ink"
    italic: bool = False
    level: int = 0
    key: str = ""
    widest: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces one after another."""

    kind: Kind
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> float:
        """The size of its letters."""
        return SIZES[self.kind]

    @property
    def height(self) -> float:
        """From this line to the next."""
        return self.size * LEADING

    @property
    def text(self) -> str:
        """The line without styles."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def width(self) -> float:
        """The room it takes, that for longer numbers included."""
        return sum(
            max(extents(p, p.text, self.size), extents(p, p.widest, self.size)) for p in self.pieces
        )


def extents(piece: Piece, text: str, size: float) -> float:
    """The width of a text in the style of a piece."""
    return advance(text, italic=piece.italic) * size * (RAISED if piece.level else 1)


def clipped(text: str, most: int = LONGEST_FORMULA) -> str:
    """A text, or of a long one the beginning."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _short_names(text: str) -> str:
    """With the beginning of very long names, so that what stands after these is seen."""
    return LONG_NAME.sub(lambda found: clipped(found[0], 24), text)


def written(text: str, role: Role = "ink") -> tuple[Piece, ...]:
    """A text as it is; of a long one the beginning."""
    return (Piece(clipped(_short_names(text)), role),)


def formula(text: str, role: Role = "ink") -> tuple[Piece, ...]:
    """A text in the language as mathematics; of a long one the beginning."""
    text = _short_names(text)
    if len(text) > LONGEST_FORMULA:
        return written(text, role)
    return tuple(Piece(run.text, role, run.italic, run.level) for run in runs(typeset(text)))


def broken(line: Line, width: float) -> Iterator[Line]:
    """A line as several where it is too wide, broken at spaces; a number stays whole."""
    if line.width <= width:
        yield line
        return
    rows: list[list[Piece]] = [[]]
    for token in _tokens(line.pieces):
        whole = Line(line.kind, (*rows[-1], token)).width
        if rows[-1] and token.text[:1].isspace() and whole > width:
            rows.append([replace(token, text=token.text.lstrip())])
        else:
            rows[-1].append(token)
    yield from (Line(line.kind, tuple(joined(row))) for row in rows)


def _tokens(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The words, each with the space before it."""
    for piece in pieces:
        texts = [piece.text] if piece.key else TOKENS.findall(piece.text)
        yield from (replace(piece, text=text) for text in texts)


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one style as one piece; a number that can change stays by itself."""
    last: Piece | None = None
    for piece in pieces:
        if last is not None and not (piece.key or last.key) and _same_style(last, piece):
            last = replace(last, text=last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _same_style(one: Piece, other: Piece) -> bool:
    return (one.role, one.italic, one.level) == (other.role, other.italic, other.level)
