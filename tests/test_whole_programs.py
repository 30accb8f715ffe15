"""Random programs from end to end: read, traced, checked against torch, and shown."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import PALETTES, SHAPES, Program, fits, programs

from backtrace import trace
from backtrace.crosscheck import not_checked
from backtrace.errors import BacktraceError, ShapeError
from backtrace.records import Trace
from backtrace.render import VIEWS, Look
from backtrace.render.json import json_text
from backtrace.render.node import node
from backtrace.render.quiet import quiet
from backtrace.render.summary import summary


def traced(program: Program) -> Trace:
    """The trace of a program, which has values for names that it may not use."""
    return trace(program.text, program.values, seed=program.seed)


@given(programs())
def test_a_program_of_arrays_does_not_differ_from_torch(program: Program) -> None:
    """Whatever is written, at ties, zeros, infinities and nan too, torch has the same numbers."""
    found = traced(program)
    found.graph.validate()
    assert np.shape(found.value) == program.shape
    for name, gradient in found.gradients.items():
        assert np.shape(gradient) == np.shape(program.values[name]), name
    check = found.check()
    assert check.status != "differs", check.summary
    if found.undefined is None:
        numbers = [found.value, *found.gradients.values()]
        assert all(np.all(np.isfinite(n)) for n in numbers)


@given(programs())
def test_every_view_can_be_made(program: Program) -> None:
    """Trees, tables, summaries, nodes and JSON are there for whatever was traced."""
    found = traced(program)
    check = not_checked(found)
    for view in VIEWS.values():
        for look in (Look(), Look(width=60), Look(ascii=True), Look(full=True)):
            assert view(found, look).plain
    for look in (Look(), Look(width=40)):
        assert isinstance(summary(found, check, look).plain, str)
    for label in found.graph.labels:
        assert node(found, label).plain
    assert "nan" not in _bare(json_text(found, check))
    assert isinstance(quiet(found), str)
    assert repr(found)


def _bare(text: str) -> list[str]:
    """The numbers that JSON does not know, of which there should be none."""
    seen: list[str] = []
    json.loads(text, parse_constant=lambda name: seen.append(name.lower()))
    return seen


@given(programs())
def test_a_program_has_its_invariants(program: Program) -> None:
    """A gradient is the sum of its products, each in the shape of the node it goes to."""
    found = traced(program)
    for traced_node in found.nodes[: found.graph.output]:
        for contribution in traced_node.contributions:
            assert np.shape(contribution.product) == np.shape(traced_node.value)
            assert contribution.local
        if traced_node.contributions and traced_node.adjoint is not None:
            products = [np.asarray(c.product) for c in reversed(traced_node.contributions)]
            with np.errstate(all="ignore"):
                total = sum(products[1:], products[0])
            assert np.array_equal(total, traced_node.adjoint, equal_nan=True)


OPERATIONS = ["{0} + {1}", "{0}*{1}", "{0}**{1}", "max({0}, {1})", "where({0} > {1}, 1, 2)",
              "clamp({0}, 0, {1})", "hypot({0}, {1})", "mse({0}, {1})", "{0} @ {1}"]  # fmt: skip


@given(st.sampled_from(OPERATIONS), st.sampled_from(list(SHAPES)), st.sampled_from(list(SHAPES)))
def test_shapes_that_do_not_go_together_are_refused(operation: str, a: str, b: str) -> None:
    """What numpy does not combine is a ShapeError that names both; what it combines has a shape."""
    values = {name: np.ones(SHAPES[name]) for name in {a, b}}
    program = f"h = 2*{b}\n{operation.format(a, 'h')}"
    shape: Any = fits(SHAPES[a], SHAPES[b])
    if "@" in operation:
        try:
            shape = np.matmul(np.ones(SHAPES[a]), np.ones(SHAPES[b])).shape
        except ValueError:
            shape = None
    if shape is not None:
        found = trace(program, values, seed=1)
        assert np.shape(found.value) == (() if operation.startswith("mse") else shape)
        return
    with pytest.raises(ShapeError) as caught:
        trace(program, values, seed=1)
    for name, size in ((a, SHAPES[a]), ("h", SHAPES[b])):
        assert f"{name} {f'has shape {size}' if size else 'is one number'}" in caught.value.message
    assert "line 2: " in str(caught.value)


TEXTS = st.text("xAi01[]():.,;=+*@T \n'\"", max_size=30)


@given(TEXTS | st.lists(st.sampled_from(
    ["x", "A", "i", "[", "]", "(", ")", ":", ",", "...", "None", "axis=", "sum", ".T", ".sum()",
     "1", "-1", "einsum", "'ij->'", "=", ";", "@", "*", "reshape", "stack"]), max_size=14,
).map("".join))  # fmt: skip
def test_any_text_is_traced_or_refused(text: str) -> None:
    """No program raises anything but a BacktraceError with a message."""
    try:
        trace(text, {"x": [1, 2, 3], "A": [[1, 2], [3, 4]], "i": 1}, seed=1)
    except BacktraceError as error:
        assert error.message


def test_the_palettes_have_their_points() -> None:
    """Ties, zeros, infinity and nan are tried."""
    every = [number for palette in PALETTES.values() for number in palette]
    assert {0.0, np.inf} <= set(every)
    assert any(np.isnan(every))
