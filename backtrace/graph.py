"""The computational graph: a straight-line list of nodes that refer to earlier ones by index.

Such a list is called a Wengert list. It is exactly what the user wrote: a variable is one node
however often it is used, equal operations are not merged, and nothing is simplified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np

from backtrace.errors import LONGEST_NAME, Span
from backtrace.ops import Elementwise, Op

LONGEST_LABEL = 32  # characters of a literal that is its own label


class NamedConstant(NamedTuple):
    """A number that has a name in the language."""

    value: float
    sympy: str  # its name there; none: sympy cannot compare nan, so it is a symbol


NAMED_CONSTANTS: Mapping[str, NamedConstant] = MappingProxyType(
    {
        "pi": NamedConstant(np.pi, "pi"),
        "e": NamedConstant(np.e, "E"),
        "inf": NamedConstant(np.inf, "oo"),
        "nan": NamedConstant(np.nan, ""),
    }
)


Params: TypeAlias = tuple[tuple[str, Any], ...]  # (name, number, text or tuple) pairs


@final
@dataclass(frozen=True, slots=True)
class Leaf:
    """A variable of the program, bound to a value when the program is traced."""

    name: str


@final
@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, kept as its text: exact in formulas, a float64 in the passes."""

    text: str

    @property
    def value(self) -> np.float64:
        """The nearest float64."""
        named = NAMED_CONSTANTS.get(self.text)
        return np.float64(self.text if named is None else named.value)


@final
@dataclass(frozen=True, slots=True)
class Apply:
    """An operation applied to earlier nodes; `params` are what no gradient goes to: axis=0."""

    op: Op
    inputs: tuple[int, ...]
    params: Params = ()


Node: TypeAlias = Leaf | Constant | Apply


@dataclass(frozen=True, eq=False)
class Graph:
    """What a program says: `nodes` in order of computation, `output` the index of its result.

    `spans` has the place of each node in `source`. `assigned` has every assignment of the program
    in order, as (name, index of the node it names): `y = x` names a node and makes none.
    """

    source: str
    nodes: tuple[Node, ...]
    spans: tuple[Span, ...]
    assigned: tuple[tuple[str, int], ...]
    output: int
    readings: tuple[str, ...] = ()  # how text that was not literal was understood

    @cached_property
    def variables(self) -> Mapping[str, int]:
        """The index of every variable, in order of first use."""
        found = {n.name: i for i, n in enumerate(self.nodes) if type(n) is Leaf}
        return MappingProxyType(found)

    @cached_property
    def names(self) -> Mapping[str, int]:
        """What a name means after the last statement; variables included."""
        return MappingProxyType(dict(self.variables) | dict(self.assigned))

    def is_named(self, index: int) -> bool:
        """Whether the user gave the node its name; a variable has one."""
        named = any(i == index for _, i in self.assigned)
        return named or isinstance(self.nodes[index], Leaf)

    def asked(self, name: str) -> int | None:
        """The node to differentiate by for a name: the variable, else what the name means last."""
        index = self.variables.get(name)
        return self.names.get(name) if index is None else index

    @cached_property
    def structural(self) -> tuple[int, ...]:
        """The operations that are not elementwise: without any, numbers stay numbers."""
        nodes = enumerate(self.nodes)
        return tuple(i for i, n in nodes if type(n) is Apply and type(n.op) is not Elementwise)

    @cached_property
    def unsettled(self) -> tuple[int, ...]:
        """The operations whose row depends on the shapes that their inputs will have."""
        found = ((i, self.nodes[i]) for i in self.structural)
        return tuple(i for i, n in found if isinstance(n, Apply) and n.op.depends_on_shapes)

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """The nodes the output is computed from, itself included, in order."""
        needed = bytearray(len(self.nodes))
        needed[self.output] = 1
        for index in range(self.output, -1, -1):
            node = self.nodes[index]
            if needed[index] and type(node) is Apply:
                for source in node.inputs:
                    needed[source] = 1
        return tuple(index for index, is_needed in enumerate(needed) if is_needed)

    def computed_from(self, index: int) -> frozenset[int]:
        """The nodes that a node goes into, directly or not, itself included."""
        found = {index}
        for later in range(index + 1, len(self.nodes)):
            node = self.nodes[later]
            if type(node) is Apply and not found.isdisjoint(node.inputs):
                found.add(later)
        return frozenset(found)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What every node is called: by the user, or v1, v2, …; a literal is its own text.

        A name that is assigned again means its last node; the earlier ones are c·1, c·2.
        """
        labels: list[str] = [""] * len(self.nodes)
        holders: dict[str, list[int]] = {name: [i] for name, i in self.variables.items()}
        for name, index in self.assigned:
            same = holders.setdefault(name, [])
            if type(self.nodes[index]) is Apply and not labels[index]:
                labels[index] = name  # the first name given to a node is its label
                same.append(index)
        for name, indices in holders.items():
            for k, index in enumerate(indices, start=1):
                labels[index] = name if k == len(indices) else f"{name}·{k}"
        automatic = (name for k in count(1) if (name := f"v{k}") not in holders)
        unnamed = chain(("L", "out"), (f"out{k}" for k in count(1)))
        for index, node in enumerate(self.nodes):
            if type(node) is Constant:
                short = len(node.text) <= LONGEST_LABEL
                labels[index] = node.text if short else repr(float(node.value))
            elif not labels[index]:
                is_output = index == self.output
                candidates = (n for n in unnamed if n not in holders) if is_output else automatic
                labels[index] = next(candidates)
        return tuple(labels)

    @cached_property
    def uses(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For every node the (node, slot) pairs it goes into, the last node first."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for index in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[index]
            if type(node) is Apply:
                for slot, source in enumerate(node.inputs):
                    found[source].append((index, slot))
        return tuple(map(tuple, found))

    def kind(self, index: int) -> str:
        """What a node is: "variable", "constant", or the name of its operation."""
        match self.nodes[index]:
            case Leaf():
                return "variable"
            case Constant():
                return "constant"
            case Apply(op):
                return op.name

    def expression(self, index: int) -> str:
        """A node as text in the labels of its inputs: `w*x`, `log(v1)`, or a leaf's own name."""
        node = self.nodes[index]
        if not isinstance(node, Apply):
            return self.labels[index]
        return node.op.shown([self.labels[i] for i in node.inputs], dict(node.params))

    def applied(self, index: int) -> Apply:
        """A node that is known to be an operation."""
        node = self.nodes[index]
        assert isinstance(node, Apply)
        return node

    def written(self, index: int) -> str:
        """A node as the user wrote it, where that is short; otherwise its label."""
        start, end = self.spans[index]
        text = self.source[start:end]
        return text if 0 < len(text) <= LONGEST_NAME and text.isprintable() else self.labels[index]

    def called(self, index: int) -> str:
        """A node by the name the user gave it, otherwise as it was written."""
        return self.labels[index] if self.is_named(index) else self.written(index)

    def freed(self, index: int, name: str = "") -> Graph:
        """The graph with a variable in the place of one node, by default one without a name."""
        nodes = (*self.nodes[:index], Leaf(name), *self.nodes[index + 1 :])
        return replace(self, nodes=nodes)

    def validate(self) -> None:
        """Check what every graph must satisfy; for tests and for graphs made by hand.

        Raises ValueError naming the node that does not.
        """
        if not 0 <= self.output < len(self.nodes) or len(self.spans) != len(self.nodes):
            raise ValueError("the output and the spans must match the nodes")
        seen: set[str] = set()
        for index, node in enumerate(self.nodes):
            match node:
                case Leaf(name):
                    if name in seen:
                        raise ValueError(f"node {index}: variable {name} has two nodes")
                    seen.add(name)
                case Apply(op, inputs):
                    if not all(0 <= i < index for i in inputs):
                        raise ValueError(f"node {index}: an input is not an earlier node")
                    if len(inputs) != len(op.inputs) and not op.variadic:
                        raise ValueError(f"node {index}: {op.name} takes {len(op.inputs)} inputs")
                case Constant(text):
                    if not (text in NAMED_CONSTANTS or re.fullmatch(r"-?[\d.eE+-]+", text)):
                        raise ValueError(f"node {index}: {text!r} is not a number")
