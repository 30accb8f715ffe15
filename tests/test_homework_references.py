"""The right answers, and a witness of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from planting import graphs
from programs import INDICES, Program, programs

from backtrace.errors import ShapeError
from backtrace.graph import Constant, Graph
from backtrace.homework.answers.targets import Target, read_left
from backtrace.homework.judging.finite import difference
from backtrace.homework.problems.problem import Problem
from backtrace.ops.rows import Value
from backtrace.passes import forward
from backtrace.reading import read

ARRAYS = {"W": [[1.0, 2.0, -1.0], [0.5, -1.5, 2.0]], "x": [0.3, -0.7, 1.1], "t": 0.8}
PROGRAMS: list[tuple[str, dict[str, Any]]] = [
    ("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1}),
    ("h = w**2; m = h*w; s = sin(m); s*h", {"w": 0.7}),
    ("c = w*x; c = c*c; c = sin(c); c + w", {"w": 0.7, "x": 1.3}),
    ("k = 2*3; L = k*x + k**2", {"x": 1.5}),
    ("z = W @ x; a = tanh(z*t); L = sum(a**2)", ARRAYS),
    ("a = softmax(x*t); L = -log(a[1])", {"x": ARRAYS["x"], "t": 0.8}),
    ("z = W + x; m = mean(z, axis=0); L = norm(m)*t", ARRAYS),
    ("z = reshape(x, (3, 1)) * x; L = sum(z**3)/t", {"x": ARRAYS["x"], "t": 0.8}),
    ("a = sigmoid(x); b = a*x; b", {"x": ARRAYS["x"]}),
]


def every_target(problem: Problem) -> list[Target]:
    """The derivative of every node by every node that has a name."""
    nodes = problem.graph.nodes
    named = [i for i, node in enumerate(nodes) if not isinstance(node, Constant)]
    return [Target(of, by) for of in named for by in named]


def by_differences(problem: Problem, target: Target, point: dict[str, Value]) -> Value:
    """The derivative from two values of the program for each entry; of an array of each by each."""
    assert target.by is not None
    graph, step = problem.graph.freed(target.by, "moved"), 1e-5
    values = forward(problem.graph, point)
    start = np.asarray(values[target.by])
    shape = np.shape(values[target.of])
    found = np.zeros((*start.shape, *shape))
    for place in np.ndindex(start.shape):
        ends = []
        for move in (step, -step):
            moved = start.copy()
            moved[place] += move
            ends.append(forward(graph, {**point, "moved": moved[()]})[target.of])
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return np.moveaxis(found, range(start.ndim), range(len(shape), found.ndim))


@pytest.mark.parametrize(("program", "at"), PROGRAMS)
def test_all_pairs(program: str, at: dict[str, Any]) -> None:
    """∂of/∂by of any two nodes is what differences of their values give, at every point."""
    problem = Problem(program, at)
    assert problem.count > 12
    for target in every_target(problem):
        right = problem.reference(target)
        for k in (0, 9, problem.count - 1):
            whole = by_differences(problem, target, problem.point(k))
            expected = whole
            if not problem.references.is_whole(target):
                of = np.ndim(problem.passes[0][target.of]) if not problem.at_once else 0
                expected = whole.sum(axis=tuple(range(of)))
            assert right[k].shape == np.shape(expected), target
            assert np.allclose(right[k], expected, rtol=1e-5, atol=1e-5), target


WHOLE = [
    ("z = W @ x; sum(z)", "dz/dx", (2, 3)),
    ("z = W @ x; sum(z)", "dz/dW", (2, 2, 3)),
    ("z = W @ x; sum(z)", "dL/dW", (2, 3)),
    ("a = sigmoid(x); b = 2*a; sum(b)", "db/dx", (3,)),
    ("a = softmax(x); sum(a)", "da/dx", (3, 3)),
    ("z = W + x; sum(z)", "dz/dx", (2, 3, 3)),
    ("z = x*sum(x); sum(z)", "dz/dx", (3, 3)),
    ("z = x.T; sum(z)", "dz/dx", (3, 3)),
    ("z = x*t; sum(z)", "dz/dt", (3,)),
    ("z = x*t; sum(z)", "dz/dx", (3,)),
    ("z = W @ x; sum(z)", "dz/dW[0, 0, 1]", ()),
    ("z = W @ x; sum(z)", "dL/dW[1]", (3,)),
    ("z = W @ x; sum(z)", "dL/dW[-1, 2]", ()),
]


@pytest.mark.parametrize(("program", "left", "shape"), WHOLE)
def test_shapes(program: str, left: str, shape: tuple[int, ...]) -> None:
    """Entry by entry one number says all; else every entry is derived by every entry."""
    used = {name: value for name, value in ARRAYS.items() if name in program.replace("tanh", "")}
    problem = Problem(program, used)
    target = read_left(left, problem.graph)
    assert problem.reference(target).shape == (problem.count, *shape)
    assert np.shape(problem.own(target)) == shape


@pytest.mark.parametrize("left", ["dL/dW[2]", "dL/dW[0, 0, 0]", "dL/dt[0]", "dL/dW[0, -4]"])
def test_no_such_entry(left: str) -> None:
    """An entry that the derivative does not have is refused, with its shape."""
    problem = Problem("sum(W @ x)*t", ARRAYS)
    with pytest.raises(ShapeError, match="there is no entry"):
        problem.reference(read_left(left, problem.graph))


def test_too_many_entries() -> None:
    """The derivative of an array by an array is refused where it is too large, at once."""
    problem = Problem("z = cumsum(x, 0); sum(z)", {"x": np.ones(101)})
    with pytest.raises(ShapeError, match="z has too many entries"):
        problem.reference(read_left("dz/dx", problem.graph))
    assert problem.reference(read_left("dL/dx", problem.graph)).shape == (24, 101)


# -- the witness


@pytest.mark.parametrize(("program", "at"), PROGRAMS)
def test_differences_agree(program: str, at: dict[str, Any]) -> None:
    """Central differences of four values are the derivative to 6 digits, for any two nodes."""
    problem = Problem(program, at)
    for target in every_target(problem):
        right = problem.reference(target)
        for k in (0, problem.count - 1):
            found = difference(problem, target, problem.point(k), ())
            assert found is not None
            assert np.shape(found) == np.shape(right[k])
            assert np.allclose(found, right[k], rtol=1e-6, atol=1e-6), (target, k)


@pytest.mark.parametrize(
    ("left", "entry"),
    [
        ("dL/dW", (1, 2)),
        ("dL/dW[1]", (2,)),
        ("dL/dW[1, 2]", ()),
        ("dz/dx", (1, 2)),
        ("dz/dx[1]", (0,)),
        ("dz/dW[1, 1]", (0,)),
        ("da/dz", (1,)),
        ("da/dt", (1,)),
        ("dL/dt", ()),
        ("dL/dW", ()),
        ("dL/dW[0]", ()),
    ],
)
def test_differences_of_an_entry(left: str, entry: tuple[int, ...]) -> None:
    """Of an array the entry that is asked for, of an entry of the claim too, or all."""
    problem = Problem("z = W @ x; a = tanh(z*t); L = sum(a**2)", ARRAYS)
    target = read_left(left, problem.graph)
    right = problem.reference(target)[3][entry]
    found = difference(problem, target, problem.point(3), entry)
    assert np.allclose(found, right, rtol=1e-7, atol=1e-9)  # type: ignore[arg-type]


def test_no_differences() -> None:
    """There are none of a value, and none of an array with many entries."""
    problem = Problem("sum(x**2)", {"x": np.ones(65)})
    output = problem.graph.output
    assert difference(problem, Target(output), problem.point(0), ()) is None
    assert difference(problem, Target(output, 0), problem.point(0), ()) is None
    assert difference(problem, Target(output, 0), problem.point(0), (64,)) is not None


@given(graphs())
def test_random_programs(graph: Graph) -> None:
    """For random programs of numbers the two agree wherever numbers are moderate."""
    problem = Problem(graph, dict.fromkeys(graph.variables, 0.5))
    for by in graph.variables.values():
        target = Target(graph.output, by)
        for k in range(problem.count):
            values = [abs(v if np.ndim(v) == 0 else v[k]) for v in problem.passes[0]]
            if max(values) < 50:
                found = difference(problem, target, problem.point(k), ())
                right = problem.reference(target)[k]
                assert found is None or found == pytest.approx(right, rel=1e-4, abs=1e-4)


@given(programs(["ordinary"]))
def test_random_programs_of_arrays(program: Program) -> None:
    """For random programs of arrays too, entry by entry."""
    used = read(program.text, program.values).variables
    problem = Problem(program.text, {name: program.values[name] for name in used})
    if not problem.has_own or program.shape:
        return
    values = problem.passes[-1]
    if not all(np.all(np.abs(v) < 20) for v in values):
        return
    for name, by in problem.graph.variables.items():
        if name not in INDICES:
            target = Target(problem.graph.output, by)
            found = difference(problem, target, problem.point(problem.count - 1), ())
            right = problem.reference(target)[-1]
            assert found is None or np.allclose(found, right, rtol=1e-4, atol=1e-4)
