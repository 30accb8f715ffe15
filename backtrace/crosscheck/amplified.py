"""How far the tolerated differences of single operations may grow on their way.

A gap for which no operation is to blame is rounding only if it could have grown from what every
operation may be off by: a sine of 1e20 or a difference of equal numbers does that, x*x does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from backtrace.crosscheck.engine import Replay
from backtrace.crosscheck.tolerance import ATOL, RTOL, agree, largest
from backtrace.graph import Apply
from backtrace.ops.axes import Misfit
from backtrace.ops.rows import Value
from backtrace.passes import backward, edge, frozen
from backtrace.records import Trace
from backtrace.roles import index_places

Reordered: TypeAlias = Mapping[tuple[int, int | None], float]

RUNS = 4
LARGE = 1e-6  # relative to the numbers and to the terms they are sums of
ROOM = 100.0  # the runs are few, and each moves less than the worst case would


def amplified_beyond(
    trace: Trace, replay: Replay, indices: Iterable[int], reordered: Reordered
) -> list[int]:
    """The nodes among `indices` that are further from torch's than tolerated differences carry.

    `reordered` has, by node or by edge, what is tolerated more for the order of additions.
    """
    spreads = _spreads(trace, replay, reordered)
    passed, terms = _passed_on(trace, reordered)
    found = []
    for i in indices:
        pairs = [(trace.values[i], replay.values[i], spreads[0][i], 0.0)]
        if trace.adjoints[i] is not None:
            ours, theirs = trace.adjoints[i], replay.gradients[i]
            pairs.append((ours, theirs, spreads[1][i] + passed[i], terms[i]))
        if any(_beyond(*pair) for pair in pairs):
            found.append(i)
    return found


def _beyond(ours: Value, theirs: Value, spread: float, terms: float) -> bool:
    error = largest(ours, theirs)
    size = max(_largest(ours), _largest(theirs), terms)
    # What is no number, or grew from one, is not measured: the single operations were judged.
    measured = np.isfinite(error) and np.isfinite(size) and np.isfinite(spread)
    return bool(measured and error > ATOL + LARGE * size and error > ROOM * spread)


def _spreads(trace: Trace, replay: Replay, reordered: Reordered) -> tuple[list[float], list[float]]:
    """How far values and gradients move if every operation is moved within the tolerance.

    Once to torch's values, where these are within it: no other number is equal in x == y.
    """
    random = np.random.default_rng(0)
    active = [adjoint is not None for adjoint in trace.adjoints]
    seed = trace.adjoints[trace.graph.output]
    values, gradients = [0.0] * len(active), [0.0] * len(active)
    towards = _towards(trace, replay, reordered)
    for moved in (towards, *(_moved(trace, random) for _ in range(RUNS))):
        values = [
            max(s, largest(a, b)) for s, a, b in zip(values, trace.values, moved, strict=True)
        ]
        adjoints = backward(trace.graph, moved, active, seed)
        pairs = zip(gradients, trace.adjoints, adjoints, strict=True)
        gradients = [s if a is None or b is None else max(s, largest(a, b)) for s, a, b in pairs]
    return values, gradients


def _moved(trace: Trace, random: np.random.Generator) -> list[Value]:
    """Every operation off by something within the tolerance, on inputs that are off already."""
    moved: list[Value] = []
    indices = index_places(trace.graph)  # there is no tolerance for a class
    for index, node in enumerate(trace.graph.nodes):
        value = trace.values[index]
        if isinstance(node, Apply) and index not in indices:
            shift = random.uniform(-1, 1, (2, *np.shape(value)))
            with np.errstate(all="ignore"):
                exact = computed(node, [moved[i] for i in node.inputs], value)
                value = frozen(exact * (1 + RTOL * shift[0]) + ATOL * shift[1])
        moved.append(value)
    return moved


def _towards(trace: Trace, replay: Replay, reordered: Reordered) -> list[Value]:
    """Every operation on torch's inputs, as far as these are tolerated."""
    moved: list[Value] = []
    indices = index_places(trace.graph)
    for index, node in enumerate(trace.graph.nodes):
        value = trace.values[index]
        if isinstance(node, Apply) and index not in indices:
            theirs = replay.values[index]
            same = agree(value, theirs) or (index, None) in reordered
            exact = theirs if same else computed(node, [moved[i] for i in node.inputs], value)
            value = frozen(exact)
        moved.append(value)
    return moved


def computed(node: Apply, inputs: Sequence[Value], otherwise: Value) -> Value:
    """An operation on other inputs; `otherwise` where it takes none such: a singular matrix."""
    with np.errstate(all="ignore"):
        try:
            return node.op.forward(*inputs, **dict(node.params))
        except Misfit:
            return otherwise


def _passed_on(trace: Trace, reordered: Reordered) -> tuple[list[float], list[float]]:
    """Per gradient what the edges before it may be off by in all, and the size of its terms."""
    graph, adjoints = trace.graph, trace.adjoints
    passed, terms = [0.0] * len(adjoints), [0.0] * len(adjoints)
    random = np.random.default_rng(1)
    with np.errstate(all="ignore"):
        for index in range(graph.output, -1, -1):
            node, upstream = graph.nodes[index], adjoints[index]
            if not isinstance(node, Apply) or upstream is None:
                continue
            for slot, source in enumerate(node.inputs):
                if adjoints[source] is None or not node.op.passes(slot):
                    continue
                local, product, *_ = edge(graph, trace.values, upstream, index, slot)
                if local is None:  # a rule: how far it carries what arrives is tried
                    signs = random.choice((-1.0, 1.0), np.shape(upstream))
                    steep = _largest(edge(graph, trace.values, signs, index, slot).product)
                else:
                    steep = _largest(local) * np.size(upstream)
                off = ATOL * max(1.0, _largest(upstream)) + RTOL * _largest(product)
                off += reordered.get((index, slot), 0.0)
                passed[source] += steep * passed[index] + off
                terms[source] += _largest(product)
    return passed, terms


def _largest(value: Value) -> float:
    return float(np.max(np.abs(value), initial=0.0))
