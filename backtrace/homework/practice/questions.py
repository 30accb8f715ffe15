"""What `practice` asks about a program, in the order in which backpropagation is done by hand.

That is the value of every step, then every local derivative, and then every gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from backtrace.errors import BacktraceError, ShapeError, UsageError
from backtrace.graph import Apply, Graph, Leaf
from backtrace.homework.answers.targets import Target
from backtrace.homework.problems.problem import Problem
from backtrace.ops import Elementwise
from backtrace.ops.rows import Value
from backtrace.records import Contribution, Trace
from backtrace.tracing import trace

Kind: TypeAlias = Literal["value", "local", "gradient"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_QUESTIONS = 40
MOST_ENTRIES = 12  # of an array whose value somebody works out by hand


class Undefined(BacktraceError):  # noqa: N818  (as those of errors.py)
    """The output or a gradient is not a finite number, so nobody can work it out."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to work out: the value of a step, or a derivative of one step by another."""

    kind: Kind
    target: Target


class Questions:
    """All questions about one problem, in order, and the right numbers.

    Of a long program only the last steps are asked about, so that the backward pass has no gaps;
    `given` are the steps that go into these. Raises ShapeError, Undefined or UsageError where
    there is nothing to ask.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.graph = problem, problem.graph
        self.trace: Trace = _traced(problem)
        self.steps = _steps(self.graph)
        if not self.steps:
            message = "there is nothing to practise: the program has no step, such as w*x"
            raise UsageError(message)
        self.chosen, self.asked = self._chosen()

    @property
    def given(self) -> tuple[int, ...]:
        """The operations that are not asked about, and go into one that is."""
        inputs = {i for via in self.chosen for i in self.graph.applied(via).inputs}
        operations = (i for i in inputs - self.chosen if isinstance(self.graph.nodes[i], Apply))
        return tuple(sorted(operations))

    def _chosen(self) -> tuple[frozenset[int], tuple[Question, ...]]:
        """The last steps whose questions are few enough, and these questions."""
        chosen, found = frozenset[int](), tuple[Question, ...]()
        for start in range(len(self.steps) - 1, -1, -1):
            more = frozenset(self.steps[start:])
            questions = tuple(self._about(more))
            if chosen and len(questions) > MOST_QUESTIONS:
                break
            chosen, found = more, questions
        return chosen, found[:MOST_QUESTIONS]

    # -- the three passes over some steps

    def _about(self, steps: frozenset[int]) -> Iterator[Question]:
        """What can be asked of them: whatever is a number here, or a few."""
        for question in (*self._values(steps), *self._locals(steps), *self._gradients(steps)):
            right = self.right(question)
            if np.size(right) and np.all(np.isfinite(right)):
                yield question

    def _values(self, steps: frozenset[int]) -> Iterator[Question]:
        for index in sorted(steps):
            if np.size(self.trace.values[index]) <= MOST_ENTRIES:
                yield Question("value", Target(index))

    def _locals(self, steps: frozenset[int]) -> Iterator[Question]:
        """Of operations on numbers; of whole arrays no derivative is a factor by itself."""
        for via in sorted(steps):
            node = self.graph.applied(via)
            if isinstance(node.op, Elementwise) and np.ndim(self.trace.values[via]) == 0:
                for into in dict.fromkeys(node.inputs):
                    if self.slots(via, into):
                        yield Question("local", Target(via, into))

    def _gradients(self, steps: frozenset[int]) -> Iterator[Question]:
        """From the output back, of what is used in these steps only."""
        output = self.graph.output
        inputs = {i for via in steps for i in self.graph.applied(via).inputs}
        found = [i for i in sorted(inputs, reverse=True) if self._comes_from(i, steps)]
        for index in [output, *found] if found else []:
            yield Question("gradient", Target(output, index))

    def _comes_from(self, index: int, steps: frozenset[int]) -> bool:
        """Whether a gradient comes to a node, and from these steps alone."""
        through = {via for via, _ in self.trace.edges(index)}
        return bool(through) and through <= steps

    # -- facts of the chain rule

    def slots(self, via: int, into: int) -> list[int]:
        """The inputs of `via` that are node `into`, and that a gradient passes: both of x*x."""
        node, adjoints = self.graph.applied(via), self.trace.adjoints
        if adjoints[via] is None or adjoints[into] is None:
            return []
        return [s for s, i in enumerate(node.inputs) if i == into and node.op.passes(s)]

    def through(self, index: int) -> list[int]:
        """The steps through which a gradient comes to a node, in order of the program."""
        return list(dict.fromkeys(via for via, _ in self.trace.edges(index)))

    def edges(self, via: int, into: int) -> list[Contribution]:
        """The chain rule on every edge between two nodes."""
        return [self.trace.contribution(via, slot) for slot in self.slots(via, into)]

    def right(self, question: Question) -> Value:
        """The right number."""
        of, by = question.target.of, question.target.by
        if by is None:
            return self.trace.values[of]
        if question.kind == "gradient":
            return self.trace.adjoints[by]
        return sum(edge.local_value for edge in self.edges(of, by))

    def judged_by(self, question: Question) -> Problem:
        """The problem in which the total derivative is what the question asks for.

        In `s = w*x; L = s*w` the local derivative ∂L/∂w is s, for which s may not change with w: it
        becomes a variable that has, at every point, the values of the step.
        """
        held = self.held(question)
        return _holding(self.problem, held) if held else self.problem

    def held(self, question: Question) -> list[int]:
        """The other inputs that a local derivative takes for constants although they are not."""
        of, by = question.target.of, question.target.by
        if question.kind != "local" or by is None:
            return []
        inputs = dict.fromkeys(self.graph.applied(of).inputs)
        changing = self.graph.computed_from(by) - {by}
        return [i for i in inputs if i in changing]


def _traced(problem: Problem) -> Trace:
    """The trace at the problem's own point. Raises ShapeError or Undefined."""
    graph = problem.graph
    shape = np.shape(problem.own(Target(graph.output)))
    if shape:
        message = f"practice needs one number, and the output has shape {shape}: take sum(…) of it"
        raise ShapeError(message, graph.source, graph.spans[graph.output])
    found = trace(graph, problem.at)
    if found.undefined is not None:
        raise Undefined(f"{found.undefined.text}; take other values to practise with")
    return found


def _steps(graph: Graph) -> list[int]:
    """The operations that depend on a variable; 1/2 is a step only if it is the whole program."""
    depends = [isinstance(node, Leaf) for node in graph.nodes]
    steps = []
    for index in graph.needed:
        node = graph.nodes[index]
        if isinstance(node, Apply):
            depends[index] = index == graph.output or any(depends[i] for i in node.inputs)
            if depends[index]:
                steps.append(index)
    return steps


def _holding(problem: Problem, held: list[int]) -> Problem:
    """The problem with variables in the place of some steps, and the same values everywhere."""
    graph, labels = problem.graph, problem.graph.labels
    points, at = dict(problem.points), dict(problem.at)
    for index in held:
        points[labels[index]] = problem.reference(Target(index))
        at[labels[index]] = problem.own(Target(index))
        graph = graph.freed(index, labels[index])
    return Problem(graph, at, points=points)
