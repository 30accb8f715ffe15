"""One node's whole calculation: its value from its inputs, its gradient from its uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.text import Text

from backtrace.errors import UsageError, did_you_mean, picture, printable
from backtrace.graph import Apply, Constant
from backtrace.names import normal
from backtrace.records import Trace
from backtrace.render import PLAIN, Look
from backtrace.render.arrays import Room
from backtrace.render.cells import (
    DIM,
    FORWARD,
    GRADIENT,
    LOCAL,
    NAME,
    Cell,
    assembled,
    folded,
    folded_at_signs,
)
from backtrace.render.edges import (
    by_rule,
    passed_on,
    product,
    spelled_out,
    symbolic,
    times,
    total,
)
from backtrace.render.phrases import Phrases
from backtrace.render.text import ASCII

LONGEST = 60  # columns of an expression with numbers in it
HANG = 2  # columns that the following lines of an equation are moved in
INDENT = 12  # columns of the words before a line
ROOM = Room(400, 60)  # for an array: more than on a line of the tree

Section = tuple[str, Cell]


def node(trace: Trace, name: str, look: Look = PLAIN) -> Text:
    """How node `name` gets its value and its gradient, with every number put in.

    Raises UsageError with near matches for a name that is no node's.
    """
    say = Phrases(trace, look)
    say = say if look.full else say.within(ROOM)
    index = _index(say, name)
    room = None if look.width is None else max(look.width - INDENT - 2, INDENT)
    sections = [
        *_written(say, index, room),
        *_forward(say, index),
        *_backward(say, index),
        *_passed_on(say, index),
    ]
    lines: list[Cell] = []
    word_before = ""
    for word, cell in sections:
        for part in _broken(cell, room):
            shown = "" if word == word_before else word
            lines.append(((f"  {shown:<{INDENT}}", DIM), *part))
            word_before = word
    head = folded_at_signs(say.head(index), look.width, HANG)
    return assembled([*head, (), *lines, *say.explained(look.width)])


def _broken(cell: Cell, room: int | None) -> list[Cell]:
    """The cell on as many lines as it needs; an equation of arrays is broken at its signs."""
    if any(text.startswith("[") for text, _ in cell):
        return folded_at_signs(cell, room, HANG)
    return folded(cell, room)


def _index(say: Phrases, name: str) -> int:
    graph = say.graph
    if normal(name) in graph.names:
        return graph.names[normal(name)]
    for index, label in enumerate(graph.labels):
        if name in (label, ASCII.clean(label)):
            return index
    known = dict.fromkeys([*graph.names, *graph.labels[:1000]])
    raise UsageError(f"no node is called {name!r}{did_you_mean(name, known)}")


def _written(say: Phrases, index: int, room: int | None) -> Iterator[Section]:
    """Where it stands in the program; its text alone where the screen is narrow."""
    source, span = say.graph.source, say.graph.spans[index]
    lines = [line.removeprefix("    ") for line in picture(source, span).splitlines()]
    if room is not None and max(map(len, lines)) > room:
        lines = [printable(line) for line in source[span.start : span.end].splitlines()]
    for line in lines:
        yield "written", ((say.glyphs.clean(line), ""),)


def _forward(say: Phrases, index: int) -> Iterator[Section]:
    """Its value with the numbers of its inputs, and what is remarkable about it."""
    value, node = say.valued(index, FORWARD), say.graph.nodes[index]
    name = (say.name(index), NAME)
    if not isinstance(node, Apply):
        kind = "a constant" if isinstance(node, Constant) else "a variable"
        yield "value", (name, (" = ", ""), *value, (f"   {kind}", DIM))
        return
    numbers = [say.text(say.value(i)) for i in node.inputs]
    with_numbers = say.glyphs.clean(node.op.shown(numbers, dict(node.params)))
    middle: Cell = ((f"{with_numbers} = ", ""),) if len(with_numbers) <= LONGEST else ()
    yield "value", (name, (f" = {say.expression(index)} = ", ""), *middle, *value)
    remarks = [say.remark(index)]
    remarks += [say.glyphs.clean(n.text) for n in say.trace.notices if n.index == index]
    for remark in filter(None, remarks):
        yield "note", ((remark, ""),)


def _backward(say: Phrases, index: int) -> Iterator[Section]:
    """Every contribution to its gradient, their sum, and the formula of the whole."""
    if say.trace.adjoints[index] is None:
        yield "gradient", ((say.why_none(index).after, DIM),)
        return
    hidden, shown = spelled_out(say.edges(index))
    for via, slot in shown:
        yield "gradient", ((f"via {say.name(via)}: ", ""), *_chain_rule(say, via, slot))
    if hidden:
        yield "gradient", ((f"{say.glyphs.dots} and {hidden:,} contributions before these", DIM),)
    whole = total(say, index)
    start = "   where gradients start" if index == say.graph.output else ""
    yield "gradient", (*whole.left, (" = ", ""), *whole.right, (start, DIM))
    formula = say.trace.formula(index, named=True)
    if formula is not None and say.graph.is_named(index):
        text = f"{say.gradient(index)} = {say.glyphs.clean(formula)}"
        yield "formula", ((text, ""),)


def _chain_rule(say: Phrases, via: int, slot: int) -> Cell:
    """`∂L/∂via × ∂via/∂node = upstream × (formula) = upstream × local = product`.

    Where there is a rule instead: `Ḡ = ∂L/∂via = upstream; Ḡ @ Wᵀ = product`.
    """
    link = say.link(via, slot)
    if link.local is None:
        say.owed.upstream = True
        arrives = f"{say.glyphs.upstream} = {say.gradient(via)} = "
        number = (say.text(link.upstream), GRADIENT)
        return (arrives, ""), number, ("; ", ""), *by_rule(say, link)
    sign = f" {times(say, link)} "
    names = f"{say.gradient(via)}{sign}{say.derivative(via, link.into)} = "
    formula, contribution = symbolic(say, link), product(say, link)
    if not formula:
        return (names, ""), *contribution
    upstream = (say.text(link.upstream), GRADIENT)
    if not re.fullmatch(r"[\w.·]+", formula):
        formula = f"({formula})"
    return (names, ""), upstream, (sign, ""), (formula, LOCAL), (" = ", ""), *contribution


def _passed_on(say: Phrases, index: int) -> Iterator[Section]:
    """What its own inputs get through it."""
    for slot, into, why_not in passed_on(say, index):
        to: Cell = ((f"to {say.name(into)}: ", ""),)
        rest = ((why_not, DIM),) if why_not else _chain_rule(say, index, slot)
        yield "passes on", (*to, *rest)
