"""Products of vectors and matrices."""

from __future__ import annotations

from math import prod

import numpy as np

from backtrace.ops.axes import Misfit, Shape, broadcast
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.shapes import summed
from backtrace.ops.structural import Structural, at


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    """As numpy's and torch's: a vector is a row on the left and a column on the right."""
    if not a or not b:
        raise Misfit("@ is a product of vectors and matrices; a product with a number is written *")
    inner = b[0] if len(b) == 1 else b[-2]
    if a[-1] != inner:
        fits = len(b) > 1 and b[-1] == a[-1]
        advice = "; with the right one transposed (.T) they would fit" if fits else ""
        raise Misfit(f"the inner sizes {a[-1]} and {inner} differ{advice}")
    batch = broadcast(a[:-2], b[:-2])
    return (*batch, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))


def _to_left(g: Value, a: Value, b: Value, v: Value) -> Value:
    if b.ndim == 1:
        return np.expand_dims(g, -1) * b
    if a.ndim == 1:
        return (b @ np.expand_dims(g, -1))[..., 0]
    return g @ b.swapaxes(-1, -2)


def _to_right(g: Value, a: Value, b: Value, v: Value) -> Value:
    if a.ndim == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2) if b.ndim > 1 else g * a
    if a.ndim > 2 and b.ndim <= 2:
        # one product for the whole batch: a product for each would be summed afterwards
        rows = prod(a.shape[:-1])
        return a.reshape(rows, a.shape[-1]).T @ g.reshape(rows, *b.shape[1:])
    return a.swapaxes(-1, -2) @ g


def _left_rule(a: Shape, b: Shape) -> str:
    match len(a), len(b):
        case 1, 1:
            return "g*b"
        case 2, 1:
            return "outer(g, b)"
        case _, 1:
            return "unsqueeze(g, -1)*b"
        case 1, 2:
            return "b @ g"
        case 1, _:
            return summed("squeeze(b @ unsqueeze(g, -1), -1)", b[:-1], a)
        case _, 2:
            return "g @ b.T"
    return summed("g @ b.mT", (*broadcast(a[:-2], b[:-2]), *a[-2:]), a)


def _right_rule(a: Shape, b: Shape) -> str:
    match len(a), len(b):
        case 1, 1:
            return "g*a"
        case 1, 2:
            return "outer(a, g)"
        case 1, _:
            return "unsqueeze(a, -1)*unsqueeze(g, -2)"
        case 2, _:
            return "a.T @ g"
        case _, 1:
            return summed("a*unsqueeze(g, -1)", a, b)
    return summed("a.mT @ g", (*broadcast(a[:-2], b[:-2]), *b[-2:]), b)


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        raise Misfit("dot is a product of vectors; a product with a number is written *")
    if len(a) > 2 or len(b) > 2:
        raise Misfit("dot is for vectors and matrices: write a @ b for batches of them, or einsum")
    return _matmul_shape(a, b)


def _outer_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise Misfit("outer is a product of two vectors; flatten(x) makes a vector")
    return a + b


LEFT = [[1.0, 2.0, 0.5], [3.0, -4.0, 1.5]]
RIGHT = [[1.0, 0.5], [-1.0, 2.0], [0.3, 0.7]]
VECTOR, OTHER = [1.0, -2.0], [0.5, 3.0]
BATCH = [[[0.5, 3.0], [1.5, -0.5]], [[2.0, 0.1], [-1.0, 4.0]]]

ROWS = (
    Structural(
        name="matmul",
        linear=True,
        inputs=("a", "b"),
        notation="{0} @ {1}",
        call="matmul",
        also=("mm", "bmm", "mv"),
        shape=_matmul_shape,
        forward=lambda a, b: a @ b,
        vjp=(_to_left, _to_right),
        rules=(_left_rule, _right_rule),
        slips=(
            Slip(0, "transposed", "g @ b"),
            Slip(0, "transposed", "b.T @ g"),
            Slip(0, "transposed", "b @ g.T"),
            Slip(0, "transposed", "outer(b, g)"),
            Slip(0, "wrong-local", "g*a"),
            Slip(1, "transposed", "a @ g"),
            Slip(1, "transposed", "g @ a.T"),
            Slip(1, "transposed", "g.T @ a"),
            Slip(1, "transposed", "outer(g, a)"),
            Slip(1, "wrong-local", "g*b"),
        ),
        torch="torch.matmul",
        domain=Domain(
            samples=(
                at(LEFT, RIGHT),
                at(VECTOR, OTHER),
                at(VECTOR, LEFT),
                at(RIGHT, VECTOR),
                at([[VECTOR], [OTHER]], BATCH[0]),
                at(BATCH, BATCH),
                at(BATCH[0], BATCH),
                at(BATCH[:1], BATCH),
                at([BATCH], BATCH[0]),
                at(VECTOR, BATCH),
                at(BATCH, VECTOR),
                at([BATCH], VECTOR),
                at(*BATCH),
                at(BATCH[0], VECTOR),
                at(VECTOR, BATCH[1]),
            ),
            edges=(
                at([[1.0, np.inf]], [[0.0], [1.0]]),
                at([[np.nan]], [[0.0]]),
                at([[], []], []),
                at([], []),
                at([[[], []]], []),
            ),
        ),
        carries=True,
    ),
    Structural(
        name="dot",
        linear=True,
        inputs=("a", "b"),
        shape=_dot_shape,
        forward=lambda a, b: a @ b,
        vjp=(_to_left, _to_right),
        rules=(_left_rule, _right_rule),
        slips=(
            Slip(0, "wrong-local", "g*a"),
            Slip(1, "wrong-local", "g*b"),
        ),
        torch="torch.matmul",
        notes="the same as a @ b",
        domain=Domain(
            samples=(at(VECTOR, OTHER), at(LEFT, RIGHT), at(RIGHT, VECTOR), at(VECTOR, LEFT)),
            edges=(at([], []), at([np.inf, 1.0], [0.0, 2.0])),
        ),
        carries=True,
    ),
    Structural(
        name="outer",
        linear=True,
        inputs=("a", "b"),
        shape=_outer_shape,
        forward=lambda a, b: np.expand_dims(a, 1) * b,
        vjp=(lambda g, a, b, v: g @ b, lambda g, a, b, v: g.T @ a),
        rules=("g @ b", "g.T @ a"),
        slips=(
            Slip(0, "transposed", "g.T @ b"),
            Slip(0, "missing-local", "sum(g, axis=1)"),
            Slip(1, "transposed", "g @ a"),
            Slip(1, "missing-local", "sum(g, axis=0)"),
        ),
        torch="torch.outer",
        notes="entry i, j is a[i]*b[j]",
        domain=Domain(
            samples=(at(VECTOR, [0.5, 3.0, -1.0]), at(VECTOR, OTHER)),
            edges=(at([1.0, np.inf], [0.0]), at([], [1.0])),
        ),
        carries=True,
    ),
)
