"""A descent on the terminal: the rule, its first update in numbers, the steps, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from rich.text import Text

from backtrace.descent.records import Descent, Step
from backtrace.ops.rows import Value
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import NORM_ALONE, Room, entries, glance, norm
from backtrace.render.cells import (
    BAD,
    DIM,
    FORWARD,
    GRADIENT,
    KINK,
    Cell,
    assembled,
    columns,
    folded,
    hanging,
    widest,
)
from backtrace.render.descents.notation import Writer, writer
from backtrace.render.descents.updates import MOST_PARAMETERS, first_update, rule_line
from backtrace.render.sparkline import sparkline
from backtrace.render.text import glyphs_for, number

SHORT = 12  # updates of a descent that is shown whole
MOST_COLUMNS = 12  # parameters that have columns of their own
BARS = 60
# What arrays are folded to, values and gradients; None: no column.
ROOMS: tuple[tuple[Room | None, Room | None], ...] = (
    (Room(40, 24), Room(40, 24)),
    (Room(24, 12), Room(24, 12)),
    (NORM_ALONE, NORM_ALONE),
    (Room(24, 12), None),
    (NORM_ALONE, None),
    (None, None),
)


def descent(found: Descent, look: Look = PLAIN) -> Text:
    """The whole view without the check: `look.full` shows every step."""
    lines: list[Cell] = []
    for cell in (rule_line(found, look), *first_update(found, look)):
        lines += folded(cell, look.width)
    lines += [(), *_table(found, look), (), *_curve(found, look), *_end(found, look)]
    return assembled(lines)


def rows(updates: int, *, full: bool = False) -> list[int]:
    """The states that are shown: the first, the last, and those after 1, 10, 100, … updates."""
    if full or updates <= SHORT:
        return list(range(updates + 1))
    powers = [10**k for k in range(len(str(updates)))]
    return sorted({0, *powers, updates})


def _table(found: Descent, look: Look) -> list[Cell]:
    """The steps in the widest columns that fit."""
    steps = [found.state(k) for k in rows(found.updates, full=look.full)]
    lines: list[Cell] = []
    for (values, gradients), gap in product(ROOMS, (3, 2)):
        if len(found.wrt) > MOST_COLUMNS and values is not None:
            continue
        lines = _columns(found, steps, look, (values, gradients), gap)
        if look.width is None or widest(lines) <= look.width:
            break
    if values is None or gradients is None:
        what = "parameters and gradients" if values is None else "gradients"
        said = f"the {what} of every step: --json, --jsonl or --csv"
        lines += folded(((said, DIM),), look.width)
    return lines


def _columns(
    found: Descent,
    steps: Sequence[Step],
    look: Look,
    rooms: tuple[Room | None, Room | None],
    gap: int,
) -> list[Cell]:
    """The steps as aligned lines under their titles."""
    write = writer(found, look)
    table = [_head(write, step) for step in steps]
    titles = list(table[0])
    rows = [list(row.values()) for row in table]
    for kind, room in zip(("values", "gradients"), rooms, strict=True):
        if room is not None:
            titles += [_title(write, name, kind) for name in found.wrt]
            style = FORWARD if kind == "values" else GRADIENT
            for row, step in zip(rows, steps, strict=True):
                by_name = getattr(step, kind)
                row += [_cell(by_name[name], look, room, write, style) for name in found.wrt]
    return columns([[((t, DIM),) for t in titles], *rows], range(len(titles)), gap)


def _head(write: Writer, step: Step) -> dict[str, Cell]:
    """What stands in a row before the parameters, by the title of its column."""
    row: dict[str, Cell] = {"step": ((f"{step.index:,}", ""),)}
    if step.epoch is not None:
        row["epoch"] = ((f"{step.epoch:,}", DIM),)
    if not step.task.settings.schedule.is_constant:
        row[write.symbol("eta", "")] = ((number(step.rate, write.digits), DIM),)
    loss = "loss" if step.epoch is None else "batch loss"
    row[loss] = ((number(step.loss, write.digits), "" if np.isfinite(step.loss) else BAD),)
    return row


def _title(write: Writer, name: str, kind: str) -> str:
    return write.glyphs.clean(name) if kind == "values" else write.gradient(name)


def _cell(value: Value, look: Look, room: Room, write: Writer, style: str) -> Cell:
    """A number, or of an array the entries that there is room for, else its norm."""
    if not np.ndim(value):
        return ((number(value, look.digits), style if np.isfinite(value) else BAD),)
    if room == NORM_ALONE:
        shown = f"{write.glyphs.norm} {number(norm(glance(value)), look.digits)}"
    else:
        shown = entries(glance(value), look.digits, room)[0]
    return ((write.glyphs.clean(shown), style),)


def _curve(found: Descent, look: Look) -> Iterator[Cell]:
    """The losses as bars, from the first to the last; with batches the loss of all rows, too."""
    if not found.updates:
        return
    losses = found.losses()
    room = BARS if look.width is None else min(BARS, max(8, look.width - 40))
    bars, logarithmic = sparkline(losses, room, ascii=look.ascii)
    what = ("loss" if found.task.batches is None else "batch loss") + " (log)" * logarithmic
    ends = _ends(losses[0], losses[-1], look)
    yield from folded(((f"{what} ", DIM), (bars, FORWARD), (f" {ends}", "")), look.width)
    if found.task.batches is not None:
        first, last = (
            found.task.whole_loss(step.values.values()) for step in (found.state(0), found.final)
        )
        yield from folded((("of all rows ", DIM), (_ends(first, last, look), "")), look.width)


def _ends(first: float, last: float, look: Look) -> str:
    """`24.2 → 0.0008`."""
    arrow = "->" if look.ascii else "→"
    return f"{number(first, look.digits)} {arrow} {number(last, look.digits)}"


def _end(found: Descent, look: Look) -> Iterator[Cell]:
    """Why it ended; of a divergence where it still was a number, and what to try."""
    glyphs = glyphs_for(look.ascii)
    reason = glyphs.clean(found.reason)
    diverged = found.stopped == "diverged"
    sign, style = (f"{glyphs.wrong} ", BAD) if diverged else ("", "")
    yield from hanging(sign + reason, style, look.width)
    step = found.last_finite
    if step is not None and step.index < found.updates:
        first = list(step.values.items())[:MOST_PARAMETERS]
        values = ", ".join(f"{name} = {_short(value, look)}" for name, value in first)
        if len(first) < len(step.values):
            values += f", … and {len(step.values) - len(first):,} more"
        loss = number(step.loss, look.digits)
        text = f"  last finite at step {step.index:,}: loss {loss}, {glyphs.clean(values)}"
        yield from hanging(text, "", look.width)
    if found.hint:
        grown = "fell" if found.task.settings.ascend else "grew"
        told = "" if diverged else f"the loss {grown}: "
        yield from hanging(f"  {told}{glyphs.clean(found.hint)}", KINK, look.width)


def _short(value: Value, look: Look) -> str:
    return entries(glance(value), look.digits, Room(24, 12))[0]
