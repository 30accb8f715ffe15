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
    peers = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "sympy"))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    python = f"Python {platform.python_version()}"
    return f"Medians of rounds side by side, {date.today()}: {python}, {peers}, {machine}."


def _cells(line: Ratio) -> tuple[str, ...]:
    low, high = (min(line.rounds), max(line.rounds)) if line.rounds else (line.ratio, line.ratio)
    spread = f"{low:.2f}–{high:.2f}" if line.rounds else "minima"
    numbers = f"{line.ratio:.2f}", spread, f"{line.target:g}", "met" if line.met else "MISSED"
    return line.what, _time(line.ours), line.peer, _time(line.theirs), *numbers


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
