"""backtrace.render.views.tree: what a tree says; how it looks is in the snapshots."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtrace
from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS
from backtrace.render import Look
from backtrace.render.views.tree import tree

NUMBER = r"-?(?:\d[\d.]*(?:e-?\d+)?|inf|nan)"


def shown(program: str, bindings: dict[str, Any], wrt: str | None = None, **look: Any) -> str:
    return tree(backtrace.trace(program, bindings, wrt=wrt), Look(**look)).plain


def squeezed(text: str) -> str:
    """Without what aligns the columns."""
    return re.sub(" +", " ", text)


@pytest.mark.parametrize(
    ("program", "bindings", "wrt", "texts"),
    [
        (
            "(w*x-y)**2",
            {"w": 1, "x": 1, "y": 2},
            None,
            ["v1 = w*x = 1", "∂v1/∂w  = x = 1", "∂L/∂w  = -2 × 1 = -2", "2*v2 = -2"],
        ),
        (
            "(y-(w*x+b))**2 + w**2",
            {"y": 2, "w": 1, "x": 1, "b": 0},
            None,
            [
                "∂L/∂w   = -2 + 2 = 0",
                "via v1:   -2 × 1 = -2",
                "via v5:   1 × 2 = 2",
                "w (shown above)",
            ],
        ),
        ("w*x", {"w": 1, "x": 3}, "w", ["x = 3         no gradient asked"]),
        ("2*x**2", {"x": 3}, None, ["constant, no gradient"]),
        ("x*y**2", {"x": 3, "y": 2}, "x", ["v1 = y**2 = 4   no gradient needed"]),
        ("where(x > 0, x, 2)", {"x": 3}, None, ["v1 = x > 0 = 1", "no gradient passes"]),
        ("log(relu(x))", {"x": -1}, None, ["∂L/∂x  = blocked (local 0) = 0"]),
        ("2*relu(x)", {"x": -1}, None, ["2 × 0 = 0  blocked"]),
        ("x + log(y)", {"x": 1, "y": -1}, None, ["v1 = log(y) = nan  ✗ undefined"]),
        ("exp(x) + y", {"x": 1000, "y": 1}, None, ["v1 = exp(x) = inf  ✗ overflow"]),
        ("relu(x)*w", {"x": 0, "w": 1}, None, ["v1 = relu(x) = 0  ! kink"]),
        ("-x", {"x": 0}, None, ["L = -x = 0 ∂"]),
        ("pi*x", {"x": 2}, None, ["pi = 3.14159"]),
        ("t = a*a; a + 1", {"a": 3}, None, ["not used by L:", "  t = a*a = 9"]),
        ("x", {"x": 3}, None, ["x = 3   ∂x/∂x = 1"]),
    ],
)
def test_says(program: str, bindings: dict[str, float], wrt: str | None, texts: list[str]) -> None:
    """The tree says this of this program."""
    found = squeezed(shown(program, bindings, wrt))
    for text in texts:
        assert squeezed(text) in found


NET = (
    "h = sigmoid(x @ W + b); sum(h)",
    {"x": [1, -2], "W": [[0.5, 0.25], [0.125, 1]], "b": 0.5},
)
DATA = {"w": 2, "x": [1, 2, 3], "y": [1, 1, 2]}


@pytest.mark.parametrize(
    ("program", "bindings", "texts"),
    [
        (
            "mean((w*x - y)**2)",
            DATA,
            [
                "v1 = w*x = [2, 4, 6] (3,)",
                "Ḡ = ∂L/∂L = 1 ∂L/∂v3 = Ḡ/3 = [0.333333, 0.333333, 0.333333]",
                "∂v3/∂v2 = 2*v2 = [2, 6, 8]",
                "∂L/∂v1 = [0.666667, 2, 2.66667] × 1 = [0.666667, 2, 2.66667]",
                "∂L/∂w = [0.666667, 2, 2.66667] ⊙ [1, 2, 3], summed over axis 0 to one number",
                "∂L/∂x = [0.666667, 2, 2.66667] × 2 = [1.33333, 4, 5.33333]",
                "Ḡ is the upstream gradient",
            ],
        ),
        (
            *NET,
            [
                "Ḡ = ∂L/∂v1 ∂L/∂W = outer(x, Ḡ) = [[",
                "Ḡ = ∂L/∂v1 ∂L/∂x = W @ Ḡ = [",
                "W = [[0.5, 0.25], [0.125, 1]] (2, 2)",
            ],
        ),
        ("sum(x @ W)", {"x": np.eye(2), "W": np.eye(2)}, ["∂L/∂x = Ḡ @ Wᵀ", "∂L/∂W = xᵀ @ Ḡ"]),
        ("var(x)", {"x": [1, 2, 4]}, ["divides by n - 1 = 2"]),
        ("sum(y - x)", {"x": [1, 2], "y": [[1], [2]]}, ["(2, 2) ! broadcast"]),
        ("sum(x[1:])", {"x": [1, 2]}, ["[0, 1]: Ḡ at the entries"]),
        ("x[i]", {"x": [1, 2], "i": 1}, ["Ḡ*one_hot(i, 2) = [0, 1]", "whole numbers, no gradient"]),
        ("sum(log(relu(x)))", {"x": [-1, 2]}, ["[0, 0.5] blocked where the local derivative is 0"]),
        ("sum(x*x)", {"x": [1, 2]}, ["∂L/∂x = [1, 2] + [1, 2] = [2, 4]"]),
        (
            "sum(x)",
            {"x": np.arange(5000.0)},
            ["x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …] (5000,) ‖·‖ = 204094", "--full"],
        ),
    ],
)
def test_says_of_arrays(program: str, bindings: dict[str, Any], texts: list[str]) -> None:
    """Shapes, entrywise products, rules, sums over stretched axes, and marks."""
    found = squeezed(shown(program, bindings))
    for text in texts:
        assert text in found


def test_numbers_alone_need_no_explanation() -> None:
    """Without arrays nothing is said of them."""
    found = shown("w*x", {"w": 1, "x": 2})
    assert "Ḡ" not in found
    assert "--full" not in found


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
@pytest.mark.parametrize("full", [False, True])
def test_arrays_keep_to_the_width(width: int, full: bool) -> None:
    """No line is wider than asked for, and small arrays are whole at every width."""
    random = np.random.default_rng(1)
    bindings = {**NET[1], "x": random.normal(size=(9, 2))}
    found = shown(NET[0], bindings, width=width, full=full)
    assert max(map(len, found.splitlines())) <= width
    assert re.search(r"\[ *0\.125, +1\]\]", found)
    assert ("…" in found) != full


def test_full() -> None:
    """With --full every entry is there, also of a large array."""
    x = np.arange(5000.0)
    found = shown("sum(2*x)", {"x": x}, full=True)
    assert found.count("4999") == 1
    assert found.count("9998") == 1
    assert max(map(len, found.splitlines()[:3])) < 500


def test_ascii_of_rules() -> None:
    """In ASCII a rule keeps .T, and G gives way to a variable that is called so."""
    matrices = {"x": np.eye(2), "W": np.eye(2)}
    found = shown("sum(x @ W)", matrices, ascii=True)
    assert found.isascii()
    assert "= G @ W.T" in found
    assert "G is the upstream gradient" in found
    assert "= Gbar @ G.T" in shown("sum(x @ G)", {"x": np.eye(2), "G": np.eye(2)}, ascii=True)


def test_long_rules_are_left_to_the_node() -> None:
    """A rule that is too long for a line is a mark, and a line says where it is."""
    found = shown("sum(layer_norm(x, w, b))", {"x": [1, 5], "w": [1, 2], "b": [0, 1]})
    assert "∂L/∂x  = … = [" in found
    assert "… stands for a long formula: --node NAME shows it" in found


@pytest.mark.parametrize("width", [60, 80, 120])
def test_long_formulas_on_a_terminal(width: int) -> None:
    """There a long rule, or local derivative, has lines of its own."""
    x = {"x": [[1, 5], [3, 4]], "t": [0, 1]}
    for program in ["cross_entropy(x, t, axis=0)", "sum(gelu(x))*sum(t)"]:
        found = shown(program, x, width=width)
        assert max(map(len, found.splitlines())) <= width
        assert "…" not in found


def test_an_edge_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many layouts are tried, the product of an edge is computed once."""
    asked: list[tuple[int, int]] = []
    original = backtrace.Trace.contribution

    def contribution(self: backtrace.Trace, via: int, slot: int) -> Any:
        asked.append((via, slot))
        return original(self, via, slot)

    monkeypatch.setattr(backtrace.Trace, "contribution", contribution)
    shown("sum((x*x + y)**2)", {"x": np.ones(2000), "y": np.ones(2000)}, width=60)
    assert len(asked) == len(set(asked)) > 4


def test_number_is_not_written_twice() -> None:
    """Where the formula of a local derivative is its number, it stands there once."""
    found = shown("x - y", {"x": 1, "y": 2})
    assert "= 1 = 1" not in found
    assert "= -1 = -1" not in found


def test_digits() -> None:
    """Every number has the digits asked for."""
    assert "0.14915" in shown("sigmoid(x)", {"x": -1.5}, digits=5)


def test_labels_are_text() -> None:
    """Brackets in a name are not markup."""
    nodes = (Leaf("x[i]"), Leaf("[bold]w"), Apply(OPS["mul"], (0, 1)))
    graph = Graph("", nodes, (Span(0, 0),) * 3, (), 2)
    found = tree(backtrace.trace(graph, {"x[i]": 1, "[bold]w": 2})).plain
    assert "L = x[i]*[bold]w = 2" in found
    assert "∂L/∂x[i]" in found


@pytest.mark.parametrize("width", [None, 60, 80, 120])
def test_long_chain_is_short(width: int | None) -> None:
    """A program of thousands of statements is folded, and the last line says how to see more."""
    program = "v = a\n" + "v = v*a + b\n" * 3_000
    lines = shown(program, {"a": 0.5, "b": 1}, width=width).splitlines()
    assert len(lines) < 400
    assert "nodes are left out at" in " ".join(lines[-2:])
    assert "shows more" in " ".join(lines[-2:])
    assert width is None or max(map(len, lines)) <= width


def test_sum_of_many_uses_is_folded() -> None:
    """The sum over thousands of uses shows its ends and how many terms are between."""
    found = shown("v = a\n" + "v = v + b\n" * 3_000, {"a": 0, "b": 1})
    assert "∂v/∂b       = 1 + 1 + 1 + … (2,994 more) + 1 + 1 + 1 = 3000" in found


LEAVES = st.sampled_from(["a", "b", "2", "0.5"])
PROGRAMS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"tanh({t})"),
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(PROGRAMS, st.sampled_from([None, 50, 80]))
def test_products_and_sums_hold(program: str, width: int | None) -> None:
    """Whatever the program, the numbers of a line fit together, and the sums are the gradients."""
    trace = backtrace.trace(f"{program} + a + b", a=0.7, b=-1.3)
    found = re.sub(r"\s*\n[ │]*(?=[^ │├└])", " ", tree(trace, Look(digits=12, width=width)).plain)
    for upstream, local, product in re.findall(rf"({NUMBER}) × ({NUMBER}) = ({NUMBER})", found):
        assert float(upstream) * float(local) == pytest.approx(float(product), rel=1e-9)
    for name in "ab":
        sums = re.findall(rf"∂L/∂{name} +=((?: \+)? [^=]*) = ({NUMBER})", found)
        terms = [float(t) for t in re.findall(NUMBER, sums[0][0])] if sums else []
        gradient = trace.gradients[name]
        if len(terms) > 1 and "×" not in sums[0][0] and "…" not in sums[0][0]:
            assert sum(terms) == pytest.approx(gradient, rel=1e-9, abs=1e-9)
        assert np.isfinite(gradient)
