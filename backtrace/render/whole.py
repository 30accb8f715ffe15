"""The gradients as whole formulas: which stand beside the numbers, which below, which nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backtrace.render.phrases import Phrases

LONGEST = 60  # columns of a formula beside numbers


class Formulas:
    """The formulas of some names that were asked for, sorted by where there is room for them.

    `beside` is the column of the table, empty where none is in it; `below` has those that go on
    lines of their own, all of them where one is too long for the column. `missing` are the names
    without a formula, and `too_long` those whose formula is not shown.
    """

    def __init__(
        self, say: Phrases, names: tuple[str, ...], width: int | None, shown_above: str | None
    ) -> None:
        self.say = say
        self.arrays = any(np.ndim(value) for value in say.trace.values)
        formulas = say.trace.formulas
        found = {name: self._found(name, formulas[name]) for name in names}
        short = {name: text for name, text in found.items() if text and len(text) <= LONGEST}
        long = {name: text for name, text in found.items() if len(text) > LONGEST}
        self.missing = [name for name, text in found.items() if not text]
        self.below = {k: text for k, text in long.items() if self._has_a_line(k, text, width)}
        self.too_long = [name for name in long if name not in self.below and name != shown_above]
        mark = "" if self.arrays else say.glyphs.dots
        hidden = dict.fromkeys(self.too_long, say.glyphs.dots)
        self.beside = {name: short.get(name, hidden.get(name, mark)) for name in names}
        if self.below:  # all in one place
            self.below = {name: found[name] for name in names if name in {**short, **self.below}}
        if self.below or not short:
            self.beside = {}

    def _found(self, name: str, formula: str | None) -> str:
        """The formula of one name, in other nodes where it has none in the variables."""
        trace = self.say.trace
        index = trace.graph.asked(name)
        if formula is None and index is not None and self.arrays:
            formula = trace.formula(index, named=True)
        return self.say.glyphs.clean(formula or "")

    def _has_a_line(self, name: str, formula: str, width: int | None) -> bool:
        """Whether it is shown on a line of its own; those of numbers are not."""
        say = self.say
        left = f"  {say.glyphs.d}{say.output}/{say.glyphs.d}{name} = "
        return self.arrays and (width is None or len(left) + len(formula) <= width)

    def notes(self) -> Iterator[str]:
        """What is said below of the formulas that are not shown."""
        clean = self.say.glyphs.clean
        if self.too_long:
            yield f"formulas too long for a line: --node {clean(self.too_long[0])}, or --json"
        if self.missing and self.arrays:
            yield f"no formula short enough to read for {', '.join(map(clean, self.missing))}"
