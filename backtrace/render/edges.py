"""What every view says about an edge of the chain rule, and about a sum of several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from backtrace.graph import Apply
from backtrace.render.arrays import shape_of
from backtrace.render.cells import DIM, GRADIENT, KINK, LOCAL, Cell
from backtrace.render.links import Link
from backtrace.render.phrases import Phrases
from backtrace.render.text import UNICODE, added

_MANY_TERMS = 3  # at either end of a sum; what is between is left out
MOST_EDGES = 20  # that are spelled out of one node
LONGEST_LOCAL = 40  # characters of a formula that stands among others on a line
LONGEST_RULE = 60  # the same of a rule, beside which stands no number
BLOCKED = "blocked where the local derivative is 0"

Edge: TypeAlias = tuple[int, int]  # the node it comes from, and which input of that it goes to


class Equation(NamedTuple):
    """The two sides of what one column shows; `sign` stands between them.

    `word` says in the stacked layout what it is. `whole` is the right side with a formula that is
    only a mark in the other.
    """

    left: Cell
    right: Cell
    sign: str = " = "
    word: str = "gradient"
    whole: Cell = ()


NOTHING = Equation((), ())


def edge(say: Phrases, via: int, slot: int) -> tuple[Equation, Equation]:
    """The local derivative, and the contribution: the gradient where there is no other."""
    link = say.link(via, slot)
    whole: Cell = ()
    contribution = product(say, link)
    if link.local is None and len(rule(say, link)) > LONGEST_RULE and not link.in_words:
        contribution, whole = by_rule(say, link, say.glyphs.dots), contribution
    if len(say.edges(link.into)) == 1:
        gradient = Equation(((say.gradient(link.into), ""),), contribution, whole=whole)
    else:
        gradient = Equation(((f"via {say.name(via)}:", ""),), contribution, "   ", whole=whole)
    return local(say, link), gradient


def local(say: Phrases, link: Link) -> Equation:
    """`∂via/∂node = formula = number`; where there is a rule instead, what its Ḡ is."""
    if link.local is None:
        return upstream(say, link)
    left: Cell = ((say.derivative(link.via, link.into), ""),)
    formula = symbolic(say, link)
    first: Cell = ((f"{formula} = ", ""),) if formula else ()
    right = (*first, (say.text(link.local), LOCAL))
    if len(formula) <= LONGEST_LOCAL:
        return Equation(left, right, word="local")
    short: Cell = ((f"{say.glyphs.dots} = ", ""), (say.text(link.local), LOCAL))
    return Equation(left, short, word="local", whole=right)


def symbolic(say: Phrases, link: Link) -> str:
    """The formula of a local derivative; empty where it is only the number itself."""
    formula = say.glyphs.clean(link.formula)
    return "" if formula == say.text(link.local) else formula


def upstream(say: Phrases, link: Link) -> Equation:
    """`Ḡ = ∂output/∂via`, and its value where that is one number; nothing without Ḡ."""
    if UNICODE.upstream not in link.formula:
        return NOTHING
    say.owed.upstream = True
    right: Cell = ((say.gradient(link.via), ""),)
    if not shape_of(link.upstream):
        right = (*right, (" = ", ""), (say.text(link.upstream), GRADIENT))
    return Equation(((say.glyphs.upstream, ""),), right, word="upstream")


def product(say: Phrases, link: Link) -> Cell:
    """`upstream × local = product`, `rule = product`, or that the edge is blocked."""
    if link.local is None:
        return by_rule(say, link)
    result = say.result(link.product, GRADIENT)
    if link.blocked == "instead":
        why = " (local 0)" if link.local_is_zero else ""
        return (f"blocked{why}", KINK), (" = ", ""), *result
    factors: Cell = (
        (say.text(link.upstream), GRADIENT),
        (f" {times(say, link)} ", ""),
        (say.text(link.local), LOCAL),
    )
    summed: Cell = ((f", {link.summed}", DIM),) if link.summed else ()
    return *factors, *summed, (" = ", ""), *result, *blocked(link)


def blocked(link: Link) -> Cell:
    """That all of an edge adds nothing, or some of its entries do not."""
    text = {"all": "  blocked", "partly": f"  {BLOCKED}"}
    return ((text[link.blocked], DIM),) if link.blocked in text else ()


def times(say: Phrases, link: Link) -> str:
    """`⊙` between two arrays, which are multiplied entry by entry."""
    arrays = shape_of(link.upstream) and shape_of(link.local)
    return say.glyphs.entrywise if arrays else say.glyphs.times


def by_rule(say: Phrases, link: Link, instead: str = "") -> Cell:
    """`Ḡ @ Wᵀ = product`; a rule in words stands after it."""
    result, shown = say.result(link.product, GRADIENT), instead or rule(say, link)
    if link.in_words:
        return *result, (": ", ""), (shown, LOCAL)
    return (shown, LOCAL), (" = ", ""), *result


def rule(say: Phrases, link: Link) -> str:
    """What an input of an operation on whole arrays gets, `Ḡ @ Wᵀ`, or a sentence."""
    return say.glyphs.rule(link.formula)


def total(say: Phrases, index: int) -> Equation:
    """`∂output/∂node` as the visible sum of what comes over its edges."""
    left: Cell = ((say.gradient(index), ""),)
    edges, adjoint = say.edges(index), say.adjoint(index)
    if len(edges) < 2:
        return Equation(left, say.result(adjoint, GRADIENT))
    first, hidden, last = abridged(edges)
    between = [f"{say.glyphs.dots} ({hidden:,} more)"] if hidden else []
    terms = added([*_terms(say, first), *between, *_terms(say, last)])
    result = say.result(adjoint, f"bold {GRADIENT}")
    return Equation(left, ((terms, GRADIENT), (" = ", ""), *result))


def abridged(edges: list[Edge]) -> tuple[list[Edge], int, list[Edge]]:
    """The first terms of a sum, how many are left out after them, and the last ones."""
    hidden = len(edges) - 2 * _MANY_TERMS
    if hidden <= 1:  # one term takes no more room than the words that it is left out
        return edges, 0, []
    return edges[:_MANY_TERMS], hidden, edges[-_MANY_TERMS:]


def spelled_out(edges: list[Edge]) -> tuple[int, list[Edge]]:
    """The contributions that are shown one by one, and how many before these are not."""
    return max(0, len(edges) - MOST_EDGES), edges[-MOST_EDGES:]


def passed_on(say: Phrases, index: int) -> Iterator[tuple[int, int, str]]:
    """The inputs of a node, of many the first: slot, node, and why no gradient goes there."""
    node = say.graph.nodes[index]
    if isinstance(node, Apply):
        for slot, into in enumerate(node.inputs[:MOST_EDGES]):
            yield slot, into, say.without_gradient(index, slot)


def _terms(say: Phrases, edges: list[Edge]) -> list[str]:
    return [say.text(say.link(*edge).product) for edge in edges]
