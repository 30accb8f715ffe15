"""Differences beyond the tolerance, judged again one operation at a time.

numpy and torch differ in the last bit of many an exp or tanh, and a subtraction can make that
large. So torch's operation and its vjp are run on *our* inputs and *our* upstream: a rule that is
wrong is wrong there too, while rounding is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from math import inf
from typing import NamedTuple

import numpy as np

from backtrace.crosscheck.amplified import amplified_beyond
from backtrace.crosscheck.engine import Apart, Replay, Torch
from backtrace.crosscheck.reordered import Result, is_of_order
from backtrace.crosscheck.report import Verdict
from backtrace.crosscheck.tolerance import agree, both, largest
from backtrace.graph import Apply
from backtrace.ops import Elementwise
from backtrace.ops.rows import Value
from backtrace.passes import edge
from backtrace.records import Trace


class Finding(NamedTuple):
    """The verdict on a node that does not simply agree."""

    verdict: Verdict
    text: str


class Doubt(NamedTuple):
    """An edge on which torch has another product."""

    via: int
    slot: int
    ours: Value
    theirs: Value


UNEXPLAINED = Finding(
    "differs",
    "no single operation explains it, and it is too large for rounding",
)
AT_NAN = "{} has several gradients where an input is nan, and ours is another"
HUGE = 1e100


class Judge:
    """Finds the operations that are to blame for differences between a trace and torch's replay."""

    def __init__(self, trace: Trace, engine: Torch) -> None:
        self.trace, self.graph, self.engine = trace, trace.graph, engine
        self.faults: dict[int, Finding] = {}
        self.wrong_values: set[int] = set()
        self.wrong_edges: set[tuple[int, int]] = set()
        self.wrong_sums: set[int] = set()
        self.reordered: dict[tuple[int, int | None], float] = {}  # by how much, at most

    def judge(self, values: list[int], gradients: list[int], replay: Replay) -> dict[int, Finding]:
        """The verdicts on the nodes whose values and gradients are beyond the tolerance."""
        suspects = set(values)
        for index in gradients:
            self._judge_sum(index)
        suspects |= self._leading_from(gradients)
        apart = self._apart(suspects, self._upstream)
        doubted = [edge for index in apart for edge in self._doubted(index, apart[index])]
        self._judge_edges(doubted)
        found = {**self._poisoned(values, gradients), **self.faults}
        unexplained = [i for i in {*values, *gradients} if found[i].verdict == "rounding"]
        if unexplained:
            beyond = amplified_beyond(self.trace, replay, unexplained, self.reordered)
            found |= dict.fromkeys(beyond, UNEXPLAINED)
        return found

    def _leading_from(self, gradients: list[int]) -> set[int]:
        """The operations whose edges may be to blame for gradients.

        Those a gradient arrives from, and those none arrives from: theirs may have been lost
        anywhere on the way to the output.
        """
        found: set[int] = set()
        waiting = list(gradients)
        while waiting:
            for via, _ in self.graph.uses[waiting.pop()]:
                if via not in found and via <= self.graph.output:
                    found.add(via)
                    if self.trace.adjoints[via] is None:
                        waiting.append(via)
        return found

    def _apart(self, indices: Iterable[int], upstream: Callable[[int], Value]) -> dict[int, Apart]:
        nodes = self.graph.nodes
        operations = {i: node for i in sorted(indices) if isinstance(node := nodes[i], Apply)}
        return self.engine.apart(self.trace, operations, {i: upstream(i) for i in operations})

    def _upstream(self, index: int) -> Value:
        """What arrives at a node; 1 where nothing does, which makes the product the derivative."""
        upstream = self.trace.adjoints[index]
        return self._one(index) if upstream is None else upstream

    def _one(self, index: int) -> Value:
        """1 at every entry; of whole arrays other numbers: of ones softmax passes nothing on."""
        value = self.trace.values[index]
        if isinstance(self.graph.applied(index).op, Elementwise):
            return np.ones_like(value)[()]
        other: Value = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(value))
        return np.asarray(other)[()]

    def _doubted(self, index: int, theirs: Apart) -> Iterator[Doubt]:
        """The edges of an operation on which torch has another product; blames a wrong value."""
        ours = self.trace.values[index]
        if not agree(ours, theirs.value) and not self._reordered(index, ours, theirs.value):
            self.wrong_values.add(index)
            self._blame(index, "its value is {}; {} gives {}", ours, theirs.value)
            return
        upstream = self._upstream(index)
        if self.graph.applied(index).op.two_paths and not np.all(np.isfinite(upstream)):
            return  # torch's own paths cancel to nan there: it is no witness
        for slot, product in enumerate(theirs.products):
            if product is None:
                continue
            mine = self._passed(index, slot, upstream)
            # It is the local derivative that must agree to the tolerance, whatever arrives:
            # 1 - v² of a saturated tanh is nothing but rounding, and an upstream of 1e12 shows it.
            if agree(mine, product, scale=_size(upstream)):
                continue
            if self._agrees_at_numbers(index, slot, mine, product):
                self.wrong_edges.add((index, slot))
                self.faults.setdefault(index, Finding("convention", AT_NAN.format(self.engine)))
            elif not self._reordered(index, mine, product, slot):
                yield Doubt(index, slot, mine, product)

    def _agrees_at_numbers(self, index: int, slot: int, ours: Value, theirs: Value) -> bool:
        """Whether an elementwise operation on an array agrees wherever its input is a number.

        What torch passes on to nan depends on how many entries it takes at a time: relu6 gives
        eight of them another gradient than one.
        """
        node = self.graph.applied(index)
        number = ~np.isnan(self.trace.values[node.inputs[slot]])
        if not isinstance(node.op, Elementwise) or np.all(number) or np.shape(ours) in ((), (1,)):
            return False
        return agree(ours[number], theirs[number], scale=_size(self._upstream(index)))

    def _reordered(self, index: int, ours: Value, theirs: Value, slot: int | None = None) -> bool:
        """Whether adding up the same terms in another order explains a difference."""
        result = Result(self.trace, index, self._upstream(index), slot)
        if not is_of_order(result, (ours, theirs), self.engine):
            return False
        self.reordered[index, slot] = largest(ours, theirs)
        return True

    def _judge_edges(self, doubted: list[Doubt]) -> None:
        """Blame the doubted edges, but for those that only an extreme upstream sets apart."""
        extreme = {doubt.via for doubt in doubted if self._extreme(doubt)}
        alone = self._apart(extreme, self._one)
        for doubt in doubted:
            index, slot, ours, theirs = doubt
            if index in extreme and self._same_local(doubt, alone[index].products[slot]):
                continue
            self.wrong_edges.add((index, slot))
            node = self.graph.applied(index)
            name = self.graph.labels[node.inputs[slot]]
            what = "derivative" if self.trace.adjoints[index] is None else "contribution"
            link = "by" if what == "derivative" else "to"
            self._blame(index, f"its {what} {link} {name} is {{}}; {{}} gives {{}}", ours, theirs)

    def _extreme(self, doubt: Doubt) -> bool:
        """Whether numbers leave the range in which upstream × local is one thing in any order."""
        numbers = [self._upstream(doubt.via), doubt.ours, doubt.theirs]
        sizes = np.concatenate([np.abs(np.ravel(n)) for n in numbers])
        return not np.all((sizes > 1 / HUGE) & (sizes < HUGE))

    def _same_local(self, doubt: Doubt, theirs: Value | None) -> bool:
        """Whether torch has our derivative where 1 arrives.

        Where inf arrives, a derivative of 0 excuses no finite product: the mask counts there.
        """
        index, slot = doubt.via, doubt.slot
        if theirs is None or not self.graph.applied(index).op.passes(slot):
            return False
        ours = self._passed(index, slot, self._one(index))
        infinite = ~np.isfinite(self._upstream(index))
        if np.shape(infinite) != np.shape(ours):
            infinite = np.any(infinite)
        masked = infinite & (ours == 0) & (np.isfinite(doubt.ours) != np.isfinite(doubt.theirs))
        return not np.any(masked) and agree(ours, theirs)

    def _passed(self, index: int, slot: int, upstream: Value) -> Value:
        """What our rule passes on: 0 where the row says that no gradient passes."""
        node = self.graph.applied(index)
        if not node.op.passes(slot):
            nothing: Value = np.zeros_like(self.trace.values[node.inputs[slot]])[()]
            return nothing
        return edge(self.graph, self.trace.values, upstream, index, slot).product

    def _blame(self, index: int, text: str, ours: Value, theirs: Value) -> None:
        left, right = both(ours, theirs)
        reason = f"{text.format(left, self.engine, right)} on the same inputs"
        node = self.graph.applied(index)
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
            node, upstream = self.graph.applied(via), self.trace.adjoints[via]
            if not node.op.passes(slot):
                continue
            if upstream is not None:
                product = self._passed(via, slot, upstream)
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
                found.update(i for slot, i in inputs if node.op.passes(slot))
        return found

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
            for via, slot in self.graph.uses[index]:
                wrong = (via, slot) in self.wrong_edges
                if not self.graph.applied(via).op.passes(slot) and not wrong:
                    continue
                cause = via if wrong else causes.get(via)
                if cause is None and self.trace.adjoints[via] is not None:
                    numbers = (*self.graph.applied(via).inputs, via)
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
