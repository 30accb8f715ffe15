"""What every view says about a node and about an edge of the chain rule, as styled cells."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np

from backtrace.graph import NAMED_CONSTANTS, Apply, Constant, Graph, Leaf
from backtrace.ops.rows import Value
from backtrace.records import Contribution, Trace
from backtrace.render import Look
from backtrace.render.cells import BAD, DIM, FORWARD, GRADIENT, KINK, LOCAL, NAME, Cell
from backtrace.render.text import Glyphs, added, glyphs_for, number

MANY_TERMS = 3  # at either end of a sum; what is between is left out


LONGEST_LOCAL = 40  # characters of a formula that stands among others on a line


class Equation(NamedTuple):
    """The two sides of what one column shows; `sign` stands between them."""

    left: Cell
    right: Cell
    sign: str = " = "


NOTHING = Equation((), ())


class Phrases:
    """The words for one trace, in one set of characters and to one number of digits."""

    def __init__(self, trace: Trace, look: Look) -> None:
        self.trace = trace
        self.graph: Graph = trace.graph
        self.digits = look.digits
        self.glyphs: Glyphs = glyphs_for(look.ascii)
        self.output = self.name(self.graph.output)
        self.shortened = False  # whether a formula was too long for a line of the tree
        self._edges: dict[int, list[tuple[int, int]]] = {}

    @cached_property
    def _marks(self) -> dict[int | None, str]:
        """The node of every notice that a view marks, with the notice's code."""
        kinks = (n for n in self.trace.notices if n.code == "kink")
        marks: dict[int | None, str] = {n.index: n.code for n in kinks}
        first = self.trace.undefined
        return marks if first is None else {**marks, first.index: first.code}

    def applied(self, index: int) -> Apply:
        """A node that is known to be an operation."""
        return cast(Apply, self.graph.nodes[index])

    def number(self, value: Value) -> str:
        """A number, or an array, to the digits asked for."""
        return self.glyphs.clean(number(value, self.digits))

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
        value = self.number(self.trace.values[index])
        if isinstance(node, Constant):
            named = node.text in NAMED_CONSTANTS and node.text != value
            return ((f"{name} = {value}" if named else name, DIM),)
        style = DIM if self.trace.adjoints[index] is None else ""
        middle = f" = {self.expression(index)}" if isinstance(node, Apply) else ""
        shown = (value, style or FORWARD)
        return (name, style or NAME), (f"{middle} = ", style), shown, *self.mark(index)

    def mark(self, index: int) -> Cell:
        """What is remarkable about the value of the node, in one or two words."""
        code = self._marks.get(index)
        if code is None:
            return ()
        kink = code == "kink"
        return ((f"  {'!' if kink else self.glyphs.wrong} {code}", KINK if kink else BAD),)

    def without_gradient(self, via: int, slot: int) -> str:
        """Why no gradient comes over this edge; empty where one does."""
        trace, node = self.trace, self.applied(via)
        into = node.inputs[slot]
        needed = trace.adjoints[into] is not None
        match self.graph.nodes[into]:
            case Constant():
                return "constant, no gradient"
            case Leaf() if not needed:
                return "no gradient asked"
        if node.op.local[slot] is None:
            return "no gradient passes"
        if trace.adjoints[via] is None:
            return "no gradient passes" if needed else "no gradient needed"
        return "" if needed else "no gradient needed"

    def edges(self, index: int) -> list[tuple[int, int]]:
        """The (via, slot) that the gradient of the node comes over, in order of the program."""
        found = self._edges.get(index)
        if found is None:  # kept: in a long chain one variable may have 10^5 of them
            found = self._edges[index] = list(self.trace.edges(index))
        return found

    def edge(self, via: int, slot: int) -> tuple[Equation, Equation]:
        """The local derivative, and the contribution: the gradient where there is no other."""
        contribution = self.trace.contribution(via, slot)
        into, product = contribution.into, self.product(contribution)
        if len(self.edges(into)) == 1:
            gradient = Equation(((self.gradient(into), ""),), product)
        else:
            gradient = Equation(((f"via {self.name(via)}:", ""),), product, "   ")
        return self.local(contribution), gradient

    def local(self, contribution: Contribution) -> Equation:
        """`∂via/∂node = formula = number`."""
        c = contribution
        formula = self.glyphs.clean(c.local)
        left = self.derivative(c.via, c.into)
        if c.local_value is None:  # a rule of matrices: there is no one number
            return Equation(((left, ""),), ((formula, LOCAL),))
        value = self.number(c.local_value)
        if len(formula) > LONGEST_LOCAL:
            formula, self.shortened = self.glyphs.dots, True
        first: Cell = () if formula == value else ((f"{formula} = ", ""),)
        return Equation(((left, ""),), (*first, (value, LOCAL)))

    def product(self, contribution: Contribution) -> Cell:
        """`upstream × local = product`; where the edge is blocked, that it is."""
        c, times = contribution, self.glyphs.times
        product = (self.number(c.product), GRADIENT)
        if c.blocked and not np.all(np.isfinite([c.upstream, c.local_value])):
            why = " (local 0)" if np.all(np.equal(c.local_value, 0)) else ""
            return (f"blocked{why}", KINK), (" = ", ""), product
        local = self.glyphs.clean(c.local) if c.local_value is None else self.number(c.local_value)
        after: Cell = (("  blocked", DIM),) if c.blocked else ()
        upstream = (self.number(c.upstream), GRADIENT)
        return upstream, (f" {times} ", ""), (local, LOCAL), (" = ", ""), product, *after

    def total(self, index: int, edges: list[tuple[int, int]]) -> Equation:
        """`∂output/∂node` as the visible sum of what comes over its edges."""
        left: Cell = ((self.gradient(index), ""),)
        adjoint = (self.number(self.trace.adjoints[index]), GRADIENT)
        if len(edges) < 2:
            return Equation(left, (adjoint,))
        hidden = len(edges) - 2 * MANY_TERMS
        if hidden > 1:
            first, last = self._terms(edges[:MANY_TERMS]), self._terms(edges[-MANY_TERMS:])
            terms = added([*first, f"{self.glyphs.dots} ({hidden:,} more)", *last])
        else:
            terms = added(self._terms(edges))
        return Equation(left, ((terms, GRADIENT), (" = ", ""), (adjoint[0], f"bold {GRADIENT}")))

    def _terms(self, edges: list[tuple[int, int]]) -> list[str]:
        return [self.number(self.trace.contribution(*edge).product) for edge in edges]

    def left_out(self, hidden: int, total: int, depth: int) -> Cell:
        """That a graph of so many nodes was folded, and how to see more than to this depth."""
        text = f"{hidden:,} of {total:,} nodes are left out at {self.glyphs.dots}; "
        return ((f"{text}--depth {2 * depth} shows more", DIM),)

    def unused(self) -> Iterator[int]:
        """The statements that nothing uses, the output aside."""
        nodes, output = self.graph.nodes, self.graph.output
        for index, uses in enumerate(self.graph.uses):
            if not uses and type(nodes[index]) is Apply and index != output:
                yield index
