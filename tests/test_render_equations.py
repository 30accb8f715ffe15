"""backtrace.render.views.equations: the layout; how it looks is in the snapshots."""

from __future__ import annotations

import re

import pytest
from test_render_snapshots import ARRAYS, PROGRAMS, traced

import backtrace
from backtrace.records import Contribution, Trace
from backtrace.render import Look
from backtrace.render.cells import GRADIENT, LOCAL
from backtrace.render.derivations.deriving import FOLDED_TO, MOST_NODES
from backtrace.render.views.equations import equations


def test_three_passes() -> None:
    """The values, the local derivatives rule by rule, and the gradient as a chain."""
    trace = backtrace.trace("yhat = w*x; s = yhat - y; loss = s**2", w=2, x=-3, y=1, wrt="w")
    text = equations(trace).plain
    for said in [
        "yhat = w*x = 2*(-3) = -6",
        "∂yhat/∂w = ∂(w*x)/∂w = w × ∂x/∂w + x × ∂w/∂w   product rule",
        "= ∂loss/∂s × ∂s/∂yhat × ∂yhat/∂w = 2*s × 1 × x = -14 × 1 × (-3) = 42",
        "∂loss/∂w = 2*x*(w*x - y)   in the variables",
    ]:
        assert said in text


@pytest.mark.parametrize("width", [120, 80, 60, 40])
@pytest.mark.parametrize("name", PROGRAMS)
def test_width(name: str, width: int) -> None:
    """No line is longer than the screen."""
    lines = equations(traced(name), Look(width=width)).plain.splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("name", [*ARRAYS, "twice", "again", "undefined", "tie"])
def test_ascii(name: str) -> None:
    """On a screen of ASCII everything is, and a derivative of a call keeps its parentheses."""
    text = equations(traced(name), Look(ascii=True)).plain
    assert text.isascii()
    assert "dsigmoid" not in text and "dlog" not in text


def test_aligned() -> None:
    """The signs of equality of a derivation stand under one another, and so do its reasons."""
    trace = backtrace.trace("w*x", w=2, x=3, wrt="w")
    lines = equations(trace).plain.split("local derivatives\n")[1].splitlines()[:3]
    assert len({line.index("=") for line in lines}) == 1
    assert lines[0].index("product rule") == lines[1].index("x held constant")


@pytest.mark.parametrize(
    ("length", "depth", "expected"),
    [
        (MOST_NODES - 1, None, MOST_NODES),
        (MOST_NODES, None, FOLDED_TO),
        (3_000, None, FOLDED_TO),
        (3_000, 3, 3),
        (5, 6, 6),
        (5, 2, 2),
        (5, 1, 1),
        (5, 100, 6),
    ],
)
def test_fold(length: int, depth: int | None, expected: int) -> None:
    """The middle of a long program is left out of each pass, and the last line says so."""
    trace = backtrace.trace("v = a\n" + "v = sin(v)\n" * length, a=1)
    text = equations(trace, depth=depth).plain
    passes = re.split(r"\n\n?(?=local|backward)", text)
    values = [line for line in passes[0].splitlines()[1:] if "=" in line]
    assert len(values) == expected
    assert ("shows more" in text) == (expected < length + 1)
    if expected > 1:  # of one step there is no middle
        assert text.count("  …\n") == (3 if expected < length + 1 else 0)


def test_only_what_is_shown_is_derived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a program of 10,000 nodes no more edges are looked at than its two ends have."""
    seen: list[tuple[int, int]] = []
    contribution = Trace.contribution

    def counted(trace: Trace, via: int, slot: int) -> Contribution:
        seen.append((via, slot))
        return contribution(trace, via, slot)

    monkeypatch.setattr(Trace, "contribution", counted)
    equations(traced("chain"), Look(width=80))
    assert len(set(seen)) < 10 * FOLDED_TO


def test_roles() -> None:
    """Local derivatives and gradients have the colours that they have in the tree."""
    trace = backtrace.trace("w*x", w=2, x=3, wrt="w")
    text = equations(trace)
    spans = {(text.plain[span.start : span.end], str(span.style)) for span in text.spans}
    assert ("x", LOCAL) in spans
    assert ("3", GRADIENT) in spans
