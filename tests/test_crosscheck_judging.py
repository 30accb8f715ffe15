"""backtrace.crosscheck.judging: a wrong rule is named at its node, and rounding is none."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import graphs, planted, spoiled, verdicts, with_mistake

from backtrace.crosscheck import check
from backtrace.crosscheck.engine import Replay, Torch
from backtrace.crosscheck.tolerance import ATOL, RTOL, gap
from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS
from backtrace.passes import edge
from backtrace.records import Trace
from backtrace.tracing import trace

WRONG = 7.5  # a local derivative that no operation has
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


@pytest.mark.parametrize("index", [0, 2])
def test_a_sweep_that_adds_up_wrongly_is_no_rounding(index: int) -> None:
    """Every rule is right, but an adjoint is not the sum of its contributions."""
    right = trace("a = x*y; L = a*a + x", x=2, y=3)
    adjoints = list(right.adjoints)
    adjoints[index] = np.float64(99)
    found = check(dataclasses.replace(right, adjoints=tuple(adjoints)))
    assert right.graph.labels[index] in {node.name for node in found.differing}


def test_a_contribution_that_was_left_out_is_no_rounding() -> None:
    """A node on the way to the output without a gradient is a mistake of the sweep."""
    right = trace("a = x*2; b = x*3; L = a + b", x=2)
    adjoints = [*right.adjoints]
    adjoints[right.graph.labels.index("b")] = None
    adjoints[0] = np.float64(2)
    found = check(dataclasses.replace(right, adjoints=tuple(adjoints)))
    assert verdicts(found) == {"x": "differs"}
    assert "through b is left out" in found.summary


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


def moved(right: Trace, wrong: Trace, index: int) -> bool:
    """Whether a mistake at a node is well beyond the tolerance, in a rule and in a gradient."""
    node, upstream = right.graph.nodes[index], right.adjoints[index]
    assert isinstance(node, Apply)
    for slot, into in enumerate(node.inputs):
        pair = np.array([right.adjoints[into], wrong.adjoints[into]], dtype=np.float64)
        local = edge(right.graph, right.values, upstream, index, slot).local
        assert local is not None
        if np.all(np.isfinite([*pair, upstream, local])) and abs(local - WRONG) > 1e-6:
            error, _ = gap(*pair)
            if error > 10 * (ATOL + RTOL * np.max(np.abs(pair))):
                return True
    return False


@given(graphs(), st.data())
def test_a_wrong_rule_in_a_random_graph_is_named(graph: Graph, data: st.DataObject) -> None:
    """A mistake that changes a gradient is found at its node, and no other node is guilty."""
    point = {"x": 0.3, "y": -1.1, "z": 0.7}
    right = trace(graph, point)
    on_the_way = [i for i in graph.needed if isinstance(graph.nodes[i], Apply)]
    index = data.draw(st.sampled_from(on_the_way))
    wrong = trace(with_mistake(graph, index, local=(WRONG, WRONG)), point)
    found = {node.index for node in check(wrong).differing}
    assert found == {index} if moved(right, wrong, index) else found <= {index}


LOST: list[tuple[str, str, dict[str, Any], str]] = [
    ("a = sin(x); L = a*x", "a", {"local": (None,)}, "its derivative by x is 0"),
    ("a = x*x; L = x + a", "L", {"local": (1.0, None)}, "its contribution to a is 0"),
    ("b = exp(x); a = sin(b); L = a*x", "a", {"local": (None,)}, "its derivative by b is 0"),
    ("L = sin(x)", "L", {"local": (None,)}, "its contribution to x is 0"),
]


@pytest.mark.parametrize(("program", "label", "change", "text"), LOST)
def test_a_gradient_that_a_row_does_not_pass_is_missed(
    program: str, label: str, change: dict[str, Any], text: str
) -> None:
    """A row that says None where torch has a derivative is guilty, and x follows from it."""
    found = check(planted(program, label, change, x=0.5))
    assert (found.status, found.exit_code) == ("differs", 1)
    assert [node.name for node in found.differing] == [label]
    assert verdicts(found)["x"] == "follows"
    assert text in found.summary


def test_a_large_gap_without_a_culprit_is_no_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of the engine's own sweep is at no operation, and is told all the same."""
    right = Torch.replay

    def replay(self: Torch, trace: Trace) -> Replay:
        values, gradients = right(self, trace)
        return Replay(values, [0.9, *gradients[1:]])

    monkeypatch.setattr(Torch, "replay", replay)
    found = check(trace("x*x + x", x=0.5))
    assert (found.status, verdicts(found)) == ("differs", {"x": "differs"})
    assert "no single operation explains it" in found.summary


@pytest.mark.parametrize(
    ("program", "bindings"),
    [
        ("g*(x/y)", {"g": 0, "x": 1, "y": 1e-310}),
        ("g*(x/y)", {"g": 1e-5, "x": 1, "y": 1e-310}),
        ("g*log(x)", {"g": 0, "x": 1e-310}),
        ("g*xlogy(x, y)", {"g": 0, "x": 1, "y": 1e-310}),
        ("g*xlogy(x, y)", {"g": 0, "x": 1e-310, "y": 0}),
        ("g*atan2(x, y)", {"g": np.inf, "x": 1e200, "y": 1}),
        ("g*hypot(x, y)", {"g": np.inf, "x": 1e-320, "y": 1e300}),
        ("g*softplus(x)", {"g": 1e300, "x": 20}),
    ],
)
def test_an_extreme_upstream_blames_no_right_rule(program: str, bindings: dict[str, float]) -> None:
    """0 × inf depends on the order of a product; with 1 arriving, the derivative is torch's."""
    found = check(trace(program, bindings))
    assert found.status in ("agrees", "undefined"), found.summary
    assert not found.differing


@pytest.mark.parametrize("upstream", [0.0, 1e300])
def test_an_extreme_upstream_excuses_no_wrong_rule(upstream: float) -> None:
    """A derivative that is wrong where 1 arrives is wrong."""
    wrong = {"local": (lambda x, y, v: np.inf, lambda x, y, v: -2 * v / y)}
    found = check(planted("a = x/y; L = g*a", "a", wrong, g=upstream, x=1, y=2))
    assert [node.name for node in found.differing] == ["a"]


@pytest.mark.parametrize(
    "program", ["sum(relu6(sqrt(x))*y)", "sum(hardtanh(log(x))/y)", "sum(hardsigmoid(sqrt(x))*y)"]
)
def test_what_torch_passes_on_to_nan_is_its_own(program: str) -> None:
    """Of many entries at a time torch makes of nan another gradient than of one: no mistake."""
    values = np.array([-1.0, 4, -2, 0.5, -3, -4, 0.25, -5] * 3)
    found = check(trace(program, x=values, y=np.arange(24.0) + 1))
    assert found.status == "undefined"
    assert not found.differing


def test_a_comparison_is_unsteady() -> None:
    """Equal numbers are no longer equal when one of them is off in its last digit: rounding."""
    exact = float(np.exp(0.3))
    off = {"forward": lambda x: np.nextafter(np.exp(x), 9)}
    found = check(planted("a = exp(x); (a == c)*w + a", "a", off, x=0.3, c=exact, w=5))
    assert found.status in ("agrees", "convention"), found.summary
    assert not found.differing


def test_entries_are_excused_one_by_one() -> None:
    """An upstream of inf at one entry does not make a rule right that is wrong at another."""
    values = {"x": [-1.0, 4.0, 9.0], "y": [1.0, 2.0, 3.0]}
    assert check(trace("sum(sqrt(relu(x))*y)", values)).status in ("agrees", "convention")
    wrong = {"local": (lambda x, v: np.where(x > 5, 2.0, 1.0 * (x > 0)),)}
    found = check(planted("sum(sqrt(relu(x))*y)", "v1", wrong, **values))
    assert [node.name for node in found.differing] == ["v1"]
