"""backtrace.prepared: a program that is run at many points, with the numbers of the two sweeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import with_mistake
from programs import INDICES, PALETTES, Program, programs
from programs import SHAPES as NAMED_SHAPES
from structural_table import read_only
from table import ROWS as OF_NUMBERS
from table import params_of

from backtrace import prepared
from backtrace.errors import ShapeError, Span
from backtrace.graph import Apply, Constant, Graph, Leaf, Node
from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, forward, frozen, settled
from backtrace.prepared import LARGE, Prepared
from backtrace.reading import read
from backtrace.tracing import trace

Point = Mapping[str, Value]
NAMES = ("x", "y", "z")
SHAPES: list[Shape] = [(), (3,), (2, 3), (2, 1), (1, 3), (1, 1), (1,)]


# -- the two sweeps, once from the beginning and once prepared


class Numbers(NamedTuple):
    """The output and gradients at a point; or why an operation cannot take its inputs there."""

    numbers: list[Value]
    misfit: str = ""


def swept(graph: Graph, point: Point, wrt: Sequence[str]) -> Numbers:
    """What `passes` gives, with 0 where no gradient comes."""
    try:
        values = forward(graph, point)
    except ShapeError as error:
        return Numbers([], error.message)
    graph = settled(graph, values)
    indices = [graph.variables[name] for name in wrt]
    seed = frozen(np.ones(np.shape(values[graph.output])))
    adjoints = backward(graph, values, active_nodes(graph, indices), seed)
    found = [np.zeros_like(values[i])[()] if adjoints[i] is None else adjoints[i] for i in indices]
    return Numbers([values[graph.output], *found])


def ran(ready: Prepared, point: Point, moving: Sequence[str]) -> Numbers:
    """What is prepared gives at a point."""
    with np.errstate(all="ignore"):
        try:
            value = ready.value([point[name] for name in moving])
        except Misfit as misfit:
            return Numbers([], str(misfit))
        return Numbers([value, *ready.gradients()])


def same(ours: Value, theirs: Value) -> bool:
    """Whether numbers are the same to the last bit, of the same type and shape."""
    assert type(ours) is type(theirs)
    assert np.shape(ours) == np.shape(theirs)
    assert ours.dtype == theirs.dtype == np.float64
    signs = np.signbit(ours) == np.signbit(theirs)
    return np.array_equal(ours, theirs, equal_nan=True) and bool(np.all(signs | np.isnan(ours)))


def assert_prepared(
    graph: Graph, points: Sequence[Point], moving: Sequence[str], wrt: Sequence[str]
) -> None:
    """Fail unless what is prepared at the first point has the numbers of the passes at all of them.

    It goes through the others, then all of them, and back to the first one. All numbers are looked
    at afterwards: they must outlast the runs that follow, and so must the points.
    """
    fixed = {name: points[0][name] for name in points[0] if name not in moving}
    points = [frozen_point({**point, **fixed}) for point in points]
    points = [*points[1:], *points, points[0]]
    copies = [{name: np.array(value) for name, value in point.items()} for point in points]
    ready = Prepared(graph, points[-1], moving, wrt)
    found = [ran(ready, point, moving) for point in points]
    for ours, point, copy in zip(found, points, copies, strict=True):
        theirs = swept(graph, point, wrt)
        assert ours.misfit in theirs.misfit
        assert bool(ours.misfit) == bool(theirs.misfit)
        for left, right in zip(ours.numbers, theirs.numbers, strict=True):
            assert same(left, right)
        assert all(np.array_equal(point[n], copy[n], equal_nan=True) for n in point)


def frozen_point(point: Point) -> Point:
    """A point of values as they are in a graph: scalars of numpy's own, read-only arrays."""
    return {name: read_only(np.array(value, np.float64)) for name, value in point.items()}


@st.composite
def some(draw: st.DrawFn, names: Iterable[str], least: int = 1) -> list[str]:
    """Some of these names, in any order."""
    pool = sorted(names)
    if not pool:
        return []
    return draw(st.lists(st.sampled_from(pool), min_size=least, unique=True))


# -- whole programs


def drawn(draw: st.DrawFn, shapes: Mapping[str, Shape]) -> dict[str, Value]:
    """A value for every name, of one palette: ordinary, with ties, far away or awkward."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    palette = PALETTES[draw(st.sampled_from(sorted(PALETTES)))]
    return {
        name: random.choice(palette, shape) if palette else random.normal(0, 1.5, shape)
        for name, shape in shapes.items()
    }


@st.composite
def other_values(draw: st.DrawFn) -> dict[str, Value]:
    """Other values for the names of a program of arrays."""
    values = drawn(draw, NAMED_SHAPES)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return values | {name: random.integers(0, 2, shape) for name, shape in INDICES.items()}


LIMITS = st.sampled_from([LARGE, 2])  # entries from which on an array counts as large


@given(programs(), st.lists(other_values(), min_size=2, max_size=3), LIMITS, st.data())
def test_a_program_of_arrays_at_other_points(
    program: Program, others: list[dict[str, Value]], limit: int, data: st.DataObject
) -> None:
    """Value and gradients are those of the passes to the last bit, wherever it was prepared."""
    graph = read(program.text, program.values)
    moving, wrt = data.draw(some(graph.variables)), data.draw(some(graph.variables, least=0))
    points = [{n: v[n] for n in graph.variables} for v in (program.values, *others)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "LARGE", limit)
        assert_prepared(graph, points, moving, wrt)


@st.composite
def elementwise_graphs(draw: st.DrawFn) -> Graph:
    """Up to 12 operations of any rows of numbers, on three variables and a literal."""
    nodes: list[Node] = [*map(Leaf, NAMES), Constant("2")]
    for _ in range(draw(st.integers(1, 12))):
        row = draw(st.sampled_from(OF_NUMBERS))
        params = draw(st.sampled_from(params_of(row)))
        count = draw(st.integers(2, 3)) if row.variadic else len(row.inputs)
        inputs = tuple(draw(st.integers(0, len(nodes) - 1)) for _ in range(count))
        nodes.append(Apply(row, inputs, tuple(params.items())))
    return Graph("", tuple(nodes), (Span(0, 0),) * len(nodes), (), len(nodes) - 1)


@given(elementwise_graphs(), st.sampled_from(["numbers", "arrays"]), LIMITS, st.data())
def test_random_operations_at_other_points(
    graph: Graph, kind: str, limit: int, data: st.DataObject
) -> None:
    """The same for every operation of numbers, on numbers and on arrays that stretch each other."""
    shape = st.sampled_from(SHAPES) if kind == "arrays" else st.just(())
    shapes = {name: data.draw(shape) for name in NAMES}
    points = [data.draw(st.composite(drawn)(shapes)) for _ in range(3)]
    moving, wrt = data.draw(some(NAMES)), data.draw(some(NAMES, least=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "LARGE", limit)
        assert_prepared(graph, points, moving, wrt)


LARGE_PROGRAMS = [
    "mean((w*x + b - y)**2)",
    "sum(tanh(x*w)*y)",
    "sum(x*y + exp(x/40) - x*x)",
    "mean(relu(x - b)*x) + w",
    "sum(where(x > y, x*w, y**3))",
    "norm(sigmoid(x)*max(x, y))",
    "sum(softmax(x)*cumsum(y, 0))",
    "h = x + w; mean(y*(h*h*h))",  # whose derivatives are values that were computed
    "h = x + w; k = h*y; sum(k*(k*h))",
]


@pytest.mark.parametrize("program", LARGE_PROGRAMS)
@pytest.mark.parametrize("shape", [(LARGE + 3,), (2, LARGE)])
def test_large_arrays(program: str, shape: Shape) -> None:
    """Large arrays, of which products are made in place, have the same numbers too."""
    random = np.random.default_rng(3)
    graph = read(program)
    arrays = {"x": shape, "y": shape, "w": (), "b": (shape[-1],)}
    points = [{n: random.normal(0, 2, arrays[n]) for n in graph.variables} for _ in range(3)]
    names = tuple(graph.variables)
    for moving in (names, names[:1], names[1:]):
        assert_prepared(graph, points, moving, names)


SUMS = [  # of products that change and products that do not
    "-w + w*w",
    "w*w - w",
    "w**2 + 3*w",
    "3*w + w**2",
    "h = 2*w; sin(h) + h - w",
    "h = -w; k = h + w*x; -k + k*k + h",
    "w + (w + (w + w*w))",
    "((w*w + w) + w) - x",
    "w*x + w*x + x",
]


@pytest.mark.parametrize("program", SUMS)
@pytest.mark.parametrize("shape", [(), (2,), (2, 2)])
def test_a_gradient_is_a_sum(program: str, shape: Shape) -> None:
    """Where one of the products changes from run to run the sum does, wherever that one stands."""
    graph = read(program)
    random = np.random.default_rng(1)
    points = [{n: random.normal(0, 2, shape) for n in graph.variables} for _ in range(3)]
    assert_prepared(graph, points, ["w"], sorted(graph.variables))


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1)])
def test_an_output_of_one_entry(shape: Shape) -> None:
    """A loss of shape (1, 1) is one number too, and has the gradients that its trace has."""
    graph = read("(w*x - y)**2")
    random = np.random.default_rng(0)
    point, other = (
        frozen_point({"w": random.normal(), "x": random.normal(), "y": random.normal(size=shape)})
        for _ in range(2)
    )
    assert_prepared(graph, [point, other], ["w"], ["w", "x"])
    ready = Prepared(graph, point, ["w"], ["w"])
    assert ready.value([other["w"]]).shape == shape
    found = trace(graph, {**point, "w": other["w"]})
    assert (ready.gradients()[0], type(ready.gradients()[0])) == (found.gradients["w"], np.float64)


# -- nothing that stays is computed again

FIT = "mean((w*x + b - y)**2)"
DATA: dict[str, Any] = {"x": [1.0, 2.0, 4.0], "y": [1.0, -1.0, 2.0]}


def counts(program: str, moving: Sequence[str], wrt: Sequence[str]) -> tuple[int, int]:
    """How many values and how many products every run makes."""
    w = [0.5, 1.0, 1.5] if "@" in program else 0.5
    point = frozen_point({"w": w, "b": -1.0, **DATA})
    graph = read(program, point)
    ready = Prepared(graph, {n: point[n] for n in graph.variables}, moving, wrt)
    return len(ready._forward), len(ready._backward)


@pytest.mark.parametrize(
    ("program", "moving", "wrt", "expected"),
    [
        (FIT, "wb", "wb", (5, 5)),  # the edges of the mean and to x and y are not among them
        (FIT, "w", "w", (5, 4)),
        (FIT, "b", "b", (4, 3)),
        (FIT, "b", "w", (4, 4)),
        (FIT, "wb", "", (5, 0)),
        (FIT, "wbxy", "wb", (5, 5)),
        (FIT, "y", "y", (3, 2)),
        ("unused = exp(w); " + FIT, "wb", "wb", (5, 5)),
        ("w + b", "wb", "wb", (1, 0)),  # gradients that are always 1
        ("sum(w - exp(x))", "w", "w", (2, 0)),
        ("w @ exp(x) + mean(b*x)", "wb", "w", (4, 0)),
        ("0*w + sum(exp(x)*y)", "w", "", (2, 0)),
    ],
)
def test_only_what_moves_is_computed(
    program: str, moving: str, wrt: str, expected: tuple[int, int]
) -> None:
    """What depends on nothing that moves is found once, and so are gradients that stay."""
    assert counts(program, list(moving), list(wrt)) == expected


def test_a_fixed_operation_is_run_once() -> None:
    """However often the rest runs, of exp(x) there is one value; its derivative is not asked."""
    graph = read("sum(w*exp(x))")
    index = next(
        i for i, n in enumerate(graph.nodes) if isinstance(n, Apply) and n.op.name == "exp"
    )
    calls: list[str] = []

    def value(x: Value) -> Value:
        calls.append("value")
        return np.exp(x)

    def slope(x: Value, v: Value) -> Value:  # noqa: ARG001  (what every local derivative takes)
        calls.append("slope")
        return v

    counted = with_mistake(graph, index, forward=value, local=(slope,))
    ready = Prepared(counted, frozen_point({"w": 2.0, "x": [0.0, 1.0]}), ["w"], ["w"])
    for w in (1.0, 2.0, 3.0):
        assert ready.value([np.float64(w)]) == w * (1 + np.e)
        assert ready.gradients() == [1 + np.e]
    assert calls == ["value"]


def test_the_value_of_a_node() -> None:
    """A node on the way can be asked for, at the last point."""
    graph = read("h = w*x; L = h**2")
    ready = Prepared(graph, frozen_point({"w": 2.0, "x": 3.0}), ["w"])
    assert ready.value([np.float64(4.0)]) == 144
    assert ready.at(graph.names["h"]) == 12
    assert ready.gradients() == []


def test_what_the_output_does_not_depend_on() -> None:
    """A parameter that no gradient comes to has gradient 0, in its shape."""
    graph = read("h = u*2; L = w**2 + 0*(b > 0)")
    point = frozen_point({"u": [[1.0, 2.0]], "w": 2.0, "b": 3.0})
    ready = Prepared(graph, point, ["w", "b", "u"], ["u", "b", "w"])
    for w in (1.0, -3.0):
        ready.value([np.float64(w), np.float64(1.0), point["u"]])
        u, b, slope = ready.gradients()
        assert (u.tolist(), b, slope) == ([[0, 0]], 0, 2 * w)


@pytest.mark.parametrize("program", ["w @ x", "x[5]*w", "w + x[:2]"])
def test_what_does_not_fit_is_told_when_it_is_prepared(program: str) -> None:
    """Shapes that do not combine are refused as by the passes, with names and place."""
    point = frozen_point({"w": [1.0, 2.0, 3.0], "x": [1.0, 2.0]})
    if "+" in program:
        point = {**point, "w": read_only(np.ones(3))}
    with pytest.raises(ShapeError) as ours:
        Prepared(read(program, point), point, ["w"], ["w"])
    with pytest.raises(ShapeError) as theirs:
        forward(read(program, point), point)
    assert str(ours.value) == str(theirs.value)
