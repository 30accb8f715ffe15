"""What a trace, a descent and a verdict show of themselves in a notebook.

A bundle has the same content for several front ends by MIME type, of which each takes the richest
that it can show; only what is asked for is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from backtrace.homework.reports.wording import SIGNS, excerpt, legible, lines
from backtrace.render import DIGITS
from backtrace.render.arrays import Room, entries, glance
from backtrace.render.files.txt import txt
from backtrace.render.notation import typeset
from backtrace.render.notation.latex import escaped, latex
from backtrace.render.picture import can_be_drawn, svg_text

if TYPE_CHECKING:
    from backtrace.crosscheck import Check
    from backtrace.descent.records import Descent
    from backtrace.homework.verdicts import Verdict
    from backtrace.ops.rows import Value
    from backtrace.records import Trace

Bundle: TypeAlias = dict[str, str]
Makers: TypeAlias = Mapping[str, Callable[[], str]]
Types: TypeAlias = Collection[str] | None

SVG, HTML, LATEX, PLAIN = "image/svg+xml", "text/html", "text/latex", "text/plain"
MOST_ROWS = 8  # parameters of a descent
ARRAYS = Room(48, 24)  # characters of an array in LaTeX


def bundle(makers: Makers, include: Types = None, exclude: Types = None) -> Bundle:
    """The content by MIME type: those of `include`, all without it, but none of `exclude`."""
    chosen = [m for m in makers if include is None or m in include]
    return {mime: makers[mime]() for mime in chosen if exclude is None or mime not in exclude}


def of_trace(trace: Trace, check: Callable[[], Check]) -> Makers:
    """The picture with its verdict, the gradients in LaTeX, the tree.

    A trace that is too large for a picture shows the tree alone. LaTeX needs no check.
    """
    checked = cache(check)
    text: Makers = {
        LATEX: lambda: _gradients(trace),
        PLAIN: lambda: txt(trace, checked()).decode().removesuffix("\n"),
    }
    if not can_be_drawn(trace.graph):
        return text
    return {SVG: lambda: svg_text(trace, checked(), embedded=True), **text}


def _gradients(trace: Trace) -> str:
    """The value and every gradient, as formula and number."""
    lines = [_line(trace.output, None, trace.value)]
    for name, gradient in trace.gradients.items():
        lines.append(_line(f"∂{trace.output}/∂{name}", trace.formulas[name], gradient))
    return _aligned(lines)


def _line(left: str, formula: str | None, value: Value) -> str:
    number = _shown(value)
    right = [number] if formula in (None, number) else [str(formula), number]
    return f"{_latex(left)} &= {' = '.join(map(_latex, right))}"


def _shown(value: Value) -> str:
    """A number, or the entries of an array that there is room for."""
    return entries(glance(value), DIGITS, ARRAYS)[0]


def _latex(text: str) -> str:
    return latex(typeset(text))


def _aligned(lines: list[str]) -> str:
    inside = " \\\\\n".join(lines)
    return f"$$\n\\begin{{aligned}}\n{inside}\n\\end{{aligned}}\n$$"


def of_descent(descent: Descent) -> Makers:
    """The plot, the steps as on the screen, where it started and ended in LaTeX."""
    from backtrace.render.descents.plot import plot

    return {
        SVG: lambda: plot(descent, "svg").decode(),
        LATEX: lambda: _aligned(list(_ends(descent))),
        PLAIN: lambda: str(descent),
    }


def _ends(descent: Descent) -> Iterator[str]:
    """The loss and the parameters before and after."""
    graph = descent.task.graph
    start, end = descent.state(0), descent.final
    loss = graph.labels[graph.output]
    for name in [loss, *descent.wrt[:MOST_ROWS]]:
        before, after = (
            _latex(_shown(step.loss if name == loss else step.values[name]))
            for step in (start, end)
        )
        yield rf"{_latex(name)} &: {before} \to {after}"


def of_verdict(verdict: Verdict) -> Makers:
    """The claim with its mark, and what is wrong with it."""
    return {
        HTML: lambda: _verdict_html(verdict),
        LATEX: lambda: _verdict_latex(verdict),
        PLAIN: lambda: str(verdict),
    }


def _verdict_html(verdict: Verdict) -> str:
    state = f"<strong>{SIGNS[verdict.state]} {escape(verdict.state)}</strong>"
    claim = f"<code>{escape(legible(excerpt(verdict.claim)))}</code>"
    said = "" if verdict.state == "correct" and not verdict.message else _said(verdict)
    return f"<div>{state}: {claim}{said}</div>"


def _said(verdict: Verdict) -> str:
    """All that is said of it; line by line, since pictures with a caret are among it."""
    text = escape("\n".join(lines(verdict)))
    return f'<pre style="white-space: pre-wrap">{text}</pre>'


def _verdict_latex(verdict: Verdict) -> str:
    state = escaped(verdict.state)
    return rf"${_latex(verdict.claim)}$ \quad (\text{{{state}}})"
