"""examples/: every program runs as a user runs it, with the numbers that are published for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from command_line import ROOT, run

import backtrace
from backtrace.reading.files import File, open_table, values_in

EXAMPLES = ROOT / "examples"


class Example(NamedTuple):
    """What stands after the program on the command line, and what comes out of it."""

    words: str
    value: float
    gradients: dict[str, Any]  # None: an entry that nobody published
    tolerance: float = 5e-10  # half a unit of the last digit that is published


EXPECTED = {
    "model": Example("w=2 x=-3 y=1", 49, {"w": 42, "x": -28, "y": 14}),
    # Andrej Karpathy's neuron, with its bias chosen for round numbers
    "neuron": Example(
        "x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432",
        0.7071067811865476,
        {"x1": -1.5, "w1": 1, "x2": 0.5, "w2": 0},
    ),
    # NBISweden, session annBuildingBlocks, to the digits of its table
    "two_layers": Example(
        "x=0.05 y=0.01 w1=0.1 b1=-0.1 w2=0.3 b2=0.3 --wrt w1,w2",
        0.1794,
        {"w1": 0.000534, "w2": 0.0679},
        5e-5,
    ),
    "regression": Example(
        "w=1.5 b=0 --wrt w,b --data examples/points.csv", 4.05, {"w": -46.9 / 3, "b": -3.6}
    ),
    # Matt Mazur prints dE/dw1 and dE/dw5 to dE/dw8; w2 is W1[1, 0] here
    "mazur": Example(
        "--bindings examples/mazur.json --wrt W1,W2",
        0.298371109,
        {
            "W1": [[0.000438568, None], [None, None]],
            "W2": [[0.082167041, -0.022602540], [0.082667628, -0.022740242]],
        },
    ),
    # by hand, below
    "classifier": Example("--bindings examples/classifier.json", 0.644075, {}, 5e-7),
}


def bindings(name: str) -> dict[str, Any]:
    """The values of a file of examples/, as the command line reads them."""
    return dict(values_in(File(str(EXAMPLES / name)), str.isidentifier))


def program(name: str) -> str:
    """The text of a program."""
    return (EXAMPLES / f"{name}.bt").read_text(encoding="utf-8")


def close(found: Any, published: Any, tolerance: float) -> None:
    """Compare the entries that are published."""
    expected = np.array(published, dtype=float)
    assert np.shape(found) == expected.shape
    known = ~np.isnan(expected)
    np.testing.assert_allclose(np.asarray(found)[known], expected[known], rtol=0, atol=tolerance)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.bt")), ids=lambda path: path.stem)
def test_an_example(path: Path) -> None:
    """The program has the value and the gradients that are published, and torch agrees."""
    words, value, gradients, tolerance = EXPECTED[path.stem]
    done = run("-f", f"examples/{path.name}", *words.split(), "--json", "--no-formulas", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["check"]["status"] == "agrees"
    close(found["value"], value, tolerance)
    for name, gradient in gradients.items():
        close(found["gradients"][name], gradient, tolerance)


# -- a straight line through points


def test_the_gradient_is_0_at_the_line_of_least_squares() -> None:
    """What the gradient leads to is the line that numpy finds by another way."""
    table = open_table(File(str(EXAMPLES / "points.csv")))
    x, y = table.column("x"), table.column("y")
    w, b = np.polyfit(x, y, 1)
    gradients = backtrace.trace(program("regression"), w=w, b=b, x=x, y=y, wrt="w,b").gradients
    np.testing.assert_allclose([*gradients.values()], 0, atol=1e-12)


# -- Matt Mazur's network


@pytest.fixture
def mazur() -> dict[str, Any]:
    """The values of his walk-through."""
    return bindings("mazur.json")


def loss(values: dict[str, Any]) -> Any:
    """His loss at these values."""
    return backtrace.trace(program("mazur"), values, wrt="W1").value


def test_what_mazur_prints_on_the_way(mazur: dict[str, Any]) -> None:
    """The outputs of both layers and what comes back to the first hidden neuron are his."""
    trace = backtrace.trace(program("mazur"), mazur, wrt="W1,W2")
    close(trace["h"].value, [0.593269992, 0.596884378], 1e-9)
    close(trace["o"].value, [0.75136507, 0.772928465], 1e-8)
    close(trace["h"].adjoint, [0.055399425 - 0.019049119, None], 2e-9)


def test_mazur_s_loss_after_an_update_is_wrong(mazur: dict[str, Any]) -> None:
    """What he prints comes of updating W2 before the gradient passes through it to W1."""
    trace = backtrace.trace(program("mazur"), mazur, wrt="W1,W2")
    stepped = {name: mazur[name] - 0.5 * d for name, d in trace.gradients.items()}
    assert loss({**mazur, **stepped}) == pytest.approx(0.291027774, abs=5e-10)

    scores = trace.graph.nodes[trace["o"].index].inputs[0]  # type: ignore[union-attr]
    mixed = {**mazur, "W2": stepped["W2"]}
    back = backtrace.trace(
        "sigmoid(x @ W1 + b1) @ W2 + b2", mixed, seed=trace.adjoints[scores], wrt="W1"
    )
    mixed["W1"] = mazur["W1"] - 0.5 * back.gradients["W1"]
    assert loss(mixed) == pytest.approx(0.291027924, abs=5e-10)


# -- a classifier


def by_hand(X: Any, t: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> dict[str, Any]:  # noqa: N803
    """The gradients of the classifier as a textbook writes them."""
    h = np.maximum(X @ W1 + b1, 0)
    p = np.exp(h @ W2 + b2)
    p /= p.sum(axis=1, keepdims=True)
    scores = (p - np.eye(2)[t.astype(int)]) / len(t)  # p - y, of the mean
    hidden = scores @ W2.T * (h > 0)
    return {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": h.T @ scores, "b2": scores.sum(0)}


@pytest.mark.parametrize("expand", [False, True])
def test_the_classifier_by_hand(expand: bool) -> None:
    """Its gradients are those of the textbook, in one step p - y or by the long way."""
    values = bindings("classifier.json")
    trace = backtrace.trace(program("classifier"), values, expand=expand)
    assert list(trace.gradients) == ["X", "W1", "b1", "W2", "b2"]  # t has classes: no gradient
    for name, expected in by_hand(**values).items():
        np.testing.assert_allclose(trace.gradients[name], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["regression", "classifier"])
def test_differences_agree(name: str) -> None:
    """So do central differences: no point is at a kink of relu."""
    words = EXPECTED[name].words.split()
    done = run("-f", f"examples/{name}.bt", *words, "--check", "differences", cwd=ROOT)
    assert "so do central differences" in done.stdout
