r"""LaTeX as it is pasted, read as the language or refused by name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backtrace import trace
from backtrace.errors import ReadError
from backtrace.homework.answers.latex import commands, from_latex, is_latex
from backtrace.homework.answers.latex.tokens import LONGEST

VALUES = """
a=1.7 b=0.6 c=2.3 n=3 w=1.3 x=0.7 y=0.4 z=2.1 L=1.9 x1=0.3 x2=1.1 x12=0.9 wij=1.2 xj=0.8 xin=0.75
yhat=0.55 yhat1=0.35 ybar=1.4 ytilde=1.6 ydot=0.2 theta=0.45 thetahat=0.65 loss=2.5 alpha=1.5
lambda=0.01
"""
SCALARS = {name: float(value) for name, value in (item.split("=") for item in VALUES.split())}
VECTORS = {"u": [1.0, 2.0, 3.0], "v": [0.5, -1.0, 2.0], "W": [[1.0, 2.0, 0.5], [3.0, 4.0, -1.0]]}
V = SimpleNamespace(**SCALARS)
V.u, V.v, V.W = map(np.array, VECTORS.values())


def sigmoid(x: float) -> float:
    """What the language calls sigma."""
    return 1 / (1 + math.exp(-x))


# LaTeX, the same in the language, and what it is in Python
READ: list[tuple[str, str, Callable[[Any], Any]]] = [
    # fractions
    (r"\frac{a+b}{c+n}", "(a + b)/(c + n)", lambda v: (v.a + v.b) / (v.c + v.n)),
    (r"\frac12", "1/2", lambda v: 0.5),
    (r"\frac xy", "x/y", lambda v: v.x / v.y),
    (r"\frac1{xy}", "1/(xy)", lambda v: 1 / (v.x * v.y)),
    (r"\dfrac{1}{x y}", "1/(x y)", lambda v: 1 / (v.x * v.y)),
    (r"\tfrac{x y}{z}", "x y/z", lambda v: v.x * v.y / v.z),
    (r"\cfrac{1}{x^2}", "1/x**2", lambda v: 1 / v.x**2),
    (r"\frac{1}{2}x", "(1/2) x", lambda v: v.x / 2),
    (r"\frac{a}{b}c", "(a/b) c", lambda v: v.a / v.b * v.c),
    (r"\frac{a}{b}(c+n)", "(a/b)*(c + n)", lambda v: v.a / v.b * (v.c + v.n)),
    (r"\frac{a}{b}\cdot c", "a/b*c", lambda v: v.a / v.b * v.c),
    (r"\frac{a}{b} / c", "a/b/c", lambda v: v.a / v.b / v.c),
    (r"a / \frac{b}{c}", "a/(b/c)", lambda v: v.a / (v.b / v.c)),
    (r"2\frac{x}{y}", "2*(x/y)", lambda v: 2 * v.x / v.y),
    (r"x\frac{a}{b}", "x*(a/b)", lambda v: v.x * v.a / v.b),
    (r"c - \frac{a}{b}", "c - a/b", lambda v: v.c - v.a / v.b),
    (r"-\frac{a}{b}", "-a/b", lambda v: -v.a / v.b),
    (r"\frac{-a}{-b}", "(-a)/(-b)", lambda v: v.a / v.b),
    (r"\frac{\frac{a}{b}}{c}", "(a/b)/c", lambda v: v.a / v.b / v.c),
    (r"\frac{a}{\frac{b}{c}}", "a/(b/c)", lambda v: v.a * v.c / v.b),
    (r"\frac{a}{b}\frac{c}{n}", "(a/b)*(c/n)", lambda v: v.a / v.b * v.c / v.n),
    (r"\frac{a}{b} \bmod c", "(a/b) % c", lambda v: v.a / v.b % v.c),
    (r"\left(\frac{x}{y}\right)^2", "(x/y)**2", lambda v: (v.x / v.y) ** 2),
    (r"\frac{x}{y}^2", "(x/y)**2", lambda v: (v.x / v.y) ** 2),
    # powers and roots
    (r"x^\frac12", "x**(1/2)", lambda v: v.x**0.5),
    (r"x^2y", "x**2*y", lambda v: v.x**2 * v.y),
    (r"2x^{2}y", "2x**2*y", lambda v: 2 * v.x**2 * v.y),
    (r"x^{n-1}", "x**(n - 1)", lambda v: v.x ** (v.n - 1)),
    (r"x^{-1}", "x**(-1)", lambda v: 1 / v.x),
    (r"x^{y^2}", "x**(y**2)", lambda v: v.x ** (v.y**2)),
    (r"{x^a}^b", "(x**a)**b", lambda v: (v.x**v.a) ** v.b),
    (r"x^{wy}", "x**(wy)", lambda v: v.x ** (v.w * v.y)),
    (r"x^(n-1)", "x**(n - 1)", lambda v: v.x ** (v.n - 1)),
    (r"x^n(y+1)", "x**n*(y + 1)", lambda v: v.x**v.n * (v.y + 1)),
    (r"-x^2", "-x**2", lambda v: -(v.x**2)),
    (r"e^{-x}", "e**(-x)", lambda v: math.exp(-v.x)),
    (r"2e^x", "2 e**x", lambda v: 2 * math.exp(v.x)),
    (r"x² \cdot y⁻¹", "x**2*y**(-1)", lambda v: v.x**2 / v.y),
    (r"x**2 \cdot y**-x", "x**2*y**(-x)", lambda v: v.x**2 * v.y**-v.x),
    (r"\sqrt{x}", "sqrt(x)", lambda v: math.sqrt(v.x)),
    (r"\sqrt(x + y)", "sqrt(x + y)", lambda v: math.sqrt(v.x + v.y)),
    (r"√{x}", "sqrt(x)", lambda v: math.sqrt(v.x)),
    (r"\sqrt2x", "sqrt(2) x", lambda v: math.sqrt(2) * v.x),
    (r"\sqrt\frac{x}{y}", "sqrt(x/y)", lambda v: math.sqrt(v.x / v.y)),
    (r"\sqrt[3]{x}", "cbrt(x)", lambda v: v.x ** (1 / 3)),
    (r"\sqrt[n]{x+1}", "(x + 1)**(1/n)", lambda v: (v.x + 1) ** (1 / v.n)),
    (r"\frac{1}{\sqrt{2\pi}}", "1/sqrt(2pi)", lambda v: 1 / math.sqrt(2 * math.pi)),
    # products
    (r"2x \cdot \left(wx - y\right)", "2x*(wx - y)", lambda v: 2 * v.x * (v.w * v.x - v.y)),
    (r"2 x (wx-y)", "2x(wx - y)", lambda v: 2 * v.x * (v.w * v.x - v.y)),
    (r"x \times y \odot z", "x*y*z", lambda v: v.x * v.y * v.z),
    (r"x \ast y \div z", "x*y/z", lambda v: v.x * v.y / v.z),
    (r"2 \cdot -x", "2*-x", lambda v: -2 * v.x),
    (r"3 \times 10^{-2}", "3*10**(-2)", lambda v: 0.03),
    (r"x_1 x_2", "x1 x2", lambda v: v.x1 * v.x2),
    (r"\alpha x", "alpha x", lambda v: v.alpha * v.x),
    (r"(a+b)(c-n)", "(a + b)(c - n)", lambda v: (v.a + v.b) * (v.c - v.n)),
    (r"(a+b)^2(c-n)", "(a + b)**2*(c - n)", lambda v: (v.a + v.b) ** 2 * (v.c - v.n)),
    (r"x(y+1)^2", "x(y + 1)**2", lambda v: v.x * (v.y + 1) ** 2),
    (r"\left[x\left\{y+1\right\}\right]", "(x(y + 1))", lambda v: v.x * (v.y + 1)),
    (r"2\bigl[x\Bigl(y+1\Bigr)\bigr]", "2(x(y + 1))", lambda v: 2 * v.x * (v.y + 1)),
    (r"\biggl(x\biggr)\Biggl(y\Biggr)", "(x)(y)", lambda v: v.x * v.y),
    (r"\big(x\Big)\bigg(y\Bigg)", "(x)(y)", lambda v: v.x * v.y),
    (r"\{x + y\} z", "(x + y) z", lambda v: (v.x + v.y) * v.z),
    (r"{ab}c", "ab c", lambda v: v.a * v.b * v.c),
    (r"a/{bc}", "a/bc", lambda v: v.a / (v.b * v.c)),
    (r"a/{b c}", "a/(b c)", lambda v: v.a / (v.b * v.c)),
    (r"{a + b} + c", "a + b + c", lambda v: v.a + v.b + v.c),
    (r"\boxed{2x + 1}", "2x + 1", lambda v: 2 * v.x + 1),
    # functions
    (r"\sigma(x)", "sigma(x)", lambda v: sigmoid(v.x)),
    (
        r"\sigma\left(x\right)(1-\sigma(x))",
        "sigma(x)(1 - sigma(x))",
        lambda v: sigmoid(v.x) * (1 - sigmoid(v.x)),
    ),
    (r"\sin x", "sin(x)", lambda v: math.sin(v.x)),
    (r"2\sin x \cos x", "2sin(x) cos(x)", lambda v: math.sin(2 * v.x)),
    (r"\sin x^2 + y", "sin(x**2) + y", lambda v: math.sin(v.x**2) + v.y),
    (r"\sin wx", "sin(wx)", lambda v: math.sin(v.w * v.x)),
    (r"x\tan{2x}y", "x tan(2x) y", lambda v: v.x * math.tan(2 * v.x) * v.y),
    (r"\sin^2 x + \cos^2(x)", "sin(x)**2 + cos(x)**2", lambda v: 1.0),
    (r"\sin^2(x)^2", "(sin(x)**2)**2", lambda v: math.sin(v.x) ** 4),
    (r"sin^2(x)", "sin(x)**2", lambda v: math.sin(v.x) ** 2),
    (r"1-\tanh^2 z", "1 - tanh(z)**2", lambda v: 1 - math.tanh(v.z) ** 2),
    (r"\ln|x - y|", "ln(abs(x - y))", lambda v: math.log(abs(v.x - v.y))),
    (r"\log_2 x", "log2(x)", lambda v: math.log2(v.x)),
    (r"\log_{10}\left(x\right)", "log10(x)", lambda v: math.log10(v.x)),
    (r"\log_b(x)", "log(x, b)", lambda v: math.log(v.x, v.b)),
    (r"\max\{x, 0\} - \min(x, 0)", "max(x, 0) - min(x, 0)", lambda v: v.x),
    (r"\exp(-x)\cdot\exp{-y}", "exp(-x)*exp(-y)", lambda v: math.exp(-v.x - v.y)),
    (r"\operatorname{relu}(x)y", "relu(x) y", lambda v: v.x * v.y),
    (r"\operatorname*{max}(x, y)", "max(x, y)", lambda v: v.x),
    (r"\mathrm{sigmoid}(x)", "sigmoid(x)", lambda v: sigmoid(v.x)),
    (r"\text{ReLU}\left(x\right)", "ReLU(x)", lambda v: v.x),
    (r"\arcsin x + \arccos x", "arcsin(x) + arccos(x)", lambda v: math.pi / 2),
    (r"\arctan x", "arctan(x)", lambda v: math.atan(v.x)),
    (r"\cosh x - \sinh x", "cosh(x) - sinh(x)", lambda v: math.exp(-v.x)),
    (r"\cot x \tan x", "cot(x) tan(x)", lambda v: 1.0),
    (r"\coth x \tanh x", "coth(x) tanh(x)", lambda v: 1.0),
    (r"\sec x \cos x \csc y \sin y", "sec(x) cos(x) csc(y) sin(y)", lambda v: 1.0),
    (r"\det(W W^\top)", "det(W @ W.T)", lambda v: np.linalg.det(v.W @ v.W.T)),
    # bars
    (r"|x-z||y|", "abs(x - z) abs(y)", lambda v: abs(v.x - v.z) * v.y),
    (r"\left|x\right|^2 + |y|", "abs(x)**2 + abs(y)", lambda v: v.x**2 + v.y),
    (r"\left|a\left|-b\right|c\right|", "abs(a abs(-b) c)", lambda v: v.a * v.b * v.c),
    (r"\lvert -x \rvert + \vert y \vert", "abs(-x) + abs(y)", lambda v: v.x + v.y),
    (r"\|u\|^2", "norm(u)**2", lambda v: 14.0),
    (r"\lVert u\rVert + \Vert v\Vert", "norm(u) + norm(v)", lambda v: 14**0.5 + 5.25**0.5),
    # names
    (r"\hat{y} - y", "yhat - y", lambda v: v.yhat - v.y),
    (r"\hat y \widehat{\theta}", "yhat thetahat", lambda v: v.yhat * v.thetahat),
    (r"\hat{y}_1 - \hat{y_1}", "yhat1 - yhat1", lambda v: 0.0),
    (r"\bar{y} \overline y", "ybar ybar", lambda v: v.ybar**2),
    (r"\tilde{y} \widetilde y \dot{y}", "ytilde ytilde ydot", lambda v: v.ytilde**2 * v.ydot),
    (r"w_{ij} x_j", "wij xj", lambda v: v.wij * v.xj),
    (r"x_{12} + x_1^2 + x^2_1", "x12 + x1**2 + x1**2", lambda v: v.x12 + 2 * v.x1**2),
    (r"x_{\text{in}} + x_\mathrm{in}", "xin + xin", lambda v: 2 * v.xin),
    (r"\mathbf{x} \boldsymbol{\theta}^2", "x theta**2", lambda v: v.x * v.theta**2),
    (r"\mathbf{x}_1 \bm x \vec{x}", "x1 x x", lambda v: v.x1 * v.x**2),
    (r"\mathcal{L} \mathit L \mathbb{L}", "L L L", lambda v: v.L**3),
    (r"\mathscr{L} + \mathfrak{L}", "L + L", lambda v: 2 * v.L),
    (r"\mathrm{loss}^2 \mathsf{x} \mathtt{x}", "loss**2*x x", lambda v: (v.loss * v.x) ** 2),
    (r"\textrm{x} + \textbf{x} - \textit{x}", "x + x - x", lambda v: v.x),
    (r"\theta\lambda", "theta lambda", lambda v: 0.0045),
    (r"θ\cdot ŷ", "theta*yhat", lambda v: v.theta * v.yhat),
    # vectors and matrices
    (r"u^\top v", "u.T @ v", lambda v: v.u @ v.v),
    (r"u^{\top} \cdot v", "u.T @ v", lambda v: v.u @ v.v),
    (r"u^T v + u^{\mathsf T} v - uᵀ v", "u.T @ v + u.T @ v - u.T @ v", lambda v: v.u @ v.v),
    (r"u^\intercal W^\top W v", "u.T @ W.T @ W @ v", lambda v: v.u @ v.W.T @ v.W @ v.v),
    (r"u^\top W^\top \cdot W \cdot v", "u.T @ W.T @ W @ v", lambda v: v.u @ v.W.T @ v.W @ v.v),
    (r"u^\top v + a b", "u.T @ v + a b", lambda v: v.u @ v.v + v.a * v.b),
    (r"u^\top v / n \cdot a", "u.T @ v/n*a", lambda v: v.u @ v.v / v.n * v.a),
    (r"2u^\top \odot v", "2u.T*v", lambda v: 2 * v.u * v.v),
    (r"\frac{1}{n} u^\top v", "(1/n) u.T @ v", lambda v: v.u @ v.v / 3),
    (r"u[0] \cdot W[1, -1]", "u[0]*W[1, -1]", lambda v: -1.0),
    (r"\left[1, 2\right] \cdot 2", "[1, 2]*2", lambda v: np.array([2, 4])),
    (r"\operatorname{sum}(W, axis=0)", "sum(W, axis=0)", lambda v: v.W.sum(axis=0)),
    # comparisons
    (r"(x \le y)", "(x <= y)", lambda v: 0.0),
    (r"\mathbb{1}[x > y]", "1(x > y)", lambda v: 1.0),
    (r"(x \leq z)(x \geq y)(x \ge y)", "(x <= z)(x >= y)(x >= y)", lambda v: 1.0),
    (r"(x \lt z)(x \gt y)(x \ne y)", "(x < z)(x > y)(x != y)", lambda v: 1.0),
    (r"(x \neq y) + (x \leq \infty)", "(x != y) + (x <= inf)", lambda v: 2.0),
    # what is not seen
    (r"x\,y\;z\!\:w\>a\ b~c", "x y z w a b c", lambda v: 0.7 * 0.4 * 2.1 * 1.3 * 1.7 * 0.6 * 2.3),
    ("\\displaystyle x\\quad\\textstyle y\\qquad\\limits z\\\n", "x y z", lambda v: 0.588),
    (r"$x$ + $$y$$", "x + y", lambda v: v.x + v.y),
    (r"\(x\) + \[y\]", "x + y", lambda v: v.x + v.y),
]


@pytest.mark.parametrize(("latex", "language", "python"), READ, ids=[row[0] for row in READ])
def test_read(latex: str, language: str, python: Callable[[Any], Any]) -> None:
    """LaTeX is the formula that a person would write, and it has the value that LaTeX shows."""
    assert from_latex(latex) == language
    result = trace(language, {**SCALARS, **VECTORS}, seed=1)
    np.testing.assert_allclose(result.values[result.graph.output], python(V), rtol=1e-12)


CLAIMS = {
    r"\frac{\partial L}{\partial w} = 2x": "d(L)/d(w) = 2x",
    r"$\dfrac{dL}{dw} = 2x$": "d(L)/d(w) = 2x",
    r"$\frac{dL}{dw}$ = $x$": "d(L)/d(w) = x",
    r"\frac{\mathrm{d}L}{\mathrm dw} = x": "d(L)/d(w) = x",
    r"\frac{\text{dL}}{\mathrm{d}w} = x": "d(L)/d(w) = x",
    r"\frac{\partial\mathcal{L}}{\partial W_1} = x": "d(L)/d(W1) = x",
    r"\frac{\partial \hat{y}}{\partial x_{12}} = x": "d(yhat)/d(x12) = x",
    r"\frac{d\mathrm{loss}}{dw} = x": "d(loss)/d(w) = x",
    r"\frac{dloss}{d\theta} = x": "d(loss)/d(theta) = x",
    r"\frac{\partial}{\partial w} L = x": "d(L)/d(w) = x",
    r"\frac{d}{dw}\left(L\right) = x": "d(L)/d(w) = x",
    r"\frac{\partial L}{\partial W}[0, 1] = x": "d(L)/d(W)[0,1] = x",
    r"\partial L / \partial w = x": "d(L)/d(w) = x",
    r"∂L/∂w = \frac12": "d(L)/d(w) = 1/2",
    r"\mathrm{d}L/\mathrm{d}w = x": "d(L)/d(w) = x",
    r"d\hat{y}/dw = x": "d(yhat)/d(w) = x",
    r"\nabla_w L = x": "d(L)/d(w) = x",
    r"\nabla_{W_1} L = x": "d(L)/d(W1) = x",
    r"\partial_w L = x": "d(L)/d(w) = x",
    r"\nabla_w = x": "grad w = x",
    r"\frac{\partial L}{\partial w}": "d(L)/d(w)",
    r"dL/dw = x \cdot y": "dL/dw = x*y",
    r"dL/d\hat{y} = x": "dL/d yhat = x",
    r"\hat{y} = w x": "yhat = w x",
    r"\delta_1 = (x == y)": "delta1 = (x == y)",
}


@pytest.mark.parametrize("latex", CLAIMS)
def test_claims(latex: str) -> None:
    """The left side is a derivative in the one form that names of any length fit, or a name."""
    assert from_latex(latex) == CLAIMS[latex]


@pytest.mark.parametrize("command", commands.NAMES)
def test_letters(command: str) -> None:
    """A Greek letter is its name, apart from what stands beside it."""
    name = commands.NAMES[command]
    assert from_latex(rf"2\{command} x + \{command}") == f"2{name} x + {name}".replace("2e", "2 e")


def test_every_command_is_read_in_a_test() -> None:
    """Each command of the tables stands in one of the texts above."""
    texts = " ".join(
        [*(row[0] for row in READ), *CLAIMS, *(rf"\{name}" for name in commands.NAMES)]
    )
    used = {match[1] for match in re.finditer(r"\\(operatorname\*|[A-Za-z]+|.)", texts, re.DOTALL)}
    used |= set(re.findall(r"[|(){}\[\]]", texts))
    assert used >= commands.COMMANDS


# what is refused, what the message has, and what its place covers
REFUSED: list[tuple[str, str, str]] = [
    *[(rf"x + \{name} y", advice, rf"\{name}") for name, advice in commands.INSTEAD.items()],
    (r"\farc{a}{b}", r"\farc is not read: did you mean \frac?", r"\farc"),
    (r"x \coloneqq y", r"\coloneqq is not read", r"\coloneqq"),
    (r"\phantom{x}", r"\phantom is not read", r"\phantom"),
    (r"x^\circ", r"\circ is not read", r"\circ"),
    (r"x \- y", r"\- is not read", r"\-"),
    (r"x + \times", r"\times is not expected here", r"\times"),
    ("\\", "a command must follow the backslash", "\\"),
    *[(rf"\frac12 {sign} x", commands.SIGNS[sign], sign) for sign in "%'&!."],
    (r"\frac12, x", "a comma stands between", ","),
    (r"a = b = \frac12", "one =", "="),
    (r"\frac12 @@ x", "'@' is not expected here", "@"),
    ("{\x00}", "U+0000", "\x00"),
    # one character alone
    ("$x^10$", "write ^{10}", "^10"),
    ("$x^ab$", "write ^{ab}", "^ab"),
    ("$x_12$", "write _{12}", "_12"),
    (r"\sqrt12", r"write \sqrt{12}", r"\sqrt12"),
    (r"\frac123", "LaTeX takes 2 alone", r"\frac123"),
    (r"\hat xy", r"write \hat{xy}", r"\hat xy"),
    (r"\mathbf xy", r"write \mathbf{xy}", r"\mathbf xy"),
    (r"\frac1", "a denominator must follow", r"\frac1"),
    (r"x^-1 \cdot y", "an exponent must follow, in braces", "^-"),
    (r"e^\sin x", "an exponent must follow, in braces", r"^\sin"),
    # two ways
    (r"\sin 2x", r"write \sin(2x)", r"\sin 2x"),
    (r"\sin x y", r"write \sin(x y)", r"\sin x y"),
    (r"\sin 2 \cdot x", "where does the argument end", r"\sin 2 \cdot"),
    (r"\ln x / y", "where does the argument end", r"\ln x /"),
    (r"\sin x (y)", "where does the argument end", r"\sin x ("),
    (r"\exp -x", r"\exp needs an argument, as in \exp(x)", r"\exp"),
    (r"1 + \cos", r"\cos needs an argument", r"\cos"),
    (r"\sin^{-1} x", "write asin(x)", r"\sin^{-1}"),
    (r"\sin^n x", "sin(x)**n", r"\sin^n"),
    (r"\sin^2^2 x", "a second exponent", "^"),
    (r"\sin_2 x", "takes no subscript", r"\sin_2"),
    ("{a+b}c", "braces do not show", "c"),
    ("c{a+b}", "braces do not show", "{a+b}"),
    ("c - {a+b}", "braces do not show", "{a+b}"),
    (r"{a+b} \cdot c", "braces do not show", r"\cdot"),
    ("{a+b}^2", "braces do not show", "{a+b}^2"),
    ("{a<b} + c", "braces do not show", "+"),
    ("$wx^2$", r"write w x^…, or \mathrm{wx}^…", "wx^2"),
    ("$Wx^T$", "write W x^", "Wx^T"),
    ("x^{(1)}", "an index, or a power?", "^{(1)}"),
    ("x^{[l]}", "an index, or a power?", "^{[l]}"),
    ("$e^T$", "a power, or transposed?", "e^T"),
    (r"\frac{dL}{ds} \cdot x", "left of = only", r"\frac{dL}{ds}"),
    (r"x = \frac{\mathrm{d}}{\mathrm{d}w} L", "left of = only", r"\frac{\mathrm{d}}{\mathrm{d}w}"),
    # derivatives of another form
    (r"\frac{\partial^2 L}{\partial w^2} = x", "only first derivatives", "^"),
    (r"\frac{\partial L}{\partial w}\frac{a}{b} = x", "of names only", r"\frac"),
    (r"\frac{\partial}{\partial w} 2 = x", "of names only", "2"),
    (r"\frac{\partial L}{d1} = x", "of names only", "1"),
    (r"\nabla L = x", "the name it is by", r"\nabla"),
    (r"\partial L = x", "of names only", ""),
    # subscripts and exponents
    ("x_{t+1}", "a subscript is letters and digits", "+"),
    ("x_{}", "a subscript is letters and digits", "_{}"),
    ("{x_1_2}", "one subscript", "_"),
    ("$(x)_1$", "a subscript belongs to a name", "(x)_"),
    ("$2_1$", "a subscript belongs to a name", "2_"),
    ("$x^a^b$", "a second exponent", "^"),
    ("$x⁺$", "not expected", "⁺"),
    (r"\|w\|_1", "a norm of another order", "_"),
    (r"\text{a b}", "around one name only", r"\text{a b}"),
    (r"\text 1", "needs a name in braces", r"\text 1"),
    (r"2\,000", "a sign is missing before this number", "000"),
    # brackets
    ("{x", "this { is never closed", "{"),
    (r"\left(x", r"this \left( is never closed", r"\left("),
    (r"\frac{a}{b", "this { is never closed", "{"),
    (r"\text{a", "this { is never closed", "{"),
    (r"\left(x\right]", "closes nothing", r"\right]"),
    ("x}", "closes nothing", "}"),
    (r"\rvert", "closes nothing", r"\rvert"),
    ("{}", "a value is missing", "}"),
    (r"\left. x", r"\left stands before a bracket", r"\left."),
    (r"x \right", r"\right stands before a bracket", r"\right"),
    ("$x", "this $ is never closed", "$"),
    (r"\(x\]", r"\( is closed by \)", r"\]"),
    (r"x\)", r"\) closes nothing", r"\)"),
    ("$x$$", "$ is closed by $", "$$"),
    ("${x} + $", "a value must follow", ""),
    ("{", "a value must follow", ""),
    ("", "a value must follow", ""),
]


@pytest.mark.parametrize(("latex", "words", "place"), REFUSED)
def test_refused(latex: str, words: str, place: str) -> None:
    """What is not read is refused, with its name, its place, and what would be right."""
    with pytest.raises(ReadError) as caught:
        from_latex(latex)
    error = caught.value
    assert words in error.message
    assert error.source == latex
    assert error.span is not None
    assert latex[slice(*error.span)] == place


NAMED = {
    ("$x_1 x_{in} x_2$", "x_1 x_in"): "x_1 x_in x2",
    ("$w_in + 1$", "w_in"): "w_in + 1",
    ("$2wx^2$", "w x"): "2*w*x**2",
    ("$wx_1^2$", "w x1"): "w*x1**2",
    ("$wx^2$", "wx"): "wx**2",
    (r"$ux^\top$", "u x"): "u*x.T",
    (r"\frac{1}{wx}", "wx"): "1/wx",
    (r"1 + \frac{dx}{dy}", "dx dy"): "1 + dx/dy",
}


@pytest.mark.parametrize(("latex", "names"), NAMED)
def test_names_of_the_problem(latex: str, names: str) -> None:
    """Known names decide how a subscript is spelled, and what is raised in `wx^2`."""
    assert from_latex(latex, set(names.split())) == NAMED[latex, names]


def test_ambiguous_names() -> None:
    """A run that is several products of known names is refused where one of them is raised."""
    with pytest.raises(ReadError, match="the power of y or of wxy"):
        from_latex("$wxy^2$", {"w", "x", "wx", "y"})


def test_a_variable_t() -> None:
    """Where a variable is called T, x^T could be a power as well, and is refused."""
    assert from_latex(r"$x^\top$", {"x", "T"}) == "x.T"
    with pytest.raises(ReadError, match=r"a power, or transposed\? write"):
        from_latex("$x^T$", {"x", "T"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [(r"\frac12", True), ("$x$", True), ("x^{2}", True), ("2*x", False), ("x^2", False)],
)
def test_is_latex(text: str, *, expected: bool) -> None:
    """A command, braces or a dollar sign are LaTeX; what the language has too is not."""
    assert is_latex(text) is expected


NESTED = [
    *(r"\frac{", r"\sqrt{", "{", "x^{", "(", r"\left[", "|x+", r"\sin ", r"\hat", r"\mathbf"),
    *(r"\sqrt", r"\hat{", "f(", "x[y,", "x**", r"\frac1", r"\text{x}^", r"\sqrt[", r"\mathbf{"),
]


@pytest.mark.parametrize("opening", NESTED)
def test_nesting(opening: str) -> None:
    """However deep a text is nested, it is refused and never ends in a crash."""
    with pytest.raises(ReadError):
        from_latex(opening * (LONGEST // len(opening)))


@pytest.mark.parametrize(("opening", "closing"), [("{", "}"), (r"\sqrt{", "}"), ("(", ")")])
def test_deepest(opening: str, closing: str) -> None:
    """A hundred levels are read, one more is refused at the place where it opens."""
    from_latex(opening * 100 + "x" + closing * 100)
    with pytest.raises(ReadError, match="more than 100 levels") as caught:
        from_latex(opening * 101 + "x" + closing * 101)
    assert caught.value.span is not None
    assert caught.value.span.end in (101 * len(opening), 101 * len(opening) - 1)


def test_longest() -> None:
    """A text up to the limit is read, a longer one is refused before anything else."""
    from_latex("x+" * (LONGEST // 2 - 1) + "x")
    with pytest.raises(ReadError, match="at most 10,000 characters"):
        from_latex("x" * (LONGEST + 1))


class Tree(NamedTuple):
    """A formula in LaTeX, and its value."""

    latex: str
    value: float


LEAVES = st.one_of(
    st.sampled_from(
        [
            *(Tree(name, SCALARS[name]) for name in "abcwxyz"),
            *(Tree("x_1", V.x1), Tree(r"\hat{y}", V.yhat), Tree(r"\theta", V.theta)),
            Tree(r"x_{12}", V.x12),
        ]
    ),
    st.integers(1, 9).map(lambda n: Tree(str(n), float(n))),
)


def larger(trees: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Formulas of smaller ones; parentheses stand where LaTeX would need them."""

    def shut(t: Tree) -> str:
        return rf"\left({t.latex}\right)" if len(t.latex) > 1 else t.latex

    def of(form: Callable[..., str], value: Callable[..., float]) -> st.SearchStrategy[Tree]:
        return st.builds(lambda s, t: Tree(form(s, t), value(s.value, t.value)), *(trees, trees))

    return st.one_of(
        of(lambda s, t: rf"\frac{{{s.latex}}}{{{t.latex}}}", lambda s, t: s / t if t else math.nan),
        of(lambda s, t: f"{s.latex} + {t.latex}", lambda s, t: s + t),
        of(lambda s, t: f"{s.latex} - {shut(t)}", lambda s, t: s - t),
        of(lambda s, t: rf"{shut(s)} \cdot {shut(t)}", lambda s, t: s * t),
        of(lambda s, t: rf"\left({s.latex}\right)\left({t.latex}\right)", lambda s, t: s * t),
        of(
            lambda s, t: rf"\frac{{{s.latex}}}{{2}}\theta",
            lambda s, t: s / 2 * V.theta,
        ),
        of(lambda s, t: rf"2\frac{{{s.latex}}}{{3}}", lambda s, t: s * 2 / 3),
        of(lambda s, t: rf"{shut(s)}^2\frac{{1}}{{4}}", lambda s, t: s**2 / 4),
        of(lambda s, t: rf"e^{{-\left|{s.latex}\right|}}", lambda s, t: math.exp(-abs(s))),
        of(lambda s, t: rf"-\sin^2\left({s.latex}\right)", lambda s, t: -(math.sin(s) ** 2)),
        of(lambda s, t: rf"\sqrt{{\lvert {s.latex} \rvert}}", lambda s, t: math.sqrt(abs(s))),
    )


TREES = st.recursive(LEAVES, larger, max_leaves=12)


@given(TREES)
def test_generated_formulas(tree: Tree) -> None:
    """The precedence of LaTeX survives: any formula has the value that it shows."""
    assume(math.isfinite(tree.value) and abs(tree.value) < 1e6)
    result = trace(from_latex(tree.latex), SCALARS)
    value = float(result.values[result.graph.output])
    assert math.isclose(value, tree.value, rel_tol=1e-6, abs_tol=1e-6)


PIECES = st.sampled_from(
    [
        *(f"\\{name}" for name in sorted(commands.COMMANDS)),
        *"xyL2 0^_{}()[]|=+-*/.,'!%&$~@<>dT²½\\ᵀ\u0302\n",
        *("12", "wx", r"\sum", r"\left", "1e5", "**", "$$", "d", r"\right)", r"\left("),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join) | st.text())
def test_anything(text: str) -> None:
    """Whatever is pasted, it is read, or refused with a place in it."""
    for names in ((), {"x", "wx", "y", "L", "T"}):
        try:
            assert from_latex(text, names)
        except ReadError as error:
            assert error.span is not None
            assert error.message
            assert 0 <= error.span.start <= error.span.end <= len(text)
