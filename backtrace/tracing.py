"""trace(program, bindings): read, run forward, run backward, record."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from backtrace.errors import BindingError, ShapeError, did_you_mean
from backtrace.graph import Graph
from backtrace.names import normal
from backtrace.noticing import notices
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, forward
from backtrace.reading import Bindings, bind, read
from backtrace.records import Trace


def trace(
    program: str | Graph,
    bindings: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] | None = None,
    **variables: Any,
) -> Trace:
    """Run a program forward and backward and record both.

    `program` is text in the language, or a graph that `read` made of one. A value is a number, a
    text such as "1/3" or "sqrt(2)/2", or an array; all become float64. `variables` win over
    `bindings`. `wrt` names the variables or nodes whose gradients are wanted, as "w,b" or
    ["w", "b"]; default every variable. The output must be one number.

    A result that is not a finite number is recorded, with a notice that says where it arose.
    Raises BacktraceError (with source and span) for what cannot be read or bound.

    >>> trace("(w*x - y)**2", w=1, x=1, y=2).gradients["w"]
    -2.0
    """
    return trace_bound(program, bind(bindings or {}, variables), wrt)


def trace_bound(
    program: str | Graph, bindings: Bindings, wrt: str | Iterable[str] | None = None
) -> Trace:
    """`trace` for bindings that are already values."""
    with collector_off():
        graph = program if isinstance(program, Graph) else read(program, bindings.values)
        bindings.check(graph)
        wanted = _wanted(graph, bindings.values, wrt)
        values = forward(graph, bindings.values)
        _require_scalar(graph, values[graph.output])
        indices = [i for i in wanted.values() if i is not None]
        adjoints = backward(graph, values, active_nodes(graph, indices), np.float64(1))
        found = notices(graph, values, adjoints, wanted)
        for index in indices:
            if adjoints[index] is None:  # the output does not depend on it
                adjoints[index] = np.zeros_like(values[index])[()]
    variables = MappingProxyType(dict(bindings.values))
    return Trace(graph, tuple(values), tuple(adjoints), variables, tuple(wanted), found)


def _wanted(
    graph: Graph, values: Mapping[str, Value], wrt: str | Iterable[str] | None
) -> dict[str, int | None]:
    """The names to differentiate by, with their nodes; None for one that is not in the program."""
    if wrt is None:
        names: list[str] = [*graph.variables, *(n for n in values if n not in graph.variables)]
    else:
        given = wrt.split(",") if isinstance(wrt, str) else wrt
        names = [normal(name.strip()) for name in given]
    known = values.keys() | graph.names.keys()
    for name in names:
        if name not in known:
            meant = did_you_mean(name, known)
            raise BindingError(f"no variable {name!r} to differentiate by{meant}")
    return {name: graph.asked(name) for name in names}


def _require_scalar(graph: Graph, value: Value) -> None:
    if np.ndim(value) != 0:
        message = f"the output has shape {np.shape(value)}; a gradient starts from one number"
        raise ShapeError(message, graph.source, graph.spans[graph.output])


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
