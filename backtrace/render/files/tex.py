r"""The equations as a LaTeX document of its own, in ASCII: any pdflatex compiles it.

Needs nothing beyond amsmath, geometry and graphicx. What users typed stands in it escaped, letters
of other alphabets spelled. What is too wide for the page is made smaller by `\fit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from backtrace.errors import printable
from backtrace.reading.tokens import in_ascii
from backtrace.records import UPSTREAM, Trace
from backtrace.render import PLAIN_SHEET, Look, Sheet
from backtrace.render.cells import Cell
from backtrace.render.derivations import derived
from backtrace.render.derivations.latex import LONGEST_ROW, ROW, Setter, groups, size
from backtrace.render.derivations.model import WORDS, Block, Section
from backtrace.render.derivations.surroundings import gradient_rows, notes, program_lines, said_of
from backtrace.render.notation.latex import escaped

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

PREAMBLE = r"""\documentclass[fleqn]{article}
\usepackage[a4paper,margin=20mm]{geometry}
\usepackage{amsmath,graphicx}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\mathindent}{1em}
\newsavebox{\fitted}
% \fit{0.7}{formula}: no wider than so much of the line
\newcommand{\fit}[2]{\sbox{\fitted}{$\displaystyle #2$}%
  \ifdim\wd\fitted>#1\linewidth \resizebox{#1\linewidth}{!}{\usebox{\fitted}}%
  \else\usebox{\fitted}\fi}
\begin{document}
"""
MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}")
WIDTH = 0.75  # of the line, that one side of an equation may take
OT1 = {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
LONGEST_CODE = 80  # characters of a line of the program that is not broken
BREAKS = "+-*/,;()[]"  # after these a line of the program may be broken


class _Fitted(Setter):
    r"""Sets what may be wide with `\fit`."""

    def right(self, cell: Cell) -> str:
        found = self.cell(cell)
        return rf"\fit{{{WIDTH}}}{{{found}}}" if size(cell) > LONGEST_ROW else found


SETTER = _Fitted(ascii=True)


def tex(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:
    """The program, the three passes, a table of the gradients, the verdict and the notices."""
    look = replace(sheet.look, full=False)  # a page has a width
    found = derived(trace, look)
    lines = [rf"\section*{{The gradients of ${_formula(trace.output)}$}}"]
    lines += [r"{\ttfamily\raggedright", *map(_code, program_lines(trace)), "}"]
    for section in found.sections:
        lines += ["", *_section(section)]
    for cell in (found.left_out, *found.explained):
        lines += ["", _sentence(cell)] if cell else []
    lines += ["", *_gradients(trace, check, look), "", _prose(said_of(check))]
    lines += [f"\nNote: {_prose(note)}" for note in notes(trace, check)]
    body = "\n".join([*lines, "", r"\end{document}", ""])
    return f"{PREAMBLE}\\setcounter{{MaxMatrixCols}}{{{_columns(body)}}}\n{body}".encode("ascii")


def _columns(body: str) -> int:
    """As many columns as the widest matrix has; amsmath takes 10 without being told."""
    matrices = (str(inside).split(r"\\") for inside in MATRIX.findall(body))
    return max([10, *(row.count("&") + 1 for rows in matrices for row in rows)])


def _section(section: Section) -> Iterator[str]:
    yield rf"\subsection*{{{section.title.capitalize()}}}"
    for place, part in enumerate(section.parts):
        yield from (r"\ldots",) if place else ()
        yield from _blocks(part)


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    for group in groups(blocks):
        if group[0].heading:
            yield f"\n{_sentence(group[0].heading)}"
        rows = SETTER.rows(group)
        if rows:
            yield from (r"\begin{alignat*}{2}", ROW.join(rows), r"\end{alignat*}")
        yield from (f"{_sentence(remark)}\n" for remark in group[-1].remarks)


def _gradients(trace: Trace, check: Check, look: Look) -> Iterator[str]:
    """The gradients asked for, beside torch's where these were compared."""
    yield r"\subsection*{Gradients}"
    compared = check.engine is not None
    rows = []
    for row in gradient_rows(trace, check, look):
        left = rf"\partial {_formula(trace.output)}/\partial {_formula(row.name)}"
        torch = r"\text{same}" if row.is_same else _side(row.torch)
        theirs = rf" &\quad& \text{{torch: }}{torch}" if compared and row.torch else ""
        verdict = rf"\quad \text{{{row.verdict}}}" if row.verdict else ""
        rows.append(f"{left} &= {_side(row.gradient)}{theirs}{verdict}")
    if rows:
        yield from (r"\begin{alignat*}{2}", ROW.join(rows), r"\end{alignat*}")


def _side(text: str) -> str:
    return SETTER.right(((text, ""),))


def _formula(text: str) -> str:
    return SETTER.formula(text)


def _sentence(cell: Cell) -> str:
    """A cell as a sentence of the text, which is broken into lines as text is."""
    return "".join(
        _prose(text) if style in WORDS else f"${_formula(text)}$" for text, style in cell
    )


def _prose(text: str) -> str:
    """Any text in text mode."""
    return f"${_formula(UPSTREAM)}$".join(map(_letters, text.split(UPSTREAM)))


def _letters(text: str) -> str:
    """The same of a text without Ḡ, which is no letter; spaces around it stay."""
    found = "".join(OT1.get(c, c) for c in escaped(text, ascii=True))
    found = found.replace("--", "-{}-")  # no dash
    return f"{' ' * text.startswith(' ')}{found}{' ' * text.endswith(' ')}"


def _code(line: str) -> str:
    """A line of the program, its indent kept, which may be broken after a sign.

    What is no ASCII is written as it is read: ŷ − y² is yhat - y**2.
    """
    line = printable(in_ascii(line))
    indent = len(line) - len(line.lstrip(" "))
    parts = [escaped(c, ascii=True) if c != " " else " " for c in line.strip(" ")]
    if len(line) > LONGEST_CODE:
        parts = [f"{p}\\allowbreak{{}}" if p in BREAKS else p for p in parts]
    return rf"\mbox{{}}{'~' * indent}{''.join(parts)}\par"
