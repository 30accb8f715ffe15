"""The lesson: every step of the two passes in order, what it says and what it makes visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backtrace.graph import Apply
from backtrace.render.links import backward_edges
from backtrace.render.page.equations import Equations
from backtrace.render.page.markup import NOTHING, Markup, escaped, joined, tag

PHASES = {
    "inputs": "Inputs",
    "forward": "Forward pass",
    "local": "Local derivatives",
    "backward": "Backward pass",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: the node or the edge (`via`, `slot`) it is about, and the numbers it shows."""

    phase: str
    said: Markup
    equation: Markup = NOTHING
    shows: tuple[str, ...] = ()
    node: int | None = None
    edge: tuple[int, int] | None = None


def steps(equations: Equations) -> list[Step]:
    """All steps, from the inputs to the last gradient."""
    return [*_forward(equations), *_local(equations), *_backward(equations)]


def listed(found: list[Step]) -> Markup:
    """The steps as a list."""
    return tag("ol", *(_item(step) for step in found), class_="steps", id="steps")


def _item(step: Step) -> Markup:
    return tag(
        "li",
        tag("p", step.said, class_="said"),
        tag("p", step.equation, class_="equation") if step.equation else NOTHING,
        data_phase=step.phase,
        data_shows=" ".join(step.shows),
        data_at=None if step.node is None else step.node,
        data_on=None if step.edge is None else f"{step.edge[0]}:{step.edge[1]}",
    )


def _forward(equations: Equations) -> Iterator[Step]:
    graph = equations.graph
    operations = [i for i, node in enumerate(graph.nodes) if isinstance(node, Apply)]
    inputs = [i for i, node in enumerate(graph.nodes) if not isinstance(node, Apply)]
    given = "The inputs have their values. Nothing is computed yet."
    shows = tuple(f"value:{i}" for i in inputs)
    yield Step(phase="inputs", said=escaped(given), shows=shows)
    for index in operations:
        yield Step(
            phase="forward",
            said=_sentence(equations, graph.labels[index], " = ", graph.expression(index), index),
            equation=equations.forward(index),
            shows=(f"value:{index}",),
            node=index,
        )


def _sentence(equations: Equations, name: str, sign: str, expression: str, index: int) -> Markup:
    value = equations.number(f"value:{index}", equations.say.value(index))
    return joined([escaped("Compute "), _code(name + sign + expression), escaped(": "), value])


def _local(equations: Equations) -> Iterator[Step]:
    say, labels = equations.say, equations.graph.labels
    for via, slot in sorted(backward_edges(equations.trace)):
        link = say.link(via, slot)
        of, by = labels[via], labels[link.into]
        if link.local is None:
            said = [escaped("How "), _code(by), escaped(" gets its gradient through "), _code(of)]
        else:
            said = [escaped("How "), _code(of), escaped(" changes with "), _code(by)]
            said += [escaped(": "), equations.number(f"local:{via}:{slot}", link.local)]
        yield Step(
            phase="local",
            said=joined(said),
            equation=equations.local(via, slot),
            shows=(f"local:{via}:{slot}",),
            edge=(via, slot),
        )


def _backward(equations: Equations) -> Iterator[Step]:
    trace, output = equations.trace, equations.graph.output
    if trace.adjoints[output] is None:
        return
    name = _code(equations.graph.labels[output])
    start = equations.number(f"gradient:{output}", equations.say.adjoint(output))
    yield Step(
        phase="backward",
        said=joined([escaped("The gradient starts at "), name, escaped(", with "), start]),
        equation=equations.total(output),
        shows=(f"gradient:{output}",),
        node=output,
    )
    last = {index: backward_edges(trace, [index])[-1:] for index in range(len(trace.graph.nodes))}
    for via, slot in backward_edges(trace):
        into = equations.graph.applied(via).inputs[slot]
        several = len(equations.say.edges(into)) > 1
        yield _product(equations, via, slot, several=several)
        if several and last[into] == [(via, slot)]:
            yield _sum(equations, into)


def _product(equations: Equations, via: int, slot: int, *, several: bool) -> Step:
    labels, link = equations.graph.labels, equations.say.link(via, slot)
    product = equations.number(f"product:{via}:{slot}", link.product)
    into, through = _code(labels[link.into]), _code(labels[via])
    what = " gets, as one of several contributions, " if several else " gets the gradient "
    how = (escaped("Upstream × local through "), through, escaped(": "))
    return Step(
        phase="backward",
        said=joined([*how, into, escaped(what), product]),
        equation=equations.product(via, slot),
        shows=(f"product:{via}:{slot}", *(() if several else (f"gradient:{link.into}",))),
        edge=(via, slot),
    )


def _sum(equations: Equations, index: int) -> Step:
    name, count = _code(equations.graph.labels[index]), len(equations.say.edges(index))
    gradient = equations.number(f"gradient:{index}", equations.say.adjoint(index))
    told = escaped(f" is used {count} times; its gradient is the sum of the contributions: ")
    return Step(
        phase="backward",
        said=joined([name, told, gradient]),
        equation=equations.total(index),
        shows=(f"gradient:{index}", f"sum:{index}"),
        node=index,
    )


def _code(text: str) -> Markup:
    return tag("code", escaped(text))
