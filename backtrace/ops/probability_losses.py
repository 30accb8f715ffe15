"""Losses of probabilities, entry by entry: two classes, and the divergence of distributions."""

from __future__ import annotations

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.activations import logistic
from backtrace.ops.pairs import EMPTY, SOME, Pairs, equal, not_empty
from backtrace.ops.rows import Domain, Slip, Value, pick
from backtrace.ops.structural import at

LEAST_LOG = -100.0  # a logarithm is never below it, as torch
LEAST_VARIANCE = float(np.float32(1e-12))  # nor p*(1 - p), which torch rounds to float32


def _log(p: Value) -> Value:
    return np.maximum(np.log(p), LEAST_LOG)


def _log_of_rest(p: Value) -> Value:
    return np.maximum(np.log1p(-p), LEAST_LOG)


def _inside(p: Value, y: Value) -> Value:
    return (p >= 0) & (p <= 1) & (y >= 0) & (y <= 1)


def _checked(p: Value, y: Value) -> tuple[Value, Value]:
    """Both, with nan where one is no probability: torch refuses these."""
    inside = _inside(p, y)
    return pick(inside, p, np.nan), pick(inside, y, np.nan)


def _bce(p: Value, y: Value) -> Value:
    p, y = _checked(p, y)
    return (y - 1) * _log_of_rest(p) - y * _log(p)


def _bce_to_p(g: Value, p: Value, y: Value) -> Value:
    p, y = _checked(p, y)
    return g * (p - y) / np.maximum(p * (1 - p), LEAST_VARIANCE)


def _bce_to_y(g: Value, p: Value, y: Value) -> Value:
    p, _ = _checked(p, y)
    return g * (np.log1p(-p) - np.log(p))  # these are not clamped, as in torch


def _clamped(p: Value, y: Value, reduction: str) -> str:
    below = (np.log(p) < LEAST_LOG) & (y > 0) | (np.log1p(-p) < LEAST_LOG) & (y < 1)
    return "log is clamped at -100" if np.any(below) else ""


def _probabilities(p: Value, y: Value, reduction: str) -> Value:
    return _inside(p, y) if not_empty(p, y, reduction) else np.False_


def _bce_with_logits(z: Value, y: Value) -> Value:
    return (1 - y) * z - (np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))))


def _divergence(logq: Value, p: Value) -> Value:
    return pick(p == 0, 0.0, p * np.log(p)) - p * logq


def _not_negative(logq: Value, p: Value, reduction: str) -> bool:
    no_rows = reduction == "batchmean" and np.shape(logq)[:1] == (0,)
    return not_empty(logq, p, reduction) and not no_rows and bool(np.all(p >= 0))


ROWS = (
    Pairs(
        entries=_bce,
        products=(_bce_to_p, _bce_to_y),
        rules=(lambda: "g*(p - y)/(p*(1 - p))", lambda: "g*(log(1 - p) - log(p))"),
        slips=(
            Slip(0, "sign", "g*(y - p)/(p*(1 - p))"),
            Slip(0, "wrong-local", "-g*(y/p + (1 - y)/(1 - p))"),
            Slip(0, "missing-path", "-g*y/p"),
            Slip(0, "missing-local", "g*(p - y)"),
            Slip(1, "sign", "g*(log(p) - log(1 - p))"),
            Slip(1, "missing-path", "-g*log(p)"),
        ),
        definition=lambda: "-mean(y*log(p) + (1 - y)*log(1 - p))",
        words=_clamped,
        shape=equal,
    ).row(
        name="bce",
        inputs=("p", "y"),
        also=("bce_loss", "binary_cross_entropy"),
        torch="torch.nn.functional.binary_cross_entropy(p, y, reduction=reduction)",
        domain=Domain(
            needs="one number or more, from 0 to 1",
            defined=_probabilities,
            samples=(
                at([0.3, 0.9, 0.5], [0.2, 0.8, 0.9]),
                at([[0.3, 0.9], [0.2, 0.6]], [[0.2, 0.7], [0.1, 0.5]], reduction="sum"),
                at([0.3, 0.9], [0.4, 0.6], reduction="none"),
                at(0.7, 0.1),
            ),
            edges=(
                *EMPTY,
                at([0.3, 0.9, 0.5], [0.0, 1.0, 1.0]),
                at([0.0, 1.0, 0.0, 1.0, 1e-50], [1.0, 0.0, 0.0, 1.0, 1.0]),
            ),
        ),
        notes="log is never below -100 and p*(1 - p) not below 1e-12, as torch: at p = 0, y = 1 "
        "the loss is 100, its derivative -1e12",
        carries=True,
    ),
    Pairs(
        entries=_bce_with_logits,
        products=(lambda g, z, y: g * (logistic(z) - y), lambda g, z, y: -g * z),
        rules=(lambda: "g*(sigmoid(z) - y)", lambda: "-g*z"),
        slips=(
            Slip(0, "sign", "g*(y - sigmoid(z))"),
            Slip(0, "wrong-local", "g*sigmoid(z)"),
            Slip(0, "input-for-output", "g*(z - y)"),
            Slip(0, "inner-twice", "g*(sigmoid(z) - y)*sigmoid(z)*(1 - sigmoid(z))"),
            Slip(0, "missing-local", "g*(sigmoid(z) - y)/(sigmoid(z)*(1 - sigmoid(z)))"),
            Slip(1, "sign", "g*z"),
        ),
        definition=lambda: "p = sigmoid(z); -mean(y*log(p) + (1 - y)*log(1 - p))",
        shape=equal,
    ).row(
        name="bce_with_logits",
        inputs=("z", "y"),
        also=("binary_cross_entropy_with_logits",),
        torch="torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction=reduction)",
        domain=Domain(
            needs=SOME,
            defined=not_empty,
            samples=(
                at([0.3, -2.0, 1.5], [0.0, 1.0, 1.0]),
                at([[0.3, -0.9], [2.0, 0.6]], [[0.2, 1.0], [0.0, 0.5]], reduction="sum"),
                at([0.3, -1.9], [0.0, 1.0], reduction="none"),
                at(0.7, 0.0),
            ),
            edges=(
                *EMPTY,
                at([1000.0, -1000.0, -1000.0, 0.0], [0.0, 0.0, 1.0, 2.0], reduction="none"),
                at([np.inf, np.inf, -np.inf, -np.inf], [0.0, 1.0, 0.0, 1.0], reduction="none"),
                at([np.nan, 1.0], [1.0, np.nan], reduction="none"),
            ),
        ),
        notes="takes scores: the sigmoid is inside; bce takes probabilities",
        carries=True,
    ),
    # torch warns that its mean will be batchmean one day, so the mean of its entries stands here
    Pairs(
        entries=_divergence,
        products=(
            lambda g, logq, p: -g * p,
            lambda g, logq, p: g * np.log(p) + g * (p / p) - g * logq,  # nan at p = 0, as torch
        ),
        rules=(lambda: "-g*p", lambda: "g*(log(p) + 1 - logq)"),
        slips=(
            Slip(0, "sign", "g*p"),
            Slip(0, "wrong-local", "-g*exp(logq)"),
            Slip(0, "wrong-local", "-g*p/exp(logq)"),
            Slip(1, "missing-path", "g*(log(p) - logq)"),
            Slip(1, "wrong-local", "g*log(p)"),
        ),
        definition=lambda: "mean(p*(log(p) - logq))",
        words=lambda logq, p, reduction: (
            'the divergence is the "sum" or "batchmean"' if reduction == "mean" else ""
        ),
    ).row(
        reductions={"reduction": kinds.one_of("mean", "sum", "none", "batchmean")},
        name="kl_div",
        inputs=("logq", "p"),
        torch="torch.nn.functional.kl_div(logq, p, reduction=reduction)"
        ' if reduction != "mean" else'
        ' torch.mean(torch.nn.functional.kl_div(logq, p, reduction="none"))',
        domain=Domain(
            needs="one probability p or more, none of them below 0",
            defined=_not_negative,
            samples=(
                at([-1.0, -0.5, -2.0], [0.2, 0.5, 0.3]),
                at([[-1.0, -0.5], [-0.3, -2.0]], [[0.3, 0.7], [0.9, 0.1]], reduction="batchmean"),
                at([[-1.0, -0.5], [-0.3, -2.0]], [[0.3, 0.7], [0.9, 0.1]], reduction="sum"),
                at([-1.0, -0.5], [0.3, 0.7], reduction="none"),
                at([[-1.0, -0.5], [-0.3, -2.0]], [0.3, 0.7], reduction="sum"),
                at([-1.0, -0.5], [[0.3, 0.7], [0.9, 0.1]], reduction="batchmean"),
            ),
            edges=(
                *EMPTY,
                at([], [], reduction="batchmean"),
                at(-1.0, 0.3, reduction="batchmean"),
                at([-1.0, -0.5], [0.0, 1.0]),
                at([-1.0, -0.5], [-0.5, 1.5], reduction="none"),
                at([-np.inf, -np.inf, np.nan], [0.0, 0.5, 0.0], reduction="none"),
                at([-1.0, -1.0, np.inf], [np.inf, np.nan, 0.5], reduction="none"),
            ),
        ),
        notes="takes log q and p; at p = 0 the value is 0 and the gradient by p nan, as in torch",
        carries=True,
    ),
)
