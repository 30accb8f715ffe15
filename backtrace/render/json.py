"""A trace as JSON, schema `backtrace.trace/1`: strict JSON, one node a line.

    schema     "backtrace.trace/1"; a key that changes its meaning changes the number
    program    the text that was traced
    output     the name of the output, and `value` its value
    variables  the values given, by name
    gradients  the gradients asked for (--wrt; by default of every variable), by name
    formulas   the same as formulas; null where there is no readable one; null as a whole if off
    nodes      every node in order of computation:
               index, name, op ("variable", "constant" or the operation's name), expression,
               inputs (indices), span (code points of `program`, the end excluded), shape, value,
               gradient (null where none is needed), contributions
    check      status (agrees, convention, undefined, differs or not-checked), engine, version,
               max_error
    notices    node (a name, or null), code, text

A contribution is one edge of the chain rule: via (a name), via_index, slot (which input of via),
local (∂via/∂node as a formula; null if formulas are off), local_value, upstream (∂output/∂via),
product (upstream × local_value, which the gradient is the sum of). `"blocked": true` stands on an
edge whose operation selected another input: its product is 0 even where upstream is infinite.

Tensors are nested lists. nan and the infinities are the strings "nan", "inf" and "-inf", since
JSON has no such numbers; -0.0 is 0.0. Numbers are the shortest text that reads back to the same
float.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backtrace.graph import Apply, Constant
from backtrace.ops.rows import Value
from backtrace.records import Trace

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

SCHEMA = "backtrace.trace/1"

Json: TypeAlias = Any


def json_text(trace: Trace, check: Check, *, formulas: bool = True) -> str:
    """The trace and its check as text; the keys stand in the module's docstring.

    `formulas=False` leaves out what needs sympy, which is then not imported.
    """
    encode = json.JSONEncoder(allow_nan=False).encode
    parts = [f"{encode(key)}: {encode(value)}" for key, value in _head(trace, formulas).items()]
    nodes = ",\n  ".join(map(encode, _nodes(trace, formulas)))
    parts.append(f'"nodes": [\n  {nodes}\n ]')
    parts += [f"{encode(key)}: {encode(value)}" for key, value in _tail(trace, check).items()]
    return "{" + ",\n ".join(parts) + "}"


def _head(trace: Trace, formulas: bool) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "program": trace.graph.source,
        "output": trace.output,
        "value": _number(trace.value),
        "variables": {name: _number(value) for name, value in trace.variables.items()},
        "gradients": {name: _number(value) for name, value in trace.gradients.items()},
        "formulas": trace.formulas if formulas else None,
    }


def _nodes(trace: Trace, formulas: bool) -> Iterator[dict[str, Json]]:
    graph, local = trace.graph, _locals(trace, formulas)
    for index, node in enumerate(graph.nodes):
        kind = "constant" if isinstance(node, Constant) else "variable"
        adjoint = trace.adjoints[index]
        yield {
            "index": index,
            "name": graph.labels[index],
            "op": node.op.name if isinstance(node, Apply) else kind,
            "expression": graph.expression(index),
            "inputs": list(node.inputs) if isinstance(node, Apply) else [],
            "span": list(graph.spans[index]),
            "shape": list(np.shape(trace.values[index])),
            "value": _number(trace.values[index]),
            "gradient": None if adjoint is None else _number(adjoint),
            "contributions": [] if adjoint is None else list(_contributions(trace, index, local)),
        }


def _contributions(
    trace: Trace, index: int, local: Callable[[int, int], str | None]
) -> Iterator[dict[str, Json]]:
    """The edges into one node, in order of the program."""
    for via, slot in trace.edges(index):
        found = trace.contribution(via, slot)
        yield {
            "via": trace.graph.labels[via],
            "via_index": via,
            "slot": slot,
            "local": local(via, slot),
            "local_value": _number(found.local_value),
            "upstream": _number(found.upstream),
            "product": _number(found.product),
            **({"blocked": True} if found.blocked else {}),
        }


def _locals(trace: Trace, formulas: bool) -> Callable[[int, int], str | None]:
    """What gives the formula of an edge."""
    if not formulas:
        return lambda via, slot: None
    from backtrace.symbolic import local_text

    return lambda via, slot: local_text(trace.graph, via, slot)


def _tail(trace: Trace, check: Check) -> dict[str, Json]:
    labels = trace.graph.labels
    error = check.max_error
    return {
        "check": {
            "status": check.status,
            "engine": check.engine,
            "version": check.version,
            "max_error": None if error is None else _number(error),
        },
        "notices": [
            {"node": None if n.index is None else labels[n.index], "code": n.code, "text": n.text}
            for n in (*trace.notices, *check.notices)
        ],
    }


def _number(value: Value) -> Json:
    """A float that JSON can hold, or its name; an array as nested lists of them."""
    if type(value) is not np.float64 and np.ndim(value):
        return [_number(part) for part in value]
    value = float(value)
    if math.isfinite(value):
        return value + 0.0  # -0.0 is 0.0
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
