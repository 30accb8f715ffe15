"""Special functions: sinc, the error function, the logarithm of the gamma function."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from backtrace.lazy import special
from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Domain, Elementwise, Slip, Value, pick


def _is_pole(x: Value) -> Value:
    """Whether the gamma function is infinite: at 0, -1, -2, …"""
    return (x <= 0) & (x == np.floor(x))


def _sinc(x: Value) -> Value:
    return pick(x == 0, 1.0, np.sin(pi * x) / (pi * x))


def _lgamma(x: Value) -> Value:
    """scipy's, but for its -inf at -inf and its inf at numbers near 0."""
    near_0 = pick(np.abs(x) < 1e-300, -np.log(np.abs(x)), special.gammaln(x))
    return pick(np.isinf(x), np.inf, near_0)


def _trigamma(x: Value) -> Value:
    """The derivative of digamma, below 1/2 by reflection; by rounding finite at -1, as torch."""
    reflected = (pi / np.sin(pi * x)) ** 2 - special.zeta(2.0, 1 - x)
    return pick(x < 0.5, reflected, special.zeta(2.0, x))


DIGAMMA = Elementwise(
    name="digamma",
    inputs=("x",),
    written_by_hand="ψ",
    also=("psi",),
    forward=lambda x: special.digamma(x),
    formula=lambda x: sp.digamma(x),
    partials=lambda x, v: (sp.polygamma(1, x),),
    local=(lambda x, v: _trigamma(x),),
    javascript=("digamma(x)", "trigamma(x)"),
    torch="torch.digamma",
    notes="the derivative of lgamma",
    domain=Domain(
        needs="a number that is not 0 or a negative whole number",
        defined=lambda x: ~_is_pole(x),
        samples=((0.5,), (3.0,), (0.25,), (-0.5,)),
        edges=((0.0,), (-0.0,), (-1.0,), (-2.0,), (-np.inf,), (5e-324,)),
    ),
    by_name=True,
)

ROWS = (
    Elementwise(
        name="sinc",
        inputs=("x",),
        forward=_sinc,
        formula=lambda x: sp.Piecewise((sp.sin(sp.pi * x) / (sp.pi * x), sp.Ne(x, 0)), (1, True)),
        partials=lambda x, v: (
            sp.Piecewise(((sp.cos(sp.pi * x) - v) / x, sp.Ne(x, 0)), (0, True)),
        ),
        local=(
            lambda x, v: pick(
                x * x * pi == 0,
                0.0,
                (x * pi * np.cos(x * pi) - np.sin(x * pi)) / (x * x * pi),
            ),
        ),
        masks=(lambda x, v: x * x * pi == 0,),
        slips=(
            Slip(0, "product-of-derivatives", "cos(pi*x)"),
            Slip(0, "missing-path", "cos(pi*x)/x"),
            Slip(0, "quotient-sign", "(cos(pi*x) + v)/x"),
        ),
        javascript=("x === 0 ? 1 : Math.sin(Math.PI*x)/(Math.PI*x)", "sincSlope(x)"),
        javascript_masks=("x*x*Math.PI === 0",),
        torch="torch.sinc",
        notes="sin(pi*x)/(pi*x), as numpy and torch; sinc in mathematics and in sympy is sin(x)/x",
        domain=Domain(
            samples=((0.3,), (1.0,), (-2.5,)), edges=((0.0,), (1e-200,), (1e-5,), (np.inf,))
        ),
        by_name=True,
    ),
    Elementwise(
        name="erf",
        inputs=("x",),
        forward=lambda x: special.erf(x),
        formula=lambda x: sp.erf(x),
        partials=lambda x, v: (2 * sp.exp(-(x**2)) / sp.sqrt(sp.pi),),
        local=(lambda x, v: 2 / sqrt(pi) * np.exp(-x * x),),
        slips=(
            Slip(0, "constant-factor", "exp(-x**2)"),
            Slip(0, "wrong-local", "exp(-x**2/2)/sqrt(2*pi)"),
            Slip(0, "wrong-local", "2*exp(x**2)/sqrt(pi)"),
        ),
        javascript=("erf(x)", "2/Math.sqrt(Math.PI)*Math.exp(-x*x)"),
        torch="torch.erf",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((100.0,), (-np.inf,))),
    ),
    Elementwise(
        name="erfc",
        inputs=("x",),
        forward=lambda x: special.erfc(x),
        formula=lambda x: sp.erfc(x),
        partials=lambda x, v: (-2 * sp.exp(-(x**2)) / sp.sqrt(sp.pi),),
        local=(lambda x, v: -2 / sqrt(pi) * np.exp(-x * x),),
        slips=(
            Slip(0, "sign", "2*exp(-x**2)/sqrt(pi)"),
            Slip(0, "constant-factor", "-exp(-x**2)"),
        ),
        javascript=("erfc(x)", "-2/Math.sqrt(Math.PI)*Math.exp(-x*x)"),
        torch="torch.erfc",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((100.0,), (-np.inf,))),
    ),
    Elementwise(
        name="lgamma",
        inputs=("x",),
        also=("loggamma", "gammaln"),
        forward=_lgamma,
        formula=lambda x: sp.log(sp.Abs(sp.gamma(x))),
        partials=lambda x, v: (DIGAMMA.applied(x),),
        local=(lambda x, v: special.digamma(x),),
        slips=(
            Slip(0, "wrong-local", "exp(v)*digamma(x)"),
            Slip(0, "missing-local", "exp(-v)"),
        ),
        javascript=("lgamma(x)", "digamma(x)"),
        torch="torch.lgamma",
        notes="log(abs(gamma(x)))",
        domain=Domain(
            needs="a number that is not 0 or a negative whole number",
            defined=lambda x: ~_is_pole(x),
            samples=((0.5,), (3.0,), (-0.5,)),
            edges=((0.0,), (-1.0,), (1e300,), (np.inf,), (5e-324,), (-1e-310,)),
        ),
        by_name=True,
    ),
    DIGAMMA,
)
