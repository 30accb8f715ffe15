"""The arithmetic of an update: the statements of its rule, with symbols and with numbers put in."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from backtrace.descent.records import Descent
from backtrace.descent.rules import DECAY
from backtrace.descent.settings import Settings
from backtrace.descent.updates import Quantity
from backtrace.ops.rows import Value
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import EVERYTHING, Room
from backtrace.render.cells import (
    DIM,
    FORWARD,
    NAME,
    Cell,
    assembled,
    columns,
    folded,
    folded_at_signs,
    widest,
)
from backtrace.render.descents.notation import Writer, writer
from backtrace.render.text import number

BLOCKS = Room(72, 24)  # characters of an array where every quantity has lines of its own
INDENT = 6  # columns before what a statement comes to, where it does not fit beside
MOST_PARAMETERS = 8  # that are told one by one


def rule_line(descent: Descent, look: Look) -> Cell:
    """The rule in symbols with the numbers it works with: `sgd   w ← w − η × ∂L/∂w   η = 0.1`."""
    write, settings = writer(descent, look), descent.task.settings
    graph = settings.rule.graph(decays=settings.decays, ascend=settings.ascend)
    formula = graph.source[slice(*graph.spans[graph.output])]
    name = descent.wrt[0]
    if len(descent.wrt) > 1:
        name = "θ" if write.unicode else "theta"
    shown = f"{write.symbol('theta', name)} {write.arrow} {write.symbolic(formula, name)}"
    told = ", ".join(_numbers(write, settings))
    return (settings.rule.name, NAME), (f"   {shown}", ""), (f"   {told}", DIM)


def _numbers(write: Writer, settings: Settings) -> Iterator[str]:
    """What the rule and the schedule work with: `η = 0.1`, `β₁ = 0.9`."""
    for name, value in {**settings.numbers, **settings.schedule_numbers}.items():
        if name != DECAY or settings.decays:
            first = "0" if name == "lr" and not settings.schedule.is_constant else ""
            yield f"{_called(write, name)}{first} = {number(value, write.digits)}"
    if not settings.schedule.is_constant:
        rate = _called(write, "lr")
        names = {name: _called(write, name) for name in settings.schedule.graph.variables}
        yield f"{rate} = {write.formula(settings.schedule.formula, {**names, 'lr': f'{rate}0'})}"


def _called(write: Writer, setting: str) -> str:
    return write.symbol("eta" if setting == "lr" else setting, "")


def first_update(descent: Descent, look: Look) -> Iterator[Cell]:
    """The first update of every parameter, as one line of numbers each."""
    if not descent.updates:
        return
    write = writer(descent, look)
    for name, quantities in list(descent.explained(0).items())[:MOST_PARAMETERS]:
        last = quantities[-1]
        moved = any(q.name == "theta" for q in quantities[:-1])  # by a weight decay before
        shown = write.numeric(last, name, kept=() if moved else ("theta",))
        new = f"{write.symbol('theta', name)} {write.arrow} "
        yield (
            ("update 1   ", DIM),
            (new, NAME),
            (f"{shown} = ", ""),
            (write.result(last.value), FORWARD),
        )
    if len(descent.wrt) > MOST_PARAMETERS:
        more = len(descent.wrt) - MOST_PARAMETERS
        what = "parameter" if more == 1 else "parameters"
        yield ((f"{write.glyphs.dots} and {more:,} more {what}", DIM),)


def explained(descent: Descent, updates: int, look: Look = PLAIN) -> Text:
    """Every quantity of the update that follows so many others, for every parameter."""
    write = writer(descent, look, EVERYTHING if look.full else BLOCKS)
    lines: list[Cell] = []
    for name, quantities in descent.explained(updates).items():
        title = f"update {updates + 1:,} of {write.glyphs.clean(name)}"
        lines += [(), ((title, NAME),)]
        lines += _laid_out(list(_statements(write, name, quantities)), look.width)
    return assembled(lines)


def _statements(
    write: Writer, name: str, quantities: tuple[Quantity, ...]
) -> Iterator[tuple[Cell, Cell, Cell]]:
    """The statements of a rule: in symbols, in numbers, and what each comes to."""
    given = f"{write.symbol('g', name)} = " if write.short else ""
    gradient = next(q.inputs["g"] for q in quantities if "g" in q.inputs)
    yield ((f"  {given}{write.gradient(name)}", ""),), (), _result(write, gradient)
    for quantity in quantities:
        sign = write.arrow if quantity.name in quantity.inputs else "="
        left = f"  {write.symbol(quantity.name, name)} {sign} "
        yield (
            ((left + write.symbolic(quantity.formula, name), ""),),
            (("= ", ""), (write.numeric(quantity, name), "")),
            _result(write, quantity.value),
        )


def _result(write: Writer, value: Value) -> Cell:
    return ("= ", ""), (write.result(value), FORWARD)


def _laid_out(rows: list[tuple[Cell, Cell, Cell]], width: int | None) -> Iterator[Cell]:
    """Statements in aligned columns; where these do not fit, each part on lines of its own."""
    arrays = any(text.startswith("[") for *_, result in rows for text, _ in result)
    aligned = columns(rows, gap=1)
    if not arrays and (width is None or widest(aligned) <= width):
        yield from aligned
        return
    room = width and max(width - INDENT, 1)
    for first, *parts in rows:
        yield from folded(first, width)
        for part in filter(None, parts):
            lines = folded_at_signs(part, room, len("= "))
            yield from (((" " * INDENT, ""), *line) for line in lines)
