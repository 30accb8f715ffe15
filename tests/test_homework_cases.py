"""Published answers, and right answers written in another form: none of them is called wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cases import WORKED, Case, missing, records, traced

import backtrace
from backtrace.symbolic import expressions, text

PAIRS = records("equivalence.jsonl")
# What the kinds of mistakes in the cases are called here.
CODES = {
    "sign error (derivative of exp(-x))": "sign",
    "forgot the inner derivative": "missing-local",
    "product of derivatives instead of the product rule": "product-of-derivatives",
    "2Ax used for a non-symmetric A (math.stackexchange, several posts)": "transposed",
}


def with_field(field: str) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in WORKED.items() if field in case]


def check(case: Case, claim: str, **terms: Any) -> backtrace.Verdict:
    return backtrace.check(case["program"], case["bindings"], claim, **terms)


def expected(case: Case, what: str) -> str:
    return "wrong" if what in case.get("published_wrong", ()) else "correct"


# -- what is in print


@pytest.mark.parametrize("case", with_field("symbolic"))
def test_a_published_formula_is_correct(case: Case) -> None:
    """Formulas of textbooks are right as they are printed, but for those known to be wrong."""
    for name, formula in case["symbolic"].items():
        verdict = check(case, f"grad {name} = {formula}")
        assert verdict.state == expected(case, f"symbolic {name}"), verdict


@pytest.mark.parametrize("case", with_field("grads"))
def test_a_published_gradient_is_correct(case: Case) -> None:
    """Numbers are right within the precision of print; where there is none nothing is decided."""
    for name, numbers in case["grads"].items():
        if not np.any(missing(numbers)) and "nan" not in str(numbers):
            verdict = check(case, f"grad {name} = {numbers}", atol=case["tolerances"][f"d{name}"])
            is_finite = np.all(np.isfinite(traced(case["id"]).gradients[name]))
            assert verdict.state == (expected(case, f"d{name}") if is_finite else "undecided")


@pytest.mark.parametrize("case", with_field("nodes"))
def test_a_published_value_of_a_node_is_correct(case: Case) -> None:
    """So are the values of steps and the gradients by them."""
    output = backtrace.trace(case["program"], case["bindings"]).output
    for name, numbers in case["nodes"].items():
        sides = {"value": f"{name} = {{}}", "grad": f"d{output}/d{name} = {{}}"}
        for what, side in sides.items():
            if numbers[what] is not None:
                claim = side.format(numbers[what])
                verdict = check(case, claim, atol=numbers[f"tol_{what}"], rtol=1e-9)
                assert verdict.state == expected(case, f"node {name} {what}"), verdict


def published_mistakes() -> Iterator[Any]:
    for case_id, case in WORKED.items():
        found = case.get("mistake", {})
        for name, answer in {
            **found.get("wrong_symbolic", {}),
            **found.get("wrong_grads", {}),
        }.items():
            yield pytest.param(case, name, answer, id=case_id)


@pytest.mark.parametrize(("case", "name", "answer"), [*published_mistakes()])
def test_a_published_mistake_is_named(case: Case, name: str, answer: str) -> None:
    """The code is that of the mistake which the case tells of."""
    verdict = check(case, f"grad {name} = {answer}")
    code = CODES[case["mistake"]["class"]]
    assert verdict.state == "wrong"
    assert code in verdict.codes, verdict
    assert code in verdict.message


def test_a_sign_in_published_notes_is_named() -> None:
    """2*(y - a2) for the derivative of (y - a2)**2 by a2: in print the number has another sign."""
    case = WORKED["shape-linear-notes"]
    assert check(case, f"dL/da2 = {case['nodes']['a2']['grad']}").codes[0] == "sign"
    assert "sign" in check(case, "dL/da2 = 2*(y - a2)").codes


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["id"] for pair in PAIRS])
def test_pairs_of_formulas(pair: Case) -> None:
    """Equal formulas are equal in any form; what holds for positive numbers needs their domain."""
    verdict = backtrace.equivalent(pair["reference"], pair["answer"])
    if pair["equal"] == "positive":
        assert verdict.state == "wrong"
        assert "domain" in verdict.codes
        verdict = backtrace.equivalent(pair["reference"], pair["answer"], domain="positive")
        assert verdict.state == "correct"
    else:
        assert verdict.state == ("correct" if pair["equal"] else "wrong"), verdict


# -- another form

LEAVES = ["x", "y", "z", "2", "3", "(1/2)"]
FORMS = [
    *("{0} + {1}", "{0} - {1}", "{0}*{1}", "{0}*{1}", "{0}/({1}**2 + 1)", "{0}**2", "{0}**3"),
    *("exp({0}/4)", "log({0}**2 + 1)", "sin({0})", "cos({0})", "tanh({0})", "sigmoid({0})"),
    *("sqrt({0}**2 + 3)", "atan({0})", "relu({0} + x)", "abs({0} - y)", "softplus({0})"),
]
Choose = Callable[[Sequence[Any]], Any]


def program(choose: Choose, depth: int = 2) -> str:
    """A formula in x, y and z that is defined everywhere."""
    if depth == 0:
        return str(choose(LEAVES))
    parts = [program(choose, depth - 1), program(choose, choose([depth - 1, 0]))]
    return f"({choose(FORMS).format(*parts)})"


def rewritten(formula: str) -> Iterator[str]:
    """The same formula, as others would write it."""
    yield formula
    yield f"{formula} + 0*x*y"
    yield f"({formula})*(z**2 + 3)/(3 + z*z)"
    yield f"-(-({formula}) + x) + x"
    yield formula.replace("**", "^")
    yield formula.replace("**2", "²").replace("**3", "³").replace("*", "·").replace("··", "**")
    graph = backtrace.read(formula)
    expression = expressions(graph)[graph.output]
    if expression.has(sympy.Piecewise, sympy.Abs):
        return  # of these sympy makes no polynomials
    if expression.count_ops() <= 40:
        for form in (sympy.expand, sympy.factor_terms, sympy.together, _in_exponentials):
            yield text(form(expression))
    if expression.count_ops() <= 25:
        yield text(sympy.factor(expression))
        with suppress(sympy.PolynomialError):  # of functions of x there are no partial fractions
            yield text(sympy.apart(sympy.together(expression), sympy.Symbol("x", real=True)))


def _in_exponentials(expression: Any) -> Any:
    return expression.replace(sympy.tanh, lambda a: 1 - 2 / (sympy.exp(2 * a) + 1))


def forms(source: str) -> Iterator[tuple[str, str]]:
    """Right claims about every derivative of a program, in several forms."""
    bindings = {"x": 0.7, "y": -1.3, "z": 0.4}
    for name, formula in backtrace.trace(source, bindings).formulas.items():
        if formula is not None:
            for answer in dict.fromkeys(rewritten(formula)):
                yield name, answer


POINT = {"x": 0.7, "y": -1.3, "z": 0.4}


def states(source: str) -> Iterator[tuple[str, backtrace.Verdict]]:
    """What is said of right answers to one program."""
    claims = [f"grad {name} = {answer}" for name, answer in forms(source)]
    verdicts = backtrace.check_all(source, POINT, claims)
    return zip(claims, verdicts, strict=True)


@settings(max_examples=30)
@given(st.data())
def test_a_right_answer_in_another_form_is_never_wrong(data: st.DataObject) -> None:
    """Expanded, factored, over one denominator, in exponentials: it is right all the same."""
    source = f"{program(lambda items: data.draw(st.sampled_from(items)))} + x*y*z/3"
    for claim, verdict in states(source):
        assert verdict.state in ("correct", "precision", "undecided"), (source, claim, verdict)


def test_a_right_answer_is_rarely_undecided() -> None:
    """Of the same answers to a fixed set of programs nearly all are decided."""
    found = [
        verdict.state
        for random in map(Random, range(40))
        for _, verdict in states(f"{program(random.choice)} + x*y*z/3")
    ]
    assert len(found) > 200
    assert found.count("wrong") == 0
    assert found.count("undecided") <= len(found) / 100


@pytest.mark.parametrize(
    ("domain", "reference", "answer"),
    [
        ({"x": "positive"}, "x**y", "exp(y*log(x))"),
        ({"x": "positive"}, "log(x**2)", "2*log(x)"),
        ({"x": "positive"}, "sqrt(x**2)*y", "x*y"),
        ({"x": "positive", "y": "positive"}, "log(x*y)", "log(x) + log(y)"),
        ({"x": "positive", "y": "positive"}, "sqrt(x*y)", "sqrt(x)*sqrt(y)"),
        ({"x": "negative"}, "abs(x)", "-x"),
        ({"x": (-1, 1)}, "acos(x)", "pi/2 - asin(x)"),
        ({"x": (0, 3.1)}, "sqrt(1 - cos(x)**2)", "sin(x)"),
        ({"x": "nonzero"}, "x/x + y", "1 + y"),
    ],
)
def test_a_domain_makes_more_forms_right(domain: Any, reference: str, answer: str) -> None:
    """What is equal where the problem says that its variables are is correct."""
    assert backtrace.equivalent(reference, answer, domain=domain).state == "correct"


LINEAR = ("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1})
SIGMOID = ("z = w*x + b; a = sigmoid(z); L = -(y*log(a) + (1 - y)*log(1 - a))",
           {"w": 2.0, "x": -1.0, "b": 1.0, "y": 0.3})  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "claim"),
    [
        (LINEAR, "dL/dw = 2·s·x"),
        (LINEAR, "∂L/∂w = 2 s x"),
        (LINEAR, "∂L/∂w = 2×s×x"),
        (LINEAR, "dL/dw = 2x(wx - y)"),
        (LINEAR, "dL/dw = 2 x (w x - y)"),
        (LINEAR, "dL/dw = 2wx² − 2xy"),
        (LINEAR, "dL/dw = 2*w*x^2 - 2*x*y"),
        (LINEAR, "w = -2x*(y - wx)"),
        (LINEAR, "d(L)/d(s) = 2s"),
        (LINEAR, "ds/dw=x"),
        (LINEAR, "∇_w L = 2*s*x"),
        (LINEAR, "dL/dw = -2·x·y + 2·w·x²"),
        (LINEAR, r"\frac{\partial L}{\partial w} = 2 x (w x - y)"),
        (LINEAR, r"\frac{dL}{dw} = 2 s \cdot x"),
        (LINEAR, r"$\frac{\partial L}{\partial w} = 2\left(w \times x - y\right) x$"),
        (LINEAR, r"dL/dw = \frac{4 x^{2} w - 4 x y}{2}"),
        (LINEAR, "s = -7"),
        (LINEAR, "dL/dw = 42"),
        (LINEAR, "dL/dw = 84/2"),
        (SIGMOID, "dL/dw = (a - y)x"),
        (SIGMOID, "dL/dw = (σ(z) − y)·x"),
        (SIGMOID, "dL/dz = -y(1 - a) + (1 - y)a"),
        (SIGMOID, "dL/dw = (-y/a + (1 - y)/(1 - a))*a(1 - a)*x"),
        (SIGMOID, "dL/db = 1/(1 + e^(-w x - b)) - y"),
        (SIGMOID, r"\frac{\partial L}{\partial b} = \sigma(z) - y"),
        (SIGMOID, r"\frac{\partial L}{\partial b} = \frac{1}{1 + e^{-z}} - y"),
    ],
)
def test_an_answer_as_students_type_it(problem: tuple[str, Any], claim: str) -> None:
    """Signs of other keyboards, products without a sign, LaTeX: read, and right."""
    verdict = backtrace.check(*problem, claim)
    assert verdict.state == "correct", verdict
