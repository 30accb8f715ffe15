"""The forward pass: a line for each node, in order of computation."""

from __future__ import annotations

import numpy as np

from backtrace.graph import Apply, Constant
from backtrace.render.cells import DIM, FORWARD, NAME
from backtrace.render.derivations.model import Block, Equation, Side, formula, sided, words
from backtrace.render.phrases import Phrases

LONGEST = 40  # characters of an expression with numbers in it


def of_node(say: Phrases, index: int) -> Block | None:
    """`yhat = w*x = 2*(-3) = -6`; a literal is not written."""
    node = say.graph.nodes[index]
    if isinstance(node, Constant):
        return None
    used = say.trace.adjoints[index] is not None or index in say.graph.needed
    left = formula(say.name(index), NAME if used else DIM + " " + NAME)
    sides = [Side(say.valued(index, FORWARD))]
    if isinstance(node, Apply):
        sides = [Side(formula(say.expression(index))), *_with_numbers(say, node), *sides]
    remark = say.remark(index)
    marks = tuple(c for c in (say.mark(index), words(remark) if remark else ()) if c)
    sides[-1] = Side(sides[-1].cell, tuple(p for mark in marks for p in mark))
    return Block((Equation(left, sided(sides)),))


def _with_numbers(say: Phrases, node: Apply) -> list[Side]:
    """The expression with the values of its inputs put in, where that is short."""
    numbers = [say.text(say.value(i)) for i in node.inputs]
    text = say.glyphs.clean(node.op.shown(numbers, dict(node.params)))
    arrays = any(np.ndim(say.trace.values[i]) for i in node.inputs)
    return [Side(formula(text))] if len(text) <= LONGEST and not arrays else []
