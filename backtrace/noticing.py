"""What a user should know of a trace: kinks, what is undefined and why, what has no use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod

import numpy as np

from backtrace.graph import Apply, Graph
from backtrace.ops import Elementwise, Structural
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Value
from backtrace.passes import are_numbers
from backtrace.records import Notice, Trace
from backtrace.symbolic import MOST_OPERATIONS, operations
from backtrace.undefined import MOST, Findings, place, undefined


def notices(trace: Trace) -> tuple[Notice, ...]:
    """Everything to be told of one forward and one backward pass, what matters most first."""
    graph, adjoints = trace.graph, list(trace.adjoints)
    for index in trace.silent:
        adjoints[index] = None  # nothing comes there; the trace shows 0
    wanted = {name: graph.asked(name) for name in trace.wrt}
    found = Findings(graph, trace.values, adjoints, wanted)
    with np.errstate(all="ignore"):
        return (
            *undefined(found),
            *_stretched(found),
            *_kinks(found),
            *_without_use(found),
            *_without_formula(found),
            *(Notice(None, "read-as", text) for text in graph.readings),
        )


def _stretched(found: Findings) -> Iterator[Notice]:
    """Operations in which (3,) meets (3, 1): both are stretched, to (3, 3), which few mean."""
    graph, values = found.graph, found.values
    if are_numbers(values):
        return
    count = 0
    for index, node in enumerate(graph.nodes):
        if not isinstance(node, Apply) or len(node.inputs) < 2 or count == MOST:
            continue
        pair = _met_by_mistake(node, [np.shape(values[i]) for i in node.inputs])
        if pair is None:
            continue
        count += 1
        a, b = (graph.called(node.inputs[slot]) for slot in pair)
        shapes = [np.shape(values[node.inputs[slot]]) for slot in pair]
        text = (
            f"{graph.written(index)} stretches both: {a} of shape {shapes[0]} and {b} of shape "
            f"{shapes[1]} make {np.broadcast_shapes(*shapes)}; if they should go entry by entry, "
            "reshape one of them"
        )
        yield Notice(index, "broadcast", text)


def _met_by_mistake(node: Apply, shapes: Sequence[Shape]) -> tuple[int, int] | None:
    """Two inputs of an operation that goes entry by entry, of other ranks and both too short.

    Nothing is said where an input has the shape of the result: there both were stretched before.
    """
    by_entry = isinstance(node.op, Elementwise) or (
        isinstance(node.op, Structural) and node.op.pairs
    )
    if not by_entry or len(set(shapes)) == 1:
        return None
    if np.broadcast_shapes(*shapes) in shapes:
        return None
    for one, other in combinations(range(len(shapes)), 2):
        a, b = shapes[one], shapes[other]
        if len(a) != len(b) and prod(np.broadcast_shapes(a, b)) > max(prod(a), prod(b)):
            return one, other
    return None


def _kinks(found: Findings) -> Iterator[Notice]:
    """Operations with a value and no derivative here, that a gradient passes."""
    graph, values = found.graph, found.values
    ops = {node.op for node in graph.nodes if type(node) is Apply}
    kinked = {op for op in ops if op.domain.kink is not None}
    if not kinked:
        return
    count = 0
    for index, node in enumerate(graph.nodes):
        if type(node) is not Apply or node.op not in kinked or not _matters(found, index, node):
            continue
        inputs = [values[i] for i in node.inputs]
        if node.op.at_kink(inputs, dict(node.params)):
            where = _where_kinked(node, inputs)
            text = f"{graph.written(index)} is at a kink{where}; {node.op.convention}"
            yield Notice(index, "kink", text)
            count += 1
            if count == MOST:
                return


def _where_kinked(node: Apply, inputs: Sequence[Value]) -> str:
    """The entries of arrays that are at a kink: ` at [0, 2]`, ` at [0] and 3 more entries`."""
    kink = node.op.domain.kink
    assert kink is not None
    places = np.argwhere(kink(*inputs, **dict(node.params)))
    if not places.size:
        return ""
    first = f" at {place(tuple(map(int, places[0])))}"
    more = len(places) - 1
    return first + (f" and {more:,} more entr{'y' if more == 1 else 'ies'}" if more else "")


def _matters(found: Findings, index: int, node: Apply) -> bool:
    """Whether a gradient passes the node, or would if its value did not jump: a comparison's."""
    if not any(map(node.op.passes, range(len(node.inputs)))):
        return any(found.adjoints[i] is not None for i in node.inputs)
    return found.adjoints[index] is not None


def _without_use(found: Findings) -> Iterator[Notice]:
    """Names that are not in the program, gradients that nothing reaches, idle statements."""
    graph = found.graph
    for name, index in found.wanted.items():
        if index is None:
            text = f"{name} is not in the program, so its gradient is 0"
            yield Notice(None, "unused-variable", text)
        elif found.adjoints[index] is None:
            yield Notice(index, "no-path", _no_path(graph, name, index))
    silent = [(name, i) for name, i in graph.assigned if found.adjoints[i] is None]
    if silent:  # the others the output uses, or it would have no gradient by them
        used = {i for node in graph.nodes if type(node) is Apply for i in node.inputs}
        idle = [(name, i) for name, i in silent if i not in used and i != graph.output]
        for name, index in idle[:MOST]:
            yield Notice(index, "unused-node", f"{name} is not used by the output")


def _no_path(graph: Graph, name: str, index: int) -> str:
    """Why no gradient reaches a name: it is not used, or only through what lets none pass."""
    text = f"no gradient reaches {name}: the output does not change smoothly with it"
    reached, waiting = {index}, [index]
    while waiting:
        for via, slot in graph.uses[waiting.pop()]:
            node = graph.nodes[via]
            assert isinstance(node, Apply)
            if not node.op.passes(slot):
                return f"{text}; none passes {graph.written(via)}, {_jumps(node, slot)}"
            if via not in reached:
                reached.add(via)
                waiting.append(via)
    return text


def _jumps(node: Apply, slot: int) -> str:
    if node.op.is_index(slot):
        return "which takes whole numbers, an index or classes, there"
    if any(map(node.op.passes, range(len(node.inputs)))):
        return "which it only decides"  # the condition of where
    yes_or_no = isinstance(node.op, Elementwise)
    return "which is 1 or 0, and jumps" if yes_or_no else "which is of whole numbers"


def _without_formula(found: Findings) -> Iterator[Notice]:
    if found.wanted and operations(found.graph) > MOST_OPERATIONS:
        text = f"no whole gradient as a formula: there are more than {MOST_OPERATIONS} operations"
        yield Notice(None, "no-formula", text)
