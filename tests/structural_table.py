"""The rows of whole arrays as test cases: their points, and one operation run alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from table import EVERY_ROW, close

from backtrace.ops import Composite, Structural
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Value
from backtrace.ops.structural import At
from backtrace.passes import forward, unbroadcast
from backtrace.reading import read

ROWS = tuple(row for row in EVERY_ROW if isinstance(row, Structural))
COMPOSITES = tuple(row for row in ROWS if isinstance(row, Composite))


class Case(NamedTuple):
    """One operation on certain inputs, which are read-only."""

    row: Structural
    inputs: tuple[Value, ...]
    params: Mapping[str, Any]

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of the inputs."""
        return [np.shape(x) for x in self.inputs]

    @property
    def slots(self) -> list[int]:
        """The inputs that a gradient passes to."""
        return [slot for slot in range(len(self.inputs)) if self.row.passes(slot)]

    def names(self, **more: Value) -> dict[str, Value]:
        """The inputs by their names in the row's rules, and more."""
        return dict(zip(self.row.names(len(self.inputs)), self.inputs, strict=True), **more)

    def with_inputs(self, change: Callable[[Value], Value]) -> Case:
        """The same operation on inputs that are changed, and read-only again."""
        return self._replace(inputs=tuple(read_only(change(x)) for x in self.inputs))


def read_only(given: Any) -> Value:
    """What a node's value is: numpy's own scalar, or a read-only array, with its strides."""
    array = np.asarray(given, dtype=np.float64)
    array = array.view()
    array.flags.writeable = False
    return array[()]


def case_of(row: Structural, point: At) -> Case:
    """A row at one of its points."""
    inputs = tuple(read_only(np.array(x, dtype=np.float64)) for x in point.inputs)
    return Case(row, inputs, {**row.params, **point.params})


def cases_of(row: Structural, *kinds: str) -> list[Case]:
    """A row at all its points of these kinds."""
    return [case_of(row, point) for kind in kinds for point in getattr(row.domain, kind)]


def cases(*kinds: str, rows: tuple[Structural, ...] = ROWS) -> pytest.MarkDecorator:
    """Every row at its points of these kinds: samples, kinks, edges."""
    found = [
        pytest.param(case, id=f"{row.name} {kind}[{k}] {_described(case)}")
        for row in rows
        for kind in kinds
        for k, case in enumerate(cases_of(row, kind))
    ]
    return pytest.mark.parametrize("case", found)


def every(rows: tuple[Structural, ...] = ROWS) -> pytest.MarkDecorator:
    """Every row."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def _described(case: Case) -> str:
    params = {k: v for k, v in case.params.items() if v != case.row.params[k]}
    return " ".join([*map(str, case.shapes), *(f"{k}={v}" for k, v in params.items())])


# -- one operation


def value_of(case: Case) -> Value:
    """The value of an operation."""
    with np.errstate(all="ignore"):
        return case.row.forward(*case.inputs, **case.params)


def product(case: Case, slot: int, g: Value, v: Value) -> Value:
    """What an input gets, with broadcasting undone."""
    with np.errstate(all="ignore"):
        found = case.row.vjp[slot](g, *case.inputs, v, **case.params)  # type: ignore[misc]
        return unbroadcast(np.asarray(found), np.shape(case.inputs[slot]))


def products(case: Case, g: Value) -> list[Value]:
    """What every input gets: 0 where no gradient passes."""
    v = value_of(case)
    return [
        product(case, slot, g, v) if slot in case.slots else np.zeros(np.shape(x))
        for slot, x in enumerate(case.inputs)
    ]


def upstream(case: Case) -> Value:
    """A gradient that arrives: numbers that are all different, the same in every run."""
    return read_only(np.random.default_rng(0).normal(1.0, 2.0, np.shape(value_of(case))))


def spiked(g: Value, spike: float) -> list[Value]:
    """`g` with inf or nan as its first entry, and as its last."""
    found = []
    for place in (0, -1):
        if np.size(g):
            array = np.array(g)
            array.flat[place] = spike
            found.append(read_only(array))
    return found


def evaluated(text: str, bindings: Mapping[str, Value]) -> Value:
    """The value of a program of a row: it must be readable, and all its names must have values."""
    graph = read(text, bound=bindings.keys())
    assert graph.variables.keys() <= bindings.keys(), text
    return forward(graph, bindings)[graph.output]


def same(ours: Value, theirs: Value, **tolerance: float) -> bool:
    """Whether two arrays agree, in their shapes too."""
    return np.shape(ours) == np.shape(theirs) and close(ours, theirs, **tolerance)
