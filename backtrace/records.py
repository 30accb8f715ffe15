"""The record of one forward and one backward pass; everything that is shown is read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from backtrace.errors import Span, did_you_mean
from backtrace.graph import Apply, Graph, Node
from backtrace.names import normal
from backtrace.ops import Structural
from backtrace.ops.rows import Value
from backtrace.ops.structural import renamed, sentence
from backtrace.passes import Edge, edge

if TYPE_CHECKING:
    from backtrace.crosscheck import Check, Engine
    from backtrace.render import Direction, Theme
    from backtrace.render.notebook import Types


SHORT = 6  # entries of an array that is written out in repr()
UPSTREAM = "Ḡ"  # what rules call the gradient that arrives


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """The chain rule on one edge: what node `into` gets through node `via`.

    `upstream` is the gradient of the output by `via`: what arrives from the output side.
    `local_value` is ∂via/∂into at this point, and `product` is upstream × local in the shape of
    `into`; on arrays entry by entry, and `summed` says over which axes it was then summed because
    broadcasting had stretched `into`. A `blocked` edge adds 0 whatever arrives: the operation
    selected another input.

    An operation on whole arrays has no local derivative that could be multiplied so: there
    `local_value` is None, and `product` is what its `rule` makes of the upstream gradient.
    """

    into: int
    via: int
    slot: int  # which input of `via`: x*x has two edges from the one x
    local_value: Value | None
    upstream: Value
    product: Value
    blocked: bool
    graph: Graph = field(repr=False)
    rule: str | None = None
    in_words: bool = False  # the rule is a sentence, where the language has no program for it
    summed: str = ""  # "summed over axis 0 to shape (3,)"

    @property
    def local(self) -> str:
        """The local derivative as a formula in the names of the nodes: `2*s`.

        Of an operation on whole arrays its rule, with Ḡ for the upstream gradient: `Ḡ @ W.T`.
        """
        if self.rule is not None:
            return self.rule
        from backtrace.symbolic import local_text

        return local_text(self.graph, self.via, self.slot)


@dataclass(frozen=True, slots=True, eq=False)
class TracedNode:
    """A node with its numbers.

    `adjoint` is the gradient of the output by this node, in the shape of `value`, and the sum of
    the products of `contributions`, which stand in order of the program and are added up from the
    last to the first (of the output: 1). It is None where no gradient is needed or none comes.
    """

    index: int
    name: str
    node: Node
    span: Span
    value: Value
    adjoint: Value | None
    contributions: tuple[Contribution, ...]


NoticeCode = Literal[
    "undefined",  # the output or a gradient asked for is not a finite number: the node at fault
    "overflow",  # the same, because a number is too large for float64
    "unreached",  # a node is not finite, and no result depends on it
    "kink",  # a value and no derivative: by which convention there is one all the same
    "unused-variable",
    "unused-node",
    "all-changed",  # a descent by every variable, for want of another wish
    "no-path",  # no gradient comes to a name that was asked for
    "broadcast",  # shapes such as (3,) and (3, 1) were stretched both: rarely meant
    "read-as",
    "no-formula",
    "rounding",  # differs from the second engine in the last digits only
    "differences",  # central differences contradict
    "differences-skipped",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know; `index` is the node it is about, or None."""

    index: int | None
    code: NoticeCode
    text: str


@dataclass(frozen=True, eq=False)
class Trace:
    """One program at one point: its values and the gradients of its output. Immutable.

    `print(trace)` shows the tree. `trace["s"]` is the node of that name.
    """

    graph: Graph
    values: tuple[Value, ...] = field(repr=False)
    adjoints: tuple[Value | None, ...] = field(repr=False)
    variables: Mapping[str, Value]  # every binding that was given, unused ones too
    wrt: tuple[str, ...]  # the names whose gradients were asked for
    silent: frozenset[int] = frozenset()  # the nodes of those that no gradient reaches

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """Everything to be told of this trace, what matters most first; looked for when asked."""
        from backtrace.noticing import notices

        return notices(self)

    @property
    def output(self) -> str:
        """The name of the output."""
        return self.graph.labels[self.graph.output]

    @property
    def value(self) -> Value:
        """The output's value."""
        return plain(self.values[self.graph.output])

    @property
    def gradients(self) -> dict[str, Value]:
        """The gradient of the output by every name asked for: a float, or an array of its shape.

        A name that is not in the program has the gradient 0.
        """
        return {name: self.gradient(name) for name in self.wrt}

    def gradient(self, name: str) -> Value:
        """One of these."""
        index = self.graph.asked(name)
        if index is None:
            return plain(np.zeros_like(self.variables[name]))
        return plain(self.adjoints[index])

    def edges(self, index: int) -> Iterator[tuple[int, int]]:
        """The (via, slot) on which a gradient comes to a node, in order of the program."""
        for via, slot in reversed(self.graph.uses[index]):
            node = self.graph.nodes[via]
            passes = isinstance(node, Apply) and node.op.passes(slot)
            # None: the output does not use it, or no gradient is needed through it
            if passes and self.adjoints[via] is not None and self.adjoints[index] is not None:
                yield via, slot

    def contribution(self, via: int, slot: int) -> Contribution:
        """The record of one edge of `edges`. Raises ValueError where no gradient passes."""
        node, upstream = self.graph.nodes[via], self.adjoints[via]
        if not isinstance(node, Apply) or upstream is None:
            raise ValueError(f"no gradient comes from node {via}")
        found = edge(self.graph, self.values, upstream, via, slot)
        rule, in_words = self._rule(node, via, slot)
        return Contribution(
            into=node.inputs[slot],
            via=via,
            slot=slot,
            local_value=None if found.local is None else plain(found.local),
            upstream=plain(upstream),
            product=plain(found.product),
            blocked=found.blocked,
            graph=self.graph,
            rule=rule,
            in_words=in_words,
            summed=_summed(found),
        )

    def _rule(self, node: Apply, via: int, slot: int) -> tuple[str | None, bool]:
        """What input `slot` of an operation on whole arrays gets, and whether it is in words.

        It is in the names of the nodes.
        """
        op, labels = node.op, self.graph.labels
        if not isinstance(op, Structural):
            return None, False
        shapes = [np.shape(self.values[i]) for i in node.inputs]
        text = op.rule(slot, shapes, dict(node.params))
        names = dict(zip(op.names(len(node.inputs)), (labels[i] for i in node.inputs), strict=True))
        words = sentence(text)
        return renamed(words or text, {**names, "g": UPSTREAM, "v": labels[via]}), words is not None

    @property
    def formulas(self) -> dict[str, str | None]:
        """The whole gradient by every name asked for, as a formula in the language.

        Of arrays it is read entry by entry. None where there is no readable one.
        """
        return dict(self._formulas)

    @cached_property
    def _formulas(self) -> dict[str, str | None]:
        from backtrace.formulas import formulas_of

        indices = [self.graph.asked(name) for name in self.wrt]
        return dict(zip(self.wrt, formulas_of(self, indices), strict=True))

    def formula(self, index: int, *, named: bool = False) -> str | None:
        """The gradient of the output by one node as such a formula.

        With `named`, one that is too long is written in the nodes that have names, too.
        """
        from backtrace.formulas import formulas_of

        return formulas_of(self, [index], named=named)[0]

    @property
    def nodes(self) -> NodeList:
        """Every node with its numbers, in order of computation; made when asked for."""
        return NodeList(self)

    def __getitem__(self, name: str) -> TracedNode:
        """The last node of that name. Raises KeyError with near matches."""
        name = normal(name)
        index = self.graph.names.get(name)
        if index is None:
            try:
                index = self.graph.labels.index(name)
            except ValueError:
                raise KeyError(f"no node {name!r}{did_you_mean(name, self.graph.labels)}") from None
        return self.nodes[index]

    @property
    def undefined(self) -> Notice | None:
        """Why the output or a gradient asked for is not a finite number, or None where all are."""
        return next((n for n in self.notices if n.code in ("undefined", "overflow")), None)

    def check(self, engine: Engine = "torch") -> Check:
        """Compare every value and gradient with torch autograd in float64.

        `engine="differences"` adds central differences as a third witness. Raises EngineMissing
        where torch is not installed, or refuses an operation.
        """
        from backtrace.crosscheck import check

        return check(self, engine)

    def save(
        self,
        path: str | PathLike[str],
        *,
        direction: Direction = "LR",
        theme: Theme = "light",
        digits: int | None = None,
        full: bool = False,
    ) -> None:
        """Write a file as -o does: `trace.save("graph.svg")`; the end of the path says its kind.

        `direction`, `theme`, `digits` and `full` are as on the command line. A picture has the
        verdict of the check in its caption. Raises UsageError for another kind, and with the
        system's reason where the file cannot be written.
        """
        from backtrace.crosscheck import checked
        from backtrace.render import DIGITS, Sheet
        from backtrace.render.saving import require_file, save

        require_file(fspath(path), "save()")
        sheet = Sheet(digits=digits or DIGITS, direction=direction, theme=theme, full=full)
        save(self, checked(self), fspath(path), sheet)

    def __str__(self) -> str:
        from backtrace.render.views.tree import tree

        return tree(self).plain

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> dict[str, str]:
        """What a notebook shows: the picture, with the verdict of the check in its caption."""
        from backtrace.crosscheck import checked
        from backtrace.render.notebook import bundle, of_trace

        return bundle(of_trace(self, lambda: checked(self)), include, exclude)

    def __repr__(self) -> str:
        gradients = [f"d{self.output}/d{n}={_short(g)}" for n, g in self.gradients.items()]
        return f"<Trace {', '.join([f'{self.output}={_short(self.value)}', *gradients])}>"


def _summed(found: Edge) -> str:
    """How broadcasting was undone on an edge, in words."""
    if not found.summed:
        return ""
    axes = f"ax{'i' if len(found.summed) == 1 else 'e'}s {', '.join(map(str, found.summed))}"
    shape = np.shape(found.product)
    return f"summed over {axes} to {f'shape {shape}' if shape else 'one number'}"


class NodeList(Sequence[TracedNode]):
    """The nodes of a trace, each made when it is asked for."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __len__(self) -> int:
        return len(self._trace.graph.nodes)

    @overload
    def __getitem__(self, index: int) -> TracedNode: ...
    @overload
    def __getitem__(self, index: slice) -> list[TracedNode]: ...
    def __getitem__(self, index: int | slice) -> TracedNode | list[TracedNode]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        trace, graph = self._trace, self._trace.graph
        index = range(len(self))[index]  # negative indices, and IndexError beyond the end
        adjoint = trace.adjoints[index]
        return TracedNode(
            index=index,
            name=graph.labels[index],
            node=graph.nodes[index],
            span=graph.spans[index],
            value=plain(trace.values[index]),
            adjoint=None if adjoint is None else plain(adjoint),
            contributions=tuple(trace.contribution(*e) for e in trace.edges(index)),
        )


def _short(value: Value) -> str:
    """A number, a small array as a list, of a large one its shape."""
    if np.size(value) <= SHORT:
        return str(np.asarray(value).tolist())
    return f"array of shape {np.shape(value)}"


def plain(value: Value) -> Value:
    """A scalar as Python's float, an array as it is."""
    return float(value) if np.ndim(value) == 0 else value
