"""Losses of many classes, whose scores are along the last axis."""

from __future__ import annotations

from math import prod

import numpy as np

from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.classes import picked, places
from backtrace.ops.normalizing import log_softmax, softmax
from backtrace.ops.pairs import EMPTY, REDUCED, SOME, counted, divided, over, program
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.structural import Composite, at


def _reduced(losses: Value, reduction: str) -> Value:
    return losses[()] if reduction == "none" else np.sum(losses) / over(np.size(losses), reduction)


def _share(g: Value, t: Value, reduction: str) -> Value:
    """The gradient of every example: one number, or an array with an axis for the classes."""
    share = g / over(np.size(t), reduction)
    return np.expand_dims(share, -1) if np.ndim(share) else share


def _minus_picked(product: Value, share: Value, t: Value) -> Value:
    """`product`, an array of our own, less the share at the class."""
    rows = np.ascontiguousarray(product).reshape(np.size(t), product.shape[-1])
    rows[places(rows, t)] -= np.ravel(share)
    return rows.reshape(product.shape)


def _cross_entropy_to_z(g: Value, z: Value, t: Value, v: Value, reduction: str) -> Value:
    share = _share(g, t, reduction)
    return _minus_picked(softmax(z) * share, share, t)  # inf - inf for an infinite g, as torch


def _nll_to_logp(g: Value, logp: Value, t: Value, v: Value, reduction: str) -> Value:
    return _minus_picked(np.zeros(np.shape(logp)), _share(g, t, reduction), t)


def _require_axis(z: Shape) -> None:
    if not z:
        raise Misfit("the classes are the last axis of the scores, which are one number")


def _class_shape(z: Shape, t: Shape, reduction: str) -> Shape:
    _require_axis(z)
    if t != z[:-1]:
        wanted = f"shape {z[:-1]}" if len(z) > 1 else "one number"
        raise Misfit(f"the target must have a class for every row of scores: {wanted}")
    return t if reduction == "none" else ()


def _probability_shape(z: Shape, t: Shape, reduction: str) -> Shape:
    _require_axis(z)
    if t != z:
        raise Misfit("probabilities must have the scores' shape, and classes one axis less")
    return z[:-1] if reduction == "none" else ()


def _upstream(t: Shape, reduction: str) -> str:
    return "unsqueeze(g, -1)" if reduction == "none" and t else "g"


def _entropy(z: Shape, t: Shape, reduction: str) -> str:
    if not t:
        return "p = softmax(z); -log(p[t])"
    return program("p = softmax(z); -mean(log(pick(p, t)))", prod(t), reduction)


def _examples(z: Value) -> float:
    """How many examples there are; nan where there are no classes, and so no entries."""
    return float(np.float64(z.size) / z.shape[-1])


def _probable_entropy(z: Value, t: Value, reduction: str) -> Value:
    losses = -np.sum(t * log_softmax(z), axis=-1)
    return losses if reduction == "none" else np.sum(losses) / over(_examples(z), reduction)


def _probable_to_z(g: Value, z: Value, t: Value, v: Value, reduction: str) -> Value:
    share = np.expand_dims(g / over(_examples(z), reduction), -1) * t
    return softmax(z) * np.sum(share, axis=-1, keepdims=True) - share


def _probable_to_t(g: Value, z: Value, t: Value, v: Value, reduction: str) -> Value:
    return np.expand_dims(-g / over(_examples(z), reduction), -1) * log_softmax(z)


def _probable_rule(rule: str, z: Shape, reduction: str) -> str:
    return divided(f"{_upstream(z[:-1], reduction)}*{rule}", prod(z[:-1]), reduction)


def _wrong(slot: int, code: str, rule: str, *, mean: bool = True) -> Slip:
    """A wrong rule, with {n} for the number of classes."""

    def text(z: Shape, t: Shape, reduction: str) -> str:
        whole = f"{_upstream(t, reduction)}*{rule.format(n=z[-1])}"
        return divided(whole, prod(t), reduction) if mean else whole

    return Slip(slot, code, text)


def _probably_wrong(slot: int, code: str, rule: str, *, mean: bool = True) -> Slip:
    """A wrong rule where the target holds probabilities."""

    def text(z: Shape, t: Shape, reduction: str) -> str:
        return (
            _probable_rule(rule, z, reduction) if mean else f"{_upstream(z[:-1], reduction)}*{rule}"
        )

    return Slip(slot, code, text)


def _counted(n: int, reduction: str) -> str:
    return counted(n, reduction, "example", "examples")


def _probable_words(z: Value, t: Value, v: Value, reduction: str) -> str:
    words = _counted(prod(z.shape[:-1]), reduction)
    if not np.allclose(np.sum(t, axis=-1), 1):
        return f"{words}, the target does not sum to 1"
    return f"{words}, the target sums to 1: the rule is softmax - target"


SCORES = [[0.3, -0.5, 1.5], [-0.4, 2.1, -0.5]]
DEEP = [[[0.3, -0.5], [1.5, 0.2]], [[-0.4, 2.1], [-0.5, 1.0]], [[0.1, 0.2], [0.0, -1.0]]]
NO_ROWS = np.empty((0, 3))
OF_CLASSES = Domain(
    needs=SOME,
    defined=lambda z, t, reduction: reduction != "mean" or np.size(t) > 0,
    samples=(
        at([2.0, 1.0, 0.1], 0.0),
        at(SCORES, [0.0, 2.0]),
        at(SCORES, [1.0, 1.0], reduction="sum"),
        at(SCORES, [2.0, 0.0], reduction="none"),
        at([2.0, 1.0, 0.1], 2.0, reduction="none"),
        at(DEEP, [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]),
        at(DEEP, [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]], reduction="none"),
    ),
    edges=(
        at(NO_ROWS, []),
        at(NO_ROWS, [], reduction="sum"),
        at([[7.0]], [0.0]),
        at([1000.0, 0.0], 1.0),
        at([-np.inf, 0.0], 0.0),
        at([-np.inf, 0.0], 1.0),
        at([np.inf, 0.0], 1.0),
        at([[np.nan, 0.0], [1.0, 2.0]], [1.0, 0.0], reduction="none"),
    ),
)
TO_CLASS_AXIS = "movedim(-1, min(1, {0}.ndim - 1)), t.long(), reduction=reduction)"
LAST_AXIS = "the classes are the last axis (torch has them in axis 1), counted from 0"

CROSS_ENTROPY_PROBABILITIES = Composite(
    name="cross_entropy_probabilities",
    inputs=("z", "t"),
    call="cross_entropy",
    **REDUCED,
    shape=_probability_shape,
    forward=_probable_entropy,
    vjp=(_probable_to_z, _probable_to_t),
    rules=(
        lambda z, t, reduction: _probable_rule(
            "(softmax(z)*sum(t, axis=-1, keepdims=1) - t)", z, reduction
        ),
        lambda z, t, reduction: f"-{_probable_rule('log_softmax(z)', z, reduction)}",
    ),
    definition=lambda z, t, reduction: program(
        "p = softmax(z); -mean(sum(t*log(p), axis=-1))", prod(z[:-1]), reduction
    ),
    slips=(
        _probably_wrong(0, "sign", "(t - softmax(z)*sum(t, axis=-1, keepdims=1))"),
        _probably_wrong(0, "domain", "(softmax(z) - t)"),
        _probably_wrong(0, "wrong-local", "softmax(z)"),
        _probably_wrong(0, "input-for-output", "(z - t)"),
        _probably_wrong(0, "missing-local", "(-t/softmax(z))"),
        _probably_wrong(
            0, "constant-factor", "(softmax(z)*sum(t, axis=-1, keepdims=1) - t)", mean=False
        ),
        _probably_wrong(1, "sign", "log_softmax(z)"),
    ),
    torch="torch.nn.functional.cross_entropy(z.movedim(-1, min(1, z.ndim - 1)),"
    " t.movedim(-1, min(1, t.ndim - 1)), reduction=reduction)",
    domain=Domain(
        needs=SOME,
        defined=lambda z, t, reduction: reduction != "mean" or z.size > 0,
        samples=(
            at([2.0, 1.0, 0.1], [0.2, 0.3, 0.5]),
            at(SCORES, [[0.2, 0.3, 0.6], [0.0, 1.0, 0.0]]),
            at(SCORES, [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]], reduction="sum"),
            at(SCORES, [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]], reduction="none"),
            at(DEEP, DEEP),
        ),
        edges=(
            *EMPTY,
            at(NO_ROWS, NO_ROWS),
            at([1000.0, 0.0], [0.5, 0.5]),
            at([-np.inf, 0.0], [0.0, 1.0]),
            at([-np.inf, 0.0], [0.5, 0.5]),
            at([np.inf, 0.0], [0.5, 0.5]),
            at([1.0, 0.0], [np.inf, np.nan]),
        ),
    ),
    remark=_probable_words,
    notes="takes scores, not probabilities: the softmax is inside; the classes are the last axis",
)

CROSS_ENTROPY = Composite(
    name="cross_entropy",
    inputs=("z", "t"),
    **REDUCED,
    indices_from=1,
    instead=lambda z, t: CROSS_ENTROPY_PROBABILITIES if len(z) == len(t) else None,
    shape=_class_shape,
    forward=lambda z, t, reduction: _reduced(-picked(log_softmax(z), t), reduction),
    vjp=(_cross_entropy_to_z, None),
    rules=(
        lambda z, t, reduction: divided(
            f"{_upstream(t, reduction)}*(softmax(z) - one_hot(t, {z[-1]}))", prod(t), reduction
        ),
        None,
    ),
    definition=_entropy,
    slips=(
        _wrong(0, "sign", "(one_hot(t, {n}) - softmax(z))"),
        _wrong(0, "wrong-local", "softmax(z)"),
        _wrong(0, "input-for-output", "(z - one_hot(t, {n}))"),
        _wrong(0, "missing-local", "(-one_hot(t, {n})/softmax(z))"),
        _wrong(0, "inner-twice", "(softmax(z) - one_hot(t, {n}))*softmax(z)*(1 - softmax(z))"),
        _wrong(0, "constant-factor", "(softmax(z) - one_hot(t, {n}))", mean=False),
    ),
    torch=f"torch.nn.functional.cross_entropy(z.{TO_CLASS_AXIS.format('z')}",
    domain=OF_CLASSES,
    remark=lambda z, t, v, reduction: _counted(np.size(t), reduction),
    notes=f"takes scores, not probabilities: the softmax is inside; {LAST_AXIS}; "
    "a target of the scores' shape holds probabilities",
)

NLL = Composite(
    name="nll",
    inputs=("logp", "t"),
    also=("nll_loss",),
    **REDUCED,
    indices_from=1,
    shape=_class_shape,
    forward=lambda logp, t, reduction: _reduced(-picked(logp, t), reduction),
    vjp=(_nll_to_logp, None),
    rules=(
        lambda logp, t, reduction: divided(
            f"-{_upstream(t, reduction)}*one_hot(t, {logp[-1]})", prod(t), reduction
        ),
        None,
    ),
    definition=lambda logp, t, reduction: (
        program("-mean(pick(logp, t))", prod(t), reduction) if t else "-logp[t]"
    ),
    slips=(
        _wrong(0, "sign", "one_hot(t, {n})"),
        _wrong(0, "inner-twice", "(-one_hot(t, {n})/logp)"),
        _wrong(0, "wrong-local", "(-one_hot(t, {n})/exp(logp))"),
        _wrong(0, "constant-factor", "(-one_hot(t, {n}))", mean=False),
    ),
    torch=f"torch.nn.functional.nll_loss(logp.{TO_CLASS_AXIS.format('logp')}",
    domain=OF_CLASSES,
    remark=lambda logp, t, v, reduction: _counted(np.size(t), reduction),
    notes=f"takes logarithms of probabilities: log_softmax(z) of scores; {LAST_AXIS}",
)

ROWS = (CROSS_ENTROPY, CROSS_ENTROPY_PROBABILITIES, NLL)
