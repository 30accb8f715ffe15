"""The equations as Markdown, with mathematics as GitHub shows it.

Formulas stand in fences of the language math, in which Markdown changes nothing. What users typed
stands in a fence or a code span as it is, and everything else is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtrace.markdown import code_span, escaped, fenced
from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Look, Sheet
from backtrace.render.cells import Cell, text_of
from backtrace.render.derivations import derived
from backtrace.render.derivations.latex import ROW, Setter, groups
from backtrace.render.derivations.model import Block, Section
from backtrace.render.derivations.surroundings import (
    GradientRow,
    gradient_rows,
    notes,
    program_lines,
    said_of,
)

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def md(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The program, the three passes, a table of the gradients, the verdict and the notices."""
    look = sheet.look
    found = derived(trace, look)
    lines = [f"# The gradients of {code_span(trace.output)}", "", *fenced(program_lines(trace))]
    for section in found.sections:
        lines += ["", *_section(section)]
    for cell in (found.left_out, *found.explained):
        lines += _said(cell)
    lines += ["", *_gradients(trace, check, look), "", escaped(said_of(check)), ""]
    lines += [f"- {escaped(note)}" for note in notes(trace, check)]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title.capitalize()}"
    for place, part in enumerate(section.parts):
        yield from ("", "…") if place else ()
        yield from _blocks(part)


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    for group in groups(blocks):
        yield from _said(group[0].heading)
        rows = Setter().rows(group)
        if rows:
            yield from ("", "```math", r"\begin{alignedat}{2}", ROW.join(rows))
            yield from (r"\end{alignedat}", "```")
        for remark in group[-1].remarks:
            yield from _said(remark)


def _said(cell: Cell) -> Iterator[str]:
    if cell:
        yield from ("", escaped(text_of(cell)))


def _gradients(trace: Trace, check: Check, look: Look) -> Iterator[str]:
    """The gradients asked for, beside torch's where these were compared."""
    rows = gradient_rows(trace, check, look)
    yield "## Gradients"
    yield ""
    compared = ("torch", "check") if check.engine is not None else ()
    heads = ("variable", "value", "gradient", *compared)
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join(['---', *['---:'] * (len(heads) - 1)])} |"
    for row in rows:
        yield f"| {' | '.join(_cells(row, compared=bool(compared)))} |"


def _cells(row: GradientRow, *, compared: bool) -> Iterator[str]:
    yield code_span(row.name)
    yield escaped(row.value)
    yield escaped(row.gradient)
    if compared:
        yield "same" if row.is_same else escaped(row.torch)
        yield escaped(row.verdict)
