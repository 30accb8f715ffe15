"""Equations as LaTeX, for a document that pdflatex sets and for the mathematics of Markdown.

Formulas go through `render.notation`, which lets nothing of a user's text be a command. Words are
set as text, piece by piece: what is more than letters and plain punctuation is set as a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from backtrace.render.cells import Cell, text_of
from backtrace.render.derivations.model import TIMES, WORDS, Block, Equation, Side, is_call
from backtrace.render.notation import typeset
from backtrace.render.notation.latex import latex
from backtrace.render.text import ASCII, UNICODE

LONGEST_ROW = 64  # characters, as the terminal has them, of what stands on one row
LONGEST_WITH_REASON = 80  # of a row beside which its reason stands
FAR = 0x400  # the letters from here on are not Latin or Greek
SPELLED = 5  # characters of such a letter in ASCII: u4e2d
PLAIN = re.compile(r"[A-Za-z0-9 ,.;:()'/!?+-]+")
PIECE = re.compile(r"( +)")
SPACE = re.compile(r" {2,}")
DERIVATIVE = re.compile(r"∂\((.*)\)/∂([\w·]+)")
DOT = " · "  # the product of a chain on paper
SIGNS = {UNICODE.norm: ASCII.norm, UNICODE.wrong: "", "½": "1/2 ", "²": "**2"}
ROW = " \\\\\n"


class _Row(NamedTuple):
    """One row of equations, its reason apart, and the characters that the two have on a screen."""

    text: str
    reason: str
    right_length: int
    reason_length: int

    def set(self, *, in_column: bool) -> Iterator[str]:
        """The row with its reason: in a column, beside it, or on a row below."""
        beside = self.right_length + self.reason_length <= LONGEST_WITH_REASON
        if not self.reason:
            yield self.text
        elif in_column:
            yield f"{self.text} &\\quad& {self.reason}"
        elif beside:
            yield f"{self.text} \\qquad {self.reason}"
        else:
            yield from (self.text, f" &\\quad {self.reason}")


class Setter:
    """Sets cells and equations. With `ascii` there is nothing beyond ASCII in what it returns."""

    def __init__(self, *, ascii: bool = False) -> None:
        self._ascii = ascii

    def cell(self, cell: Cell) -> str:
        """Pieces in math mode; neighbours of one kind are set together."""
        found = ""
        for words, pieces in groupby(cell, key=lambda piece: piece[1] in WORDS):
            text = text_of(tuple(pieces))
            found += self.words(text) if words else self.formula(text)
        return found

    def formula(self, text: str) -> str:
        """A text in the language; wide spaces around it stay wide."""
        core = text.strip().replace(TIMES, DOT)
        before, after = (
            r"\quad " if space else "" for space in (text.startswith("  "), text.endswith("  "))
        )
        return f"{before}{self._quotient(core) if core else ''}{after if core else ''}"

    def _quotient(self, text: str) -> str:
        """A derivative of what is itself a fraction has that beside the ∂, not above a line."""
        match = DERIVATIVE.fullmatch(text)
        if match is None or "/" not in match[1] or not is_call(f"d({match[1]})"):
            return latex(typeset(text), ascii=self._ascii)
        by = latex(typeset(f"∂{match[2]}"), ascii=self._ascii)
        of = latex(typeset(f"({match[1]})"), ascii=self._ascii)
        return rf"\frac{{\partial}}{{{by}}}{of}"

    def words(self, text: str) -> str:
        r"""A sentence: `\text{ held constant}`, with what is no plain word as a formula."""
        for sign, meant in SIGNS.items():
            text = text.replace(sign, meant)
        found, plain = "", ""
        for part in PIECE.split(SPACE.sub("  ", text)):
            if part == "  ":
                found, plain = found + _as_text(plain) + r"\quad ", ""
            elif not part or PLAIN.fullmatch(part):
                plain += part
            else:
                found, plain = f"{found}{_as_text(plain)}{self._odd(part)}", ""
        return found + _as_text(plain)

    def _odd(self, word: str) -> str:
        """A word with other characters, the punctuation after it as text."""
        core = word.rstrip(",.;:")
        end = word[len(core) :]
        return latex(typeset(core), ascii=self._ascii) + _as_text(end)

    # -- rows

    def rows(self, blocks: Iterable[Block]) -> list[str]:
        """The equations of blocks as rows of three columns: left side, right side, reason.

        Where the columns would be too wide together a reason follows its side, or stands below it.
        """
        found = [row for b in blocks for e in b.equations for row in self._equation(e)]
        right = max((row.right_length for row in found), default=0)
        wide = right + max((row.reason_length for row in found), default=0) > LONGEST_WITH_REASON
        return [text for row in found for text in row.set(in_column=not wide)]

    def _equation(self, equation: Equation) -> Iterator[_Row]:
        left, sign = self.cell(equation.left), self._sign(equation.sign)
        for row in equation.rows():
            for sides in [row] if _length(row) <= LONGEST_ROW else [(s,) for s in row]:
                right = " = ".join(self.right(side.cell) for side in sides)
                reason = sides[-1].reason
                lengths = _length(sides), size(reason)
                yield _Row(f"{left} &{sign} {right}", self.cell(reason), *lengths)
                left, sign = "", "="

    def _sign(self, sign: str) -> str:
        return rf"\;\text{{{sign}}}\;" if sign.isalpha() else sign or r"\;"

    def right(self, cell: Cell) -> str:
        """One side of an equation."""
        return self.cell(cell)


def _as_text(plain: str) -> str:
    """Plain words in a formula; two hyphens stay two, which TeX would make a dash of."""
    return rf"\text{{{plain.replace('--', '-{}-')}}}" if plain else ""


def _length(sides: tuple[Side, ...]) -> int:
    return sum(size(side.cell) + 3 for side in sides)


def size(cell: Cell) -> int:
    """About how many letters wide it is: those of far alphabets are wide, or are spelled."""
    text = text_of(cell)
    return len(text) + (SPELLED - 1) * sum(ord(c) >= FAR and c.isalpha() for c in text)


def groups(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks of one short equation together, others alone: each group is one display."""
    for short, found in groupby(blocks, key=_is_short):
        if short:
            yield list(found)
        else:
            yield from ([block] for block in found)


def _is_short(block: Block) -> bool:
    """Whether it is one equation on one row."""
    if len(block.equations) != 1 or block.remarks or block.heading:
        return False
    rows = list(block.equations[0].rows())
    return len(rows) == 1 and _length(rows[0]) <= LONGEST_ROW
