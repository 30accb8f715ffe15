"""One edge of the chain rule as views need it: large arrays reduced to what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from backtrace.records import Contribution, Trace
from backtrace.render.arrays import Shown, glance

# all: 0 whatever arrives, which is finite. instead: the same, and what arrives, or the local
# derivative, is not finite, so that a product of the two would be another number. partly: that
# is so at some entries of an array.
Blocked: TypeAlias = Literal["", "all", "instead", "partly"]


@dataclass(frozen=True, slots=True)
class Link:
    """What `Contribution` says, with the formula worked out.

    `local` is None where the operation has a rule; `in_words` says that it is a sentence.
    """

    into: int
    via: int
    formula: str
    in_words: bool
    local: Shown
    local_is_zero: bool
    upstream: Shown
    product: Shown
    blocked: Blocked
    summed: str


def link(trace: Trace, via: int, slot: int, *, full: bool) -> Link:
    """The edge from node `via` to its input `slot`. `full` keeps all entries of all arrays."""
    c = trace.contribution(via, slot)
    keep = np.asarray if full else glance
    local = c.local_value
    return Link(
        into=c.into,
        via=via,
        formula=c.local,
        in_words=c.in_words,
        local=None if local is None else keep(local),
        local_is_zero=local is not None and bool(np.all(np.equal(local, 0))),
        upstream=keep(c.upstream),
        product=keep(c.product),
        blocked=_blocked(c),
        summed=c.summed,
    )


def _blocked(c: Contribution) -> Blocked:
    """Where the contribution is 0 because the operation selected another input."""
    if c.local_value is None:  # what a rule gives is not 0 for that reason
        return ""
    if np.all(np.isfinite(c.upstream)) and np.all(np.isfinite(c.local_value)):
        return "all" if c.blocked else ""
    if c.blocked:
        return "instead"
    if c.summed:  # the entries are not seen one by one
        return ""
    with np.errstate(all="ignore"):
        multiplied = np.multiply(c.upstream, c.local_value)
    return "partly" if np.any(np.isfinite(c.product) & ~np.isfinite(multiplied)) else ""


def backward_edges(trace: Trace, nodes: Iterable[int] | None = None) -> list[tuple[int, int]]:
    """The (via, slot) of the edges that a gradient comes over, as the backward pass takes them.

    From the last node on, the inputs of each in order; with `nodes` the edges that come to these.
    """
    wanted = range(len(trace.graph.nodes)) if nodes is None else nodes
    found = (edge for index in wanted for edge in trace.edges(index))
    return sorted(found, key=lambda edge: (-edge[0], edge[1]))
