"""Whole gradients as formulas: of numbers by sympy alone, of arrays with the rules of their rows.

The sweeps on formulas stand in sweep.py, the text of formulas that hold text in wording.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from backtrace.formulas.sweep import NoFormulaError, Sweep, Term
from backtrace.formulas.wording import without_parentheses
from backtrace.graph import Graph, Leaf
from backtrace.lazy import sympy as sp
from backtrace.ops.axes import Misfit
from backtrace.passes import are_numbers
from backtrace.records import Trace
from backtrace.symbolic import (
    MOST_OPERATIONS,
    TooLongError,
    gradient_formula,
    operations,
    readable,
    text,
    tidy,
)

ENTRY = re.compile(r"one_hot\((\d+), \d+\)")  # the gradient of x by one of its entries
MOST_ENTRIES = 6  # of a vector whose gradient is a list of formulas
LONGEST = 80  # characters of a formula of arrays; a longer one is a wall of symbols


def formulas_of(
    trace: Trace, indices: Iterable[int | None], *, named: bool = False
) -> list[str | None]:
    """∂output/∂node for these nodes, as formulas in the language; None where there is none to read.

    A node that is None is not in the program, and has the gradient 0. With `named`, what would be
    too long in the variables is written in the nodes that have names, too: `h.T @ (o - t)`.
    """
    indices = list(indices)
    found = _in_variables(trace, indices)
    if not named:
        return found
    names = _named(trace.graph)
    return [
        formula or (None if i is None or not names else _formula(trace, i, names))
        for i, formula in zip(indices, found, strict=True)
    ]


def _named(graph: Graph) -> frozenset[int]:
    """The operations that a name of the user's means at the end, but for the output."""
    last = ((graph.names[name], name) for name, _ in graph.assigned)
    return frozenset(i for i, name in last if graph.labels[i] == name and i != graph.output)


def _in_variables(trace: Trace, indices: Sequence[int | None]) -> list[str | None]:
    graph, seed = trace.graph, trace.adjoints[trace.graph.output]
    if not graph.structural and are_numbers(trace.values) and (seed is None or seed == 1):
        return [gradient_formula(graph, index) for index in indices]
    return ["0" if i is None else _formula(trace, i) for i in indices]


def _formula(trace: Trace, index: int, names: frozenset[int] = frozenset()) -> str | None:
    graph = trace.graph
    if operations(graph) > MOST_OPERATIONS:
        return None
    atoms = names if isinstance(graph.nodes[index], Leaf) else names | {index}
    sweep = _sweep(trace, atoms)
    if sweep is None:
        return None
    if index not in sweep.gradients:
        return "0"
    found = sweep.gradients[index]
    if found is None:
        return None
    formula = _by_entry(found, sweep) or without_parentheses(text(tidy(found.expression)))
    if len(formula) > LONGEST or not readable(graph, found.expression, formula):
        return None
    return formula


# Asked for every variable of one trace in turn; no trace, which may be large, is kept alive for it.
_SWEEPS: WeakKeyDictionary[Trace, dict[frozenset[int], Sweep | None]] = WeakKeyDictionary()


def _sweep(trace: Trace, atoms: frozenset[int]) -> Sweep | None:
    """The sweeps of a trace; None where they come to no formula that could be read."""
    known = _SWEEPS.setdefault(trace, {})
    if atoms not in known:
        try:
            known[atoms] = Sweep(trace, atoms)
        except (TooLongError, NoFormulaError, Misfit):
            known[atoms] = None
    return known[atoms]


def _by_entry(term: Term, sweep: Sweep) -> str | None:
    """A gradient of a vector that is used entry by entry, as a list: `[2*x[0], 2*x[1]]`.

    None where it is not made of entries alone.
    """
    places = {s: ENTRY.fullmatch(s.name) for s in term.expression.free_symbols}
    entries = {s: int(match[1]) for s, match in places.items() if match}
    arrays = [s for s in places if s not in entries and sweep.shapes.get(s)]
    if not entries or len(term.full) != 1 or term.full[0] > MOST_ENTRIES or arrays:
        return None
    listed = []
    for place in range(term.full[0]):
        here = {s: sp.Integer(k == place) for s, k in entries.items()}
        listed.append(text(tidy(term.expression.xreplace(here))))
    return f"[{', '.join(listed)}]"
