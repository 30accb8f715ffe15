"""The two passes of a graph with as many digits as are asked for: what float64 cannot decide.

1 - tanh(x)**2 and 1/cosh(x)**2 are the same, and differ in float64 at x = 20. Every number is one
of mpmath's, entries of arrays too; what is undefined in the reals, such as log(-1) or 1/0, is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from backtrace.graph import Apply, Graph, Leaf
from backtrace.homework.judging import precise_arrays as arrays
from backtrace.homework.judging.precise_arrays import Entries
from backtrace.homework.judging.precise_limits import UNDEFINED, TooSlow, Unprecise
from backtrace.homework.judging.precise_rows import Machine, machine
from backtrace.ops import Elementwise
from backtrace.ops.axes import Misfit
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes

MOST_SLOW = 20  # functions of a pass that take up to 9 ms each; nobody writes as many by hand

__all__ = ["Precise", "TooSlow", "Unprecise", "gradients", "output", "values"]

Precise: TypeAlias = Any  # an mpf, None, or an object array of them


def values(graph: Graph, point: Mapping[str, Value | Precise], digits: int) -> list[Precise]:
    """The value of every node, where the variables are what `point` has, in float64 or precise.

    What is 0 to so many digits is 0, so that None may be a number with more digits. Raises
    Unprecise where an operation cannot be run so, or a number is beyond 2**±16384.
    """
    return [_told(value) for value in _run_at(graph, point, digits)]


def output(graph: Graph, point: Mapping[str, Value | Precise], digits: int) -> Precise:
    """The value of the output alone. Raises Unprecise."""
    return _told(_run_at(graph, point, digits)[graph.output])


def _run_at(graph: Graph, point: Mapping[str, Value | Precise], digits: int) -> list[Entries]:
    at = machine(digits)
    given = {name: _number(at, point[name]) for name in graph.variables}
    try:
        return _forward(at, graph, given)
    except Misfit as misfit:  # which the float64 passes say with the names of the inputs
        raise Unprecise(str(misfit)) from None


def gradients(
    graph: Graph, values: Sequence[Precise], of: int, by: Sequence[int], digits: int
) -> dict[int, Precise]:
    """∂node `of`/∂node for every node of `by`: of an array, the derivative of its sum.

    `values` are those of the forward pass. A node that `of` does not depend on has the derivative
    0, and so has one that it depends on only through what was not selected. Raises Unprecise.
    """
    at = machine(digits)
    known = [_kept(value) for value in values]
    adjoints = _backward(at, graph, known, of, active_nodes(graph, by))
    zero = at.mpf(0)
    found = {}
    for index in by:
        adjoint = adjoints[index]
        if adjoint is None:
            adjoint = arrays.filled(np.shape(known[index]), None)
        found[index] = _told(_map(lambda a: zero if a is None else a, adjoint))
    return found


def _map(function: Callable[[Any], Any], value: Entries) -> Entries:
    return arrays.every(function, value) if isinstance(value, np.ndarray) else function(value)


def _number(at: Machine, value: Value) -> Entries:
    if not isinstance(value, np.ndarray):
        return at.number(value)
    return arrays.every(at.number, value) if value.ndim else at.number(value[()])


def _told(value: Entries) -> Precise:
    return _map(lambda a: None if a is UNDEFINED else a, value)


def _kept(value: Precise) -> Entries:
    return _map(lambda a: UNDEFINED if a is None else a, value)


def _forward(at: Machine, graph: Graph, given: Mapping[str, Entries]) -> list[Entries]:
    """The value of every node, with UNDEFINED for what is none."""
    found: list[Entries] = []
    slow = 0
    for node in graph.nodes:
        if type(node) is Apply:
            inputs = [found[i] for i in node.inputs]
            if isinstance(node.op, Elementwise):
                function = at.forward(node.op, len(inputs))
                slow += max(map(np.size, inputs)) if at.is_slow(node.op) else 0
                if slow > MOST_SLOW:
                    raise TooSlow(f"more than {MOST_SLOW} functions that take long")
                found.append(_each(function, [*inputs, *_params(at, node)]))
            else:
                found.append(arrays.forward(at, node, inputs, partial(_run, at)))
        elif type(node) is Leaf:
            found.append(given[node.name])
        else:
            found.append(at.constant(node.text))
    return found


def _backward(
    at: Machine, graph: Graph, known: Sequence[Entries], of: int, active: Sequence[bool]
) -> list[Entries | None]:
    """The adjoint of every active node; None, an entry too, where nothing arrives."""
    adjoints: list[Entries | None] = [None] * len(graph.nodes)
    adjoints[of] = arrays.filled(np.shape(known[of]), at.mpf(1))
    for index in range(of, -1, -1):
        upstream, node = adjoints[index], graph.nodes[index]
        if upstream is None or type(node) is not Apply:
            continue
        arguments = [*map(known.__getitem__, node.inputs), known[index]]
        for slot, source in enumerate(node.inputs):
            if not active[source] or not node.op.passes(slot):
                continue
            product = _edge(at, node, slot, arguments, upstream)
            if product is None:
                continue
            if type(product) is np.ndarray:
                product = arrays.unbroadcast(product, np.shape(known[source]))
            adjoint = adjoints[source]
            adjoints[source] = (
                product if adjoint is None else _each(arrays.together, [adjoint, product])
            )
    return adjoints


def _edge(
    at: Machine, node: Apply, slot: int, arguments: Sequence[Entries], upstream: Entries
) -> Entries | None:
    """What an input gets; None: nothing."""
    if isinstance(node.op, Elementwise):
        function = at.product(node.op, len(node.inputs), slot)
        return _each(function, [upstream, *arguments, *_params(at, node)])
    arrived = _map(lambda a: at.mpf(0) if a is None else a, upstream)
    return arrays.product(at, node, slot, arguments, arrived, partial(_run, at))


def _params(at: Machine, node: Apply) -> list[Any]:
    if not node.params:
        return []
    given = dict(node.params)
    return [at.param(given[name]) for name in node.op.params]


def _each(function: Callable[..., Any], inputs: Sequence[Entries]) -> Entries:
    for value in inputs:
        if type(value) is np.ndarray:
            return arrays.every(function, *inputs)
    return function(*inputs)


def _run(at: Machine, graph: Graph, given: Mapping[str, Entries]) -> Entries:
    """The value of the program of a rule, or of a definition."""
    return _forward(at, graph, given)[graph.output]
