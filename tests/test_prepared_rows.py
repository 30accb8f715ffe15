"""backtrace.prepared, with every row of the operation table at every one of its points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
import pytest
from structural_table import ROWS as OF_ARRAYS
from structural_table import Case, cases_of, read_only, value_of
from table import ROWS as OF_NUMBERS
from table import alone, params_of
from test_prepared import Point, assert_prepared

from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf, Node
from backtrace.ops import OPS, Elementwise, Structural
from backtrace.ops.rows import Value

KINDS = ("samples", "kinks", "edges")


def subsets(names: Sequence[str]) -> list[Sequence[str]]:
    """All of the names, and each alone."""
    return [names, *([name] for name in names)] if len(names) > 1 else [names]


def points_of(row: Elementwise) -> dict[int, list[tuple[float, ...]]]:
    """All the points of a row, by how many inputs they are for."""
    every = [point for kind in KINDS for point in getattr(row.domain, kind)]
    return {n: list(found) for n, found in groupby(sorted(every, key=len), len)}


def times_u(graph: Graph) -> Graph:
    """The output times a variable u: the gradient that arrives at the operation."""
    output = graph.output
    nodes = (*graph.nodes, Leaf("u"), Apply(OPS["mul"], (output, output + 1)))
    return Graph("", nodes, (Span(0, 0),) * len(nodes), (), output + 2)


UPSTREAM = (1.0, np.inf, 0.0, np.nan, -2.0)


@pytest.mark.parametrize("row", OF_NUMBERS, ids=lambda row: row.name)
def test_every_row_of_numbers(row: Elementwise) -> None:
    """Prepared at one of its points, a row has the numbers of the passes at all others.

    Kinks and poles are among them, and any gradient arrives; all inputs move, or one alone; as
    numbers, and as an array.
    """
    for params in params_of(row):
        for arity, points in points_of(row).items():
            graph = times_u(alone(row, params, arity))
            names = tuple(graph.variables)
            single = [
                dict(zip(names, map(np.float64, (*point, u)), strict=True))
                for point in points
                for u in UPSTREAM
            ]
            columns = np.array([list(point.values()) for point in single]).T
            whole = [dict(zip(names, np.roll(columns, k, 1), strict=True)) for k in (0, 1)]
            for moving in subsets(names):
                for start in (single[0], single[-1]):
                    assert_prepared(graph, [start, *single], moving, names)
                assert_prepared(graph, whole, moving, names)
                among_arrays = [{**whole[0], moving[0]: point[moving[0]]} for point in single]
                assert_prepared(graph, among_arrays, moving, names)


def alone_of(case: Case) -> tuple[Graph, Point]:
    """One operation on whole arrays, and its point."""
    count = len(case.inputs)
    apply = Apply(case.row, tuple(range(count)), tuple(case.params.items()))
    names = [f"x{k}" for k in range(count)]
    nodes: tuple[Node, ...] = (*map(Leaf, names), apply)
    graph = Graph("", nodes, (Span(0, 0),) * (count + 1), (), count)
    return graph, dict(zip(names, case.inputs, strict=True))


def changed(case: Case, change: Callable[[Value], Value]) -> Case:
    """The case with other numbers in what is no index."""
    inputs = [x if case.row.is_index(k) else change(x) for k, x in enumerate(case.inputs)]
    return case._replace(inputs=tuple(map(read_only, inputs)))


@pytest.mark.parametrize("row", OF_ARRAYS, ids=lambda row: row.name)
def test_every_row_of_whole_arrays(row: Structural) -> None:
    """The same for operations on whole arrays, at their points and at others of the same shapes."""
    every = cases_of(row, *KINDS)
    for case in every:
        alike = [c for c in every if c.shapes == case.shapes and c.params == case.params]
        others = [changed(case, lambda x: 0.75 - 1.5 * x), changed(case, np.ones_like)]
        graph, _ = alone_of(case)
        points = [alone_of(c)[1] for c in (case, *others, *alike)]
        names = tuple(graph.variables)
        same_indices = [
            {**point, **{n: points[0][n] for k, n in enumerate(names) if row.is_index(k)}}
            for point in points  # other indices may make other shapes: x[a:b]
        ]
        for moving in subsets(names):
            assert_prepared(graph, same_indices, moving, names)


@pytest.mark.parametrize("row", [r for r in OF_ARRAYS if r.instead], ids=lambda row: row.name)
def test_a_row_that_the_shapes_choose(row: Structural) -> None:
    """Classes or probabilities: which operation is meant is found by the shapes, as in a trace."""
    random = np.random.default_rng(0)
    params = {"axis": -1} if "axis" in row.params else {}
    classes = Case(
        row, (random.normal(size=(2, 3)), np.array([2.0, 0.0])), {**row.params, **params}
    )
    odds = classes._replace(inputs=(classes.inputs[0], random.dirichlet(np.ones(3), 2)))
    for case in (classes, odds):
        graph, point = alone_of(case)
        other = {"x0": random.normal(size=(2, 3)), "x1": point["x1"][::-1]}
        for moving in (["x0"], ["x1"], ["x0", "x1"]):
            assert_prepared(graph, [point, other], moving, ["x0", "x1"])


@pytest.mark.parametrize("row", [r for r in OF_ARRAYS if r.linear], ids=lambda row: row.name)
def test_what_is_linear_has_a_rule_without_its_input(row: Structural) -> None:
    """A linear operation's rule for an input asks neither the input nor the output."""
    for case in cases_of(row, *KINDS):
        v = value_of(case)
        g = np.random.default_rng(0).normal(size=np.shape(v))[()]
        for slot in case.slots:
            rule = row.vjp[slot]
            assert rule is not None
            inputs = list(case.inputs)
            inputs[slot] = read_only(np.full(np.shape(inputs[slot]), np.nan))
            unknown = read_only(np.full(np.shape(v), np.nan))
            with np.errstate(all="ignore"):
                found = rule(g, *inputs, unknown, **case.params)
                right = rule(g, *case.inputs, v, **case.params)
            assert np.array_equal(found, right, equal_nan=True)


def test_there_are_linear_rows() -> None:
    """The test above has work to do."""
    assert {"sum", "mean", "matmul"} <= {row.name for row in OF_ARRAYS if row.linear}
