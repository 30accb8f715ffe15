"""Lines made of styled pieces, and the one renderable that a view makes of them.

A view is one `rich.text.Text`: never markup, so that `x[i] + [w]` prints as typed, and never
wrapped or cut by rich. `text.plain` is its twin without colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from rich.cells import cell_len, chop_cells
from rich.text import Text

Piece: TypeAlias = tuple[str, str]  # text and its style
Cell: TypeAlias = tuple[Piece, ...]

# One colour for each role, so that a number can be followed from where it arises to its use.
NAME, FORWARD, LOCAL, GRADIENT = "bold", "green", "cyan", "magenta"
DIM, GOOD, BAD, KINK = "dim", "green", "bold red", "yellow"


def width_of(cell: Cell) -> int:
    """The terminal cells it takes: East Asian wide characters take two, combining marks none."""
    return sum(cell_len(text) for text, _ in cell)


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
        pieces = [piece for piece in line if piece[0]]
        while pieces and not pieces[-1][0].rstrip(" "):
            pieces.pop()
        for text, style in pieces[:-1]:
            result.append(text, style)
        if pieces:
            text, style = pieces[-1]
            result.append(text.rstrip(" "), style)
        result.append("\n")
    result.right_crop(1)
    result.end = "\n"
    return result


def folded(cell: Cell, width: int | None) -> list[Cell]:
    """The cell on as many lines as it needs, broken at spaces where that is possible.

    Without a width it stays on one line.
    """
    if width is None or width_of(cell) <= width:
        return [cell]
    lines: list[Cell] = []
    line: list[Piece] = []
    used = 0
    for word, style in _words(cell, width):
        text = word
        if used and used + cell_len(word.rstrip(" ")) > width:
            lines.append(tuple(line))
            line, used, text = [], 0, word.lstrip(" ")
        line.append((text, style))
        used += cell_len(text)
    return [*lines, tuple(line)]


def _words(cell: Cell, width: int) -> Iterator[Piece]:
    """The words of a cell, each with the space after it; one that is too long in parts."""
    for text, style in cell:
        for word in re.findall("[^ ]* |[^ ]+", text):
            whole = cell_len(word.rstrip(" ")) <= width
            for part in [word] if whole else chop_cells(word, width):
                yield part, style
