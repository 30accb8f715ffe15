"""backtrace.render.derivations: what is derived is what the trace says, at every edge and node."""

from __future__ import annotations

import re
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from programs import Program, programs
from test_render_snapshots import PROGRAMS, WHOLE, traced

import backtrace
from backtrace.errors import BacktraceError
from backtrace.records import Trace
from backtrace.render import Look
from backtrace.render.cells import GRADIENT, LOCAL, text_of
from backtrace.render.derivations import derived
from backtrace.render.derivations.backward import MOST_FACTORS, MOST_NAMES, MOST_TERMS
from backtrace.render.derivations.model import Equation, Section, Side, sided
from backtrace.render.phrases import Phrases

EXACT = Look(digits=17)
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
SCALARS = [name for name in WHOLE if not any(map(np.ndim, traced(name).values))]


def equations(section: Section) -> list[Equation]:
    return [equation for block in section.blocks for equation in block.equations]


def answers(trace: Trace) -> dict[str, str]:
    """The last side of every gradient that is written, by its left side."""
    found = equations(derived(trace, EXACT).backward)
    worked = [e for e in found if text_of(e.sides[-1].reason) != "in the variables"]
    return {text_of(e.left): text_of(e.sides[-1].cell) for e in worked}


@pytest.mark.parametrize("name", WHOLE)
def test_every_gradient_asked_for(name: str) -> None:
    """Each is written, and ends with the number of the trace."""
    trace = traced(name)
    say, found = Phrases(trace, EXACT), answers(trace)
    for wrt in trace.wrt:
        index = trace.graph.asked(wrt)
        assert index is not None
        expected = text_of(say.result(say.adjoint(index), GRADIENT))
        assert found[say.gradient(index)] == expected


@pytest.mark.parametrize("name", WHOLE)
def test_every_local_derivative(name: str) -> None:
    """There is one for each edge, and it ends with formula and number of the trace's own."""
    trace = traced(name)
    say = Phrases(trace, EXACT)
    edges = [e for i in range(len(trace.graph.nodes)) for e in trace.edges(i)]
    links = [say.link(*edge) for edge in edges]
    ends = [text_of(e.sides[-1].cell) for e in equations(derived(trace, EXACT).local)]
    for link in links:
        if link.local is not None:
            assert say.text(link.local) in ends
    numbers = sum(link.local is not None for link in links)
    derivatives = [e for e in equations(derived(trace, EXACT).local) if "∂" in text_of(e.left)]
    assert len(derivatives) == numbers


@pytest.mark.parametrize("name", WHOLE)
def test_every_node_forward(name: str) -> None:
    """Every variable and operation has a line that ends with its value; a literal has none."""
    trace = traced(name)
    say = Phrases(trace, EXACT)
    lines = {text_of(e.left): e.sides[-1].cell for e in equations(derived(trace, EXACT).forward)}
    for node in trace.nodes:
        if trace.graph.expression(node.index) == node.name and node.name not in trace.variables:
            assert node.name not in lines
        else:
            assert say.text(say.value(node.index)) in text_of(lines[node.name])


@pytest.mark.parametrize("name", SCALARS)
def test_factors_multiply(name: str) -> None:
    """The numbers of a chain multiply to what stands after them, unless an edge is blocked."""
    found = equations(derived(traced(name), EXACT).backward)
    chains = [e for e in found if len(e.sides) > 1 and any("∂" in text_of(s.cell) for s in e.sides)]
    for chain in chains:
        factors, result = (text_of(side.cell).strip() for side in chain.sides[-2:])
        numbers = [
            float(f.strip("()")) for f in factors.split(" × ") if NUMBER.fullmatch(f.strip("()"))
        ]
        if factors != "blocked" and len(numbers) == len(factors.split(" × ")):
            assert prod(numbers) == pytest.approx(float(result), rel=1e-12, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(programs())
def test_any_program(program: Program) -> None:
    """Whatever is traced is derived, and the answers are the trace's."""
    try:
        trace = backtrace.trace(program.text, program.values, seed=program.seed)
    except BacktraceError:
        return
    say, found = Phrases(trace, EXACT), answers(trace)
    for name in trace.wrt:
        index = trace.graph.asked(name)
        if index is not None and say.edges(index):
            result = say.result(say.adjoint(index), GRADIENT)
            shown = found[say.gradient(index)]
            assert shown == text_of(result) or text_of(result) in shown


def test_path_by_path() -> None:
    """A variable with two paths has a chain for each, with names, formulas and numbers."""
    trace = backtrace.trace("(y - (w*x + b))**2 + w**2", y=2, w=1, x=1, b=0, wrt="w")
    first, second, total, _ = equations(derived(trace, Look()).backward)
    assert [text_of(side.cell) for side in second.sides] == [
        "∂L/∂v5 × ∂v5/∂w",
        "1 × 2*w",
        "1 × 2",
        "2",
    ]
    assert text_of(first.sides[0].cell).count(" × ") == 4
    assert [text_of(side.cell) for side in total.sides] == ["-2 + 2", "0"]


def test_shared_node() -> None:
    """A node on all paths has its own sum, and chains begin with its gradient."""
    trace = backtrace.trace("h = w*x; h**2 + 3*h", w=2, x=3)
    found = {text_of(e.left): e for e in equations(derived(trace, Look()).backward)[:4]}
    assert [text_of(side.cell) for side in found["∂L/∂h"].sides] == ["12 + 3", "15"]
    assert text_of(found["∂L/∂w"].sides[0].cell) == "∂L/∂h × ∂h/∂w"


def test_many_paths() -> None:
    """With 2**60 paths there are as many sums as nodes."""
    trace = backtrace.trace("y = x\n" + "y = y + y\n" * 60, x=1, wrt="x")
    sums = [e for e in equations(derived(trace, Look()).backward) if text_of(e.left)[:1] == "∂"]
    assert len(sums) <= 62


@pytest.mark.parametrize(("length", "expected"), [(MOST_FACTORS, 1), (MOST_FACTORS + 1, 9)])
def test_long_chain(length: int, expected: int) -> None:
    """A chain of more factors than fit on a line is written node by node."""
    trace = backtrace.trace("v = x\n" + "v = sin(v)\n" * length, x=1)
    blocks = derived(trace, Look()).backward.blocks
    assert len(blocks) == expected


def test_held_constant() -> None:
    """Where an input is computed from the other, no ∂input/∂x says that it is 0."""
    text = "\n".join(
        text_of(side.cell)
        for e in equations(derived(backtrace.trace("x + x**2", x=3), Look()).local)
        for side in e.sides
    )
    assert "∂v1/∂x" not in text


def test_gradient_of_the_output_is_no_local_derivative() -> None:
    """Where ∂L/∂x is a sum, one of its terms is not called ∂L/∂x."""
    trace = backtrace.trace("x*x", x=3)
    lefts = [text_of(e.left) for e in equations(derived(trace, Look()).local)]
    assert lefts == ["∂(x*x)/∂x"] * 2
    assert answers(trace)["∂L/∂x"] == "6"


def test_many_uses() -> None:
    """A sum of many terms is not derived term by term."""
    trace = backtrace.trace(" + ".join(["x"] * (MOST_TERMS + 1)), x=1)
    lefts = [text_of(e.left) for e in equations(derived(trace, Look()).backward)]
    assert not any(left.startswith("via") for left in lefts if "x" in left)
    assert "∂L/∂x" in lefts


def test_many_names() -> None:
    """Of very many gradients the first are written, and it says how many more there are."""
    names = [f"x{k}" for k in range(MOST_NAMES + 3)]
    trace = backtrace.trace(" + ".join(names), dict.fromkeys(names, 1.0))
    last = derived(trace, Look()).backward.blocks[-1]
    assert text_of(last.remarks[0]).startswith("3 more variables")


def test_no_path() -> None:
    """A variable that the output does not depend on has the gradient 0, with the reason."""
    trace = backtrace.trace("y = 2*x; z = 3*u; y", x=1, u=1, wrt="x,u")
    found = {text_of(e.left): e for e in equations(derived(trace, Look()).backward)}
    (side,) = found["∂y/∂u"].sides
    assert (text_of(side.cell), text_of(side.reason)) == ("0", "y does not depend on it")


def test_blocked() -> None:
    """A blocked edge adds 0 although infinity arrives, and no inf × 0 is written."""
    trace = backtrace.trace("log(relu(x))", x=-1)
    sides = equations(derived(trace, Look()).backward)[0].sides
    assert [text_of(side.cell) for side in sides][-2:] == ["blocked", "0"]
    assert "relu(x)" in text_of(sides[-1].reason)


@pytest.mark.parametrize(
    ("program", "values"), [("relu(x)", {"x": 0}), ("max(a, b)", {"a": 1, "b": 1})]
)
def test_kink(program: str, values: dict[str, Any]) -> None:
    """At a kink the convention of the row is stated."""
    trace = backtrace.trace(program, values)
    for block in derived(trace, Look()).local.blocks:
        assert any("at a kink: " in text_of(remark) for remark in block.remarks)


def test_seed() -> None:
    """With a seed chains begin with the output's own gradient."""
    trace = backtrace.trace("x**2", x=3, seed=5)
    first = equations(derived(trace, Look()).backward)[0]
    assert [text_of(side.cell) for side in first.sides][-2:] == ["5 × 6", "30"]


@pytest.mark.parametrize("name", ["network", "softmax", "peak"])
def test_rules_of_arrays(name: str) -> None:
    """An operation on whole arrays says what each input gets, with what Ḡ is."""
    trace = traced(name)
    blocks = derived(trace, Look()).local.blocks
    said = [e for b in blocks for e in b.equations if e.sign == "gets"]
    graph = trace.graph
    edges = [e for k in range(len(graph.nodes)) for e in trace.edges(k)]
    ruled = [trace.contribution(*e) for e in edges if e[0] in graph.structural]
    assert len(said) == sum(not found.in_words for found in ruled)
    words = " ".join(text_of(remark) for block in blocks for remark in block.remarks)
    assert all(found.local in words for found in ruled if found.in_words)
    for equation in said:
        assert "with Ḡ = ∂" in text_of(equation.sides[-1].reason)


@pytest.mark.parametrize("name", PROGRAMS)
def test_left_out(name: str) -> None:
    """A program is derived in full, or says what is left out and how to see it."""
    found = derived(traced(name), Look())
    assert bool(found.left_out) == (found.forward.gap is not None) == (name == "chain")


def test_sided() -> None:
    """A side that says nothing new is left out, but not its reason or its style."""
    rule, plain = (("power rule", "dim"),), (("2*x", ""),)
    local = (("x*2", LOCAL),)
    assert sided([Side(plain, rule), Side(local), Side((("6", LOCAL),))]) == (
        Side(local, rule),
        Side((("6", LOCAL),)),
    )
