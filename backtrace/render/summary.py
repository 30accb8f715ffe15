"""What stands below a view: the gradients asked for, the verdict of the check, and the notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from rich.text import Text

from backtrace.ops.rows import Array, Value
from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import NO_ENTRIES, NORM_ALONE, Room, entries
from backtrace.render.cells import (
    BAD,
    DIM,
    FORWARD,
    GOOD,
    GRADIENT,
    KINK,
    NAME,
    Cell,
    Piece,
    assembled,
    columns,
    folded,
    width_of,
)
from backtrace.render.matrices import block
from backtrace.render.notices import told
from backtrace.render.phrases import Owed, Phrases
from backtrace.render.verdict_marks import VERDICT_MARKS, Tone
from backtrace.render.whole import Formulas

if TYPE_CHECKING:
    from backtrace.crosscheck import Check, NodeCheck

MOST_VARIABLES = 20
MOST_NODES = 10  # of those that differ
MOST_NOTICES = 20
MOST_ENTRIES = 36  # of a gradient that is always shown in full
LEFT = ("", " ", "variable", "formula")  # the titles of columns that are flush left
ARRAYS = ("value", "gradient", "torch", "differences")  # the titles of those that have arrays
# What arrays are folded to, value and gradient, from the widest on: the value stands in the tree.
ROOMS = (
    (Room(64, 40), Room(64, 40)),
    (NO_ENTRIES, Room(64, 40)),
    (NO_ENTRIES, Room(28, 12)),
    (NO_ENTRIES, NORM_ALONE),
)
STYLES: Mapping[Tone, str] = {"value": GOOD, "kink": KINK, "bad": BAD, "quiet": DIM}


def summary(trace: Trace, check: Check, look: Look = PLAIN, *, node: str | None = None) -> Text:
    """The gradients as formulas and as numbers beside torch's, then the verdict and the notices.

    Where nothing was compared there are no columns of torch's. `node` is the one whose calculation
    stands above, with its formula.
    """
    say = Phrases(trace, look)
    lines: list[Cell] = [(), *_gradients(say, check, look.width, node)]
    if trace.wrt:
        lines.append(())
    verdict = list(_verdict(say, check))
    explained = say.explained(look.width)
    if explained:
        lines += [*explained[1:], ()]
    for cell in (*verdict, *_notices(say, check)):
        lines += folded(cell, look.width)
    return assembled(lines)


def _gradients(say: Phrases, check: Check, width: int | None, node: str | None) -> Iterator[Cell]:
    """A row for every name asked for; what gets too wide for the rows goes below."""
    names = say.trace.wrt[:MOST_VARIABLES]
    if not names:
        return
    formulas = Formulas(say, names, width, shown_above=node)
    arrays = any(np.ndim(say.trace.gradient(name)) for name in names)
    rooms = ROOMS if arrays else ROOMS[:1]
    layouts: tuple[tuple[dict[str, str], int], ...]
    layouts = ((formulas.beside, 3), (formulas.beside, 2), ({}, 2))
    for pair, (beside, gap) in product(rooms, layouts):
        say.owed = Owed()  # what is not shown after all needs no explanation
        rows = [_row(say, check, name, beside, pair) for name in names]
        lines = _table(rows, (*LEFT, *ARRAYS) if arrays else LEFT, gap)
        if width is None or max(map(width_of, lines)) <= width:
            break
    yield from lines
    below = {} if beside else formulas.below or formulas.beside
    for name, formula in below.items():
        if formula not in (say.glyphs.dots, ""):
            yield from folded(((f"  {_gradient_of(say, name)} = ", ""), (formula, "")), width)
    for name in names:
        if _is_below(say, say.trace.gradient(name), pair[1]):
            yield from _block(say, name, width)
    hidden = len(say.trace.wrt) - len(names)
    if hidden:
        yield ((f"  {say.glyphs.dots} and {hidden:,} more variables: --json has all", DIM),)
    for text in formulas.notes():
        yield from folded(((f"  {text}", DIM),), width)


def _gradient_of(say: Phrases, name: str) -> str:
    """`∂L/∂name`."""
    d = say.glyphs.d
    return f"{d}{say.output}/{d}{say.glyphs.clean(name)}"


def _is_below(say: Phrases, gradient: Value, room: Room) -> bool:
    """Whether a gradient is shown in full and does not fit in its column."""
    if not np.ndim(gradient) or not (say.full or np.size(gradient) <= MOST_ENTRIES):
        return False
    return not entries(gradient, say.digits, room)[1]


def _block(say: Phrases, name: str, width: int | None) -> Iterator[Cell]:
    """The gradient by one name on lines of its own."""
    yield ((f"  {_gradient_of(say, name)} =", ""),)
    indent = " " * 4
    room = None if width is None else max(width - len(indent), 1)
    for line in block(say.in_full(say.trace.gradient(name)), room):
        yield (indent, ""), (line, GRADIENT)


def _table(rows: list[dict[str, Cell]], left: tuple[str, ...], gap: int) -> list[Cell]:
    """The rows as aligned lines under their titles, flush right but for these columns."""
    titles: list[Cell] = [((title, DIM),) for title in rows[0]]
    right = [place for place, title in enumerate(rows[0]) if title not in left]
    return columns([titles, *(list(row.values()) for row in rows)], right, gap)


def _row(
    say: Phrases, check: Check, name: str, formulas: dict[str, str], rooms: tuple[Room, Room]
) -> dict[str, Cell]:
    """What is said of one variable, by the title of its column."""
    trace, index = say.trace, say.trace.graph.asked(name)
    gradient = trace.gradient(name)
    row: dict[str, Cell] = {
        "": (),
        "variable": ((say.glyphs.clean(name), NAME),),
        "value": _value(say.within(rooms[0]), name, index),
    }
    say = say.within(rooms[1])
    if formulas:
        row["formula"] = ((formulas[name], ""),)
    below = _is_below(say, gradient, rooms[1])
    row["gradient"] = (("below", DIM),) if below else say.result(gradient, GRADIENT)
    if check.engine is not None:
        theirs, found = check.gradients[name], _found(check, index)
        same = np.ndim(gradient) and found is not None and found.verdict == "agrees"
        row["torch"] = (("same", DIM),) if same else say.result(theirs, "")
        row[say.glyphs.delta] = ((_distance(gradient, theirs), ""),)
    if check.differences is not None:
        slope = check.differences.get(name)
        row["differences"] = (("none", ""),) if slope is None else say.result(slope, "")
    row[" "] = _judgement(say, _found(check, index), gradient)
    return row


def _value(say: Phrases, name: str, index: int | None) -> Cell:
    """The value of a name, which the program need not have."""
    if index is None:
        return say.shaped(say.trace.variables[name], FORWARD)
    return say.valued(index, FORWARD)


def _found(check: Check, index: int | None) -> NodeCheck | None:
    return next((n for n in check.nodes if n.index == index), None)


def _distance(ours: Value, theirs: Value) -> str:
    """The largest difference of two entries."""
    return f"{float(np.max(_apart(ours, theirs), initial=0.0)):.2g}"


def _apart(ours: Value, theirs: Value) -> Array:
    """How far entries are apart; those that are the same, two nan too, are not."""
    with np.errstate(all="ignore"):
        apart = np.abs(np.subtract(ours, theirs))
    same = np.equal(ours, theirs) | (np.isnan(ours) & np.isnan(theirs))
    return np.where(same, 0.0, apart)


def _judgement(say: Phrases, found: NodeCheck | None, gradient: Value) -> Cell:
    """What the check says of one variable, in a word."""
    if not np.all(np.isfinite(gradient)):
        return ((f"{say.glyphs.wrong} undefined", BAD),)
    if found is None:
        return ()
    sign, style = _mark(say, found.verdict)
    return ((f"{sign} {found.verdict}", style),)


def _mark(say: Phrases, verdict: str) -> Piece:
    """The sign of a verdict, and its style."""
    mark = VERDICT_MARKS[verdict]
    return say.glyphs.clean(mark.sign), STYLES[mark.role]


def _verdict(say: Phrases, check: Check) -> Iterator[Cell]:
    """The verdict in one line, and under it every node that differs, with both numbers."""
    if check.engine is None:
        if check.reason:
            yield ((f"{say.glyphs.wrong} {say.glyphs.clean(check.reason)}", BAD),)
        if not check.asked:
            yield (("not checked", DIM),)
        return
    sign, style = _mark(say, check.status)
    yield ((f"{sign} {say.glyphs.clean(check.summary)}", style),)
    wrong = [n for n in check.nodes if n.verdict in ("differs", "convention")]
    for found in wrong[:MOST_NODES]:
        yield _both_numbers(say, found)
    if len(wrong) > MOST_NODES:
        yield ((f"  {say.glyphs.dots} and {len(wrong) - MOST_NODES:,} more nodes", DIM),)


def _both_numbers(say: Phrases, found: NodeCheck) -> Cell:
    """`s = yhat - y: value 1, torch 1; gradient 2, torch 3`."""
    name, expression = say.name(found.index), say.expression(found.index)
    what = name if name == expression else f"{name} = {expression}"
    parts = [f"value {_beside(say, found.value, found.torch_value)}"]
    if found.gradient is not None and found.torch_gradient is not None:
        parts.append(f"gradient {_beside(say, found.gradient, found.torch_gradient)}")
    sign, style = _mark(say, found.verdict)
    return (f"  {sign} ", style), (what, NAME), (f": {'; '.join(parts)}", "")


def _beside(say: Phrases, ours: Value, theirs: Value) -> str:
    """`2, torch 3`; of two arrays the entry where they are furthest apart."""
    if not np.ndim(ours) or np.shape(ours) != np.shape(theirs) or not np.size(ours):
        return f"{say.text(ours)}, torch {say.text(theirs)}"
    apart = _apart(ours, theirs)
    if not np.any(apart):
        return "the same"
    at = np.unravel_index(int(np.argmax(np.nan_to_num(apart, nan=np.inf))), apart.shape)
    place = ", ".join(map(str, map(int, at)))
    return f"at [{place}] {say.text(ours[at])}, torch {say.text(theirs[at])}"


def _notices(say: Phrases, check: Check) -> Iterator[Cell]:
    """What else there is to know, the reason that the verdict has given left out."""
    texts = list(map(say.glyphs.clean, told(say.trace, check)))
    for text in texts[:MOST_NOTICES]:
        yield ((f"note: {text}", ""),)
    if len(texts) > MOST_NOTICES:
        yield ((f"{say.glyphs.dots} and {len(texts) - MOST_NOTICES:,} more notes", DIM),)
