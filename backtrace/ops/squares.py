"""What a square matrix has: a trace, a determinant, an inverse, the solutions of its equations."""

from __future__ import annotations

import numpy as np

from backtrace.ops.axes import Misfit, Shape, broadcast
from backtrace.ops.rows import Array, Domain, Slip, Value
from backtrace.ops.shapes import summed
from backtrace.ops.structural import Structural, at

MATRIX = [[2.0, 1.0, -0.5], [0.3, -1.5, 1.0], [1.0, 0.4, 3.0]]
SMALL = [[1.0, 2.0], [3.0, -1.0]]
SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
COUNTED = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]  # singular, as every student finds


def _require_square(a: Shape) -> None:
    if len(a) < 2:
        raise Misfit("the input must be a square matrix, or a batch of them")
    if a[-1] != a[-2]:
        raise Misfit(f"the matrix must be square, and has {a[-2]} rows and {a[-1]} columns")


# -- trace


def _trace_shape(a: Shape) -> Shape:
    if len(a) != 2:
        raise Misfit('the input must be a matrix; for a batch write einsum("bii->b", x)')
    return ()


def _on_diagonal(g: Value, a: Value, v: Value) -> Value:
    gradient = np.zeros(a.shape)
    np.fill_diagonal(gradient[: a.shape[1]], g)  # of a tall matrix it would start again below
    return gradient


# -- determinant


def _det_shape(a: Shape) -> Shape:
    _require_square(a)
    return a[:-2]


def _det(a: Value) -> Value:
    """The determinant; where numpy says 0 although 0 × inf or nan arises, nan, as torch."""
    found = np.linalg.det(a)
    lost = (found == 0) & ~np.isfinite(a).all(axis=(-1, -2))
    return np.where(lost, np.nan, found)[()]


def _cofactors(a: Array) -> Array:
    """The derivative of the determinant: det(a)·inv(a)ᵀ, and what it tends to at singular matrices.

    With a = u·s·w of the singular value decomposition, entry i of the diagonal of the cofactors of
    s is the product of all other singular values, so nothing is divided by 0. nan where a matrix
    has inf or nan, as torch.
    """
    finite = np.isfinite(a).all(axis=(-1, -2), keepdims=True)
    u, s, w = np.linalg.svd(np.where(finite, a, 0.0))
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, np.expand_dims(s, -2)).prod(axis=-1)
    sign = np.expand_dims(np.round(np.linalg.det(u) * np.linalg.det(w)), (-1, -2))
    return np.where(finite, sign * (u * np.expand_dims(others, -2)) @ w, np.nan)


def _det_rule(a: Shape) -> str:
    return "g*v*inv(a).T" if len(a) == 2 else "unsqueeze(g*v, (-2, -1))*inv(a).mT"


# torch's first derivative is 0 wherever the determinant is exactly 0; the one it takes for second
# derivatives (create_graph) is right. `y` holds the singular matrices, and 1 in place of others.
DET_IN_TORCH = (
    "(lambda d: (lambda y: torch.where(d == 0, ((a - y.detach())*torch.autograd.grad("
    "torch.linalg.det(y).sum(), y, create_graph=True)[0].detach()).sum((-2, -1)), d))"
    "(torch.where((d == 0).unsqueeze(-1).unsqueeze(-1), a, torch.eye(a.shape[-1]).double())"
    ".detach().requires_grad_()))(torch.linalg.det(a))"
)


# -- inverse and equations


def _inv_shape(a: Shape) -> Shape:
    _require_square(a)
    return a


def _inv(a: Value) -> Value:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        raise Misfit("the matrix is singular, so it has no inverse") from None


def _inv_rule(a: Shape) -> str:
    return "-v.T @ g @ v.T" if len(a) == 2 else "-v.mT @ g @ v.mT"


def _is_vector(a: Shape, b: Shape) -> bool:
    """Whether b holds a right side for each matrix, as torch has it; otherwise columns of them."""
    return len(b) == 1 or b == a[:-1]


def _solve_shape(a: Shape, b: Shape) -> Shape:
    _require_square(a)
    if not b:
        raise Misfit("b must be a vector or a matrix")
    columns = () if _is_vector(a, b) else b[-1:]
    rows = b[-2] if columns else b[-1]
    if rows != a[-1]:
        raise Misfit(f"{a[-1]} equations have {a[-1]} right sides, and b has {rows} rows")
    batch = broadcast(a[:-2], b[: -1 - len(columns)])
    return (*batch, a[-1], *columns)


def _solve(a: Value, b: Value) -> Value:
    try:
        if _is_vector(np.shape(a), np.shape(b)):
            return np.linalg.solve(a, np.expand_dims(b, -1))[..., 0]
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise Misfit("the matrix a is singular: there is no one solution") from None


def _to_right_side(g: Value, a: Value, b: Value, v: Value) -> Value:
    """The solution for the matrix turned over; with a batch of a, b may be one vector for all."""
    vector = _is_vector(a.shape, b.shape)
    sides = np.expand_dims(g, -1) if vector else g
    try:
        columns = np.linalg.solve(a.swapaxes(-1, -2), sides)
    except np.linalg.LinAlgError:  # it rounds to a singular matrix, and a itself does not
        columns = np.linalg.inv(a).swapaxes(-1, -2) @ sides
    return columns[..., 0] if vector else columns


def _to_matrix(g: Value, a: Value, b: Value, v: Value) -> Value:
    sides = _to_right_side(g, a, b, v)
    if _is_vector(a.shape, b.shape):
        return -np.expand_dims(sides, -1) * np.expand_dims(v, -2)
    return -sides @ v.swapaxes(-1, -2)


def _matrix_rule(a: Shape, b: Shape) -> str:
    if _is_vector(a, b):
        if len(a) == 2:
            return "-outer(solve(a.T, g), v)"
        return "-unsqueeze(solve(a.mT, g), -1)*unsqueeze(v, -2)"
    if len(a) == len(b) == 2:
        return "-solve(a.T, g) @ v.T"
    return summed("-solve(a.mT, g) @ v.mT", (*broadcast(a[:-2], b[:-2]), *a[-2:]), a)


def _right_side_rule(a: Shape, b: Shape) -> str:
    turned = "a.T" if len(a) == 2 else "a.mT"
    return summed(f"solve({turned}, g)", _solve_shape(a, b), b)


ROWS = (
    Structural(
        name="trace",
        inputs=("a",),
        shape=_trace_shape,
        forward=lambda a: np.trace(a),
        vjp=(_on_diagonal,),
        rules=(":g on the diagonal, 0 elsewhere",),
        slips=(
            Slip(0, "wrong-local", "g"),
            Slip(0, "wrong-local", "g*a"),
        ),
        torch="torch.trace",
        domain=Domain(
            samples=(at(MATRIX), at([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), at([[1.0], [2.0]])),
            edges=(at([[]]), at([[1.0, np.inf], [np.nan, 2.0]])),
        ),
    ),
    Structural(
        name="det",
        two_paths=True,  # where inf arrives, torch adds inf and -inf by the layout of the memory
        inputs=("a",),
        shape=_det_shape,
        forward=_det,
        vjp=(lambda g, a, v: np.expand_dims(g, (-1, -2)) * _cofactors(a),),
        rules=(_det_rule,),
        slips=(
            Slip(0, "transposed", lambda a: _det_rule(a).removesuffix(".mT").removesuffix(".T")),
            Slip(0, "wrong-local", lambda a: _det_rule(a).replace("g*v", "g")),
            Slip(0, "wrong-local", lambda a: "g*v" if len(a) == 2 else "unsqueeze(g*v, (-2, -1))"),
        ),
        torch=DET_IN_TORCH,
        remark=lambda a, v: (
            "singular: the gradient is g times the cofactors" if np.any(v == 0) else ""
        ),
        notes="the derivative is the matrix of cofactors, det(a)*inv(a).T where there is an"
        " inverse; torch's own gradient is 0 at singular matrices, except with create_graph",
        domain=Domain(
            samples=(at(MATRIX), at(SMALL), at([SMALL, [[0.5, 0.0], [1.0, 4.0]]])),
            edges=(
                at(SINGULAR),
                at(COUNTED),
                at([SMALL, SINGULAR]),
                at([[0.0, 0.0], [0.0, 0.0]]),
                at([[0.0]]),
                at([[0.0, np.inf], [0.0, 1.0]]),
                at([[2.0, 0.0], [0.0, np.inf]]),
                at([[np.nan, 0.0], [0.0, 0.0]]),
            ),
        ),
    ),
    Structural(
        name="inv",
        two_paths=True,  # where inf arrives, torch adds inf and -inf by the layout of the memory
        inputs=("a",),
        also=("inverse",),
        shape=_inv_shape,
        forward=_inv,
        vjp=(lambda g, a, v: -v.swapaxes(-1, -2) @ g @ v.swapaxes(-1, -2),),
        rules=(_inv_rule,),
        slips=(
            Slip(0, "sign", lambda a: _inv_rule(a)[1:]),
            Slip(0, "transposed", "-v @ g @ v"),
            Slip(0, "wrong-local", "-g*v**2"),
            Slip(0, "wrong-local", "-g/a**2"),
        ),
        torch="torch.linalg.inv",
        domain=Domain(
            samples=(at(MATRIX), at(SMALL), at([SMALL, [[0.5, 0.0], [1.0, 4.0]]])),
            edges=(at([[4.0]]), at([[1.0, np.nan], [0.0, 1.0]])),
        ),
    ),
    Structural(
        name="solve",
        two_paths=True,  # where inf arrives, torch adds inf and -inf by the layout of the memory
        inputs=("a", "b"),
        shape=_solve_shape,
        forward=_solve,
        vjp=(_to_matrix, _to_right_side),
        rules=(_matrix_rule, _right_side_rule),
        slips=(
            Slip(0, "sign", lambda a, b: _matrix_rule(a, b).replace("-", "", 1)),
            Slip(0, "transposed", "-outer(v, solve(a.T, g))"),
            Slip(0, "transposed", "-outer(solve(a, g), v)"),
            Slip(1, "transposed", "solve(a, g)"),
        ),
        torch="torch.linalg.solve",
        notes="the x with a @ x = b; b is a vector, or a matrix with a right side in each column",
        domain=Domain(
            samples=(
                at(MATRIX, [1.0, -2.0, 0.5]),
                at(SMALL, [[1.0, 0.5, 2.0], [-1.0, 3.0, 0.1]]),
                at([SMALL, [[0.5, 0.0], [1.0, 4.0]]], [[1.0, 2.0], [0.3, -1.0]]),
                at([SMALL, [[0.5, 0.0], [1.0, 4.0]]], [1.0, 2.0]),
                at([SMALL, [[0.5, 0.0], [1.0, 4.0]]], [[1.0], [2.0]]),
                at(SMALL, [[[1.0], [2.0]], [[0.3], [-1.0]]]),
            ),
            edges=(at([[4.0]], [2.0]), at([[1.0, np.nan], [0.0, 1.0]], [1.0, 2.0])),
        ),
    ),
)
