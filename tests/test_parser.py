"""The language: what is read, as what, and what is said of everything else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy.parsing.sympy_parser import parse_expr

import backtrace
from backtrace.errors import BacktraceError, ReadError
from backtrace.graph import Apply, Constant, Leaf
from backtrace.reading import read
from backtrace.tracing import trace

POINT = {"w": 2.0, "x": 0.5, "y": 3.0, "a": 5.0, "b": 0.25, "xy": 7.0, "theta": 1.5}

# program -> the same in plain Python, at POINT
MEANINGS = {
    "w + x - y": "w + x - y",
    "-x**2": "-(x**2)",
    "2**-x": "2**-x",
    "2**3**x": "2**(3**x)",
    "a - b - w": "(a - b) - w",
    "a/b/w": "(a/b)/w",
    "a % w": "a % w",
    "-a % w": "(-a) % w",
    "x^2": "x**2",
    "(-2)**2": "4",
    "- - x": "x",
    "+x": "x",
    "1e-3x": "0.001*x",
    "1_000 + .5 + 2.": "1002.5",
    "2x": "2*x",
    "2x^2": "2*x**2",
    "3(x + 1)": "3*(x + 1)",
    "(x + 1)(y + 1)": "(x + 1)*(y + 1)",
    "w x": "w*x",
    "x(y + 1)": "x*(y + 1)",
    "2wx": "2*w*x",
    "wab": "w*a*b",
    "xy": "xy",
    "1/2x": "x/2",
    "a/b c": "a/b*c",
    "x**2 e**-x": "x**2*e**-x",
    "x^2 e^(-x)": "x**2*e**-x",
    "e**x": "e**x",
    "2pi": "2*pi",
    "pi(x + 1)": "pi*(x + 1)",
    "2sin(x)": "2*sin(x)",
    "x sin(x)": "x*sin(x)",
    "cos^2(x)": "cos(x)**2",
    "cos²(x)": "cos(x)**2",
    "x²": "x**2",
    "x⁻¹": "1/x",
    "2 × x ÷ y − w·a": "2*x/y - w*a",
    "√x": "sqrt(x)",
    "√(x + y)²": "x + y",
    "√x**2": "x",
    "½x": "x/2",
    "σ(x)": "1/(1 + exp(-x))",
    "sin(θ)": "sin(theta)",
    "ln(x)": "log(x)",
    "log(a, w)": "log(a)/log(w)",
    "arctan(x) + arcsin(b)": "atan(x) + asin(b)",
    "pow(w, y)": "w**y",
    "max(w, x, y)": "3",
    "Max(w, x) + Min(w, x)": "2.5",
    "Abs(-x) + sgn(-x)": "x - 1",
    "where(x > 0, w, y)": "w",
    "(x > 0)*w": "w",
    "where(x == 0.5, w, y)": "w",
    "where(x ≥ 1, w, y)": "y",
    "np.log(x) + np.pi": "log(x) + pi",
    "math.log(a, 2)": "log(a)/log(2)",
    "torch.nn.functional.softplus(x)": "log(1 + exp(x))",
    "F.relu(-x) + torch.sigmoid(0)": "0.5",
    "leaky_relu(-x, 0.1)": "-0.05",
    "leaky_relu(-x, negative_slope=0.2)": "-0.1",
    "clamp(y, min=0, max=1)": "1",
    "clamp(y, max=1)": "1",
    "clamp(-y, 0)": "0",
    "s = w*x; t = s + y; t**2": "(w*x + y)**2",
    "w += x; w": "w + x",
    "w *= x + 1; w**2": "(w*(x + 1))**2",
    "w ^= 2": "w**2",
    "z = w; z": "w",
    "# a comment\nz = w*x  # another\n\nz + 1": "w*x + 1",
    "z = (w +\n x)\nz*(2 *\n 3)": "(w + x)*6",
    "z = w;; z;": "w",
    "(a)": "a",
    "sum_ = w + x; sum_": "w + x",
    "ŷ = w x; ŷ²": "(w*x)**2",
}


def _python(text: str) -> float:
    """The value of a text of this file as Python computes it."""
    names = {k: getattr(math, k) for k in ("log", "exp", "sin", "cos", "sqrt", "atan", "asin")}
    return float(eval(text, {"e": math.e, "pi": math.pi, "c": 6.0, **names, **POINT}))


@pytest.mark.parametrize("program", MEANINGS)
def test_meaning(program: str) -> None:
    """A program has the value of its plain spelling."""
    value = trace(program, {**POINT, "c": 6.0}).value
    assert value == pytest.approx(_python(MEANINGS[program]), rel=1e-14)


def test_graph_is_as_written() -> None:
    """A variable is one node, equal operations are two, and nothing is simplified."""
    graph = read("x*x - x*x", {"x"})
    graph.validate()
    kinds = [type(node) for node in graph.nodes]
    assert kinds == [Leaf, Apply, Apply, Apply]
    assert [n.inputs for n in graph.nodes if isinstance(n, Apply)] == [(0, 0), (0, 0), (1, 2)]
    assert graph.expression(3) == "v1 - v2"


def test_literals_keep_their_text() -> None:
    """A literal is a node with the text that was typed, and its sign."""
    nodes = read("0.10*x - -2 + 3.", {"x"}).nodes
    assert [n.text for n in nodes if isinstance(n, Constant)] == ["0.10", "-2", "3."]


def test_spans_point_into_the_typed_text() -> None:
    """Every node's span is the user's own text, before normalisation."""
    source = "ŷ = w·x − 2"
    graph = read(source, {"w", "x"})
    texts = [source[start:end] for start, end in graph.spans]
    assert texts == ["w", "x", "w·x", "2", "w·x − 2"]


def test_params_are_no_nodes() -> None:
    """A number that no gradient goes to, such as a slope, is kept apart from the inputs."""
    graph = read("leaky_relu(x, 0.2)", {"x"})
    assert [type(n) for n in graph.nodes] == [Leaf, Apply]
    assert graph.nodes[1].params == (("negative_slope", 0.2),)  # type: ignore[union-attr]


PICTURES = {
    "2 +": """
the expression ends after '+'; something must follow
    2 +
       ^""",
    "(x": """
this parenthesis is never closed
    (x
    ^""",
    "x)": """
this parenthesis closes none
    x)
     ^""",
    "1 + rleu(x)": """
unknown function 'rleu': did you mean relu?
    1 + rleu(x)
        ^^^^""",
    "ŷ × 3 $ 2": """
LaTeX is not read here; write exp(x), sqrt(x), a/b
    ŷ × 3 $ 2
          ^""",
    "a = x\nb = x y": """
no value for y: give one, as in y=1
    line 2: b = x y
                  ^""",
    "x // 2": """
floor division is written floor(a/b)
    x // 2
      ^^""",
    "sin x": """
sin is a function: write sin(x)
    sin x
    ^^^""",
    "sin^-1(x)": """
write asin(x) for the inverse function, sin(x)**n for a power, 1/sin(x) for the reciprocal
    sin^-1(x)
    ^^^""",
    "log(x, 2, 3)": """
log is written log(x) or log(x, base)
    log(x, 2, 3)
    ^^^^^^^^^^^^""",
    "elu(x, alpha=x)": """
elu: alpha must be a number: no gradient goes to it
    elu(x, alpha=x)
    ^^^^^^^^^^^^^^^""",
    "celu(x, 0)": """
celu: alpha must be finite, and not 0
    celu(x, 0)
    ^^^^^^^^^^""",
    "x.grad": """
leave .grad out: gradients are always shown
    x.grad
      ^^^^""",
    "1e999": """
the number is too large for float64 (at most about 1.8e308); write inf for infinity
    1e999
    ^^^^^""",
    "x**1e-999": """
the number is too small for float64: it would be 0
    x**1e-999
       ^^^^^^""",
    "x\x00": """
the character U+0000 has no place in a program
    x�
     ^""",
}


@pytest.mark.parametrize("program", PICTURES)
def test_error_picture(program: str) -> None:
    """An error says what is wrong and what would be right, with carets under the typed text."""
    with pytest.raises(BacktraceError) as caught:
        trace(program, {"x": 1.0, "yhat": 2.0})
    assert "\n" + str(caught.value) == PICTURES[program]


REFUSED = (
    "",
    "  \n# only a comment",
    "x x +",
    "2 3",
    "x 2",
    "()",
    "f()",
    "max()",
    "x.y",
    "x[]",
    "x[0, , 1]",
    "x[1:2:3:4]",
    "x[0",
    "x]",
    "[]",
    "[1, 2",
    "sum(x, x)",
    "sum(x, axis='0')",
    "sum(x, axis=True)",
    "sum(axis=0)",
    "sum(x, dim=0, axis=0)",
    "reshape(x)",
    "x.T()",
    "x.exp",
    "(1, 2)",
    "sum(x, None, None)",
    "x = 3 = 4",
    "0 < x < 1",
    "lambda x: x",
    "import os",
    "'a' + x",
    '"a',
    "x!",
    "|x|",
    "x & x",
    "__import__('os').system('id')",
    "x + 1; y = 2",
    "if x: x",
    "{x}",
    "exp(x, y=2)",
    "max(a=x, x)",
    "log(x, x=2)",
    "gelu(x, approximate='no')",
    "x ** ",
    "√",
    "sin(2)(",
    "x,",
    "x = ",
    "= 3",
    "2 = x",
    "a" * 256,
    "np.log",
    "np.log(x, 2)",
    "torch.tensor(1)",
    "os.system(1)",
    "x\\y",
    "∂x",
    "…",
)


@pytest.mark.parametrize("program", REFUSED)
def test_refused(program: str) -> None:
    """What is not in the language is an error with a message, never another exception."""
    with pytest.raises(ReadError, match=r"\w"):
        read(program, {"x": 1.0})


NAMES = ["lambda", "E", "I", "S", "N", "Q", "beta", "gamma", "zeta", "re", "im", "in_", "C", "O"]


def test_sympy_names_are_free() -> None:
    """Names that sympy or Python keep for themselves are ordinary names, as in the literature."""
    values = {name: float(k) for k, name in enumerate(NAMES)}
    assert trace(" + ".join(NAMES), values).value == sum(values.values())


def test_constants_give_way() -> None:
    """pi and e are constants unless bound or assigned."""
    assert trace("e", {"e": 3.0}).value == 3
    assert trace("e = 2; e*pi").value == 2 * math.pi
    assert trace("x + inf", {"x": 1.0}).value == math.inf


def test_ambiguous_product_is_refused() -> None:
    """A name that splits in two ways into known names is an error that shows both."""
    with pytest.raises(ReadError, match=r"w\*xy or wx\*y"):
        read("wxy", {"w", "xy", "wx", "y"})


ATOMS = st.sampled_from(["x", "y", "w", "2", "3", "0.5", "1e-1", "7."])
UNARY = st.sampled_from(["-({})", "sin({})", "exp(-({})**2)", "({})", "sqrt(({})**2 + 1)"])
BINARY = st.sampled_from(
    [
        "{} + {}",
        "{} - {}",
        "({})*({})",
        "{}*x - {}",
        "({})/(2 + ({})**2)",
        "-{}**2 + {}",
        "2**-{}/{}",
    ]
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.builds(str.format, UNARY, inner)
    return one | st.builds(str.format, BINARY, inner, inner)


@given(st.recursive(ATOMS, _grow, max_leaves=8))
def test_plain_expressions_as_sympy_reads_them(text: str) -> None:
    """On plain expressions the value is that of sympy's own parser."""
    point = {"x": 0.7, "y": 1.3, "w": -0.4}
    theirs = parse_expr(text).subs(point).evalf()
    ours = trace(text, point).value
    if theirs.is_real and abs(theirs) < 1e12:
        assert ours == pytest.approx(float(theirs), rel=1e-9, abs=1e-9)


@given(st.text(max_size=40) | st.text("xyw0123.+-*/^%()=,;<>!@[]{}'\"# \nσŷ²√½", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises anything but a BacktraceError with a picture."""
    try:
        read(text, {"x", "y", "w"}).validate()
    except BacktraceError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("program", "value", "reading"),
    [
        ("wx^2", 18.0, "w*x**2"),
        ("-wx²", -18.0, "-w*x**2"),
        ("wx^-1", 2 / 3, "w*x**-1"),
        ("1/wx", 1 / 6, "1/(w*x)"),
        ("1/wx^2", 1 / 18, "1/(w*x**2)"),
        ("2wx", 12.0, "2*w*x"),
        ("(wx)^2", 36.0, "(w*x)**2"),
    ],
)
def test_what_stands_after_a_name_that_is_split(program: str, value: float, reading: str) -> None:
    """A power belongs to the last factor, after a division all are one, and the echo says so."""
    trace = backtrace.trace(program, w=2, x=3)
    assert trace.value == pytest.approx(value)
    assert trace.graph.readings == (f"read as {reading}",)
    assert backtrace.trace(reading, w=2, x=3).value == trace.value
