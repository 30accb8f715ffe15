"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Differential, Domain, Elementwise, Slip

NOT_0 = "a number that is not 0"
# cosh and sinh overflow beyond 710, where the gradient of 1/torch.cosh(x) is 0 × inf
WITHIN_700 = (
    "torch.where(torch.abs(x) < 700, 1/torch.{}(torch.nn.functional.hardtanh(x, -700, 700)), 0*{})"
)

ROWS = (
    Elementwise(
        name="sinh",
        inputs=("x",),
        forward=np.sinh,
        formula=lambda x: sp.sinh(x),
        partials=lambda x, v: (sp.cosh(x),),
        local=(lambda x, v: np.cosh(x),),
        slips=(
            Slip(0, "sign", "-cosh(x)"),
            Slip(0, "wrong-local", "cos(x)"),
        ),
        javascript=("Math.sinh(x)", "Math.cosh(x)"),
        torch="torch.sinh",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((1000.0,),)),
    ),
    Elementwise(
        name="cosh",
        inputs=("x",),
        forward=np.cosh,
        formula=lambda x: sp.cosh(x),
        partials=lambda x, v: (sp.sinh(x),),
        local=(lambda x, v: np.sinh(x),),
        slips=(
            Slip(0, "sign", "-sinh(x)"),
            Slip(0, "wrong-local", "-sin(x)"),
        ),
        javascript=("Math.cosh(x)", "Math.sinh(x)"),
        torch="torch.cosh",
        domain=Domain(samples=((0.7,), (-2.5,)), edges=((0.0,), (-1000.0,))),
    ),
    Elementwise(
        name="tanh",
        inputs=("x",),
        forward=np.tanh,
        formula=lambda x: sp.tanh(x),
        partials=lambda x, v: (1 - v**2,),
        differentials=(
            Differential(
                "quotient rule",
                "(cosh(x)*cosh(x) - sinh(x)*sinh(x))/cosh(x)**2 · dx",
                of="sinh(x)/cosh(x)",
            ),
        ),
        local=(lambda x, v: 1 - v * v,),
        slips=(
            Slip(0, "wrong-local", "1 - v"),
            Slip(0, "wrong-local", "1 + v**2"),
            Slip(0, "input-for-output", "1 - x**2"),
            Slip(0, "wrong-local", "v*(1 - v)"),
            Slip(0, "wrong-local", "1/cosh(x)"),
        ),
        javascript=("Math.tanh(x)", "1 - v*v"),
        torch="torch.tanh",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((1000.0,), (-1000.0,))),
    ),
    Elementwise(
        name="sech",
        inputs=("x",),
        forward=lambda x: 1 / np.cosh(x),
        formula=lambda x: sp.sech(x),
        partials=lambda x, v: (-v * sp.tanh(x),),
        differentials=(
            Differential("reciprocal rule", "-sinh(x)/cosh(x)**2 · dx", of="1/cosh(x)"),
        ),
        local=(lambda x, v: -v * np.tanh(x),),
        slips=(
            Slip(0, "sign", "v*tanh(x)"),
            Slip(0, "wrong-local", "-tanh(x)"),
            Slip(0, "wrong-local", "1/sinh(x)"),
        ),
        javascript=("1/Math.cosh(x)", "-v*Math.tanh(x)"),
        torch=WITHIN_700.format("cosh", "torch.abs(torch.tanh(x))"),
        domain=Domain(samples=((0.7,), (-2.5,)), edges=((0.0,), (1000.0,), (-np.inf,))),
    ),
    Elementwise(
        name="csch",
        inputs=("x",),
        forward=lambda x: 1 / np.sinh(x),
        formula=lambda x: sp.csch(x),
        partials=lambda x, v: (-v * sp.coth(x),),
        differentials=(
            Differential("reciprocal rule", "-cosh(x)/sinh(x)**2 · dx", of="1/sinh(x)"),
        ),
        local=(lambda x, v: -v / np.tanh(x),),
        slips=(
            Slip(0, "sign", "v*coth(x)"),
            Slip(0, "wrong-local", "-coth(x)"),
            Slip(0, "wrong-local", "1/cosh(x)"),
        ),
        javascript=("1/Math.sinh(x)", "-v/Math.tanh(x)"),
        torch=WITHIN_700.format("sinh", "torch.tanh(x)"),
        domain=Domain(
            needs=NOT_0,
            defined=lambda x: x != 0,
            samples=((0.7,), (-2.5,)),
            edges=((0.0,), (1000.0,), (-np.inf,)),
        ),
    ),
    Elementwise(
        name="coth",
        inputs=("x",),
        forward=lambda x: 1 / np.tanh(x),
        formula=lambda x: sp.coth(x),
        partials=lambda x, v: (1 - v**2,),
        differentials=(
            Differential(
                "quotient rule",
                "(sinh(x)*sinh(x) - cosh(x)*cosh(x))/sinh(x)**2 · dx",
                of="cosh(x)/sinh(x)",
            ),
        ),
        local=(lambda x, v: 1 - v * v,),
        slips=(
            Slip(0, "sign", "1/sinh(x)**2"),
            Slip(0, "wrong-local", "-1 - v**2"),
            Slip(0, "wrong-local", "1/cosh(x)**2"),
            Slip(0, "wrong-local", "-1/sinh(x)"),
        ),
        javascript=("1/Math.tanh(x)", "1 - v*v"),
        torch="1/torch.tanh(x)",
        domain=Domain(
            needs=NOT_0,
            defined=lambda x: x != 0,
            samples=((0.7,), (-2.5,)),
            edges=((0.0,), (1000.0,), (-np.inf,)),
        ),
    ),
    Elementwise(
        name="asinh",
        inputs=("x",),
        also=("arcsinh", "arsinh"),
        forward=np.arcsinh,
        formula=lambda x: sp.asinh(x),
        partials=lambda x, v: (1 / sp.sqrt(x**2 + 1),),
        local=(lambda x, v: 1 / np.sqrt(x * x + 1),),
        slips=(
            Slip(0, "wrong-local", "1/sqrt(1 - x**2)"),
            Slip(0, "wrong-local", "1/sqrt(x**2 - 1)"),
            Slip(0, "wrong-local", "1/(1 + x**2)"),
            Slip(0, "input-for-output", "1/cosh(x)"),
        ),
        javascript=("Math.asinh(x)", "1/Math.sqrt(x*x + 1)"),
        torch="torch.asinh",
        domain=Domain(samples=((0.0,), (0.7,), (-2.5,)), edges=((1e200,),)),
    ),
    Elementwise(
        name="acosh",
        inputs=("x",),
        also=("arccosh", "arcosh"),
        forward=np.arccosh,
        formula=lambda x: sp.acosh(x),
        partials=lambda x, v: (1 / sp.sqrt(x**2 - 1),),
        local=(lambda x, v: 1 / np.sqrt(x * x - 1),),
        slips=(
            Slip(0, "sign", "-1/sqrt(x**2 - 1)"),
            Slip(0, "wrong-local", "1/sqrt(x**2 + 1)"),
            Slip(0, "wrong-local", "1/(x**2 - 1)"),
            Slip(0, "input-for-output", "1/sinh(x)"),
        ),
        javascript_kink="x === 1",
        javascript=("Math.acosh(x)", "1/Math.sqrt(x*x - 1)"),
        torch="torch.acosh",
        convention="acosh'(1) = inf: vertical at the end (by continuity)",
        domain=Domain(
            needs="a number of at least 1",
            defined=lambda x: x >= 1,
            kink=lambda x: x == 1,
            samples=((1.5,), (4.0,)),
            kinks=((1.0,),),
            edges=((0.5,), (-2.0,), (np.inf,)),
        ),
    ),
    Elementwise(
        name="atanh",
        inputs=("x",),
        also=("arctanh", "artanh"),
        forward=np.arctanh,
        formula=lambda x: sp.atanh(x),
        partials=lambda x, v: (1 / (1 - x**2),),
        local=(lambda x, v: 1 / (1 - x * x),),
        slips=(
            Slip(0, "sign", "1/(x**2 - 1)"),
            Slip(0, "wrong-local", "1/(1 + x**2)"),
            Slip(0, "wrong-local", "1/sqrt(1 - x**2)"),
            Slip(0, "input-for-output", "cosh(x)**2"),
        ),
        javascript=("Math.atanh(x)", "1/(1 - x*x)"),
        torch="torch.atanh",
        domain=Domain(
            needs="a number between -1 and 1",
            defined=lambda x: np.abs(x) < 1,
            samples=((0.0,), (0.5,), (-0.9,)),
            edges=((1.0,), (-1.0,), (2.0,)),
        ),
    ),
)
