"""What stands above and below the equations in a file: the program, the gradients, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backtrace.records import Trace
from backtrace.render import Look
from backtrace.render.notices import told
from backtrace.render.phrases import Phrases

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

MOST_LINES = 60  # of a program
LONGEST_LINE = 2_000  # characters of it
MOST_ROWS = 50  # gradients
MOST_NOTES = 20


class GradientRow(NamedTuple):
    """One gradient as text; `torch` and `verdict` are empty where nothing was compared.

    `is_same` says of an array that torch's is the same, entry by entry.
    """

    name: str
    value: str
    gradient: str
    torch: str
    verdict: str
    is_same: bool


def gradient_rows(trace: Trace, check: Check, look: Look) -> list[GradientRow]:
    """The gradients asked for, with torch's and what the check says of each."""
    say = Phrases(trace, look)
    verdicts = {found.index: found.verdict for found in check.nodes}
    rows = []
    for name in trace.wrt[:MOST_ROWS]:
        index = trace.graph.asked(name)
        value = trace.variables[name] if index is None else trace.values[index]
        verdict = "" if index is None else verdicts.get(index, "")
        ours, theirs = trace.gradient(name), check.gradients.get(name)
        torch = "" if theirs is None else say.text(theirs)
        is_same = bool(np.ndim(ours)) and verdict == "agrees"
        numbers = (say.text(value), say.text(ours), torch)
        rows.append(GradientRow(name, *numbers, verdict, is_same))
    return rows


def program_lines(trace: Trace) -> list[str]:
    """The program as it was typed, a long one cut."""
    lines = trace.graph.source.splitlines() or [""]
    cut = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines]
    return cut if len(cut) <= MOST_LINES else [*cut[:MOST_LINES], "…"]


def notes(trace: Trace, check: Check) -> list[str]:
    """What else there is to know, the reason that the verdict has given left out."""
    texts = told(trace, check)
    more = len(texts) - MOST_NOTES
    return texts if more <= 0 else [*texts[:MOST_NOTES], f"and {more:,} more notes"]


def said_of(check: Check) -> str:
    """The status in a word and the summary, which may begin with it."""
    if check.summary.startswith(check.status.replace("-", " ")):
        return check.summary
    return f"{check.status}: {check.summary}"
