"""Which points serve for comparing: where everything is finite and nothing is near a kink.

Near a kink two right formulas may take different sides, and differences straddle it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backtrace.graph import Apply, Graph
from backtrace.homework.problems.comparing import Booleans
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, frozen

NEAR_KINK = 1e-3
ROUNDING = 1e-14  # of a value, in the three that a bend is made of
SLIGHT = 1e-4  # a bend; of what is smooth it is about NEAR_KINK², of a kink NEAR_KINK


def usable(graph: Graph, values: Sequence[Value], count: int, *, at_once: bool) -> Booleans:
    """At which points the output and its gradients are finite, and no operation is near a kink.

    `values` are of one pass: of all `count` points, or of one of them.
    """
    output, active = values[graph.output], active_nodes(graph, graph.variables.values())
    adjoints = backward(graph, values, active, frozen(np.ones_like(output)[()]))
    gradients = [adjoints[i] for i in graph.variables.values()]
    found: list[Value] = [np.isfinite(v) for v in (output, *gradients) if v is not None]
    found += [_is_smooth(graph, values, i, active) for i in graph.needed]
    if at_once:
        every: Booleans = np.logical_and.reduce([np.broadcast_to(f, (count,)) for f in found])
        return every
    return np.array([all(np.all(f) for f in found)])


def _is_smooth(graph: Graph, values: Sequence[Value], index: int, active: Sequence[bool]) -> Value:
    """Where an operation neither jumps nor bends within NEAR_KINK of its inputs."""
    node = graph.nodes[index]
    if not isinstance(node, Apply) or node.op.domain.kink is None:
        return True
    inputs = [values[i] for i in node.inputs]
    smooth: Value = True
    with np.errstate(all="ignore"):
        for slot, source in enumerate(node.inputs):
            if active[source] and not node.op.is_index(slot):
                far, near = (_bend(node, inputs, slot, NEAR_KINK / k) for k in (1, 2))
                # with half the step a smooth bend is a quarter, that of a kink a half or nothing
                slight = np.maximum(SLIGHT, ROUNDING * np.abs(values[index]))
                is_smooth = (far <= slight) | (np.abs(far / near - 4) < 0.5)
                smooth = smooth & is_smooth
    return smooth


def _bend(node: Apply, inputs: Sequence[Value], slot: int, step: float) -> Value:
    """How much more an operation goes up on one side than it comes down on the other."""
    left, here, right = (
        node.op.forward(
            *(x + move if k == slot else x for k, x in enumerate(inputs)), **dict(node.params)
        )
        for move in (-step, 0.0, step)
    )
    return np.abs(left - 2 * here + right)
