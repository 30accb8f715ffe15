"""backtrace.render.notation: formulas on paper mean what they mean in the language."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from backtrace import trace
from backtrace.graph import Apply, Constant, Leaf
from backtrace.homework.answers.latex import from_latex
from backtrace.ops import FUNCTIONS as FUNCTIONS_OF_OPS
from backtrace.ops import OPS, Op
from backtrace.records import Trace
from backtrace.render.notation import reading, typeset
from backtrace.render.notation.latex import latex
from backtrace.render.notation.mathml import mathml
from backtrace.render.notation.runs import Run, runs

VALUES = {"x": 0.7, "y": 1.3, "yhat": 0.4, "w1": 1.1, "theta": 0.6, "w_in": 2.1, "loss": 0.9}
FUNCTIONS = ("exp", "sin", "sqrt", "abs", "sigmoid", "tanh", "log")

# text | in LaTeX | on one line: ^{raised}, _{lowered}
WRITTEN = [
    ("2*s", "2s", "2s"),
    ("2*x*(w*x - y)", r"2x\cdot (w\cdot x-y)", "2x·(w·x - y)"),
    ("-x/y**2", r"\frac{-x}{y^{2}}", "-x/y^{2}"),
    ("x/(2*y)", r"\frac{x}{2y}", "x/(2y)"),
    ("(a + b)/c", r"\frac{a+b}{c}", "(a + b)/c"),
    ("x**(1/2)", r"x^{\frac{1}{2}}", "x^{1/2}"),
    ("x**y**2", "x^{y^{2}}", "x^{y^2}"),
    ("(-x)**2", "(-x)^{2}", "(-x)^{2}"),
    ("∂L/∂w", r"\frac{\partial L}{\partial w}", "∂L/∂w"),
    ("∂s/∂yhat1", r"\frac{\partial s}{\partial \hat{y}_{1}}", "∂s/∂ŷ_{1}"),
    ("a × b/c", r"a\times \frac{b}{c}", "a × b/c"),
    ("Ḡ @ W.T", r"\bar{G}\,W^{\mathsf{T}}", "Ḡ W^{T}"),
    ("c·1*theta", r"c^{(1)}\cdot \theta", "c^{(1)}·θ"),
    ("w_ih", r"w_{\mathit{ih}}", "w_{ih}"),
    ("learning_rate", r"\mathit{learning\_rate}", "learning_rate"),
    ("x_1_2", r"x_{\mathit{1,2}}", "x_{1,2}"),
    ("a__b", r"\mathit{a\_\_b}", "a__b"),
    ("_*_1", r"\mathit{\_}\cdot \mathit{\_}_{1}", "_·__{1}"),
    ("Xᵀ @ w", r"X^{\mathsf{T}}\,w", "X^{T} w"),
    (
        "x*(y > 0)/sum(x == y)",
        r"\frac{x\cdot [y>0]}{\operatorname{sum}([x=y])}",
        "x·[y > 0]/sum([x = y])",
    ),
    ("what", r"\hat{w}", "ŵ"),
    ("chat_2", r"\hat{c}_{2}", "ĉ_{2}"),
    ("loss", r"\mathit{loss}", "loss"),
    ("sigmoid(x)", r"\sigma(x)", "σ(x)"),
    ("abs(x)*sqrt(y + 1)", r"|x|\cdot \sqrt{y+1}", "|x|·√(y + 1)"),
    ("floor(x/y)", r"\left\lfloor \frac{x}{y}\right\rfloor", "⌊x/y⌋"),
    ("sum(x, axis=0)", r"\operatorname{sum}(x, \operatorname{axis}=0)", "sum(x, axis=0)"),
    ("x[0, 1:]", "x[0, 1:]", "x[0, 1:]"),
    ("1e-10*x", r"10^{-10}\cdot x", "1e-10·x"),
    (
        "where(x >= 0, 1, inf)",
        r"\begin{cases}1 & x\ge 0 \\ \infty & \text{otherwise}\end{cases}",
        "where(x ≥ 0, 1, ∞)",
    ),
    (
        "2*where(x < 0, -1, where(x > 0, 1, 0))",
        r"2\cdot \left(\begin{cases}-1 & x<0 \\ 1 & x>0 \\ 0 & \text{otherwise}\end{cases}\right)",
        "2·(where(x < 0, -1, where(x > 0, 1, 0)))",
    ),
    ("[[1, 2], [3, 4]]", r"\begin{bmatrix}1 & 2 \\ 3 & 4\end{bmatrix}", "[[1, 2], [3, 4]]"),
    ("[1, …]", r"[1, \ldots]", "[1, …]"),
    ("50% of {x}", r"\text{50\% of \{x\}}", "50% of {x}"),
]


def on_one_line(found: tuple[Run, ...]) -> str:
    """Runs as text, with signs for what is raised and lowered."""
    levels = groupby(found, key=lambda run: run.level)
    return "".join(MARKS[level].format("".join(r.text for r in part)) for level, part in levels)


@pytest.mark.parametrize(("text", "in_latex", "line"), WRITTEN)
def test_written(text: str, in_latex: str, line: str) -> None:
    """A formula is as somebody would write it by hand."""
    assert latex(typeset(text)) == in_latex
    assert on_one_line(runs(typeset(text))) == line


def test_names_are_italic() -> None:
    """Variables are italic, numbers and functions are not."""
    found = runs(typeset("2*sin(x)"))
    assert found == (Run("2sin("), Run("x", italic=True), Run(")"))


OWN = [op for op in OPS.values() if "{0}" in op.written_by_hand or op.written_by_hand.isalpha()]


@pytest.mark.parametrize("op", OWN)
def test_own_notation(op: Op) -> None:
    """What a row says of its notation is used, whatever stands inside."""
    assert op.written not in on_one_line(runs(typeset(f"{op.written}(x + 1)")))


def test_a_choice_has_the_name_it_was_read_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the function behind a brace is called stands in its row of the table alone."""
    monkeypatch.setattr(reading, "FUNCTIONS", {"pick": FUNCTIONS_OF_OPS["where"]})
    term = reading.typeset("pick(x > 0, 1, pick(x < 0, -1, 0))")
    assert on_one_line(runs(term)) == "pick(x > 0, 1, pick(x < 0, -1, 0))"


SLOTS = [  # which slots are operands, whose negative numbers have brackets
    ("□0*□1", "0 1!"),
    ("□0 - □1/2", "0 1"),
    ("□0 - □1*2", "0 1!"),
    ("-□0", "0!"),
    ("□0**□1", "0! 1"),
    ("2*□0", "0!"),
    ("(□0)**2", "0"),
    ("max(□0, □1)", "0 1"),
    ("floor(□0)", "0"),
    ("f(x=□0)", "0"),
    ("where(□0 > □1, □2, □3)", "2 0 1! 3"),
    ("90000 + □0 + 90001", "0!"),
]


@pytest.mark.parametrize(("text", "found"), SLOTS)
def test_slots(text: str, found: str) -> None:
    """A slot is filled by whoever writes the formula, who hears whether it is an operand."""
    put: list[str] = []

    def filled(index: int, operand: bool) -> str:
        put.append(f"{index}{'!' * operand}")
        return f"<mn>{index}</mn>"

    ET.fromstring(f"<math>{mathml(typeset(text), filled)}</math>")  # noqa: S314  (made here)
    assert " ".join(put) == found
    assert put


# -- formulas mean the same


def _binary(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(parts, st.sampled_from(["+", "-", "*", "/"]), parts)
    return pair.map(lambda p: f"({p[0]}) {p[1]} ({p[2]})")


def _wrapped(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _binary(parts),
        st.tuples(st.sampled_from(FUNCTIONS), parts).map(lambda p: f"{p[0]}({p[1]})"),
        parts.map(lambda p: f"({p})**2"),
        st.tuples(parts, parts).map(lambda p: f"(2 + sin({p[0]}))**({p[1]})"),
        parts.map(lambda p: f"-({p})"),
    )


ATOMS = st.sampled_from([*VALUES, "2", "3", "0.5", "10"])
ATOM = re.compile(r"[\w.]+(\([^()]*\))?")
MARKS = {0: "{}", 1: "^{{{}}}", -1: "_{{{}}}"}
FORMULAS = st.recursive(ATOMS, _wrapped, max_leaves=8)


def traced(formula: str) -> Trace:
    """The formula at VALUES, written with no more parentheses than it needs."""
    return trace(formula, VALUES)


def spare(formula: str) -> str:
    """The same formula as a view writes it, from its nodes."""
    graph = traced(formula).graph
    texts: list[str] = []
    for node in graph.nodes:
        match node:
            case Leaf(text) | Constant(text):
                texts.append(text)
            case Apply(op, inputs, params):
                atoms = (texts[i] for i in inputs)
                inner = [t if ATOM.fullmatch(t) else f"({t})" for t in atoms]
                texts.append(op.shown(inner, dict(params)))
    return texts[graph.output]


def same_value(formula: str, other: str) -> bool:
    """Whether two formulas have one value at VALUES; one without a value has none in the other."""
    with np.errstate(all="ignore"):
        return bool(np.isclose(traced(formula).value, traced(other).value, 1e-9, equal_nan=True))


@given(FORMULAS)
@example("(2*x)/(3*y)")
@example("2*(x/y)*3")
@example("x - (y - 2)")
def test_latex_means_the_same(formula: str) -> None:
    """What is written in LaTeX is read by the reader of answers as the same formula."""
    written = spare(formula)
    assert same_value(formula, from_latex(latex(typeset(written)), VALUES.keys()))


@given(FORMULAS)
@example("x/(y/2)")
@example("(x*y)**(x/2)")
@example("x**(y**2)")
def test_one_line_means_the_same(formula: str) -> None:
    """What stands on one line, with its raised parts, is the same formula."""
    assume(formula.count("abs(") < 2)  # which bars belong together is seen, not read
    line = on_one_line(runs(typeset(spare(formula)))).replace("^{", "**{").replace("^", "**")
    line = re.sub(r"w_\{in\}|(?<![a-z])win\b", "w_in", line).translate(str.maketrans("{}", "()"))
    line = line.replace("_(1)", "1")
    line = re.sub(r"\|([^|]*)\|", r"abs(\1)", line)
    assert same_value(formula, line.replace("σ(", "sigmoid("))


@given(st.text(max_size=40) | st.text("∂xyW0123.*/+-()[],=<@ \"\\{}$&_^%#~'", max_size=40))
@example("<img src=x onerror=alert(1)>")
@example("(" * 3000)
@example("□1 + □99999999999999999999")
@example("\\input{x}$")
def test_whatever_is_written(text: str) -> None:
    """Any text can be set: the markup is whole, and nothing of the text becomes markup."""
    term = typeset(text)
    root = ET.fromstring(f"<math>{mathml(term)}</math>")  # noqa: S314  (made here)
    tags = "mn mi mo mtext mspace mrow mfrac msup msub msqrt mover mtable mtr mtd math"
    assert {element.tag for element in root.iter()} <= set(tags.split())
    for plain in (False, True):
        written = latex(term, ascii=plain)
        assert balanced(written)
        assert not re.search(r"\\(?:input|write|def|csname)", written)
    assert latex(term, ascii=True).isascii() or "‖" in text
    runs(term)


def balanced(text: str) -> bool:
    """Whether the braces that group are in pairs."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text.replace(r"\\", "")):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
