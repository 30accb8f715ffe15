"""The passes in mpmath: the table at many digits, what is undefined, what takes too long."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from programs import Program, programs
from structural_table import ROWS as ARRAY_ROWS
from structural_table import Case, cases_of, every, products, value_of
from structural_table import cases as array_cases
from table import ROWS, alone, cases, close, locals_of

from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf, Node
from backtrace.homework.judging.precise_limits import QUICK, UNDEFINED
from backtrace.homework.judging.precise_rows import machine
from backtrace.homework.judging.precisely import Precise, Unprecise, gradients, values
from backtrace.ops import Elementwise, Structural
from backtrace.ops.rows import Domain, Point, Value
from backtrace.passes import active_nodes, backward, forward, settled
from backtrace.reading import read

# Rows of whole arrays whose numpy functions do not take objects, or make float64 arrays.
ONLY_IN_FLOAT64 = {
    **dict.fromkeys(["det", "inv", "solve"], "numpy.linalg takes no objects"),
    **dict.fromkeys(["conv1d", "conv1d_bias", "conv2d", "conv2d_bias"], "sums in a float64 array"),
    **dict.fromkeys(["avg_pool1d", "avg_pool2d"], "sums in a float64 array"),
    **dict.fromkeys(["max_pool1d", "max_pool2d"], "a float64 array for the entries it picks"),
    **dict.fromkeys(["max_along", "min_along", "trace"], "no rule as a program"),
    "einsum": "no rule as a program where a subscript stands twice in one input",
    "var": "of one number: numpy cannot ask an object whether it is finite",
}


def run(
    graph: Graph, point: Mapping[str, Value], digits: int = 50
) -> tuple[Precise, list[Precise]]:
    """The output and its gradient by every variable."""
    found = values(graph, point, digits)
    by = list(graph.variables.values())
    gradient = gradients(graph, found, graph.output, by, digits)
    return found[graph.output], [gradient[i] for i in by]


def of(text: str, digits: int = 50, **point: Any) -> tuple[Precise, list[Precise]]:
    """A program at a point."""
    graph = read(text, bound=point.keys())
    bound = {name: np.asarray(x, dtype=np.float64)[()] for name, x in point.items()}
    return run(graph, bound, digits)


def floats(found: Precise) -> Value:
    """What was found in float64, nan where it is undefined."""
    return np.vectorize(lambda x: np.nan if x is None else float(x), otypes=[float])(found)


def agree(one: Precise, other: Precise, digits: int) -> bool:
    """Whether all numbers agree to some digits, and are undefined in the same places."""
    assert np.shape(one) == np.shape(other)
    pairs = zip(np.ravel(np.array(one, object)), np.ravel(np.array(other, object)), strict=True)
    return all(
        a is b is None or abs(a - b) <= max(abs(a), 1) * a.context.mpf(10) ** -digits
        for a, b in pairs
    )


def named(point: Point) -> dict[str, Value]:
    """The inputs of a row alone."""
    return {f"x{k}": np.float64(x) for k, x in enumerate(point)}


# -- rows of numbers


@cases("samples")
def test_a_row_is_what_it_is_in_float64(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """Formula and partials in mpmath give the numbers of `forward` and `local`."""
    found, gradient = run(alone(row, params, len(point)), named(point))
    expected = row.forward(*map(np.float64, point), **params)
    assert close(float(found), expected, rtol=1e-13, atol=1e-15)
    assert close(floats(gradient), locals_of(row, params, point), rtol=1e-12, atol=1e-15)


@cases("samples")
def test_a_row_has_all_the_digits(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """50 digits and 100 digits agree to 45: nothing in between is a float64."""
    graph, given = alone(row, params, len(point)), named(point)
    (value, gradient), (more, also) = run(graph, given, 50), run(graph, given, 100)
    assert agree([value, *gradient], [more, *also], 45)


# -- rows of arrays


def _in_graph(case: Case) -> tuple[Graph, dict[str, Value]]:
    names = [f"x{k}" for k in range(len(case.inputs))]
    apply = Apply(case.row, tuple(range(len(names))), tuple(case.params.items()))
    graph = Graph("", (*map(Leaf, names), apply), (Span(0, 0),) * (len(names) + 1), (), len(names))
    return graph, dict(zip(names, case.inputs, strict=True))


def _array_results(case: Case, digits: int) -> list[Precise]:
    """The value, and what every input gets that a gradient passes to."""
    graph, given = _in_graph(case)
    found = values(graph, given, digits)
    gradient = gradients(graph, found, graph.output, case.slots, digits)
    return [found[graph.output], *(gradient[slot] for slot in case.slots)]


@array_cases("samples", rows=tuple(r for r in ARRAY_ROWS if r.name not in ONLY_IN_FLOAT64))
def test_a_row_of_arrays_is_what_it_is_in_float64(case: Case) -> None:
    """Its value and the gradient of the sum of its entries, with all the digits."""
    found, more = _array_results(case, 50), _array_results(case, 100)
    v = value_of(case)
    contributions = products(case, np.ones(np.shape(v))[()])
    expected = [v, *(contributions[slot] for slot in case.slots)]
    for ours, theirs, longer in zip(found, expected, more, strict=True):
        assert np.shape(ours) == np.shape(theirs)
        assert close(floats(ours), theirs, rtol=1e-12, atol=1e-14)
        assert agree(ours, longer, 45)


@every(tuple(r for r in ARRAY_ROWS if r.name in ONLY_IN_FLOAT64))
def test_what_would_lose_digits_is_refused(row: Structural) -> None:
    """A row whose numpy functions work in float64 says so, for one of its samples at least."""
    refused = 0
    for case in cases_of(row, "samples"):
        try:
            found, more = _array_results(case, 50), _array_results(case, 100)
        except Unprecise as error:
            refused += any(w in str(error) for w in ("float64", "cannot be run"))
        else:
            assert all(map(agree, found, more, [45] * len(found)))
    assert refused


def test_a_large_array_is_refused() -> None:
    """Before anything is computed of it, also where two small ones make it."""
    with pytest.raises(Unprecise, match="400 entries"):
        of("sum(x)", x=np.ones(401))
    with pytest.raises(Unprecise, match="400 entries"):
        of("sum(outer(x, x))", x=np.ones(50))
    with pytest.raises(Unprecise, match="400 entries"):
        of("sum(x + unsqueeze(x, 1))", x=np.ones(50))
    with pytest.raises(Unprecise, match="250000 products"):
        of('einsum("i,j,k->", x, x, x)', x=np.ones(64))


def test_what_does_not_fit_is_refused() -> None:
    """Shapes that do not combine, and an index that is undefined."""
    with pytest.raises(Unprecise, match="do not combine"):
        of("sum(x + y)", x=np.ones(2), y=np.ones(3))
    with pytest.raises(Unprecise, match="inner sizes"):
        of("x @ y", x=np.ones(2), y=np.ones(3))
    with pytest.raises(Unprecise, match="an index is undefined"):
        of("x[i]", x=np.ones(2), i=np.nan)


# -- whole programs


def test_what_float64_and_50_digits_cannot_tell() -> None:
    """1 - tanh(90)**2 is 1/cosh(90)**2, which takes more than 78 digits."""
    rounded, (short, full) = (
        of("1 - tanh(x)**2", 50, x=90)[0],
        ([of(text, 400, x=90)[0] for text in ("1/cosh(x)**2", "1 - tanh(x)**2")]),
    )
    assert rounded == 0 < short
    assert abs(full / short - 1) < machine(400).mpf(10) ** -300


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1*x", mpmath.mpf(1) / 10),
        ("pi*x", None),
        ("leaky_relu(-x)", -mpmath.mpf(1) / 100),
        ("elu(-x, 0.1)", None),
    ],
)
def test_literals_and_params_are_exact(text: str, expected: Any) -> None:
    """0.1 is 1/10 and no float64: 50 digits and 100 digits agree to 48, and only they."""
    short, long = of(text, 50, x=1)[0], of(text, 100, x=1)[0]
    assert abs(short - long) < machine(100).mpf(10) ** -48
    if expected is not None:
        assert abs(short * round(1 / expected) - 1) < machine(100).mpf(10) ** -48


UNDEFINED_PROGRAMS = [
    # program, point, value, gradient by each variable; None is undefined
    ("log(x)", [-1.0], None, [None]),
    ("1/x", [0.0], None, [None]),
    ("x/y", [0.0, 0.0], None, [None, None]),
    ("x**y", [-1.0, 0.5], None, [None, None]),
    ("x**y", [-2.0, 3.0], -8, [12, None]),
    ("x**2", [-3.0], 9, [-6]),
    ("y + log(x)", [-1.0, 1.0], None, [None, None]),
    ("y*0*log(x)", [-1.0, 1.0], None, [None, None]),
    ("relu(log(x))", [-1.0], None, [None]),
    ("log(x) > 0", [-1.0], None, [0]),
    ("log(x) != 0", [-1.0], None, [0]),
    ("where(log(x), 1, 2)*x", [-1.0], None, [None]),
    ("max(x, log(y))", [1.0, -1.0], None, [None, None]),
    ("where(x > 0, log(x), 0)", [-1.0], 0, [0]),
    ("where(x > 0, sqrt(x), x)", [-1.0], -1, [1]),
    ("where(x > 0, 3*x, 1/(x - 2))", [2.0], 6, [3]),
    ("sqrt(x)", [0.0], 0, [None]),
    ("sqrt(x)**2", [0.0], 0, [None]),
    ("sqrt(x)**y", [0.0, 0.0], 1, [None, None]),
    ("hardswish(sqrt(x) - 1.5)", [0.0], -0.375, [None]),
    ("relu(log(x)*0 - 1)", [-1.0], None, [None]),
    ("relu(-sqrt(x))", [0.0], 0, [0]),
    ("clamp(x, 0, inf)", [3.0], 3, [1]),
    ("x + inf", [3.0], None, [None]),
    ("min(x, y)", [2.0, 2.0], 2, [0.5, 0.5]),
    ("nan*x", [1.0], None, [None]),
    ("lgamma(x)", [-2.0], None, [None]),
    ("acos(x)", [1.5], None, [None]),
    ("x*0 + y", [1.0, 2.0], 2, [0, 1]),
]


@pytest.mark.parametrize(("text", "point", "value", "gradient"), UNDEFINED_PROGRAMS)
def test_undefined(text: str, point: list[float], value: Any, gradient: list[Any]) -> None:
    """What has no real value is None, and so is what is made of it, unless it is not selected."""
    names = read(text, bound=["x", "y"]).variables
    found = of(text, 50, **{n: point["xy".index(n)] for n in names})
    order = sorted(range(len(found[1])), key=list(names).__getitem__)
    assert [found[0], *(found[1][k] for k in order)] == [value, *gradient]


def test_undefined_entries() -> None:
    """Of an array the entries are undefined one by one."""
    value, (gradient,) = of("log(x)*2", x=[1, -2])
    assert list(value) == [0, None]
    assert list(gradient) == [2, None]
    assert of("sum(log(x))", x=[1, -2]) == (None, [pytest.approx(np.array([None, None]))])
    value, (gradient,) = of("sum(where(x > 0, log(x), 0)*x[0])", x=[2, -2])
    assert gradient[1] == 0
    value, (gradient,) = of("sum(where(x > 0, cumsum(x, 0), 0))", x=[2, -2])
    assert (value, list(gradient)) == (2, [1, 0])
    assert of("sum(log(x), axis=1)[0]", x=[[1, 1], [1, -2]])[0] == 0


def test_gradients_of_and_by_any_node() -> None:
    """`of` and `by` are any nodes; what `of` does not depend on has the derivative 0."""
    graph = read("s = w*x; t = s**2; u = t + y; u")
    found = values(graph, {"w": 2.0, "x": 3.0, "y": 1.0}, 50)
    s, t, y = (graph.names[name] for name in ("s", "t", "y"))
    assert gradients(graph, found, t, [s, t, y], 50) == {s: 12, t: 1, y: 0}


def test_values_of_one_pass_go_into_another() -> None:
    """A claim may be in the values of nodes, which keep their digits, undefined ones too."""
    graph = read("s = x/3; t = log(-x); s + t")
    found = values(graph, {"x": 1.0}, 100)
    scope = {name: found[graph.names[name]] for name in ("s", "t")}
    claim = read("3*s - 1", bound=["s"])
    assert abs(values(claim, scope, 100)[claim.output]) < 1e-90
    assert values(read("t + 1", bound=["t"]), scope, 100)[-1] is None
    entries = values(read("x/3", bound=["x"]), {"x": np.array([1.0, 2.0, np.nan])}, 100)[-1]
    again = values(read("3*x - 1", bound=["x"]), {"x": entries}, 100)[-1]
    assert abs(again[0]) < 1e-90
    assert (again[1], again[2]) == (1, None)


def _is_tame(found: Precise) -> bool:
    """Whether float64 has most of its digits after every operation."""
    sizes = np.abs(floats(found))
    return bool(np.all((sizes == 0) | ((sizes > 1e-3) & (sizes < 1e3))))


@given(programs(palettes=["ordinary"]))
def test_random_programs(program: Program) -> None:
    """Values and gradients are those of the float64 passes, where float64 is no worse."""
    graph = read(program.text, bound=program.values.keys())
    given = {n: np.asarray(program.values[n], np.float64)[()] for n in graph.variables}
    expected = forward(graph, given)
    try:
        found = values(graph, given, 50)
        assume(all(map(_is_tame, [*expected, *found])))
        by = list(graph.variables.values())
        gradient = gradients(graph, found, graph.output, by, 50)
    except Unprecise:
        assume(False)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.shape(ours) == np.shape(theirs)
        assert close(floats(ours), theirs, rtol=1e-8)
    graph = settled(graph, expected)
    seed = np.ones(np.shape(expected[graph.output]))[()]
    adjoints = backward(graph, expected, active_nodes(graph, by), seed)
    smooth = not graph.structural and not any(_is_at_kink(n, expected) for n in graph.nodes)
    for index in by:
        adjoint: Value = 0.0 if adjoints[index] is None else adjoints[index]
        mine: Value = floats(gradient[index])
        assert np.shape(mine) == np.shape(expected[index])
        if smooth:
            assert np.all(np.isfinite(mine) | ~np.isfinite(adjoint))
        defined = np.isfinite(mine) & np.isfinite(adjoint)
        size = np.max(np.abs(adjoint), where=np.isfinite(adjoint), initial=1.0)
        assert np.all(~defined | (np.abs(mine - adjoint) < 1e-7 * size))


def _is_at_kink(node: Node, known: list[Value]) -> bool:
    """Whether the derivative is a convention, which the formula may not have: 0/0 is undefined."""
    return isinstance(node, Apply) and node.op.at_kink(
        [known[i] for i in node.inputs], dict(node.params)
    )


# -- what would take too long


@pytest.mark.parametrize(
    "text",
    [
        *["9**9**9", "exp(exp(exp(10)))", "x**(10**300)", "x**(-10**300)", "exp(-exp(10))"],
        *["(1e300)**60*x", "(1e-300)**60*x", "2**(2**20)*x", "digamma(-1e20 - x)"],
        *["9**9**9 - 9**9**9", "sigmoid(-10**10*x)", "exp(10**300*x)", "cosh(10**300*x)"],
        *["lgamma(2**1100*x)", "erfc(10**100*x)"],
        "; ".join(["a = x + 2", *["a = a**a"] * 20, "a"]),
    ],
)
def test_a_number_that_grows_too_large_ends_it(text: str) -> None:
    """The reason is given, and nothing takes long on the way there."""
    with pytest.raises(Unprecise, match="beyond"):
        of(text, 400, x=1.5)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_row_hangs_within_the_range(row: Elementwise) -> None:
    """Of the largest and the smallest numbers there are, an answer or Unprecise, at 400 digits."""
    arity = len(row.domain.samples[0])
    graph, at = alone(row, row.params, arity), machine(400)
    extremes = [at.mpf(2) ** 16383 / 3, at.mpf(2) ** -16383 / 3, at.mpf(10) ** 300 + at.mpf(1) / 3]
    for x in [*extremes, *(-x for x in extremes)]:
        for y in extremes:
            try:
                inputs = [x, *[y] * (arity - 1)]
                v = at.forward(row, arity)(*inputs, *map(at.param, row.params.values()))
                found = [*inputs, None if v is UNDEFINED else v]
                gradients(graph, found, arity, range(arity), 400)
            except Unprecise:
                continue


def test_every_limit_is_one_of_a_function_of_mpmath() -> None:
    """A name that mpmath does not have would limit nothing."""
    assert all(callable(getattr(mpmath.mp, name)) for name in QUICK)


# -- the machine


def test_mpmath_itself_is_left_alone() -> None:
    """Neither its precision nor its numbers are changed, and it changes nothing here."""
    before = mpmath.mp.dps
    with mpmath.workdps(3):
        assert abs(of("x/3 - 1/3", 100, x=1)[0]) < 1e-90
        assert mpmath.mp.dps == 3
    assert mpmath.mp.dps == before
    assert mpmath.mp.exp is not machine(50).context.exp
    assert 2 ** mpmath.mpf(2) ** 70 > 1  # which has no limit


def test_threads_have_machines_of_their_own() -> None:
    """One at 400 digits does not change what another does at 50."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(machine(400)))
    here = machine(50)
    thread.start()
    thread.join()
    assert found[0] is not here is machine(50)
    assert (found[0].context.dps, here.context.dps) == (400, 50)


def test_a_row_that_mpmath_cannot_run() -> None:
    """A formula with a function that mpmath does not have: Unprecise says which."""
    row = Elementwise(
        name="unheard",
        inputs=("x",),
        forward=np.sin,
        formula=lambda x: sympy.Function("unheard_of")(x),
        partials=lambda x, v: (x,),
        local=(1.0,),
        torch="",
        domain=Domain(samples=((1.0,),)),
    )
    with pytest.raises(Unprecise, match="unheard_of"):
        values(alone(row, {}, 1), {"x0": np.float64(1.0)}, 50)
