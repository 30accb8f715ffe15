"""All nodes as a table, in order of computation."""

from __future__ import annotations

from backtrace.graph import Apply
from backtrace.render.page.equations import Equations, equation, formula
from backtrace.render.page.markup import Markup, escaped, tag

HEADINGS = ("#", "Node", "Expression", "Value", "Gradient")


def table(equations: Equations) -> Markup:
    """A row for every node; its name opens its calculation."""
    nodes = range(len(equations.graph.nodes))
    return tag(
        "table",
        tag("caption", escaped("All nodes in order of computation")),
        tag("thead", tag("tr", *(tag("th", escaped(word), scope="col") for word in HEADINGS))),
        tag("tbody", *(_row(equations, index) for index in nodes)),
    )


def _row(equations: Equations, index: int) -> Markup:
    graph, say = equations.graph, equations.say
    node, adjoint = graph.nodes[index], equations.trace.adjoints[index]
    label = tag("code", escaped(graph.labels[index]))
    name = tag("a", label, href=f"#node-{index}", data_open=index)
    if isinstance(node, Apply):
        expression = equation([formula(graph.expression(index))])
    else:
        expression = escaped(graph.kind(index))
    value = equations.number(f"value:{index}", say.value(index))
    gradient = escaped("–")
    if adjoint is not None:
        gradient = equations.number(f"gradient:{index}", say.adjoint(index))
    cells = [tag("td", cell, class_="wide") for cell in (value, gradient)]
    row = [tag("td", escaped(str(index))), tag("th", name, scope="row"), tag("td", expression)]
    return tag("tr", *row, *cells, data_row=index)
