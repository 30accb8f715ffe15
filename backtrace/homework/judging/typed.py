"""A number as it was typed: its value, and how far its last digit reaches."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backtrace.graph import Apply, Constant, Graph, Leaf, Node
from backtrace.homework.problems.comparing import fitted
from backtrace.homework.problems.room import require_small
from backtrace.homework.verdicts import DIGITS
from backtrace.ops import OPS
from backtrace.ops.axes import Shape
from backtrace.ops.rows import Value
from backtrace.passes import forward

EXACT = 1e-9  # relative: what float64 makes of 2/3 and of the right answer
DECIMAL = re.compile(r"-?0*(\d*)\.?(\d*)(?:e([+-]?\d+))?", re.IGNORECASE)
PLAIN = re.compile(r"-?\d*\.?\d*")


class Typed(NamedTuple):
    """A number, or an array of numbers, without names.

    `half_unit` is half a unit of the last digit that was typed, `digits` how many significant ones
    there are; both None of an exact expression: 2/3, sqrt(2)/2.
    """

    value: Value
    half_unit: Value | None = None
    digits: Value | None = None

    def margin(self, right: Value, rtol: float | None, atol: float | None) -> Value:
        """How far it may be from the right answer."""
        if rtol is not None or atol is not None:
            return (atol or 0.0) + (rtol or 0.0) * np.abs(right)
        exact = EXACT * np.abs(right)
        if self.half_unit is None:
            return exact
        # a half of a unit, and what float64 does to 0.5 of it; 0 has no digits to be rounded to
        return np.where(self.value == 0, 0.0, self.half_unit * (1 + 1e-6)) + exact

    def shaped(self, shape: Shape) -> Typed | None:
        """The same in the shape of the right answer; None where it has another one."""
        if _in_shape(self.value, shape) is None:
            return None
        return Typed(*(None if part is None else _in_shape(part, shape) for part in self))

    def lacks_digits(self, right: Value, wanted: int) -> bool:
        """Whether a digit too few was typed, of a number that is not exactly the right one."""
        if self.digits is None:
            return False
        exact = np.abs(self.value - right) <= EXACT * np.abs(right)
        return not bool(np.all(exact | (np.asarray(self.digits) >= wanted)))


def _in_shape(part: Value, shape: Shape) -> Value | None:
    found = fitted(np.asarray(part)[None], np.zeros((1, *shape)))
    return None if found is None else found[0][()]


def typed_number(graph: Graph) -> Typed:
    """The number of an answer that has no names."""
    require_small(graph, {}, 1)
    graph = dataclasses.replace(graph, nodes=_folded(graph.nodes))
    values = forward(graph, {})
    value = values[graph.output]
    if not _is_typed(graph.nodes[graph.output]):
        return Typed(value)
    return Typed(value, _with(graph, values, 0, 0.0), _with(graph, values, 1, np.inf))


def _folded(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """1.23*10^3 is 1.23e3."""
    return tuple(_scientific(node, nodes) or node for node in nodes)


def _scientific(node: Node, nodes: Sequence[Node]) -> Constant | None:
    if not (isinstance(node, Apply) and node.op is OPS["mul"]):
        return None
    number, power = (nodes[i] for i in node.inputs)
    if not (isinstance(power, Apply) and power.op is OPS["pow"] and isinstance(number, Constant)):
        return None
    base, exponent = (nodes[i] for i in power.inputs)
    if base != Constant("10") or not isinstance(exponent, Constant):
        return None
    if not (PLAIN.fullmatch(number.text) and re.fullmatch(r"-?\d{1,3}", exponent.text)):
        return None
    found = Constant(f"{number.text}e{exponent.text}")
    return found if np.isfinite(found.value) else None


def _is_typed(node: Node) -> bool:
    """Whether a node is a number as it was typed, or such numbers in a list, or with a sign."""
    if isinstance(node, Apply):
        return node.op in (OPS["stack"], OPS["neg"])
    return isinstance(node, Constant) and _digits(node.text) is not None


def _with(graph: Graph, values: Sequence[Value], which: int, exact: float) -> Value:
    """The same list with what is known of its numbers; `exact` for what was not typed."""
    nodes: list[Node] = []
    given: dict[str, Value] = {}
    for index, node in enumerate(graph.nodes):
        found = _digits(node.text) if isinstance(node, Constant) else None
        if found is not None:
            nodes.append(Constant(repr(float(found[which]))))
        elif _is_typed(node):
            nodes.append(node)
        else:  # pi, 2/3: exact
            given[f"={index}"] = np.full_like(values[index], exact)[()]
            nodes.append(Leaf(f"={index}"))
    return np.abs(forward(dataclasses.replace(graph, nodes=tuple(nodes)), given)[graph.output])


def _digits(literal: str) -> tuple[float, int] | None:
    """Half a unit of the last digit, and how many digits count: of 0.250 0.0005 and 3."""
    match = DECIMAL.fullmatch(literal)
    if match is None:
        return None
    whole, decimals, exponent = match.groups()
    significant = (whole + decimals).lstrip("0") if not whole else whole + decimals
    last = (int(exponent or 0) if significant else 0) - len(decimals)  # 0e9 is 0
    shorter = significant.rstrip("0")
    if "." not in literal and len(shorter) >= DIGITS:  # 1230 may well be 1234.5 to three digits
        last, significant = last + len(significant) - len(shorter), shorter
    return (0.5 * 10.0 ** max(-400, min(308, last)), len(significant))
