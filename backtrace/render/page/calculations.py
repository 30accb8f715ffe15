"""The entire calculation of every node: where its value comes from, its gradient, what it gives."""

from __future__ import annotations

from collections.abc import Iterator

from backtrace.graph import Apply, Constant
from backtrace.render.edges import passed_on, spelled_out
from backtrace.render.page.equations import Equations, equation, formula
from backtrace.render.page.markup import NOTHING, Markup, escaped, joined, tag


def calculation(equations: Equations, index: int) -> Markup:
    """One node: an article with a part for each pass."""
    name = tag("code", escaped(equations.graph.labels[index]))
    kind = tag("span", escaped(_kind(equations, index)), class_="note")
    return tag(
        "article",
        tag("h3", name, escaped(" "), kind, id=f"node-{index}", tabindex="-1"),
        tag("dl", *_parts(equations, index)),
        data_calculation=index,
    )


def _kind(equations: Equations, index: int) -> str:
    node, graph = equations.graph.nodes[index], equations.graph
    match node:
        case Apply():
            return "the output" if index == graph.output else "an operation"
        case Constant():
            return "a constant"
    return "a variable"


def _parts(equations: Equations, index: int) -> Iterator[Markup]:
    yield _part("Value", [equations.forward(index)])
    notes = [escaped(text) for text in _notes(equations, index)]
    if notes:
        yield tag("dt", escaped("Note"), class_="original")
        yield from (tag("dd", note, class_="original") for note in notes)
    yield _part("Gradient", list(_gradient(equations, index)))
    passed = list(_passed_on(equations, index))
    if passed:
        yield _part("Passes on", passed)


def _part(word: str, lines: list[Markup]) -> Markup:
    return joined([tag("dt", escaped(word)), *(tag("dd", line) for line in lines)])


def _notes(equations: Equations, index: int) -> Iterator[str]:
    remark = equations.say.remark(index)
    if remark:
        yield remark
    yield from (n.text for n in equations.trace.notices if n.index == index)


def _gradient(equations: Equations, index: int) -> Iterator[Markup]:
    """Every contribution, their sum, and the formula of the whole."""
    trace, graph = equations.trace, equations.graph
    if trace.adjoints[index] is None:
        yield escaped(equations.say.why_none(index).after)
        return
    found = equations.say.edges(index)
    hidden, shown = spelled_out(found)
    for via, slot in shown:
        yield _edge(equations, via, slot, "through ", via)
    if hidden:
        yield escaped(f"… and {hidden:,} contributions before these")
    if len(found) > 1:
        yield joined([escaped("the sum: "), equations.total(index)])
    if index == graph.output:
        yield joined([equations.total(index), escaped(" where gradients start")])
    whole = trace.formula(index, named=True) if graph.is_named(index) else None
    if whole is not None and index != graph.output:
        sides = [equations.by_output(index), formula(whole)]
        yield joined([escaped("as a formula: "), equation(sides)])


def _passed_on(equations: Equations, index: int) -> Iterator[Markup]:
    """What its own inputs get through it."""
    for slot, into, why_not in passed_on(equations.say, index):
        if why_not:
            label = tag("code", escaped(equations.graph.labels[into]))
            yield joined([escaped("to "), label, escaped(f": {why_not}")])
        else:
            yield _edge(equations, index, slot, "to ", into)


def _edge(equations: Equations, via: int, slot: int, word: str, node: int) -> Markup:
    """The chain rule on one edge, after the node at its other end, and the local derivative."""
    label = tag("code", escaped(equations.graph.labels[node]))
    local = NOTHING
    if equations.say.link(via, slot).local is not None:
        local = joined([equations.local(via, slot), Markup("<br>")])
    head = joined([escaped(word), label, Markup("<br>")])
    return tag("div", head, local, equations.product(via, slot), data_edge=f"{via}:{slot}")
