"""Formulas: what the graph and its derivatives are in sympy, and how they are printed.

Formulas are for reading. The numbers never come from them: compiled from sympy, several
derivatives overflow or lose every digit where float64 rules do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from backtrace.graph import NAMED_CONSTANTS, Apply, Constant, Graph, Leaf
from backtrace.lazy import sympy as sp
from backtrace.ops import FUNCTIONS, Elementwise, Op
from backtrace.ops.named import exact as exact_params

MOST_TERMS = 1000  # of a formula as a tree, before it is tidied
LONGEST_LITERAL = 400  # digits; the exact value of a longer one is that of its float64
MOST_OPERATIONS = 40  # sympy's derivative of 50 chained statements is 10 KB of text
LONGEST_FRACTION = 10**5  # numerators and denominators; longer ones are shown as decimals
MOST_BITS = 10_000  # of a number that is worked out; Python prints no more than 4300 digits
LONGEST_NUMBER = 17  # digits; an exact number with more of them is shown as a decimal
Expr: TypeAlias = Any


def local_text(graph: Graph, via: int, slot: int) -> str:
    """∂via/∂input as a formula in the labels of the nodes: `2*s`, or `a*(1 - a)`.

    Raises ValueError for an edge that no gradient can pass.
    """
    node = graph.nodes[via]
    if not isinstance(node, Apply) or not node.op.passes(slot):
        raise ValueError(f"no gradient passes from node {via} to its input {slot}")
    op, params = _of_numbers(node.op), exact_params(dict(node.params))
    v = _symbol(graph, via)
    partial = op.partials(*(_symbol(graph, i) for i in node.inputs), v, **params)[slot]
    if partial.has(sp.I):  # log(-2) has no real value: it stays as it is
        named = (sp.Symbol(graph.labels[i], real=True) for i in node.inputs)
        partial = op.partials(*named, v, **params)[slot]
    return text(partial)


def gradient_formula(graph: Graph, index: int | None) -> str | None:
    """∂output/∂node as a formula, in that node and the variables.

    None if it would be too long to read, or has no text in the language.
    """
    if operations(graph) > MOST_OPERATIONS:
        return None
    if index is None:
        return "0"
    atom = None if isinstance(graph.nodes[index], Leaf) else index
    try:
        gradient = tidy(_reverse(graph, atom).get(index, sp.S.Zero))
    except (TooLongError, TypeError):  # sympy compares no nan, as it makes of 0*inf
        return None
    formula = text(gradient)
    return formula if readable(graph, gradient, formula) else None


class TooLongError(Exception):
    """A formula has more than MOST_TERMS terms: what is used again multiplies."""


def bounded(expression: Expr) -> Expr:
    """The expression. Raises TooLongError where it has more than MOST_TERMS terms."""
    for count, _ in enumerate(sp.preorder_traversal(expression)):
        if count > MOST_TERMS:
            raise TooLongError
    return expression


def called_in(formula: str) -> set[str]:
    """The functions of a formula."""
    return set(re.findall(r"([^\W\d]\w*)\(", formula))


def readable(graph: Graph, expression: Expr, formula: str) -> bool:
    """Whether the text of a formula means the formula to the reader of this program."""
    hidden = [name for name in NAMED_CONSTANTS if name in graph.names]
    return (
        called_in(formula) <= FUNCTIONS.keys() - graph.names.keys()
        and not expression.has(sp.I)
        and not any(expression.has(exact(name)) for name in hidden)
    )


def operations(graph: Graph) -> int:
    """How many operations the output takes; counted up to MOST_OPERATIONS + 1."""
    count = 0
    found, todo = {graph.output}, [graph.output]
    while todo and count <= MOST_OPERATIONS:
        node = graph.nodes[todo.pop()]
        if isinstance(node, Apply):
            count += 1
            new = set(node.inputs) - found
            found |= new
            todo.extend(new)
    return count


def exact(constant: str) -> Expr:
    """The exact number a literal means: 0.1 is 1/10, `pi` is π."""
    named = NAMED_CONSTANTS.get(constant)
    if named is not None:
        return getattr(sp, named.sympy) if named.sympy else sp.Symbol(constant, real=True)
    value = float(constant)
    if value == 0:
        return sp.S.Zero  # 0e999999999 would be worked out
    return sp.Rational(constant if len(constant) <= LONGEST_LITERAL else value)


def exact_float(graph: Graph) -> float | None:
    """The float64 nearest to the exact value of a graph without variables.

    None where sympy has no real number for it: an overflow, or the root of a negative number.
    """
    value = expressions(graph)[graph.output]
    number = sp.N(value, 40)
    return float(number) if number.is_Float or number.is_Rational else None


def _symbol(graph: Graph, index: int) -> Expr:
    """What stands for a node in a local derivative: a literal is its number."""
    node = graph.nodes[index]
    if isinstance(node, Constant):
        return exact(node.text)
    return sp.Symbol(graph.labels[index], real=True)


def expressions(
    graph: Graph, atom: int | None = None, needed: Iterable[int] | None = None
) -> dict[int, Expr]:
    """Nodes as expressions in the variables, and in node `atom`; by default what the output needs.

    Raises TooLongError.
    """
    found: dict[int, Expr] = {}
    for index in graph.needed if needed is None else needed:
        match graph.nodes[index]:
            case _ if index == atom:
                found[index] = sp.Symbol(graph.labels[index], real=True)
            case Leaf(name):
                found[index] = sp.Symbol(name, real=True)
            case Constant(literal):
                found[index] = exact(literal)
            case Apply(op, inputs, params) as node:
                given = [found[i] for i in inputs]
                if all(e.is_number for e in given):
                    number = worked_out(node, given)
                    written = sp.Symbol(f"({_shown(graph, index)})", real=True)
                    found[index] = written if number is None else number
                else:
                    found[index] = bounded(_of_numbers(op).applied(*given, **dict(params)))
    return found


def _of_numbers(op: Op) -> Elementwise:
    """The row of an operation in a graph of numbers, where no other kind stands."""
    assert isinstance(op, Elementwise)
    return op


def _shown(graph: Graph, index: int) -> str:
    start, end = graph.spans[index]
    return graph.source[start:end]


def worked_out(node: Apply, inputs: Sequence[Expr]) -> Expr | None:
    """An operation on numbers as an exact number, or None where that would not be readable.

    sympy works numbers out exactly, which never ends for 9**9**9, lgamma(1e9) or 7e-300**9999.
    """
    numbers = [float(e) if e.is_real else np.nan for e in inputs]
    largest = max(map(abs, numbers))
    if largest > 1e4 or largest * sum(map(_bits, inputs)) > 1e6:
        return None
    with np.errstate(all="ignore"):
        result = node.op.forward(*map(np.float64, numbers), **dict(node.params))
    if not abs(result) < 1e12:
        return None
    found = _of_numbers(node.op).applied(*inputs, **dict(node.params))
    nameless = found.atoms(sp.NumberSymbol) - {sp.pi, sp.E}  # digamma(2) is 1 - EulerGamma
    return None if nameless or _bits(found) >= MOST_BITS else found


def _bits(number: Expr) -> int:
    """How long an exact number is: 1e-300 has a thousand bits, sqrt(2) has three."""
    return sum(a.p.bit_length() + a.q.bit_length() for a in number.atoms(sp.Rational))


@lru_cache(maxsize=1)  # asked for every variable of one graph in turn
def _reverse(graph: Graph, atom: int | None = None) -> dict[int, Expr]:
    """The backward sweep in formulas: ∂output/∂node for every node the output needs."""
    known = expressions(graph, atom)
    terms: dict[int, list[Expr]] = {index: [] for index in known}
    gradients: dict[int, Expr] = {}
    terms[graph.output] = [sp.S.One]
    for index in reversed(known):
        gradients[index] = upstream = sp.Add(*terms[index])
        node = graph.nodes[index]
        if not isinstance(node, Apply) or upstream == 0:
            continue
        inputs = [known[i] for i in node.inputs]
        if all(e.is_number for e in inputs):
            continue
        op, params = _of_numbers(node.op), exact_params(dict(node.params))
        partials = op.partials(*inputs, known[index], **params)
        for slot, source in enumerate(node.inputs):
            if node.op.passes(slot) and not known[source].is_number:
                terms[source].append(bounded(upstream * partials[slot]))
    return gradients


def tidy(expression: Expr) -> Expr:
    """The shorter of the sum as it came and with its common factors taken out."""
    return min((sp.factor_terms(expression), expression), key=lambda e: len(str(e)))


def text(expression: Expr) -> str:
    """An expression as text that the reader reads: `where(x > 0, 1, 0)`, `abs(x)`, `e`."""
    return str(_printer().doprint(expression))


@lru_cache(maxsize=1)
def _printer() -> Any:
    """Made at its first use, because its base class is sympy's."""
    from sympy.printing.precedence import PRECEDENCE
    from sympy.printing.str import StrPrinter

    class Printer(StrPrinter):  # type: ignore[misc]
        """sympy's own text form in the words of this language; its methods are sympy's hooks."""

        def _as_ordered_terms(self, expr: Expr, order: str | None = None) -> list[Expr]:
            """As sympy orders them, but `y - w*x` and never `-w*x + y`."""
            terms = list(super()._as_ordered_terms(expr, order=order))
            positive = next((t for t in terms if not t.could_extract_minus_sign()), terms[0])
            return [positive, *(t for t in terms if t is not positive)]

        def _call(self, name: str, arguments: Iterable[Expr]) -> str:
            return f"{name}({', '.join(self._print(a) for a in arguments)})"

        def _print_Exp1(self, expr: Expr) -> str:
            return "e"

        def _print_Infinity(self, expr: Expr) -> str:
            return "inf"

        def _print_NegativeInfinity(self, expr: Expr) -> str:
            return "-inf"

        def _print_ComplexInfinity(self, expr: Expr) -> str:
            return "inf"

        def _print_Function(self, expr: Expr) -> str:
            """Abs is abs and ceiling is ceil: sympy's names are second names in the table."""
            name = type(expr).__name__
            rows = FUNCTIONS.get(name)
            return self._call(rows[0].written if rows else name, expr.args)

        _print_LatticeOp = _print_Function  # Max and Min  # noqa: N815

        def _print_Relational(self, expr: Expr) -> str:
            return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

        def _print_And(self, expr: Expr) -> str:
            return "*".join(f"({self._print(a)})" for a in expr.args)

        def _print_Or(self, expr: Expr) -> str:
            return self._call("max", expr.args)

        def _print_BooleanTrue(self, expr: Expr) -> str:
            return "1"

        def _print_BooleanFalse(self, expr: Expr) -> str:
            return "0"

        def _print_Piecewise(self, expr: Expr) -> str:
            (value, condition), *others = expr.args
            if self._print_level > 1 and expr.args[1:] == ((0, True),) and value == 1:
                return f"({self._print(condition)})"  # a comparison is a number, 1 or 0
            if condition == True or not others:  # noqa: E712  sympy's own truth value
                return str(self._print(value))
            return self._call("where", (condition, value, sp.Piecewise(*others, evaluate=False)))

        def _print_Mul(self, expr: Expr) -> str:
            number, rest = expr.as_coeff_Mul(rational=True)
            if number.is_Rational and _long(number) and number.q != 1:
                return f"{_decimal(number)}*{self.parenthesize(rest, PRECEDENCE['Mul'])}"
            return str(super()._print_Mul(expr))

        def _print_Integer(self, expr: Expr) -> str:
            return str(expr.p) if abs(expr.p) < 10**LONGEST_NUMBER else _decimal(expr)

        def _print_Rational(self, expr: Expr) -> str:
            return _decimal(expr) if _long(expr) else str(super()._print_Rational(expr))

    return Printer({"order": None})


def _long(fraction: Expr) -> bool:
    return bool(max(abs(fraction.p), fraction.q) >= LONGEST_FRACTION)


def _decimal(number: Expr) -> str:
    """A number of many digits as a short decimal: 6.881373587019543, 1e300."""
    return repr(float(number)) if abs(number) < 10**308 else f"{Decimal(number.p) / number.q:.6e}"
