"""What every view says about a node, as styled cells."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from backtrace.graph import NAMED_CONSTANTS, Apply, Constant, Graph, Leaf
from backtrace.ops import Structural
from backtrace.ops.rows import Value
from backtrace.records import Trace
from backtrace.render import Look
from backtrace.render.arrays import (
    EVERYTHING,
    NO_ENTRIES,
    NORM_ALONE,
    ROOMS,
    Room,
    Shown,
    entries,
    glance,
    norm,
    shape_of,
)
from backtrace.render.cells import BAD, DIM, FORWARD, KINK, NAME, Cell, Piece, folded
from backtrace.render.links import Link, link
from backtrace.render.text import Glyphs, glyphs_for, nested, number

GAP = "   "
MOST_USES = 100  # of one node that are looked at
MARKED = ("broadcast", "kink")  # the notices that are marked at their node, the last one first


@dataclass(slots=True)
class Owed:
    """What a view has used that it must explain, once, below."""

    formula: bool = False  # `…` for a long formula
    entries: bool = False  # `…` for entries of an array
    norm: bool = False  # ‖·‖
    upstream: bool = False  # Ḡ in a rule


class NoGradient(NamedTuple):
    """Why a node has no gradient: said by itself, and after the word gradient."""

    alone: str
    after: str


class Phrases:
    """The words for one trace, in one set of characters and to one number of digits.

    Arrays are folded to `room`; `within` gives the same words for another.
    """

    def __init__(self, trace: Trace, look: Look) -> None:
        self.trace = trace
        self.graph: Graph = trace.graph
        self.digits = look.digits
        self.glyphs: Glyphs = glyphs_for(look.ascii)
        if look.ascii and self.glyphs.upstream in self.graph.labels:
            self.glyphs = dataclasses.replace(self.glyphs, upstream="Gbar")
        self.full = look.full
        self.rooms = (EVERYTHING,) if look.full else ROOMS
        self.room = self.rooms[0]
        self.output = self.name(self.graph.output)
        self.owed = Owed()
        self._edges: dict[int, list[tuple[int, int]]] = {}
        self._links: dict[tuple[int, int], Link] = {}
        self._kept: dict[tuple[str, int], Shown] = {}

    def within(self, room: Room) -> Phrases:
        """The same words for arrays that take so much room; what is owed is shared."""
        other = copy.copy(self)
        other.room = room
        return other

    @cached_property
    def _marks(self) -> dict[int | None, str]:
        """The node of every notice that a view marks, with the notice's code."""
        found = (n for code in MARKED for n in self.trace.notices if n.code == code)
        marks: dict[int | None, str] = {n.index: n.code for n in found}
        first = self.trace.undefined
        return marks if first is None else {**marks, first.index: first.code}

    # -- numbers

    def text(self, shown: Shown) -> str:
        """A number to the digits asked for; an array as the entries that there is room for."""
        if not shape_of(shown):
            return number(shown, self.digits)
        return self.glyphs.clean(self._entries(shown)[0])

    def result(self, shown: Shown, style: str) -> Cell:
        """The same, and of an array that is folded the norm."""
        if not shape_of(shown):
            return ((number(shown, self.digits), style),)
        if self.room == NO_ENTRIES:
            return ()
        if self.room == NORM_ALONE:
            return (self._size(shown),)
        text, complete = self._entries(shown)
        whole: Cell = ((self.glyphs.clean(text), style),)
        return whole if complete else (*whole, (GAP, ""), self._size(shown))

    def _size(self, shown: Shown) -> Piece:
        self.owed.norm = True
        return f"{self.glyphs.norm} = {number(norm(shown), self.digits)}", DIM

    def in_full(self, shown: Shown) -> str:
        """All entries of an array, on one line."""
        return self.glyphs.clean(nested(shown, self.digits))

    def valued(self, index: int, style: str) -> Cell:
        """The value of a node with its shape; indices and classes have no norm."""
        if not self.holds_indices(index):
            return self.shaped(self.value(index), style)
        shape = shape_of(self.value(index))
        if self.room in (NO_ENTRIES, NORM_ALONE) and shape:
            return ((str(shape), DIM),)
        text: Cell = ((self.text(self.value(index)), style),)
        return (*text, (GAP, ""), (str(shape), DIM)) if shape else text

    def shaped(self, shown: Shown, style: str) -> Cell:
        """The same with the shape of an array: `[1, 2, …]   (100,)   ‖·‖ = 14.2`."""
        shape = shape_of(shown)
        if not shape:
            return self.result(shown, style)
        text = self.result(shown, style)
        gap: Cell = ((GAP, ""),) if text else ()
        return (*text[:1], *gap, (str(shape), DIM), *text[1:])

    def _entries(self, shown: Shown) -> tuple[str, bool]:
        text, complete = entries(shown, self.digits, self.room)
        self.owed.entries |= not complete
        return text, complete

    def value(self, index: int) -> Shown:
        """The value of a node."""
        return self._keep("value", index, self.trace.values[index])

    def adjoint(self, index: int) -> Shown:
        """The gradient of a node, which has one."""
        return self._keep("adjoint", index, self.trace.adjoints[index])

    def _keep(self, what: str, index: int, value: Value) -> Shown:
        """What is shown of an array, found once for all the rooms that are tried."""
        if self.full or not np.ndim(value):
            return value
        kept = self._kept.get((what, index))
        if kept is None:
            kept = self._kept[what, index] = glance(value)
        return kept

    # -- nodes

    def name(self, index: int) -> str:
        """What the node is called."""
        return self.glyphs.clean(self.graph.labels[index])

    def expression(self, index: int) -> str:
        """The node in the names of its inputs."""
        return self.glyphs.clean(self.graph.expression(index))

    def derivative(self, of: int, by: int) -> str:
        """`∂of/∂by`."""
        d = self.glyphs.d
        return f"{d}{self.name(of)}/{d}{self.name(by)}"

    def gradient(self, by: int) -> str:
        """`∂output/∂by`."""
        return self.derivative(self.graph.output, by)

    def head(self, index: int) -> Cell:
        """`name = expression = value`, with a mark at a kink and at the first undefined node."""
        node, name = self.graph.nodes[index], self.name(index)
        if isinstance(node, Constant):
            value = self.text(self.value(index))
            named = node.text in NAMED_CONSTANTS and node.text != value
            return ((f"{name} = {value}" if named else name, DIM),)
        style = DIM if self.trace.adjoints[index] is None else ""
        middle = f" = {self.expression(index)}" if isinstance(node, Apply) else ""
        shown = self.valued(index, style or FORWARD)
        return (name, style or NAME), (f"{middle} = ", style), *shown, *self.mark(index)

    def mark(self, index: int) -> Cell:
        """What is remarkable about the value of the node, in one or two words."""
        code = self._marks.get(index)
        if code is None:
            return ()
        remarkable = code in MARKED
        sign = "!" if remarkable else self.glyphs.wrong
        return ((f"  {sign} {code}", KINK if remarkable else BAD),)

    def remark(self, index: int) -> str:
        """What its operation says to the reader here: `divides by n - 1 = 3`; mostly nothing."""
        node = self.graph.nodes[index]
        op = node.op if isinstance(node, Apply) else None
        if not isinstance(op, Structural) or op.remark is None:
            return ""
        inputs = [self.trace.values[i] for i in self.graph.applied(index).inputs]
        params = dict(self.graph.applied(index).params)
        with np.errstate(all="ignore"):
            return self.glyphs.clean(op.remark(*inputs, self.trace.values[index], **params))

    # -- edges

    def without_gradient(self, via: int, slot: int) -> str:
        """Why no gradient comes over this edge; empty where one does."""
        trace, node = self.trace, self.graph.applied(via)
        into = node.inputs[slot]
        needed = trace.adjoints[into] is not None
        if isinstance(node.op, Structural) and node.op.is_index(slot):
            return "whole numbers, no gradient"
        match self.graph.nodes[into]:
            case Constant():
                return "constant, no gradient"
            case Leaf() if not needed:
                return "no gradient asked"
        if not node.op.passes(slot):
            return "no gradient passes"
        if trace.adjoints[via] is None:
            return "no gradient passes" if needed else "no gradient needed"
        return "" if needed else "no gradient needed"

    def why_none(self, index: int) -> NoGradient:
        """Why a node has no gradient, which has none."""
        node = self.graph.nodes[index]
        if isinstance(node, Constant):
            return NoGradient("no gradient", "a constant has none")
        if self.holds_indices(index):
            return NoGradient("whole numbers, no gradient", "whole numbers, no gradient")
        asked = "no gradient asked" if isinstance(node, Leaf) else "no gradient"
        return NoGradient(asked, "none was asked for")

    def holds_indices(self, index: int) -> bool:
        """Whether a node is used for nothing but the indices, or classes, of operations."""
        nodes, uses = self.graph.nodes, self.graph.uses[index]
        rows = [(nodes[via], slot) for via, slot in uses[:MOST_USES]]
        return bool(rows) and all(
            isinstance(node, Apply) and isinstance(node.op, Structural) and node.op.is_index(slot)
            for node, slot in rows
        )

    def edges(self, index: int) -> list[tuple[int, int]]:
        """The (via, slot) that the gradient of the node comes over, in order of the program."""
        found = self._edges.get(index)
        if found is None:  # kept: in a long chain one variable may have 10^5 of them
            found = self._edges[index] = list(self.trace.edges(index))
        return found

    def link(self, via: int, slot: int) -> Link:
        """One of these edges with its numbers, worked out once for all the rooms tried."""
        found = self._links.get((via, slot))
        if found is None:
            found = self._links[via, slot] = link(self.trace, via, slot, full=self.full)
        return found

    # -- what stands below

    def left_out(self, hidden: int, total: int, depth: int) -> Cell:
        """That a graph of so many nodes was folded, and how to see more than to this depth."""
        text = f"{hidden:,} of {total:,} nodes are left out at {self.glyphs.dots}; "
        return ((f"{text}--depth {2 * depth} shows more", DIM),)

    def explained(self, width: int | None, *, but: Container[str] = ()) -> list[Cell]:
        """The lines that explain the signs a view has used, after an empty one.

        `but` has the fields of Owed that the view explains by itself, or does without.
        """
        dots = self.glyphs.dots
        arrives = "what arrives at the operation from the output side"
        lines = {
            "upstream": f"{self.glyphs.upstream} is the upstream gradient: {arrives}",
            "entries": f"{dots} stands for further entries: --full shows them",
            "norm": f"{self.glyphs.norm} is the square root of the sum of the squares",
            "formula": f"{dots} stands for a long formula: --node NAME shows it",
        }
        owed = (name for name in lines if name not in but and getattr(self.owed, name))
        cells = [part for name in owed for part in folded(((lines[name], DIM),), width)]
        return [(), *cells] if cells else []

    def unused(self) -> Iterator[int]:
        """The statements that nothing uses, the output aside."""
        nodes, output = self.graph.nodes, self.graph.output
        for index, uses in enumerate(self.graph.uses):
            if not uses and type(nodes[index]) is Apply and index != output:
                yield index
