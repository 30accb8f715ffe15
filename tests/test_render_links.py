"""backtrace.render.links: an edge with what is shown of its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backtrace
from backtrace.render.arrays import LARGE, Glance
from backtrace.render.links import link


@pytest.mark.parametrize(
    ("program", "bindings", "edge", "expected"),
    [
        ("relu(x)", {"x": -1}, (1, 0), "all"),
        ("relu(x)", {"x": 1}, (1, 0), ""),
        ("log(relu(x))", {"x": -1}, (1, 0), "instead"),
        ("sum(relu(x))", {"x": [-1, -2]}, (1, 0), "all"),
        ("sum(relu(x))", {"x": [-1, 2]}, (1, 0), ""),
        ("sum(log(relu(x)))", {"x": [-1, -2]}, (1, 0), "instead"),
        ("sum(log(relu(x)))", {"x": [-1, 2]}, (1, 0), "partly"),
        ("sum(exp(x)*y)", {"x": [1000, 1], "y": [1, 1]}, (1, 0), ""),
    ],
)
def test_blocked(program: str, bindings: Any, edge: tuple[int, int], expected: str) -> None:
    """Where all, or some entries, of a contribution are 0 whatever arrives."""
    assert link(backtrace.trace(program, bindings), *edge, full=False).blocked == expected


def test_rule() -> None:
    """An operation on whole arrays has a rule, in a formula or in words, and no local number."""
    matmul = link(backtrace.trace("sum(x @ W)", x=[1, 2], W=[[1], [2]]), 2, 0, full=False)
    assert (matmul.formula, matmul.in_words, matmul.local) == ("W @ Ḡ", False, None)
    picked = link(backtrace.trace("sum(x[1:])", x=[1, 2]), 1, 0, full=False)
    assert picked.in_words
    assert picked.formula.startswith("Ḡ at")


def test_large_arrays_are_reduced() -> None:
    """Of a large product only a glance is kept, unless all is to be shown."""
    trace = backtrace.trace("sum(2*x)", x=np.ones(LARGE + 1))
    assert isinstance(link(trace, 2, 1, full=False).product, Glance)
    assert np.shape(link(trace, 2, 1, full=True).product) == (LARGE + 1,)
