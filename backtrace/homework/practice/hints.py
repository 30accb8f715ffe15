"""Help with one question of `practice`, in stages: the rule, the formula, the numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence

import numpy as np

from backtrace.errors import listed
from backtrace.graph import Apply, Constant
from backtrace.homework.practice.questions import Question, Questions
from backtrace.homework.reports.wording import plain
from backtrace.lazy import sympy as sp
from backtrace.ops import Composite, Elementwise
from backtrace.ops.named import exact
from backtrace.ops.rows import Value
from backtrace.ops.structural import renamed
from backtrace.records import UPSTREAM

LETTERS = "abcdghkmnopqrtuyz"  # for the inputs of an operation in its rule
MOST_TERMS = 4  # of a sum over the uses of a node
ATOM = re.compile(r"[\w.·]+|\[.*\]")


class Hints:
    """What is said about the questions of one problem."""

    def __init__(self, questions: Questions) -> None:
        self.questions = questions
        self.graph, self.trace = questions.graph, questions.trace
        self.labels = self.graph.labels

    def name(self, question: Question) -> str:
        """What is asked for: `v1`, `∂v1/∂w`."""
        of, by = question.target.of, question.target.by
        return self.labels[of] if by is None else self.derivative(of, by)

    def derivative(self, of: int, by: int) -> str:
        """`∂v1/∂w`."""
        return f"∂{self.labels[of]}/∂{self.labels[by]}"

    def step(self, index: int) -> str:
        """`v1 = w*x`."""
        return f"{self.labels[index]} = {self.graph.expression(index)}"

    def title(self, question: Question) -> str:
        """The question in words, with the step that it is about."""
        of, by = question.target.of, question.target.by
        if by is None:
            return self.step(of)
        if question.kind == "local":
            held = listed(self.labels[i] for i in self.questions.held(question))
            return (
                f"{self.step(of)}, by {self.labels[by]} alone{f' with {held} held' if held else ''}"
            )
        if by == of:
            return f"{self.labels[of]} by itself, where gradients start"
        through, uses = self.questions.through(by), len(list(self.trace.edges(by)))
        steps = listed(map(self.step, through))
        if uses == 1:
            return f"{self.labels[by]} goes into {steps}"
        times = "twice" if uses == 2 else f"{uses} times"
        return f"{self.labels[by]} is used {times}, in {steps}: the sum"

    def rule(self, question: Question) -> str:
        """The first hint: what has to be done, in words and in general."""
        of, by = question.target.of, question.target.by
        if by is None:
            return self._how_to_evaluate(of)
        if question.kind == "local":
            return self._how_to_differentiate(of, by)
        if by == of:
            return f"{self.labels[of]} changes exactly as much as itself"
        through = self.questions.through(by)
        names = ", ".join(self.derivative(self.graph.output, via) for via in through[:MOST_TERMS])
        entrywise = (
            ", entry by entry" if any(np.ndim(self.trace.values[v]) for v in through) else ""
        )
        text = f"what arrives ({names}) times the local derivative{entrywise}"
        if any(not self._has_local(via) for via in through):
            text = f"what arrives ({names}), taken back through the step"
        sum_over = f"; one for each of {len(through)} uses, added up" if len(through) > 1 else ""
        return f"{text}{sum_over}: {self._shape(by)}"

    def formula(self, question: Question) -> str:
        """The second hint: what is asked for, as a formula in the steps before."""
        of, by = question.target.of, question.target.by
        if by is None:
            return f"{self.labels[of]} = {self._with_numbers(of)}"
        if question.kind == "local":
            return f"{self.name(question)} = {self._local(of, by)}"
        if by == of:
            return f"{self.name(question)} is the same number in every program"
        return f"{self.name(question)} = {self._terms(by, self._term)}{self._meaning(by)}"

    def solution(self, question: Question) -> str:
        """The third hint: the answer, and how it comes about."""
        of, by = question.target.of, question.target.by
        right = plain(self.questions.right(question))
        if by is None:
            return _equal(self.labels[of], self.graph.expression(of), self._with_numbers(of), right)
        if question.kind == "local":
            return _equal(self.name(question), self._local(of, by), right)
        if by == of:
            return _equal(self.name(question), right)
        has_locals = all(map(self._has_local, self.questions.through(by)))
        shape = self._shape(by) if has_locals else self._terms(by, self._term)
        numbers = self._terms(by, self._numbers)
        return _equal(self.name(question), shape, numbers, right) + self._meaning(by)

    def right(self, question: Question) -> str:
        """The answer alone: `∂v1/∂w = -1`."""
        return _equal(self.name(question), plain(self.questions.right(question)))

    # -- values and local derivatives

    def _how_to_evaluate(self, index: int) -> str:
        node = self.graph.applied(index)
        inputs = [i for i in dict.fromkeys(node.inputs) if not self._is_literal(i)]
        names = listed(self.labels[i] for i in inputs) or "the numbers"
        text = f"put {names} into {self.graph.expression(index)}"
        made = self._definition(index)
        is_made = bool(made) and not made.startswith(f"{node.op.written}(")
        return f"{text}; {self.graph.expression(index)} = {made}" if is_made else text

    def _definition(self, index: int) -> str:
        """What a function is made of: `1/(1 + exp(-v2))`; of an operator nothing."""
        node = self.graph.applied(index)
        op, params, labels = node.op, dict(node.params), [self.labels[i] for i in node.inputs]
        if isinstance(op, Composite):
            made = op.definition(*(np.shape(self.trace.values[i]) for i in node.inputs), **params)
            return renamed(made, dict(zip(op.names(len(labels)), labels, strict=True)))
        if isinstance(op, Elementwise) and not op.notation:
            from backtrace.symbolic import text

            return text(op.formula(*_symbols(labels), **exact(params)))
        return ""

    def _with_numbers(self, index: int) -> str:
        node = self.graph.applied(index)
        numbers = [
            self.labels[i] if self._is_literal(i) else plain(self.trace.values[i])
            for i in node.inputs
        ]
        return node.op.shown(numbers, dict(node.params))

    def _how_to_differentiate(self, of: int, by: int) -> str:
        node, slots = self.graph.applied(of), self.questions.slots(of, by)
        text = _general_rule(node, slots[0], self.graph.names)
        if len(slots) > 1:
            text += f"; {self.labels[by]} stands in it {len(slots)} times: add up what each gives"
        if node.op.at_kink([self.trace.values[i] for i in node.inputs], dict(node.params)):
            text += f"; here is a kink: {node.op.convention}"
        return text

    def _local(self, of: int, by: int) -> str:
        return " + ".join(edge.local for edge in self.questions.edges(of, by))

    def _is_literal(self, index: int) -> bool:
        return isinstance(self.graph.nodes[index], Constant)

    # -- gradients

    def _has_local(self, via: int) -> bool:
        return isinstance(self.graph.applied(via).op, Elementwise)

    def _shape(self, by: int) -> str:
        """The chain rule: `∂L/∂v1 × ∂v1/∂w + ∂L/∂v3 × ∂v3/∂w`."""
        return self._terms(by, self._factors)

    def _terms(self, by: int, term: Callable[[int, int], str]) -> str:
        """A sum over the uses of a node; of a great many the first ones."""
        through = self.questions.through(by)
        shown = [term(via, by) for via in through[:MOST_TERMS]]
        more = len(through) - MOST_TERMS
        return " + ".join([*shown, f"… ({more} more)"] if more > 0 else shown)

    def _factors(self, via: int, by: int) -> str:
        upstream = self.derivative(self.graph.output, via)
        if self._has_local(via):
            return f"{upstream} × {self.derivative(via, by)}"
        return f"({upstream} back through {self.step(via)})"

    def _term(self, via: int, by: int) -> str:
        local = self._local(via, by)
        if not self._has_local(via):
            return local if len(self.questions.through(by)) == 1 else f"({local})"
        upstream = self.derivative(self.graph.output, via)
        return f"{upstream} × {_in_brackets(local)}{self._summed(via, by)}"

    def _summed(self, via: int, by: int) -> str:
        edge = self.questions.edges(via, by)[0]
        return f" ({edge.summed})" if edge.summed else ""

    def _numbers(self, via: int, by: int) -> str:
        edges = self.questions.edges(via, by)
        if not self._has_local(via):
            return " + ".join(_in_brackets(plain(edge.product)) for edge in edges)
        local = plain(sum(edge.local_value for edge in edges))
        upstream = _in_brackets(plain(edges[0].upstream))
        return f"{upstream} × {_in_brackets(local)}{self._summed(via, by)}"

    def _meaning(self, by: int) -> str:
        """What Ḡ is in the rules of operations on whole arrays."""
        rules = [via for via in self.questions.through(by) if not self._has_local(via)]
        if not rules:
            return ""
        alone = self.derivative(self.graph.output, rules[0])
        return f", where {UPSTREAM} is {alone if len(rules) == 1 else 'what arrives from each'}"


def _equal(*parts: str) -> str:
    """`a = b = c`, where what says the same as the part before it is left out."""
    kept = [part for k, part in enumerate(parts) if k == 0 or part != parts[k - 1]]
    return " = ".join(kept)


def _in_brackets(text: str) -> str:
    return text if ATOM.fullmatch(text) else f"({text})"


def _general_rule(node: Apply, slot: int, taken: Container[str]) -> str:
    """`the derivative of a**b by a is b*a**(b - 1)`, in names that are not `taken`."""
    from backtrace.symbolic import text

    op, params = node.op, dict(node.params)
    assert isinstance(op, Elementwise)
    free = [name for name in (*LETTERS, *op.names(len(node.inputs))) if name not in taken]
    names = [*free, *(f"x{k}" for k in node.inputs)][: len(node.inputs)]
    shown = op.shown(names, params)
    value = f"({shown})" if op.notation else shown  # the rule of exp(a) is exp(a)
    rule = op.partials(*_symbols(names), *_symbols([value]), **exact(params))[slot]
    return f"the derivative of {shown} by {names[slot]} is {text(rule)}"


def _symbols(names: Sequence[str]) -> list[Value]:
    return [sp.Symbol(name, real=True) for name in names]
