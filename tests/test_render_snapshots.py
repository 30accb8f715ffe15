"""Every view of the same few programs, as it is expected to look (tests/recording.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from recording import ESCAPES, assert_snapshot, on_screen

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.records import Trace
from backtrace.render import VIEWS, Look
from backtrace.render.json import json_text
from backtrace.render.node import node
from backtrace.render.quiet import quiet
from backtrace.render.summary import summary

CHAIN = "\n".join(["v = a"] + ["v = v*a + b"] * 5_000)
NETWORK = "h = sigmoid(x @ W1 + b1); o = sigmoid(h @ W2 + b2); E = sum((t - o)**2)/2"
WEIGHTS = {
    "x": [0.05, 0.1],
    "t": [0.01, 0.99],
    "W1": [[0.15, 0.25], [0.2, 0.3]],
    "b1": 0.35,
    "W2": [[0.4, 0.5], [0.45, 0.55]],
    "b2": 0.6,
}
LARGE = np.arange(6_000.0).reshape(200, 30)
STEPS = np.arange(30) / 32 - 0.25  # binary fractions: their sums are the same in any order
ARRAYS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "polynomial": ("mean(x**2 + 2*x + 1)", {"x": [0.3928, -0.8631, -0.2639]}, None),
    "mse": ("mean((w*x + b - y)**2)", {"w": 0.5, "b": 0, "x": [1, 2, 3], "y": [2, 4, 7]}, "w,b"),
    "network": (NETWORK, WEIGHTS, "W1,b1,W2,b2"),
    "softmax": (
        "cross_entropy(x @ W, t)",
        {"x": [1, 2], "W": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "t": 2},
        None,
    ),
    "peak": ("sum(max(x, axis=0)**2)", {"x": [[1, 5], [3, 4]]}, None),
    "stretched": ("sum(y - x)", {"x": [1, 2, 4], "y": [[1], [2], [3]]}, None),
    "large": ("mean(relu(x @ w)**2)", {"x": 2_000 - LARGE, "w": STEPS}, None),
}
PROGRAMS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "square": ("(w*x-y)**2", {"w": 1, "x": 1, "y": 2}, None),
    "statements": ("yhat = w*x; s = yhat - y; loss = s**2", {"w": 2, "x": -3, "y": 1}, "w"),
    "twice": ("(y - (w*x + b))**2 + w**2", {"y": 2, "w": 1, "x": 1, "b": 0}, None),
    "neuron": ("sigmoid(w*x+b)", {"w": 2, "x": -1, "b": 0.5}, None),
    "tie": ("max(a, b)*2", {"a": 1, "b": 1}, None),
    "kink": ("relu(x)*w", {"x": 0, "w": 2}, None),
    "undefined": ("2*log(x) + x", {"x": -1}, None),
    "blocked": ("log(relu(x))", {"x": -1}, None),
    "where": ("where(x > 0, log(x), x**2)*x", {"x": -1}, None),
    "again": ("c = a*b; c = c*c; d = a*a; c + 1", {"a": 2, "b": 3}, None),
    "chain": (CHAIN, {"a": 0.999, "b": 0.5}, None),
    **ARRAYS,
}
NODES = {
    "statements": "s",
    "twice": "w",
    "undefined": "v1",
    "again": "c·1",
    "neuron": "L",
    "mse": "w",
    "network": "W1",
    "softmax": "v1",
    "peak": "x",
    "large": "v1",
}
WHOLE = [name for name in PROGRAMS if name not in ("chain", "large")]
EXACT = [name for name in WHOLE if name not in ("network", "softmax")]  # to the last digit


def traced(name: str) -> Trace:
    program, bindings, wrt = PROGRAMS[name]
    return backtrace.trace(program, bindings, wrt=wrt)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_view(name: str, view: str) -> None:
    """A view of a program is as recorded, unwrapped."""
    assert_snapshot(f"{name}.{view}.txt", VIEWS[view](traced(name)).plain)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_view_at_80_columns(name: str, view: str) -> None:
    """A view made for 80 columns is as recorded, and no line of it is longer."""
    text = VIEWS[view](traced(name), Look(width=80)).plain
    assert max(map(len, text.splitlines())) <= 80
    assert_snapshot(f"{name}.{view}.80.txt", text)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ARRAYS)
def test_view_at_120_columns(name: str, view: str) -> None:
    """A view of arrays made for 120 columns is as recorded, and no line of it is longer."""
    text = VIEWS[view](traced(name), Look(width=120)).plain
    assert max(map(len, text.splitlines())) <= 120
    assert_snapshot(f"{name}.{view}.120.txt", text)


@pytest.mark.parametrize("view", VIEWS)
def test_view_in_full(view: str) -> None:
    """With every entry of every array it is as recorded, in rows that are broken to the width."""
    trace = backtrace.trace("mean((x @ w)**2)", x=LARGE[:8, :5] / 32 - 3, w=STEPS[:5])
    assert_snapshot(f"full.{view}.80.txt", VIEWS[view](trace, Look(width=80, full=True)).plain)


@pytest.mark.parametrize("name", ["twice", "again", "undefined", "network", "peak"])
def test_view_in_ascii(name: str) -> None:
    """A tree in ASCII has ∂, ×, guides and labels in ASCII, aligned."""
    text = VIEWS["tree"](traced(name), Look(ascii=True)).plain
    assert text.isascii()
    assert_snapshot(f"{name}.tree.ascii.txt", text)


@pytest.mark.parametrize("name", NODES)
def test_node(name: str) -> None:
    """One node's calculation is as recorded."""
    assert_snapshot(f"{name}.node.txt", node(traced(name), NODES[name]).plain)


@pytest.mark.parametrize("name", [*WHOLE, "large"])
def test_summary(name: str) -> None:
    """What stands below a view that was not checked is as recorded."""
    assert_snapshot(f"{name}.summary.txt", summary(traced(name), not_checked(traced(name))).plain)


@pytest.mark.parametrize("name", ARRAYS)
def test_summary_at_80_columns(name: str) -> None:
    """The same of arrays on a terminal of 80 columns."""
    found = summary(traced(name), not_checked(traced(name)), Look(width=80)).plain
    assert_snapshot(f"{name}.summary.80.txt", found)


@pytest.mark.parametrize("name", EXACT)
def test_json(name: str) -> None:
    """The JSON of a trace is as recorded."""
    assert_snapshot(f"{name}.json", json_text(traced(name), not_checked(traced(name))))


@pytest.mark.parametrize("name", EXACT)
def test_quiet(name: str) -> None:
    """The bare numbers are as recorded."""
    assert_snapshot(f"{name}.quiet.txt", quiet(traced(name)))


def test_colours() -> None:
    """A tree on a terminal has each role in its colour."""
    assert_snapshot("twice.tree.ansi", on_screen(VIEWS["tree"](traced("twice"))))


@pytest.mark.parametrize("width", [None, 80, 40])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_text_twin(name: str, view: str, width: int | None) -> None:
    """What rich prints is the plain text with colours: nothing is wrapped, cut or added."""
    made = VIEWS[view](traced(name), Look(width=width))
    assert ESCAPES.sub("", on_screen(made, width or 10_000)) == made.plain
