"""Mistakes in words, with the names of the user's own steps: the factor ∂s/∂w = x is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from backtrace.homework.mistakes.paths import Edge, Paths
from backtrace.ops import Elementwise, Structural
from backtrace.ops.rows import Slip
from backtrace.ops.structural import renamed, sentence
from backtrace.records import UPSTREAM

# Around what would give the answer away, until it is decided who reads it.
_OPENS, _CLOSES = "\x02", "\x03"


def _secret(text: str) -> str:
    return f"{_OPENS}{text}{_CLOSES}"


def revealed(text: str) -> str:
    """What was said, for who may see the answer."""
    return text.replace(_OPENS, "").replace(_CLOSES, "")


def withheld(text: str) -> str:
    """What was said, without what would give the answer away."""
    return re.sub(f"{_OPENS}.*?{_CLOSES}", "", text, flags=re.DOTALL)


class Words:
    """What is said of the mistakes in one derivative."""

    def __init__(self, paths: Paths) -> None:
        self.paths, self.graph, self.of, self.by = paths, paths.graph, paths.of, paths.by

    # -- things

    def node(self, index: int) -> str:
        """A node by its name, or as it was written where it has none."""
        return self.graph.called(index)

    def derivative(self, of: int, by: int) -> str:
        """∂s/∂w, or ∂(w*x)/∂w."""
        return f"∂{self._in_brackets(of)}/∂{self._in_brackets(by)}"

    def _in_brackets(self, index: int) -> str:
        name = self.node(index) if index != self.graph.output else self.graph.labels[index]
        return name if re.fullmatch(r"[\w·.]+", name) else f"({name})"

    def step(self, e: Edge) -> str:
        """The local derivative of an edge: ∂s/∂w = x."""
        found = self.derivative(self._named_above(e.via), e.into)
        if not isinstance(self.graph.applied(e.via).op, Elementwise):
            return found
        from backtrace.symbolic import local_text

        formula = self._written(local_text(self.graph, e.via, e.slot))
        return f"{found}{_secret(f' = {formula}')}"

    def _named_above(self, via: int) -> int:
        """The step with a name that an edge belongs to: in s = w*x - y both of ∂s/∂w = x."""
        while not self.graph.is_named(via):
            above = [e for e in self.paths.edges if e.into == via]
            if len(above) != 1 or not self.paths.is_one(above[0]):
                break
            via = above[0].via
        return via

    def _written(self, formula: str) -> str:
        """A formula in which steps without a name stand as they were written."""
        names = {
            label: f"({self.node(i)})" if not self.graph.is_named(i) else label
            for i, label in enumerate(self.graph.labels)
            if i != self.graph.output
        }
        return renamed(formula, names)

    # -- mistakes

    def whole_sign(self) -> str:
        """Of the whole."""
        return "the sign is the other one"

    def transposed(self) -> str:
        """Of a matrix."""
        return "the answer is transposed"

    def sign(self, e: Edge) -> str:
        """Of one edge."""
        return f"the sign of {self.step(e)} is the other one"

    def left_out(self, e: Edge) -> str:
        """One edge."""
        return f"the factor {self.step(e)} is left out"

    def several(self, edges: Iterable[Edge]) -> str:
        """Several edges."""
        return f"the factors {' and '.join(map(self.step, edges))} are left out"

    def path(self, e: Edge) -> str:
        """One use of a node that has several."""
        return f"{self._use(e)} is left out, and the gradient is the sum over all of them"

    def path_twice(self, e: Edge) -> str:
        """The path of w through exp(w) is counted twice."""
        return f"{self._use(e)} is counted twice"

    def only_path(self, e: Edge) -> str:
        """All uses but one."""
        return f"only {self._use(e)} is taken, and the gradient is the sum over all of them"

    def _use(self, e: Edge) -> str:
        node = self.graph.applied(e.via)
        name = self.node(e.into)
        if node.inputs.count(e.into) > 1:
            return f"one of the uses of {name} in {self.graph.expression(e.via)}"
        return f"the path of {name} through {self.node(e.via)}"

    def twice(self, e: Edge) -> str:
        """One edge."""
        return f"the factor {self.step(e)} is multiplied in twice"

    def added(self, e: Edge) -> str:
        """One edge."""
        return f"{self.step(e)} is added to the upstream gradient, and the chain rule multiplies"

    def both_added(self, index: int) -> str:
        """A gradient on the way and what follows it."""
        upstream, rest = self.derivative(self.of, index), self.derivative(index, self.by)
        return f"{upstream} and {rest} are added, and the chain rule multiplies"

    def value_for_local(self, e: Edge) -> str:
        """One edge."""
        return f"{self.node(e.via)} itself stands where {self.step(e)} belongs"

    def slip(self, e: Edge, slip: Slip) -> str:
        """One edge with a well-known wrong form."""
        node = self.graph.applied(e.via)
        if isinstance(node.op, Structural):
            return self._rule(e, node.op, slip)
        names = node.op.names(len(node.inputs))
        labels = {n: self._in_brackets(i) for n, i in zip(names, node.inputs, strict=True)}
        form = renamed(
            slip.program((), dict(node.params)), {**labels, "v": self._in_brackets(e.via)}
        )
        return f"{form} is taken for the derivative {self.step(e)}"

    def _rule(self, e: Edge, op: Structural, slip: Slip) -> str:
        """A wrong rule of an operation on whole arrays beside the right one."""
        node, values = self.graph.applied(e.via), self.paths.sampled.passes[0]
        shapes, params = [np.shape(values[i]) for i in node.inputs], dict(node.params)
        names = {n: self.node(i) for n, i in zip(op.names(len(shapes)), node.inputs, strict=True)}
        names |= {"v": self.node(e.via), "g": UPSTREAM}
        taken = renamed(slip.program(shapes, params), names)
        right = op.rule(e.slot, shapes, params)
        meant = renamed(sentence(right) or right, names)
        whose = self.derivative(self.of, e.via)
        instead = _secret(f" where {meant} belongs")
        return f"{taken} is taken{instead}, with {UPSTREAM} for {whose}"

    def outer_at_inner(self, e: Edge, at: int) -> str:
        """The outer function's derivative at the inner variable."""
        return f"{self.step(e)} is taken at {self.node(at)}, not at {self.node(e.into)}"

    def product(self, via: int) -> str:
        """An operation on derivatives."""
        what = f"in {self.graph.expression(via)} the derivatives of both are taken together"
        return f"{what}, where the rule has a sum"

    def factor(self, number: float) -> str:
        """A constant ratio."""
        return f"it is {number:.6g} times the derivative"

    def upstream(self, index: int) -> str:
        """A gradient on the way."""
        return f"this is {self.derivative(self.of, index)}, which arrives from the output's side"

    def other(self, index: int) -> str:
        """A gradient by another variable."""
        return f"this is {self.derivative(self.of, index)}"

    def local(self, of: int) -> str:
        """A derivative of a step on the way."""
        whole = self.derivative(self.of, self.by)
        return f"this is {self.derivative(of, self.by)}, and {whole} was asked for"

    def local_of_edge(self, e: Edge) -> str:
        """A local derivative."""
        return f"this is the local derivative {self.derivative(e.via, e.into)} alone"

    def value(self, index: int) -> str:
        """A value."""
        return f"this is the value of {self.node(index)}"
