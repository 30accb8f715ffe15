"""Rows of operations on whole arrays: what an entry of the result is depends on several others.

Such an operation has no derivative entry by entry. It has a rule, the vector-Jacobian product,
which says what every input gets when the gradient `g` arrives at its output: for `a @ b` these are
`g @ b.T` and `a.T @ g`. A rule stands in its row twice: as the numpy function that is computed, and
as a text in the language itself that is shown. The tests run the text and hold the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backtrace.ops.params import Kind
from backtrace.ops.rows import EachInput, Op, Value

Shape: TypeAlias = tuple[int, ...]
Params: TypeAlias = Mapping[str, Any]

# What an input gets: a function of (g, *inputs, v, **params) with g the gradient that arrives and v
# the output; broadcasting of the inputs is undone by the sweep. None: no gradient passes.
Vjp: TypeAlias = Callable[..., Value] | None
# The same as a program in the names of the inputs, g and v; or a function of (*shapes, **params)
# that gives it. Its value may be of any shape that broadcasts to that of the input. A text that
# begins with ":" is a sentence, where the language has no program for it.
Rule: TypeAlias = str | Callable[..., str] | None

SMALL = 1024  # entries; an array of them is made as fast as a view
MOST_ELEMENTS = 10**8  # of one node, or of one value: 800 MB
NAME = re.compile(r"""\"[^\"]*\"|(?<![\w.])[^\W\d]\w*""")  # a text in quotes has no names


class Misfit(ValueError):  # noqa: N818  (a misfit is what it is)
    """Inputs that an operation cannot take; the text says why, the caller adds names and shapes."""


class At(NamedTuple):
    """A point of a structural operation: arrays as nested lists, and params."""

    inputs: tuple[Any, ...]
    params: Params = MappingProxyType({})


def at(*inputs: Any, **params: Any) -> At:
    """A point as it stands in a row: `at([[1, 2], [3, 4]], axis=0)`."""
    return At(inputs, params)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Structural(Op):
    """An operation on whole arrays.

    The points of its domain are `At`. Everything is computed in float64; an input that holds
    indices or classes (from slot `indices_from` on) holds whole numbers, and gets no gradient.
    """

    kinds: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    gathers: str = ""  # the param that takes all further numbers: reshape(x, 2, 3)
    shape: Callable[..., Shape]  # of (*shapes, **params): the output's; raises Misfit
    vjp: tuple[Vjp, ...] | EachInput
    rules: tuple[Rule, ...] | Callable[..., str]  # or of (slot, *shapes, **params)
    indices_from: int | None = None
    # The row that is meant for inputs of these shapes; None: this one.
    instead: Callable[..., Structural | None] | None = None
    show: Callable[[Sequence[str], Params], str] | None = None  # where neither notation nor call is
    # What a reader should know at this node, of (*inputs, v, **params): "divides by n - 1 = 3".
    remark: Callable[..., str] | None = None

    @property
    def depends_on_shapes(self) -> bool:
        """Whether another row is meant for inputs of some shapes."""
        return self.instead is not None

    def passes(self, slot: int) -> bool:
        """Whether a gradient can pass to an input."""
        if self.indices_from is not None and slot >= self.indices_from:
            return False
        return isinstance(self.vjp, EachInput) or self.vjp[slot] is not None

    def is_index(self, slot: int) -> bool:
        """Whether an input holds indices or classes, which are whole numbers."""
        return self.indices_from is not None and slot >= self.indices_from

    def rule(self, slot: int, shapes: Sequence[Shape], params: Params) -> str:
        """What an input gets, as text in the names of the inputs, g and v."""
        if callable(self.rules):
            return self.rules(slot, *shapes, **params)
        rule = self.rules[slot]
        if rule is None:
            raise ValueError(f"no gradient passes to input {slot} of {self.name}")
        return rule(*shapes, **params) if callable(rule) else rule

    def names(self, arity: int) -> list[str]:
        """What its inputs are called in its rules; x1, x2, … where there may be any number."""
        fixed = [name for name in self.inputs if not name.startswith("*")]
        last = self.inputs[-1].lstrip("*")
        return [*fixed, *(f"{last}{k + 1}" for k in range(arity - len(fixed)))]

    def shown(self, labels: Sequence[str], params: Params) -> str:
        """The operation applied to inputs of these names, as text in the language."""
        if self.show is not None:
            return self.show(labels, params)
        return Op.shown(self, labels, params)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Composite(Structural):
    """An operation that is a program of others, with a forward and a rule that are stable.

    `definition` is the textbook's program in the names of the inputs, of (*shapes, **params).
    """

    definition: Callable[..., str]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A rule or a definition with other names put in: `g @ b.T` becomes `Ḡ @ W.T`."""
    return NAME.sub(lambda match: names.get(match[0], match[0]), text)


# -- what the rows share


def axes_of(axis: int | tuple[int, ...] | None, shape: Shape) -> tuple[int, ...]:
    """The axes that `axis` means, counted from 0 and in order. Raises Misfit."""
    dimensions = len(shape)
    if axis is None:
        return tuple(range(dimensions))
    given = (axis,) if isinstance(axis, int) else axis
    for a in given:
        if not -dimensions <= a < dimensions:
            raise Misfit(f"there is no axis {a}: {_has_axes(dimensions)}")
    found = sorted(a % dimensions for a in given)
    if len(set(found)) < len(found):
        raise Misfit("an axis is named twice")
    return tuple(found)


def axis_of(axis: int, shape: Shape) -> int:
    """One axis, counted from 0. Raises Misfit."""
    return axes_of(axis, shape)[0]


def _has_axes(dimensions: int) -> str:
    if dimensions == 0:
        return "the input is one number"
    return "the input has 1 axis, 0" if dimensions == 1 else f"the axes are 0 to {dimensions - 1}"


def reduced(shape: Shape, axis: int | tuple[int, ...] | None, keepdims: bool) -> Shape:
    """The shape that is left when `axis` has been summed over. Raises Misfit."""
    if axis is None and not keepdims:
        return ()
    axes = axes_of(axis, shape)
    if keepdims:
        return tuple(1 if a in axes else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


def restored(g: Value, shape: Shape, axis: int | tuple[int, ...] | None, keepdims: bool) -> Value:
    """What was reduced with `axis`, with the axes again as axes of size 1, or as one number."""
    if keepdims or axis is None or not shape:
        return g
    return np.reshape(g, reduced(shape, axis, True))


def filled(g: Value, shape: Shape) -> Value:
    """`g` in every place of a shape that it broadcasts to; without the memory where that is much.

    A view costs little memory and some time, which for a few entries is the other way round.
    """
    if prod(shape) >= SMALL:
        return np.broadcast_to(g, shape)
    everywhere = np.empty(shape)  # np.full takes three times as long
    everywhere[...] = g
    return everywhere


def count(shape: Shape, axis: int | tuple[int, ...] | None) -> int:
    """How many entries go into one entry of the result."""
    if axis is None:
        return prod(shape)
    return prod(shape[a] for a in axes_of(axis, shape))


@lru_cache(maxsize=1024)  # a program asks for the same ones again and again
def broadcast(*shapes: Shape) -> Shape:
    """The shape that these have together. Raises Misfit."""
    rank = max(map(len, shapes))
    found = [1] * rank
    for shape in shapes:  # numpy's broadcast_shapes takes three times as long
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1 and found[axis] != size:
                if found[axis] != 1:
                    raise Misfit("the shapes do not combine")
                found[axis] = size
    return tuple(found)


def too_large(shape: Shape, what: str = "the result") -> Misfit:
    """The error for an array with more than MOST_ELEMENTS."""
    size = f"{prod(shape):,} elements, of shape {shape}"
    return Misfit(f"{what} would have {size}; at most {MOST_ELEMENTS:,}")


def whole(indices: Value, size: int, what: str = "an index") -> Any:
    """Indices as whole numbers from 0 to size - 1; negative ones count from the end.

    Raises Misfit for what is no whole number or out of range.
    """
    found = np.asarray(indices)
    with np.errstate(invalid="ignore"):
        numbers = found.astype(np.int64)
    wrong = numbers != found
    if np.any(wrong):
        raise Misfit(f"{what} must be a whole number, not {float(found[wrong].flat[0]):g}")
    outside = (numbers < -size) | (numbers >= size)
    if np.any(outside):
        most = f"they go from 0 to {size - 1}" if size else "there are none"
        raise Misfit(f"{what} is {int(numbers[outside].flat[0])}, but {most}")
    return np.where(numbers < 0, numbers + size, numbers)[()]
