"""trace(program, bindings): read, run forward, run backward, record."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from backtrace.errors import BindingError, ShapeError, did_you_mean
from backtrace.expanding import expanded
from backtrace.graph import Graph
from backtrace.names import names_in, normal
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, forward, frozen, settled
from backtrace.reading import Bindings, bind, read
from backtrace.reading.values import value_of
from backtrace.records import Trace
from backtrace.roles import index_names


def trace(
    program: str | Graph,
    bindings: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] | None = None,
    seed: Any = None,
    expand: bool | str = False,
    **variables: Any,
) -> Trace:
    """Run a program forward and backward and record both.

    `program` is text in the language, or a graph that `read` made of one. A value is a number, a
    text such as "1/3" or "sqrt(2)/2", or an array; all become float64. `variables` win over
    `bindings`. `wrt` names the variables or nodes whose gradients are wanted, as "w,b" or
    ["w", "b"]; default every variable that is no index or class.

    The output must be one number, or `seed` the gradient to start from: a number or an array that
    broadcasts to the output's shape. `expand` traces the definitions of composite operations such
    as softmax instead of their one node: all of them, or those of one name.

    A result that is not a finite number is recorded, with a notice that says where it arose.
    Raises BacktraceError (with source and span) for what cannot be read or bound.

    >>> trace("(w*x - y)**2", w=1, x=1, y=2).gradients["w"]
    -2.0
    """
    given = None if seed is None else value_of("seed", seed)
    return trace_bound(program, bind(bindings or {}, variables), wrt, seed=given, expand=expand)


def trace_bound(
    program: str | Graph,
    bindings: Bindings,
    wrt: str | Iterable[str] | None = None,
    *,
    seed: Value | None = None,
    expand: bool | str = False,
) -> Trace:
    """`trace` for bindings, and a seed, that are already values."""
    with collector_off():
        graph = program if isinstance(program, Graph) else read(program, bindings.values)
        bindings.check(graph)
        asked = _asked(wrt)
        given = bindings.of(graph, asked or ())
        values = forward(graph, given)
        if graph.structural:
            graph = settled(graph, values)
        if expand:
            which = None if expand is True else expand
            graph, values = expanded(graph, given, values, which)
        wanted = _wanted(graph, given, asked)
        start = _start(graph, values[graph.output], seed)
        indices = [i for i in wanted.values() if i is not None]
        adjoints = backward(graph, values, active_nodes(graph, indices), start)
        silent = frozenset(i for i in indices if adjoints[i] is None)
        for index in silent:
            adjoints[index] = np.zeros_like(values[index])[()]
    variables = MappingProxyType(dict(given))
    return Trace(graph, tuple(values), tuple(adjoints), variables, tuple(wanted), silent)


def _asked(wrt: str | Iterable[str] | None) -> list[str] | None:
    """The names of `wrt`, which may be written in one text; None where nothing was asked."""
    if wrt is None:
        return None
    return names_in(wrt) if isinstance(wrt, str) else [normal(name.strip()) for name in wrt]


def _wanted(
    graph: Graph, values: Mapping[str, Value], asked: list[str] | None
) -> dict[str, int | None]:
    """The names to differentiate by, with their nodes; None for one that is not in the program."""
    integers = index_names(graph) if graph.structural else {}
    every = dict.fromkeys([*graph.variables, *values])
    names = [name for name in every if name not in integers] if asked is None else asked
    for name in names:
        if name not in values and name not in graph.names:
            meant = did_you_mean(name, [*values, *graph.names])
            raise BindingError(f"no variable {name!r} to differentiate by{meant}")
        if name in integers:
            where, span = integers[name]
            message = f"{name} holds whole numbers, an index or classes in {where}: no gradient"
            raise BindingError(message, graph.source, span)
    return {name: graph.asked(name) for name in names}


def _start(graph: Graph, value: Value, seed: Value | None) -> Value:
    """The gradient that the backward sweep starts from, in the shape of the output."""
    shape = np.shape(value)
    if seed is None:
        if not shape:
            return np.float64(1)
        if np.size(value) != 1:
            message = (
                f"the output has shape {shape}, and only from one number does a gradient start by "
                "itself: take sum(…) or mean(…) of it, or give the upstream gradient: seed=1 "
                "(--seed 1)"
            )
            raise ShapeError(message, graph.source, graph.spans[graph.output])
        seed = np.float64(1)
    try:
        return frozen(np.broadcast_to(seed, shape))
    except ValueError:
        what = f"has shape {shape}" if shape else "is one number"
        message = f"the seed has shape {np.shape(seed)}, and the output {what}"
        raise ShapeError(message, graph.source, graph.spans[graph.output]) from None


@contextmanager
def collector_off() -> Iterator[None]:
    """No garbage collection meanwhile: nodes are many and form no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
