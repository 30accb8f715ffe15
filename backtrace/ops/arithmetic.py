"""The operators: + - * / % ** and the sign."""

from __future__ import annotations

import operator

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Differential, Domain, Elementwise, Slip, Value, pick


def _remainder(x: Value, y: Value) -> Value:
    """numpy's remainder, but a remainder of 0 has the sign of x, as in torch."""
    rest = np.remainder(x, y)
    return pick(rest == 0, np.copysign(rest, x), rest)


def _slope(x: Value, y: Value, v: Value) -> Value:
    """The derivative of x**y by x; of a square without the power, which on arrays is dear."""
    if isinstance(y, float) and y == 2:
        return x * y
    return pick(y == 0, 0.0, y * x ** (y - 1))


def _is_vertical(x: Value, y: Value) -> Value:
    """Whether x**y has no derivative by x: at 0, for exponents from 0 to below 1."""
    root = (y >= 0) & (y < 1)
    return root & (x == 0) if np.any(root) else root


ROWS = (
    Elementwise(
        name="add",
        inputs=("x", "y"),
        notation="{0} + {1}",
        call="add",
        carries=True,
        forward=operator.add,
        formula=lambda x, y: x + y,
        partials=lambda x, y, v: (sp.S.One, sp.S.One),
        differentials=(Differential("sum rule", "dx + dy"),),
        local=(1.0, 1.0),
        slips=(
            Slip(0, "wrong-local", "1 + y"),
            Slip(1, "wrong-local", "1 + x"),
        ),
        javascript=("x + y", "1", "1"),
        torch="torch.add",
        domain=Domain(samples=((1.5, -2.0), (0.0, 3.0)), edges=((np.inf, -np.inf),)),
    ),
    Elementwise(
        name="sub",
        inputs=("x", "y"),
        notation="{0} - {1}",
        call="sub",
        also=("subtract",),
        carries=True,
        forward=operator.sub,
        formula=lambda x, y: x - y,
        partials=lambda x, y, v: (sp.S.One, sp.S.NegativeOne),
        differentials=(Differential("difference rule", "dx - dy"),),
        local=(1.0, -1.0),
        slips=(
            Slip(0, "wrong-local", "1 - y"),
            Slip(1, "sign", "1"),
            Slip(1, "wrong-local", "x - 1"),
        ),
        javascript=("x - y", "1", "-1"),
        torch="torch.sub",
        domain=Domain(samples=((1.5, -2.0), (0.0, 3.0)), edges=((np.inf, np.inf),)),
    ),
    Elementwise(
        name="mul",
        inputs=("x", "y"),
        notation="{0}*{1}",
        call="mul",
        also=("multiply",),
        carries=True,
        forward=operator.mul,
        formula=lambda x, y: x * y,
        partials=lambda x, y, v: (y, x),
        differentials=(
            Differential("constant multiple rule", "x · dy", constant="x"),
            Differential("constant multiple rule", "y · dx", constant="y"),
            Differential("product rule", "x · dy + y · dx"),
        ),
        local=(lambda x, y, v: y, lambda x, y, v: x),
        slips=(
            Slip(0, "wrong-local", "x"),
            Slip(1, "wrong-local", "y"),
        ),
        javascript=("x*y", "y", "x"),
        torch="torch.mul",
        domain=Domain(samples=((1.5, -2.0), (0.0, 3.0)), edges=((0.0, np.inf), (1e200, 1e200))),
    ),
    Elementwise(
        name="div",
        inputs=("x", "y"),
        notation="{0}/{1}",
        call="div",
        also=("divide", "true_divide"),
        forward=operator.truediv,
        formula=lambda x, y: x / y,
        partials=lambda x, y, v: (1 / y, -x / y**2),
        # -(x/y)/y: y**2 overflows at (1e300, 1e200)
        differentials=(
            Differential("constant multiple rule", "1/y · dx", constant="y"),
            Differential("reciprocal rule", "x · (-1/y**2) · dy", constant="x"),
            Differential("quotient rule", "(y · dx - x · dy)/y**2"),
        ),
        local=(lambda x, y, v: 1 / y, lambda x, y, v: -v / y),
        slips=(
            Slip(0, "wrong-local", "1/y**2"),
            Slip(0, "wrong-local", "y"),
            Slip(0, "wrong-local", "1/x"),
            Slip(1, "quotient-sign", "x/y**2"),
            Slip(1, "wrong-local", "-x/y"),
            Slip(1, "wrong-local", "-1/y**2"),
            Slip(1, "wrong-local", "-y/x**2"),
            Slip(1, "wrong-local", "x"),
            Slip(1, "wrong-local", "1/x"),
            Slip(1, "wrong-local", "x*log(y)"),
        ),
        javascript=("x/y", "1/y", "-v/y"),
        torch="torch.div",
        domain=Domain(
            needs="a divisor that is not 0",
            defined=lambda x, y: y != 0,
            samples=((1.5, -2.0), (0.0, 3.0), (1e300, 1e200)),
            edges=((1.0, 0.0), (1.0, -0.0), (0.0, 0.0), (np.inf, np.inf)),
        ),
    ),
    Elementwise(
        name="mod",
        inputs=("x", "y"),
        notation="{0} % {1}",
        call="mod",
        also=("Mod", "remainder"),
        forward=_remainder,
        formula=lambda x, y: x - y * sp.floor(x / y),
        partials=lambda x, y, v: (sp.S.One, -sp.floor(x / y)),
        local=(1.0, lambda x, y, v: -np.floor_divide(x, y)),
        slips=(
            Slip(1, "wrong-local", "0"),
            Slip(1, "wrong-local", "-x/y"),
        ),
        javascript_kink="remainder(x, y) === 0",
        javascript=("remainder(x, y)", "1", "-floorDivide(x, y)"),
        torch="torch.remainder",
        convention="where x is a multiple of y the value jumps; the derivatives there are 1 and"
        " -floor(x/y), as on the right of the jump",
        notes="the sign of the divisor, as Python's %; fmod has the sign of x, and so has"
        " a remainder of 0, as in torch",
        domain=Domain(
            needs="a divisor that is not 0",
            defined=lambda x, y: y != 0,
            kink=lambda x, y: np.remainder(x, y) == 0,
            samples=((5.5, 3.0), (-5.5, 3.0), (5.5, -3.0)),
            kinks=((6.0, 3.0), (-6.0, 3.0), (0.0, 2.0), (0.0, -2.0), (-0.0, 2.0)),
            edges=((5.0, 0.0), (5.0, np.inf), (-5.0, np.inf), (np.inf, 3.0)),
        ),
        smooth=False,
        by_name=True,
    ),
    Elementwise(
        name="neg",
        inputs=("x",),
        notation="-{0}",
        call="neg",
        also=("negative",),
        carries=True,
        forward=operator.neg,
        formula=lambda x: -x,
        partials=lambda x, v: (sp.S.NegativeOne,),
        differentials=(Differential("constant multiple rule", "(-1) · dx"),),
        local=(-1.0,),
        slips=(Slip(0, "sign", "1"),),
        javascript=("-x", "-1"),
        torch="torch.neg",
        domain=Domain(samples=((1.5,), (-2.0,)), edges=((0.0,),)),
    ),
    Elementwise(
        name="pow",
        inputs=("x", "y"),
        notation="{0}**{1}",
        call="pow",
        also=("power", "Pow"),
        forward=operator.pow,
        formula=lambda x, y: x**y,
        partials=lambda x, y, v: (y * x ** (y - 1), v * sp.log(x)),
        differentials=(
            Differential("power rule", "y*x**(y - 1) · dx"),
            Differential("exponential rule", "x**y*log(x) · dy"),
        ),
        local=(
            _slope,
            # 0 at x = 0 with y >= 0, where v*log(x) is 0 × -inf (PyTorch issue 27134)
            lambda x, y, v: pick((x == 0) & (y >= 0), 0.0, v * np.log(x)),
        ),
        # x**0 is constant; the other zeros are multiplied, so that inf × 0 is nan as in torch
        masks=(lambda x, y, v: y == 0, None),
        slips=(
            Slip(0, "kept-exponent", "y*x**y"),
            Slip(0, "wrong-local", "x**(y - 1)"),
            Slip(0, "wrong-local", "(y - 1)*x**(y - 1)"),
            Slip(0, "wrong-local", "y*x**(y + 1)"),
            Slip(0, "wrong-local", "x**(y + 1)/(y + 1)"),
            Slip(0, "wrong-local", "v*log(x)"),
            Slip(1, "wrong-local", "y*x**(y - 1)"),
            Slip(1, "wrong-local", "v"),
            Slip(1, "wrong-local", "log(x)"),
            Slip(1, "wrong-local", "v*log(y)"),
            Slip(1, "wrong-local", "v/log(x)"),
        ),
        javascript_kink="x === 0 && y >= 0 && y < 1",
        javascript=(
            "power(x, y)",
            "y === 0 ? 0 : y*power(x, y - 1)",
            "x === 0 && y >= 0 ? 0 : v*Math.log(x)",
        ),
        javascript_masks=("y === 0", ""),
        torch="torch.pow",
        convention="0**0 = 1 with the derivatives 0 and 0; x**y with 0 < y < 1 is vertical at"
        " x = 0, so its derivative by x is inf there",
        notes="the derivative by the exponent, x**y*log(x), needs a base above 0",
        domain=Domain(
            needs="a base above 0, or a whole exponent (not below 0 where the base is 0)",
            defined=lambda x, y: (x > 0) | ((x < 0) & (y == np.floor(y))) | ((x == 0) & (y >= 0)),
            kink=_is_vertical,
            samples=((1.5, -2.0), (2.0, 3.0), (0.7, 0.5), (2.0, 0.0)),
            kinks=((0.0, 0.0), (0.0, 0.5), (0.0, 1 / 3)),
            edges=(
                *((0.0, 1.0), (0.0, 1.5), (0.0, 2.0), (0.0, -1.0), (-0.0, -1.0), (-1.0, 0.0)),
                *((-2.0, 2.0), (-2.0, 3.0), (-2.0, 0.5), (-2.0, -2.0), (-8.0, 1 / 3)),
                *((np.inf, 0.0), (1.0, np.inf), (np.nan, 0.0), (1.0, np.nan), (10.0, 400.0)),
            ),
        ),
    ),
)
