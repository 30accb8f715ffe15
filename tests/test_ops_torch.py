"""Every row of the table against torch: the same operation, in float64, at every kind of point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from table import OF_NUMBERS, cases, close, every_row, run

from backtrace.crosscheck.engine import torch_function
from backtrace.ops import OPS, Elementwise
from backtrace.ops.rows import Point, Value

torch = pytest.importorskip("torch")

AWKWARD = (
    *(0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, 40.0, -40.0, 800.0, -800.0),
    *(1e200, -1e200, np.inf, -np.inf, np.nan),
)
FEW = (0.0, 1.0, -2.0, 3.0, np.inf, np.nan)  # for the operations with three inputs
ZEROS = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf)
# where torch does not agree with itself: its kernels for scalars and for arrays differ at logit(-0)
UNSETTLED = {"logit": lambda x: (x == 0) & np.signbit(x)}
REFUSED = [
    ("celu", {"alpha": 0.0}, "alpha must be finite, and not 0"),
    ("hardtanh", {"min_val": 2.0, "max_val": -1.0}, "min_val must not be above max_val"),
]


def torch_run(
    row: Elementwise, params: Mapping[str, float], inputs: tuple[Value, ...], upstream: float
) -> tuple[Value, list[Value]]:
    """Value and gradients of a row's operation by torch autograd."""
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    value = torch_function(row, torch)(*tensors, **params)
    gradients: Any = [None] * len(tensors)
    if value.requires_grad:
        seed = torch.full_like(value, upstream)
        gradients = torch.autograd.grad(value, tensors, seed, allow_unused=True)
    pairs = zip(gradients, inputs, strict=True)
    found = [np.zeros(np.shape(x)) if g is None else g.numpy() for g, x in pairs]
    return value.detach().numpy(), found


def compare(
    row: Elementwise, params: Mapping[str, float], inputs: tuple[Value, ...], upstream: float
) -> None:
    """Fail where value or gradients are not torch's."""
    value, gradients = run(row, params, inputs, upstream)
    their_value, their_gradients = torch_run(row, params, inputs, upstream)
    assert close(value, their_value), f"value {value}, torch {their_value}"
    for slot, (ours, theirs) in enumerate(zip(gradients, their_gradients, strict=True)):
        assert close(ours, theirs), f"gradient {slot}: {ours}, torch {theirs}"


def upstreams(row: Elementwise) -> list[float]:
    """1 shows the derivative; inf and nan show whether the operation masks or multiplies."""
    return [1.0, np.nan] if row.two_paths else [1.0, np.inf, np.nan]


def grids(row: Elementwise) -> Iterator[tuple[Value, ...]]:
    """Arrays that together are every combination of awkward numbers."""
    for arity in (2, 3) if row.variadic else (len(row.inputs),):
        yield tuple(np.array(list(product(AWKWARD if arity < 3 else FEW, repeat=arity))).T)


@cases("samples", "kinks", "edges")
def test_value_and_gradient_are_those_of_the_same_torch_operation(
    row: Elementwise, params: Mapping[str, float], point: Point
) -> None:
    """At each of its points an operation has torch's value, and passes on what torch passes on."""
    for upstream in upstreams(row):
        compare(row, params, point, upstream)


@every_row
def test_awkward_numbers_in_every_combination(row: Elementwise) -> None:
    """Zeros of both signs, saturation, overflow, infinities and nan give what torch gives."""
    for grid in grids(row):
        unsettled = UNSETTLED[row.name](grid[0]) if row.name in UNSETTLED else False
        settled = tuple(x[~unsettled] if np.any(unsettled) else x for x in grid)
        for upstream in upstreams(row):
            compare(row, row.params, settled, upstream)


@every_row
def test_a_zero_has_the_sign_of_torchs_zero(row: Elementwise) -> None:
    """0 or -0 is as in torch on scalars, since 1/x tells them apart; its array kernels differ."""
    domain = row.domain
    arities = (2, 3) if row.variadic else (len(row.inputs),)
    awkward = (point for n in arities for point in product(ZEROS[: 8 - n], repeat=n))
    for point in (*domain.samples, *domain.kinks, *domain.edges, *awkward):
        value = run(row, row.params, point)[0]
        theirs = torch_run(row, row.params, point, 1.0)[0]
        assert value != 0 or np.signbit(value) == np.signbit(theirs), point


@pytest.mark.parametrize(("name", "params", "text"), REFUSED)
def test_params_that_torch_refuses(name: str, params: Mapping[str, float], text: str) -> None:
    """A row says what is wrong with the params that torch refuses."""
    row = OPS[name]
    assert row.allowed is not None
    assert row.allowed(**params) == text
    with pytest.raises((RuntimeError, ValueError)):
        getattr(torch.nn.functional, name)(torch.tensor(1.0), **params)


def test_prelu_is_that_of_torch_where_torch_broadcasts() -> None:
    """torch's own prelu takes a scalar slope, and there it is our expression of torch's."""
    for point in product(AWKWARD, repeat=2):
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        value = torch.nn.functional.prelu(*tensors)
        theirs = [g.item() for g in torch.autograd.grad(value, tensors)]
        ours, gradients = run(OF_NUMBERS["prelu"], {}, point)
        assert close([ours, *gradients], [value.item(), *theirs]), point
