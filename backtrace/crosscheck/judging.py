"""Differences beyond the tolerance, judged again one operation at a time.

numpy and torch differ in the last bit of many an exp or tanh, and a subtraction can make that
large. So torch's operation and its vjp are run on *our* inputs and *our* upstream: a rule that is
wrong is wrong there too, while rounding is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import inf
from typing import NamedTuple, cast

import numpy as np

from backtrace.crosscheck.engine import Apart, Torch
from backtrace.crosscheck.report import Verdict
from backtrace.crosscheck.tolerance import agree, both
from backtrace.graph import Apply
from backtrace.ops.rows import Value
from backtrace.passes import edge
from backtrace.records import Trace


class Finding(NamedTuple):
    """The verdict on a node that does not simply agree."""

    verdict: Verdict
    text: str


class Judge:
    """Finds the operations that are to blame for differences between a trace and torch's replay."""

    def __init__(self, trace: Trace, engine: Torch) -> None:
        self.trace, self.graph, self.engine = trace, trace.graph, engine
        self.faults: dict[int, Finding] = {}
        self.wrong_values: set[int] = set()
        self.wrong_edges: set[tuple[int, int]] = set()
        self.wrong_sums: set[int] = set()
        self._products: dict[tuple[int, int], Value] = {}  # on our edges; asked for twice

    def judge(self, values: list[int], gradients: list[int]) -> dict[int, Finding]:
        """The verdicts on the nodes whose values and gradients are beyond the tolerance."""
        suspects = set(values)
        for index in gradients:
            suspects.update(via for via, _ in self._arriving(index))
            self._judge_sum(index)
        nodes = self.graph.nodes
        operations = {i: node for i in sorted(suspects) if isinstance(node := nodes[i], Apply)}
        for index, theirs in self.engine.apart(self.trace, operations).items():
            self._judge_operation(index, theirs)
        return {**self._poisoned(values, gradients), **self.faults}

    def _judge_operation(self, index: int, theirs: Apart) -> None:
        ours, upstream = self.trace.values[index], self.trace.adjoints[index]
        if not agree(ours, theirs.value):
            self.wrong_values.add(index)
            self._blame(index, "its value is {}; {} gives {}", ours, theirs.value)
        elif upstream is not None:
            for slot, product in enumerate(theirs.products):
                if product is not None:
                    self._judge_edge(index, slot, upstream, product)

    def _judge_edge(self, index: int, slot: int, upstream: Value, theirs: Value) -> None:
        node = self._operation(index)
        if node.op.two_paths and not np.all(np.isfinite(upstream)):
            return  # torch's own paths cancel to nan there: it is no witness
        if node.op.local[slot] is None:
            ours: Value = np.zeros_like(theirs)[()]
        else:
            ours = self._product(index, slot, upstream)
        # It is the local derivative that must agree to the tolerance, whatever arrives:
        # 1 - v² of a saturated tanh is nothing but rounding, and an upstream of 1e12 shows it.
        if not agree(ours, theirs, scale=_size(upstream)):
            self.wrong_edges.add((index, slot))
            name = self.graph.labels[node.inputs[slot]]
            self._blame(index, f"its contribution to {name} is {{}}; {{}} gives {{}}", ours, theirs)

    def _blame(self, index: int, text: str, ours: Value, theirs: Value) -> None:
        left, right = both(ours, theirs)
        reason = f"{text.format(left, self.engine, right)} on the same inputs"
        node = self._operation(index)
        verdict: Verdict = "differs"
        if index not in self.wrong_values and not self.engine.tested and self._at_kink(node):
            verdict, reason = "convention", f"{node.op.written} at a kink: {reason}"
        self.faults.setdefault(index, Finding(verdict, reason))

    def _at_kink(self, node: Apply) -> bool:
        """Whether the operation has a value here and no derivative, so that a choice was made."""
        return node.op.at_kink([self.trace.values[i] for i in node.inputs], dict(node.params))

    def _judge_sum(self, index: int) -> None:
        """The sweep itself: an adjoint is the sum of the products that arrive."""
        if index == self.graph.output:
            return
        adjoint = self.trace.adjoints[index]
        total: Value = np.zeros_like(adjoint)[()]
        size = 1.0
        for via, slot in self.graph.uses[index]:
            node, upstream = self._operation(via), self.trace.adjoints[via]
            if node.op.local[slot] is None:
                continue
            if upstream is not None:
                product = self._product(via, slot, upstream)
                with np.errstate(all="ignore"):
                    total = total + product
                size += _size(product)
            elif via in self._reaching:
                self._blame_sum(
                    index, f"its contribution through {self.graph.labels[via]} is left out"
                )
                return
        if not agree(adjoint, total, scale=size):
            left, right = both(adjoint, total)
            self._blame_sum(index, f"its gradient is {left}; its contributions sum to {right}")

    def _product(self, via: int, slot: int, upstream: Value) -> Value:
        product = self._products.get((via, slot))
        if product is None:
            product = edge(self.graph, self.trace.values, upstream, via, slot).product
            self._products[via, slot] = product
        return product

    def _blame_sum(self, index: int, text: str) -> None:
        self.wrong_sums.add(index)
        self.faults[index] = Finding("differs", text)

    @cached_property
    def _reaching(self) -> set[int]:
        """The nodes from which a gradient path leads to the output."""
        found = {self.graph.output}
        for index in range(self.graph.output, -1, -1):
            node = self.graph.nodes[index]
            if index in found and isinstance(node, Apply):
                inputs = enumerate(node.inputs)
                found.update(i for slot, i in inputs if node.op.local[slot] is not None)
        return found

    def _operation(self, index: int) -> Apply:
        """The node an edge leads through, which is always an operation."""
        return cast(Apply, self.graph.nodes[index])

    def _arriving(self, index: int) -> Iterator[tuple[int, int]]:
        """The edges on which a gradient comes to a node."""
        adjoints = self.trace.adjoints
        return (use for use in self.graph.uses[index] if adjoints[use[0]] is not None)

    def _poisoned(self, values: list[int], gradients: list[int]) -> dict[int, Finding]:
        """The nodes that only differ because of others, and those of which nothing is to blame."""
        by_value = self._causes_of_values()
        by_gradient = self._causes_of_gradients(by_value)
        found = {i: self._following(by_gradient.get(i)) for i in gradients}
        return found | {i: self._following(by_value.get(i)) for i in values}

    def _following(self, cause: int | None) -> Finding:
        if cause is None:
            text = f"rounding: every operation agrees with {self.engine} on the same inputs"
            return Finding("rounding", text)
        verdict: Verdict = "follows" if self.faults[cause].verdict == "differs" else "convention"
        return Finding(verdict, f"follows from {self.graph.labels[cause]}")

    def _causes_of_values(self) -> dict[int, int]:
        causes: dict[int, int] = {}
        for index, node in enumerate(self.graph.nodes) if self.wrong_values else ():
            if index in self.wrong_values:
                causes[index] = index
            elif isinstance(node, Apply):
                cause = next((causes[i] for i in node.inputs if i in causes), None)
                if cause is not None:
                    causes[index] = cause
        return causes

    def _causes_of_gradients(self, by_value: dict[int, int]) -> dict[int, int]:
        causes: dict[int, int] = {}
        for index in range(self.graph.output, -1, -1) if self.faults else ():
            if index in self.wrong_sums:
                causes[index] = index
                continue
            for via, slot in self._arriving(index):
                cause = via if (via, slot) in self.wrong_edges else causes.get(via)
                if cause is None:
                    numbers = (*self._operation(via).inputs, via)
                    local = (by_value[i] for i in numbers if i in by_value)
                    cause = next(local, None)
                if cause is not None:
                    causes[index] = cause
                    break
        return causes


def _size(value: Value) -> float:
    """The largest entry, at least 1; 1 where it is not finite."""
    scalar = isinstance(value, float)
    size = abs(float(value)) if scalar else float(np.max(np.abs(value), initial=0.0))
    return size if 1 < size < inf else 1.0
