"""A descent on the terminal: the rule, its first update in numbers, the steps, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from rich.text import Text

from backtrace.descent.records import Descent, Step
from backtrace.descent.updates import is_constant
from backtrace.ops.rows import Value
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import NO_ENTRIES, NORM_ALONE, Room, entries, glance, norm
from backtrace.render.cells import (
    BAD,
    DIM,
    FORWARD,
    GOOD,
    GRADIENT,
    KINK,
    Cell,
    assembled,
    columns,
    folded,
    widest,
)
from backtrace.render.descents.sparkline import sparkline
from backtrace.render.descents.updates import (
    MOST_PARAMETERS,
    Writer,
    first_update,
    rule_line,
    writer,
)
from backtrace.render.text import glyphs_for, number

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck

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
    write, batches = writer(found, look), found.task.batches
    fixed = is_constant(found.task.settings)
    rate = [] if fixed else [write.symbol("eta", "")]
    titles = ["step", *(["epoch"] if batches else []), *rate, "loss"]
    table: list[list[Cell]] = [
        [
            ((f"{step.index:,}", ""),),
            *([((f"{step.index // batches.per_epoch}", DIM),)] if batches else []),
            *([] if fixed else [((number(step.rate, look.digits), DIM),)]),
            ((number(step.loss, look.digits), "" if np.isfinite(step.loss) else BAD),),
        ]
        for step in steps
    ]
    for kind, room in zip(("values", "gradients"), rooms, strict=True):
        if room is not None:
            titles += [_title(write, name, kind) for name in found.wrt]
            style = FORWARD if kind == "values" else GRADIENT
            for row, step in zip(table, steps, strict=True):
                by_name = getattr(step, kind)
                row += [_cell(by_name[name], look, room, write, style) for name in found.wrt]
    return columns([[((t, DIM),) for t in titles], *table], range(len(titles)), gap)


def _title(write: Writer, name: str, kind: str) -> str:
    return write.glyphs.clean(name) if kind == "values" else write.gradient(name)


def _cell(value: Value, look: Look, room: Room, write: Writer, style: str) -> Cell:
    """A number, or of an array the entries that there is room for, else its norm."""
    if not np.ndim(value):
        return ((number(value, look.digits), style if np.isfinite(value) else BAD),)
    if room is NORM_ALONE or room is NO_ENTRIES:
        shown = f"{write.glyphs.norm} {number(norm(glance(value)), look.digits)}"
    else:
        shown = entries(glance(value), look.digits, room)[0]
    return ((write.glyphs.clean(shown), style),)


def _curve(found: Descent, look: Look) -> Iterator[Cell]:
    """The losses as bars, from the first to the last."""
    if not found.updates:
        return
    losses = found.losses()
    room = BARS if look.width is None else min(BARS, max(8, look.width - 40))
    ends = [number(x, look.digits) for x in (losses[0], losses[-1])]
    arrow = "->" if look.ascii else "→"
    bars = sparkline(losses, room, ascii=look.ascii)
    yield from folded(
        (("loss ", DIM), (bars, FORWARD), (f" {ends[0]} {arrow} {ends[1]}", "")), look.width
    )


def _end(found: Descent, look: Look) -> Iterator[Cell]:
    """Why it ended; of a divergence where it still was a number, and what to try."""
    glyphs = glyphs_for(look.ascii)
    reason = glyphs.clean(found.reason)
    diverged = found.stopped == "diverged"
    sign, style = (f"{glyphs.wrong} ", BAD) if diverged else ("", "")
    yield from _hanging(sign + reason, style, look.width)
    step = found.last_finite
    if diverged and step is not None:
        first = list(step.values.items())[:MOST_PARAMETERS]
        values = ", ".join(f"{name} = {_short(value, look)}" for name, value in first)
        if len(first) < len(step.values):
            values += f", … and {len(step.values) - len(first):,} more"
        loss = number(step.loss, look.digits)
        text = f"  last finite at step {step.index:,}: loss {loss}, {glyphs.clean(values)}"
        yield from _hanging(text, "", look.width)
    if found.hint:
        grown = "fell" if found.task.settings.ascend else "grew"
        told = "" if diverged else f"the loss {grown}: "
        yield from _hanging(f"  {told}{glyphs.clean(found.hint)}", KINK, look.width)


def _hanging(text: str, style: str, width: int | None) -> Iterator[Cell]:
    """A line on as many as it needs, those after the first indented."""
    first, *others = folded(((text, style),), width and max(width - 2, 1))
    yield first
    yield from (((" " * 2, ""), *line) for line in others)


def _short(value: Value, look: Look) -> str:
    return entries(glance(value), look.digits, Room(24, 12))[0]


def verdict(found: Descent, check: PathCheck, look: Look = PLAIN) -> Text:
    """What the check says, below the view, and the notices."""
    glyphs = glyphs_for(look.ascii)
    lines: list[Cell] = []
    said = check.summary.removeprefix(f"{found.reason}; ")  # which stands above
    if check.optimizer is None:
        said, style = (glyphs.clean(said), BAD) if check.asked else ("not checked", DIM)
        lines += _hanging(said, style, look.width)
    else:
        wrong = check.status == "differs"
        sign = glyphs.wrong if wrong else "!" if check.status == "convention" else glyphs.ok
        style = BAD if wrong else GOOD
        lines += _hanging(f"{sign} {glyphs.clean(said)}", style, look.width)
    for notice in (*found.notices, *check.notices):
        lines += _hanging(f"note: {glyphs.clean(notice.text)}", "", look.width)
    return assembled(lines)
