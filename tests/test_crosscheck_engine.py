"""backtrace.crosscheck.engine: torch, when it is imported and what a row's text stands for."""

from __future__ import annotations

import math
import subprocess
import sys
import types
import warnings
from typing import Any

import numpy as np
import pytest
from planting import planted, spoiled

import backtrace
from backtrace.crosscheck import check
from backtrace.crosscheck import engine as engines
from backtrace.crosscheck.engine import Torch, torch_function
from backtrace.errors import Span
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import OPS
from backtrace.tracing import trace


def test_torch_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch there is EngineMissing, which tells how to go on, and exit code 4."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(backtrace.EngineMissing, match="pip install torch") as caught:
        check(trace("x*x", x=2))
    assert caught.value.exit_code == 4


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


def test_tested_version() -> None:
    """The conventions are those of one minor version, which any of its releases has."""
    engine = Torch()
    for version, tested in [("2.13.0", True), ("2.13.7", True), ("2.130.0", False), ("3.0", False)]:
        engine.version = version
        assert engine.tested is tested
    assert engines.TESTED == "2.13"


@pytest.mark.parametrize(
    ("row", "inputs", "value"),
    [("exp", (0.0,), 1.0), ("cot", (1.0,), 1 / math.tan(1)), ("leaky_relu", (-2.0,), -0.02)],
)
def test_the_text_of_a_row(row: str, inputs: tuple[float, ...], value: float) -> None:
    """A dotted name is that function of torch, anything else an expression in inputs and params."""
    import torch

    op = OPS[row]
    tensors = [torch.tensor(x, dtype=torch.float64) for x in inputs]
    found = torch_function(op, torch)(*tensors, **op.params)
    assert found.dtype is torch.float64
    assert float(found) == pytest.approx(value, rel=1e-12)


def test_a_torch_that_fails_at_import_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises, it is no crash: one built for another numpy raises RuntimeError."""

    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "torch":
                raise RuntimeError("built for another numpy")

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(backtrace.EngineMissing, match="built for another numpy"):
        check(trace("x*x", x=2))


@pytest.mark.parametrize("name", ["float64", "autograd"])
def test_half_a_torch_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A module of that name without what a check needs is told by what it lacks."""
    import torch

    half = types.ModuleType("torch")
    half.__dict__.update({k: v for k, v in vars(torch).items() if k != name})
    half.__dict__.pop("__getattr__", None)
    monkeypatch.setitem(sys.modules, "torch", half)
    with pytest.raises(backtrace.EngineMissing, match=f"has no torch.{name}"):
        check(trace("x*x", x=2))


def test_what_torch_refuses_is_not_checked() -> None:
    """An operation that raises in torch leaves the trace unchecked, with the call and why."""
    refused = planted("celu(x)", "L", {"torch": "x*(1/(alpha - alpha))"}, x=1)
    with pytest.raises(backtrace.EngineMissing, match=r"torch refuses celu\(x\): .+") as caught:
        check(refused)
    assert caught.value.exit_code == 4


STRETCHED: list[tuple[str, dict[str, Any]]] = [
    ("sum(clamp(s, A, x))", {"s": 0.5, "A": [[0, 1, 0.2], [2, 0, 0.7]], "x": [1, 1.5, 0.6]}),
    ("mean(clamp(x, 0, K))", {"x": [1, -1, 3], "K": [[2], [0.5]]}),
    ("sum(where(x > 1, s, A))", {"s": 0.5, "A": [[0, 1, 0.2], [2, 0, 0.7]], "x": [1, 1.5, 0.6]}),
    ("sum(log(o, y))", {"o": [2], "y": [3, 4, 5]}),
    ("mean(log(o, y))", {"o": [0], "y": [0, 1, 0]}),  # what is summed is nan and not inf
    ("sum(max(x, K, s))", {"x": [1, -1, 3], "K": [[2], [0.5]], "s": 2.5}),
]


@pytest.mark.parametrize(("program", "values"), STRETCHED)
def test_inputs_that_are_stretched(program: str, values: dict[str, Any]) -> None:
    """An elementwise operation of several shapes is replayed on one, and summed afterwards."""
    found = check(trace(program, values))
    assert found.status in ("agrees", "undefined"), found.summary


def test_views_are_copied_for_torch() -> None:
    """Values and gradients that lie backwards in memory, which torch does not read, are checked."""
    backwards = np.arange(1.0, 4.0)[::-1]
    assert check(trace("sum(x*x)", x=backwards)).status == "agrees"
    assert check(trace("x*x", {"x": backwards}, seed=backwards)).status == "agrees"
    # the rule of cumsum makes such a gradient, and a doubted edge hands it to torch
    found = planted("sum(cumsum(exp(x), 0)*y)", "v1", {"local": (lambda x, v: v + 1,)},
                    x=backwards, y=backwards)  # fmt: skip
    assert [node.name for node in check(found).differing] == ["v1"]


def test_torch_warns_of_nothing() -> None:
    """A divisor n - 1 = 0 is told by the trace itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(trace("var(x) + std(x)", x=[2])).status == "undefined"
