"""What all losses share: how the losses of the entries are put together.

A loss of every entry is worked out first, then they are reduced: the mean, the sum, or none. With
the mean every entry gets g/n of the gradient, which the rules show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import Misfit, Shape, broadcast, require_room
from backtrace.ops.params import Kind
from backtrace.ops.rows import Slip, Value
from backtrace.ops.structural import Composite, at

REDUCTION = {"reduction": "mean"}
KINDS = {"reduction": kinds.one_of("mean", "sum", "none")}
ALWAYS_SHOWN = ("reduction",)
# What the row of a loss has that takes no other params.
REDUCED: Mapping[str, Any] = MappingProxyType(
    {"params": REDUCTION, "kinds": KINDS, "always_shown": ALWAYS_SHOWN}
)
SOME = "at least one entry for the mean"


def over(n: float, reduction: str) -> np.float64:
    """What the sum of the losses is divided by; a mean of none divides by 0."""
    return np.float64(1 if reduction in {"sum", "none"} else n)


def divided(rule: str, n: int, reduction: str) -> str:
    """A rule with the divisor of the reduction: `g*(p - y)/4`."""
    return rule if over(n, reduction) == 1 else f"{rule}/{n}"


def program(mean: str, n: int, reduction: str) -> str:
    """A definition whose last statement has a `mean(…)`, with another reduction in its place."""
    if reduction == "mean":
        return mean
    if reduction == "none":
        before, loss = mean.removesuffix(")").split("mean(")
        return f"{before}({loss})" if before.endswith("-") and " + " in loss else before + loss
    return divided(mean.replace("mean(", "sum("), n, reduction)


def counted(n: int, reduction: str, one: str = "entry", many: str = "entries") -> str:
    """The reduction in words: `mean over 4 entries`."""
    if reduction == "none":
        return f"a loss for every {one}"
    if reduction == "batchmean":
        return f"sum divided by {n} {'row' if n == 1 else 'rows'}"
    return f"{reduction} over {n} {one if n == 1 else many}"


def together(a: Shape, b: Shape) -> Shape:
    """The shape of two inputs that may stretch each other. Raises Misfit."""
    both = broadcast(a, b)
    require_room(both, "the two together")  # although the loss is one number
    return both


def equal(a: Shape, b: Shape) -> Shape:
    """The shape of two inputs that must not stretch each other. Raises Misfit."""
    if a != b:
        raise Misfit("both must have the same shape")
    return a


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Pairs:
    """A loss of two inputs, entry by entry; its functions take (a, b) and the params of its own.

    `words` takes the reduction too.
    """

    entries: Callable[..., Value]
    summed: Callable[..., Value] | None = None  # the sum of the entries, where there is a short cut
    products: tuple[Callable[..., Value], Callable[..., Value]]  # of (g, a, b), g of every entry
    rules: tuple[Callable[..., str], Callable[..., str]]  # of the params, before the division by n
    slips: tuple[Slip, ...] = ()  # with texts that are wrong rules, before the division by n
    definition: Callable[..., str]  # with `mean(…)` in its last statement
    words: Callable[..., str] = lambda a, b, **params: ""  # what else there is to remark
    shape: Callable[[Shape, Shape], Shape] = together

    def result(self, a: Shape, b: Shape, reduction: str) -> Shape:
        """The shape of the loss. Raises Misfit."""
        both = self.shape(a, b)
        return both if reduction == "none" else ()

    def forward(self, a: Value, b: Value, reduction: str, **own: float) -> Value:
        """The loss."""
        if reduction == "none":
            return self.entries(a, b, **own)
        found = self.summed(a, b, **own) if self.summed else np.sum(self.entries(a, b, **own))
        return found / over(self.count(np.shape(a), np.shape(b), reduction), reduction)

    def product(
        self, slot: int, g: Value, a: Value, b: Value, reduction: str, **own: float
    ) -> Value:
        """What an input gets, stretched to the shape of both."""
        shapes = np.shape(a), np.shape(b)
        if reduction != "none":
            g = g / over(self.count(*shapes, reduction), reduction)
        if shapes[0] != shapes[1]:
            g = np.broadcast_to(g, broadcast(*shapes))
        return self.products[slot](g, a, b, **own)

    def count(self, a: Shape, b: Shape, reduction: str) -> int:
        """How many entries, or with batchmean how many rows of the first input."""
        if reduction == "batchmean":
            return a[0] if a else 1
        return prod(self.shape(a, b))

    def rule(self, slot: int, a: Shape, b: Shape, reduction: str, **own: float) -> str:
        """The rule of an input as text."""
        return divided(self.rules[slot](**own), self.count(a, b, reduction), reduction)

    def wrong(self, slip: Slip, a: Shape, b: Shape, reduction: str, **own: float) -> str:
        """The wrong rule of a slip as text."""
        return divided(slip.program((), own), self.count(a, b, reduction), reduction)

    def without_mean(self, slot: int, a: Shape, b: Shape, reduction: str, **own: float) -> str:  # noqa: ARG002
        """The rule of an input without the division by n, as text."""
        return self.rules[slot](**own)

    def all_slips(self) -> Iterator[Slip]:
        """Those of the row, and the 1/n that is left out."""
        for slip in self.slips:
            yield slip._replace(text=partial(self.wrong, slip))
        for slot in range(2):
            yield Slip(slot, "constant-factor", partial(self.without_mean, slot))

    def defined_as(self, a: Shape, b: Shape, reduction: str, **own: float) -> str:
        """The definition as a program."""
        return program(self.definition(**own), self.count(a, b, reduction), reduction)

    def remark(self, a: Value, b: Value, reduction: str, **own: float) -> str:
        """The reduction and the factor in words."""
        n = self.count(np.shape(a), np.shape(b), reduction)
        further = self.words(a, b, reduction=reduction, **own)
        return f"{counted(n, reduction)}, {further}" if further else counted(n, reduction)

    def row(
        self,
        params: Mapping[str, Any] = MappingProxyType({}),
        reductions: Mapping[str, Kind] = KINDS,
        **facts: Any,
    ) -> Composite:
        """The row of the operation table, with further facts as they stand in a row."""
        return Composite(
            params={**params, **REDUCTION},
            kinds=reductions,
            always_shown=ALWAYS_SHOWN,
            pairs=True,
            shape=lambda a, b, reduction, **own: self.result(a, b, reduction),
            forward=self.forward,
            vjp=(
                lambda g, a, b, v, **params: self.product(0, g, a, b, **params),
                lambda g, a, b, v, **params: self.product(1, g, a, b, **params),
            ),
            rules=(
                lambda a, b, **params: self.rule(0, a, b, **params),
                lambda a, b, **params: self.rule(1, a, b, **params),
            ),
            slips=tuple(self.all_slips()),
            definition=self.defined_as,
            remark=lambda a, b, v, **params: self.remark(a, b, **params),
            **facts,
        )


def not_empty(a: Value, b: Value, reduction: str, **own: float) -> bool:
    """Whether there is an entry to take the mean of."""
    return reduction != "mean" or prod(broadcast(np.shape(a), np.shape(b))) > 0


EMPTY = (at([], []), at([], [], reduction="sum"))  # points that torch takes
