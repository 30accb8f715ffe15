"""Slips: the well-known wrong forms of derivatives, held to their rows at the rows' own points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from structural_table import cases_of, evaluated, product, same, upstream, value_of
from table import EVERY_ROW, close, locals_of, params_of

from backtrace.errors import BacktraceError
from backtrace.homework.verdicts import MISTAKES
from backtrace.ops import FAMILIES, OPS, Elementwise, Op, Structural
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Slip, Value
from backtrace.passes import unbroadcast
from backtrace.reading import read
from backtrace.render.op_facts import facts
from backtrace.render.ops import one

ROWS = tuple(row for row in EVERY_ROW if row.slips)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
# Families where every smooth function of one number is on teachers' lists of common errors.
TAUGHT = ("powers", "trigonometric", "hyperbolic", "activations")


def each_slip(*codes: str) -> pytest.MarkDecorator:
    """Every slip of every row, or those with these codes."""
    found = [
        pytest.param(row, slip, id=f"{row.name} {k}: {slip.code}")
        for row in ROWS
        for k, slip in enumerate(row.slips)
        if not codes or slip.code in codes
    ]
    return pytest.mark.parametrize(("row", "slip"), found)


Place = tuple[list[Shape], Mapping[str, Any], dict[str, Value], Value]


def places(row: Op, slot: int) -> Iterator[Place]:
    """The samples of a row: shapes, params, the values of all names, and what the input gets."""
    if isinstance(row, Structural):
        for case in cases_of(row, "samples"):
            g, v = upstream(case), value_of(case)
            yield case.shapes, case.params, case.names(g=g, v=v), product(case, slot, g, v)
        return
    assert isinstance(row, Elementwise)
    for params in params_of(row):
        for point in row.domain.samples:
            inputs = dict(zip(row.names(len(point)), map(np.float64, point), strict=True))
            v = row.forward(*inputs.values(), **params)
            right = locals_of(row, params, point)[slot]
            yield [()] * len(point), params, {**inputs, **params, "v": v}, right


def wrong_and_right(row: Op, slip: Slip) -> list[tuple[Value, Value]]:
    """What a slip gives and what is right, at every sample; None where its shape does not fit."""
    found = []
    for shapes, params, names, right in places(row, slip.slot):
        wrong = given(slip.program(shapes, params), names, shapes[slip.slot])
        found.append((wrong, right))
    return found


def given(text: str, names: Mapping[str, Value], shape: Shape) -> Value:
    """The value of a slip as a gradient of this shape, or None where it does not fit."""
    with np.errstate(all="ignore"):
        try:
            value = evaluated(text, names)
            together = np.broadcast_shapes(np.shape(value), shape)
        except (BacktraceError, ValueError):
            return None
    return unbroadcast(np.broadcast_to(value, together), shape)


def usable(value: Value) -> bool:
    """Whether it fits and is a number in every entry."""
    return value is not None and bool(np.all(np.isfinite(value)))


# -- the column


@each_slip()
def test_a_slip_is_of_an_input_that_gets_a_gradient(row: Op, slip: Slip) -> None:
    """Its slot is one of the row's, a gradient passes there, and its code is a mistake's."""
    least = min(len(getattr(point, "inputs", point)) for point in row.domain.samples)
    assert 0 <= slip.slot < least
    assert row.passes(slip.slot)
    assert slip.code in MISTAKES


@each_slip()
def test_a_slip_is_a_program_in_the_names_of_its_row(row: Op, slip: Slip) -> None:
    """It reads, assigns nothing, and has no names but inputs, params, v and, of arrays, g."""
    for shapes, params, names, _ in places(row, slip.slot):
        text = slip.program(shapes, params)
        graph = read(text, bound=names.keys())
        assert graph.variables.keys() <= names.keys(), text
        assert not graph.assigned, text


@each_slip()
def test_a_slip_is_wrong(row: Op, slip: Slip) -> None:
    """At one sample at least it gives a number of the input's shape, and not the right one."""
    pairs = wrong_and_right(row, slip)
    if isinstance(row, Elementwise):
        assert all(wrong is not None for wrong, _ in pairs)  # numbers always fit
        assert sum(usable(wrong) for wrong, _ in pairs) >= len(pairs) / 3
    assert any(usable(wrong) and not same(wrong, right, rtol=1e-6) for wrong, right in pairs)


@each_slip()
def test_signs(row: Op, slip: Slip) -> None:
    """The code is "sign" where a slip is the right derivative with the other sign, and only there.

    The quotient rule has a code of its own.
    """
    pairs = [pair for pair in wrong_and_right(row, slip) if usable(pair[0])]
    turned = all(close(wrong, -right, rtol=1e-6) for wrong, right in pairs)
    assert turned == (slip.code in ("sign", "quotient-sign") and slip.text not in QUOTIENTS)


QUOTIENTS = ("(cos(pi*x) + v)/x", "(1 + 2*abs(x))/(1 + abs(x))**2")  # of two terms, one turned


@each_slip("domain")
def test_right_for_some_values_only(row: Op, slip: Slip) -> None:
    """A slip with the code "domain" is right in some entries of the samples, wrong in others."""
    found: set[bool] = set()
    for wrong, right in wrong_and_right(row, slip):
        found |= {*np.ravel(np.isclose(wrong, right)).tolist()}
    assert found == {True, False}


@every_row
def test_slips_are_told_apart(row: Op) -> None:
    """No two slips of an input give the same at all samples."""
    for first, second in combinations(row.slips, 2):
        if first.slot == second.slot:
            pairs = zip(wrong_and_right(row, first), wrong_and_right(row, second), strict=True)
            assert any(
                usable(a) != usable(b) or (usable(a) and not close(a, b, rtol=1e-6))
                for (a, _), (b, _) in pairs
            ), (first, second)


@pytest.mark.parametrize("family", TAUGHT)
def test_what_is_taught_has_slips(family: str) -> None:
    """Every smooth function of one number has a well-known wrong derivative."""
    for row in FAMILIES[family]:
        assert row.slips or len(row.inputs) > 1, row.name


# -- shown


@every_row
def test_slips_are_shown(row: Op) -> None:
    """The page of an operation has every slip with its code, and so has its JSON."""
    told = facts(row)["slips"]
    names = row.names(2) if row.variadic else [*row.inputs]
    assert [slip["input"] for slip in told] == [names[slip.slot] for slip in row.slips]
    assert [slip["code"] for slip in told] == [slip.code for slip in row.slips]
    lines = one(row).plain.replace("ᵀ", ".T").splitlines()
    for slip in told:
        assert any(line.endswith(f"  {slip['code']}: {slip['text']}") for line in lines)


def test_a_slip_with_shapes_in_it() -> None:
    """Of a loss the wrong rule is divided by n, unless that is what is left out."""
    row = OPS["mse"]
    texts = [slip.program([(2, 2), (2, 2)], {"reduction": "mean"}) for slip in row.slips]
    assert texts[0] == "g*(yhat - y)/4"
    assert "g*2*(yhat - y)" in texts


def test_an_operation_without_slips() -> None:
    """What no student is known to get wrong has none, and its page says nothing of them."""
    assert OPS["one_hot"].slips == ()
    assert "slips" not in one(OPS["one_hot"]).plain
