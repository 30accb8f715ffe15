"""The local derivatives, each derived rule by rule down to what the trace has of its edge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backtrace.graph import Apply, Constant
from backtrace.ops import Composite, Elementwise, Structural
from backtrace.ops.structural import renamed
from backtrace.render.arrays import shape_of
from backtrace.render.cells import BAD, KINK, LOCAL, Cell
from backtrace.render.derivations.model import (
    Block,
    Equation,
    Side,
    formula,
    is_call,
    sided,
    words,
)
from backtrace.render.derivations.rules import Applied, Forms, forms
from backtrace.render.edges import rule
from backtrace.render.links import Link
from backtrace.render.phrases import Phrases

ORDINALS = ("first", "second", "third")
MOST_INPUTS = 10  # of one operation that are spelled out


def of_node(say: Phrases, via: int) -> Iterator[Block]:
    """A block for every input of a node that a gradient passes to."""
    node = say.graph.nodes[via]
    if not isinstance(node, Apply):
        return
    slots = [k for k in range(len(node.inputs)) if not say.without_gradient(via, k)]
    if slots and isinstance(node.op, Structural):
        yield _rules(say, via, slots)
        return
    for slot in slots[:MOST_INPUTS]:
        yield _derived(say, via, slot)
    if len(slots) > MOST_INPUTS:
        yield Block((), (words(f"{len(slots) - MOST_INPUTS:,} more inputs of the same kind"),))


# -- operations on numbers


def _derived(say: Phrases, via: int, slot: int) -> Block:
    """`∂v/∂x = ∂(w*x)/∂x = … = formula = number`.

    Where ∂v/∂x is also the gradient, a sum of which this is one term, it is not called so.
    """
    link = say.link(via, slot)
    left = formula(say.derivative(via, link.into))
    stated = _of(say, say.expression(via), link.into)
    is_term = via == say.graph.output and len(say.edges(link.into)) > 1
    left, sides = (stated, []) if is_term else (left, [Side(stated)])
    sides += [
        *_steps(say, via, slot),
        Side(formula(say.glyphs.clean(link.formula), LOCAL), _reused(say, link)),
        Side(formula(say.text(link.local), LOCAL)),
    ]
    equation = Equation(left, sided(sides))
    return Block((equation,), _convention(say, via), _which(say, via, slot))


def _reused(say: Phrases, link: Link) -> Cell:
    """Where the form that is stated has the value of the operation itself in it: what that is."""
    label = re.escape(say.graph.labels[link.via])
    if not re.search(rf"(?<![\w·]){label}(?![\w·])", link.formula):
        return ()
    return (*words("since "), *formula(f"{say.name(link.via)} = {say.expression(link.via)}"))


def _of(say: Phrases, expression: str, by: int) -> Cell:
    """`∂(w*x)/∂x`, or `∂log(x)/∂x`."""
    d = say.glyphs.d
    bare = is_call(expression) and not d.isalpha()  # dlog(x) would be another name
    of = expression if bare else f"({expression})"
    return formula(f"{d}{of}/{d}{say.name(by)}")


def _steps(say: Phrases, via: int, slot: int) -> Iterator[Side]:
    """What stands between the derivative and the form that the row states, with the rules."""
    node, link = say.graph.applied(via), say.link(via, slot)
    op = node.op
    assert isinstance(op, Elementwise)
    applied = Applied(
        op,
        labels=[say.graph.labels[i] for i in node.inputs],
        v=say.graph.labels[via],
        params=dict(node.params),
        constants=[isinstance(say.graph.nodes[i], Constant) for i in node.inputs],
        at_kink=op.at_kink([say.trace.values[i] for i in node.inputs], dict(node.params)),
    )
    found = forms(applied, slot, _derivatives(say, node, link.into))
    clean = say.glyphs.clean
    if found.definition and clean(found.definition) != say.expression(via):
        what = words(f"definition of {op.written}")
        yield Side(_of(say, clean(found.definition), link.into), what)
    if found.differentiated:
        yield Side(formula(clean(found.differentiated)), words(found.rule))
        yield Side(formula(clean(found.inserted)), _held(say, node, found))
        return
    reason = words(found.rule)
    if found.others:
        reason = (*reason, *words(", "), *_held(say, node, found, slot))
    yield Side(formula(clean(found.inserted or link.formula)), reason)


def _derivatives(say: Phrases, node: Apply, by: int) -> list[str]:
    """∂input/∂x for every input; none where an input is computed from x.

    There ∂input/∂x is another number than the 0 of what is held constant.
    """
    if sum(source == by for source in node.inputs) > 1:
        return []
    users = say.graph.computed_from(by) - {by}
    if not users.isdisjoint(node.inputs):
        return []
    return [f"∂{say.graph.labels[i]}/∂{say.graph.labels[by]}" for i in node.inputs]


def _held(say: Phrases, node: Apply, found: Forms, slot: int | None = None) -> Cell:
    """Why the other inputs have the derivative 0."""
    cells: list[Cell] = []
    for other in found.others:
        source = node.inputs[other]
        name = formula(say.name(source))
        if isinstance(say.graph.nodes[source], Constant):
            cells.append((*name, *words(" is a constant")))
        elif slot is not None and source == node.inputs[slot]:
            cells.append((*words("the other "), *name, *words(" held constant")))
        else:
            cells.append((*name, *words(" held constant")))
    joined = [piece for cell in cells for piece in (*words(", "), *cell)]
    return tuple(joined[1:])


def _which(say: Phrases, via: int, slot: int) -> Cell:
    """Which of two inputs with one name is meant: `by the first x`."""
    ordinal = ordinal_of(say.graph.applied(via), slot)
    name = say.name(say.graph.applied(via).inputs[slot])
    return (*words(f"by the {ordinal} "), *formula(name), *words(":")) if ordinal else ()


def ordinal_of(node: Apply, slot: int) -> str:
    """Which of several inputs that are one node it is; empty for one that is used once."""
    twins = [k for k, source in enumerate(node.inputs) if source == node.inputs[slot]]
    if len(twins) < 2:
        return ""
    place = twins.index(slot)
    return ORDINALS[place] if place < len(ORDINALS) else f"{place + 1}th"


def _convention(say: Phrases, via: int) -> tuple[Cell, ...]:
    """What the derivative is at a kink, where the node is at one; that there is none at all."""
    node, first = say.graph.applied(via), say.trace.undefined
    if first is not None and first.index == via:
        return (((say.glyphs.clean(f"{first.text}: no derivative either"), BAD),),)
    inputs = [say.trace.values[i] for i in node.inputs]
    if not node.op.convention or not node.op.at_kink(inputs, dict(node.params)):
        return ()
    return (((say.glyphs.clean(f"at a kink: {node.op.convention}"), KINK),),)


# -- operations on whole arrays


def _rules(say: Phrases, via: int, slots: list[int]) -> Block:
    """What every input gets when Ḡ arrives; of a composite operation its definition first."""
    node = say.graph.applied(via)
    equations = list(_definition(say, via, node))
    said: list[Cell] = []
    for slot in slots[:MOST_INPUTS]:
        link = say.link(via, slot)
        if link.in_words:
            shape = shape_of(say.value(link.into))
            said.append((*formula(say.name(link.into)), *words(f" gets: {rule(say, link)}")))
            said[-1] = (*said[-1], *words(f"   {shape}")) if shape else said[-1]
            continue
        side = Side(formula(rule(say, link), LOCAL), _reason(say, link))
        equations.append(Equation(formula(say.name(link.into)), (side,), sign="gets"))
    if len(slots) > MOST_INPUTS:
        said.append(words(f"{len(slots) - MOST_INPUTS:,} more inputs get theirs likewise"))
    return Block(tuple(equations), tuple(said))


def _reason(say: Phrases, link: Link) -> Cell:
    """The operation whose rule it is, what Ḡ is, and the shape of what is got."""
    op = say.graph.applied(link.via).op
    shape = shape_of(link.product)
    reason = words(f"rule of {op.written or op.name}, with ")
    upstream = formula(f"{say.glyphs.upstream} = {say.gradient(link.via)}")
    return (*reason, *upstream, *words(f"   {shape}")) if shape else (*reason, *upstream)


def _definition(say: Phrases, via: int, node: Apply) -> Iterator[Equation]:
    """The program that a composite operation stands for, its statements one after another."""
    if not isinstance(node.op, Composite):
        return
    op, labels = node.op, [say.graph.labels[i] for i in node.inputs]
    shapes = [shape_of(say.value(i)) for i in node.inputs]
    program = op.definition(*shapes, **dict(node.params))
    names = dict(zip(op.names(len(labels)), labels, strict=True))
    reason = words(f"definition of {op.written}")
    for statement in renamed(program, names).split("; "):
        name, sign, rest = statement.partition(" = ")
        left, right = (name, rest) if sign else (say.graph.labels[via], statement)
        side = Side(formula(say.glyphs.clean(right)), () if sign else reason)
        yield Equation(formula(say.glyphs.clean(left)), (side,))
