"""Smooth activations of neural networks."""

from __future__ import annotations

from math import isfinite, pi, sqrt
from typing import Any

import numpy as np

from backtrace.lazy import special
from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Differential, Domain, Elementwise, Slip, Value, pick

# Klambauer et al. 2017, the digits that torch has
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
THRESHOLD = 20.0  # of softplus, as in torch
ALPHA, SCALE = str(SELU_ALPHA), str(SELU_SCALE)


def logistic(x: Value) -> Value:
    """1/(1 + e^-x); where e^-x overflows it is 0."""
    return 1 / (1 + np.exp(-x))


def _tanh_gelu(x: Value, v: Value) -> Value:
    """The derivative of gelu_tanh, term by term as torch."""
    t = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
    slope = sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope


def _shown_tanh_gelu(x: Any) -> tuple[Any, ...]:
    t = sp.tanh(sp.sqrt(2 / sp.pi) * (x + sp.Rational("0.044715") * x**3))
    slope = sp.sqrt(2 / sp.pi) * (1 + 3 * sp.Rational("0.044715") * x**2)
    return ((1 + t) / 2 + x * (1 - t**2) * slope / 2,)


def _mish(x: Value, v: Value) -> Value:
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * logistic(x) * (1 - t * t)


def _above(threshold: Any, x: Any, above: Any, below: Any) -> Any:
    """The two branches of softplus; at its usual threshold they differ by less than 2.1e-9.

    There the one formula stands for both, as in textbooks.
    """
    return below if threshold == THRESHOLD else sp.Piecewise((above, x > threshold), (below, True))


SIGMOID = Elementwise(
    name="sigmoid",
    inputs=("x",),
    written_by_hand="σ",
    also=("logistic", "expit", "sigma"),
    forward=logistic,
    formula=lambda x: 1 / (1 + sp.exp(-x)),
    partials=lambda x, v: (v * (1 - v),),
    differentials=(
        Differential("reciprocal rule", "exp(-x)/(1 + exp(-x))**2 · dx", of="1/(1 + exp(-x))"),
    ),
    local=(lambda x, v: v * (1 - v),),
    slips=(
        Slip(0, "sign", "-v*(1 - v)"),
        Slip(0, "wrong-local", "v*(1 + v)"),
        Slip(0, "input-for-output", "x*(1 - x)"),
        Slip(0, "wrong-local", "v"),
        Slip(0, "wrong-local", "1 - v"),
        Slip(0, "wrong-local", "1 - v**2"),
        Slip(0, "wrong-local", "-v**2"),
    ),
    javascript=("logistic(x)", "v*(1 - v)"),
    torch="torch.sigmoid",
    domain=Domain(samples=((0.0,), (1.5,), (-2.0,)), edges=((40.0,), (1000.0,), (-1000.0,))),
    by_name=True,
)
SOFTPLUS = Elementwise(
    name="softplus",
    inputs=("x",),
    params={"beta": 1.0, "threshold": THRESHOLD},
    forward=lambda x, beta, threshold: pick(
        x * beta > threshold, x, np.log1p(np.exp(x * beta)) / beta
    ),
    formula=lambda x, beta, threshold: _above(
        threshold, beta * x, x, sp.log(1 + sp.exp(beta * x)) / beta
    ),
    partials=lambda x, v, beta, threshold: (
        _above(threshold, beta * x, 1, SIGMOID.applied(beta * x)),
    ),
    local=(
        lambda x, v, beta, threshold: pick(
            x * beta > threshold, 1.0, np.exp(x * beta) / (np.exp(x * beta) + 1)
        ),
    ),
    slips=(
        Slip(0, "wrong-local", "exp(beta*x)"),
        Slip(0, "missing-local", "1/(1 + exp(beta*x))"),
        Slip(0, "wrong-local", "sigmoid(beta*x)*(1 - sigmoid(beta*x))"),
        Slip(0, "wrong-local", "x > 0"),
    ),
    javascript=("softplus(x, beta, threshold)", "softplusSlope(x, beta, threshold)"),
    torch="torch.nn.functional.softplus",
    notes="where beta*x is above the threshold it is exactly x with the derivative 1, as torch;"
    " the difference is below 2.1e-9",
    domain=Domain(
        samples=((0.0,), (1.5,), (-2.0,), (15.0,)),
        edges=((20.0,), (20.0001,), (800.0,), (-800.0,), (np.inf,)),
    ),
    by_name=True,
)

ROWS = (
    SIGMOID,
    Elementwise(
        name="logsigmoid",
        inputs=("x",),
        also=("log_sigmoid",),
        forward=lambda x: np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x))),
        formula=lambda x: -sp.log(1 + sp.exp(-x)),
        partials=lambda x, v: (1 - SIGMOID.applied(x),),
        differentials=(
            Differential(
                "chain rule", "sigmoid(x)*(1 - sigmoid(x))/sigmoid(x) · dx", of="log(sigmoid(x))"
            ),
        ),
        local=(lambda x, v: logistic(-x),),
        slips=(
            Slip(0, "wrong-local", "sigmoid(x)"),
            Slip(0, "missing-local", "1/sigmoid(x)"),
            Slip(0, "wrong-local", "sigmoid(x)*(1 - sigmoid(x))"),
        ),
        javascript=("Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))", "logistic(-x)"),
        torch="torch.nn.functional.logsigmoid",
        domain=Domain(
            samples=((0.0,), (1.5,), (-2.0,)),
            edges=((1000.0,), (-1000.0,), (np.inf,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="logit",
        inputs=("x",),
        forward=lambda x: np.log(x / (1 - x)),
        formula=lambda x: sp.log(x / (1 - x)),
        partials=lambda x, v: (1 / (x * (1 - x)),),
        differentials=(
            Differential("difference rule", "(1/x + 1/(1 - x)) · dx", of="log(x) - log(1 - x)"),
        ),
        local=(lambda x, v: pick((x < 0) | (x > 1), np.nan, 1 / np.abs(x * (1 - x))),),  # inf at -0
        slips=(
            Slip(0, "wrong-local", "x*(1 - x)"),
            Slip(0, "wrong-local", "1/x"),
            Slip(0, "wrong-local", "1/x - 1/(1 - x)"),
            Slip(0, "missing-local", "(1 - x)/x"),
        ),
        javascript=("Math.log(x/(1 - x))", "x < 0 || x > 1 ? NaN : 1/Math.abs(x*(1 - x))"),
        torch="torch.logit",
        domain=Domain(
            needs="a number between 0 and 1",
            defined=lambda x: (x > 0) & (x < 1),
            samples=((0.5,), (0.1,), (0.9,)),
            edges=((0.0,), (1.0,), (-1.0,), (2.0,)),
        ),
        by_name=True,
    ),
    SOFTPLUS,
    Elementwise(
        name="silu",
        inputs=("x",),
        also=("swish", "SiLU"),
        forward=lambda x: x * logistic(x),
        formula=lambda x: x / (1 + sp.exp(-x)),
        partials=lambda x, v: (v + SIGMOID.applied(x) * (1 - v),),
        differentials=(
            Differential(
                "product rule",
                "(sigmoid(x) + x*sigmoid(x)*(1 - sigmoid(x))) · dx",
                of="x*sigmoid(x)",
            ),
        ),
        local=(lambda x, v: logistic(x) * (1 + x * (1 - logistic(x))),),
        slips=(
            Slip(0, "missing-path", "sigmoid(x)"),
            Slip(0, "missing-path", "x*sigmoid(x)*(1 - sigmoid(x))"),
            Slip(0, "product-of-derivatives", "sigmoid(x)*(1 - sigmoid(x))"),
            Slip(0, "wrong-local", "v*(1 - v)"),
        ),
        javascript=("x*logistic(x)", "logistic(x)*(1 + x*(1 - logistic(x)))"),
        torch="torch.nn.functional.silu",
        domain=Domain(
            samples=((0.0,), (1.5,), (-2.0,)),
            edges=((800.0,), (-800.0,), (np.inf,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="gelu",
        inputs=("x",),
        also=("GELU",),
        forward=lambda x: 0.5 * x * (1 + special.erf(x / sqrt(2))),
        formula=lambda x: x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
        partials=lambda x, v: (
            (1 + sp.erf(x / sp.sqrt(2))) / 2 + x * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi),
        ),
        local=(
            lambda x, v: (
                0.5 * (1 + special.erf(x / sqrt(2))) + x * np.exp(-0.5 * x * x) / sqrt(2 * pi)
            ),
        ),
        slips=(
            Slip(0, "missing-path", "(1 + erf(x/sqrt(2)))/2"),
            Slip(0, "missing-path", "x*exp(-x**2/2)/sqrt(2*pi)"),
            Slip(0, "product-of-derivatives", "exp(-x**2/2)/sqrt(2*pi)"),
            Slip(0, "wrong-local", "x > 0"),
        ),
        javascript=("gelu(x)", "geluSlope(x)"),
        torch="torch.nn.functional.gelu",
        notes='x times the normal distribution; gelu(x, approximate="tanh") is another function',
        domain=Domain(
            samples=((0.0,), (1.0,), (-2.0,)),
            edges=((800.0,), (-800.0,), (np.inf,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="gelu_tanh",
        inputs=("x",),
        call="gelu",
        chosen_by={"approximate": "tanh"},
        forward=lambda x: 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))),
        formula=lambda x: (
            x * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (x + sp.Rational("0.044715") * x**3))) / 2
        ),
        partials=lambda x, v: _shown_tanh_gelu(x),
        local=(_tanh_gelu,),
        slips=(
            Slip(0, "missing-path", "(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2"),
            Slip(0, "wrong-local", "x > 0"),
        ),
        javascript=("geluTanh(x)", "geluTanhSlope(x)"),
        torch='torch.nn.functional.gelu(x, approximate="tanh")',
        domain=Domain(samples=((0.0,), (1.0,), (-2.0,)), edges=((800.0,), (-800.0,))),
        by_name=True,
    ),
    Elementwise(
        name="mish",
        inputs=("x",),
        forward=lambda x: x * np.tanh(np.log1p(np.exp(x))),
        formula=lambda x: x * sp.tanh(sp.log(1 + sp.exp(x))),
        partials=lambda x, v: (
            sp.tanh(SOFTPLUS.applied(x))
            + x * SIGMOID.applied(x) * (1 - sp.tanh(SOFTPLUS.applied(x)) ** 2),
        ),
        local=(_mish,),
        slips=(
            Slip(0, "missing-path", "tanh(softplus(x))"),
            Slip(0, "missing-local", "tanh(softplus(x)) + x*(1 - tanh(softplus(x))**2)"),
            Slip(0, "product-of-derivatives", "(1 - tanh(softplus(x))**2)*sigmoid(x)"),
        ),
        javascript=("x*Math.tanh(Math.log1p(Math.exp(x)))", "mishSlope(x)"),
        torch="torch.nn.functional.mish",
        domain=Domain(
            samples=((0.0,), (1.5,), (-2.0,)),
            edges=((800.0,), (-800.0,), (np.inf,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="elu",
        inputs=("x",),
        params={"alpha": 1.0},
        allowed=lambda alpha: "" if isfinite(alpha) else "alpha must be finite",
        forward=lambda x, alpha: pick(x > 0, x, alpha * np.expm1(x)),
        formula=lambda x, alpha: sp.Piecewise((x, x > 0), (alpha * (sp.exp(x) - 1), True)),
        partials=lambda x, v, alpha: (sp.Piecewise((1, x > 0), (alpha * sp.exp(x), True)),),
        local=(lambda x, v, alpha: pick(x <= 0, alpha * np.exp(x), 1.0),),
        slips=(
            Slip(0, "wrong-local", "x > 0"),
            Slip(0, "wrong-local", "where(x > 0, 1, v)"),
        ),
        javascript_kink="x === 0 && alpha !== 1",
        javascript=("x > 0 ? x : alpha*Math.expm1(x)", "x <= 0 ? alpha*Math.exp(x) : 1"),
        torch="torch.nn.functional.elu",
        convention="elu'(0) = alpha, the slope on the left; with alpha = 1 there is no kink",
        domain=Domain(
            kink=lambda x, alpha: (x == 0) & (alpha != 1),
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,),),
            edges=((800.0,), (-800.0,), (np.nan,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="selu",
        inputs=("x",),
        forward=lambda x: SELU_SCALE * pick(x > 0, x, SELU_ALPHA * np.expm1(x)),
        formula=lambda x: (
            sp.Piecewise((x, x > 0), (sp.Rational(ALPHA) * (sp.exp(x) - 1), True))
            * sp.Rational(SCALE)
        ),
        partials=lambda x, v: (
            sp.Piecewise(
                (sp.Rational(SCALE), x > 0),
                (sp.Rational(SCALE) * sp.Rational(ALPHA) * sp.exp(x), True),
            ),
        ),
        local=(lambda x, v: SELU_SCALE * pick(x <= 0, SELU_ALPHA * np.exp(x), 1.0),),
        slips=(
            Slip(0, "wrong-local", "1.0507009873554805*(x > 0)"),
            Slip(0, "constant-factor", "where(x > 0, 1, 1.6732632423543772*exp(x))"),
        ),
        javascript_kink="x === 0",
        javascript=(
            f"{SCALE}*(x > 0 ? x : {ALPHA}*Math.expm1(x))",
            f"{SCALE}*(x <= 0 ? {ALPHA}*Math.exp(x) : 1)",
        ),
        torch="torch.nn.functional.selu",
        convention="selu'(0) = 1.7581, the slope on the left (1.0507 on the right), as torch",
        domain=Domain(
            kink=lambda x: x == 0,
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,),),
            edges=((800.0,), (-800.0,), (np.nan,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="celu",
        inputs=("x",),
        params={"alpha": 1.0},
        allowed=lambda alpha: (
            "" if alpha != 0 and isfinite(alpha) else "alpha must be finite, and not 0"
        ),
        forward=lambda x, alpha: pick(x > 0, x, alpha * np.expm1(x / alpha)),
        formula=lambda x, alpha: sp.Piecewise((x, x > 0), (alpha * (sp.exp(x / alpha) - 1), True)),
        partials=lambda x, v, alpha: (sp.Piecewise((1, x > 0), (sp.exp(x / alpha), True)),),
        local=(lambda x, v, alpha: pick(x <= 0, np.exp(x / alpha), 1.0),),
        slips=(
            Slip(0, "wrong-local", "x > 0"),
            Slip(0, "wrong-local", "where(x > 0, 1, v)"),
        ),
        javascript=("x > 0 ? x : alpha*Math.expm1(x/alpha)", "x <= 0 ? Math.exp(x/alpha) : 1"),
        # torch.nn.functional.celu differentiates with 1/alpha rounded to float32
        torch="torch.ops.aten.elu(x, alpha, 1, 1/alpha)",
        domain=Domain(samples=((1.5,), (-2.0,)), edges=((0.0,), (800.0,), (-800.0,), (np.nan,))),
        by_name=True,
    ),
    Elementwise(
        name="softsign",
        inputs=("x",),
        forward=lambda x: x / (1 + np.abs(x)),
        formula=lambda x: x / (1 + sp.Abs(x)),
        partials=lambda x, v: (1 / (1 + sp.Abs(x)) ** 2,),
        differentials=(
            Differential(
                "quotient rule",
                "(1 + abs(x) - x*sign(x))/(1 + abs(x))**2 · dx",
                of="x/(1 + abs(x))",
            ),
        ),
        local=(lambda x, v: (1 - np.abs(v)) ** 2,),
        slips=(
            Slip(0, "missing-path", "1/(1 + abs(x))"),
            Slip(0, "domain", "1/(1 + x)**2"),
            Slip(0, "quotient-sign", "(1 + 2*abs(x))/(1 + abs(x))**2"),
            Slip(0, "wrong-local", "sign(x)"),
        ),
        javascript=("x/(1 + Math.abs(x))", "(1 - Math.abs(v))**2"),
        torch="torch.nn.functional.softsign",
        two_paths=True,
        domain=Domain(samples=((1.5,), (-2.0,)), edges=((0.0,), (1e200,), (np.inf,))),
        by_name=True,
    ),
    Elementwise(
        name="tanhshrink",
        inputs=("x",),
        forward=lambda x: x - np.tanh(x),
        formula=lambda x: x - sp.tanh(x),
        partials=lambda x, v: (sp.tanh(x) ** 2,),
        differentials=(
            Differential("difference rule", "dx - (1 - tanh(x)**2) · dx", of="x - tanh(x)"),
        ),
        local=(lambda x, v: np.tanh(x) ** 2,),
        slips=(
            Slip(0, "wrong-local", "1 - tanh(x)"),
            Slip(0, "wrong-local", "2 - tanh(x)**2"),
            Slip(0, "wrong-local", "1 - tanh(x)**2"),
        ),
        javascript=("x - Math.tanh(x)", "Math.tanh(x)**2"),
        torch="torch.nn.functional.tanhshrink",
        two_paths=True,
        domain=Domain(samples=((1.5,), (-2.0,)), edges=((0.0,), (800.0,))),
        by_name=True,
    ),
)
