"""The graph while it is read: nodes so far, and what each name means at this point."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from backtrace.errors import Span
from backtrace.graph import Apply, Constant, Graph, Leaf, Node, Params
from backtrace.ops import Op

LONGEST_PRODUCT = 32  # letters of a name that is tried as a product of names


class Builder:
    """Collects nodes. `bound` has the names that will have a value, or is None if not known yet."""

    def __init__(self, bound: Container[str] | None) -> None:
        self.bound = bound
        self.nodes: list[Node] = []
        self.spans: list[Span] = []
        self.scope: dict[str, int] = {}
        self.assigned: list[tuple[str, int]] = []

    def add(self, node: Node, span: Span) -> int:
        """Append a node and return its index."""
        self.nodes.append(node)
        self.spans.append(span)
        return len(self.nodes) - 1

    def apply(self, op: Op, inputs: Iterable[int], span: Span, params: Params = ()) -> int:
        """Append an operation on earlier nodes."""
        return self.add(Apply(op, tuple(inputs), params), span)

    def taken_out(self, mark: int, indices: Sequence[int]) -> tuple[int, ...] | None:
        """Whole literals that are all the nodes since `mark`, which leave the graph again.

        None where they are anything else; then nothing is changed.
        """
        nodes = [self.nodes[i] for i in indices]
        if list(indices) != list(range(mark, len(self.nodes))):
            return None
        numbers = [float(n.value) for n in nodes if isinstance(n, Constant)]
        if len(numbers) < len(nodes) or not all(map(float.is_integer, numbers)):
            return None
        del self.nodes[mark:], self.spans[mark:]
        return tuple(map(int, numbers))

    def drop(self, index: int) -> None:
        """Remove a node that nothing uses; those after it move up."""
        del self.nodes[index], self.spans[index]
        if index == len(self.nodes):  # the last one, as most are
            return
        for k, node in enumerate(self.nodes[index:], index):
            if isinstance(node, Apply):
                inputs = tuple(i - (i > index) for i in node.inputs)
                self.nodes[k] = Apply(node.op, inputs, node.params)
        self.scope = {name: i - (i > index) for name, i in self.scope.items()}

    def assign(self, name: str, index: int) -> None:
        """From here on `name` means node `index`."""
        self.scope[name] = index
        self.assigned.append((name, index))

    def is_bound(self, name: str) -> bool:
        """Whether the name will have a value that is given from outside."""
        return self.bound is not None and name in self.bound

    def known(self, name: str, span: Span) -> int:
        """The node of a name that has a value, or is a constant."""
        if name in self.scope:
            return self.scope[name]
        if self.is_bound(name):
            return self.variable(name, span)
        return self.add(Constant(name), span)

    def variable(self, name: str, span: Span) -> int:
        """Append the one node of a variable that is met for the first time."""
        self.scope[name] = index = self.add(Leaf(name), span)
        return index

    def splits(self, name: str) -> list[list[str]]:
        """The ways in which `name` is a product of names that have a value; two at the most.

        >>> builder.splits("wx")  # with w and x bound
        [['w', 'x']]
        """
        if self.bound is None or len(name) > LONGEST_PRODUCT:
            return []
        ways: list[list[list[str]]] = [[] for _ in range(len(name) + 1)]
        ways[0] = [[]]
        for end in range(1, len(name) + 1):
            for start in range(end):
                part = name[start:end]
                # 2pix is 2*pi*x; the e of 2ex is left out, for most names have one
                if ways[start] and (part in self.scope or self.is_bound(part) or part == "pi"):
                    ways[end] += [[*way, part] for way in ways[start]]
            ways[end] = ways[end][:2]
        return [way for way in ways[-1] if len(way) > 1]

    def graph(self, source: str, output: int, readings: Iterable[str]) -> Graph:
        """What was collected, as a graph."""
        nodes, spans, assigned = tuple(self.nodes), tuple(self.spans), tuple(self.assigned)
        return Graph(source, nodes, spans, assigned, output, tuple(readings))
