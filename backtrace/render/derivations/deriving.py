"""Everything that is derived of one trace, with the middle of a long program left out."""

from __future__ import annotations

from collections.abc import Iterator

from backtrace.passes import are_numbers
from backtrace.records import Trace
from backtrace.render import Look
from backtrace.render.cells import DIM, Cell, folded
from backtrace.render.derivations import forward, local
from backtrace.render.derivations.backward import Backward
from backtrace.render.derivations.model import Block, Derivation, Section
from backtrace.render.ends import ends
from backtrace.render.phrases import Phrases

MOST_NODES = 100  # of a program that is derived in full when no depth is asked for
ENTRYWISE = (
    "products of arrays, but for matrix products, and local derivatives by arrays are meant entry "
    "by entry; what broadcasting has repeated is summed"
)
FOLDED_TO = 20  # nodes that are then left, half of them at either end


def derived(trace: Trace, look: Look, *, depth: int | None = None) -> Derivation:
    """The three passes. `depth` is how many nodes are derived, half of them from either end.

    By default all of them, or 20 where there are more than 100.
    """
    say = Phrases(trace, look)
    count = len(trace.graph.nodes)
    first, last, depth = found = ends(count, depth, most=MOST_NODES, folded_to=FOLDED_TO)
    hidden = found.hidden
    shown = frozenset((*first, *last)) if hidden else None
    sections = (
        _section("forward pass", _forward(say, first), _forward(say, last), hidden=hidden),
        _section("local derivatives", _local(say, first), _local(say, last), hidden=hidden),
        _backward(say, shown, last.start),
    )
    left_out: Cell = say.left_out(hidden, count, depth) if hidden else ()
    return Derivation(*sections, left_out, tuple(_explained(say, look.width)))


def _explained(say: Phrases, width: int | None) -> Iterator[Cell]:
    """What the signs mean; and of arrays, what an equation is about."""
    yield from say.explained(width)
    if not are_numbers(say.trace.values):
        yield ()
        yield from folded(((ENTRYWISE, DIM),), width)


def _section(title: str, first: Iterator[Block], last: Iterator[Block], *, hidden: int) -> Section:
    before = tuple(first)
    return Section(title, (*before, *last), gap=len(before) if hidden else None)


def _backward(say: Phrases, shown: frozenset[int] | None, last: int) -> Section:
    """The gradients, the last nodes first; `last` is where these begin."""
    blocks = list(Backward(say, shown).blocks())
    if shown is None:
        return Section("backward pass", tuple(block for _, block in blocks))
    gap = sum(index is not None and index >= last for index, _ in blocks)
    return Section("backward pass", tuple(block for _, block in blocks), gap)


def _forward(say: Phrases, indices: range) -> Iterator[Block]:
    found = (forward.of_node(say, index) for index in indices)
    yield from (block for block in found if block is not None)


def _local(say: Phrases, indices: range) -> Iterator[Block]:
    for index in indices:
        if say.trace.adjoints[index] is not None:
            yield from local.of_node(say, index)
