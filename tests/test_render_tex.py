"""backtrace.render.files.tex: a document that pdflatex compiles, whatever was typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from recording import assert_snapshot
from test_render_snapshots import EXACT, PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.reading.parser import read
from backtrace.records import Trace
from backtrace.render import FILES, PLAIN_SHEET, Look, Sheet
from backtrace.render.derivations import derived
from backtrace.render.derivations.surroundings import MOST_LINES, MOST_NOTES
from backtrace.render.files.tex import SETTER

Compile = Callable[[dict[str, str]], str]
BODY = re.compile(r"(.*?\\begin\{document\}\n)(.*)\\end\{document\}", re.DOTALL)
WIDE = re.compile(r"Overfull \\hbox \((\d+)\.")
FAR_TOO_WIDE = 60  # points; the margins have 57
HOSTILE = {
    "commands": "x*2 # \\input{/etc/passwd} \\end{document} \\write18{ls} % $ & _ ^ ~ # {",
    "names": "loss_1 = a__b*x_y_z + _q; loss_1",
    "greek": "θ*σ_1 + ψ(2) + λhat*Ω",
    "accents": "naïve*é + Ångström",
    "far": "损失 = 权重*輸入 + ж; 损失",
    "again": "c = a*b; c = c*c; c = c + 1; c",
    "signs": "where(x >= 1, x <= 2, x != 3)*x % 2 + abs(x) + floor(x)*sqrt(x)",
    "numbers": "1e-300*x + 9999999999999999999*x + inf*0*x",
    "long": " + ".join(f"first_weight_{k}*second_weight_{k}" for k in range(12)),
    "deep": "x" + "**2*sin(x)" * 6,
    "quotes": 'cross_entropy(z, t, reduction="sum") # "\'`<>|',
    "tabs": "a = x*2\n    \n\tb = a  # \ttab\n b*a",
}
VALUES = {"t": 1, "z": [0.1, 0.2, 0.3]}


def hostile(name: str) -> Trace:
    """The trace of a hostile program, with 0.5 for most that it names."""
    graph = read(HOSTILE[name])
    return backtrace.trace(graph, {n: VALUES.get(n, 0.5) for n in graph.variables})


def written(trace: Trace, sheet: Sheet = PLAIN_SHEET) -> str:
    return FILES["tex"](trace, not_checked(trace), sheet).decode("ascii")


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles many documents as one, which takes no longer than each; its log."""
    if shutil.which("pdflatex") is None:
        assert not os.environ.get("CI"), "pdflatex must be installed: texlive-latex-base"
        pytest.skip("pdflatex is not installed")

    def compile_(documents: dict[str, str]) -> str:
        parts = {name: BODY.fullmatch(text.strip()) for name, text in documents.items()}
        heads = {part[1] for part in parts.values() if part}
        assert len(heads) == 1
        bodies = (f"\\typeout{{document {n}}}\n{p[2]}\\clearpage\n" for n, p in parts.items() if p)
        whole = f"{heads.pop()}{''.join(bodies)}\\end{{document}}\n"
        (tmp_path / "all.tex").write_text(whole, encoding="ascii")
        command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "all.tex"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
        log = (tmp_path / "all.log").read_text(encoding="latin-1")
        assert ran.returncode == 0, log[-3_000:]
        return log

    return compile_


def assert_good(log: str) -> None:
    """No error, no character that a font lacks, nothing that reaches out of the page."""
    assert "\n! " not in log
    assert "Missing character" not in log
    assert not [points for points in WIDE.findall(log) if int(points) > FAR_TOO_WIDE]


def test_programs_compile(compiled: Compile) -> None:
    """Every program of the snapshots is a document without errors, and on the page."""
    assert_good(compiled({name: written(traced(name)) for name in PROGRAMS}))


def test_hostile_programs_compile(compiled: Compile) -> None:
    """Whatever stands in a program is text: no command of it is one."""
    documents = {name: written(hostile(name)) for name in HOSTILE}
    log = compiled(documents)
    assert_good(log)
    assert "passwd" not in re.sub(r"\s", "", "".join(re.findall(r"\(/etc.*", log)))


def test_in_full(compiled: Compile) -> None:
    """With every entry of every array it compiles."""
    trace = backtrace.trace("mean((x @ w)**2)", x=np.ones((4, 30)) / 3, w=np.ones(30) / 7)
    assert_good(compiled({"full": written(trace, Sheet(full=True))}))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_typed_is_a_command(name: str) -> None:
    """There are no commands but those that are meant, and every brace is closed."""
    text = written(hostile(name))
    for command in ("input", "write18", "def", "csname", "catcode", "openout"):
        assert f"\\{command}" not in text.replace("\\newcommand", "")
    assert text.count("\\end{document}") == 1
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("name", ["twice", "peak", "blocked", "tie"])
def test_snapshot(name: str) -> None:
    """The document is as recorded."""
    assert_snapshot(f"{name}.tex", written(traced(name)).removesuffix("\n"))


@pytest.mark.parametrize("name", EXACT)
def test_same_bytes(name: str) -> None:
    """The same trace makes the same bytes, whatever was made before."""
    assert written(traced(name)) == written(traced(name))


def test_verdict_and_notes() -> None:
    """The check stands at the end with the gradients, and what else there is to know."""
    trace = traced("kink")
    text = FILES["tex"](trace, trace.check(), Sheet()).decode()
    assert "agrees: checked" in text or "convention: checked" in text
    assert "torch: " in text
    assert "Note: " in text


def test_long_program() -> None:
    """Of a program of many lines the first stand at the top, of many notes the first at the end."""
    assert written(traced("chain")).count("\\par\n") == MOST_LINES + 1
    unused = "\n".join(f"u{k} = {k}*x" for k in range(MOST_NOTES + 5))
    text = written(backtrace.trace(f"{unused}\nx**2", x=1))
    assert text.count("Note: ") <= MOST_NOTES + 1


def test_digits() -> None:
    """Numbers have as many digits as the sheet says."""
    trace = backtrace.trace("x/3", x=1)
    assert "0.333 " in written(trace, Sheet(digits=3)).replace("\n", " ")


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_equation(name: str) -> None:
    """Each equation that was derived stands in the document, in order."""
    trace = traced(name)
    text, at = written(trace), 0
    for section in derived(trace, Look()).sections:
        at = text.index(f"\\subsection*{{{section.title.capitalize()}}}", at)
        for equation in (e for block in section.blocks for e in block.equations):
            for side in equation.sides:
                found = text.find(SETTER.right(side.cell), at)
                assert found >= at, side
                at = found
