"""Whether a claim is right, and a point that shows where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import backtrace
from backtrace.homework.judging.judge import Judge
from backtrace.homework.judging.terms import Terms
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import MISTAKES, REASONS, STATES, Verdict

SQUARE = "s = w*x - y; L = s**2"
AT = {"w": 2, "x": -3, "y": 1}
LAYER = "a = W@x; s = a - y; L = sum(s**2)"
ARRAYS = {"W": [[1, 2], [3, 4]], "x": [1, -1], "y": [2, 3]}
GATES = "a = sigmoid(z); L = sum(a)"
Z = {"z": [1, 2]}


def one(
    claim: str,
    program: str = SQUARE,
    at: Mapping[str, Any] = AT,
    *,
    domain: Any = None,
    **terms: Any,
) -> Verdict:
    """The verdict on one claim."""
    return Judge(Problem(program, at, domain=domain)).claim(claim, Terms(**terms)).verdict


# -- states and codes


REASONED = {
    "unexplained": lambda: one("dL/dw = 17*w**3 + y"),
    "wrong-value": lambda: one("s = 5"),
    "shape": lambda: one("dL/dw = [1, 2]"),
    "form": lambda: one("dL/dw = 42", form="formula"),
    "too-few-digits": lambda: one("dL/dx = 0.33", "x/3", {"x": 5}),
    "from-earlier": lambda: backtrace.check_all(SQUARE, AT, ["dL/ds = s", "dL/dw = s*x"])[1],
    "no-answer": lambda: answer("  "),
    "syntax": lambda: one("dL/dw = 2*"),
    "unknown-name": lambda: one("dL/dw = 2*q"),
    "too-long": lambda: one("dL/dw = " + "x+" * 60_000 + "x"),
    "shapes": lambda: one("dL/dw = [1, 2] + [1, 2, 3]"),
    "not-latex": lambda: one(r"dL/dw = \oint x"),
    "too-close": lambda: one("dL/dw = 2*s*x*exp(10**9)*exp(-10**9)"),
    "too-few-points": lambda: one("dL/dx = 1/(x - 200)", "log(x - 200)", {"x": 1}),
}


def answer(text: str, **terms: Any) -> Verdict:
    """The verdict on an answer to dL/dw of the square."""
    judge = Judge(Problem(SQUARE, AT))
    target = judge.claim("dL/dw = 0").claim
    assert target is not None
    return judge.answer(text, target.target, Terms(**terms)).verdict


@pytest.mark.parametrize("code", REASONED)
def test_every_reason(code: str) -> None:
    """Every reason that is no mistake has its state, and its code stands in the message."""
    found = REASONED[code]()
    assert (found.state, found.code) == (REASONS[code][0], code)
    assert code in found.message
    assert not found.codes or all(c in found.message for c in found.codes)


def test_no_reason_is_left_out() -> None:
    """What is not reached here is of assignments: a failure, and a claim that nobody asked for."""
    assert REASONS.keys() - REASONED.keys() == {"failed", "unknown-claim"}
    states = {REASONS[code][0] for code in REASONS} | {"correct"}
    assert states == set(STATES)


RIGHT = """
    dL/dw = 42               x = -28               grad w = 42         ∂L/∂w = 2*x*s
    d(L)/d(w) = 2s*x         w.grad = 42           ds/dw = x           s = -7
    s = w*x - y              L = s**2              L = 49              dL/dL = 1
    dL/dy = -2s              dv1/dw = x            dL/dw = 2*(w*x^2 - x*y)
    dL/dw = 42.0             dL/dw = 84/2          dL/dw = 4.2e1       y = 14
    dL/ds = -14              dL/dx = -28.00
"""


@pytest.mark.parametrize(
    "claim", [c.strip() for c in RIGHT.replace("\n", "   ").split("   ") if c.strip()]
)
def test_right(claim: str) -> None:
    """Derivatives, values, local derivatives and names; formulas and numbers."""
    found = one(claim, digits=2)
    assert (found.state, found.codes) == ("correct", ()), found
    assert bool(found) and found.is_right


# -- numbers


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("1/3", "correct"),
        ("0.333", "correct"),
        (".333", "correct"),
        ("0.3333", "correct"),
        ("3.33e-1", "correct"),
        ("333e-3", "correct"),
        ("0.33", "precision"),
        ("0.3", "precision"),
        ("0.334", "wrong"),
        ("0.3334", "wrong"),
        ("0.33333333333", "correct"),
        ("0.33333333433", "wrong"),
        ("0.332", "wrong"),
        ("0.33 + 0", "wrong"),
        ("sqrt(1/9)", "correct"),
        ("1/3 + 1e-7", "wrong"),
    ],
)
def test_the_last_digit(typed: str, state: str) -> None:
    """A number is right within half a unit of its last digit, and has at least three digits."""
    assert one(f"dL/dx = {typed}", "x/3", {"x": 7}).state == state


@pytest.mark.parametrize("typed", ["0", "00", "-0", "0e9", "0.0e3", "0e300", "0.", "[0]"])
@pytest.mark.parametrize("program", ["x/3", "42*x", "-x/30"])
def test_zero_is_no_rounding(typed: str, program: str) -> None:
    """A zero has no digits, so it is wrong wherever the right number is another one."""
    assert one(f"dL/dx = {typed}", program, {"x": 7}).state == "wrong"


@pytest.mark.parametrize("typed", ["0", "0.0", "0.00"])
def test_zero_where_zero_is_right(typed: str) -> None:
    """A gradient of 0 is exactly 0, and needs no further digits."""
    assert one(f"dL/dx = {typed}", "x**2", {"x": 0}).state == "correct"


@pytest.mark.parametrize(
    ("typed", "terms", "state"),
    [
        ("0.33", {"digits": 2}, "correct"),
        ("0.333", {"digits": 5}, "precision"),
        ("0.34", {"rtol": 0.1}, "correct"),
        ("0.34", {"rtol": 0.01}, "wrong"),
        ("0.34", {"atol": 0.01}, "correct"),
        ("0.34", {"atol": 0.001}, "wrong"),
        ("0.333", {"rtol": 1e-6}, "wrong"),
        ("0.3", {"rtol": 0.2}, "correct"),  # the tolerances replace the rule of digits
        ("1/3", {"rtol": 0.0}, "correct"),
        ("1/3", {"digits": 12}, "correct"),  # exact
    ],
)
def test_terms(typed: str, terms: dict[str, Any], state: str) -> None:
    """How many digits are asked for, and tolerances in the place of digits."""
    assert one(f"dL/dx = {typed}", "x/3", {"x": 7}, **terms).state == state


@settings(max_examples=30, deadline=None)
@given(number=st.floats(0.01, 1e6), digits=st.integers(3, 9))
def test_rounded_numbers(number: float, digits: int) -> None:
    """Whoever rounds the right number to some digits is right, and ten units further on is not."""
    shown = f"{number:.{digits - 1}e}"
    assert one(f"dL/dx = {shown}", "k*x", {"k": number, "x": 1.0}).state == "correct"
    unit = 10.0 ** (int(shown.split("e")[1]) - digits + 1)
    off = f"{float(shown) + 10 * unit:.{digits - 1}e}"
    assert one(f"dL/dx = {off}", "k*x", {"k": number, "x": 1.0}).state == "wrong"


@pytest.mark.parametrize(
    ("claim", "form", "state"),
    [
        ("dL/dw = 42", "number", "correct"),
        ("dL/dw = 42", "either", "correct"),
        ("dL/dw = 2*s*x", "formula", "correct"),
        ("dL/dw = 2*s*x", "either", "correct"),
        ("dL/dw = 2*s*x", "number", "wrong"),
        ("dL/dw = 42", "formula", "wrong"),
        ("dL/dL = 1", "formula", "correct"),  # it is 1 whatever the variables are
        ("ds/dy = -1", "formula", "correct"),
    ],
)
def test_forms(claim: str, form: str, state: str) -> None:
    """A right number where a formula was asked for is wrong, unless the formula is a number."""
    found = one(claim, form=form)
    assert found.state == state
    assert found.codes == (() if state == "correct" else ("form",))


@pytest.mark.parametrize("claim", ["dL/dw = 41", "dL/dw = 2*s"])
def test_a_wrong_answer_is_wrong_in_any_form(claim: str) -> None:
    """The mistake is told, not the form."""
    for form in ("formula", "number", "either"):
        found = one(claim, form=form)
        assert found.state == "wrong"
        assert found.code != "form"


# -- formulas


@pytest.mark.parametrize(
    ("program", "at", "claim"),
    [
        ("tanh(x)", {"x": 90}, "dL/dx = 1/cosh(x)**2"),
        ("tanh(x)", {"x": 18}, "dL/dx = 4/(exp(x) + exp(-x))**2"),
        ("x - tanh(x)", {"x": 20}, "dL/dx = tanh(x)**2"),
        ("log(1 - sigmoid(x))", {"x": 120}, "dL/dx = -sigmoid(x)"),
        ("log(1 - sigmoid(x))", {"x": 2}, "L = -softplus(x)"),
        ("softplus(x)", {"x": 40}, "dL/dx = exp(x)/(1 + exp(x))"),
        ("softplus(x)", {"x": 800}, "dL/dx = exp(x)/(1 + exp(x))"),  # in float64 nan
        ("(1 + x)**2 - 1", {"x": 1e-9}, "L = x**2 + 2*x"),
        ("x**2", {"x": 2}, "dL/dx = ((x + 1e8)**2 - x**2 - 1e16)/1e8"),
        ("x**8 - y**8", {"x": 2, "y": 1.999}, "L = (x-y)*(x+y)*(x^2+y^2)*(x^4+y^4)"),
        ("exp(x)", {"x": 1}, "dL/dx = sinh(x) + cosh(x)"),
        ("cos(x)**4 - sin(x)**4", {"x": 1}, "L = cos(2x)"),
        ("log(x)", {"x": 3}, "dL/dx = x**9/x**10"),
        ("x**y", {"x": 2, "y": 3}, "dL/dx = x^y*y/x"),
        ("sin(x)", {"x": 1}, "dL/dx = cos(x)*exp(10000)*exp(-10000)"),
    ],
)  # fmt: skip
def test_what_float64_cannot_tell(program: str, at: dict[str, Any], claim: str) -> None:
    """Another form of the right formula is right, also where float64 has no digit of it left."""
    assert one(claim, program, at).state == "correct"


BCE = "z = w*x; p = sigmoid(z); L = -(y*log(p) + (1-y)*log(1-p))"


@pytest.mark.parametrize(
    "claim",
    [
        "dL/dz = p - y",
        "dL/dz = sigmoid(z) - y",
        "dL/dz = (-y/p + (1-y)/(1-p))*p*(1-p)",
        "dL/dw = x*(-y/sigmoid(z) + (1-y)/(1-sigmoid(z)))*sigmoid(z)*(1-sigmoid(z))",
        "dL/dp = (p - y)/(p*(1 - p))",
    ],
)
@pytest.mark.parametrize("w", [0.3, 30])
def test_cross_entropy(claim: str, w: float) -> None:
    """A gradient that float64 makes nan of, far out, is not called undefined."""
    assert one(claim, BCE, {"w": w, "x": 2, "y": 1}).state == "correct"


@pytest.mark.parametrize("off", ["1e-3", "1e-6", "1e-8"])
@pytest.mark.parametrize("claim", ["dL/dx = 1/cosh(x)**2", "dL/dx = 1 - tanh(x)**2"])
def test_a_small_difference_is_one(claim: str, off: str) -> None:
    """More digits do not make equal what is not."""
    assert one(f"{claim} * (1 + {off})", "tanh(x)", {"x": 1}).state == "wrong"


def test_dead_relu() -> None:
    """Points of both signs: relu' is not 1."""
    assert one("dL/dx = 1", "relu(x)*k", {"x": 2, "k": 1}, form="formula").state != "correct"
    found = one("dL/dx = k", "relu(x)*k", {"x": 2, "k": 1})
    assert found.state == "wrong"
    assert found.counterexample is not None
    assert found.counterexample.point["x"] < 0


# -- domains


@pytest.mark.parametrize(
    ("program", "claim"),
    [
        ("log(x**2)", "L = 2*log(x)"),
        ("sqrt(x**2)", "L = x"),
        ("abs(x)", "dL/dx = 1 + 0*x"),
        ("log(x**2)", "L = 2*log(sqrt(x)**2)"),
    ],
)
def test_right_where_positive(program: str, claim: str) -> None:
    """Right for positive values only has the code `domain`; it is right where they are declared."""
    found = one(claim, program, {"x": 2})
    assert found.state == "wrong"
    assert "domain" in found.codes
    assert "positive" in found.message or len(found.codes) > 1
    assert found.counterexample is not None
    assert found.counterexample.point["x"] < 0
    for domain in ("positive", (0.5, 4)):
        assert one(claim, program, {"x": 2}, domain={"x": domain}).state == "correct"
    for domain in ("real", "negative", "nonzero", (-3, 3)):
        assert one(claim, program, {"x": 2}, domain={"x": domain}).state == "wrong"


def test_undefined_elsewhere() -> None:
    """An answer that is undefined where the derivative is not has the code `domain`."""
    found = one("dL/dx = 2*x*sqrt(x - 1)/sqrt(x - 1)", "x**2", {"x": 2})
    assert (found.state, found.code) == ("wrong", "domain")
    assert found.counterexample is not None
    assert found.counterexample.yours is None


@pytest.mark.parametrize("program", ["log(x - 200)", "sqrt(-1 - x**2)*y", "asin(x + 50) + y"])
def test_undecided(program: str) -> None:
    """Where the program is defined nowhere, nothing is said but which variables need a domain."""
    at = {"x": 1.0, "y": 1.0} if "y" in program else {"x": 1.0}
    found = one("dL/dx = 3*x", program, at)
    assert (found.state, found.codes) == ("undecided", ("too-few-points",))
    assert "declare a domain for x" in found.message


def test_a_domain_decides() -> None:
    """With the domain declared the same claim is judged."""
    assert one("dL/dx = 1/(x-200)", "log(x - 200)", {"x": 201}, domain={"x": (201, 300)})
    found = one("dL/dx = 1/x", "log(x - 200)", {"x": 201}, domain={"x": (201, 300)})
    assert found.state == "wrong"


@pytest.mark.parametrize("typed", ["-0.1", "0.1", "3"])
def test_a_number_where_the_program_has_none(typed: str) -> None:
    """log(-10) is not a number, so its derivative there is none either, whatever 1/x gives."""
    assert one(f"dL/dx = {typed}", "log(x - 20)", {"x": 10}).state == "undecided"
    assert one(f"dL/dx = {typed}", "log(x - 20)", {"x": 20}).state == "undecided"


# -- arrays


ARRAY_CLAIMS = [
    (LAYER, ARRAYS, "dL/dW = 2*outer(s, x)", "correct", ""),
    (LAYER, ARRAYS, "dL/dW = outer(x, 2*s)", "wrong", "transposed"),
    (LAYER, ARRAYS, "dL/dW = [[-6, 6], [-8, 8]]", "correct", ""),
    (LAYER, ARRAYS, "dL/dW = [[-6, -8], [6, 8]]", "wrong", "transposed"),
    (LAYER, ARRAYS, "dL/dx = 2*W.T@s", "correct", ""),
    (LAYER, ARRAYS, "dL/dx = 2*s@W", "correct", ""),
    (LAYER, ARRAYS, "dL/dx = 2*W@s", "wrong", "transposed"),
    (LAYER, ARRAYS, "dL/dx = [1, 2, 3]", "wrong", "shape"),
    (LAYER, ARRAYS, "dL/dx = W*s", "wrong", "shape"),
    (LAYER, ARRAYS, "dL/dW[0, 1] = -2*s[0]", "wrong", ""),
    (LAYER, ARRAYS, "dL/dW[0, 1] = 2*s[0]*x[1]", "correct", ""),
    (LAYER, ARRAYS, "dL/dW[0, 1] = 6", "correct", ""),
    (LAYER, ARRAYS, "dL/dW[7, 1] = 6", "unreadable", "shapes"),
    (LAYER, ARRAYS, "dL/ds = 2*s", "correct", ""),
    (LAYER, ARRAYS, "s = W@x - y", "correct", ""),
    (LAYER, ARRAYS, "s = [-3, -4]", "correct", ""),
    (LAYER, ARRAYS, "s = [[-3], [-4]]", "correct", ""),
    (LAYER, ARRAYS, "s = [-3, 4]", "wrong", "wrong-value"),
    (LAYER, ARRAYS, "da/dx = W", "correct", ""),
    (LAYER, ARRAYS, "da/dx = W.T", "wrong", "transposed"),
    (LAYER, ARRAYS, "da/dx = [[1, 2], [3, 4]]", "correct", ""),
    (LAYER, ARRAYS, "da/dx[0, 1] = W[0, 1]", "correct", ""),
    (LAYER, ARRAYS, "ds/dy = -1", "correct", ""),
    (LAYER, ARRAYS, "ds/dy = [[-1, 0], [0, -1]]", "correct", ""),
    (GATES, Z, "da/dz = a*(1 - a)", "correct", ""),
    (GATES, Z, "da/dz = [[a[0]*(1-a[0]), 0], [0, a[1]*(1-a[1])]]", "correct", ""),
    (GATES, Z, "da/dz = [[a[0]*(1-a[0]), 1], [0, a[1]*(1-a[1])]]", "wrong", "shape"),
    (GATES, Z, "da/dz = a*(1 + a)", "wrong", "wrong-local"),
    ("L = mean(x)", {"x": [1, 2, 3, 4]}, "dL/dx = 1/4", "correct", ""),
    ("L = mean(x)", {"x": [1, 2, 3, 4]}, "dL/dx = [0.25, 0.25, 0.25, 0.25]", "correct", ""),
    ("L = cross_entropy(z, t)", {"z": [1, 2, 0.5], "t": 1}, "dL/dz = softmax(z) - [0, 1, 0]",
     "correct", ""),
    ("L = cross_entropy(z, t)", {"z": [1, 2, 0.5], "t": 1}, "dL/dz = [0.231, -0.371, 0.140]",
     "correct", ""),
    ("L = cross_entropy(z, t)", {"z": [1, 2, 0.5], "t": 1}, "dL/dz = [0, 1, 0] - softmax(z)",
     "wrong", "sign"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "at", "claim", "state", "code"), ARRAY_CLAIMS)
def test_arrays(program: str, at: Any, claim: str, state: str, code: str) -> None:
    """Vectors and matrices are compared entry by entry; the transpose is named."""
    found = one(claim, program, at)
    assert found.state == state, found
    assert not code or found.code == code, found


# -- counterexamples


WRONG = [
    (SQUARE, AT, "dL/dw = 2*s"),
    (SQUARE, AT, "dL/dw = 17*w**3 + y"),
    (SQUARE, AT, "dL/dw = 41"),
    (SQUARE, AT, "ds/dw = w"),
    (SQUARE, AT, "s = w + x"),
    (SQUARE, AT, "s = 7"),
    (BCE, {"w": 0.3, "x": 2, "y": 1}, "dL/dp = -y/p"),
    (LAYER, ARRAYS, "dL/dW = 2*outer(x, s)"),
    (LAYER, ARRAYS, "dL/dx = s@W"),
    (LAYER, ARRAYS, "dL/dW[0, 1] = x[1]"),
    (LAYER, ARRAYS, "dL/dx = [1, 2]"),
    (GATES, Z, "da/dz = a"),
    ("log(x**2)", {"x": 2}, "dL/dx = 2/sqrt(x**2)"),
]


@pytest.mark.parametrize(("program", "at", "claim"), WRONG)
def test_counterexamples_are_true(program: str, at: Any, claim: str) -> None:
    """The numbers that show the mistake are the answer's, the derivative's, and differences."""
    found = one(claim, program, at)
    assert found.state == "wrong"
    shown = found.counterexample
    assert shown is not None
    assert shown.yours is not None
    left, right = claim.split(" = ")
    trace = backtrace.trace(program, shown.point)
    scope = {n: trace[n].value for n in {*trace.graph.variables, *trace.graph.names}}
    used = {n: scope[n] for n in backtrace.read(right, scope).variables}
    yours = np.asarray(backtrace.trace(right, used, wrt=[], seed=1.0).value)
    expected = yours[shown.entry] if yours.ndim else yours
    np.testing.assert_allclose(shown.yours, expected, rtol=1e-9)
    assert np.all(np.abs(expected - shown.right) > 1e-6 * np.abs(shown.right))
    if shown.quantity == "value":
        assert shown.right == pytest.approx(float(scope[left]), rel=1e-9)
        assert shown.differences is None
    else:
        assert shown.differences is not None
        np.testing.assert_allclose(shown.differences, shown.right, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("claim", ["dL/dw = 41", "dL/dx = 5", "s = 4"])
def test_numbers_are_shown_at_the_own_point(claim: str) -> None:
    """What a wrong number is held against is the problem's own point."""
    shown = one(claim).counterexample
    assert shown is not None
    assert shown.point == AT


# -- bad input


HOSTILE = """
    9**9**9     9**9**9**9     x**(10**300)     exp(exp(exp(exp(x))))     tgamma(x)**tgamma(x)
    nan     inf     -inf     nan*x     1e400     1e99999999999     0*inf     1/0     0/0     0/0*x
    outer(x,x)     broadcast_to(x,[1000000000])     arange(10)     zeros([3])     eye(3)
    sum(broadcast_to(x,[1000,1000]))     @/etc/passwd     open('x')     __import__('os')
    =1+1     =HYPERLINK("x")     ;     #     x;y     s=3     x//2     x!     []     [[]]     [,]
    "     '     \\     $     {     }     \\frac{1}     \\left(     \x00     \ud800
    x[0]     x[9**9]
    lambda     True     None     x if y else w     where(x>0,1,2)     𝟛     é     d     dL/dw
    einsum('i,j->ij',[1,2],[x,x])     sin x     tan(x*1e300)     digamma(-1e300*x)
""".replace("\n", "     ")  # fmt: skip
LONG = {
    "nines": "9" * 400,
    "nines-times": "9" * 400 + "*x",
    "parentheses": "(" * 100_000,
    "nested": "(" * 101 + "x" + ")" * 101,
    "unary": "-" * 5000 + "x",
    "powers": "x" + "**x" * 90,
    "lists": "[" * 90 + "x" + "]" * 90,
    "letters": "x" * 100_000,
    "digits": "1" * 100_000,
    "spaces": " " * 100_000 + "x+",
    "fractions": r"\frac{" * 1500,
    "many-arguments": "max(" + ",".join(["x"] * 70) + ")",
    "digammas": "*".join(["digamma(x)"] * 800),
}


@pytest.mark.parametrize("text", [*(t.strip() for t in HOSTILE.split("     ") if t.strip()), *LONG])
def test_hostile_answers(text: str) -> None:
    """Whatever is handed in has a verdict, which is not that it is right."""
    for judge in (Judge(Problem(SQUARE, AT)), Judge(Problem(LAYER, ARRAYS))):
        by = "w" if "w" in judge.problem.graph.variables else "W"
        found = judge.claim(f"dL/d{by} = {LONG.get(text, text)}").verdict
        assert found.state in ("wrong", "unreadable", "undecided"), found
        assert found.codes
        assert set(found.codes) <= {*MISTAKES, *REASONS}


CHARACTERS = "wxysL012.+-*/^()[], =d∂\\{}$_'\"#;@e²√·\n\x00é"


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(CHARACTERS), max_size=30))
def test_any_text_has_a_verdict(text: str) -> None:
    """No text makes judging fail, and a verdict has the codes of its state."""
    found = JUDGE.claim(text).verdict
    assert found.state in STATES
    assert (found.state == "correct") == (not found.codes)
    assert all(code in found.message for code in found.codes)


JUDGE = Judge(Problem(SQUARE, AT))


@settings(max_examples=30, deadline=None)
@given(a=st.integers(-5, 5), b=st.integers(-5, 5), c=st.integers(-5, 5))
def test_polynomials(a: int, b: int, c: int) -> None:
    """2*s*x plus anything that is not 0 is wrong; with 0 it is right."""
    extra = f"({a})*w*x + ({b})*y + ({c})"
    found = JUDGE.claim(f"dL/dw = 2*s*x + {extra}").verdict
    assert (found.state == "correct") == (a == b == c == 0)
    assume(found.state == "wrong")
    assert found.counterexample is not None


@pytest.mark.parametrize(
    ("program", "at", "claim", "state"),
    [
        # numbers that float64 computes wrongly are judged with more digits
        ("(exp(x) - 1)/x", {"x": 1e-9}, "dL/dx = 0.5", "correct"),
        ("tanh(x)", {"x": 20}, "dL/dx = 1.70e-17", "correct"),
        ("tanh(x)", {"x": 20}, "dL/dx = 0", "wrong"),
        ("s = 0.1 + 0.2*w - 0.3; L = s**2", {"w": 1}, "s = 0", "correct"),
        ("cos(w)**2", {"w": "pi/2"}, "dL/dw = 0", "correct"),
        ("sigmoid(w)", {"w": 20}, "dL/dw = exp(-20)/(1 + exp(-20))**2", "correct"),
        # half a unit of the only digit is not enough
        ("x/2", {"x": 1}, "dL/dx = 1", "wrong"),
        ("x*2.62", {"x": 1}, "dL/dx = 3", "precision"),
        ("1234.5678*x", {"x": 1}, "dL/dx = 1230", "correct"),
        ("1234.5678*x", {"x": 1}, "dL/dx = 1200", "wrong"),
        # the conventions at kinks are float64's
        ("relu(x)", {"x": 0}, "dL/dx = 0", "correct"),
        ("relu(x)", {"x": 0}, "dL/dx = 1", "wrong"),
        ("max(x, y)", {"x": 1, "y": 1}, "dL/dx = 0.500", "correct"),
        # what agrees at numbers of two decimals only
        ("(w*x - y)**2", {"w": 2, "x": -3, "y": 1},
         "dL/dw = 2*x*(w*x - y) + sin(100*pi*x)", "wrong"),
        ("(w*x - y)**2", {"w": 2, "x": -3, "y": 1},
         "dL/dw = 2*x*(w*x - y) + round(100*x)/100 - x", "wrong"),
        # a step is not what it is
        ("s = w*x; L = s**2", {"w": 2, "x": 3}, "s = s", "unreadable"),
        ("s = w*x; L = s**2", {"w": 2, "x": 3}, "s = sqrt(L)", "unreadable"),
        ("s = w*x; L = s**2", {"w": 2, "x": 3}, "L = s**2", "correct"),
    ],
)  # fmt: skip
def test_awkward_answers(program: str, at: dict[str, Any], claim: str, state: str) -> None:
    """Right answers that rounding hides are right, and wrong ones that it makes right are not."""
    assert backtrace.check(program, at, claim).state == state


def test_what_cannot_be_right_is_never_right() -> None:
    """nan is no answer, and from nan, or from 0, nothing follows."""
    program, at = "s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1}
    claims = ["dL/ds = where(x == -3, 2*s, 0/(x - x))", "dL/dw = 42 + 0*x", "dL/dx = -28 + 0*x"]
    assert [v.state for v in backtrace.check_all(program, at, claims)] == ["wrong"] * 3
    zeros = ["dL/ds = 0", "dL/dw = 0", "dL/dx = 0", "dL/dw = nan"]
    assert [v.state for v in backtrace.check_all(program, at, zeros)] == ["wrong"] * 4
