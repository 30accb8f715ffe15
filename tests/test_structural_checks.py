"""Mistakes planted in rows on purpose: every check of the tests of whole arrays catches its own."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from structural_checks import (
    assert_carries,
    assert_definition,
    assert_foretold,
    assert_rules,
    assert_slope,
    assert_strides,
    assert_torch,
)
from structural_table import COMPOSITES, case_of, every, spiked, upstream

from backtrace.ops import OPS, Composite, Structural
from backtrace.ops.rows import Value, select
from backtrace.ops.structural import at


def changed(name: str, **change: Any) -> Structural:
    """A row with something else in some of its columns."""
    row = OPS[name]
    assert isinstance(row, Structural)
    return dataclasses.replace(row, **change)


def twice(g: Value, x: Value, *_: Any, **__: Any) -> Value:
    """A wrong rule for the sum of everything."""
    return np.broadcast_to(2 * g, np.shape(x))


def writing(x: Value, **_: Any) -> Value:
    """A forward that changes its input where it can."""
    array = np.asarray(x)
    array.flags.writeable = True
    array += 1
    return np.sum(array)


VECTOR = at([1.0, 3.0, -2.0])


def test_a_wrong_vjp_is_caught() -> None:
    """Differences, torch and the rule each see a factor of 2."""
    case = case_of(changed("sum", vjp=(twice,)), VECTOR)
    for check in (assert_slope, assert_rules, lambda c: assert_torch(c, np.float64(1.0))):
        with pytest.raises(AssertionError):
            check(case)


def test_a_wrong_forward_is_caught() -> None:
    """Another divisor than torch's is seen in the value, another shape before that."""
    other = changed("mean", forward=lambda x, axis, keepdims: np.sum(x) / 2.0)
    with pytest.raises(AssertionError, match="value"):
        assert_torch(case_of(other, VECTOR), np.float64(1.0))
    with pytest.raises(AssertionError):
        assert_foretold(case_of(changed("sum", shape=lambda x, axis, keepdims: x), VECTOR))


@pytest.mark.parametrize("text", ["2*g", "g*x", "unsqueeze(g, 0)*v", ":"])
def test_a_wrong_rule_is_caught(text: str) -> None:
    """What is shown must be what is computed, and say something."""
    with pytest.raises(AssertionError):
        assert_rules(case_of(changed("sum", rules=(text,)), VECTOR))


def test_a_rule_with_an_unknown_name_is_caught() -> None:
    """A rule has the names of the inputs, g and v."""
    with pytest.raises(AssertionError, match="w"):
        assert_rules(case_of(changed("sum", rules=("g + 0*w",)), VECTOR))


@every(COMPOSITES)
def test_a_wrong_definition_is_caught(row: Composite) -> None:
    """A program of another value is seen."""
    wrong = dataclasses.replace(row, definition=lambda *shapes, **params: f"{row.inputs[0]} - 7.25")
    with pytest.raises(AssertionError):
        assert_definition(case_of(wrong, row.domain.samples[0]))


def test_a_row_that_writes_is_caught() -> None:
    """An input that is written to is refused by numpy, or seen afterwards."""
    with pytest.raises((AssertionError, ValueError)):
        assert_strides(case_of(changed("sum", forward=writing), VECTOR))


def test_a_row_that_does_not_carry_is_caught() -> None:
    """-inf is lost in a largest entry."""
    with pytest.raises(AssertionError, match="inf"):
        assert_carries(changed("amax", carries=True))


def test_a_selection_in_place_of_a_product_is_caught() -> None:
    """What torch multiplies with 0 is nan where inf arrives, though all else agrees."""

    def selecting(g: Value, x: Value, v: Value, **_: Any) -> Value:
        return select(x != v, g)

    case = case_of(changed("amax", vjp=(selecting,)), VECTOR)
    assert_slope(case)
    assert_torch(case, upstream(case))
    with pytest.raises(AssertionError, match="nan"):
        assert_torch(case, spiked(upstream(case), np.inf)[0])
