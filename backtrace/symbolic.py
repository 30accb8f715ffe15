"""Formulas: what the graph and its derivatives are in sympy, and how they are printed.

Formulas are for reading. The numbers never come from them: compiled from sympy, several
derivatives overflow or lose every digit where float64 rules do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from backtrace.graph import Apply, Constant, Graph, Leaf
from backtrace.lazy import sympy as sp
from backtrace.ops.named import exact as exact_params

MOST_OPERATIONS = 40  # sympy's derivative of 50 chained statements is 10 KB of text
LONGEST_FRACTION = 10**5  # numerators and denominators; longer ones are shown as decimals
LONGEST_NUMBER = 17  # digits; an exact number with more of them is shown as a decimal
Expr: TypeAlias = Any


def local_text(graph: Graph, via: int, slot: int) -> str:
    """∂via/∂input as a formula in the labels of the nodes: `2*s`, or `a*(1 - a)`.

    Raises ValueError for an edge that no gradient can pass.
    """
    node = graph.nodes[via]
    if not isinstance(node, Apply) or node.op.local[slot] is None:
        raise ValueError(f"no gradient passes from node {via} to its input {slot}")
    inputs = [_symbol(graph, i) for i in node.inputs]
    partials = node.op.partials(*inputs, _symbol(graph, via), **exact_params(dict(node.params)))
    return text(partials[slot])


def gradient_formulas(graph: Graph, wrt: Iterable[str]) -> dict[str, str | None]:
    """The whole gradient of the output by every name of `wrt`, as a tidy formula.

    None where the output takes more than MOST_OPERATIONS operations. A name that is not in the
    program has the gradient 0.
    """
    names = tuple(wrt)
    if operations(graph) > MOST_OPERATIONS:
        return dict.fromkeys(names)
    variables = _reverse(graph)
    formulas: dict[str, str | None] = {}
    for name in names:
        index = graph.variables.get(name)
        gradients = variables
        if index is None and (index := graph.names.get(name)) is not None:
            gradients = _reverse(graph, index)  # 2*s, and not 2*w*x, for s = w*x
        gradient = sp.S.Zero if index is None else gradients.get(index, sp.S.Zero)
        formulas[name] = text(_tidy(gradient))
    return formulas


def operations(graph: Graph) -> int:
    """How many operations the output takes, at most MOST_OPERATIONS + 1."""
    count = 0
    for index in _needed(graph):
        count += isinstance(graph.nodes[index], Apply)
        if count > MOST_OPERATIONS:
            break
    return count


def exact(constant: str) -> Expr:
    """The exact number a literal means: 0.1 is 1/10, `pi` is π."""
    named = {"pi": sp.pi, "e": sp.E, "inf": sp.oo, "nan": sp.nan}
    return named[constant] if constant in named else sp.Rational(constant)


def exact_float(graph: Graph) -> float | None:
    """The float64 nearest to the exact value of a graph without variables.

    None where sympy has no real number for it: an overflow, or the root of a negative number.
    """
    value = _expressions(graph)[graph.output]
    number = sp.N(value, 40)
    return float(number) if number.is_Float or number.is_Rational else None


def _symbol(graph: Graph, index: int) -> Expr:
    """What stands for a node in a local derivative: a literal is its number."""
    node = graph.nodes[index]
    if isinstance(node, Constant):
        return exact(node.text)
    return sp.Symbol(graph.labels[index], real=True)


def _needed(graph: Graph) -> list[int]:
    """The nodes the output is computed from, itself included, in order."""
    needed, todo = {graph.output}, [graph.output]
    while todo:
        node = graph.nodes[todo.pop()]
        if isinstance(node, Apply):
            new = set(node.inputs) - needed
            needed |= new
            todo.extend(new)
    return sorted(needed)


def _expressions(graph: Graph, atom: int | None = None) -> dict[int, Expr]:
    """Every node the output needs as an expression in the variables, and in node `atom`."""
    found: dict[int, Expr] = {}
    for index in _needed(graph):
        match graph.nodes[index]:
            case _ if index == atom:
                found[index] = sp.Symbol(graph.labels[index], real=True)
            case Leaf(name):
                found[index] = sp.Symbol(name, real=True)
            case Constant(literal):
                found[index] = exact(literal)
            case Apply(op, inputs, params) as node:
                given = [found[i] for i in inputs]
                if all(e.is_number for e in given) and not _plain_number(node, given):
                    found[index] = sp.Symbol(f"({_shown(graph, index)})", real=True)
                else:
                    found[index] = op.applied(*given, **dict(params))
    return found


def _shown(graph: Graph, index: int) -> str:
    start, end = graph.spans[index]
    return graph.source[start:end]


def _plain_number(node: Apply, inputs: Sequence[Expr]) -> bool:
    """Whether an operation on numbers is a number of ordinary size.

    sympy works numbers out exactly, which never ends for 9**9**9 or lgamma(1e9).
    """
    numbers = [float(e) if e.is_real else np.nan for e in inputs]
    if max(map(abs, numbers)) > 1e4:
        return False
    with np.errstate(all="ignore"):
        result = node.op.forward(*map(np.float64, numbers), **dict(node.params))
    return bool(abs(result) < 1e12)


def _reverse(graph: Graph, atom: int | None = None) -> dict[int, Expr]:
    """The backward sweep in formulas: ∂output/∂node for every node the output needs."""
    expressions = _expressions(graph, atom)
    terms: dict[int, list[Expr]] = {index: [] for index in expressions}
    gradients: dict[int, Expr] = {}
    terms[graph.output] = [sp.S.One]
    for index in reversed(expressions):
        gradients[index] = upstream = sp.Add(*terms[index])
        node = graph.nodes[index]
        if not isinstance(node, Apply) or upstream == 0:
            continue
        inputs = [expressions[i] for i in node.inputs]
        if all(e.is_number for e in inputs):
            continue
        partials = node.op.partials(*inputs, expressions[index], **exact_params(dict(node.params)))
        for slot, source in enumerate(node.inputs):
            if node.op.local[slot] is not None and not expressions[source].is_number:
                terms[source].append(upstream * partials[slot])
    return gradients


def _tidy(expression: Expr) -> Expr:
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

        def _print_Abs(self, expr: Expr) -> str:
            return self._call("abs", expr.args)

        def _print_Max(self, expr: Expr) -> str:
            return self._call("max", expr.args)

        def _print_Min(self, expr: Expr) -> str:
            return self._call("min", expr.args)

        def _print_ceiling(self, expr: Expr) -> str:
            return self._call("ceil", expr.args)

        def _print_loggamma(self, expr: Expr) -> str:
            return self._call("lgamma", expr.args)

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
