"""backtrace.render.views.table: the Wengert list; how it looks is in the snapshots."""

from __future__ import annotations

import re

import numpy as np
import pytest

import backtrace
from backtrace.render import Look
from backtrace.render.views.table import FOLDED_TO, MOST_ROWS, table


def rows(text: str) -> list[int]:
    """The indices of the nodes that are shown."""
    return [int(n) for n in re.findall(r"^ *(\d+)  ", text, re.MULTILINE)]


def test_every_node_in_order() -> None:
    """A row a node, with expression, value, local derivative, product and gradient."""
    trace = backtrace.trace("(y - (w*x + b))**2 + w**2", y=2, w=1, x=1, b=0)
    text = table(trace).plain
    assert rows(text) == list(range(len(trace.nodes)))
    for said in ["v3    y - v2", "∂v4/∂v3 = 2*v3 = 2", "= 1 × 2 = 2", "= -2 + 2 = 0"]:
        assert said in text


@pytest.mark.parametrize(
    ("length", "depth", "expected"),
    [
        (MOST_ROWS - 1, None, MOST_ROWS),
        (MOST_ROWS, None, FOLDED_TO),
        (5_000, None, FOLDED_TO),
        (5_000, 3, 3),
        (5, 6, 6),
        (5, 5, 5),
        (5, 2, 2),
        (5, 1, 1),
        (5, 100, 6),
    ],
)
def test_fold(length: int, depth: int | None, expected: int) -> None:
    """The middle of a long list is left out, and the last line says how to see more."""
    text = table(backtrace.trace("v = a\n" + "v = sin(v)\n" * length, a=1), depth=depth).plain
    found = rows(text)
    assert len(found) == expected
    assert found == sorted(set(found))
    assert ("shows more" in text) == (expected < length + 1)


def test_no_gradient() -> None:
    """A variable that was not asked for, and a constant, say that they have no gradient."""
    text = table(backtrace.trace("2*w*x", w=1, x=2, wrt="w")).plain
    assert re.search(r"x +variable +2 +no gradient asked", text)
    assert re.search(r"2 +constant +2 +no gradient", text)


def test_arrays() -> None:
    """A row has entries and shape, a rule with its Ḡ, and a remark below."""
    text = table(backtrace.trace("var(x @ W)", x=[1, 2], W=[[1, 2, 0], [3, 4, 1]])).plain
    found = re.sub(" +", " ", text)
    assert "1 W variable [[1, 2, 0], [3, 4, 1]] (2, 3)" in found
    assert "Ḡ = ∂L/∂v1 ∂L/∂W = outer(x, Ḡ) = [[" in found
    assert "divides by n - 1 = 2" in found
    assert "Ḡ is the upstream gradient" in found


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("full", [False, True])
def test_arrays_keep_to_the_width(width: int, full: bool) -> None:
    """No line is wider than asked for, and none is empty but the one before the explanations."""
    x = np.random.default_rng(1).normal(size=(9, 4))
    trace = backtrace.trace("mean((x @ w - y)**2)", x=x, w=[1, 2, 3, 4], y=x[:, 0])
    lines = table(trace, Look(width=width, full=full)).plain.splitlines()
    assert max(map(len, lines)) <= width
    assert [line.strip() for line in lines].count("") == 1


def test_narrow() -> None:
    """A long expression, and a long value, go on under themselves; what is said stands below."""
    x = np.arange(12.0).reshape(3, 4) / 7
    trace = backtrace.trace("cross_entropy(x, t, axis=0)", x=x, t=[0, 1, 2, 1], wrt="x")
    found = table(trace, Look(width=60, full=True)).plain
    assert max(map(len, found.splitlines())) <= 60
    assert (
        """
2  L     cross_entropy(x, t,   1.20463
         axis=0,
         reduction="mean")
    mean over 4 examples
"""
        in found
    )
    assert (
        """
1  t     variable              [0, 1, 2, 1]   (4,)
    whole numbers, no gradient
"""
        in found
    )
    assert not re.search(r"^[^\d\s]", found.split("value\n")[1].split("\n\n")[0], re.MULTILINE)
