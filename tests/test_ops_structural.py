"""Every row of whole arrays held to itself and to torch: shape, forward, vjp, rules, domain."""

from __future__ import annotations

from itertools import product as combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structural_checks import (
    assert_carries,
    assert_definition,
    assert_foretold,
    assert_rules,
    assert_slope,
    assert_strides,
    assert_torch,
    foretells,
)
from structural_table import (
    COMPOSITES,
    ROWS,
    Case,
    case_of,
    cases,
    cases_of,
    every,
    products,
    read_only,
    same,
    spiked,
    upstream,
    value_of,
)
from table import EVERY_ROW, close

from backtrace.graph import Apply
from backtrace.ops import FUNCTIONS, OPS, Structural
from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.params import REQUIRED
from backtrace.ops.structural import At, at
from backtrace.passes import meant
from backtrace.reading import read
from backtrace.tracing import trace

RESERVED = {"g", "v"}  # in rules: the gradient that arrives, and the output


# -- names and params


def test_names_are_unique() -> None:
    """No row hides another: those of one name take different things, or hand on by shape."""
    assert len(OPS) == len(EVERY_ROW)
    for name, rows in FUNCTIONS.items():
        assert len({row.written for row in rows}) == 1, name
        taken = [(row.inputs, *row.params, *row.chosen_by.items()) for row in rows]
        for k, row in enumerate(rows):
            hands_on = isinstance(row, Structural) and row.instead is not None
            assert hands_on or taken[k] not in taken[k + 1 :], name


@every()
def test_inputs_have_names_that_rules_can_use(row: Structural) -> None:
    """g and v are what arrives and what comes out, and a name means one thing."""
    arity = len(row.domain.samples[0].inputs)
    names = [*row.names(arity), *row.params]
    assert len(set(names)) == len(names)
    assert not RESERVED & set(names)
    assert arity >= len(row.inputs) - row.variadic


@every()
def test_params_are_of_their_kinds(row: Structural) -> None:
    """Defaults and points have params as the reader gives them, and the row allows them."""
    assert row.kinds.keys() <= row.params.keys()
    assert not row.gathers or row.gathers in row.params
    defaults = {k: v for k, v in row.params.items() if v is not REQUIRED}
    for case in [Case(row, (), defaults), *cases_of(row, "samples", "kinks", "edges")]:
        assert case.params.keys() <= row.params.keys()
        assert REQUIRED not in case.params.values()
        for name, value in case.params.items():
            kind = row.kinds.get(name, float)
            assert kind(value) == value, name
        assert case.params is defaults or not row.allowed or not row.allowed(**case.params)


@cases("samples")
def test_a_call_as_shown_means_its_row(case: Case) -> None:
    """What is shown, read again, is of the same row with the same params."""
    row, names = case.row, [f"x{k}" for k in range(len(case.inputs))]
    texts = [row.as_call(names, case.params)] if row.call or not row.notation else []
    for text in [] if row.show else [*texts, row.shown(names, case.params)]:
        graph = read(text)
        apply = graph.nodes[graph.output]
        assert isinstance(apply, Apply)
        assert isinstance(apply.op, Structural)
        assert (meant(apply, case.shapes), dict(apply.params)) == (row, case.params)
        assert [graph.labels[i] for i in apply.inputs] == names


# -- domains


@every()
def test_conventions_go_with_kinks(row: Structural) -> None:
    """A convention has a kink to test it at, and a kink has a stated convention."""
    domain = row.domain
    assert bool(row.convention) == bool(domain.kinks) == (domain.kink is not None)
    assert all(row.at_kink(case.inputs, case.params) for case in cases_of(row, "kinks"))
    assert not any(row.at_kink(case.inputs, case.params) for case in cases_of(row, "samples"))


@every()
def test_needs_go_with_a_domain(row: Structural) -> None:
    """A row that is not defined everywhere says what it needs, and has an edge that lacks it."""
    defined = row.domain.defined
    assert bool(row.domain.needs) == (defined is not None)
    if defined is not None:

        def inside(case: Case) -> bool:
            with np.errstate(all="ignore"):
                return bool(np.all(defined(*case.inputs, **case.params)))

        assert all(map(inside, cases_of(row, "samples", "kinks")))
        assert not all(map(inside, cases_of(row, "edges")))


@cases("samples", "kinks", "edges")
def test_remarks_are_short(case: Case) -> None:
    """What a row remarks fits on a line."""
    if case.row.remark is not None:
        with np.errstate(all="ignore"):
            text = case.row.remark(*case.inputs, value_of(case), **case.params)
        assert isinstance(text, str)
        assert len(text) <= 100
        assert "\n" not in text


# -- shapes


@cases("samples", "kinks", "edges")
def test_results_have_the_shape_that_was_foretold(case: Case) -> None:
    """`shape` knows the shape of the value, and everything is computed in float64."""
    value = value_of(case)
    assert foretells(case, np.shape(value))
    assert value.dtype == np.float64
    assert all(np.result_type(g, np.float64) == np.float64 for g in products(case, value))


@every()
@given(data=st.data())
def test_shapes_that_do_not_fit_are_refused(row: Structural, data: st.DataObject) -> None:
    """Whatever shapes come, `shape` refuses them with a reason, or foretells the value's."""
    case = data.draw(st.sampled_from(cases_of(row, "samples")))
    one = st.lists(st.integers(0, 3), max_size=4).map(tuple)
    shapes: list[Shape] = [
        data.draw(st.one_of(one, st.sampled_from(case.shapes))) for _ in case.inputs
    ]
    random = np.random.default_rng(0)
    inputs = [
        np.zeros(shape) if row.is_index(slot) else random.uniform(0.1, 0.9, shape)
        for slot, shape in enumerate(shapes)
    ]
    assert_foretold(case._replace(inputs=tuple(map(read_only, inputs))))


@every(tuple(row for row in ROWS if "axis" in row.params))
def test_an_axis_that_is_not_there_is_refused(row: Structural) -> None:
    """An axis too many in either direction is a misfit."""
    for case, axis in combinations(cases_of(row, "samples"), (99, -99)):
        with pytest.raises(Misfit):
            row.shape(*case.shapes, **{**case.params, "axis": axis})


# -- gradients


@cases("samples")
def test_the_vjp_is_the_slope(case: Case) -> None:
    """Central differences of the forward form, weighted by what arrives, agree with the vjp."""
    assert_slope(case)


@cases("samples")
def test_rules_compute_the_vjp(case: Case) -> None:
    """A rule that is a program gives, when it is run, what the vjp gives."""
    assert_rules(case)


@cases("samples")
def test_rules_have_no_names_of_their_own(case: Case) -> None:
    """Nothing is assigned in a rule: shown with a user's names it could be one of these."""
    for slot in case.slots:
        text = case.row.rule(slot, case.shapes, case.params)
        assert text.startswith(":") or not read(text).assigned


@cases("samples", rows=COMPOSITES)
def test_definitions_compute_the_same(case: Case) -> None:
    """The program that a row stands for has its value, and the gradients of its stable form."""
    assert_definition(case)


# -- torch


@cases("samples", "kinks", "edges")
def test_value_and_gradient_are_those_of_the_same_torch_operation(case: Case) -> None:
    """At each of its points an operation has torch's value, and passes on what torch passes on.

    An inf or nan among what arrives shows whether it selects or multiplies.
    """
    g = upstream(case)
    assert_torch(case, g)
    for spike in [np.nan] if case.row.two_paths else [np.inf, np.nan]:
        for upset in spiked(g, spike):
            assert_torch(case, upset)


# -- how the numbers lie in memory


@cases("samples", "kinks", "edges")
def test_strides_do_not_matter(case: Case) -> None:
    """Transposed, strided, reversed and stretched arrays give the same, and are not written to."""
    assert_strides(case)


# -- inf and nan


@every(tuple(row for row in ROWS if row.carries))
def test_inf_and_nan_are_carried(row: Structural) -> None:
    """Where a row says so, an inf or nan in any input is seen in the output."""
    assert_carries(row)


# -- the conventions, as numbers


@cases("samples", rows=tuple(row for row in ROWS if row.linear or row.moves))
def test_a_factor_can_stand_before_a_linear_operation(case: Case) -> None:
    """A linear row doubles when any one of its inputs does; so does one that moves entries."""
    value = value_of(case)
    for slot in case.slots:
        doubled = tuple(2 * x if k == slot else x for k, x in enumerate(case.inputs))
        assert close(value_of(case._replace(inputs=doubled)), 2 * value)


@cases("samples", rows=tuple(row for row in ROWS if row.moves))
def test_moved_entries_are_entries_of_the_input(case: Case) -> None:
    """A row that moves entries has no others in its value."""
    assert set(np.ravel(value_of(case)).tolist()) <= set(np.ravel(case.inputs[0]).tolist())


@pytest.mark.parametrize(
    ("name", "point", "gradient"),
    [
        ("prod", at([0, 2, 3]), [6, 0, 0]),
        ("prod", at([0, 0, 3]), [0, 0, 0]),
        ("var", at([1, 2, 4]), [-4 / 3, -1 / 3, 5 / 3]),
        ("var", at([1, 2, 4], correction=0), [-8 / 9, -2 / 9, 10 / 9]),
        ("std", at([0.1, 0.1, 0.1]), [0, 0, 0]),
        ("std", at([2]), [np.nan]),
        ("norm", at([0, 0]), [0, 0]),
        ("norm", at([0, 2], ord=1), [0, 1]),
        ("norm", at([3, -3, 1], ord=np.inf), [0.5, -0.5, 0]),
        ("logsumexp", at([1000, 1000]), [0.5, 0.5]),
        ("logsumexp", at([-np.inf, -np.inf]), [np.nan, np.nan]),
        ("logsumexp", at([-np.inf, 0]), [0, 1]),
        ("amax", at([1, 3, 3, 3]), [0, 1 / 3, 1 / 3, 1 / 3]),
        ("amin", at([1, 1, 3]), [0.5, 0.5, 0]),
        ("amax", at([1, np.nan]), [np.nan, np.nan]),
        ("max_all", at([1, 3, 3]), [0, 0.5, 0.5]),
        ("min_all", at([np.nan, 1, np.nan]), [0.5, 0, 0.5]),
        ("max_along", at([1, 3, 3, 3], axis=0), [0, 1, 0, 0]),
        ("min_along", at([1, np.nan, 1, np.nan], axis=0), [0, 1, 0, 0]),
        ("mean", at([1, 2]), [0.5, 0.5]),
    ],
)
def test_conventions(name: str, point: At, gradient: list[float]) -> None:
    """What the gradients are at kinks and poles, whatever engine is installed."""
    row = OPS[name]
    assert isinstance(row, Structural)
    assert same(products(case_of(row, point), np.float64(1.0))[0], gradient)


@pytest.mark.parametrize(
    ("name", "point", "text"),
    [
        ("var", at([1, 2, 4, 8]), "divides by n - 1 = 3"),
        ("std", at([1, 2, 4, 8], correction=0), "divides by n = 4"),
        ("max_along", at([1, 3, 3], axis=0), "picks index 1"),
        ("min_along", at([[1, 0], [2, 3]], axis=1), "picks indices [1, 0]"),
        ("max_along", at([[0] * 20], axis=0), "picks indices [0, 0, 0, …, 0, 0, 0]"),
    ],
)
def test_remarks(name: str, point: At, text: str) -> None:
    """The divisor and the places that were picked are said at the node."""
    row = OPS[name]
    assert isinstance(row, Structural)
    case = case_of(row, point)
    assert row.remark is not None
    assert row.remark(*case.inputs, value_of(case), **case.params) == text


@pytest.mark.parametrize("program", ["concatenate([{}])", "[{}]"])
def test_thousands_of_inputs(program: str) -> None:
    """What any number of inputs goes into takes thousands."""
    found = trace("sum(" + program.format(", ".join(["x"] * 3000)) + ")", x=[1.0, 2.0])
    assert found.gradients["x"].shape == (2,)


def test_a_matrix_that_only_turned_over_is_singular() -> None:
    """Equations that could be solved have gradients, if need be of inf."""
    a = [[1e-300, 1.0], [0.0, 1e-300]]
    assert trace("sum(solve(a, b))", a=a, b=[1, 2]).gradients["b"][1] == -np.inf
