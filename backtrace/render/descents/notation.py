"""How the formulas of update rules are written: `w ← w − 0.1 × (−2)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backtrace.descent.asked import SETTINGS
from backtrace.descent.records import Descent
from backtrace.descent.updates import Quantity
from backtrace.ops.rows import Value
from backtrace.render import Look
from backtrace.render.arrays import Room, entries, glance
from backtrace.render.text import Glyphs, glyphs_for

TOKENS = re.compile(r"[^\W\d][^\W²]*|\d+\.?\d*|\*\*|²|[^\w\s]|\s+")
ROOT = re.compile(r"√\(((?:[^\W\d]\w*[\u0302′]?)|[\d.e+-]+)\)")  # of a name or a number
LEADING = re.compile(r"^\(([−-][\d.e+-]+)\)(?![\^²*])")  # a negative number that begins a formula
MINUS = re.compile(r"(?<!e)-")
ROOM = Room(48, 24)  # characters of an array in a formula


@dataclass(frozen=True, slots=True)
class Writer:
    """Formulas of rules in the characters of a screen."""

    glyphs: Glyphs
    digits: int
    output: str
    short: bool  # whether the gradient is g, and not ∂L/∂w
    taken: frozenset[str]  # names of parameters, which those of the rule are told apart from
    room: Room = ROOM  # of an array in a formula

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
        text = self.result(value)
        if np.ndim(value):
            return text
        return text if text[0].isalnum() else f"({text})"

    def result(self, value: Value) -> str:
        """A number or an array as what a formula comes to."""
        text = entries(glance(value), self.digits, self.room)[0]
        return MINUS.sub("−", text) if self.unicode else self.glyphs.clean(text)

    def formula(self, text: str, put_in: Mapping[str, str]) -> str:
        """A formula of a rule in this notation, with these texts for its names."""
        told = {"*": " × ", "**": "^", "-": "−", "sqrt": "√"} if self.unicode else {}
        if self.unicode:
            text = text.replace("**2", "²")  # of the rule; β₁^2 is one of a row of powers
        shown = "".join({**told, **put_in}.get(token, token) for token in TOKENS.findall(text))
        return ROOT.sub(r"√\1", shown)

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


def writer(descent: Descent, look: Look, room: Room = ROOM) -> Writer:
    """The writer for a descent on a screen."""
    graph, rule = descent.task.graph, descent.task.settings.rule
    output = graph.labels[graph.output]
    short = bool(rule.memory) or descent.task.settings.decays
    taken = frozenset(descent.wrt)
    return Writer(glyphs_for(look.ascii), look.digits, output, short, taken, room)
