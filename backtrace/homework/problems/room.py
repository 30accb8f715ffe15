"""How much an answer would compute, found from shapes alone, before anything is allocated."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from backtrace.errors import ReadError
from backtrace.graph import Apply, Graph, Leaf
from backtrace.ops import Elementwise
from backtrace.ops.axes import Misfit, Shape, broadcast
from backtrace.ops.rows import Value
from backtrace.passes import meant

MOST = 10**6  # elements of one node of an answer
MOST_TOGETHER = 10**7  # of all its nodes, at all points: about 0.1 s of work


class TooLarge(ReadError):  # noqa: N818  (as the other readings of errors.py)
    """An answer would take more memory, or time, than judging gives it."""


def require_small(right: Graph, scope: Mapping[str, Value], points: int) -> None:
    """Raise TooLarge for an answer that computes too much at these values of its variables.

    What does not fit together is left to the forward pass, which says where.
    """
    shapes: list[Shape] = []
    total = 0
    for index, node in enumerate(right.nodes):
        try:
            shape = shape_of(node, shapes, scope)
        except Misfit:
            return
        shapes.append(shape)
        size = prod(shape)
        total += size
        if size > MOST or total * points > MOST_TOGETHER:
            message = f"an answer has at most {MOST:,} numbers in a step, and less in all steps"
            raise TooLarge(message, right.source, right.spans[index])


def shape_of(node: object, shapes: list[Shape], scope: Mapping[str, Value]) -> Shape:
    """The shape of a node, from those of the nodes before it. Raises Misfit."""
    if isinstance(node, Leaf):
        return np.shape(scope[node.name])
    if not isinstance(node, Apply):
        return ()
    inputs = [shapes[i] for i in node.inputs]
    if isinstance(node.op, Elementwise):
        return broadcast(*inputs)
    return meant(node, inputs).shape(*inputs, **dict(node.params))
