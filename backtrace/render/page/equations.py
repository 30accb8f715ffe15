"""Every calculation of the two passes as an equation: in names, with numbers put in, its result.

A number that can change stands in an element with `data-number`, the same key as in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backtrace.errors import Span
from backtrace.graph import Apply, Constant, Graph, Leaf, Node
from backtrace.ops import Elementwise
from backtrace.ops.structural import renamed
from backtrace.records import UPSTREAM, Trace
from backtrace.render import Sheet
from backtrace.render.arrays import Room, Shown, shape_of
from backtrace.render.edges import BLOCKED, abridged, symbolic, times
from backtrace.render.links import Link
from backtrace.render.notation import typeset
from backtrace.render.notation.mathml import mathml
from backtrace.render.notation.reading import PLACE
from backtrace.render.page.markup import NOTHING, Markup, escaped, joined, tag
from backtrace.render.phrases import Phrases
from backtrace.symbolic import local_text

ROOM = Room(200, 60)  # characters of an array
MOST_NUMBERS = 8  # that are put into an expression


class Equations:
    """The equations of one trace."""

    def __init__(self, trace: Trace, sheet: Sheet) -> None:
        self.trace, self.graph = trace, trace.graph
        say = Phrases(trace, sheet.look)
        self.say = say if sheet.full else say.within(ROOM)

    # -- numbers

    def number(self, key: str, shown: Shown) -> Markup:
        """A number, or an array, that stands in a text."""
        text = escaped(self.say.text(shown))
        return tag("span", text, class_=_kind(key), data_number=key)

    def figure(self, key: str, shown: Shown, *, brackets: bool = False) -> Markup:
        """The same within a formula; a negative number in brackets where it follows a sign."""
        text = self.say.text(shown)
        if shape_of(shown):
            return tag("mtext", escaped(text), class_=_kind(key), data_number=key)
        text = f"({text})" if brackets and text.startswith("-") else text
        text = text.replace("-", "−")
        return tag("mn", escaped(text), class_=_kind(key), data_number=key, data_brackets=brackets)

    def value(self, index: int, *, brackets: bool = False) -> Markup:
        """The value of a node, within a formula."""
        return self.figure(f"value:{index}", self.say.value(index), brackets=brackets)

    def gradient(self, index: int, *, brackets: bool = False) -> Markup:
        """The gradient of a node, within a formula."""
        return self.figure(f"gradient:{index}", self.say.adjoint(index), brackets=brackets)

    # -- formulas

    def name(self, index: int) -> Markup:
        """What a node is called, within a formula."""
        return formula(self.graph.labels[index])

    def derivative(self, of: int, by: int) -> Markup:
        """∂of/∂by, within a formula."""
        return formula(self.say.derivative(of, by))

    def by_output(self, index: int) -> Markup:
        """∂output/∂node, within a formula."""
        return formula(self.say.gradient(index))

    def _expression(self, index: int) -> Iterator[Markup]:
        """A node in the names of its inputs, and again with their numbers put in."""
        node = self.graph.applied(index)
        yield formula(self.graph.expression(index))
        if len(node.inputs) > MOST_NUMBERS or any(shape_of(self.say.value(i)) for i in node.inputs):
            return
        if all(isinstance(self.graph.nodes[i], Constant) for i in node.inputs):
            return
        places = [self._place(index, slot) for slot, index in enumerate(node.inputs)]
        yield self._with_numbers(node.op.shown(places, dict(node.params)), node.inputs)

    def _place(self, index: int, slot: int) -> str:
        """What stands for an input where numbers are put in; a constant stands for itself."""
        constant = isinstance(self.graph.nodes[index], Constant)
        return self.graph.labels[index] if constant else f"{PLACE}{slot}"

    def _local(self, link: Link, slot: int) -> Iterator[Markup]:
        """A local derivative in the names of the nodes, and again with numbers put in.

        Nothing where it is only the number itself.
        """
        if not symbolic(self.say, link):
            return
        yield formula(link.formula)
        node = self.graph.applied(link.via)
        if len(node.inputs) > MOST_NUMBERS or shape_of(link.local):
            return
        text = _local_in_places(self.graph, node, slot)
        if PLACE in text:
            yield self._with_numbers(text, (*node.inputs, link.via))

    def _with_numbers(self, text: str, nodes: Sequence[int]) -> Markup:
        """A formula in the slots of which stand the values of these nodes."""

        def put(slot: int, brackets: bool) -> str:
            return self.value(nodes[slot], brackets=brackets)

        return Markup(mathml(typeset(text), put))

    # -- equations

    def forward(self, index: int) -> Markup:
        """`s = yhat - y = (-6) - 1 = -7`."""
        node = self.graph.nodes[index]
        middle = list(self._expression(index)) if isinstance(node, Apply) else []
        return equation([self.name(index), *middle, self.value(index)])

    def local(self, via: int, slot: int) -> Markup:
        """`∂loss/∂s = 2·s = 2·(-7) = -14`; of a rule what it is, `Ḡ Wᵀ`."""
        link = self.say.link(via, slot)
        if link.local is None:
            return self._rule(link)
        result = self.figure(f"local:{via}:{slot}", link.local)
        return equation([self.derivative(via, link.into), *self._local(link, slot), result])

    def _rule(self, link: Link) -> Markup:
        if link.in_words:
            return tag("span", escaped(link.formula), class_="rule")
        whole = equation([self.by_output(link.into), formula(link.formula)])
        if UPSTREAM not in link.formula:
            return whole
        arrives = equation([formula(UPSTREAM), self.by_output(link.via)])
        return joined([whole, escaped(" with what arrives, "), arrives])

    def product(self, via: int, slot: int) -> Markup:
        """`∂loss/∂yhat = ∂loss/∂s × ∂s/∂yhat = -14 × 1 = -14`, with its left side where it is all.

        A contribution that is one of several has no name of its own, and no left side.
        """
        link = self.say.link(via, slot)
        alone = len(self.say.edges(link.into)) == 1
        left = [self.by_output(link.into)] if alone else []
        result = self.figure(f"product:{via}:{slot}", link.product)
        if link.local is None:
            middle = [self._applied_rule(link)]
        else:
            sign = f"<mo>{times(self.say, link)}</mo>"
            names = [self.by_output(via), self.derivative(via, link.into)]
            numbers = [
                self.gradient(via),
                self.figure(f"local:{via}:{slot}", link.local, brackets=True),
            ]
            middle = [row(names, sign), row(numbers, sign)]
        return joined([equation([*left, *middle, result]), self._remarks(link, slot)])

    def _applied_rule(self, link: Link) -> Markup:
        return _words(link.formula) if link.in_words else formula(link.formula)

    def _remarks(self, link: Link, slot: int) -> Markup:
        """What broadcasting did, and that an edge adds nothing whatever arrives."""
        summed = tag("span", escaped(f" {link.summed}"), class_="note") if link.summed else NOTHING
        op = self.graph.applied(link.via).op
        if not isinstance(op, Elementwise) or not op.masks:
            return summed
        hidden = link.blocked not in ("instead", "partly")
        why = escaped(f" {BLOCKED}, whatever arrives")
        key = f"{link.via}:{slot}"
        return joined([summed, tag("span", why, class_="note", data_blocked=key, hidden=hidden)])

    def total(self, index: int) -> Markup:
        """`∂loss/∂w = -2 + 2 = 0`, in order of the program; a long sum as in the picture."""
        found = self.say.edges(index)
        left, result = self.by_output(index), self.gradient(index)
        if len(found) < 2:
            return equation([left, result])
        first, hidden, last = abridged(found)
        terms = [self._term(edge, brackets=place > 0) for place, edge in enumerate(first)]
        terms += [_words(f"… ({hidden:,} more)")] if hidden else []
        terms += [self._term(edge, brackets=True) for edge in last]
        return equation([left, row(terms, "<mo>+</mo>"), result])

    def _term(self, edge: tuple[int, int], *, brackets: bool) -> Markup:
        via, slot = edge
        product = self.say.link(via, slot).product
        return self.figure(f"product:{via}:{slot}", product, brackets=brackets)


def formula(text: str) -> Markup:
    """A text in the language as the inside of a formula."""
    return Markup(mathml(typeset(text)))


def _words(text: str) -> Markup:
    return tag("mtext", escaped(text))


def row(parts: Sequence[Markup], between: str) -> Markup:
    """Parts of a formula with a sign of our own between them."""
    return Markup(f"<mrow>{between.join(parts)}</mrow>")


def equation(sides: Sequence[Markup]) -> Markup:
    """Sides that are equal; a line can be broken before a sign of equality."""
    first, *others = sides
    parts = [first, *(Markup(f'<mrow><mo form="infix">=</mo>{side}</mrow>') for side in others)]
    return joined([Markup(f"<math>{part}</math>") for part in parts], "<wbr>")


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _local_in_places(graph: Graph, node: Apply, slot: int) -> str:
    """A local derivative with a slot for every input, and the next for the output."""
    assert isinstance(node.op, Elementwise)
    inputs: list[Node] = [_placed(graph.nodes[i], k) for k, i in enumerate(node.inputs)]
    arity = len(inputs)
    alone = Graph(
        source="",
        nodes=(*inputs, Apply(node.op, tuple(range(arity)), node.params)),
        spans=(Span(0, 0),) * (arity + 1),
        assigned=((f"q{arity}", arity),),
        output=arity,
    )
    places = {f"q{k}": f"{PLACE}{k}" for k in range(arity + 1)}
    return renamed(local_text(alone, arity, slot), places)


def _placed(node: Node, place: int) -> Node:
    return node if isinstance(node, Constant) else Leaf(f"q{place}")
