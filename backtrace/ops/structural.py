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
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from backtrace.ops.axes import Shape
from backtrace.ops.params import Kind
from backtrace.ops.rows import EachInput, Op, Value

Params: TypeAlias = Mapping[str, Any]

# What an input gets: a function of (g, *inputs, v, **params) with g the gradient that arrives and v
# the output; broadcasting of the inputs is undone by the sweep. None: no gradient passes.
Vjp: TypeAlias = Callable[..., Value] | None
# The same as a program in the names of the inputs, g and v; or a function of (*shapes, **params)
# that gives it. Its value may be of any shape that broadcasts to that of the input. A text that
# begins with ":" is a sentence, where the language has no program for it.
Rule: TypeAlias = str | Callable[..., str] | None

NAME = re.compile(r"""\"[^\"]*\"|(?<![\w.])[^\W\d]\w*""")  # a text in quotes has no names


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
    moves: bool = False  # entries are only moved, repeated or picked: reshape, .T, x[0]
    linear: bool = False  # in every input alone: a factor of one can stand before the whole
    pairs: bool = False  # it goes through two arrays entry by entry: a loss
    # What a reader should know at this node, of (*inputs, v, **params): "divides by n - 1 = 3".
    remark: Callable[..., str] | None = None

    @property
    def depends_on_shapes(self) -> bool:
        """Whether another row is meant for inputs of some shapes."""
        return self.instead is not None

    def passes(self, slot: int) -> bool:
        """Whether a gradient can pass to an input."""
        return not self.is_index(slot) and self.vjp[slot] is not None

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

    def shown(self, labels: Sequence[str], params: Params) -> str:
        """The operation applied to inputs of these names, as text in the language."""
        if self.show is not None:
            return self.show(labels, params)
        return Op.shown(self, labels, params)  # super() fails in a class made anew with slots

    def signature(self, names: Sequence[str]) -> str:
        """How it is called on inputs of these names: `sum(x, axis=None)`, `einsum("…", x1, …)`."""
        if self.show is not None:
            return self.show([*names, "…"], dict.fromkeys(self.params, "…"))
        return Op.signature(self, names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Composite(Structural):
    """An operation that is a program of others, with a forward and a rule that are stable.

    `definition` is the textbook's program in the names of the inputs, of (*shapes, **params).
    """

    definition: Callable[..., str]


def sentence(rule: str) -> str | None:
    """What a rule says in words; None of one that is a program."""
    return rule[1:] if rule.startswith(":") else None


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A rule or a definition with other names put in: `g @ b.T` becomes `Ḡ @ W.T`."""
    return NAME.sub(lambda match: names.get(match[0], match[0]), text)
