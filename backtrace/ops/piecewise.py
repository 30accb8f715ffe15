"""Absolute value, sign, largest and smallest, clamping."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops.rows import Domain, EachInput, Elementwise, Slip, Value, pick


def sign(x: Value) -> Value:
    """1, 0 or -1; 0 for nan, as torch."""
    return np.subtract(x > 0, x < 0, dtype=np.float64)


def indicator(condition: Any) -> Any:
    """A condition as a sympy number: 1 where it holds, else 0."""
    return sp.Piecewise((1, condition), (0, True))


def larger(x: Value, y: Value) -> Value:
    """numpy's maximum, but of 0 and -0 the first, as torch; numpy's choice varies by processor."""
    return pick(x == y, x, np.maximum(x, y))


def smaller(x: Value, y: Value) -> Value:
    """numpy's minimum, but of 0 and -0 the first."""
    return pick(x == y, x, np.minimum(x, y))


def _tied(*xs: Value) -> Value:
    """Whether the largest of some numbers is reached twice."""
    return _ties(xs, reduce(np.maximum, xs)) > 1


def _ties(xs: Sequence[Value], v: Value) -> Value:
    """How many of some numbers are v; of scalars in one stroke, since max may take thousands."""
    if np.ndim(v) == 0:
        return np.count_nonzero(np.fromiter(xs, np.float64, len(xs)) == v)
    return sum(np.float64(x == v) for x in xs)


def _share(slot: int, *xs_and_v: Value) -> Value:
    """What one input of max or min gets of the gradient: ties share evenly."""
    x, v = xs_and_v[slot], xs_and_v[-1]
    if np.ndim(v) == 0 and abs(x - v) > 0:  # lost; not so for nan
        return np.float64(0)
    share = np.float64(x == v) / _ties(xs_and_v[:-1], v)
    return pick(np.isnan(v), 1.0, share) if len(xs_and_v) == 3 else share  # torch.maximum(nan, 1)


def _lost(slot: int, *xs_and_v: Value) -> Value:
    """torch.maximum selects; torch.amax, for three inputs or more, multiplies: inf × 0 = nan."""
    if len(xs_and_v) > 3:
        return np.False_
    x, v = xs_and_v[slot], xs_and_v[-1]
    return (x != v) & ~np.isnan(v)


@lru_cache(maxsize=1)  # asked for every slot in turn
def _shares(sense: int, *xs_and_v: Any) -> tuple[Any, ...]:
    """The partials of max (sense 1) or min (sense -1): 1 for the winner, an even part at a tie."""
    *xs, v = xs_and_v
    if len(xs) > 2:
        wins = [indicator(sp.Eq(x, v)) for x in xs]
        part = 1 / sp.Add(*wins)
        return tuple(win * part for win in wins)

    def share(x: Any, rival: Any) -> Any:
        won, lost = (x > rival, x < rival) if sense > 0 else (x < rival, x > rival)
        return sp.Piecewise((1, won), (0, lost), (sp.S.Half, True))

    x, y = xs
    return share(x, y), share(y, x)


MAX = Elementwise(
    name="max",
    inputs=("*x",),
    also=("Max", "maximum"),
    forward=lambda *x: reduce(larger, x),
    formula=lambda *x: sp.Max(*x),
    partials=lambda *x: _shares(1, *x),
    local=EachInput(_share),
    masks=EachInput(_lost),
    slips=(
        Slip(0, "wrong-local", "1"),
        Slip(0, "wrong-local", "x1 < x2"),
        Slip(1, "wrong-local", "1"),
        Slip(1, "wrong-local", "x1 > x2"),
    ),
    javascript_kink="tied(x, x.reduce(larger))",
    javascript=("x.reduce(larger)", "share(own, x, v)"),
    javascript_masks=("x.length === 2 && own !== v && !isNaN(v)",),
    torch="torch.maximum(*x) if len(x) == 2"
    " else torch.amax(torch.stack(torch.broadcast_tensors(*x)), 0)",
    convention="inputs that tie share the gradient evenly: the subgradient of least norm",
    domain=Domain(
        kink=_tied,
        samples=((1.0, 2.0), (3.0, -1.0), (1.0, 4.0, -2.0)),
        kinks=((1.0, 1.0), (-0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 3.0, 3.0), (1.0, 3.0, 3.0, 3.0)),
        edges=((np.nan, 1.0), (np.nan, np.nan), (np.nan, 1.0, 2.0), (np.inf, 1.0)),
    ),
    by_name=True,
)
MIN = Elementwise(
    name="min",
    inputs=("*x",),
    also=("Min", "minimum"),
    forward=lambda *x: reduce(smaller, x),
    formula=lambda *x: sp.Min(*x),
    partials=lambda *x: _shares(-1, *x),
    local=EachInput(_share),
    masks=EachInput(_lost),
    slips=(
        Slip(0, "wrong-local", "1"),
        Slip(0, "wrong-local", "x1 > x2"),
        Slip(1, "wrong-local", "1"),
        Slip(1, "wrong-local", "x1 < x2"),
    ),
    javascript_kink="tied(x, x.reduce(smaller))",
    javascript=("x.reduce(smaller)", "share(own, x, v)"),
    javascript_masks=("x.length === 2 && own !== v && !isNaN(v)",),
    torch="torch.minimum(*x) if len(x) == 2"
    " else torch.amin(torch.stack(torch.broadcast_tensors(*x)), 0)",
    convention="inputs that tie share the gradient evenly: the supergradient of least norm",
    domain=Domain(
        kink=lambda *x: _tied(*(-y for y in x)),
        samples=((1.0, 2.0), (3.0, -1.0), (1.0, 4.0, -2.0)),
        kinks=((1.0, 1.0), (1.0, 1.0, 1.0), (3.0, 1.0, 1.0), (0.0, -0.0)),
        edges=((np.nan, 1.0), (np.nan, 1.0, 2.0), (np.inf, 1.0)),
    ),
    by_name=True,
)
CLAMPED = "1 at the bounds, the derivative of the piece between them, as torch 2.13 has it"

ROWS = (
    Elementwise(
        name="abs",
        inputs=("x",),
        written_by_hand="|{0}|",
        also=("Abs", "absolute", "fabs"),
        forward=np.abs,
        formula=lambda x: sp.Abs(x),
        partials=lambda x, v: (sp.sign(x),),
        local=(lambda x, v: sign(x),),
        slips=(
            Slip(0, "domain", "1"),
            Slip(0, "wrong-local", "x"),
        ),
        javascript_kink="x === 0",
        javascript=("Math.abs(x)", "sign(x)"),
        torch="torch.abs",
        convention="abs'(0) = 0: the subgradient of least norm",
        domain=Domain(
            kink=lambda x: x == 0,
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,), (-0.0,)),
            edges=((np.nan,), (-np.inf,)),
        ),
    ),
    Elementwise(
        name="sign",
        inputs=("x",),
        also=("sgn",),
        forward=sign,
        formula=lambda x: sp.sign(x),
        partials=lambda x, v: (sp.S.Zero,),
        local=(0.0,),
        masks=True,
        slips=(Slip(0, "wrong-local", "1"),),
        javascript_kink="x === 0",
        javascript=("sign(x)", "0"),
        torch="torch.sign",
        convention="sign'(0) = 0, as on both sides, although the value jumps there",
        domain=Domain(
            kink=lambda x: x == 0,
            samples=((1.5,), (-2.0,)),
            kinks=((0.0,),),
            edges=((np.nan,), (np.inf,)),
        ),
    ),
    MAX,
    MIN,
    Elementwise(
        name="fmax",
        inputs=("x", "y"),
        forward=lambda x, y: pick(x == y, x, np.fmax(x, y)),
        formula=lambda x, y: sp.Max(x, y),
        partials=lambda x, y, v: (indicator(x >= y), indicator(x < y)),
        local=(
            lambda x, y, v: np.float64((x >= y) | np.isnan(y)),
            lambda x, y, v: np.float64(~((x >= y) | np.isnan(y))),
        ),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-local", "x < y"),
            Slip(1, "wrong-local", "1"),
            Slip(1, "wrong-local", "x > y"),
        ),
        javascript_kink="x === y",
        javascript=("fmax(x, y)", "Number(x >= y || isNaN(y))", "Number(!(x >= y || isNaN(y)))"),
        torch="torch.fmax",
        convention="at a tie the first input has the whole gradient, as torch",
        notes="the other number where one is nan; max splits ties evenly",
        domain=Domain(
            kink=lambda x, y: x == y,
            samples=((1.0, 2.0), (3.0, -1.0)),
            kinks=((1.0, 1.0), (0.0, -0.0), (-0.0, 0.0)),
            edges=((np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="fmin",
        inputs=("x", "y"),
        forward=lambda x, y: pick(x == y, x, np.fmin(x, y)),
        formula=lambda x, y: sp.Min(x, y),
        partials=lambda x, y, v: (indicator(x <= y), indicator(x > y)),
        local=(
            lambda x, y, v: np.float64((x <= y) | np.isnan(y)),
            lambda x, y, v: np.float64(~((x <= y) | np.isnan(y))),
        ),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-local", "x > y"),
            Slip(1, "wrong-local", "1"),
            Slip(1, "wrong-local", "x < y"),
        ),
        javascript_kink="x === y",
        javascript=("fmin(x, y)", "Number(x <= y || isNaN(y))", "Number(!(x <= y || isNaN(y)))"),
        torch="torch.fmin",
        convention="at a tie the first input has the whole gradient, as torch",
        notes="the other number where one is nan; min splits ties evenly",
        domain=Domain(
            kink=lambda x, y: x == y,
            samples=((1.0, 2.0), (3.0, -1.0)),
            kinks=((1.0, 1.0), (0.0, -0.0), (-0.0, 0.0)),
            edges=((np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="clamp",
        inputs=("x", "min", "max"),
        also=("clip",),
        forward=lambda x, low, high: smaller(larger(x, low), high),
        formula=lambda x, low, high: sp.Min(sp.Max(x, low), high),
        partials=lambda x, low, high, v: (
            indicator(x >= low) * indicator(x <= high),
            indicator(x < low),
            indicator(x > high),
        ),
        local=(
            lambda x, low, high, v: np.float64((x >= low) & (x <= high)),
            lambda x, low, high, v: np.float64((low < high) & (x < low)),
            lambda x, low, high, v: np.float64((high < low) | (x > high)),
        ),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-local", "(x < min) + (x > max)"),
            Slip(1, "wrong-local", "0"),
            Slip(1, "wrong-local", "1"),
            Slip(2, "wrong-local", "0"),
            Slip(2, "wrong-local", "1"),
        ),
        javascript_kink="x === min || x === max",
        javascript=(
            "smaller(larger(x, min), max)",
            "Number(x >= min && x <= max)",
            "Number(min < max && x < min)",
            "Number(max < min || x > max)",
        ),
        torch="torch.clamp",
        convention=CLAMPED,
        notes="where min is above max the value is max",
        domain=Domain(
            kink=lambda x, low, high: (x == low) | (x == high),
            samples=((0.5, 0.0, 1.0), (-2.0, 0.0, 1.0), (3.0, 0.0, 1.0)),
            kinks=((0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 1.0)),
            edges=((0.5, 2.0, 1.0), (0.0, 1.0, 1.0), (np.nan, 0.0, 1.0), (0.5, np.nan, 1.0)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="clamp_min",
        inputs=("x", "min"),
        call="clamp",
        also=("clip", "clamp_min"),
        forward=larger,
        formula=lambda x, low: sp.Max(x, low),
        partials=lambda x, low, v: (indicator(x >= low), indicator(x < low)),
        local=(
            lambda x, low, v: np.float64(x >= low),
            lambda x, low, v: np.float64(x < low),
        ),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-local", "x < min"),
            Slip(1, "wrong-local", "0"),
            Slip(1, "wrong-local", "1"),
        ),
        javascript_kink="x === min",
        javascript=("larger(x, min)", "Number(x >= min)", "Number(x < min)"),
        torch="torch.clamp_min",
        convention=CLAMPED,
        domain=Domain(
            kink=lambda x, low: x == low,
            samples=((0.5, 0.0), (-2.0, 0.0)),
            kinks=((0.0, 0.0), (0.0, -0.0), (-0.0, 0.0)),
            edges=((np.nan, 0.0), (0.0, np.nan)),
        ),
        by_name=True,
    ),
    Elementwise(
        name="clamp_max",
        inputs=("x", "max"),
        call="clamp",
        also=("clip", "clamp_max"),
        by_keyword=True,
        forward=smaller,
        formula=lambda x, high: sp.Min(x, high),
        partials=lambda x, high, v: (indicator(x <= high), indicator(x > high)),
        local=(
            lambda x, high, v: np.float64(x <= high),
            lambda x, high, v: np.float64(x > high),
        ),
        masks=True,
        slips=(
            Slip(0, "wrong-local", "1"),
            Slip(0, "wrong-local", "x > max"),
            Slip(1, "wrong-local", "0"),
            Slip(1, "wrong-local", "1"),
        ),
        javascript_kink="x === max",
        javascript=("smaller(x, max)", "Number(x <= max)", "Number(x > max)"),
        torch="torch.clamp_max",
        convention=CLAMPED,
        domain=Domain(
            kink=lambda x, high: x == high,
            samples=((0.5, 0.0), (-2.0, 0.0)),
            kinks=((0.0, 0.0), (0.0, -0.0), (-0.0, 0.0)),
            edges=((np.nan, 0.0), (0.0, np.nan)),
        ),
        by_name=True,
    ),
)
