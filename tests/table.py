"""The operation table as test cases: rows, their points, and one operation run alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

import numpy as np
import pytest

from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import FAMILIES, Elementwise
from backtrace.ops.rows import Point, Value
from backtrace.passes import active_nodes, backward, forward

EVERY_ROW = tuple(chain.from_iterable(FAMILIES.values()))
# Rows of whole arrays have tables of their own: structural_table.py
ROWS = tuple(row for row in EVERY_ROW if isinstance(row, Elementwise))
Case = tuple[Elementwise, Mapping[str, float], Point]

OF_NUMBERS = {row.name: row for row in ROWS}
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def params_of(row: Elementwise) -> list[Mapping[str, float]]:
    """The params to try: the defaults, and others."""
    return [row.params, {k: 1.5 * v + 0.25 for k, v in row.params.items()}] if row.params else [{}]


def at_kink(row: Elementwise, params: Mapping[str, float], point: Point) -> bool:
    """Whether a row says that it has a kink at a point."""
    kink = row.domain.kink
    with np.errstate(all="ignore"):
        return kink is not None and bool(kink(*map(np.float64, point), **params))


def cases(*kinds: str, smooth: bool = False) -> pytest.MarkDecorator:
    """Every (smooth) row at its points of these kinds: samples, kinks, edges."""
    found = [
        pytest.param(row, params, point, id=f"{row.name}{point}{dict(params) or ''}")
        for row in ROWS
        if row.smooth or not smooth
        for kind in kinds
        for params in params_of(row)
        for point in getattr(row.domain, kind)
        if kind != "kinks" or at_kink(row, params, point)
    ]
    return pytest.mark.parametrize(("row", "params", "point"), found)


def alone(row: Elementwise, params: Mapping[str, float], arity: int) -> Graph:
    """The graph of one operation on variables x0, x1, …"""
    leaves = tuple(Leaf(f"x{i}") for i in range(arity))
    apply = Apply(row, tuple(range(arity)), tuple(params.items()))
    return Graph("", (*leaves, apply), (Span(0, 0),) * (arity + 1), (), arity)


def run(
    row: Elementwise, params: Mapping[str, float], inputs: Iterable[Value], upstream: Value = 1.0
) -> tuple[Value, list[Value]]:
    """Value and gradients of one operation by the project's own two passes."""
    arrays = [np.asarray(x, dtype=np.float64)[()] for x in inputs]
    graph = alone(row, params, len(arrays))
    values = forward(graph, {f"x{i}": x for i, x in enumerate(arrays)})
    seed = np.full(np.shape(values[-1]), upstream)[()]
    adjoints = backward(graph, values, active_nodes(graph, range(len(arrays))), seed)
    zeros = [np.zeros(np.shape(x)) for x in arrays]
    return values[-1], [z if a is None else a for z, a in zip(zeros, adjoints, strict=False)]


def locals_of(row: Elementwise, params: Mapping[str, float], point: Point) -> list[Value]:
    """The local derivative by every input, 0 where no gradient passes."""
    with np.errstate(all="ignore"):
        inputs = [np.float64(x) for x in point]
        v = row.forward(*inputs, **params)
        rules = [row.local[slot] for slot in range(len(point))]
        return [r(*inputs, v, **params) if callable(r) else r or 0.0 for r in rules]


def close(ours: Value, theirs: Value, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Whether two numbers agree: nan with nan, an infinity with itself, -0 with 0."""
    return bool(np.allclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True))
