"""The JavaScript of every row held to its numpy, in a browser, and that of whole programs."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from browser import chromium
from table import ROWS, alone, close, every_row, params_of

import backtrace
from backtrace.ops import Elementwise
from backtrace.ops.rows import EachInput, Point
from backtrace.passes import active_nodes, backward, forward
from backtrace.records import Trace
from backtrace.render.links import backward_edges
from backtrace.render.page.code import obstacle, passes

LIBRARY = files("backtrace.render.page").joinpath("rows.js").read_text(encoding="utf-8")
UPSTREAMS = 1.0, -2.5, math.inf, math.nan
GRID = -3.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 7.25, math.inf, -math.inf, math.nan


class Case(NamedTuple):
    """One operation at one point, with what arrives from the output side."""

    row: Elementwise
    params: Mapping[str, float]
    point: Point
    upstream: float

    @property
    def trace(self) -> Trace:
        """The two passes in Python."""
        graph = alone(self.row, self.params, len(self.point))
        values = forward(graph, {f"x{i}": np.float64(x) for i, x in enumerate(self.point)})
        active = active_nodes(graph, range(len(self.point)))
        adjoints = backward(graph, values, active, np.float64(self.upstream))
        return Trace(graph, tuple(values), tuple(adjoints), {}, ())


def cases(row: Elementwise) -> Iterator[Case]:
    """A row at its samples, kinks and edges, and at all pairs of awkward numbers."""
    arity = len(row.domain.samples[0])
    domain = row.domain
    grid = product(GRID if arity < 3 else GRID[3:7], repeat=arity)
    points = [*domain.samples, *domain.kinks, *domain.edges, *grid]
    for params in params_of(row):
        for point in points:
            for upstream in UPSTREAMS:
                yield Case(row, params, point, upstream)


def numbers_of(trace: Trace) -> list[float]:
    """Every number of a trace: values, local derivatives, products, gradients."""
    found = [trace.contribution(*edge) for edge in backward_edges(trace)]
    adjoints: list[Any] = [a for a in trace.adjoints if a is not None]
    return [
        *map(float, trace.values),
        *(float(np.float64(c.local_value)) for c in found),
        *(float(c.product) for c in found),
        *map(float, adjoints),
        *kinks_of(trace),
    ]


def kinks_of(trace: Trace) -> Iterator[float]:
    """Whether each operation that a gradient passes through, and that has kinks, is at one."""
    for via in sorted({via for via, _ in backward_edges(trace)}):
        node = trace.graph.applied(via)
        if node.op.domain.kink is not None:
            inputs = [trace.values[i] for i in node.inputs]
            yield float(node.op.at_kink(inputs, dict(node.params)))


def script(trace: Trace) -> str:
    """The same numbers, by the generated code, as an expression."""
    names = json.dumps([f"{via}:{slot}" for via, slot in backward_edges(trace)])
    values = trace.graph.variables.values()
    inputs = ", ".join(f"{i}: {literal(trace.values[i])}" for i in values)
    return f"""(() => {{
        {passes(trace)}
        const v = forward({{{inputs}}}), b = backward(v);
        const names = {names};
        return [...v, ...names.map(n => b.local[n]), ...names.map(n => b.product[n]),
            ...Object.keys(b.gradient).map(Number).sort((p, q) => p - q).map(i => b.gradient[i]),
            ...Object.values(kinks(v)).map(Number)];
    }})()"""


def literal(value: float) -> str:
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(
        repr(float(value)), repr(float(value))
    )


def in_browser(page: Any, traces: Sequence[Trace]) -> list[list[float]]:
    """The numbers of all these traces as JavaScript finds them."""
    listed = ",\n".join(map(script, traces))
    text = (
        f"(() => {{ {LIBRARY}\nreturn JSON.stringify([{listed}].map(row => row.map(String))); }})()"
    )
    return [[number(x) for x in row] for row in json.loads(page.evaluate(text))]


def number(text: str) -> float:
    return float(text.replace("Infinity", "inf"))


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with chromium() as browser:
        yield browser.new_page()


@every_row
def test_every_row_has_javascript(row: Elementwise) -> None:
    """A row has its forward, a text for every input, and masks just where it has its own."""
    own = isinstance(row.masks, tuple | EachInput)
    arity = 1 if row.variadic else len(row.inputs)
    assert len(row.javascript) == 1 + arity
    assert len(row.javascript_masks) == (arity if own else 0)
    passing = [row.passes(slot) for slot in range(arity)]
    assert [bool(text) for text in row.javascript[1:]] == passing


@every_row
def test_rows_agree(page: Any, row: Elementwise) -> None:
    """At every point and for every upstream value, locals, products and gradients are numpy's."""
    found = list(cases(row))
    traces = [case.trace for case in found]
    for case, trace, theirs in zip(found, traces, in_browser(page, traces), strict=True):
        assert close(theirs, numbers_of(trace)), case


def mutants(row: Elementwise) -> Iterator[Elementwise]:
    """A row with one of its texts wrong: by a little, or without its mask."""
    for at, text in enumerate(row.javascript):
        if text:
            wrong = (*row.javascript[:at], f"1e-7 + ({text})", *row.javascript[at + 1 :])
            yield dataclasses.replace(row, javascript=wrong)
    for at, text in enumerate(row.javascript_masks):
        if text:
            masks = (*row.javascript_masks[:at], "false", *row.javascript_masks[at + 1 :])
            yield dataclasses.replace(row, javascript_masks=masks)


@every_row
def test_a_planted_mistake_is_found(page: Any, row: Elementwise) -> None:
    """Each text of a row, wrong in the seventh digit or with its mask left out, disagrees."""
    sound = list(cases(row))
    for mutant in mutants(row):
        traces = [case._replace(row=mutant).trace for case in sound]
        pairs = zip(traces, in_browser(page, traces), strict=True)
        assert not all(close(theirs, numbers_of(trace)) for trace, theirs in pairs)


def test_a_row_without_javascript_is_named() -> None:
    """A graph with an operation that has none cannot be computed again, and the page says why."""
    row = next(row for row in ROWS if row.name == "exp")
    without = dataclasses.replace(row, javascript=())
    traces = [Case(r, {}, (1.0,), 1.0).trace for r in (row, without)]
    assert [obstacle(trace) for trace in traces] == ["", "exp has no JavaScript"]


def test_the_code_has_names_of_its_own() -> None:
    """The names of the program are nowhere in the generated code."""
    trace = backtrace.trace("alert = document*2; alert + document", document=2)
    assert "alert" not in passes(trace)
    assert "document" not in passes(trace)
