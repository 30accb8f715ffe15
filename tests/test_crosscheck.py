"""The cross-check: agreement, conventions, rounding, and mistakes planted on purpose."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtrace
from backtrace.crosscheck import Check, check, not_checked
from backtrace.crosscheck import engine as engines
from backtrace.crosscheck.differences import Slope, slope
from backtrace.crosscheck.engine import Torch, torch_function
from backtrace.crosscheck.tolerance import compare, gap
from backtrace.errors import Span, UsageError
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS, Elementwise
from backtrace.records import Trace
from backtrace.tracing import trace


def spoiled(op: Elementwise, **change: Any) -> Elementwise:
    """A row with something else in some of its columns."""
    return dataclasses.replace(op, **change)


def planted(program: str, label: str, change: dict[str, Any], **bindings: float) -> Trace:
    """A trace whose node of that label has a row with a mistake in it."""
    graph = trace(program, bindings).graph
    index = graph.labels.index(label)
    node = graph.nodes[index]
    assert isinstance(node, Apply)
    wrong = Apply(spoiled(node.op, **change), node.inputs, node.params)
    nodes = (*graph.nodes[:index], wrong, *graph.nodes[index + 1 :])
    return trace(dataclasses.replace(graph, nodes=nodes), bindings)


def verdicts(found: Check) -> dict[str, str]:
    """The verdict on every node that does not simply agree, by its name."""
    return {node.name: node.verdict for node in found.nodes if node.verdict != "agrees"}


def test_agreement_names_engine_version_and_numbers() -> None:
    """Every operation and variable is compared, and the summary says with what."""
    found = check(trace("yhat = w*x; s = yhat - y; loss = s**2", w=2, x=-3, y=1))
    assert (found.status, found.engine, found.exit_code) == ("agrees", "torch", 0)
    assert found.max_error == 0
    assert found.gradients == {"w": 42, "x": -28, "y": 14}
    assert [node.name for node in found.nodes] == ["w", "x", "yhat", "y", "s", "loss"]
    assert [node.torch_gradient for node in found.nodes] == [42, -28, -14, 14, -14, 1]
    version = found.version
    assert version is not None
    assert "+" not in version
    assert str(found) == f"checked against torch {version} autograd: all 6 nodes agree"


def test_constants_are_no_nodes_of_the_check() -> None:
    """A literal needs no gradient and no verdict, and torch gets it without requires_grad."""
    found = check(trace("x**2 + 3", x=-1.5))
    assert found.status == "agrees"
    assert [node.name for node in found.nodes] == ["x", "v1", "L"]


@pytest.mark.parametrize(
    ("program", "count"), [("3", 0), ("2*3 + 1", 2), ("a = 2; b = a*3; b*b", 2)]
)
def test_a_program_without_variables_is_checked(program: str, count: int) -> None:
    """Values are compared where there is nothing to differentiate by."""
    found = check(trace(program), "differences")
    assert found.status == "agrees"
    assert len(found.nodes) == count
    assert found.gradients == found.differences == {}


def test_an_unused_variable_has_gradient_zero() -> None:
    """A name that is not in the program gets 0.0 from torch and from differences too."""
    found = check(trace("x*x", {"x": 3, "unused": 1}, wrt="x,unused"), "differences")
    assert found.gradients == {"x": 6, "unused": 0}
    assert found.differences is not None
    assert found.differences["unused"] == 0


def test_a_statement_the_output_does_not_use_is_compared_by_value() -> None:
    """An idle node has a value on both sides and no gradient on either."""
    found = check(trace("a = x*2; b = x*3; L = a", x=2))
    idle = found.nodes[[node.name for node in found.nodes].index("b")]
    assert (idle.torch_value, idle.gradient, idle.torch_gradient) == (6, None, None)
    assert found.status == "agrees"


@pytest.mark.parametrize("wrt", ["s", "s,w", "w", "yhat,s", "L", "c", "idle"])
def test_an_intermediate_node_can_be_asked_for(wrt: str) -> None:
    """Its gradient is torch's, whether or not a variable lies behind it."""
    program = "c = 3; yhat = w*x; s = yhat - y*c; idle = w*w; L = s*s"
    found = check(trace(program, w=2, x=-3, y=1, wrt=wrt), "differences")
    expected = {"c": 18, "yhat": -18, "s": -18, "w": 54, "L": 1, "idle": 0}
    assert found.status == "agrees"
    assert found.gradients == {name: expected[name] for name in wrt.split(",")}
    assert found.differences == pytest.approx(dict(found.gradients), rel=1e-6)


def test_a_path_without_gradient_gives_zeros() -> None:
    """A comparison carries no gradient in torch either."""
    found = check(trace("where(x > y, 2, 3)", x=1, y=0))
    assert found.status == "agrees"
    assert found.gradients == {"x": 0, "y": 0}


MISTAKES: list[tuple[str, str, dict[str, Any], dict[str, float], set[str]]] = [
    ("a = w*x; L = (a - y)**2", "a", {"local": (lambda x, y, v: x, lambda x, y, v: x)},
     {"w": 2, "x": -3, "y": 1}, {"w"}),
    ("a = w*x; L = (a - y)**2", "v1", {"local": (1.0, 1.0)}, {"w": 2, "x": -3, "y": 1}, {"y"}),
    ("a = tanh(x); L = a*y", "a", {"local": (lambda x, v: 1 - v,)}, {"x": 0.3, "y": 2}, {"x"}),
    ("a = x/y; b = a*a; L = b + x", "a", {"local": (lambda x, y, v: 1 / y, lambda x, y, v: v / y)},
     {"x": 3, "y": 2}, {"y"}),
    ("a = exp(x); b = a*y; L = b*b", "a", {"forward": lambda x: np.exp(x) + 1e-6},
     {"x": 0.3, "y": 2}, {"b", "L", "x", "y"}),
    ("a = x*y; b = a + 1; L = b*b", "b", {"forward": lambda x, y: x - y},
     {"x": 3, "y": 2}, {"a", "L", "x", "y"}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "label", "change", "bindings", "poisoned"), MISTAKES)
def test_a_wrong_rule_is_named_at_its_node(
    program: str, label: str, change: dict[str, Any], bindings: dict[str, float], poisoned: set[str]
) -> None:
    """Only the node with the mistake differs; what it poisons follows from it."""
    found = check(planted(program, label, change, **bindings))
    assert (found.status, found.exit_code) == ("differs", 1)
    assert [node.name for node in found.differing] == [label]
    followers = {node.name: node.text for node in found.nodes if node.verdict == "follows"}
    assert poisoned <= followers.keys()
    assert set(followers.values()) == {f"follows from {label}"}
    assert f"at {label} = " in found.summary
    assert found.max_error


def test_a_wrong_rule_says_both_numbers() -> None:
    """The summary has the node, ours and torch's."""
    wrong = {"local": (lambda x, y, v: x, lambda x, y, v: x)}
    found = check(planted("a = w*x; L = a*3", "a", wrong, w=2, x=-5))
    assert found.summary == (
        f"differs from torch {found.version} at a = w*x: its contribution to w is 6; "
        f"torch {found.version} gives -15 on the same inputs"
    )


def test_two_wrong_rules_are_both_named() -> None:
    """A second mistake behind the first is not taken for its consequence."""
    once = planted("a = exp(x); b = sin(a); L = b*3", "a", {"local": (2.0,)}, x=0.5)
    nodes = list(once.graph.nodes)
    sine = nodes[2]
    assert isinstance(sine, Apply)
    nodes[2] = Apply(spoiled(sine.op, local=(-1.0,)), sine.inputs)
    found = check(trace(dataclasses.replace(once.graph, nodes=tuple(nodes)), x=0.5))
    assert [node.name for node in found.differing] == ["a", "b"]


def test_differences_catch_what_torch_is_told_wrongly() -> None:
    """Where a row's rule and its torch text share a mistake, central differences contradict."""
    wrong = {"local": (3.0, 1.0), "torch": "3*x + y - 2*x.detach()"}
    found = check(planted("L = x + y", "L", wrong, x=1, y=2), "differences")
    assert (found.status, found.differing) == ("differs", ())
    assert [notice.code for notice in found.notices] == ["differences"]
    assert "dL/dx is 3, but central differences give 1" in found.summary


@pytest.mark.parametrize("index", [0, 2])
def test_a_sweep_that_adds_up_wrongly_is_no_rounding(index: int) -> None:
    """Every rule is right, but an adjoint is not the sum of its contributions."""
    right = trace("a = x*y; L = a*a + x", x=2, y=3)
    adjoints = list(right.adjoints)
    adjoints[index] = np.float64(99)
    found = check(dataclasses.replace(right, adjoints=adjoints))
    assert right.graph.labels[index] in {node.name for node in found.differing}


def test_a_contribution_that_was_left_out_is_no_rounding() -> None:
    """A node on the way to the output without a gradient is a mistake of the sweep."""
    right = trace("a = x*2; b = x*3; L = a + b", x=2)
    adjoints = [*right.adjoints]
    adjoints[right.graph.labels.index("b")] = None
    adjoints[0] = np.float64(2)
    found = check(dataclasses.replace(right, adjoints=adjoints))
    assert verdicts(found) == {"x": "differs"}
    assert "through b is left out" in found.summary


@pytest.mark.parametrize(
    ("program", "x", "label"),
    [("relu(x)", 0, "L"), ("a = abs(x - 1); 2*a", 1, "a"), ("max(x, 0)", 0, "L")],
)
def test_agreement_at_a_kink_is_by_convention(program: str, x: float, label: str) -> None:
    """The verdict says which operation has the kink; differences are not used there."""
    found = check(trace(program, x=x), "differences")
    assert (found.status, found.exit_code) == ("convention", 0)
    assert f"({label})" in found.summary
    assert found.differences == {"x": None}
    assert [notice.code for notice in found.notices] == ["differences-skipped"]


def test_a_kink_that_no_gradient_passes_is_plain_agreement() -> None:
    """relu(0) of a constant has no convention to speak of."""
    assert check(trace("x + relu(0)", x=1)).status == "agrees"


@pytest.mark.parametrize(
    ("version", "status", "verdict"), [("2.14.1", "convention", "convention"),
                                       ("2.13.0", "differs", "differs")]
)  # fmt: skip
def test_another_convention_of_another_torch_is_no_mistake(
    monkeypatch: pytest.MonkeyPatch, version: str, status: str, verdict: str
) -> None:
    """At a kink a later torch may choose another derivative; the tested one must agree."""
    other = planted("a = relu(x); L = 3*a", "a", {"local": (0.5,), "masks": False}, x=0)
    make = Torch.__init__

    def claims(self: Torch) -> None:
        make(self)
        self.version = version

    monkeypatch.setattr(Torch, "__init__", claims)
    found = check(other)
    assert found.status == status
    assert verdicts(found)["a"] == verdict
    assert all(shown in found.nodes[1].text for shown in ("1.5", "0", f"torch {version}"))
    assert (found.exit_code, bool(found.differing)) == (
        (0, False) if status != "differs" else (1, True)
    )


@pytest.mark.parametrize(
    ("program", "x"),
    [
        ("log(x)", -1),
        ("log(x)", 0),
        ("sqrt(x)", 0),
        ("exp(x)", 1000),
        ("x/x", 0),
        ("x*2", math.nan),
    ],
)
def test_undefined_although_torch_agrees(program: str, x: float) -> None:
    """What is not a finite number is undefined, whatever torch makes of it."""
    found = check(trace(program, x=x), "differences")
    assert (found.status, found.exit_code) == ("undefined", 3)
    assert {node.verdict for node in found.nodes} == {"agrees"}
    assert found.max_error == 0
    assert found.differences == {"x": None}
    assert found.summary.startswith("undefined here: ")


def test_a_mistake_at_an_undefined_point_is_a_mistake() -> None:
    """A difference is told before undefinedness."""
    found = check(planted("a = log(x); L = a*y", "a", {"local": (lambda x, v: 2 / x,)}, x=-1, y=2))
    assert [node.name for node in found.differing] == ["a"]
    assert found.status == "differs"


def test_infinite_upstream_gradients_are_judged_too() -> None:
    """sqrt(relu(x)) at -1: the blocked edge has 0 although inf arrives, and without a mask nan."""
    assert check(trace("sqrt(relu(x))", x=-1)).gradients == {"x": 0}
    found = check(planted("a = relu(x); L = sqrt(a)", "a", {"masks": False}, x=-1))
    assert [node.name for node in found.differing] == ["a"]


def test_cancellation_is_rounding() -> None:
    """The last bit of exp, made large by a subtraction, is no difference."""
    points = np.arange(0.1, 12, 0.1)
    found = [check(trace("1e9*(exp(x) - exp(x + 1e-7))", x=x)) for x in points]
    rounded = [one for one in found if "rounding" in verdicts(one).values()]
    assert {one.status for one in found} == {"agrees"}
    assert rounded
    assert max(node.error for node in rounded[0].nodes) > 1e-9
    assert [notice.code for notice in rounded[0].notices] == ["rounding"]
    assert "but for rounding" in rounded[0].summary


def test_rounding_of_a_saturated_function_is_no_mistake() -> None:
    """1 - tanh² near 1 is rounding only, however large the upstream gradient."""
    for x in np.arange(15, 19, 0.125):
        assert check(trace("1e12*tanh(x)", x=x)).status == "agrees"


def test_cancellation_does_not_hide_a_mistake() -> None:
    """Of the nodes that differ, the wrong rule is guilty and nothing else."""
    program = "a = exp(x); b = a - exp(x + 1e-7); L = 1e9*b"
    found = check(planted(program, "a", {"local": (lambda x, v: 1.001 * v,)}, x=5.2))
    assert [node.name for node in found.differing] == ["a"]


def test_ten_thousand_nodes() -> None:
    """A long chain needs no recursion, and a mistake in its middle is found."""
    leaves = (Leaf("v"), Leaf("a"), Leaf("b"))
    steps = [Apply(OPS[("mul", "add")[k % 2]], (k and k + 2, 1 + k % 2)) for k in range(10_000)]
    spans = (Span(0, 0),) * 10_003
    graph = Graph("", (*leaves, *steps), spans, (), 10_002)
    values = {"v": 0.5, "a": 0.999, "b": 0.001}
    found = check(trace(graph, values))
    assert (found.status, len(found.nodes)) == ("agrees", 10_003)
    wrong = spoiled(OPS["add"], local=(1.0, 2.0))
    nodes = list(graph.nodes)
    nodes[5004] = Apply(wrong, (5003, 2))
    found = check(trace(dataclasses.replace(graph, nodes=tuple(nodes)), values))
    assert [node.index for node in found.differing] == [5004]
    assert {n.index for n in found.nodes if n.verdict == "follows"} == {2}


def test_arrays_are_compared_entry_by_entry() -> None:
    """A hand-made trace of an array: shapes and entries count, and differences cover each entry."""
    weights = np.array([1.0, -2.0, 3.0])
    total = OPS["add"]
    summed = spoiled(total, forward=lambda x, y: np.sum(x) + y, torch="x.sum() + y",
        local=(lambda x, y, v: np.ones_like(x), 1.0),
    )  # fmt: skip
    nodes = (Leaf("w"), Leaf("y"), Apply(OPS["mul"], (0, 0)), Apply(summed, (2, 1)))
    graph = Graph("", nodes, (Span(0, 0),) * 4, (), 3)
    found = check(trace(graph, w=weights, y=1.0), "differences")
    assert found.status == "agrees"
    assert found.gradients["w"].tolist() == [2, -4, 6]
    assert found.differences is not None
    assert found.differences["w"] == pytest.approx([2, -4, 6], rel=1e-6)
    bad = spoiled(OPS["mul"], local=(lambda x, y, v: y, lambda x, y, v: x * (x > 0)))
    nodes = (*nodes[:2], Apply(bad, (0, 0)), nodes[3])
    found = check(trace(dataclasses.replace(graph, nodes=nodes), w=weights, y=1.0))
    assert [node.name for node in found.differing] == ["v1"]
    assert "to w is -0 at [1]" in found.summary or "to w is 0 at [1]" in found.summary


def test_shapes_must_be_equal_too() -> None:
    """A value that torch has in another shape is a difference, not a broadcast."""
    wrong = {"forward": lambda x, y: np.array([x + y, x + y])}
    graph = planted("a = x + y; b = a*2; L = x*y", "a", wrong, x=1, y=2)
    found = check(graph)
    assert [node.name for node in found.differing] == ["a"]
    assert found.max_error == math.inf
    assert "shape (2,)" in found.summary


@pytest.mark.parametrize(
    ("ours", "theirs", "beyond"),
    [
        (1.0, 1.0, False), (1.0, 1 + 1e-9, False), (1.0, 1 + 2e-9, True), (0.0, 1e-12, False),
        (0.0, 2e-12, True), (-0.0, 0.0, False), (math.nan, math.nan, False), (math.nan, 0.0, True),
        (0.0, math.nan, True), (math.inf, math.inf, False), (math.inf, -math.inf, True),
        (math.inf, 1e308, True), (1e308, -1e308, True), (1e300, 1e300 * (1 + 1e-10), False),
    ],
)  # fmt: skip
def test_tolerance(ours: float, theirs: float, beyond: bool) -> None:
    """1e-12 + 1e-9 relative; nan equals nan, an infinity only itself, -0 equals 0."""
    error, found = gap(ours, theirs)
    assert bool(found) is beyond
    assert (error == 0) == (ours == theirs or (math.isnan(ours) and math.isnan(theirs)))
    one_by_one = compare([ours, None, np.array([ours])], [theirs, None, np.array([theirs])])
    assert one_by_one.beyond == ([0, 2] if beyond else [])


def test_not_checked() -> None:
    """--no-check owes nothing; a check asked for in vain ends with 4; undefined stays undefined."""
    fine, undefined = trace("x*x", x=2), trace("log(x)", x=-1)
    assert not_checked(fine).status == "not-checked"
    assert [not_checked(fine, asked=asked).exit_code for asked in (False, True)] == [0, 4]
    assert [not_checked(undefined, asked=asked).exit_code for asked in (False, True)] == [3, 3]
    assert not_checked(undefined).status == "undefined"
    found = not_checked(fine)
    assert (found.engine, found.version, found.max_error) == (None, None, None)


def test_torch_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch there is EngineMissing, which tells how to go on, and exit code 4."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(backtrace.EngineMissing, match="pip install torch") as caught:
        check(trace("x*x", x=2))
    assert caught.value.exit_code == 4


def test_an_unknown_engine_is_refused() -> None:
    """The message has the two that there are."""
    with pytest.raises(UsageError, match="torch or differences"):
        check(trace("x*x", x=2), "jax")  # type: ignore[arg-type]


def test_torch_is_imported_only_to_check() -> None:
    """Only a check imports it; that takes no sympy, and the collector is on again afterwards."""
    program = (
        "import sys, gc, backtrace.crosscheck as c; from backtrace.tracing import trace;"
        "t = trace('x*x', x=2); c.not_checked(t); print('torch' in sys.modules);"
        "c.check(t); print('torch' in sys.modules, gc.isenabled(), 'sympy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "True", "False"]


def test_a_check_does_not_depend_on_torch_s_settings() -> None:
    """Gradients are recorded under no_grad too, and torch's default of float32 does not matter."""
    import torch

    with torch.no_grad(), torch.inference_mode():
        assert check(trace("x*x + 0.1", x=0.1)).max_error == 0


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_row_has_its_torch(name: str) -> None:
    """The text of every row stands for a function of float64 that has the row's values."""
    import torch

    op = OPS[name]
    function = torch_function(op, torch)
    for point in op.domain.samples:
        inputs = [torch.tensor(x, dtype=torch.float64) for x in point]
        result = function(*inputs, **op.params)
        assert result.dtype in (torch.float64, torch.bool)
        ours = op.forward(*map(np.float64, point), **op.params)
        assert not gap(ours, float(result))[1]


def test_params_go_to_torch() -> None:
    """A param of the node wins over the row's own; both reach a function and an expression."""
    row = spoiled(OPS["neg"], params={"slope": 2.0}, torch="slope*x",
        forward=lambda x, slope=2.0: slope * x, local=(lambda x, v, slope=2.0: slope,),
    )  # fmt: skip
    nodes = (Leaf("x"), Apply(row, (0,)), Apply(row, (1,), (("slope", 5.0),)))
    found = check(trace(Graph("", nodes, (Span(0, 0),) * 3, (), 2), x=3))
    assert (found.status, found.gradients) == ("agrees", {"x": 10})


def test_an_operation_that_returns_its_input_is_a_node_of_its_own() -> None:
    """torch.positive gives back the same tensor; the two gradients are kept apart."""
    row = spoiled(OPS["neg"], torch="torch.positive", forward=lambda x: x, local=(1.0,))
    nodes = (Leaf("x"), Apply(row, (0,)), Apply(OPS["mul"], (0, 1)))
    found = check(trace(Graph("", nodes, (Span(0, 0),) * 3, (), 2), x=3))
    assert (found.status, found.gradients) == ("agrees", {"x": 6})


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (math.exp, 1.0, math.e), (lambda x: x * x * x, 1e-8, 3e-16), (math.log, 1e-7, 1e7),
        (lambda x: 5.0, 2.0, 0.0), (lambda x: 1e200 * x, 1e-3, 1e200),
        (math.sin, 1e5, math.cos(1e5)),
    ],
)  # fmt: skip
def test_a_slope_is_within_its_margin(function: Any, x: float, expected: float) -> None:
    """The margin is honest, and narrow enough to tell a mistake."""

    def quiet(x: float) -> float:
        return function(x) if x > 0 else math.nan

    found = slope(quiet, x, noise=0.0)
    assert isinstance(found, Slope)
    assert abs(found.value - expected) <= found.margin <= 1e-5 * max(1, abs(expected))


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (abs, 0.0),
        (lambda x: abs(x - 1), 1 + 3e-6),
        (lambda x: max(x - 1, 0.0), 1 - 8e-6),
        (np.floor, 1.0),
        (np.sqrt, 0.0),
    ],
)
def test_there_is_no_slope_at_a_kink(function: Any, x: float) -> None:
    """Left and right slopes that differ, a jump or an edge of the domain give a reason instead."""
    with np.errstate(all="ignore"):
        assert isinstance(slope(lambda x: float(function(np.float64(x))), x, noise=0.0), str)


def test_differences_are_skipped_near_a_kink() -> None:
    """A kink within the step is found out by its slopes, told, and not held against the trace."""
    found = check(trace("abs(x - 1) + y", x=1 + 1e-6, y=1), "differences")
    assert found.status == "agrees"
    assert found.differences is not None
    assert found.differences["y"] == pytest.approx(1)
    assert found.differences["x"] is None
    assert "no one slope" in found.notices[0].text
    assert found.summary.endswith("so do central differences (not all could be had)")


def test_differences_of_too_long_a_program_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take minutes is skipped with a reason."""
    monkeypatch.setattr("backtrace.crosscheck.differences.BUDGET", 20)
    found = check(trace("x*y + 1", x=1, y=2), "differences")
    assert found.differences == {"x": None, "y": None}
    assert "too long" in found.notices[0].text


def test_tested_version() -> None:
    """The conventions are those of one minor version, which any of its releases has."""
    engine = Torch()
    for version, tested in [("2.13.0", True), ("2.13.7", True), ("2.130.0", False), ("3.0", False)]:
        engine.version = version
        assert engine.tested is tested
    assert engines.TESTED == "2.13"


SMOOTH = ["add", "sub", "mul", "neg", "exp", "expm1", "square", "sin", "cos", "atan", "tanh",
          "asinh", "sigmoid", "softplus", "erf"]  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to 20 operations of smooth rows on three variables."""
    nodes: list[Leaf | Apply] = [Leaf("x"), Leaf("y"), Leaf("z")]
    for _ in range(draw(st.integers(1, 20))):
        op = OPS[draw(st.sampled_from(SMOOTH))]
        inputs = tuple(draw(st.integers(0, len(nodes) - 1)) for _ in op.inputs)
        nodes.append(Apply(op, inputs, tuple(op.params.items())))
    return Graph("", tuple(nodes), (Span(0, 0),) * len(nodes), (), len(nodes) - 1)


NUMBERS = st.floats(-3, 3, allow_subnormal=False)


@settings(deadline=None, max_examples=150)
@given(graphs(), NUMBERS, NUMBERS, NUMBERS)
def test_random_graphs_agree(graph: Graph, x: float, y: float, z: float) -> None:
    """Right rules never differ from torch, nor from differences; overflow is undefined."""
    found = check(trace(graph, x=x, y=y, z=z), "differences")
    assert found.status in ("agrees", "convention", "undefined"), found.summary


@settings(deadline=None, max_examples=50)
@given(graphs(), st.data())
def test_a_wrong_rule_in_a_random_graph_is_named(graph: Graph, data: st.DataObject) -> None:
    """Whatever differs after a mistake is planted, no other node is called guilty."""
    index = data.draw(st.integers(3, len(graph.nodes) - 1))
    node = graph.nodes[index]
    assert isinstance(node, Apply)
    wrong = spoiled(node.op, local=(7.5,) * len(node.inputs))
    nodes = (
        *graph.nodes[:index],
        Apply(wrong, node.inputs, node.params),
        *graph.nodes[index + 1 :],
    )
    found = check(trace(dataclasses.replace(graph, nodes=nodes), x=0.3, y=-1.1, z=0.7))
    assert {n.index for n in found.differing} <= {index}
    if found.status in ("agrees", "convention"):
        assert not found.differing
