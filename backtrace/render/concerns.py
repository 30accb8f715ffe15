"""What lint found, for the terminal: a place a line, and what to do under it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from backtrace.homework.courses.linting import Concern
from backtrace.render import PLAIN, Look
from backtrace.render.cells import BAD, KINK, NAME, Cell, assembled, folded
from backtrace.render.marks import harmless
from backtrace.render.text import glyphs_for

INDENT = 2


def concerns(found: Sequence[Concern], look: Look = PLAIN) -> Text:
    """Every concern; without any, that there are none."""
    glyphs = glyphs_for(look.ascii)
    if not found:
        return assembled([(("nothing to mend", ""),)])
    lines: list[Cell] = []
    room = None if look.width is None else max(look.width - INDENT, 1)
    for concern in found:
        kind = ("error", BAD) if concern.is_error else ("warning", KINK)
        lines.append(
            ((harmless(concern.place, glyphs), NAME), (": ", ""), kind, (f" {concern.code}", ""))
        )
        for text in concern.text.split("\n"):
            shown = folded(((harmless(text, glyphs), ""),), room)
            lines.extend(((" " * INDENT, ""), *line) for line in shown)
    return assembled(lines)
