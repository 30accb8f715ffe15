"""What is drawn of a trace: nodes and edges with their lines, no places yet.

A leaf that goes into many operations is drawn beside each of them: one node with a fan of long
edges would hide the others, and takes long to find a place for. Constants always are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from backtrace.errors import UsageError
from backtrace.graph import Apply, Constant, Graph, Leaf
from backtrace.passes import are_numbers
from backtrace.records import Trace
from backtrace.render import Sheet
from backtrace.render.cells import text_of
from backtrace.render.phrases import Phrases
from backtrace.render.picture.lines import Line
from backtrace.render.picture.words import Words, note

MOST_NODES = 1_000  # that are drawn, leaves beside each use counted every time
MOST_EDGES = 2 * MOST_NODES
MOST_INPUTS = 100  # of one operation: the time for the layout grows with the square of it
MOST_USES = 4  # of a variable that is drawn once
NodeKind: TypeAlias = Literal["operation", "variable", "constant"]


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node of the graph, or one of the places where a leaf is drawn."""

    index: int
    kind: NodeKind
    lines: tuple[Line, ...]
    is_output: bool
    has_gradient: bool

    @property
    def is_grey(self) -> bool:
        """Whether it is dashed and grey, as a variable that needs no gradient."""
        return self.kind != "constant" and not self.has_gradient

    @property
    def tone(self) -> str:
        """What its colours are called in a palette."""
        return "grey" if self.is_grey else self.kind


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """Input `slot` of node `via`, from the drawn node `source` to the drawn node `target`.

    `above` the line stands what goes forward, `below` it what comes back.
    """

    source: int
    target: int
    via: int
    slot: int
    into: int
    above: tuple[Line, ...]
    below: tuple[Line, ...]
    has_gradient: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Edges refer to nodes by their place in the list; `notes` explain the signs that are used."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    notes: tuple[str, ...] = ()


class Draughtsman:
    """Goes through the program and draws each node when its inputs are drawn.

    Raises UsageError where there are too many for a picture.

    As text every node stands once, there may be any number of them, and formulas are in the
    language.
    """

    def __init__(
        self, trace: Trace, sheet: Sheet, *, roomy: bool = False, as_text: bool = False
    ) -> None:
        self._trace, self._graph, self._as_text = trace, trace.graph, as_text
        self._often: frozenset[int] = frozenset() if as_text else _often_used(trace.graph)
        self._words = Words(trace, sheet, roomy=roomy, plain=as_text)
        if not as_text:
            _require_drawable(self._graph)
        self._nodes: list[DrawnNode] = []
        self._edges: list[DrawnEdge] = []
        self._place: dict[int, int] = {}
        self._shown: dict[int, int] = {}  # how often a leaf has been drawn

    @property
    def say(self) -> Phrases:
        """The words of every view, to the digits of this sheet."""
        return self._words.say

    def draw(self) -> Drawing:
        """Every node and every edge."""
        for index, node in enumerate(self._graph.nodes):
            if isinstance(node, Apply):
                sources = [self._source(i) for i in node.inputs]
                self._place[index] = self._add(index)
                for slot, source in enumerate(sources):
                    self._edges.append(self._edge(source, index, slot))
            elif index not in self._often:
                self._place[index] = self._add(index)
        return Drawing(tuple(self._nodes), tuple(self._edges), tuple(self._notes()))

    def _source(self, index: int) -> int:
        return self._add(index) if index in self._often else self._place[index]

    def _add(self, index: int) -> int:
        """Draw a node, or a leaf once more, and say where it stands in the list."""
        graph, words = self._graph, self._words
        count = self._shown[index] = self._shown.get(index, 0) + 1
        total = len(graph.uses[index])
        repeated = index in self._often and isinstance(graph.nodes[index], Leaf)
        lines = words.node(index)
        if count == 1:  # the sum stands once
            lines += words.gradient(index)
        if repeated:
            lines += (note(f"use {count} of {total}"),)
        self._nodes.append(
            DrawnNode(
                index,
                kind_of(graph, index),
                lines,
                index == graph.output,
                self._trace.adjoints[index] is not None,
            )
        )
        return len(self._nodes) - 1

    def _edge(self, source: int, via: int, slot: int) -> DrawnEdge:
        words, into = self._words, self._nodes[source].index
        local, below = words.edge(via, slot)
        passes = not words.say.without_gradient(via, slot)
        above = (*local, words.value(into))
        return DrawnEdge(source, self._place[via], via, slot, into, above, below, passes)

    def _notes(self) -> Iterator[str]:
        """What the signs mean; there are no norms, and no option for further entries."""
        say = self._words.say
        if say.owed.entries:
            yield "… stands for further entries of an array"
        if not (self._as_text or are_numbers(self._trace.values)):
            yield "· multiplies arrays entry by entry; side by side they are a matrix product"
        for cell in say.explained(None, but=("entries", "norm")):
            if cell:
                yield text_of(cell)


def kind_of(graph: Graph, index: int) -> NodeKind:
    """What a node is called in a picture."""
    match graph.nodes[index]:
        case Constant():
            return "constant"
        case Leaf():
            return "variable"
    return "operation"


def _often_used(graph: Graph) -> frozenset[int]:
    """The leaves that are drawn beside each use."""

    def most(index: int) -> float:
        match graph.nodes[index]:
            case Leaf():
                return MOST_USES
            case Constant():
                return 1
        return float("inf")

    return frozenset(i for i, uses in enumerate(graph.uses) if len(uses) > most(i))


def can_be_drawn(graph: Graph) -> bool:
    """Whether it is small enough for a picture."""
    nodes, edges, inputs = _size(graph)
    return nodes <= MOST_NODES and edges <= MOST_EDGES and inputs <= MOST_INPUTS


def _size(graph: Graph) -> tuple[int, int, int]:
    """How many nodes and edges would be drawn, and the most inputs of one operation."""
    again = sum(len(graph.uses[index]) - 1 for index in _often_used(graph))
    inputs = [len(node.inputs) for node in graph.nodes if isinstance(node, Apply)]
    return len(graph.nodes) + again, sum(inputs), max(inputs, default=0)


def _require_drawable(graph: Graph) -> None:
    if can_be_drawn(graph):
        return
    limits = (MOST_NODES, "nodes"), (MOST_EDGES, "edges"), (MOST_INPUTS, "inputs of one operation")
    found, most, what = next(
        (size, most, what)
        for size, (most, what) in zip(_size(graph), limits, strict=True)
        if size > most
    )
    raise UsageError(
        f"a picture has room for {most:,} {what}, and this one would have {found:,}: draw a part "
        "of the program, write -o graph.dot for a layout program, or read --view table"
    )
