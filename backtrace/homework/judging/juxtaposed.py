"""Matrices side by side: `AB` is A*B in the language, and the matrix product in most notes.

The language multiplies entry by entry whatever has no sign between. An answer that is not right so
is tried once more with matrix products; where that is right, it was meant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from backtrace.graph import Apply, Graph, Node
from backtrace.homework.answers.claims import Claim
from backtrace.homework.problems.room import shape_of
from backtrace.ops import OPS
from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.rows import Value

SIGNS = frozenset("*·×⊙∗⋅∙@")
COMMANDS = ("\\cdot", "\\times", "\\odot", "\\ast")


def with_matrix_products(claim: Claim, scope: Mapping[str, Value]) -> Graph | None:
    """The answer with `@` between arrays that stand side by side; None where none do.

    `scope` has the values of its variables. Where `@` does not fit the product stays what it was.
    """
    right, nowhere = claim.right, not _has_sign(claim.text)
    nodes: list[Node] = []
    shapes: list[Shape] = []
    for index in range(len(right.nodes)):
        try:
            chosen, shape = _chosen(right, index, shapes, scope, nowhere=nowhere)
        except Misfit:
            return None
        nodes.append(chosen)
        shapes.append(shape)
    return None if tuple(nodes) == right.nodes else dataclasses.replace(right, nodes=tuple(nodes))


def _chosen(
    right: Graph, index: int, shapes: list[Shape], scope: Mapping[str, Value], *, nowhere: bool
) -> tuple[Node, Shape]:
    """A node, or the matrix product in its place, with its shape."""
    node = right.nodes[index]
    is_product = isinstance(node, Apply) and node.op is OPS["mul"]
    if isinstance(node, Apply) and is_product and (nowhere or _is_juxtaposed(right, node)):
        left, other = (shapes[i] for i in node.inputs)
        if left and other:
            product = Apply(OPS["matmul"], node.inputs)
            try:
                return product, shape_of(product, shapes, scope)
            except Misfit:
                pass
    return node, shape_of(node, shapes, scope)


def _has_sign(text: str) -> bool:
    """Whether a sign of multiplication was typed anywhere: in LaTeX it is a command."""
    return bool(SIGNS & set(text)) or any(command in text for command in COMMANDS)


def _is_juxtaposed(right: Graph, node: Apply) -> bool:
    """Whether a product has no sign between its factors."""
    first, second = (right.spans[i] for i in node.inputs)
    between = right.source[first.end : second.start] if first.end <= second.start else ""
    return not _has_sign(between)
