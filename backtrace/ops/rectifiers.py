"""Activations made of straight pieces."""

from __future__ import annotations

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.piecewise import indicator, larger, smaller
from backtrace.ops.rows import Domain, Elementwise, Slip, pick

FLAT = "at both bends the derivative is 0, that of the flat piece: the one of least norm"

ROWS = (
    Elementwise(
        name="relu",
        inputs=("x",),
        also=("ReLU",),
        forward=lambda x: pick(x < 0, 0.0, x),  # -0 and nan stay, as torch
        formula=lambda x: sp.Piecewise((x, x > 0), (0, True)),
        partials=lambda x, v: (indicator(x > 0),),
        local=(lambda x, v: pick(x <= 0, 0.0, 1.0),),  # 1 for nan, as torch
        masks=True,
        slips=(
            Slip(0, "domain", "1"),
            Slip(0, "wrong-local", "x"),
            Slip(0, "wrong-local", "x < 0"),
            Slip(0, "wrong-local", "sign(x)"),
        ),
        javascript_kink="x === 0",
        javascript=("x < 0 ? 0 : x", "x <= 0 ? 0 : 1"),
        torch="torch.relu",
        convention="relu'(0) = 0: the subgradient of least norm",
        domain=Domain(
            kink=lambda x: x == 0,
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,), (-0.0,)),
            edges=((np.nan,), (np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="leaky_relu",
        inputs=("x",),
        params={"negative_slope": 0.01},
        forward=lambda x, negative_slope: pick(x > 0, x, x * negative_slope),
        formula=lambda x, negative_slope: sp.Piecewise((x, x > 0), (negative_slope * x, True)),
        partials=lambda x, v, negative_slope: (sp.Piecewise((1, x > 0), (negative_slope, True)),),
        local=(lambda x, v, negative_slope: pick(x > 0, 1.0, negative_slope),),
        slips=(
            Slip(0, "wrong-local", "x > 0"),
            Slip(0, "wrong-local", "where(x > 0, 1, -negative_slope)"),
            Slip(0, "wrong-local", "where(x > 0, 1, negative_slope*x)"),
            Slip(0, "wrong-local", "where(x < 0, 1, negative_slope)"),
        ),
        javascript_kink="x === 0 && negative_slope !== 1",
        javascript=("x > 0 ? x : x*negative_slope", "x > 0 ? 1 : negative_slope"),
        torch="torch.nn.functional.leaky_relu",
        convention="leaky_relu'(0) = negative_slope, the slope on the left: the one of least norm",
        domain=Domain(
            kink=lambda x, negative_slope: (x == 0) & (negative_slope != 1),
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,),),
            edges=((np.nan,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="prelu",
        inputs=("x", "a"),
        forward=lambda x, a: pick(x > 0, x, a * x),
        formula=lambda x, a: sp.Piecewise((x, x > 0), (a * x, True)),
        partials=lambda x, a, v: (
            sp.Piecewise((1, x > 0), (a, True)),
            sp.Piecewise((0, x > 0), (x, True)),
        ),
        local=(lambda x, a, v: pick(x > 0, 1.0, a), lambda x, a, v: pick(x > 0, 0.0, x)),
        masks=(None, lambda x, a, v: x > 0),
        slips=(
            Slip(0, "wrong-local", "x > 0"),
            Slip(0, "wrong-local", "where(x > 0, 1, a*x)"),
            Slip(0, "wrong-local", "where(x < 0, 1, a)"),
            Slip(1, "wrong-local", "x"),
            Slip(1, "wrong-local", "x <= 0"),
            Slip(1, "wrong-local", "where(x > 0, x, 0)"),
        ),
        javascript_kink="x === 0 && a !== 1",
        javascript=("x > 0 ? x : a*x", "x > 0 ? 1 : a", "x > 0 ? 0 : x"),
        javascript_masks=("", "x > 0"),
        # torch's own prelu takes a slope for each channel and does not broadcast; the inner where
        # keeps an infinite slope out of the gradient on the right
        torch="torch.where(x > 0, x, torch.where(x > 0, 0, a)*x)",
        convention="at x = 0 the derivatives are a, the slope on the left, and 0",
        domain=Domain(
            kink=lambda x, a: (x == 0) & (a != 1),
            samples=((1.5, 0.25), (-2.0, 0.25)),
            kinks=((0.0, 0.25),),
            edges=((-1.0, 0.0), (np.nan, 0.25)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="relu6",
        inputs=("x",),
        forward=lambda x: smaller(larger(x, 0.0), 6.0),
        formula=lambda x: sp.Piecewise((0, x <= 0), (x, x < 6), (6, True)),
        partials=lambda x, v: (indicator(x > 0) * indicator(x < 6),),
        local=(lambda x, v: pick((x <= 0) | (x >= 6), 0.0, 1.0),),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "x > 0"),
            Slip(0, "domain", "1"),
        ),
        javascript_kink="x === 0 || x === 6",
        javascript=("smaller(larger(x, 0), 6)", "x <= 0 || x >= 6 ? 0 : 1"),
        torch="torch.nn.functional.relu6",
        convention=f"{FLAT} (at 0 and 6)",
        domain=Domain(
            kink=lambda x: (x == 0) | (x == 6),
            samples=((1.5,), (-2.0,), (7.0,)),
            kinks=((0.0,), (-0.0,), (6.0,)),
            edges=((np.nan,), (np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="hardtanh",
        inputs=("x",),
        params={"min_val": -1.0, "max_val": 1.0},
        allowed=lambda min_val, max_val: (
            "" if min_val <= max_val else "min_val must not be above max_val"
        ),
        forward=lambda x, min_val, max_val: smaller(larger(x, min_val), max_val),
        formula=lambda x, min_val, max_val: sp.Piecewise(
            (min_val, x <= min_val), (x, x < max_val), (max_val, True)
        ),
        partials=lambda x, v, min_val, max_val: (indicator(x > min_val) * indicator(x < max_val),),
        local=(lambda x, v, min_val, max_val: pick((x <= min_val) | (x >= max_val), 0.0, 1.0),),
        masks=True,
        slips=(
            Slip(0, "domain", "1"),
            Slip(0, "wrong-local", "x > min_val"),
            Slip(0, "wrong-local", "1 - v**2"),
        ),
        javascript_kink="x === min_val || x === max_val",
        javascript=("smaller(larger(x, min_val), max_val)", "x <= min_val || x >= max_val ? 0 : 1"),
        torch="torch.nn.functional.hardtanh",
        convention=FLAT,
        domain=Domain(
            kink=lambda x, min_val, max_val: (x == min_val) | (x == max_val),
            samples=((0.5,), (-2.0,), (3.0,)),
            kinks=((-1.0,), (1.0,)),
            edges=((np.nan,), (np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="hardsigmoid",
        inputs=("x",),
        forward=lambda x: np.minimum(np.maximum(x + 3, 0.0), 6.0) / 6,
        formula=lambda x: sp.Piecewise((0, x <= -3), ((x + 3) / 6, x < 3), (1, True)),
        partials=lambda x, v: (indicator(x > -3) * indicator(x < 3) / 6,),
        local=(lambda x, v: pick((x <= -3) | (x >= 3), 0.0, 1 / 6),),
        masks=True,
        slips=(
            Slip(0, "constant-factor", "(x > -3)*(x < 3)"),
            Slip(0, "domain", "1/6"),
            Slip(0, "wrong-local", "v*(1 - v)"),
        ),
        javascript_kink="Math.abs(x) === 3",
        javascript=("Math.min(Math.max(x + 3, 0), 6)/6", "x <= -3 || x >= 3 ? 0 : 1/6"),
        # torch.nn.functional.hardsigmoid differentiates with 1/6 rounded to float32
        torch="torch.nn.functional.relu6(x + 3)/6",
        convention=f"{FLAT} (at -3 and 3)",
        notes="relu6(x + 3)/6; torch's own hardsigmoid is off in the 8th digit of its derivative",
        domain=Domain(
            kink=lambda x: np.abs(x) == 3,
            samples=((0.5,), (-4.0,), (5.0,)),
            kinks=((-3.0,), (3.0,)),
            edges=((np.nan,), (-np.inf,)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="hardswish",
        inputs=("x",),
        forward=lambda x: x * np.minimum(np.maximum(x + 3, 0.0), 6.0) / 6,
        formula=lambda x: sp.Piecewise((0, x <= -3), (x * (x + 3) / 6, x < 3), (x, True)),
        partials=lambda x, v: (sp.Piecewise((0, x <= -3), (x / 3 + sp.S.Half, x < 3), (1, True)),),
        local=(lambda x, v: pick(x <= -3, 0.0, pick(x < 3, x / 3 + 0.5, 1.0)),),
        masks=(lambda x, v: x <= -3,),
        slips=(
            Slip(0, "missing-path", "where(x <= -3, 0, where(x < 3, (x + 3)/6, 1))"),
            Slip(0, "missing-path", "where(x <= -3, 0, where(x < 3, x/6, 1))"),
            Slip(0, "product-of-derivatives", "(x > -3)*(x < 3)/6"),
        ),
        javascript_kink="Math.abs(x) === 3",
        javascript=("x*Math.min(Math.max(x + 3, 0), 6)/6", "x <= -3 ? 0 : x < 3 ? x/3 + 0.5 : 1"),
        javascript_masks=("x <= -3",),
        torch="torch.nn.functional.hardswish",
        convention="hardswish'(-3) = 0 and hardswish'(3) = 1: those of the straight outer pieces",
        domain=Domain(
            kink=lambda x: np.abs(x) == 3,
            samples=((0.5,), (-2.0,), (-4.0,), (5.0,)),
            kinks=((-3.0,), (3.0,)),
            edges=((-1.5,), (np.nan,), (np.inf,), (-np.inf,)),
        ),
        by_name=True,
    ),
)
