"""The words of a plot of a descent, and the colour of what they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from backtrace.errors import printable, shortened
from backtrace.render.text import number

if TYPE_CHECKING:
    from backtrace.descent.records import Descent

MOST_LINES = 3  # of the program, and of what is said
ACCENT = "#c44e00"  # the path, and where it went wrong: the same in both panels
PROGRAM, PROSE = "monospace", "sans-serif"  # DejaVu where they are drawn, which matplotlib has


def header_of(descent: Descent, columns: int) -> Iterator[tuple[str, str]]:
    """The program, and how it went: lines of text, each with its font."""
    program = [line.strip() for line in descent.task.graph.source.splitlines()]
    for lines, font in ((program, PROGRAM), ([_said(descent)], PROSE)):
        folded = [part for line in lines for part in _wrapped(line, columns)]
        if len(folded) > MOST_LINES:
            folded[MOST_LINES - 1 :] = [folded[MOST_LINES - 1][: columns - 2] + " …"]
        yield from ((line, font) for line in folded)


def _wrapped(line: str, columns: int) -> list[str]:
    """What an svg cannot have, or no font draws, is a space; a hyphen is a minus."""
    return wrap(printable(line, " "), columns, break_on_hyphens=False)


def _said(descent: Descent) -> str:
    """`adam, lr = 0.02: all 100 updates made, L = 0.5`."""
    settings, final = descent.task.settings, descent.final
    words = [settings.rule.name, f"lr = {number(settings.lr)}"]
    if not settings.schedule.is_constant:
        words.append(f"{settings.schedule.name} schedule")
    if descent.task.batches is not None:
        words.append(f"batches of {descent.task.batches.size:,}")
    if settings.ascend:
        words.append("going up")
    end = "" if descent.stopped == "diverged" else f", {loss_of(descent)} = {number(final.loss)}"
    return f"{', '.join(words)}: {descent.reason}{end}"


def output_of(descent: Descent) -> str:
    """What the output is called."""
    graph = descent.task.graph
    return shortened(graph.labels[graph.output])


def loss_of(descent: Descent) -> str:
    """What the loss of a state is called."""
    return output_of(descent) + ("" if descent.task.batches is None else " of the batch")


def end_of(descent: Descent) -> str:
    """What the last state is called."""
    if descent.stopped != "diverged":
        return "end"
    return "diverged" if descent.updates else "not finite"
