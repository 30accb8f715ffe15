"""Whole gradients as formulas: of numbers by sympy alone, of arrays with the rules of their rows.

On arrays a formula is read entry by entry, and what an operation on whole arrays makes is one
symbol in it, whose name is its text: `-2*(U.T @ (X - (U @ V)))`. The rule of such an operation is a
program in the language; it is read, and run on formulas instead of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backtrace.graph import Apply, Constant, Graph, Leaf
from backtrace.lazy import sympy as sp
from backtrace.ops import Elementwise, Structural
from backtrace.ops.named import exact as exact_params
from backtrace.ops.params import written
from backtrace.ops.rows import Value
from backtrace.ops.structural import Misfit, Shape, broadcast
from backtrace.passes import are_numbers
from backtrace.reading import read
from backtrace.records import Trace
from backtrace.symbolic import (
    MOST_OPERATIONS,
    TooLongError,
    bounded,
    exact,
    gradient_formula,
    operations,
    readable,
    text,
    tidy,
)
from backtrace.symbolic import _worked_out as worked_out

CALLED = re.compile(r"^[\w.·]+")  # a name, alone or before the parentheses of a call
ENTRY = re.compile(r"one_hot\((\d+), \d+\)")  # the gradient of x by one of its entries
# a matrix product in parentheses where it is a term: `(X @ w) + b - y`
TERM = re.compile(r"(^|[(,] ?|\+ |- )\(([\w.]+(?: @ [\w.]+)+)\)(?=$|[),]| \+ | - )")
MOST_ENTRIES = 6  # of a vector whose gradient is a list of formulas
LONGEST = 80  # characters of a formula of arrays; a longer one is a wall of symbols


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


def formulas_of(trace: Trace, indices: Iterable[int | None]) -> list[str | None]:
    """∂output/∂node for these nodes, as formulas in the language; None where there is none to read.

    A node that is None is not in the program, and has the gradient 0.
    """
    graph, seed = trace.graph, trace.adjoints[trace.graph.output]
    if not graph.structural and are_numbers(trace.values) and (seed is None or seed == 1):
        return [gradient_formula(graph, index) for index in indices]
    return ["0" if i is None else _formula(trace, i) for i in indices]


def _formula(trace: Trace, index: int) -> str | None:
    graph = trace.graph
    if operations(graph) > MOST_OPERATIONS:
        return None
    atom = None if isinstance(graph.nodes[index], Leaf) else index
    try:
        sweep = _sweep(trace, atom)
    except (TooLongError, NoFormulaError, Misfit):
        return None
    found = sweep.gradients.get(index)
    if found is None:
        return "0"
    if isinstance(found, NoFormulaError):
        return None
    formula = sweep.by_entry(found) or without_parentheses(text(tidy(found.expression)))
    if len(formula) > LONGEST or not readable(graph, found.expression, formula):
        return None
    return formula


@lru_cache(maxsize=1)  # asked for every variable of one trace in turn
def _sweep(trace: Trace, atom: int | None) -> _Sweep:
    return _Sweep(trace, atom)


class _Sweep:
    """The two sweeps, on formulas: `gradients` has ∂output/∂node for every node that one comes to.

    Every symbol has a shape: variables, and what an operation on whole arrays makes. Node `atom` is
    a symbol of its own, called by its label.
    """

    def __init__(self, trace: Trace, atom: int | None) -> None:
        self.trace, self.graph, self.atom = trace, trace.graph, atom
        self.shapes: dict[Any, Shape] = {}
        values = [np.shape(value) for value in trace.values]
        leaves = {n: self.symbol(n, values[i]) for n, i in self.graph.variables.items()}
        forward = self.forward(self.graph, leaves, values, atom)
        self.gradients = self.backward(forward)

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
        atom: int | None = None,
    ) -> list[Term]:
        """Every node as a formula; `shapes` are those of the values where they are known."""
        terms: list[Term] = []
        for index, node in enumerate(graph.nodes):
            full = None if shapes is None else shapes[index]
            match node:
                case _ if index == atom:
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
                texts = [_as_input(op, self.whole(t).expression) for t in inputs]
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

    def backward(self, forward: Sequence[Term]) -> dict[int, Term | NoFormulaError]:
        """∂output/∂node; without a formula where a contribution to it has none."""
        graph, adjoints, output = self.graph, self.trace.adjoints, self.graph.output
        gradients: dict[int, Term | NoFormulaError] = {output: _seed(adjoints[output])}
        for index in range(output, -1, -1):
            node, upstream = graph.nodes[index], gradients.get(index)
            if not isinstance(node, Apply) or upstream is None or index == self.atom:
                continue
            arguments = [*(forward[i] for i in node.inputs), forward[index]]
            for slot, source in enumerate(node.inputs):
                if adjoints[source] is not None and node.op.passes(slot):
                    term = self.passed(node, slot, upstream, arguments)
                    gradients[source] = self.added(gradients.get(source), term)
        return gradients

    def added(
        self, known: Term | NoFormulaError | None, term: Term | NoFormulaError
    ) -> Term | NoFormulaError:
        """The sum of two contributions."""
        if known is None or isinstance(term, NoFormulaError):
            return term
        if isinstance(known, NoFormulaError):
            return known
        return self.term(known.expression + term.expression, known.full)

    def passed(
        self, node: Apply, slot: int, upstream: Term | NoFormulaError, arguments: Sequence[Term]
    ) -> Term | NoFormulaError:
        """What an operation passes on to one of its inputs; the last argument is its output."""
        if isinstance(upstream, NoFormulaError):
            return upstream
        source = arguments[slot].full
        if upstream.expression == 0:
            return Term(sp.S.Zero, (), source)
        try:
            match node.op:
                case Elementwise() as op:
                    values = [t.expression for t in arguments]
                    partial = op.partials(*values, **exact_params(dict(node.params)))[slot]
                    product = upstream.expression * partial
                    if product.has(sp.nan, sp.zoo):
                        return NoFormulaError()
                    return self.summed(self.term(product, arguments[-1].full), source)
                case Structural() as op:
                    return self.summed(self.by_rule(node, slot, upstream, arguments), source)
        except (NoFormulaError, Misfit, TooLongError):
            return NoFormulaError()
        raise TypeError(f"{node.op!r} has no formulas")

    def by_rule(self, node: Apply, slot: int, upstream: Term, arguments: Sequence[Term]) -> Term:
        """The rule of an operation on whole arrays, which is a program, run on formulas."""
        op = node.op
        assert isinstance(op, Structural)
        rule = op.rule(slot, [t.full for t in arguments[:-1]], dict(node.params))
        if rule.startswith(":"):
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
        number, rest = _numbers_out(term.expression)
        name, left = _sum(rest, term.shape, sorted(a - missing for a in own), added - missing)
        return Term(factor * number * self.symbol(name, left).expression, left, source)

    def by_entry(self, term: Term) -> str | None:
        """A gradient of a vector that is used entry by entry, as a list: `[2*x[0], 2*x[1]]`.

        None where it is not made of entries alone.
        """
        places = {s: ENTRY.fullmatch(s.name) for s in term.expression.free_symbols}
        entries = {s: int(match[1]) for s, match in places.items() if match}
        arrays = [s for s in places if s not in entries and self.shapes.get(s)]
        if not entries or len(term.full) != 1 or term.full[0] > MOST_ENTRIES or arrays:
            return None
        listed = []
        for place in range(term.full[0]):
            here = {s: sp.Integer(k == place) for s, k in entries.items()}
            listed.append(text(tidy(term.expression.xreplace(here))))
        return f"[{', '.join(listed)}]"


def _of_entries(op: Elementwise, node: Apply, inputs: Sequence[Term]) -> Any:
    """An elementwise operation on formulas; of numbers the number, where that is readable."""
    expressions, params = [t.expression for t in inputs], dict(node.params)
    if not all(e.is_number for e in expressions):
        return op.applied(*expressions, **params)
    found = worked_out(node, expressions)
    shown = op.shown(list(map(text, expressions)), params)
    return sp.Symbol(f"({shown})", real=True) if found is None else found


def _seed(seed: Value) -> Term:
    entries = np.unique(seed)
    if len(entries) != 1 or not np.isfinite(entries[0]):
        raise NoFormulaError
    return Term(sp.Rational(repr(float(entries[0]))), (), np.shape(seed))


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
    keywords = f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
    name = f"sum({inner}, {keywords}{', keepdims=True' if kept else ''})"
    return name, tuple(1 if a in axes else n for a, n in enumerate(shape) if kept or a not in axes)


def _numbers_out(expression: Any) -> tuple[Any, Any]:
    """A formula as a number times the rest: 2*x/3 is 2/3 times x."""
    number, rest = sp.factor_terms(expression).as_coeff_Mul()
    return number, rest


def _factor_out(terms: Sequence[Term]) -> tuple[Any, list[Term]]:
    """The number that formulas have as a factor together, and what is left of each of them."""
    parts = [_numbers_out(t.expression) for t in terms]
    rest = [t._replace(expression=r) for t, (_, r) in zip(terms, parts, strict=True)]
    return sp.Mul(*(number for number, _ in parts)), rest


def _as_input(op: Structural, expression: Any) -> str:
    """A formula as the input of an operation, in parentheses where its signs could mix."""
    formula = text(expression)
    if op.notation or op.show:
        rest = CALLED.sub("", formula.removesuffix(".T"), count=1)
        return formula if not rest or _is_grouped(rest) else f"({formula})"
    return without_parentheses(formula)


def without_parentheses(formula: str) -> str:
    """A formula without parentheses around the whole of it, or around a product in a sum."""
    formula = formula[1:-1] if _is_grouped(formula) else formula
    return TERM.sub(r"\1\2", formula)


def _is_grouped(formula: str) -> bool:
    """Whether the first character is a parenthesis that the last one closes."""
    if not formula.startswith("(") or not formula.endswith(")"):
        return False
    depth = 0
    for place, character in enumerate(formula):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(formula) - 1
    return False
