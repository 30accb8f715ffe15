"""Matrices side by side: matrix products where that is right, products of entries elsewhere."""

from __future__ import annotations

import pytest

import backtrace

PRODUCT = "P = A@B; L = sum(P**2)"
SQUARE = {"A": [[1, 2], [3, -1]], "B": [[0.5, 1], [2, -3]]}
LAYER = "z = W@x; L = sum((z - t)**2)"
WIDE = {"W": [[1, 2, 0.5], [3, -1, 2]], "x": [1, -1, 2], "t": [0, 1]}

RIGHT = [
    (PRODUCT, SQUARE, "P = AB"),
    (PRODUCT, SQUARE, "P = A B"),
    (PRODUCT, SQUARE, "dL/dP = 2AB"),
    (PRODUCT, SQUARE, "dL/dA = 2PBᵀ"),
    (PRODUCT, SQUARE, "dL/dB = 2AᵀP"),
    (PRODUCT, SQUARE, r"dL/dA = 2PB^\top"),
    (LAYER, WIDE, "dL/dx = 2 Wᵀ (z - t)"),
    (LAYER, WIDE, r"dL/dx = 2W^\top(Wx - t)"),
]
WRONG = [
    (PRODUCT, SQUARE, "P = A*B"),
    (PRODUCT, SQUARE, "P = BA"),
    (PRODUCT, SQUARE, "dL/dA = 2BᵀP"),
    (LAYER, WIDE, "dL/dx = 2 Wᵀ z"),
]


@pytest.mark.parametrize(("program", "at", "claim"), RIGHT)
def test_matrix_products_are_meant(program: str, at: dict[str, object], claim: str) -> None:
    """What is right with matrix products is right."""
    verdict = backtrace.check(program, at, claim)
    assert verdict.state == "correct", verdict


@pytest.mark.parametrize(("program", "at", "claim"), WRONG)
def test_what_is_wrong_stays_wrong(program: str, at: dict[str, object], claim: str) -> None:
    """A sign that was typed is not another one, and a wrong order is wrong."""
    assert backtrace.check(program, at, claim).state == "wrong"


def test_entry_by_entry_comes_first() -> None:
    """An answer that is right as the language reads it is not read in another way."""
    verdict = backtrace.check("L = sum(u*v)", {"u": [1, 2], "v": [3, -1]}, "L = sum(u v)")
    assert verdict.state == "correct"
    assert "matrix products" not in verdict.read_as
    meant = backtrace.check(PRODUCT, SQUARE, "P = A B")
    assert "matrix products where no sign is" in meant.read_as
