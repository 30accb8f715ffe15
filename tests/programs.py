"""Random programs of arrays, with the shape that their value has by numpy's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np
from hypothesis import strategies as st

from backtrace.ops import OPS, Elementwise
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Value

Item = TypeVar("Item")
SHAPES: dict[str, Shape] = {
    "s": (),
    "t": (),
    "x": (3,),
    "y": (3,),
    "u": (2,),
    "o": (1,),
    "A": (2, 3),
    "B": (3, 2),
    "S": (3, 3),
    "R": (1, 3),
    "K": (3, 1),
    "D": (2, 2, 3),
    "n": (0,),
    "N": (0, 3),
}
INDICES: dict[str, Shape] = {"i": (), "j": (2,)}  # 0 and 1
PALETTES: dict[str, tuple[float, ...]] = {
    "ordinary": (),
    "ties": (-1.0, 0.0, 1.0, 2.0),
    "far": (30.0, -40.0, 100.0, 1.0, 0.0),
    "awkward": (0.0, -0.0, 1.0, 2.0, -1.0, np.inf, np.nan),
}
LARGEST = 200  # entries of a value, and characters of an expression


def one_in_torch(row: Elementwise) -> bool:
    """Whether torch has the operation as one function, and not several that round in between."""
    return row.torch.replace(".", "").isidentifier()


ROWS = [op for op in OPS.values() if isinstance(op, Elementwise) and one_in_torch(op)]
UNARY = [op for op in ROWS if len(op.inputs) == 1 and not op.variadic]
BINARY = [op for op in ROWS if len(op.inputs) == 2 and not op.variadic]
PLAIN = ["exp", "tanh", "relu", "sigmoid", "abs", "square", "neg", "add", "sub", "mul", "div"]


class Term(NamedTuple):
    """An expression that can stand wherever a name can, and its shape."""

    text: str
    shape: Shape

    def called(self, function: str, *more: str) -> str:
        """A function of it: `sum(x, axis=0)`."""
        return f"{function}({', '.join([self.text, *more])})"


class Program(NamedTuple):
    """A program with the shape of its output, and values for its names."""

    text: str
    shape: Shape
    values: dict[str, Value]
    seed: Value | None


class Writer:
    """Makes one program; `choose` decides everything."""

    def __init__(self, choose: Callable[[Sequence[Any]], Any]) -> None:
        self.choose = choose
        self.statements: list[str] = []
        self.named: list[Term] = []

    def often(self, times: int, of: int) -> bool:
        """Whether to do what is done so many times of so many."""
        return bool(self.choose(range(of)) < times)

    def leaf(self) -> Term:
        """A variable, a literal, or a name that was given before."""
        if self.named and self.often(1, 3):
            return self.choose(self.named)  # type: ignore[no-any-return]
        if self.often(1, 12):
            return Term(self.choose(["(2)", "(1)", "(0.25)", "(3.)"]), ())
        name = self.choose(list(SHAPES))
        return Term(name, SHAPES[name])

    def term(self, depth: int) -> Term:
        """An expression of some depth, now and then under a name of its own."""
        if depth < 1:
            return self.leaf()
        base = self.term(depth - 1)
        for _ in range(3):
            made = self.choose(MAKERS)(self, base)
            if made is not None and max(prod(made.shape), len(made.text)) <= LARGEST:
                break
        else:
            return base
        if self.often(1, 3):
            name = f"h{len(self.named)}"
            self.statements.append(f"{name} = {made.text}")
            self.named.append(Term(name, made.shape))
            return self.named[-1]
        return Term(f"({made.text})", made.shape)

    def other(self, shape: Shape) -> Term:
        """A leaf that broadcasts with a shape, if one was found; otherwise one that does not."""
        tried = [self.leaf() for _ in range(3)]
        return next((t for t in tried if fits(t.shape, shape)), tried[0])

    def axis(self, shape: Shape) -> int | tuple[int, ...]:
        """An axis of a shape, or several."""
        rank = len(shape)
        if rank > 1 and self.often(1, 4):
            left_out = self.choose(range(rank))
            return tuple(a for a in range(rank) if a != left_out)
        return self.choose(range(-rank, rank))  # type: ignore[no-any-return]


def fits(*shapes: Shape) -> Shape | None:
    """The shape that these have together in numpy, or None."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


# -- what can be made of a term; None: nothing, here


def unary(writer: Writer, a: Term) -> Term:
    op = OPS[writer.choose(PLAIN[:7])] if writer.often(1, 2) else writer.choose(UNARY)
    return Term(op.shown([a.text], op.params), a.shape)


def binary(writer: Writer, a: Term) -> Term | None:
    op = OPS[writer.choose(PLAIN[7:])] if writer.often(2, 3) else writer.choose(BINARY)
    b = writer.other(a.shape)
    shape = fits(a.shape, b.shape)
    return None if shape is None else Term(op.shown([a.text, b.text], op.params), shape)


def choice(writer: Writer, a: Term) -> Term | None:
    b, c = writer.other(a.shape), writer.leaf()
    shape = fits(a.shape, b.shape, c.shape)
    form = writer.choose(["where({2} > 0, {0}, {1})", "max({}, {}, {})", "min({}, {}, {})"])
    return None if shape is None else Term(form.format(a.text, b.text, c.text), shape)


def reduction(writer: Writer, a: Term) -> Term | None:
    name = writer.choose(["sum", "mean", "amax", "amin", "logsumexp", "norm", "prod", "var", "std"])
    more = ["correction=0"] if name in ("var", "std") else []
    if 0 in a.shape and name[:2] == "am":
        return None
    if not a.shape or writer.often(1, 3):
        return Term(a.called(name, *more), ())
    axis, keep = writer.axis(a.shape), writer.often(1, 2)
    if name == "prod" and not isinstance(axis, int):
        return None
    shape = np.zeros(a.shape).sum(axis=axis, keepdims=keep).shape
    if writer.often(1, 3):
        inner = ", ".join([f"dim={axis}", f"keepdim={keep}", *more])
        return Term(f"{a.text}.{name}({inner})", shape)
    return Term(a.called(name, f"axis={axis}", f"keepdims={keep}", *more), shape)


def along(writer: Writer, a: Term) -> Term | None:
    if not a.shape:
        return None
    name = writer.choose(["softmax", "log_softmax", "cumsum", "max", "min", "layer_norm"])
    axis = writer.choose(range(-len(a.shape), len(a.shape)))
    if name == "layer_norm":
        return Term(a.called(name), a.shape)
    if name in ("max", "min"):
        gone = np.zeros(a.shape).sum(axis=axis).shape
        return None if a.shape[axis] == 0 else Term(a.called(name, f"axis={axis}"), gone)
    return Term(a.called(name, f"axis={axis}"), a.shape)


def product(writer: Writer, a: Term) -> Term | None:
    b = writer.leaf()
    try:
        shape = np.matmul(np.zeros(a.shape), np.zeros(b.shape)).shape
    except ValueError:
        if len(a.shape) == len(b.shape) == 1:
            return Term(f"outer({a.text}, {b.text})", a.shape + b.shape)
        return None
    return Term(f"{a.text} @ {b.text}", shape)


def moved(writer: Writer, a: Term) -> Term | None:
    count, zeros = prod(a.shape), np.zeros(a.shape)
    match writer.choose(["T", "reshape", "flatten", "unsqueeze", "squeeze", "expand", "transpose"]):
        case "T" if len(a.shape) < 3:
            return Term(f"{a.text}.T", a.shape[::-1])
        case "reshape" if count:
            rows = writer.choose([k for k in range(1, count + 1) if count % k == 0])
            form = writer.choose(["reshape({0}, ({1}, -1))", "{0}.reshape({1}, {2})"])
            return Term(form.format(a.text, rows, count // rows), (rows, count // rows))
        case "flatten":
            return Term(a.called("flatten"), (count,))
        case "unsqueeze":
            axis = writer.choose(range(-len(a.shape) - 1, len(a.shape) + 1))
            return Term(a.called("unsqueeze", str(axis)), np.expand_dims(zeros, axis).shape)
        case "squeeze":
            return Term(a.called("squeeze"), np.squeeze(zeros).shape)
        case "expand":
            return Term(a.called("broadcast_to", str((2, *a.shape))), (2, *a.shape))
        case "transpose" if len(a.shape) > 1:
            return Term(a.called("transpose", "0", "-1"), np.swapaxes(zeros, 0, -1).shape)
    return None


def indexed(writer: Writer, a: Term) -> Term | None:
    items: list[tuple[str, Any]] = []
    for size in a.shape[: writer.choose(range(1, 4))]:
        forms: list[tuple[str, Any]] = [(":", np.s_[:]), ("1:", np.s_[1:]), ("::2", np.s_[::2])]
        forms += [("-1", -1), ("[0, -1, 0]", np.array([0, -1, 0]))] if size else []
        forms += [("i", 0), ("j", np.array([0, 1]))] if size > 1 else []
        items.append(writer.choose(forms))
    if not items:
        return None
    if writer.often(1, 4):
        items.append(("...", ...))
    arrays = [isinstance(key, np.ndarray | int) for _, key in items]
    if any(isinstance(key, np.ndarray) for _, key in items) and sum(arrays) > 1:
        return None  # numpy and torch may put the axes of the result in another order
    shape = np.zeros(a.shape)[tuple(key for _, key in items)].shape
    return Term(f"{a.text}[{', '.join(text for text, _ in items)}]", shape)


def joined(writer: Writer, a: Term) -> Term | None:
    b = writer.leaf()
    if a.shape == b.shape:
        form = writer.choose(["[{}, {}]", "stack(({}, {}))", "stack([{}, {}], axis=0)"])
        return Term(form.format(a.text, b.text), (2, *a.shape))
    if not a.shape or len(a.shape) != len(b.shape) or a.shape[1:] != b.shape[1:]:
        return None
    shape = (a.shape[0] + b.shape[0], *a.shape[1:])
    return Term(f"concatenate([{a.text}, {b.text}])", shape)


def loss(writer: Writer, a: Term) -> Term | None:
    how = writer.choose(["mean", "sum", "none"])
    targets = {(2,): "i", (3,): "i", (2, 3): "j", (2, 2): "j"}
    if a.shape in targets and writer.often(1, 2):
        name = writer.choose(["cross_entropy", "nll"])
        shape = a.shape[:-1] if how == "none" else ()
        return Term(a.called(name, targets[a.shape], f'reduction="{how}"'), shape)
    b = writer.other(a.shape)
    together = fits(a.shape, b.shape)
    if together is None:
        return None
    name = writer.choose(["mse", "mae", "huber", "smooth_l1", "hinge"])
    return Term(a.called(name, b.text, f'reduction="{how}"'), together if how == "none" else ())


Maker = Callable[[Writer, Term], Term | None]
MAKERS: list[Maker] = [
    *[unary, unary, binary, binary, binary, choice, reduction, reduction, along],
    *[product, moved, moved, indexed, joined, loss],
]


@st.composite
def programs(draw: st.DrawFn, palettes: Sequence[str] = tuple(PALETTES)) -> Program:
    """A program that can be traced, and values of one palette."""
    writer = Writer(lambda items: draw(st.sampled_from(items)))
    term = writer.term(draw(st.integers(1, 5)))
    end = writer.choose(["sum({})", "mean({})", "sum(({})**2)", "mean(sin({}))", "{}"])
    text = "; ".join([*writer.statements, end.format(term.text)])
    shape = term.shape if end == "{}" else ()
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    palette = PALETTES[draw(st.sampled_from(palettes))]
    values: dict[str, Value] = {
        name: random.choice(palette, size) if palette else random.normal(0, 1.5, size)
        for name, size in SHAPES.items()
    }
    values |= {name: random.integers(0, 2, size) for name, size in INDICES.items()}
    seed = random.normal(0, 1, shape) if shape else None
    return Program(text, shape, values, seed)
