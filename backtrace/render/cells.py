"""Lines made of styled pieces, and the one renderable that a view makes of them.

A view is one `rich.text.Text`: never markup, so that `x[i] + [w]` prints as typed, and never
wrapped or cut by rich. `text.plain` is its twin without colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from rich.cells import cell_len, chop_cells
from rich.text import Text

Piece: TypeAlias = tuple[str, str]  # text and its style
Cell: TypeAlias = tuple[Piece, ...]

# One colour for each role, so that a number can be followed from where it arises to its use.
NAME, FORWARD, LOCAL, GRADIENT = "bold", "green", "cyan", "magenta"
DIM, GOOD, BAD, KINK = "dim", "green", "bold red", "yellow"
SIGNS = ("=", "+", "×", "⊙", "*")
# What is kept together: a list of numbers or a row of a matrix, a shape, a norm, a word.
WORDS = re.compile(r"\[+[^\[\]]*\]+[,:]? ?|\(\d[\d, ]*\) ?|(?:‖·‖|norm) = [^ ]+ ?|[^ ]* |[^ ]+")


def width_of(cell: Cell) -> int:
    """The terminal cells it takes: East Asian wide characters take two, combining marks none."""
    return sum(len(text) if text.isascii() else cell_len(text) for text, _ in cell)


def padded(cell: Cell, width: int, *, right: bool = False) -> Cell:
    """The cell brought to this width with spaces after it, or before it."""
    space = (" " * (width - width_of(cell)), "")
    return (space, *cell) if right else (*cell, space)


def columns(rows: Iterable[Sequence[Cell]], right: Iterable[int] = (), gap: int = 3) -> list[Cell]:
    """Rows of cells as lines with aligned columns; those of `right` are flush right."""
    rows = [list(row) for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    flush = set(right)
    lines = []
    for row in rows:
        line: list[Piece] = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            line += padded(cell, width, right=place in flush)
            line.append((" " * gap, ""))
        lines.append(tuple(line))
    return lines


def assembled(lines: Iterable[Cell]) -> Text:
    """Lines as one renderable, without spaces at their ends."""
    result = Text(no_wrap=True, overflow="ignore", end="")
    for line in lines:
        for text, style in trimmed(line):
            result.append(text, style)
        result.append("\n")
    result.right_crop(1)
    result.end = "\n"
    return result


def trimmed(cell: Cell) -> Cell:
    """The cell without spaces at its end."""
    pieces = [piece for piece in cell if piece[0]]
    while pieces and not pieces[-1][0].rstrip(" "):
        pieces.pop()
    if pieces:
        text, style = pieces[-1]
        pieces[-1] = text.rstrip(" "), style
    return tuple(pieces)


def folded(cell: Cell, width: int | None) -> list[Cell]:
    """The cell on as many lines as it needs, broken at spaces where that is possible.

    Without a width it stays on one line.
    """
    if width is None or width_of(cell) <= width:
        return [cell]
    return _in_lines(_words(cell, width), width)


def folded_at_signs(cell: Cell, width: int | None, hang: int) -> list[Cell]:
    """The same for an equation of arrays: signs begin lines, which hang under the first.

    What follows a sign and is too long for a line hangs under itself, a matrix under its first
    row.
    """
    if width is None or width_of(cell) <= width:
        return [cell]
    inner = len("= [")
    lines: list[Cell] = [()]
    for part in _parts(list(_words(cell, width - hang - inner))):
        if lines[-1] and width_of(lines[-1]) + width_of(trimmed(part)) > width:
            lines.append(((" " * hang, ""),))
        first, *others = _in_lines(part, width - hang if lines[-1] else width, inner)
        lines[-1] = (*lines[-1], *first)
        lines += [((" " * (hang + inner), ""), *line) for line in others]
    return lines


def _parts(words: list[Piece]) -> Iterator[Cell]:
    """The words from each sign on to the next."""
    starts = [k for k, (text, _) in enumerate(words) if text.strip() in SIGNS and k]
    for start, end in pairwise([0, *starts, len(words)]):
        yield tuple(words[start:end])


def _in_lines(words: Iterable[Piece], width: int, hang: int = 0) -> list[Cell]:
    """The words on lines of this width; those after the first are narrower by `hang`."""
    lines: list[Cell] = []
    line: list[Piece] = []
    used = 0
    for word, style in words:
        text = word
        long_row = "]" not in word and line and line[-1][0].endswith("], ")
        if used and (long_row or used + cell_len(word.rstrip(" ")) > width):
            lines.append(tuple(line))
            line, used, width, hang = [], 0, width - hang, 0
        if lines and not line:
            text = text.lstrip(" ")
        if text:
            line.append((text, style))
            used += cell_len(text)
    return [*lines, tuple(line)]


def _words(cell: Cell, width: int) -> Iterator[Piece]:
    """The words of a cell, each with the space after it; one that is too long in parts."""
    for text, style in cell:
        for word in WORDS.findall(text):
            if cell_len(word.rstrip(" ")) <= width:
                yield word, style
                continue
            for shorter in re.findall("[^ ]* |[^ ]+", word):
                whole = cell_len(shorter.rstrip(" ")) <= width
                for part in [shorter] if whole else chop_cells(shorter, width):
                    yield part, style
