"""The two sweeps on formulas: the forward one, and the backward one with the rules of the rows.

On arrays a formula is read entry by entry, and what an operation on whole arrays makes is one
symbol in it, whose name is its text: `-2*(U.T @ (X - (U @ V)))`. The rule of such an operation is a
program in the language; it is read, and run on formulas instead of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backtrace.formulas.wording import as_input, without_parentheses
from backtrace.graph import Apply, Constant, Graph, Leaf
from backtrace.lazy import sympy as sp
from backtrace.ops import Elementwise, Structural
from backtrace.ops.axes import Misfit, Shape, broadcast
from backtrace.ops.named import exact as exact_params
from backtrace.ops.params import axes_written, written
from backtrace.ops.rows import Value
from backtrace.ops.structural import sentence
from backtrace.reading import read
from backtrace.records import Trace
from backtrace.symbolic import TooLongError, bounded, exact, text, worked_out


class Term(NamedTuple):
    """A formula that is read entry by entry.

    `shape` is that of its text, and `full` that of the value it stands for, which the text may be
    stretched to: 1 is a gradient of ones.
    """

    expression: Any
    shape: Shape
    full: Shape


class NoFormulaError(Exception):
    """There is no formula in the language, or it would be too long to read."""


class Sweep:
    """The two sweeps, on formulas: `gradients` has ∂output/∂node for every node that one comes to.

    Every symbol has a shape: variables, and what an operation on whole arrays makes. The nodes
    `atoms` are symbols of their own, called by their labels.
    """

    def __init__(self, trace: Trace, atoms: frozenset[int]) -> None:
        self.shapes: dict[Any, Shape] = {}
        values = [np.shape(value) for value in trace.values]
        leaves = {n: self.symbol(n, values[i]) for n, i in trace.graph.variables.items()}
        forward = self.forward(trace.graph, leaves, values, atoms)
        self.gradients = self.backward(trace, forward)

    def symbol(self, name: str, shape: Shape) -> Term:
        """What stands in formulas under a name, or under its text."""
        symbol = sp.Symbol(name, real=True)
        self.shapes[symbol] = shape
        return Term(symbol, shape, shape)

    def term(self, expression: Any, full: Shape) -> Term:
        """A formula with the shape that it has by the symbols that are left in it."""
        shapes = (self.shapes.get(symbol, ()) for symbol in expression.free_symbols)
        return Term(bounded(expression), broadcast((), *shapes), full)

    # -- forward

    def forward(
        self,
        graph: Graph,
        leaves: Mapping[str, Term],
        shapes: Sequence[Shape] | None = None,
        atoms: frozenset[int] = frozenset(),
    ) -> list[Term]:
        """Every node as a formula; `shapes` are those of the values where they are known."""
        terms: list[Term] = []
        for index, node in enumerate(graph.nodes):
            full = None if shapes is None else shapes[index]
            match node:
                case _ if index in atoms:
                    term = self.symbol(graph.labels[index], full or ())
                case Leaf(name):
                    term = leaves[name]
                case Constant(literal):
                    term = Term(exact(literal), (), ())
                case Apply():
                    term = self.applied(node, [terms[i] for i in node.inputs], full)
            terms.append(term)
        return terms

    def applied(self, node: Apply, inputs: Sequence[Term], full: Shape | None) -> Term:
        """An operation on formulas: elementwise a formula, of whole arrays a symbol."""
        op, params, fulls = node.op, dict(node.params), [t.full for t in inputs]
        match op:
            case Elementwise():
                return self.term(_of_entries(op, node, inputs), broadcast(*fulls))
            case Structural():
                full = op.shape(*fulls, **params) if full is None else full
                if op.moves and not inputs[0].shape:
                    return inputs[0]._replace(full=full)  # equal entries, wherever they are moved
                factor, inputs = _factor_out(inputs) if op.linear or op.moves else (1, inputs)
                texts = [as_input(op, self.whole(t).expression) for t in inputs]
                name = op.shown(texts, params)
                symbol = self.symbol(f"({name})" if " @ " in op.notation else name, full)
                return symbol._replace(expression=factor * symbol.expression)
        raise TypeError(f"{op!r} has no formulas")

    def whole(self, term: Term) -> Term:
        """A formula whose text has the shape that it stands for."""
        if term.shape == term.full:
            return term
        name = f"broadcast_to({text(term.expression)}, {written(term.full)})"
        return self.symbol(name, term.full)

    # -- backward

    def backward(self, trace: Trace, forward: Sequence[Term]) -> dict[int, Term | None]:
        """∂output/∂node for every node that a gradient comes to.

        None where a contribution to it has no formula. Raises NoFormulaError for a gradient to
        start from that is not one finite number everywhere.
        """
        graph, adjoints, output = trace.graph, trace.adjoints, trace.graph.output
        gradients: dict[int, Term | None] = {output: _seed(adjoints[output])}
        for index in range(output, -1, -1):
            node = graph.nodes[index]
            if not isinstance(node, Apply) or index not in gradients:
                continue
            arguments = [*(forward[i] for i in node.inputs), forward[index]]
            for slot, source in enumerate(node.inputs):
                if adjoints[source] is not None and node.op.passes(slot):
                    term = self.passed(node, slot, gradients[index], arguments)
                    if source in gradients:
                        term = self.added(gradients[source], term)
                    gradients[source] = term
        return gradients

    def added(self, one: Term | None, other: Term | None) -> Term | None:
        """The sum of two contributions; None where one of them has no formula."""
        if one is None or other is None:
            return None
        return self.term(one.expression + other.expression, one.full)

    def passed(
        self, node: Apply, slot: int, upstream: Term | None, arguments: Sequence[Term]
    ) -> Term | None:
        """What an operation passes on to an input, or None; the last argument is its output."""
        if upstream is None:
            return None
        source = arguments[slot].full
        if upstream.expression == 0:
            return Term(sp.S.Zero, (), source)
        make = self.by_partial if isinstance(node.op, Elementwise) else self.by_rule
        try:
            return self.summed(make(node, slot, upstream, arguments), source)
        except (NoFormulaError, Misfit, TooLongError, TypeError):  # as above
            return None

    def by_partial(self, node: Apply, slot: int, upstream: Term, arguments: Sequence[Term]) -> Term:
        """upstream × the local derivative of an elementwise operation."""
        op = node.op
        assert isinstance(op, Elementwise)
        values = [t.expression for t in arguments]
        partial = op.partials(*values, **exact_params(dict(node.params)))[slot]
        product = upstream.expression * partial
        if product.has(sp.nan, sp.zoo):
            raise NoFormulaError
        return self.term(product, arguments[-1].full)

    def by_rule(self, node: Apply, slot: int, upstream: Term, arguments: Sequence[Term]) -> Term:
        """The rule of an operation on whole arrays, which is a program, run on formulas."""
        op = node.op
        assert isinstance(op, Structural)
        rule = op.rule(slot, [t.full for t in arguments[:-1]], dict(node.params))
        if sentence(rule) is not None:
            raise NoFormulaError
        names = [*op.names(len(node.inputs)), "v", "g"]
        program = read(rule, names)
        leaves = dict(zip(names, [*arguments, upstream], strict=True))
        return self.forward(program, leaves)[program.output]

    def summed(self, term: Term, source: Shape) -> Term:
        """A gradient brought to the shape of the input: the sum over what was stretched.

        An axis that the formula does not have is as many equal terms.
        """
        shape = broadcast(term.full, source)
        added, missing = len(shape) - len(source), len(shape) - len(term.shape)
        axes = [a for a, n in enumerate(shape) if a < added or (source[a - added] == 1 and n != 1)]
        longer = [a for a in axes if a >= missing and term.shape[a - missing] != 1]
        own = longer + [a for a in range(missing, added) if a not in longer]  # which must vanish
        factor = prod(shape[a] for a in axes if a not in longer)
        if not own:
            return Term(factor * term.expression, term.shape, source)
        arrays = [symbol for symbol in term.expression.free_symbols if self.shapes.get(symbol)]
        number, rest = sp.factor_terms(term.expression).as_independent(*arrays, as_Add=False)
        name, left = _sum(rest, term.shape, sorted(a - missing for a in own), added - missing)
        return Term(factor * number * self.symbol(name, left).expression, left, source)


def _of_entries(op: Elementwise, node: Apply, inputs: Sequence[Term]) -> Any:
    """An elementwise operation on formulas; of numbers the number, where that is readable."""
    expressions, params = [t.expression for t in inputs], dict(node.params)
    if not all(e.is_number for e in expressions):
        try:
            return op.applied(*expressions, **params)
        except TypeError:  # sympy compares no nan, as it makes of 0*inf
            raise NoFormulaError from None
    found = worked_out(node, expressions)
    shown = op.shown(list(map(text, expressions)), params)
    return sp.Symbol(f"({shown})", real=True) if found is None else found


def _seed(seed: Value) -> Term:
    entries = np.unique(seed)
    if len(entries) != 1 or not np.isfinite(entries[0]):
        raise NoFormulaError
    return Term(sp.Rational(repr(float(entries[0]))), (), np.shape(seed))


def _numbers_out(expression: Any) -> tuple[Any, Any]:
    """A formula as a number times the rest: 2*x/3 is 2/3 times x."""
    number, rest = sp.factor_terms(expression).as_coeff_Mul()
    return number, rest


def _factor_out(terms: Sequence[Term]) -> tuple[Any, list[Term]]:
    """The number that formulas have as a factor together, and what is left of each of them."""
    parts = [_numbers_out(t.expression) for t in terms]
    rest = [t._replace(expression=r) for t, (_, r) in zip(terms, parts, strict=True)]
    return sp.Mul(*(number for number, _ in parts)), rest


def _sum(summand: Any, shape: Shape, axes: list[int], vanish: int) -> tuple[str, Shape]:
    """A sum over axes as text, and the shape it has; the first `vanish` axes are gone afterwards.

    Raises NoFormulaError where of the others some stay: nobody would read it.
    """
    inner = without_parentheses(text(summand))
    if len(axes) == len(shape) == vanish:
        return f"sum({inner})", ()
    kept = [a for a in axes if a >= vanish]
    if kept and kept != axes:
        raise NoFormulaError
    name = f"sum({inner}, axis={axes_written(tuple(axes))}{', keepdims=True' if kept else ''})"
    return name, tuple(1 if a in axes else n for a, n in enumerate(shape) if kept or a not in axes)
