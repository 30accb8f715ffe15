"""Whole numbers near a number, and what is left over."""

from __future__ import annotations

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Domain, Elementwise, Slip, Value


def is_whole(x: Value) -> Value:
    """Whether a number is a whole number."""
    return (x == np.floor(x)) & np.isfinite(x)


def _steps(name: str) -> str:
    return f"{name}'(x) = 0 at the jumps too, as on both sides of them"


ROWS = (
    Elementwise(
        name="floor",
        inputs=("x",),
        written_by_hand="⌊{0}⌋",
        forward=np.floor,
        formula=lambda x: sp.floor(x),
        partials=lambda x, v: (sp.S.Zero,),
        local=(0.0,),
        masks=True,
        slips=(Slip(0, "wrong-local", "1"),),
        javascript_kink="Number.isInteger(x)",
        javascript=("Math.floor(x)", "0"),
        torch="torch.floor",
        convention=_steps("floor"),
        domain=Domain(kink=is_whole, samples=((1.5,), (-1.5,)), kinks=((2.0,), (0.0,))),
        smooth=False,
    ),
    Elementwise(
        name="ceil",
        inputs=("x",),
        written_by_hand="⌈{0}⌉",
        also=("ceiling",),
        forward=np.ceil,
        formula=lambda x: sp.ceiling(x),
        partials=lambda x, v: (sp.S.Zero,),
        local=(0.0,),
        masks=True,
        slips=(Slip(0, "wrong-local", "1"),),
        javascript_kink="Number.isInteger(x)",
        javascript=("Math.ceil(x)", "0"),
        torch="torch.ceil",
        convention=_steps("ceil"),
        domain=Domain(kink=is_whole, samples=((1.5,), (-1.5,)), kinks=((2.0,), (0.0,))),
        smooth=False,
    ),
    Elementwise(
        name="round",
        inputs=("x",),
        also=("rint",),
        forward=np.rint,
        formula=lambda x: (
            sp.floor(x / 2 + sp.Rational(1, 4)) + sp.ceiling(x / 2 - sp.Rational(1, 4))
        ),
        partials=lambda x, v: (sp.S.Zero,),
        local=(0.0,),
        masks=True,
        slips=(Slip(0, "wrong-local", "1"),),
        javascript_kink="Number.isInteger(x + 0.5)",
        javascript=("roundToEven(x)", "0"),
        torch="torch.round",
        convention=_steps("round"),
        notes="halves go to the even neighbour: round(2.5) = 2",
        domain=Domain(
            kink=lambda x: is_whole(x + 0.5),
            samples=((1.4,), (1.6,), (-1.6,), (2.0,)),
            kinks=((0.5,), (1.5,), (2.5,), (-2.5,)),
        ),
        smooth=False,
        by_name=True,
    ),
    Elementwise(
        name="trunc",
        inputs=("x",),
        also=("fix",),
        forward=np.trunc,
        formula=lambda x: sp.sign(x) * sp.floor(sp.Abs(x)),
        partials=lambda x, v: (sp.S.Zero,),
        local=(0.0,),
        masks=True,
        slips=(Slip(0, "wrong-local", "1"),),
        javascript_kink="Number.isInteger(x) && x !== 0",
        javascript=("Math.trunc(x)", "0"),
        torch="torch.trunc",
        convention=_steps("trunc"),
        domain=Domain(
            kink=lambda x: is_whole(x) & (x != 0),
            samples=((1.5,), (-1.5,), (0.0,)),
            kinks=((2.0,), (-1.0,)),
        ),
        smooth=False,
        by_name=True,
    ),
    Elementwise(
        name="frac",
        inputs=("x",),
        forward=lambda x: x - np.trunc(x),
        formula=lambda x: x - sp.sign(x) * sp.floor(sp.Abs(x)),
        partials=lambda x, v: (sp.S.One,),
        local=(1.0,),
        javascript_kink="Number.isInteger(x) && x !== 0",
        javascript=("x - Math.trunc(x)", "1"),
        torch="torch.frac",
        convention="frac'(x) = 1 at the jumps too, as on both sides of them",
        notes="x - trunc(x): negative for a negative x",
        domain=Domain(
            kink=lambda x: is_whole(x) & (x != 0),
            samples=((1.5,), (-1.25,), (0.0,)),
            kinks=((2.0,), (-1.0,)),
            edges=((np.inf,),),
        ),
        smooth=False,
        by_name=True,
    ),
    Elementwise(
        name="fmod",
        inputs=("x", "y"),
        forward=np.fmod,
        formula=lambda x, y: x - y * sp.sign(x / y) * sp.floor(sp.Abs(x / y)),
        partials=lambda x, y, v: (sp.S.One, -sp.sign(x / y) * sp.floor(sp.Abs(x / y))),
        local=(1.0, lambda x, y, v: -np.trunc(x / y)),
        slips=(
            Slip(1, "wrong-local", "0"),
            Slip(1, "wrong-local", "-x/y"),
        ),
        javascript_kink="x !== 0 && x % y === 0",
        javascript=("x % y", "1", "-Math.trunc(x/y)"),
        torch="torch.fmod",
        convention="where x is a multiple of y the value jumps; the derivatives are 1 and"
        " -trunc(x/y)",
        notes="the sign of x, as in C; x % y has the sign of y",
        domain=Domain(
            needs="a divisor that is not 0",
            defined=lambda x, y: y != 0,
            kink=lambda x, y: (x != 0) & (np.fmod(x, y) == 0),
            samples=((5.5, 3.0), (-5.5, 3.0), (5.5, -3.0), (0.0, 2.0)),
            kinks=((6.0, 3.0), (-6.0, 3.0)),
            edges=((5.0, 0.0), (5.0, np.inf), (-5.0, np.inf), (np.inf, 3.0)),
        ),
        smooth=False,
        by_name=True,
    ),
)
