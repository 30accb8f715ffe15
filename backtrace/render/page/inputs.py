"""The inputs of a program as sliders and number fields, where the page can compute again."""

from __future__ import annotations

from backtrace.graph import Leaf
from backtrace.records import Trace
from backtrace.render.page.markup import Markup, escaped, tag
from backtrace.render.text import exact

TICKS = 100  # of a slider, to each side of the value


def inputs(trace: Trace) -> Markup:
    """A group of controls for every variable that is a number."""
    leaves = [i for i, node in enumerate(trace.graph.nodes) if isinstance(node, Leaf)]
    if not leaves:
        return tag("p", escaped("The program has no inputs to change."), class_="note")
    return tag(
        "form",
        *(_one(trace, index) for index in leaves),
        tag("button", escaped("Back to the original values"), type="button", id="reset"),
        id="inputs",
        hidden=True,  # nothing can be computed without JavaScript
        autocomplete="off",
    )


def _one(trace: Trace, index: int) -> Markup:
    """A field for any number, and a slider by its side."""
    label, value = trace.graph.labels[index], exact(trace.values[index])
    name = tag("code", escaped(label))
    field = tag("input", type="text", id=f"x{index}", data_input=index, value=value, size=8)
    slider = tag(
        "input",
        type="range",
        min=-TICKS,
        max=TICKS,
        value=0,
        data_slider=index,
        aria_label=f"slider for {label}",
    )
    return tag("div", tag("label", name, for_=f"x{index}"), field, slider, class_="input")


def no_inputs(reason: str) -> Markup:
    """Why nothing can be changed here."""
    text = f"No sliders here: {reason}, and a page computes with numbers only."
    return tag("p", escaped(text), class_="note")
