"""The marks of answers, and their texts cut and made harmless for a terminal."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from backtrace.errors import printable
from backtrace.homework.reports.wording import SIGNS, excerpt
from backtrace.homework.verdicts import State
from backtrace.render.cells import BAD, DIM, GOOD, KINK, LOCAL, Piece
from backtrace.render.text import Glyphs

STYLES: dict[State, str] = {
    "correct": GOOD,
    "follow-through": LOCAL,
    "precision": KINK,
    "wrong": BAD,
    "missing": BAD,
    "unreadable": BAD,
    "undecided": KINK,
    "skipped": DIM,
}
# Those that ASCII has in another form than the glyphs of every view.
IN_ASCII: dict[State, str] = {
    "follow-through": "->",
    "precision": "~",
    "missing": "_",
    "skipped": "-",
}


def mark(state: State, glyphs: Glyphs) -> Piece:
    """The mark of a state in its colour: `✓`."""
    own = IN_ASCII.get(state, "") if glyphs.dots.isascii() else ""
    return own or glyphs.clean(SIGNS[state]), STYLES[state]


def harmless(text: str, glyphs: Glyphs) -> str:
    """What somebody wrote, on one line and in this set of characters, but not without end."""
    return glyphs.clean(printable(excerpt(text).replace("\n", " ")))


def cut(text: str, width: int, glyphs: Glyphs) -> str:
    """The text in so many cells at most; of a longer one beginning and end, with … between."""
    if cell_len(text) <= width:
        return text
    if width <= len(glyphs.dots):
        return glyphs.dots[: max(width, 0)]
    room = width - len(glyphs.dots)
    before, after = room - room // 2, room // 2
    # half of a wide character is a space
    first = set_cell_size(text[:before], before)
    last = set_cell_size(text[::-1][:after], after)[::-1]
    return f"{first}{glyphs.dots}{last}"
