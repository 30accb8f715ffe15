"""The backward pass: every gradient as the chain that leads to it, or the sum of several.

A chain goes from a variable up to the output, or up to a node that is used more than once: the
gradient of such a node is a sum, which is written once and then used. So the equations are as many
as the graph has edges, however many paths there are, and every number is one of the trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from backtrace.graph import Leaf
from backtrace.render.arrays import shape_of
from backtrace.render.cells import GRADIENT, KINK, LOCAL, Cell, text_of
from backtrace.render.derivations.local import ordinal_of
from backtrace.render.derivations.model import (
    TIMES,
    Block,
    Equation,
    Side,
    formula,
    sided,
    words,
)
from backtrace.render.edges import BLOCKED, Edge, rule, times, total
from backtrace.render.links import Link
from backtrace.render.phrases import Phrases

LONGEST_FORMULA = 160  # characters of a whole gradient; a longer one helps nobody
MOST_FACTORS = 8  # of a chain; where one has more, every node's gradient is written
MOST_TERMS = 10  # of a sum that are derived one by one
MOST_NAMES = 50  # gradients that are written of those asked for
LONGEST_FACTOR = 40  # characters of a formula in a chain
SUM = re.compile(r" [-+<>=!%@]=? ")


class Backward:
    """The gradients of one trace. `shown` are the nodes that are written, None for all."""

    def __init__(self, say: Phrases, shown: frozenset[int] | None) -> None:
        self._say = say
        self._shown = shown
        self._output = say.graph.output

    def blocks(self) -> Iterator[tuple[int | None, Block]]:
        """The gradients that chains start from, the last node first; then those asked for.

        Each with its node, where it is a step between.
        """
        graph, wrt = self._say.graph, self._say.trace.wrt
        asked = {name: graph.asked(name) for name in wrt[:MOST_NAMES]}
        last = {name: i for name, i in asked.items() if i is None or self._is_end(i)}
        between = self._starts.union(i for i in asked.values() if i is not None)
        for index in sorted(between.difference(last.values()), reverse=True):
            yield index, self._gradient(index)
        for name, at in last.items():
            yield None, self._asked(name, at)
        if len(wrt) > MOST_NAMES:
            more = words(f"{len(wrt) - MOST_NAMES:,} more variables have a gradient: --wrt NAME")
            yield None, Block((), (more,))

    def _is_end(self, index: int) -> bool:
        """Whether no chain goes on from it, or the output is asked for by itself."""
        return isinstance(self._say.graph.nodes[index], Leaf) or index == self._output

    # -- where chains begin

    @cached_property
    def _by_nodes(self) -> bool:
        """Whether the gradient of every node is written, so that a chain has two factors."""
        say = self._say
        arrays = bool(say.graph.structural) or any(map(np.ndim, say.trace.values))
        if self._shown is not None or arrays:
            return True
        longest = {self._output: 0}
        for index in reversed(say.graph.needed):
            edges = say.edges(index)
            if edges and index != self._output:
                longest[index] = 1 + (longest.get(edges[0][0], 0) if len(edges) == 1 else 0)
        return max(longest.values()) > MOST_FACTORS

    @cached_property
    def _starts(self) -> frozenset[int]:
        """The nodes whose gradient is written before chains that begin with it."""
        say = self._say
        if self._by_nodes:
            nodes = say.graph.needed if self._shown is None else self._shown
            return frozenset(i for i in nodes if i != self._output and say.edges(i))
        found: set[int] = set()
        todo = [i for i in map(say.graph.asked, say.trace.wrt) if i is not None]
        seen = set(todo)
        while todo:
            index = todo.pop()
            edges = say.edges(index)
            if len(edges) > 1 and index != self._output:
                found.add(index)
            new = {via for via, _ in edges} - seen
            seen |= new
            todo.extend(new)
        return frozenset(found)

    def _is_start(self, index: int) -> bool:
        """Whether a chain begins with ∂output/∂index."""
        if index == self._output:
            seed = np.asarray(self._say.trace.adjoints[index])
            return seed.ndim > 0 or bool(seed != 1)
        return self._by_nodes or index in self._starts

    # -- one gradient

    def _asked(self, name: str, index: int | None) -> Block:
        """The gradient by a name that was asked for, with the formula of the whole."""
        say = self._say
        d = say.glyphs.d
        by = say.glyphs.clean(name) if index is None else say.name(index)
        left = formula(f"{d}{say.output}/{d}{by}")
        block = self._gradient(index) if index is not None else Block(())
        if index is None or not block.equations:
            value = formula(say.text(say.trace.gradient(name)), GRADIENT)
            same = index == self._output
            reason = () if same else (*formula(say.output), *words(" does not depend on it"))
            return Block((Equation(left, (Side(value, reason),)),))
        whole = say.glyphs.clean(say.trace.formulas.get(name) or "")
        said = {text_of(side.cell) for e in block.equations if e.left == left for side in e.sides}
        if not whole or whole in said or len(whole) > LONGEST_FORMULA:
            return block
        side = Side(formula(whole), words("in the variables"))
        return Block((*block.equations, Equation(left, (side,))), block.remarks)

    def _gradient(self, index: int) -> Block:
        """The chain of each edge that comes to a node, and their sum where they are several."""
        say = self._say
        edges = say.edges(index)
        left = formula(say.gradient(index))
        if len(edges) == 1:
            return Block((Equation(left, sided(list(self._chain(edges[0])), left)),))
        terms = edges if len(edges) <= MOST_TERMS else []
        equations = [self._term(edge) for edge in terms]
        return Block((*equations, *self._sum(index, left))) if edges else Block(())

    def _term(self, edge: Edge) -> Equation:
        """What comes over one of several edges; what is the left side of the sum is no name."""
        say, (via, slot) = self._say, edge
        node = say.graph.applied(via)
        into, ordinal = node.inputs[slot], ordinal_of(node, slot)
        which = (*words(f", {ordinal} "), *formula(say.name(into))) if ordinal else ()
        left = (*words("via "), *formula(say.name(via)), *which, *words(":"))
        sides = sided(list(self._chain(edge)), formula(say.gradient(into)))
        return Equation(left, sides, sign="")

    def _sum(self, index: int, left: Cell) -> Iterator[Equation]:
        """The sum of what comes over the edges, as every view writes it."""
        say, count = self._say, len(self._say.edges(index))
        (terms, style), _, *result = total(say, index).right
        reason = words(f"sum over {count:,} {'uses' if self._by_nodes else 'paths'}")
        yield Equation(left, (Side(formula(terms, style)), Side(tuple(result), reason)))

    # -- one chain

    def _chain(self, edge: Edge) -> Iterator[Side]:
        """`∂L/∂s × ∂s/∂w = 2*s × x = -2 × 1 = -2`; the rule of an operation on arrays."""
        say, links = self._say, self._links(edge)
        last = links[-1]
        if last.local is None:
            yield from self._by_rule(last)
            return
        names, formulas, numbers = self._factors(links)
        arrays = shape_of(last.upstream) or shape_of(last.local)
        sign = f" {times(say, last)} " if arrays else say.glyphs.clean(TIMES)
        yield Side(_product(names, sign))
        if not arrays and all(len(text) <= LONGEST_FACTOR for text, _ in formulas):
            yield Side(_product(formulas, sign))
        instead = any(link.blocked == "instead" for link in links)
        if instead:
            yield Side((("blocked", KINK),))
        else:
            summed = words(f", {last.summed}") if last.summed else ()
            yield Side((*_product(numbers, sign), *summed))
        yield Side(say.result(last.product, GRADIENT), self._why_zero(links, instead=instead))

    def _links(self, edge: Edge) -> list[Link]:
        """The edges of a chain from where it begins down to this one."""
        say = self._say
        links = [say.link(*edge)]
        while not self._is_start(via := links[0].via) and via != self._output:
            links.insert(0, say.link(*say.edges(via)[0]))
        return links

    def _factors(self, links: list[Link]) -> tuple[Cell, Cell, Cell]:
        """The factors of a chain: their names, their formulas, their numbers."""
        say = self._say
        start: Cell = ()
        if self._is_start(links[0].via):
            start = ((say.text(links[0].upstream), GRADIENT),)
        head = formula(say.gradient(links[0].via)) if start else ()
        names = (*head, *((say.derivative(k.via, k.into), "") for k in links))
        formulas = (*start, *((say.glyphs.clean(k.formula), LOCAL) for k in links))
        return names, formulas, (*start, *((say.text(k.local), LOCAL) for k in links))

    def _why_zero(self, links: list[Link], *, instead: bool) -> Cell:
        """That an edge is blocked, which is why nothing comes."""
        say = self._say
        for link in links:
            if link.blocked in ("all", "instead") and (instead or link.local_is_zero):
                return (*formula(say.expression(link.via)), (" passes nothing on here", KINK))
            if link.blocked == "partly":
                return ((BLOCKED, KINK),)
        return ()

    def _by_rule(self, link: Link) -> Iterator[Side]:
        """`Ḡ @ W.T = number`, with what Ḡ is; a rule in words stands beside the number."""
        say = self._say
        say.owed.upstream = True
        number = "" if shape_of(link.upstream) else f" = {say.text(link.upstream)}"
        arrives = formula(f"{say.glyphs.upstream} = {say.gradient(link.via)}{number}")
        result = say.result(link.product, GRADIENT)
        got = rule(say, link)
        if link.in_words:
            yield Side(result, (*words(f"{got}, with "), *arrives))
            return
        yield Side(formula(got, LOCAL), (*words("with "), *arrives))
        yield Side(result)


def _product(factors: Cell, sign: str) -> Cell:
    """The factors with the sign between them; one that is a sum, or negative, in parentheses."""
    pieces: list[tuple[str, str]] = []
    for place, (text, style) in enumerate(factors):
        needs = len(factors) > 1 and _needs_parentheses(text, first=not place)
        pieces += [(sign, "")] if place else []
        pieces.append((f"({text})" if needs else text, style))
    return tuple(pieces)


def _needs_parentheses(text: str, *, first: bool) -> bool:
    """Whether a factor could be misread in a product."""
    if text.startswith("-") and not first:
        return True
    depth, outside = 0, []
    for character in text:
        depth += (character in "([") - (character in ")]")
        outside.append(" " if depth else character)
    return SUM.search("".join(outside)) is not None
