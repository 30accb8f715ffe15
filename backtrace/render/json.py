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
               gradient (null where none is needed), contributions; and, where there are any,
               params (what no gradient goes to, by name: "axis": 0)
    check      status (agrees, convention, undefined, differs or not-checked), engine, version,
               max_error
    notices    node (a name, or null), code, text
    claims     only with --expect: the verdicts, as in backtrace.verdicts/1

A contribution is one edge of the chain rule: via (a name), via_index, slot (which input of via),
local (∂via/∂node as a formula; null if formulas are off), local_value, upstream (∂output/∂via),
product (upstream × local_value, which the gradient is the sum of). Of an operation on whole arrays
local is its rule in the language, with Ḡ for upstream: `Ḡ @ W.T`, and local_value is null. Where
broadcasting had stretched the input, summed says how that was undone in product. `"blocked": true`
stands on an edge whose operation selected another input: its product is 0 even where upstream is
infinite.

Tensors are nested lists. nan and the infinities are the strings "nan", "inf" and "-inf", since
JSON has no such numbers; -0.0 is 0.0. Numbers are the shortest text that reads back to the same
float.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backtrace.graph import Apply
from backtrace.ops.rows import Array, Value
from backtrace.records import Trace

if TYPE_CHECKING:
    from backtrace.crosscheck import Check
    from backtrace.homework.verdicts import Verdict

SCHEMA = "backtrace.trace/1"

Json: TypeAlias = Any


def json_text(
    trace: Trace, check: Check, *, formulas: bool = True, claims: Sequence[Verdict] = ()
) -> str:
    """The trace and its check as text; the keys stand in the module's docstring.

    `formulas=False` leaves out what needs sympy, which is then not imported.
    """
    encode = json.JSONEncoder(allow_nan=False).encode
    parts = [f"{encode(key)}: {encode(value)}" for key, value in _head(trace, formulas).items()]
    nodes = ",\n  ".join(map(encode, _nodes(trace, formulas)))
    parts.append(f'"nodes": [\n  {nodes}\n ]')
    parts += [f"{encode(key)}: {encode(value)}" for key, value in _tail(trace, check).items()]
    if claims:
        from backtrace.homework.reports.encoding import verdict_record

        parts.append(f'"claims": {encode([verdict_record(verdict) for verdict in claims])}')
    return "{" + ",\n ".join(parts) + "}"


def _head(trace: Trace, formulas: bool) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "program": trace.graph.source,
        "output": trace.output,
        "value": json_number(trace.value),
        "variables": {name: json_number(value) for name, value in trace.variables.items()},
        "gradients": {name: json_number(value) for name, value in trace.gradients.items()},
        "formulas": trace.formulas if formulas else None,
    }


def _nodes(trace: Trace, formulas: bool) -> Iterator[dict[str, Json]]:
    graph = trace.graph
    for index, node in enumerate(graph.nodes):
        adjoint = trace.adjoints[index]
        yield {
            "index": index,
            "name": graph.labels[index],
            "op": graph.kind(index),
            "expression": graph.expression(index),
            "inputs": list(node.inputs) if isinstance(node, Apply) else [],
            "span": list(graph.spans[index]),
            "shape": list(np.shape(trace.values[index])),
            "value": json_number(trace.values[index]),
            "gradient": None if adjoint is None else json_number(adjoint),
            "contributions": [] if adjoint is None else list(_edges(trace, index, formulas)),
            **({"params": _params(node)} if isinstance(node, Apply) and node.params else {}),
        }


def _params(node: Apply) -> dict[str, Json]:
    return {name: param(value) for name, value in node.params}


def param(value: Any) -> Json:
    """A param as JSON has it: a number, a truth value, a text, null, or a list of these."""
    match value:
        case bool() | int() | str() | None:
            return value
        case tuple():
            return [param(part) for part in value]
        case float():
            return json_number(value)
    return str(value)


def _edges(trace: Trace, index: int, formulas: bool) -> Iterator[dict[str, Json]]:
    """The edges into one node, in order of the program."""
    for via, slot in trace.edges(index):
        found = trace.contribution(via, slot)
        yield {
            "via": trace.graph.labels[via],
            "via_index": via,
            "slot": slot,
            "local": found.local if formulas else None,
            "local_value": None if found.local_value is None else json_number(found.local_value),
            "upstream": json_number(found.upstream),
            "product": json_number(found.product),
            **({"summed": found.summed} if found.summed else {}),
            **({"blocked": True} if found.blocked else {}),
        }


def _tail(trace: Trace, check: Check) -> dict[str, Json]:
    labels = trace.graph.labels
    error = check.max_error
    return {
        "check": {
            "status": check.status,
            "engine": check.engine,
            "version": check.version,
            "max_error": None if error is None else json_number(error),
        },
        "notices": [
            {"node": None if n.index is None else labels[n.index], "code": n.code, "text": n.text}
            for n in (*trace.notices, *check.notices)
        ],
    }


def json_number(value: Value) -> Json:
    """A float that JSON can hold, or its name; an array as nested lists of them."""
    if type(value) is not np.float64 and np.ndim(value):
        return _nested(value)
    value = float(value)
    if math.isfinite(value):
        return value + 0.0  # -0.0 is 0.0
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _nested(array: Array) -> Json:
    """An array as nested lists, without a loop over its entries."""
    shown = array + 0.0
    odd = ~np.isfinite(shown)
    if not np.any(odd):
        return shown.tolist()
    named = shown.astype(object)
    named[odd] = [json_number(x) for x in shown[odd]]
    return named.tolist()
