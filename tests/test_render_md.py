"""backtrace.render.files.md: Markdown in which what was typed has no effect, with mathematics."""

from __future__ import annotations

import re

import numpy as np
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from recording import assert_snapshot
from test_render_snapshots import EXACT, PROGRAMS, traced
from test_render_tex import HOSTILE, Compile, assert_good, compiled, hostile

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.records import Trace
from backtrace.render import FILES, PLAIN_SHEET, Look, Sheet
from backtrace.render.derivations import derived
from backtrace.render.derivations.latex import Setter
from backtrace.render.derivations.surroundings import MOST_ROWS
from backtrace.render.files.tex import PREAMBLE

MARKDOWN = MarkdownIt("commonmark").enable("table")
HEADINGS = ["The gradients of", "Forward pass", "Local derivatives", "Backward pass", "Gradients"]
INJECTED = {
    "fence": "x*2 # ``` \n# ````\n# <script>alert(1)</script>\n# | a | b |",
    "html": "x*2 # <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](c)",
    "heading": "x*2\n# # Heading\n# ===\n# - item",
    "math": "x*2 # $$ \\href{javascript:alert(1)}{x} $$ $`\\input`$",
}
ALLOWED = {
    *("heading_open", "heading_close", "inline", "fence", "paragraph_open", "paragraph_close"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
    *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
}
INLINE = {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}

__all__ = ["compiled"]  # the fixture is used by its name


def written(trace: Trace, sheet: Sheet = PLAIN_SHEET) -> str:
    return FILES["md"](trace, not_checked(trace), sheet).decode()


def trace_of(name: str) -> Trace:
    if name in INJECTED:
        return backtrace.trace(INJECTED[name], x=1)
    return hostile(name) if name in HOSTILE else traced(name)


def tokens(text: str) -> list[Token]:
    return MARKDOWN.parse(text)


def mathematics(text: str) -> list[str]:
    """The content of every block of mathematics."""
    return [t.content for t in tokens(text) if t.type == "fence" and t.info == "math"]


@pytest.mark.parametrize("name", [*PROGRAMS, *HOSTILE, *INJECTED])
def test_nothing_typed_has_an_effect(name: str) -> None:
    """There are headings, paragraphs, lists, one table and fences, and the headings are ours."""
    found = tokens(written(trace_of(name)))
    assert {token.type for token in found} <= ALLOWED
    inline = [child for token in found for child in token.children or []]
    assert {child.type for child in inline} <= INLINE
    headings = [found[k + 1].content for k, t in enumerate(found) if t.type == "heading_open"]
    assert [next(h for h in HEADINGS if title.startswith(h)) for title in headings] == [
        h for h in HEADINGS if any(title.startswith(h) for title in headings)
    ]


@pytest.mark.parametrize("name", [*PROGRAMS, *HOSTILE, *INJECTED])
def test_program(name: str) -> None:
    """The program stands at the top, character by character where it is short."""
    trace = trace_of(name)
    fence = next(t for t in tokens(written(trace)) if t.type == "fence")
    assert fence.info == "text"
    runs = re.findall("`+", trace.graph.source)
    assert len(fence.markup) > max(map(len, runs), default=0)
    if name not in ("chain", "tabs"):
        assert fence.content.rstrip("\n") == trace.graph.source.rstrip("\n")


@pytest.mark.parametrize("name", [*PROGRAMS, *HOSTILE])
def test_mathematics_is_whole(name: str) -> None:
    """Each block has one environment, closed braces, and no sign that ends it for GitHub."""
    blocks = mathematics(written(trace_of(name)))
    assert blocks
    for block in blocks:
        assert block.startswith("\\begin{alignedat}{2}\n")
        assert block.endswith("\\end{alignedat}\n")
        bare = re.sub(r"\\[{}]", "", block)
        assert bare.count("{") == bare.count("}")
        assert bare.count("\\left") == bare.count("\\right") + bare.count("\\leftarrow")
        assert "`" not in block and "$" not in re.sub(r"\\\$", "", block)
        outside = re.sub(r"\\begin\{(cases|bmatrix)\}.*?\\end\{\1\}", "", block)
        assert not any(line.count("&") > 3 for line in outside.split("\\\\\n"))


def test_mathematics_compiles(compiled: Compile) -> None:
    """Every block is LaTeX, too; names beyond its letters are not tried."""
    documents = {}
    for name in [*PROGRAMS, *HOSTILE]:
        blocks = [b for b in mathematics(written(trace_of(name))) if b.isascii()]
        body = "".join(f"\\[\n{block}\\]\n" for block in blocks)
        documents[name] = f"{PREAMBLE}{body}\\end{{document}}"
    log = compiled(documents)
    assert_good(re.sub(r"Overfull.*", "", log))  # a page of Markdown scrolls


def test_table() -> None:
    """The gradients stand in a table beside torch's, with the verdict below."""
    trace = traced("twice")
    text = FILES["md"](trace, trace.check(), PLAIN_SHEET).decode()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip(" `") for row in rows] == list(trace.wrt)
    for name, row in zip(trace.wrt, rows, strict=True):
        number = f"{trace.gradients[name]:g}"
        assert row.count(number) >= 2
        assert "agrees" in row
    assert "agrees: checked against torch" in text


def test_not_checked() -> None:
    """Without a check there is no column of torch's."""
    assert "torch" not in written(traced("square"))


def test_many_gradients() -> None:
    """Of very many gradients the table has the first."""
    names = [f"x{k}" for k in range(MOST_ROWS + 9)]
    text = written(backtrace.trace(" + ".join(names), dict.fromkeys(names, 1.0)))
    assert len(re.findall(r"^\| `", text, re.MULTILINE)) == MOST_ROWS


def test_in_full() -> None:
    """With all entries of arrays nothing is left out."""
    trace = backtrace.trace("sum(x**2)", x=np.arange(60.0))
    assert "\\ldots" in written(trace)
    assert "\\ldots" not in written(trace, Sheet(full=True))


@pytest.mark.parametrize("name", ["twice", "network", "peak", "blocked", "tie", "again"])
def test_snapshot(name: str) -> None:
    """The document is as recorded."""
    assert_snapshot(f"{name}.md", written(traced(name)).removesuffix("\n"))


@pytest.mark.parametrize("name", EXACT)
def test_same_bytes(name: str) -> None:
    """The same trace makes the same bytes, whatever was made before."""
    assert written(traced(name)) == written(traced(name))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_equation(name: str) -> None:
    """Each equation that was derived stands in a block of mathematics, in order."""
    trace = traced(name)
    text, at = "".join(mathematics(written(trace))), 0
    for section in derived(trace, Look()).sections:
        for equation in (e for block in section.blocks for e in block.equations):
            for side in equation.sides:
                found = text.find(Setter().cell(side.cell), at)
                assert found >= at, side
                at = found
