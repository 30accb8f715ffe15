"""Losses between numbers: squares, absolute values, what lies between, and hinge."""

from __future__ import annotations

from math import inf

import numpy as np

from backtrace.ops.pairs import EMPTY, SOME, Pairs, not_empty
from backtrace.ops.params import written
from backtrace.ops.piecewise import sign
from backtrace.ops.rows import Domain, Slip, Value, pick, select
from backtrace.ops.structural import at


def _squares(yhat: Value, y: Value) -> Value:
    d = yhat - y
    return d * d


def _sum_of_squares(yhat: Value, y: Value) -> Value:
    d = (yhat - y).ravel("K")  # a view: the difference is a fresh array
    return np.dot(d, d)


def _twice(g: Value, yhat: Value, y: Value) -> Value:
    d = yhat - y
    d *= 2 * g
    return d


def _huber(yhat: Value, y: Value, delta: float) -> Value:
    d = np.abs(yhat - y)
    return pick(d <= delta, d * d / 2, delta * (d - delta / 2))


def _smooth(yhat: Value, y: Value, beta: float) -> Value:
    d = np.abs(yhat - y)
    return pick(d < beta, d * d / (2 * beta), d - beta / 2)


def _smooth_slope(yhat: Value, y: Value, beta: float) -> Value:
    d = yhat - y
    return np.clip(d / beta, -1, 1) if beta else sign(d)


def _smooth_rule(sense: str, beta: float) -> str:
    if beta == 0:
        return f"{sense}g*sign(yhat - y)"
    d = "yhat - y" if beta == 1 else f"(yhat - y)/{written(beta)}"
    return f"{sense}g*clamp({d}, -1, 1)"


def _huber_definition(delta: float) -> str:
    straight = "d - 1/2" if delta == 1 else f"{written(delta)}*(d - {written(delta)}/2)"
    return f"d = abs(yhat - y); mean(where(d <= {written(delta)}, d**2/2, {straight}))"


def _huber_straight(delta: float) -> str:
    return "|d| - ½" if delta == 1 else f"{delta:g}*(|d| - {delta / 2:g})"


def _smooth_definition(beta: float) -> str:
    if beta == 0:
        return "mean(abs(yhat - y))"
    curved = "d**2/2" if beta == 1 else f"d**2/{written(2 * beta)}"
    return f"d = abs(yhat - y); mean(where(d < {written(beta)}, {curved}, d - {written(beta)}/2))"


def _smooth_words(beta: float) -> str:
    if beta == 0:
        return "|d|, as in mae"
    curved = "½d²" if beta == 1 else f"d²/{2 * beta:g}"
    return f"{curved} where |d| < {beta:g}, |d| - {'½' if beta == 1 else f'{beta / 2:g}'} beyond"


def _hinge_words(s: Value, t: Value, reduction: str) -> str:
    return "" if np.all(np.abs(t) == 1) else "the target should be 1 or -1, and is not everywhere"


def _hinge_product(g: Value, s: Value, t: Value, factor: Value) -> Value:
    return -select(1 - t * s <= 0, g) * factor  # relu selects: no gradient where it is 0


PAIR = at([1.0, -2.0, 0.5], [0.5, 1.5, -0.2])
POINTS = (
    PAIR,
    at([[1.0, 2.0], [-3.0, 0.2]], [[0.5, 2.3], [1.0, 0.1]]),
    at([[1.0, 2.0], [-3.0, 0.2]], [[0.5, 2.3], [1.0, 0.1]], reduction="sum"),
    at(*PAIR.inputs, reduction="none"),
    at([[1.0], [2.0]], [0.5, -1.5, 3.1]),
    at(2.0, 0.7),
)
NOT_FINITE = at([np.inf, np.nan, 1.0], [1.0, 1.0, -np.inf], reduction="none")

ROWS = (
    Pairs(
        entries=_squares,
        summed=_sum_of_squares,
        products=(_twice, lambda g, yhat, y: _twice(-g, yhat, y)),
        rules=(lambda: "g*2*(yhat - y)", lambda: "-g*2*(yhat - y)"),
        slips=(
            Slip(0, "constant-factor", "g*(yhat - y)"),
            Slip(0, "sign", "g*2*(y - yhat)"),
            Slip(0, "wrong-local", "g*2*yhat"),
            Slip(1, "constant-factor", "-g*(yhat - y)"),
            Slip(1, "sign", "g*2*(yhat - y)"),
        ),
        definition=lambda: "mean((yhat - y)**2)",
        words=lambda yhat, y, reduction: "no factor ½",
    ).row(
        name="mse",
        inputs=("yhat", "y"),
        also=("mse_loss", "mean_squared_error"),
        torch="torch.nn.functional.mse_loss(*torch.broadcast_tensors(yhat, y),"
        " reduction=reduction)",
        domain=Domain(needs=SOME, defined=not_empty, samples=POINTS, edges=(*EMPTY, NOT_FINITE)),
        notes="the mean, not half of it: the derivative is 2*(yhat - y)/n",
        carries=True,
    ),
    Pairs(
        entries=lambda yhat, y: np.abs(yhat - y),
        products=(lambda g, yhat, y: g * sign(yhat - y), lambda g, yhat, y: g * sign(y - yhat)),
        rules=(lambda: "g*sign(yhat - y)", lambda: "-g*sign(yhat - y)"),
        slips=(
            Slip(0, "wrong-local", "g"),
            Slip(0, "wrong-local", "g*(yhat - y)"),
            Slip(0, "sign", "g*sign(y - yhat)"),
            Slip(1, "wrong-local", "-g"),
            Slip(1, "wrong-local", "-g*(yhat - y)"),
            Slip(1, "sign", "g*sign(yhat - y)"),
        ),
        definition=lambda: "mean(abs(yhat - y))",
    ).row(
        name="mae",
        inputs=("yhat", "y"),
        also=("l1_loss", "mean_absolute_error"),
        torch="torch.nn.functional.l1_loss(*torch.broadcast_tensors(yhat, y), reduction=reduction)",
        convention="where yhat = y the derivative is 0: the subgradient of least norm",
        domain=Domain(
            needs=SOME,
            defined=not_empty,
            kink=lambda yhat, y, reduction: yhat - y == 0,
            samples=POINTS,
            kinks=(at([1.0, 2.0], [1.0, 0.0]), at(0.5, 0.5, reduction="sum")),
            edges=(*EMPTY, NOT_FINITE),
        ),
        carries=True,
    ),
    Pairs(
        entries=_huber,
        products=(
            lambda g, yhat, y, delta: g * np.clip(yhat - y, -delta, delta),
            lambda g, yhat, y, delta: g * np.clip(y - yhat, -delta, delta),
        ),
        rules=(
            lambda delta: f"g*clamp(yhat - y, {written(-delta)}, {written(delta)})",
            lambda delta: f"-g*clamp(yhat - y, {written(-delta)}, {written(delta)})",
        ),
        slips=(
            Slip(0, "wrong-local", "g*(yhat - y)"),
            Slip(0, "wrong-local", "g*sign(yhat - y)"),
            Slip(1, "wrong-local", "-g*(yhat - y)"),
            Slip(1, "wrong-local", "-g*sign(yhat - y)"),
        ),
        definition=_huber_definition,
        words=lambda yhat, y, delta, reduction: (
            f"½d² where |d| ≤ {delta:g}, {_huber_straight(delta)} beyond"
        ),
    ).row(
        params={"delta": 1.0},
        name="huber",
        inputs=("yhat", "y"),
        also=("huber_loss",),
        allowed=lambda delta, reduction: (
            "" if 0 < delta < inf else "delta must be above 0 and finite"
        ),
        torch="torch.nn.functional.huber_loss(*torch.broadcast_tensors(yhat, y),"
        " reduction=reduction, delta=delta)",
        domain=Domain(
            needs=SOME,
            defined=not_empty,
            samples=(*POINTS, at(*PAIR.inputs, delta=2.5), at(*PAIR.inputs, delta=0.2)),
            edges=(*EMPTY, NOT_FINITE, at([1.0, -1.0, 3.0], [0.0, 0.0, 3.0])),
        ),
        notes="smooth where |d| = delta: both pieces have the derivative ±delta there",
        carries=True,
    ),
    Pairs(
        entries=_smooth,
        products=(
            lambda g, yhat, y, beta: g * _smooth_slope(yhat, y, beta),
            lambda g, yhat, y, beta: g * _smooth_slope(y, yhat, beta),
        ),
        rules=(lambda beta: _smooth_rule("", beta), lambda beta: _smooth_rule("-", beta)),
        slips=(
            Slip(0, "wrong-local", "g*(yhat - y)"),
            Slip(0, "wrong-local", "g*sign(yhat - y)"),
            Slip(1, "wrong-local", "-g*(yhat - y)"),
            Slip(1, "wrong-local", "-g*sign(yhat - y)"),
        ),
        definition=_smooth_definition,
        words=lambda yhat, y, beta, reduction: _smooth_words(beta),
    ).row(
        params={"beta": 1.0},
        name="smooth_l1",
        inputs=("yhat", "y"),
        also=("smooth_l1_loss",),
        allowed=lambda beta, reduction: (
            "" if 0 <= beta < inf else "beta must be finite, and not below 0"
        ),
        torch="torch.nn.functional.smooth_l1_loss(*torch.broadcast_tensors(yhat, y),"
        " reduction=reduction, beta=beta)",
        convention="with beta = 0 it is mae: where yhat = y the derivative is 0",
        domain=Domain(
            needs=SOME,
            defined=not_empty,
            kink=lambda yhat, y, beta, reduction: (yhat - y == 0) & (beta == 0),
            samples=(*POINTS, at(*PAIR.inputs, beta=2.5), at(*PAIR.inputs, beta=0.2)),
            kinks=(at([1.0, 2.0], [1.0, 0.0], beta=0.0),),
            edges=(*EMPTY, NOT_FINITE, at([1.0, -1.0, 3.0], [0.0, 0.0, 3.0])),
        ),
        notes="huber divided by its delta, here called beta",
        carries=True,
    ),
    Pairs(
        entries=lambda s, t: pick(1 - t * s < 0, 0.0, 1 - t * s),
        products=(
            lambda g, s, t: _hinge_product(g, s, t, t),
            lambda g, s, t: _hinge_product(g, s, t, s),
        ),
        rules=(lambda: "g*where(t*s < 1, -t, 0)", lambda: "g*where(t*s < 1, -s, 0)"),
        slips=(
            Slip(0, "domain", "-g*t"),
            Slip(0, "sign", "g*where(t*s < 1, t, 0)"),
            Slip(0, "wrong-local", "g*where(t*s > 1, -t, 0)"),
            Slip(0, "wrong-variable", "g*where(t*s < 1, -s, 0)"),
            Slip(1, "domain", "-g*s"),
            Slip(1, "sign", "g*where(t*s < 1, s, 0)"),
        ),
        definition=lambda: "mean(relu(1 - t*s))",
        words=_hinge_words,
    ).row(
        name="hinge",
        inputs=("s", "t"),
        also=("hinge_loss",),
        torch='{"mean": torch.mean, "sum": torch.sum, "none": torch.clone}[reduction]'
        "(torch.relu(1 - t*s))",
        convention="where t*s = 1 the derivative is 0, that of relu: the subgradient of least norm",
        domain=Domain(
            needs=SOME,
            defined=not_empty,
            kink=lambda s, t, reduction: t * s == 1,
            samples=(
                at([0.3, -2.0, 2.5], [1.0, 1.0, -1.0]),
                at([[0.3, 2.0], [0.5, -0.1]], [[1.0, 1.0], [-1.0, -1.0]], reduction="sum"),
                at([0.3, 2.0, 2.5], [1.0, 1.0, -1.0], reduction="none"),
                at(0.4, -1.0),
            ),
            kinks=(at([1.0, 0.5], [1.0, -1.0]), at(-1.0, -1.0, reduction="none")),
            edges=(
                *EMPTY,
                at([np.nan, np.inf, -np.inf], [1.0, 1.0, 1.0], reduction="none"),
                at([0.5, 2.0], [0.0, 3.0]),
            ),
        ),
        notes="s is a score, t the class as 1 or -1",
    ),
)
