"""The arithmetic of an update: the statements of its rule, with symbols and with numbers put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from backtrace.descent.asked import SETTINGS
from backtrace.descent.records import Descent
from backtrace.descent.rules import DECAY
from backtrace.descent.settings import Settings
from backtrace.descent.updates import Quantity, is_constant
from backtrace.ops.rows import Value
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import Room, entries, glance
from backtrace.render.cells import DIM, FORWARD, NAME, Cell, assembled, columns, folded, widest
from backtrace.render.text import Glyphs, glyphs_for, number

TOKENS = re.compile(r"[^\W\d]\w*|\d+\.?\d*|\*\*|[^\w\s]|\s+")
ROOT = re.compile(r"√\(((?:[^\W\d]\w*[\u0302′]?)|[\d.e+-]+)\)")  # of a name or a number
SQUARE = re.compile(r"\^2(?![\d.e])")
LEADING = re.compile(r"^\(([−-][\d.e+-]+)\)(?![\^²*])")  # a negative number that begins a formula
ROOM = Room(48, 24)  # characters of an array in a formula
MOST_PARAMETERS = 8  # that are told one by one


@dataclass(frozen=True, slots=True)
class Writer:
    """Formulas of rules in the characters of a screen."""

    glyphs: Glyphs
    digits: int
    output: str
    short: bool  # whether the gradient is g, and not ∂L/∂w
    taken: frozenset[str]  # names of parameters, which those of the rule are told apart from

    @property
    def unicode(self) -> bool:
        """Whether there are more characters than ASCII."""
        return not self.glyphs.d.isascii()

    @property
    def arrow(self) -> str:
        """What stands between a name and its new value."""
        return "←" if self.unicode else "<-"

    def symbol(self, name: str, parameter: str) -> str:
        """A name of a rule's program as it is written: `η`, `m̂`, the parameter for theta."""
        if name == "theta":
            return self.glyphs.clean(parameter)
        if name == "g" and not self.short:
            return self.gradient(parameter)
        shown = self._of_rule("lr" if name == "eta" else name)
        if shown in self.taken:  # the m of adam is not the m of the program
            shown += "′" if self.unicode else "'"
        return shown

    def _of_rule(self, name: str) -> str:
        """A name that is the rule's own."""
        if not self.unicode:
            return name
        if name in SETTINGS:
            return SETTINGS[name].symbol
        return f"{name[0]}\u0302" if name[1:] == "hat" else name

    def gradient(self, parameter: str) -> str:
        """The gradient by a parameter: `∂L/∂w`."""
        d = self.glyphs.d
        return f"{d}{self.glyphs.clean(self.output)}/{d}{self.glyphs.clean(parameter)}"

    def number(self, value: Value) -> str:
        """A number as it stands in a formula: a negative one in parentheses; an array folded."""
        if np.ndim(value):
            return self.glyphs.clean(entries(glance(value), self.digits, ROOM)[0])
        text = self.result(value)
        return text if text[0].isalnum() else f"({text})"

    def result(self, value: Value) -> str:
        """A number or an array as what a formula comes to."""
        if np.ndim(value):
            return self.number(value)
        text = number(value, self.digits)
        return text.replace("-", "−", 1) if self.unicode and text.startswith("-") else text

    def formula(self, text: str, put_in: Mapping[str, str]) -> str:
        """A formula of a rule in this notation, with these texts for its names."""
        told = {"*": " × ", "**": "^", "-": "−", "sqrt": "√"} if self.unicode else {}
        shown = "".join({**told, **put_in}.get(token, token) for token in TOKENS.findall(text))
        return SQUARE.sub("²", ROOT.sub(r"√\1", shown))

    def symbolic(self, formula: str, parameter: str) -> str:
        """A formula in symbols."""
        names = set(re.findall(r"[^\W\d]\w*", formula)) - {"sqrt"}
        return self.formula(formula, {name: self.symbol(name, parameter) for name in names})

    def numeric(self, quantity: Quantity, parameter: str, *, kept: tuple[str, ...] = ()) -> str:
        """A formula with its numbers, but for the names that are `kept`."""
        numbers = {name: self.number(value) for name, value in quantity.inputs.items()}
        names = {name: self.symbol(name, parameter) for name in kept}
        shown = self.formula(quantity.formula, {**numbers, **names})
        return LEADING.sub(r"\1", shown)


def writer(descent: Descent, look: Look) -> Writer:
    """The writer for a descent on a screen."""
    graph, rule = descent.task.graph, descent.task.settings.rule
    output = graph.labels[graph.output]
    short = bool(rule.memory) or descent.task.settings.decays
    taken = frozenset(descent.wrt)
    return Writer(glyphs_for(look.ascii), look.digits, output, short, taken)


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
            first = "0" if name == "lr" and not is_constant(settings) else ""
            yield f"{_called(write, name)}{first} = {number(value, write.digits)}"
    if not is_constant(settings):
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
    write, lines = writer(descent, look), list[Cell]()
    for name, quantities in descent.explained(updates).items():
        title = f"update {updates + 1:,} of {write.glyphs.clean(name)}"
        lines += [(), ((title, NAME),)]
        lines += _statements(write, name, quantities, look.width)
    return assembled(lines)


def _statements(
    write: Writer, name: str, quantities: tuple[Quantity, ...], width: int | None
) -> list[Cell]:
    """The statements of a rule in aligned columns, where these fit."""
    given = f"{write.symbol('g', name)} = " if write.short else ""
    gradient = next(q.inputs["g"] for q in quantities if "g" in q.inputs)
    rows: list[list[Cell]] = [
        [
            ((f"  {given}{write.gradient(name)}", ""),),
            (),
            (("= ", ""), _value(write, gradient)),
        ]
    ]
    for quantity in quantities:
        sign = write.arrow if quantity.name in quantity.inputs else "="
        left = f"  {write.symbol(quantity.name, name)} {sign} "
        rows.append(
            [
                ((left + write.symbolic(quantity.formula, name), ""),),
                ((f"= {write.numeric(quantity, name)}", ""),),
                (("= ", ""), _value(write, quantity.value)),
            ]
        )
    aligned = columns(rows, gap=1)
    if width is None or widest(aligned) <= width:
        return aligned
    lines = [tuple(piece for cell in row if cell for piece in (*cell, (" ", ""))) for row in rows]
    return [part for line in lines for part in folded(line, width)]


def _value(write: Writer, value: Value) -> tuple[str, str]:
    return write.result(value), FORWARD
