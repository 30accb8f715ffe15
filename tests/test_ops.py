"""Every row of the table held to itself: formula, forward, partials, local, domain."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from table import EVERY_ROW, OF_NUMBERS, at_kink, cases, close, every_row, locals_of, params_of, run

from backtrace.graph import Apply
from backtrace.ops import FUNCTIONS, OPS, Elementwise, Structural
from backtrace.ops.named import exact
from backtrace.ops.rows import Point
from backtrace.reading import read
from backtrace.reading.operands import ATTRIBUTES

DIGITS = 40

SECOND_NAMES = {
    "log": "ln",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "sign": "sgn",
    "abs": "Abs absolute fabs",
    "max": "Max maximum",
    "min": "Min minimum",
    "mod": "Mod remainder",
    "ceil": "ceiling",
    "round": "rint",
    "pow": "power Pow",
    "neg": "negative",
    "clamp": "clip",
    "silu": "swish",
    "sigmoid": "logistic expit sigma",
    "logsigmoid": "log_sigmoid",
    "lgamma": "loggamma gammaln",
    "lt": "less",
    "ne": "not_equal",
}


def symbols_of(arity: int) -> list[Any]:
    """Real symbols for the inputs of an operation."""
    return [sp.Symbol(f"x{i}", real=True) for i in range(arity)]


def at(expression: Any, point: Point) -> Any:
    """An expression at a point, to 40 digits; a float stands for exactly itself."""
    places = dict(zip(symbols_of(len(point)), map(sp.Rational, point), strict=True))
    return sp.N(sp.sympify(expression).xreplace(places).doit(), DIGITS)


def shown_partials(row: Elementwise, params: Mapping[str, float], arity: int) -> tuple[Any, ...]:
    """The partials of a row, its output written out as its formula."""
    xs = symbols_of(arity)
    return row.partials(*xs, row.formula(*xs, **exact(params)), **exact(params))


# -- names


def test_names_are_unique() -> None:
    """No row hides another, and rows that answer to one name are called by the same."""
    assert len(OPS) == len(EVERY_ROW)
    for name, rows in FUNCTIONS.items():
        assert len({row.written for row in rows}) == 1, name
        signatures = {(row.inputs, tuple(row.chosen_by.items()), *row.params) for row in rows}
        by_shape = sum(isinstance(r, Structural) and r.instead is not None for r in rows)
        assert len(signatures) == len(rows) - by_shape, name


def test_functions_hold_every_row() -> None:
    """Every row can be called, operators too, or is an attribute, x.T, or an index, x[0]."""
    called = {row for rows in FUNCTIONS.values() for row in rows}
    assert called | {*ATTRIBUTES.values(), OPS["index"]} == set(EVERY_ROW)


@pytest.mark.parametrize("name", SECOND_NAMES)
def test_second_names(name: str) -> None:
    """The usual second names mean the usual row, and so does its own."""
    for written in (name, *SECOND_NAMES[name].split()):
        assert FUNCTIONS[written][0] is OPS[name]


def test_overloads() -> None:
    """log, clamp and gelu have a row for each way to call them."""
    names = "log", "clamp", "clip", "gelu"
    clamps = ["clamp", "clamp_min", "clamp_max"]
    expected = [["log", "log_base"], clamps, clamps, ["gelu", "gelu_tanh"]]
    assert [[row.name for row in FUNCTIONS[name]] for name in names] == expected


@every_row
def test_a_call_as_shown_means_its_row(row: Elementwise) -> None:
    """A call, read as it is shown, is of the same row: clamp(x, max=0) is not clamp(x, 0)."""
    names = [f"x{i}" for i in range(len(row.domain.samples[0]))]
    for params in params_of(row):
        graph = read(row.as_call(names, params))
        apply = graph.nodes[graph.output]
        assert isinstance(apply, Apply)
        assert (apply.op, dict(apply.params)) == (row, dict(params))
        assert [graph.labels[i] for i in apply.inputs] == names


@every_row
def test_the_defaults_are_allowed(row: Elementwise) -> None:
    """A row that refuses some params refuses none of those that the tests try."""
    assert row.allowed is None or not any(row.allowed(**params) for params in params_of(row))


# -- domains


@every_row
def test_conventions_go_with_kinks(row: Elementwise) -> None:
    """A convention has a kink to test it at, and a kink has a stated convention."""
    domain = row.domain
    assert bool(row.convention) == bool(domain.kinks) == (domain.kink is not None)
    for point in domain.kinks:
        assert any(at_kink(row, params, point) for params in params_of(row))


@every_row
def test_needs_go_with_a_domain(row: Elementwise) -> None:
    """A row that is not defined everywhere says what it needs, and has an edge that lacks it."""
    domain = row.domain
    assert bool(domain.needs) == (domain.defined is not None)
    if domain.defined is not None:
        with np.errstate(all="ignore"):
            outside = [p for p in domain.edges if not domain.defined(*map(np.float64, p))]
        assert outside


@cases("samples", "kinks", "edges")
def test_points_are_of_their_kind(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """Samples and edges are no kinks, and only an edge may be undefined."""
    domain = row.domain
    assert at_kink(row, params, point) == (point in domain.kinks)
    if domain.defined is not None and point not in domain.edges:
        assert domain.defined(*map(np.float64, point), **params)


@cases("samples", "kinks", "edges")
def test_results_are_numpy_scalars(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """A scalar stays numpy's own float64 (no Python float, complex or 0-d array)."""
    value, gradients = run(row, params, point)
    assert type(value) is np.float64
    assert all(np.ndim(g) == 0 for g in gradients)
    assert all(type(d) in (np.float64, float) for d in locals_of(row, params, point))


@cases("samples", "kinks", "edges")
def test_a_blocked_edge_has_the_local_derivative_0(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """What is shown as blocked is shown with a local derivative of 0."""
    inputs = [np.float64(x) for x in point]
    with np.errstate(all="ignore"):
        arguments = *inputs, row.forward(*inputs, **params)
        for slot, local in enumerate(locals_of(row, params, point)):
            mask = row.mask(slot) if row.local[slot] is not None else None
            assert mask is None or not mask(*arguments, **params) or local == 0


# -- the formulas


@cases("samples")
def test_forward_is_the_formula(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """The numpy form computes what the sympy formula says."""
    formula = row.formula(*symbols_of(len(point)), **exact(params))
    assert close(run(row, params, point)[0], float(at(formula, point)))


@cases("samples", smooth=True)
def test_partials_are_the_derivatives_of_the_formula(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """What is shown as the local derivative is sympy's derivative of the formula, to 30 digits.

    Rows without a smooth formula state theirs; differences hold them.
    """
    xs = symbols_of(len(point))
    formula = row.formula(*xs, **exact(params))
    for slot, partial in enumerate(shown_partials(row, params, len(point))):
        if row.local[slot] is not None:
            derivative = at(sp.diff(formula, xs[slot]), point)
            error = abs(derivative - at(partial, point))
            assert error <= sp.Float("1e-30") * max(1, abs(derivative))


@cases("samples")
def test_local_is_partials(row: Elementwise, params: Mapping[str, float], point: Point) -> None:
    """The local derivative that is computed is the one that is shown."""
    partials = shown_partials(row, params, len(point))
    for partial, local in zip(partials, locals_of(row, params, point), strict=True):
        assert close(local, float(at(partial, point)))


@cases("kinks")
def test_partials_follow_the_convention(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """Where the formula shown has a value at a kink, it is the one that is computed there."""
    partials = shown_partials(row, params, len(point))
    for partial, local in zip(partials, locals_of(row, params, point), strict=True):
        shown = at(partial, point)
        assert not (shown.is_finite and shown.is_real) or close(local, float(shown))


@cases("samples")
def test_local_is_the_slope(row: Elementwise, params: Mapping[str, float], point: Point) -> None:
    """Central differences of the forward form agree with the local derivatives."""
    for slot, local in enumerate(locals_of(row, params, point)):
        if row.local[slot] is not None:
            step = 6e-6 * max(1.0, abs(point[slot]))
            right, left = list(point), list(point)
            right[slot] += step
            left[slot] -= step
            rise = run(row, params, right)[0] - run(row, params, left)[0]
            run_length = right[slot] - left[slot]
            assert close(local, rise / run_length, rtol=1e-6, atol=1e-8)


@every_row
def test_a_named_function_is_its_row(row: Elementwise) -> None:
    """In a longer formula a row is printed as its call, with its value and derivative."""
    for params in params_of(row):
        point = row.domain.samples[0]
        xs = symbols_of(len(point))
        term = row.applied(*xs, **params)
        assert close(float(at(term, point)), run(row, params, point)[0])
        if row.by_name:
            assert str(term) == row.as_call([str(x) for x in xs], params)
            assert sp.diff(term, xs[0]) == row.partials(*xs, term, **exact(params))[0]
            assert not term.expand(func=True).has(type(term))


# -- arrays


@every_row
def test_arrays_entry_by_entry(row: Elementwise) -> None:
    """On arrays an operation is what it is on each entry, in float64."""
    arity = len(row.domain.samples[0])
    points = (*row.domain.samples, *row.domain.kinks, *row.domain.edges)
    points = tuple(p for p in points if len(p) == arity)
    value, gradients = run(row, row.params, list(np.array(points).T))
    scalars = [run(row, row.params, p) for p in points]
    assert value.dtype == np.float64
    assert close(value, [v for v, _ in scalars])
    for slot, gradient in enumerate(gradients):
        assert gradient.dtype == np.float64
        assert close(gradient, [g[slot] for _, g in scalars])


@every_row
def test_broadcasting(row: Elementwise) -> None:
    """Shapes combine as in numpy, and a gradient has the shape of its input."""
    point = row.domain.samples[0]
    shapes = [(2, 1), (3,), ()][: len(point)]
    inputs = [np.full(shape, x) for shape, x in zip(shapes, point, strict=True)]
    value, gradients = run(row, row.params, inputs)
    single, slopes = run(row, row.params, point)
    assert value.shape == np.broadcast_shapes(*shapes)
    assert close(value, np.full(value.shape, single))
    for shape, gradient, slope in zip(shapes, gradients, slopes, strict=True):
        copies = value.size // max(1, int(np.prod(shape)))
        assert gradient.shape == shape
        assert close(gradient, np.full(shape, copies * slope))


# -- the conventions, as numbers


@pytest.mark.parametrize(
    ("name", "point", "gradients"),
    [
        ("relu", (0,), (0,)),
        ("abs", (0,), (0,)),
        ("sign", (0,), (0,)),
        ("max", (0, 0), (0.5, 0.5)),
        ("max", (1, 1, 1), (1 / 3, 1 / 3, 1 / 3)),
        ("min", (2, 2), (0.5, 0.5)),
        ("fmax", (1, 1), (1, 0)),
        ("clamp_min", (0, 0), (1, 0)),
        ("clamp", (1, 0, 1), (1, 0, 0)),
        ("clamp", (0.5, 2, 1), (0, 0, 1)),
        ("relu6", (6,), (0,)),
        ("hardtanh", (1,), (0,)),
        ("hardsigmoid", (-3,), (0,)),
        ("hardswish", (3,), (1,)),
        ("leaky_relu", (0,), (0.01,)),
        ("elu", (0,), (1,)),
        ("selu", (0,), (1.7580993408473766,)),
        ("celu", (0,), (1,)),
        ("prelu", (0, 0.25), (0.25, 0)),
        ("sqrt", (0,), (np.inf,)),
        ("log", (-1,), (-1,)),
        ("log", (0,), (np.inf,)),
        ("pow", (0, 0), (0, 0)),
        ("pow", (0, 2), (0, 0)),
        ("pow", (0, -1), (-np.inf, -np.inf)),
        ("pow", (-2, 3), (12, np.nan)),
        ("div", (0, 0), (np.inf, np.nan)),
        ("mod", (-5.5, 3), (1, 2)),
        ("fmod", (-5.5, 3), (1, 1)),
        ("atan2", (0, 0), (0, 0)),
        ("hypot", (0, 0), (np.nan, np.nan)),
        ("xlogy", (0, 0), (0, np.nan)),
        ("sinc", (0,), (0,)),
        ("softplus", (20.0001,), (1,)),
        ("sigmoid", (40,), (0,)),
        ("lgamma", (0,), (-np.inf,)),
        ("acot", (0,), (-1,)),
        ("cbrt", (0,), (np.inf,)),
    ],
)
def test_conventions(name: str, point: Point, gradients: Point) -> None:
    """What the derivatives are at kinks and poles, whatever engine is installed."""
    row = OF_NUMBERS[name]
    assert close(run(row, row.params, point)[1], gradients)


def test_hundreds_of_inputs_share_evenly() -> None:
    """The winners among many inputs of max share the gradient, and the others have none."""
    point = tuple(float(i % 4) for i in range(400))
    assert close(run(OF_NUMBERS["max"], {}, point)[1], [0.01 * (x == 3) for x in point])


def test_import_weight() -> None:
    """The table imports neither sympy nor scipy nor torch."""
    program = "import sys, backtrace.ops; print(*{'sympy', 'scipy', 'torch'} & sys.modules.keys())"
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.strip()) == (0, ""), found.stderr
