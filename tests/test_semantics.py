"""What programs do at their awkward points: the gradient of the same torch program, not another.

An operation that selects an input (relu, max, where, clamp, x**0) lets nothing pass to the others,
whatever arrives; an operation that multiplies by a local derivative of 0 makes nan of an upstream
gradient of inf. So formulas that are equal on paper have different gradients at such points.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, nan
from typing import Any, NamedTuple

import pytest
from table import close

from backtrace.tracing import trace

torch = pytest.importorskip("torch")


class Case(NamedTuple):
    """A program of x at a point, the same in torch, and the value and gradient of both."""

    program: str
    x: float
    torch: Callable[[Any], Any]
    value: float
    gradient: float


CASES = [
    # selected: 0 wins over an upstream of inf and nan
    Case("relu(x)**0.5", 0, lambda x: torch.relu(x) ** 0.5, 0, 0),
    Case("sqrt(relu(x))", -1, lambda x: torch.sqrt(torch.relu(x)), 0, 0),
    Case("log(relu(x))", -1, lambda x: torch.log(torch.relu(x)), -inf, 0),
    Case("sqrt(clamp(x, min=0))", -1, lambda x: torch.sqrt(torch.clamp(x, min=0)), 0, 0),
    Case("sqrt(relu6(x))", 0, lambda x: torch.sqrt(torch.nn.functional.relu6(x)), 0, 0),
    Case("log(x**0 - 1)", 2, lambda x: torch.log(x**0 - 1), -inf, 0),
    Case("sqrt(floor(x))", 0.5, lambda x: torch.sqrt(torch.floor(x)), 0, 0),
    Case("sqrt(where(x > 0, x, 0))", -1,
         lambda x: torch.sqrt(torch.where(x > 0, x, 0.0)), 0, 0),
    Case("sqrt(max(x, 0))", -1,
         lambda x: torch.sqrt(torch.maximum(x, torch.zeros_like(x))), 0, 0),
    # multiplied: inf times 0 is nan
    Case("sqrt(abs(x))", 0, lambda x: torch.sqrt(torch.abs(x)), 0, nan),
    Case("sqrt(x**2)", 0, lambda x: torch.sqrt(x**2), 0, nan),
    Case("(x**2)**0.5", 0, lambda x: (x**2) ** 0.5, 0, nan),
    Case("abs(x)**0.5", 0, lambda x: torch.abs(x) ** 0.5, 0, nan),
    Case("sqrt(square(x))", 0, lambda x: torch.sqrt(torch.square(x)), 0, nan),
    Case("sqrt(x*x)", 0, lambda x: torch.sqrt(x * x), 0, nan),
    Case("sqrt(0*x)", 1, lambda x: torch.sqrt(0 * x), 0, nan),
    Case("sqrt(x)**2", 0, lambda x: torch.sqrt(x) ** 2, 0, nan),
    Case("x*sqrt(x)", 0, lambda x: x * torch.sqrt(x), 0, nan),
    Case("x**1.5", 0, lambda x: x**1.5, 0, 0),
    Case("hypot(x, 0)", 0, lambda x: torch.hypot(x, torch.zeros_like(x)), 0, nan),
    # the branch that is not taken is computed too, and its inf is multiplied by 0
    Case("where(x > 0, sqrt(x), 0)", 0, lambda x: torch.where(x > 0, torch.sqrt(x), 0.0), 0, nan),
    Case("where(x > 0, log(x), x)", 0, lambda x: torch.where(x > 0, torch.log(x), x), 0, nan),
    Case("where(x > 0, log(x), x)", -1, lambda x: torch.where(x > 0, torch.log(x), x), -1, 1),
    Case("where(x != 0, sin(x)/x, 1)", 0,
         lambda x: torch.where(x != 0, torch.sin(x) / x, 1.0), 1, nan),
    Case("where(x < 10, exp(x), 1)", 1000,
         lambda x: torch.where(x < 10, torch.exp(x), 1.0), 1, nan),
    Case("where(x > 0, sqrt(where(x > 0, x, 1)), 0)", 0,
         lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), 0.0), 0, 0),
    Case("sinc(x)", 0, torch.sinc, 1, 0),
    # conventions at kinks; relu(x) - relu(-x) is x, and its gradient at 0 is not 1
    Case("relu(x) - relu(-x)", 0, lambda x: torch.relu(x) - torch.relu(-x), 0, 0),
    Case("max(x, 0) - max(-x, 0)", 0,
         lambda x: torch.maximum(x, 0 * x.detach()) - torch.maximum(-x, 0 * x.detach()), 0, 1),
    Case("(abs(x) + x)/2", 0, lambda x: (torch.abs(x) + x) / 2, 0, 0.5),
    Case("max(x, 0)", 0, lambda x: torch.maximum(x, torch.zeros_like(x)), 0, 0.5),
    Case("max(x, x)", 1, lambda x: torch.maximum(x, x), 1, 1),
    Case("relu(x)", 0, torch.relu, 0, 0),
    Case("leaky_relu(x)", 0, torch.nn.functional.leaky_relu, 0, 0.01),
    # equal on paper, not in floats
    Case("x - x", inf, lambda x: x - x, nan, 0),
    Case("x/x", 0, lambda x: x / x, nan, nan),
    Case("0*x", inf, lambda x: 0 * x, nan, 0),
    Case("x**x", 0, lambda x: x**x, 1, 0),
    Case("2**x", -inf, lambda x: 2**x, 0, 0),
    Case("log(sigmoid(x))", -1000, lambda x: torch.log(torch.sigmoid(x)), -inf, nan),
    Case("logsigmoid(x)", -1000, torch.nn.functional.logsigmoid, -1000, 1),
    Case("1/(1 + exp(-x))", -1000, lambda x: 1 / (1 + torch.exp(-x)), 0, nan),
    Case("sigmoid(x)", -1000, torch.sigmoid, 0, 0),
    Case("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 1000,
         lambda x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)), nan, nan),
    Case("tanh(x)", 1000, torch.tanh, 1, 0),
    Case("log(1 + exp(x))", 1000, lambda x: torch.log(1 + torch.exp(x)), inf, nan),
    Case("softplus(x)", 1000, torch.nn.functional.softplus, 1000, 1),
    Case("x*log(x)", 0, lambda x: x * torch.log(x), nan, nan),
    Case("log(x)", -1, torch.log, nan, -1),
    Case("x**(1/3)", -8, lambda x: x ** (1 / 3), nan, nan),
    Case("atan2(x, 0)", 0, lambda x: torch.atan2(x, torch.zeros_like(x)), 0, 0),
    Case("2**x", 1, lambda x: 2**x, 2, 2 * log(2)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.program} at {case.x}")
def test_a_program_has_the_gradient_of_the_same_program_in_torch(case: Case) -> None:
    """Value and gradient are the numbers written here, which torch gives too."""
    x = torch.tensor(float(case.x), dtype=torch.float64, requires_grad=True)
    value = case.torch(x)
    (gradient,) = torch.autograd.grad(value, x)
    assert close([value.item(), gradient.item()], [case.value, case.gradient])
    found = trace(case.program, x=case.x)
    assert close([found.value, found.gradients["x"]], [case.value, case.gradient])


@pytest.mark.parametrize(
    ("program", "point", "gradients"),
    [
        ("x**y", (0, 0), (0, 0)),
        ("x**y", (0, 2), (0, 0)),
        ("x**y", (-2, 2), (-4, nan)),
        ("max(x, y)", (1, 1), (0.5, 0.5)),
        ("max(max(x, y), z)", (1, 1, 1), (0.25, 0.25, 0.5)),
        ("max(x, y, z)", (1, 1, 1), (1 / 3, 1 / 3, 1 / 3)),
        ("fmax(x, y)", (1, 1), (1, 0)),
        ("clamp(x, y, z)", (0.5, 2, 1), (0, 0, 1)),
        ("x/y", (1e300, 1e200), (1e-200, -1e-100)),
        ("x/y", (1, 0), (inf, -inf)),
        ("x % y", (-5.5, 3), (1, 2)),
        ("atan2(x, y)", (0, 0), (0, 0)),
        ("hypot(x, y)", (0, 0), (nan, nan)),
        ("xlogy(x, y)", (0, 0), (0, nan)),
    ],
)
def test_several_variables(
    program: str, point: tuple[float, ...], gradients: tuple[float, ...]
) -> None:
    """Ties, zeros and overflow of operations with several inputs; torch agrees on every number."""
    found = trace(program, dict(zip("xyz", point, strict=False)))
    assert close(list(found.gradients.values()), list(gradients))
    assert not found.check().differing


def test_a_blocked_edge_is_marked() -> None:
    """The edge of what was not selected has the product 0 and says so."""
    (blocked,) = trace("sqrt(relu(x))", x=-1)["x"].contributions
    assert (blocked.upstream, blocked.product, blocked.blocked) == (inf, 0, True)
    contributions = trace("sqrt(x**2)", x=0)["x"].contributions
    assert [c.blocked for c in contributions] == [False]
