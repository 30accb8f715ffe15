"""backtrace.render.derivations.rules: every step is the derivative that it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

import backtrace
from backtrace.ops import OPS, Elementwise
from backtrace.ops.rows import Differential, Point
from backtrace.render.derivations.rules import Applied, Forms, forms

FAR = 1e150  # beyond, the textbook form overflows where the computed one does not
ROWS = [op for op in OPS.values() if isinstance(op, Elementwise)]
POINTS = [(op, point) for op in ROWS for point in op.domain.samples if max(map(abs, point)) < FAR]
NAMED = [(row, found) for row in ROWS for found in row.differentials]


def value(program: str, point: Point, v: float = np.nan) -> float:
    """What a step says at a point; the names of its inputs are p0, p1, …, of the output v."""
    names = {f"p{k}": float(x) for k, x in enumerate(point)} | {"v": float(v)}
    used = {name: x for name, x in names.items() if name in program}
    return float(backtrace.trace(program.replace("×", "*"), used, wrt=[]).value)


def applied(op: Elementwise, point: Point, constants: tuple[bool, ...]) -> Applied:
    """The operation on names, or on literals where these are constants."""
    labels = [
        repr(float(x)) if constant else f"p{k}"
        for k, (x, constant) in enumerate(zip(point, constants, strict=True))
    ]
    return Applied(op, labels, "v", dict(op.params), constants)


def steps(op: Elementwise, point: Point) -> Iterator[tuple[int, Forms]]:
    """The steps for every input, whichever of the other inputs are literals."""
    for slot, constants in product(range(len(point)), product([False, True], repeat=len(point))):
        if op.passes(slot) and not constants[slot]:
            numbers = [f"{float(k == slot)}" for k in range(len(point))]
            yield slot, forms(applied(op, point, constants), slot, numbers)


def local(op: Elementwise, point: Point, slot: int) -> float:
    """The local derivative that the trace computes."""
    program = op.shown([f"p{k}" for k in range(len(point))], dict(op.params))
    names = {f"p{k}": x for k, x in enumerate(point)}
    trace = backtrace.trace(program, names, wrt=[f"p{slot}"])
    found = trace.contribution(trace.graph.output, slot).local_value
    return float(np.asarray(found))


@pytest.mark.parametrize(("op", "point"), POINTS, ids=str)
def test_every_step_is_the_derivative(op: Elementwise, point: Point) -> None:
    """Each form is a program whose value at a sample is that of the row's local derivative."""
    v = op.forward(*map(np.float64, point), **dict(op.params))
    for slot, found in steps(op, point):
        expected = local(op, point, slot)
        for step in (found.differentiated, found.inserted):
            if step:
                assert value(step, point, v) == pytest.approx(expected, rel=1e-7, abs=1e-9), step


@pytest.mark.parametrize(("op", "point"), POINTS, ids=str)
def test_definition(op: Elementwise, point: Point) -> None:
    """What an operation is a name for has its value."""
    expected = float(op.forward(*map(np.float64, point), **dict(op.params)))
    for _, found in steps(op, point):
        if found.definition:
            assert value(found.definition, point) == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_has_a_rule(op: Elementwise) -> None:
    """Every input that a gradient passes to has a rule with a name."""
    for _, found in steps(op, op.domain.samples[0]):
        assert found.rule


@pytest.mark.parametrize(("op", "found"), NAMED, ids=str)
def test_differential(op: Elementwise, found: Differential) -> None:
    """A differential is in the row's own inputs, and its constant is one of them."""
    assert any(f"d{name}" in found.text for name in op.inputs)
    assert found.constant in ("", *op.inputs)


def test_product_rule() -> None:
    """Of two variables both terms are written; a literal factor is a constant multiple."""
    given = Applied(OPS["mul"], ["w", "x"], "v", {}, [False, False])  # type: ignore[arg-type]
    assert forms(given, 0, ["∂w/∂w", "∂x/∂w"]) == Forms(
        "product rule", "", "w × ∂x/∂w + x × ∂w/∂w", "w × 0 + x × 1", (1,)
    )
    literal = Applied(OPS["mul"], ["2", "x"], "v", {}, [True, False])  # type: ignore[arg-type]
    assert forms(literal, 1) == Forms("constant multiple rule", inserted="2")


def test_power_rule() -> None:
    """An exponent of 2 is put in and worked out by the reader: 2*s**(2 - 1)."""
    given = Applied(OPS["pow"], ["s", "2"], "v", {}, [False, True])  # type: ignore[arg-type]
    assert forms(given, 0) == Forms("power rule", inserted="2*s**(2 - 1)")
