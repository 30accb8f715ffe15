"""Sines and their inverses; angles are in radians."""

from __future__ import annotations

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Differential, Domain, Elementwise, Slip, Value, pick

UNIT = "a number from -1 to 1"
BEYOND_UNIT = "a number of at most -1 or at least 1"
NO_HALF_TURN = "an angle that is no multiple of pi"


def _over(number: Value, square: Value) -> Value:
    """A quotient that is 0 at the origin, where 0/0 would be nan (PyTorch issue 98276)."""
    return pick(square == 0, 0.0, number / square)


def _inverse_slope(u: Value) -> Value:
    """The derivative of asec(1/u), term by term as torch: near 1 the square cancels."""
    return u * u / np.sqrt(1 - u * u)


ROWS = (
    Elementwise(
        name="sin",
        inputs=("x",),
        forward=np.sin,
        formula=lambda x: sp.sin(x),
        partials=lambda x, v: (sp.cos(x),),
        local=(lambda x, v: np.cos(x),),
        slips=(
            Slip(0, "sign", "-cos(x)"),
            Slip(0, "wrong-local", "-sin(x)"),
        ),
        javascript=("Math.sin(x)", "Math.cos(x)"),
        torch="torch.sin",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((np.inf,),)),
    ),
    Elementwise(
        name="cos",
        inputs=("x",),
        forward=np.cos,
        formula=lambda x: sp.cos(x),
        partials=lambda x, v: (-sp.sin(x),),
        local=(lambda x, v: -np.sin(x),),
        slips=(
            Slip(0, "sign", "sin(x)"),
            Slip(0, "wrong-local", "-cos(x)"),
        ),
        javascript=("Math.cos(x)", "-Math.sin(x)"),
        torch="torch.cos",
        domain=Domain(samples=((0.7,), (-2.5,)), edges=((0.0,), (np.inf,))),
    ),
    Elementwise(
        name="tan",
        inputs=("x",),
        forward=np.tan,
        formula=lambda x: sp.tan(x),
        partials=lambda x, v: (1 + v**2,),
        differentials=(
            Differential(
                "quotient rule",
                "(cos(x)*cos(x) + sin(x)*sin(x))/cos(x)**2 · dx",
                of="sin(x)/cos(x)",
            ),
        ),
        local=(lambda x, v: 1 + v * v,),
        slips=(
            Slip(0, "wrong-local", "1/cos(x)"),
            Slip(0, "wrong-local", "v**2"),
            Slip(0, "wrong-local", "1/sin(x)**2"),
            Slip(0, "wrong-local", "-1/sin(x)**2"),
            Slip(0, "wrong-local", "v/cos(x)"),
            Slip(0, "wrong-local", "1/(1 + x**2)"),
            Slip(0, "product-of-derivatives", "-cos(x)/sin(x)"),
            Slip(0, "wrong-local", "1 - v**2"),
        ),
        javascript=("Math.tan(x)", "1 + v*v"),
        torch="torch.tan",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((np.pi / 2,),)),
    ),
    Elementwise(
        name="sec",
        inputs=("x",),
        forward=lambda x: 1 / np.cos(x),
        formula=lambda x: sp.sec(x),
        partials=lambda x, v: (v * sp.tan(x),),
        differentials=(Differential("reciprocal rule", "sin(x)/cos(x)**2 · dx", of="1/cos(x)"),),
        local=(lambda x, v: v * np.tan(x),),
        slips=(
            Slip(0, "wrong-local", "tan(x)"),
            Slip(0, "wrong-local", "v**2"),
            Slip(0, "sign", "-v*tan(x)"),
            Slip(0, "wrong-local", "-1/sin(x)"),
        ),
        javascript=("1/Math.cos(x)", "v*Math.tan(x)"),
        torch="1/torch.cos(x)",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((np.pi / 2,),)),
    ),
    Elementwise(
        name="csc",
        inputs=("x",),
        also=("cosec",),
        forward=lambda x: 1 / np.sin(x),
        formula=lambda x: sp.csc(x),
        partials=lambda x, v: (-v * sp.cot(x),),
        differentials=(Differential("reciprocal rule", "-cos(x)/sin(x)**2 · dx", of="1/sin(x)"),),
        local=(lambda x, v: -v / np.tan(x),),
        slips=(
            Slip(0, "sign", "v*cot(x)"),
            Slip(0, "wrong-local", "-cot(x)"),
            Slip(0, "wrong-local", "-v**2"),
            Slip(0, "wrong-local", "1/cos(x)"),
        ),
        javascript=("1/Math.sin(x)", "-v/Math.tan(x)"),
        torch="1/torch.sin(x)",
        domain=Domain(
            needs=NO_HALF_TURN,
            defined=lambda x: np.sin(x) != 0,
            samples=((0.7,), (-2.5,)),
            edges=((0.0,), (np.pi,)),
        ),
    ),
    Elementwise(
        name="cot",
        inputs=("x",),
        forward=lambda x: 1 / np.tan(x),
        formula=lambda x: sp.cot(x),
        partials=lambda x, v: (-1 - v**2,),
        differentials=(
            Differential(
                "quotient rule",
                "-(sin(x)*sin(x) + cos(x)*cos(x))/sin(x)**2 · dx",
                of="cos(x)/sin(x)",
            ),
        ),
        local=(lambda x, v: -1 - v * v,),
        slips=(
            Slip(0, "sign", "v**2 + 1"),
            Slip(0, "wrong-local", "-1/sin(x)"),
            Slip(0, "wrong-local", "-v/sin(x)"),
            Slip(0, "wrong-local", "1/cos(x)**2"),
            Slip(0, "wrong-local", "cos(x)**2"),
        ),
        javascript=("1/Math.tan(x)", "-1 - v*v"),
        torch="1/torch.tan(x)",
        domain=Domain(
            needs=NO_HALF_TURN,
            defined=lambda x: np.tan(x) != 0,
            samples=((0.7,), (-2.5,)),
            edges=((0.0,), (np.pi / 2,)),
        ),
    ),
    Elementwise(
        name="asin",
        inputs=("x",),
        also=("arcsin",),
        forward=np.arcsin,
        formula=lambda x: sp.asin(x),
        partials=lambda x, v: (1 / sp.sqrt(1 - x**2),),
        local=(lambda x, v: 1 / np.sqrt(1 - x * x),),
        slips=(
            Slip(0, "sign", "-1/sqrt(1 - x**2)"),
            Slip(0, "wrong-local", "1/(1 - x**2)"),
            Slip(0, "wrong-local", "1/sqrt(1 + x**2)"),
            Slip(0, "wrong-local", "1/(1 + x**2)"),
            Slip(0, "input-for-output", "1/cos(x)"),
            Slip(0, "wrong-local", "-cos(x)/sin(x)**2"),
            Slip(0, "wrong-local", "sqrt(1 - x**2)"),
        ),
        javascript=("Math.asin(x)", "1/Math.sqrt(1 - x*x)"),
        torch="torch.asin",
        convention="asin'(-1) = asin'(1) = inf: vertical at the ends (by continuity)",
        domain=Domain(
            needs=UNIT,
            defined=lambda x: np.abs(x) <= 1,
            kink=lambda x: np.abs(x) == 1,
            samples=((0.0,), (0.5,), (-0.9,)),
            kinks=((1.0,), (-1.0,)),
            edges=((2.0,),),
        ),
    ),
    Elementwise(
        name="acos",
        inputs=("x",),
        also=("arccos",),
        forward=np.arccos,
        formula=lambda x: sp.acos(x),
        partials=lambda x, v: (-1 / sp.sqrt(1 - x**2),),
        local=(lambda x, v: -1 / np.sqrt(1 - x * x),),
        slips=(
            Slip(0, "sign", "1/sqrt(1 - x**2)"),
            Slip(0, "wrong-local", "-1/(1 - x**2)"),
            Slip(0, "wrong-local", "-1/sqrt(1 + x**2)"),
            Slip(0, "input-for-output", "-1/sin(x)"),
            Slip(0, "wrong-local", "sin(x)/cos(x)**2"),
        ),
        javascript=("Math.acos(x)", "-1/Math.sqrt(1 - x*x)"),
        torch="torch.acos",
        convention="acos'(-1) = acos'(1) = -inf: vertical at the ends (by continuity)",
        domain=Domain(
            needs=UNIT,
            defined=lambda x: np.abs(x) <= 1,
            kink=lambda x: np.abs(x) == 1,
            samples=((0.0,), (0.5,), (-0.9,)),
            kinks=((1.0,), (-1.0,)),
            edges=((2.0,),),
        ),
    ),
    Elementwise(
        name="atan",
        inputs=("x",),
        also=("arctan",),
        forward=np.arctan,
        formula=lambda x: sp.atan(x),
        partials=lambda x, v: (1 / (1 + x**2),),
        local=(lambda x, v: 1 / (x * x + 1),),
        slips=(
            Slip(0, "wrong-local", "1/(1 - x**2)"),
            Slip(0, "wrong-local", "1/sqrt(1 + x**2)"),
            Slip(0, "wrong-local", "1/sqrt(1 - x**2)"),
            Slip(0, "input-for-output", "cos(x)**2"),
            Slip(0, "wrong-local", "-1/sin(x)**2"),
            Slip(0, "wrong-local", "1 + x**2"),
        ),
        javascript=("Math.atan(x)", "1/(x*x + 1)"),
        torch="torch.atan",
        domain=Domain(samples=((0.0,), (0.5,), (-3.0,)), edges=((np.inf,), (1e200,))),
    ),
    Elementwise(
        name="acot",
        inputs=("x",),
        also=("arccot",),
        forward=lambda x: np.arctan(1 / (x + 0.0)),  # -0.0 + 0.0 is 0.0, so acot(-0) is pi/2 too
        formula=lambda x: sp.acot(x),
        partials=lambda x, v: (-1 / (1 + x**2),),
        local=(lambda x, v: -1 / (x * x + 1),),
        slips=(
            Slip(0, "sign", "1/(x**2 + 1)"),
            Slip(0, "wrong-local", "-1/(1 - x**2)"),
            Slip(0, "input-for-output", "-sin(x)**2"),
        ),
        javascript=("Math.atan(1/(x + 0))", "-1/(x*x + 1)"),
        # atan(1/x), whose gradient in torch is nan at 0
        torch="torch.atan2(2*(x >= 0).double() - 1, (2*(x >= 0).double() - 1)*x)",
        convention="acot(0) = pi/2, where the value jumps; acot'(0) = -1, as on both sides",
        notes="atan(1/x): odd, and between -pi/2 and pi/2",
        domain=Domain(
            kink=lambda x: x == 0,
            samples=((0.5,), (-3.0,)),
            kinks=((0.0,), (-0.0,)),
            edges=((np.inf,), (-np.inf,), (1e200,)),
        ),
    ),
    Elementwise(
        name="asec",
        inputs=("x",),
        also=("arcsec",),
        forward=lambda x: np.arccos(1 / x),
        formula=lambda x: sp.asec(x),
        partials=lambda x, v: (1 / (sp.Abs(x) * sp.sqrt(x**2 - 1)),),
        local=(lambda x, v: _inverse_slope(1 / x),),
        slips=(
            Slip(0, "domain", "1/(x*sqrt(x**2 - 1))"),
            Slip(0, "wrong-local", "1/sqrt(x**2 - 1)"),
            Slip(0, "sign", "-1/(abs(x)*sqrt(x**2 - 1))"),
        ),
        javascript=("Math.acos(1/x)", "inverseSlope(1/x)"),
        torch="torch.acos(1/x)",
        convention="asec'(-1) = asec'(1) = inf: vertical at the ends (by continuity)",
        domain=Domain(
            needs=BEYOND_UNIT,
            defined=lambda x: np.abs(x) >= 1,
            kink=lambda x: np.abs(x) == 1,
            samples=((1.5,), (-3.0,)),
            kinks=((1.0,), (-1.0,)),
            edges=((0.5,), (0.0,), (np.inf,), (1e200,), (1.000000007,)),
        ),
    ),
    Elementwise(
        name="acsc",
        inputs=("x",),
        also=("arccsc",),
        forward=lambda x: np.arcsin(1 / x),
        formula=lambda x: sp.acsc(x),
        partials=lambda x, v: (-1 / (sp.Abs(x) * sp.sqrt(x**2 - 1)),),
        local=(lambda x, v: -_inverse_slope(1 / x),),
        slips=(
            Slip(0, "domain", "-1/(x*sqrt(x**2 - 1))"),
            Slip(0, "wrong-local", "-1/sqrt(x**2 - 1)"),
            Slip(0, "sign", "1/(abs(x)*sqrt(x**2 - 1))"),
        ),
        javascript=("Math.asin(1/x)", "-inverseSlope(1/x)"),
        torch="torch.asin(1/x)",
        convention="acsc'(-1) = acsc'(1) = -inf: vertical at the ends (by continuity)",
        domain=Domain(
            needs=BEYOND_UNIT,
            defined=lambda x: np.abs(x) >= 1,
            kink=lambda x: np.abs(x) == 1,
            samples=((1.5,), (-3.0,)),
            kinks=((1.0,), (-1.0,)),
            edges=((0.5,), (0.0,), (np.inf,), (1e200,), (1.000000007,)),
        ),
    ),
    Elementwise(
        name="atan2",
        inputs=("y", "x"),
        also=("arctan2",),
        forward=np.arctan2,
        formula=lambda y, x: sp.atan2(y, x),
        partials=lambda y, x, v: (x / (x**2 + y**2), -y / (x**2 + y**2)),
        local=(
            lambda y, x, v: _over(x, x * x + y * y),
            lambda y, x, v: _over(-y, x * x + y * y),
        ),
        slips=(
            Slip(0, "missing-local", "1/(1 + (y/x)**2)"),
            Slip(0, "wrong-local", "y/(x**2 + y**2)"),
            Slip(0, "wrong-local", "1/(x**2 + y**2)"),
            Slip(1, "sign", "y/(x**2 + y**2)"),
            Slip(1, "missing-local", "1/(1 + (y/x)**2)"),
            Slip(1, "wrong-local", "x/(x**2 + y**2)"),
            Slip(1, "wrong-local", "-1/(x**2 + y**2)"),
        ),
        javascript=("Math.atan2(y, x)", "over(x, x*x + y*y)", "over(-y, x*x + y*y)"),
        torch="torch.atan2",
        convention="atan2(0, 0) = 0 with the derivatives 0 and 0, as torch; on the negative x axis"
        " the value jumps from -pi to pi and the derivatives are those of both sides",
        notes="the angle of the point (x, y)",
        domain=Domain(
            kink=lambda y, x: (y == 0) & (x <= 0),
            samples=((1.0, 2.0), (-1.0, -2.0), (0.0, 1.0), (1.0, 0.0)),
            kinks=((0.0, 0.0), (0.0, -1.0), (-0.0, -1.0), (0.0, -0.0)),
            edges=((1e200, 1e200), (1e-200, 1e-200), (np.inf, np.inf)),
        ),
    ),
    Elementwise(
        name="hypot",
        inputs=("x", "y"),
        forward=np.hypot,
        formula=lambda x, y: sp.sqrt(x**2 + y**2),
        partials=lambda x, y, v: (x / v, y / v),
        differentials=(
            Differential(
                "chain rule", "(x · dx + y · dy)/sqrt(x**2 + y**2)", of="sqrt(x**2 + y**2)"
            ),
        ),
        local=(lambda x, y, v: x / v, lambda x, y, v: y / v),
        slips=(
            Slip(0, "missing-local", "1/(2*v)"),
            Slip(0, "constant-factor", "x/(2*v)"),
            Slip(0, "wrong-local", "x"),
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-variable", "y/v"),
            Slip(1, "missing-local", "1/(2*v)"),
            Slip(1, "constant-factor", "y/(2*v)"),
            Slip(1, "wrong-local", "y"),
            Slip(1, "wrong-local", "1"),
            Slip(1, "wrong-variable", "x/v"),
        ),
        javascript=("Math.hypot(x, y)", "x/v", "y/v"),
        torch="torch.hypot",
        convention="hypot(0, 0) has the derivatives nan and nan (0/0), as torch",
        domain=Domain(
            kink=lambda x, y: (x == 0) & (y == 0),
            samples=((3.0, 4.0), (-1.0, 0.5), (0.0, 2.0), (1e200, 1e200)),
            kinks=((0.0, 0.0),),
            edges=((np.inf, 1.0),),
        ),
    ),
)
