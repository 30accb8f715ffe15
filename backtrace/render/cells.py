"""Lines made of styled pieces, and the one renderable that a view makes of them.

A view is one `rich.text.Text`: never markup, so that `x[i] + [w]` prints as typed, and never
wrapped or cut by rich. `text.plain` is its twin without colours.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from rich.cells import cell_len, chop_cells
from rich.text import Text

from backtrace.render.matrices import block, matrix_end

Piece: TypeAlias = tuple[str, str]  # text and its style
Cell: TypeAlias = tuple[Piece, ...]

# One colour for each role, so that a number can be followed from where it arises to its use.
NAME, FORWARD, LOCAL, GRADIENT = "bold", "green", "cyan", "magenta"
DIM, GOOD, BAD, KINK = "dim", "green", "bold red", "yellow"
SIGNS = ("=", "+", "×", "⊙", "*")
BESIDE = 20  # cells of a line after which a matrix may begin that is too long for it
LONGEST_MATRIX = 100  # characters on one line where lines may be of any length
# What is kept together: a list of numbers or a row of a matrix, a shape, a norm, a word.
WORDS = re.compile(r"\[+[^\[\]]*\]+[,:]? ?|\(\d[\d, ]*\) ?|(?:‖·‖|norm) = [^ ]+ ?|[^ ]* |[^ ]+")


def width_of(cell: Cell) -> int:
    """The terminal cells it takes: East Asian wide characters take two, combining marks none."""
    return sum(len(text) if text.isascii() else cell_len(text) for text, _ in cell)


def widest(lines: Iterable[Cell]) -> int:
    """The width of the longest line, without the spaces at its end."""
    return max(width_of(trimmed(line)) for line in lines)


def text_of(cell: Cell) -> str:
    """A cell without its styles."""
    return "".join(text for text, _ in cell)


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


def hanging(text: str, style: str, width: int | None) -> Iterator[Cell]:
    """A line on as many as it needs, those after the first indented."""
    first, *others = folded(((text, style),), width and max(width - 2, 1))
    yield first
    yield from (((" " * 2, ""), *line) for line in others)


def folded_at_signs(cell: Cell, width: int | None, hang: int) -> list[Cell]:
    """The same for an equation of arrays: signs begin lines, which hang under the first.

    What follows a sign and is too long for a line hangs under itself. Of a matrix that is, each
    row has a line; without a width that of a long one.
    """
    if width is None and not any(map(_is_long_matrix, cell)):
        return [cell]
    if width is not None and width_of(cell) <= width:
        return [cell]
    longest = (width or sys.maxsize) - hang - len("= [")
    lines: list[Cell] = [()]
    after_rows = False
    for part in _parts(list(_words(cell, longest, matrices=True))):
        used = width_of(lines[-1])
        if used and (after_rows or not _goes_beside(part, used, width, hang)):
            lines.append(((" " * hang, ""),))
            used = hang
        inner = len("= [" if part[0][0].strip() in SIGNS else "[")
        first, *others = _with_blocks(part, None if width is None else width - used, inner)
        lines[-1] = (*lines[-1], *first)
        lines += [((" " * used, ""), *line) for line in others]
        after_rows = bool(others) and _has_matrix(part)
    return lines


def _goes_beside(part: Cell, used: int, width: int | None, hang: int) -> bool:
    """Whether it begins on a line of which so much is used: it fits there, or its rows do."""
    whole = width_of(trimmed(part))
    if width is None or used + whole <= width:
        return True
    if whole <= width - hang or used > BESIDE:
        return False
    return _has_matrix(part) and used + len("= ") + _widest_row(part) <= width


def _has_matrix(part: Cell) -> bool:
    return any(text.startswith("[[") for text, _ in part)


def _widest_row(part: Cell) -> int:
    """The cells of the longest row of its matrices."""
    matrices = (text[: matrix_end(text, 0)] for text, _ in part if text.startswith("[["))
    return max(len(row) for text in matrices for row in block(text))


def _is_long_matrix(piece: Piece) -> bool:
    """Whether even on a line of any length it is better read in rows."""
    return "[[" in piece[0] and len(piece[0]) > LONGEST_MATRIX


def _with_blocks(part: Cell, width: int | None, hang: int) -> list[Cell]:
    """The words of a part on lines of this width, the rows of a matrix under one another."""
    lines: list[Cell] = [()]
    for text, style in part:
        used, matrix = width_of(lines[-1]), text.startswith("[[")
        if width is None:
            fits, below = not _is_long_matrix((text, style)), False
        else:
            fits = text.isspace() or used + cell_len(text.rstrip(" ")) <= width
            long = used > hang and used + _widest_row(((text, style),)) > width if matrix else used
            below = not fits and bool(long)
        if below:
            used = max(hang - 1, 0) if matrix else hang
            lines.append(((" " * used, ""),))
        if fits or not matrix:
            lines[-1] = (*lines[-1], (text.lstrip(" ") if below else text, style))
            continue
        end = matrix_end(text, 0)
        first, *rows = block(text[:end], None if width is None else width - used)
        lines[-1] = (*lines[-1], (first, style))
        lines += [((" " * used, ""), (row, style)) for row in rows]
        lines[-1] = (*lines[-1], (text[end:], style))
    return lines


def _parts(words: list[Piece]) -> Iterator[Cell]:
    """The words from each sign on to the next; a formula is a whole."""
    starts = [k for k in range(1, len(words)) if _begins_part(words[k - 1], words[k])]
    for start, end in pairwise([0, *starts, len(words)]):
        yield tuple(words[start:end])


def _begins_part(before: Piece, word: Piece) -> bool:
    text, style = word
    if style == LOCAL and not text.startswith("["):
        return before[0] == ": " or before[0].endswith("; ")
    return text.strip() in SIGNS


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


def _words(cell: Cell, width: int, *, matrices: bool = False) -> Iterator[Piece]:
    """The words of a cell, each with the space after it; one that is too long in parts.

    With `matrices` these are words, however long.
    """
    for text, style in cell:
        for word in _with_matrices(text) if matrices else WORDS.findall(text):
            if cell_len(word.rstrip(" ")) <= width or (matrices and word.startswith("[[")):
                yield word, style
                continue
            for shorter in re.findall("[^ ]* |[^ ]+", word):
                whole = cell_len(shorter.rstrip(" ")) <= width
                for part in [shorter] if whole else chop_cells(shorter, width):
                    yield part, style


def _with_matrices(text: str) -> Iterator[str]:
    """The words of a text in which a matrix is one, with what follows it and with the space."""
    at = 0
    while (start := text.find("[[", at)) >= 0:
        yield from WORDS.findall(text[at:start])
        at = matrix_end(text, start)
        while at < len(text) and text[at] in ",;: ":
            at += 1
        yield text[start:at]
    yield from WORDS.findall(text[at:])
