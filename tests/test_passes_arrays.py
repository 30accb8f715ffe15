"""backtrace.passes on arrays: what does not go together, what is too large, how it is stored."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backtrace.errors import ShapeError, Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS
from backtrace.passes import active_nodes, backward, edge, forward, frozen
from backtrace.reading import read

Shape = tuple[int, ...]
SHAPES = st.sampled_from([(), (3,), (1,), (2, 3), (2, 1), (1, 3), (0,), (4, 2, 3)])

VALUES: dict[str, Any] = {
    "w": 2.0,
    "x": [1, 2, 3],
    "y": [4, 5],
    "A": [[1, 2, 3], [4, 5, 6]],
    "S": [[1, 2], [2, 4]],
    "E": [],
    "i": 3,
    "h": 0.5,
}


def full(shape: Shape, number: float) -> Any:
    """A float64, or a read-only array of one number."""
    return frozen(np.full(shape, number))


def values_of(program: str) -> list[Any]:
    """The values of a program's nodes."""
    bindings = {name: frozen(np.array(value, dtype=float)) for name, value in VALUES.items()}
    return forward(read(program, bindings), bindings)


MISFITS = {
    "sum(w + x*y)": """
x*y: the shapes do not combine (x has shape (3,), y has shape (2,))
    sum(w + x*y)
            ^^^""",
    "s = x + 1\nwhere(w > 0, s, A.T)": """
where(w > 0, s, A.T): the shapes do not combine (w > 0 is one number, s has shape (3,), A.T has \
shape (3, 2))
    line 2: where(w > 0, s, A.T)
            ^^^^^^^^^^^^^^^^^^^^""",
    "h = A @ y; sum(h)": """
A @ y: the inner sizes 3 and 2 differ (A has shape (2, 3), y has shape (2,))
    h = A @ y; sum(h)
        ^^^^^""",
    "x @ w": """
x @ w: @ is a product of vectors and matrices; a product with a number is written * (x has shape \
(3,), w is one number)
    x @ w
    ^^^^^""",
    "1 + mean(A, axis=2)": """
mean(A, axis=2): there is no axis 2: the axes are 0 to 1 (A has shape (2, 3))
    1 + mean(A, axis=2)
        ^^^^^^^^^^^^^^^""",
    "softmax(w)": """
softmax(w): there is no axis -1: the input is one number (w is one number)
    softmax(w)
    ^^^^^^^^^^""",
    "A.reshape(4, 2)": """
A.reshape(4, 2): 6 entries cannot fill the shape (4, 2) of 8 (A has shape (2, 3))
    A.reshape(4, 2)
    ^^^^^^^^^^^^^^^""",
    "x[i]": """
x[i]: an index is 3, but they go from 0 to 2 (x has shape (3,), i is one number)
    x[i]
    ^^^^""",
    "x[h]": """
x[h]: an index must be a whole number, not 0.5 (x has shape (3,), h is one number)
    x[h]
    ^^^^""",
    "A[0, 1, 2]": """
A[0, 1, 2]: 3 axes are indexed, but the input has 2 (A has shape (2, 3))
    A[0, 1, 2]
    ^^^^^^^^^^""",
    "x[::-1]": """
x[::-1]: a step must be above 0, as in torch, and is -1 (x has shape (3,))
    x[::-1]
    ^^^^^^^""",
    "[x, y]": """
[x, y]: what is stacked must have one shape (x has shape (3,), y has shape (2,))
    [x, y]
    ^^^^^^""",
    "max(E)": """
max(E): there are no entries to choose from (E has shape (0,))
    max(E)
    ^^^^^^""",
    "solve(S, y)": """
solve(S, y): the matrix a is singular: there is no one solution (S has shape (2, 2), y has shape \
(2,))
    solve(S, y)
    ^^^^^^^^^^^""",
    "y = y.sum() + (A.exp().log() + A.T.log().exp())": """
A.exp().log() + A.T.log().exp(): the shapes do not combine (A.exp().log() has shape (2, 3), \
A.T.log().exp() has shape (3, 2))
    y = y.sum() + (A.exp().log() + A.T.log().exp())
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^""",
}


@pytest.mark.parametrize("program", MISFITS)
def test_a_misfit_is_told_with_names_and_shapes(program: str) -> None:
    """What does not go together is named as it was written, with its shape and its place."""
    with pytest.raises(ShapeError) as caught:
        values_of(program)
    assert "\n" + str(caught.value) == MISFITS[program]


@given(st.lists(SHAPES, min_size=2, max_size=3), st.sampled_from(["add", "max", "clamp", "where"]))
def test_shapes_combine_where_numpy_combines_them(shapes: list[Shape], name: str) -> None:
    """Two or three inputs broadcast as in numpy, and are refused as there."""
    count = min(len(shapes), len(OPS[name].inputs)) if name != "max" else len(shapes)
    assume(count == len(OPS[name].inputs) or name == "max")
    names = ["x", "y", "z"][:count]
    leaves = tuple(map(Leaf, names))
    apply = Apply(OPS[name], tuple(range(count)))
    graph = Graph("", (*leaves, apply), (Span(0, 0),) * (count + 1), (), count)
    bindings = {n: full(shape, 1.0) for n, shape in zip(names, shapes, strict=False)}
    try:
        shape = np.broadcast_shapes(*shapes[:count])
    except ValueError:
        with pytest.raises(ShapeError, match="the shapes do not combine"):
            forward(graph, bindings)
    else:
        assert np.shape(forward(graph, bindings)[-1]) == shape


MANY = {"x": np.zeros(10_001), "y": np.zeros((10_000, 1))}
TOO_LARGE = [
    "x + y",
    "max(x, y, 0)",
    "clamp(x, 0, y)",
    "where(x > 0, y, x)",
    "x[None, :]**y",
    "outer(x, flatten(y))",
    "y @ unsqueeze(x, 0)",
    'einsum("i,jk->ij", x, y)',
    "broadcast_to(x, (10000, 10001))",
    "y.expand(10000, 10001)",
    "conv1d(x[None], y[:, None])",
    "mse(x, y)",
    "one_hot(0, 100010000)",
]


@pytest.mark.parametrize("program", TOO_LARGE)
def test_what_is_too_large_is_refused_before_it_is_made(program: str) -> None:
    """More than 10^8 entries in one node are an error that costs no memory."""
    bindings = {name: frozen(value) for name, value in MANY.items()}
    tracemalloc.start()
    try:
        with pytest.raises(ShapeError, match=r"would have 100,010,000 elements, of shape \(1"):
            forward(read(program, bindings), bindings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_what_is_large_enough_is_made() -> None:
    """A product of arrays whose sum alone is asked for makes no array in between."""
    bindings = {name: frozen(value) for name, value in MANY.items()}
    assert forward(read('einsum("i,jk->", x, y)'), bindings)[-1] == 0


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("sum(E)", 0),
        ("prod(E)", 1),
        ("sum(E*x[:0])", 0),
        ("sum(E @ A[:0])", 0),
        ("E.sum() + w", 2),
        ("sum(A[:, 3:])", 0),
        ("sum(softmax(E))", 0),
        ("mean(E)", np.nan),
        ("sum(concatenate([E, x]))", 6),
    ],
)
def test_empty_arrays(program: str, expected: float) -> None:
    """An array without entries has the sum 0, the product 1 and no mean."""
    values = values_of(program)
    assert values[-1] == pytest.approx(expected, nan_ok=True)
    graph = read(program, VALUES)
    adjoints = backward(graph, values, active_nodes(graph, graph.variables.values()), np.float64(1))
    for value, adjoint in zip(values, adjoints, strict=True):
        assert adjoint is None or np.shape(adjoint) == np.shape(value)


MATRIX = np.arange(1.0, 13.0).reshape(3, 4)
LAYOUTS = {
    "transposed": np.ascontiguousarray(MATRIX.T).T,
    "reversed": MATRIX[::-1, ::-1].copy()[::-1, ::-1],
    "every other": np.repeat(MATRIX, 2, axis=1)[:, ::2],
    "stretched": np.broadcast_to(MATRIX[:1], (3, 4)),
}
PROGRAMS = [
    "sum(x*x + x.T.T)",
    "sum(x @ x.T)",
    "sum(max(x, axis=1)) + amax(x)",
    "mean(softmax(x)[1:, ::2]*x[[0, 2]][:, [1, 1]])",
    "norm(x) + sum(cumsum(x, 0)*reshape(x, (4, 3)).T)",
    'einsum("ij,ij->j", x, x) @ x[0]',
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_how_numbers_lie_in_memory_does_not_matter(program: str, layout: str) -> None:
    """A view has the values and gradients of its copy, and is written to by nobody."""
    given = LAYOUTS[layout]
    graph, before, found = read(program, {"x"}), given.copy(), []
    for x in (given, given.copy()):
        values = forward(graph, {"x": frozen(x.view())})
        adjoints = backward(graph, values, [True] * len(values), np.float64(1))
        found.append((values[-1], adjoints[graph.variables["x"]]))
    assert np.array_equal(given, before)
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-13)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-12)


def test_summed_axes_are_told() -> None:
    """An edge says over which axes of the upstream gradient the product was summed."""
    graph = read("x + y", {"x", "y"})
    values = forward(graph, {"x": full((3,), 1.0), "y": full((2, 1), 1.0)})
    found = [edge(graph, values, full((2, 3), 1.0), 2, slot) for slot in (0, 1)]
    assert [e.summed for e in found] == [(0,), (1,)]
    assert [e.product.tolist() for e in found] == [[2, 2, 2], [[3], [3]]]
    assert edge(graph, values, full((2, 3), 1.0), 2, 0).local == 1


def test_a_structural_edge_has_no_local_derivative() -> None:
    """An operation on whole arrays has a rule, and what the rule makes of what arrives."""
    graph = read("x @ y", {"x", "y"})
    values = forward(graph, {"x": full((2, 3), 1.0), "y": full((3,), 2.0)})
    found = edge(graph, values, full((2,), 5.0), 2, 0)
    assert (found.local, found.blocked, found.summed) == (None, False, ())
    assert found.product.tolist() == [[10, 10, 10], [10, 10, 10]]


@pytest.mark.parametrize(
    "program",
    [f"x[{', '.join(['None'] * 70)}]", f"reshape(x, {'1, ' * 70}3)", "[" * 70 + "w" + "]" * 70],
)
def test_too_many_axes_are_refused(program: str) -> None:
    """An array has at most 64 axes, as in numpy, and one with more is no traceback."""
    with pytest.raises(ShapeError, match=r"would have \d+ axes; at most 64"):
        values_of(program)
