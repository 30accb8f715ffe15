"""Formulas: tidy, in the language itself, and never in the way."""

from __future__ import annotations

import pytest

from backtrace import trace
from backtrace.ops import OPS, Elementwise
from backtrace.reading import read
from backtrace.symbolic import MOST_OPERATIONS, gradient_formula, local_text

GRADIENTS = {
    ("(w*x - y)**2", "w"): "2*x*(w*x - y)",
    ("x**2", "x"): "2*x",
    ("0.1*x**2", "x"): "x/5",
    ("x**2.0", "x"): "2*x",
    ("x*x + x", "x"): "2*x + 1",
    ("sigmoid(w*x + b)", "b"): "(1 - sigmoid(b + w*x))*sigmoid(b + w*x)",
    ("a = exp(x); a", "x"): "exp(x)",
    ("s = w*x; s**2", "s"): "2*s",
    ("3", "x"): "0",
    ("e**x", "x"): "exp(x)",
    ("2**x", "x"): "2**x*log(2)",
    ("x*9**9**9", "x"): "(9**9**9)",
    ("6.881373587019543*x", "x"): "6.881373587019543",
    ("x/3", "x"): "1/3",
    ("x > 0", "x"): "0",
    ("max(x, 0)", "x"): "where(x > 0, 1, where(x < 0, 0, 1/2))",
}


def formula(program: str, name: str) -> str | None:
    """The whole gradient of a program by one name."""
    graph = read(program)
    return gradient_formula(graph, graph.asked(name))


@pytest.mark.parametrize("case", GRADIENTS)
def test_gradient_formula(case: tuple[str, str]) -> None:
    """The whole gradient is a tidy formula."""
    program, name = case
    assert formula(program, name) == GRADIENTS[case]


LOCALS = {
    ("s**2", -1, 0): "2*s",
    ("w*x", -1, 0): "x",
    ("x*x", -1, 1): "x",
    ("a - b", -1, 1): "-1",
    ("a/b", -1, 1): "-a/b**2",
    ("a = tanh(x)", -1, 0): "1 - a**2",
    ("a = sigmoid(x)", -1, 0): "a*(1 - a)",
    ("h = exp(x)", -1, 0): "h",
    ("r = sqrt(x)", -1, 0): "1/(2*r)",
    ("relu(x)", -1, 0): "where(x > 0, 1, 0)",
    ("x**1e300", -1, 0): "1e+300*x**1e+300",
    ("where(x < y, x, y)", -1, 1): "where(v1 != 0, 1, 0)",
}


@pytest.mark.parametrize("case", LOCALS)
def test_local_formula(case: tuple[str, int, int]) -> None:
    """A local derivative is the textbook's, in the names of the nodes."""
    program, via, slot = case
    graph = read(program)
    assert local_text(graph, via % len(graph.nodes), slot) == LOCALS[case]


def test_edge_without_gradient_has_no_formula() -> None:
    """Asking for the derivative of a comparison is an error of the caller."""
    with pytest.raises(ValueError, match="no gradient"):
        local_text(read("x > 0"), 2, 0)


def test_long_programs_have_no_formula() -> None:
    """Beyond a stated size the formula is left out, at once."""
    longer = "x = x*y + 1\n" * (MOST_OPERATIONS // 2 + 1)
    assert formula(longer, "y") is None
    assert trace(longer, x=1, y=1).formulas == {"x": None, "y": None}


SMOOTH = [
    "exp(sin(x*y))/(x - y)**3",
    "log(x**2 + 1)*tanh(y)",
    "gelu(x)*softplus(y) + silu(x)",
    "atan2(y, x) + hypot(x, y)",
    "x**y + y**x",
    "logsigmoid(x) - erf(y)/sinc(x)",
    "sqrt(x + sqrt(x)) + cbrt(y) + abs(x - y)",
    "where(x > y, x*y, x/y) + min(x, y)",
]


@pytest.mark.parametrize("program", SMOOTH)
def test_formula_is_a_program(program: str) -> None:
    """The formula of a gradient, read as a program, has the gradient's value."""
    point = {"x": 0.7, "y": 1.9}
    found = trace(program, point)
    for name, formula in found.formulas.items():
        assert formula is not None
        assert trace(formula, point).value == pytest.approx(found.gradients[name], rel=1e-9)


READ_BACK = [
    op for op in OPS.values() if isinstance(op, Elementwise) and op.name != "digamma"
]  # its derivative has no name


@pytest.mark.parametrize("op", READ_BACK, ids=lambda op: op.name)
def test_formulas_of_every_row_are_programs(op: Elementwise) -> None:
    """The gradient formula of every operation is in the language, and has the gradient's value."""
    sample = op.domain.samples[0]
    names = [f"x{k}" for k in range(len(sample))]
    point = dict(zip(names, sample, strict=True))
    found = trace(op.shown(names, op.params), point)
    for name, formula in found.formulas.items():
        assert formula is not None
        value = trace(formula, point, wrt=()).value
        assert value == pytest.approx(found.gradients[name], rel=1e-8, abs=1e-12)


def _reused(statement: str, times: int) -> str:
    return "s = x\n" + f"s = {statement}\n" * times


UNREADABLE = {
    "a name reused makes a formula that doubles": _reused("3.7*s*(1 - s)", 12),
    "the same with one operation": _reused("s*sin(s)", 19),
    "nested functions": "logaddexp(" * 38 + "x" + ", x)" * 38,
    "a complex number": "x*(-2)**x",
    "a function without a name in the language": "digamma(x)",
}


@pytest.mark.parametrize("why", UNREADABLE)
def test_unreadable_formulas_are_left_out(why: str) -> None:
    """A formula that would be too long, or is not in the language, is None; and at once."""
    assert trace(UNREADABLE[why], x=0.5).formulas == {"x": None}


def test_formulas_mind_the_names_of_the_program() -> None:
    """A variable called e or cos hides what a formula would mean by that."""
    assert trace("exp(1)*e*x", e=3, x=1).formulas == {"e": None, "x": None}
    assert trace("sin(x)*cos", x=1, cos=2).formulas == {"x": None, "cos": "sin(x)"}


@pytest.mark.parametrize("program", ["max(x, nan)", "where(x > nan, x, 0)", "0e999999999*x"])
def test_awkward_literals_have_formulas(program: str) -> None:
    """nan cannot be compared in sympy, and 0e999999999 would be worked out there."""
    assert trace(program, x=1).formulas["x"] is not None
