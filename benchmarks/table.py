"""The table of ratios, as text for the screen and as Markdown for the README."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Ratio

HEADS = ("what", "backtrace", "against", "takes", "ratio", "rounds", "at most", "")
UNITS = {
    "s": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)),
    "B": (("MB", 1e6), ("KB", 1e3), ("B", 1.0)),
}
WITHOUT_ROUNDS = {"s": "minima", "B": "counted"}
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"


def text(lines: Sequence[Ratio]) -> str:
    """Aligned columns."""
    rows = [HEADS, *map(_cells, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return "\n".join(line.rstrip() for line in (*shown, "", conditions()))


def markdown(lines: Sequence[Ratio]) -> str:
    """A table in Markdown, and what it was measured with."""
    rows = [HEADS[:-1], ("---",) * (len(HEADS) - 1), *(_cells(line)[:-1] for line in lines)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", conditions()])


def into_readme(lines: Sequence[Ratio], readme: Path) -> None:
    """Put the Markdown between the marks of the README. Raises ValueError where they are not."""
    content = readme.read_text(encoding="utf-8")
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the README has no {BEGIN} … {END}")
    readme.write_text(f"{before}{BEGIN}\n{markdown(lines)}\n{END}{after}", encoding="utf-8")


def conditions() -> str:
    """What the numbers were measured with."""
    peers = ", ".join(f"{name} {version(name)}" for name in ("torch", "autograd", "numpy", "sympy"))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    python = f"Python {platform.python_version()}"
    return f"Medians of rounds side by side, {date.today()}: {python}, {peers}, {machine}."


def _cells(line: Ratio) -> tuple[str, ...]:
    low, high = (min(line.rounds), max(line.rounds)) if line.rounds else (line.ratio, line.ratio)
    spread = f"{low:.2f}–{high:.2f}" if line.rounds else WITHOUT_ROUNDS[line.unit]
    numbers = f"{line.ratio:.2f}", spread, f"{line.target:g}", "met" if line.met else "MISSED"
    ours, theirs = _amount(line.ours, line.unit), _amount(line.theirs, line.unit)
    return line.what, ours, line.peer, theirs, *numbers


def _amount(amount: float, unit: str) -> str:
    """A time or a size in the largest unit of which it is one or more."""
    *units, (name, size) = UNITS[unit]
    name, size = next(((n, s) for n, s in units if amount >= s), (name, size))
    return f"{amount / size:.3g} {name}"
