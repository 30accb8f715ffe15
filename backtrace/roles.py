"""Which names of a program hold indices or classes, and not numbers to differentiate by.

What decides is where a name is used, not its type: `scores[y]` needs a whole number, 2.0 is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Flag, auto

from backtrace.errors import BindingError, Span
from backtrace.graph import Apply, Graph


class Role(Flag):
    """What the value of a node is used as."""

    NUMBER = auto()
    INDEX = auto()


def index_names(graph: Graph) -> Mapping[str, tuple[str, Span]]:
    """The variables that hold indices or classes: for each where, as text and as a place.

    A name that only an index is computed from, as i in x[i + 1], is one too. Raises BindingError
    for a name that is used both ways.
    """
    places = index_places(graph)
    if not places:
        return {}
    roles = _roles(graph)
    found = {}
    for name, index in graph.variables.items():
        if Role.INDEX in roles[index]:
            where = _where(graph, index, places)
            if Role.NUMBER in roles[index]:
                message = (
                    f"{name} is an index in {graph.written(where)}, and a number elsewhere: "
                    "use two names"
                )
                raise BindingError(message, graph.source, graph.spans[where])
            found[name] = graph.written(where), graph.spans[where]
    return found


def index_places(graph: Graph) -> dict[int, int]:
    """The nodes that are an index somewhere, with the operation where they are."""
    places: dict[int, int] = {}
    for index in graph.structural:
        node = graph.applied(index)
        for slot, source in enumerate(node.inputs):
            if node.op.is_index(slot):
                places[source] = index
    return places


def _roles(graph: Graph) -> list[Role]:
    """What every node is used as, by itself or through what is computed from it."""
    roles = [Role(0)] * len(graph.nodes)
    for index in range(len(graph.nodes) - 1, -1, -1):
        if index == graph.output or not graph.uses[index]:
            roles[index] |= Role.NUMBER
        node = graph.nodes[index]
        if not isinstance(node, Apply):
            continue
        for slot, source in enumerate(node.inputs):
            if node.op.is_index(slot):
                roles[source] |= Role.INDEX
            elif node.op.passes(slot):
                roles[source] |= roles[index]
    return roles


def _where(graph: Graph, index: int, places: Mapping[int, int]) -> int:
    """The operation in which a node, or what is computed from it, is an index."""
    waiting = [index]
    while waiting:
        node = waiting.pop()
        if node in places:
            return places[node]
        waiting += [via for via, _ in graph.uses[node]]
    raise AssertionError("a node has the role of an index and is none")
