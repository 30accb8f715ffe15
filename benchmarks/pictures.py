"""A large graph as a picture, with its layout, from a trace that is there already."""

from __future__ import annotations

import time
from functools import partial

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.records import Trace
from backtrace.render.files.svg import svg
from benchmarks.measure import Ratio, compared, in_turns, ready

NODES, ALLOWED = 500, 2.0  # seconds


def chain(nodes: int) -> Trace:
    """Steps of v = tanh(w*v + b), three operations each; w and b are drawn at every use."""
    steps = (nodes - 3) // 3
    return backtrace.trace("v = x" + "; v = tanh(w*v + b)" * steps, x=0.5, w=0.7, b=0.1)


def fan(nodes: int) -> Trace:
    """A sum of sin(k*x), four nodes a term; x and every k are drawn at every use."""
    terms = " + ".join(f"sin({k}*x)" for k in range(nodes // 4))
    return backtrace.trace(terms, x=0.5)


def pictures(rounds: int, nodes: int = NODES) -> list[Ratio]:
    """Seconds for the svg of graphs of so many nodes, against those that are allowed."""
    traces = {"chain": chain(nodes), "sum": fan(nodes)}
    times = in_turns({name: partial(drawn, trace) for name, trace in traces.items()}, rounds)
    return [
        compared(f"svg of a {name} of {nodes} nodes", found, "2 s", [ALLOWED] * rounds, 1.0)
        for name, found in times.items()
    ]


def drawn(trace: Trace) -> dict[str, float]:
    """Raise RuntimeError where the picture is none."""
    begin = ready()
    content = svg(trace, not_checked(trace))
    seconds = time.perf_counter() - begin
    if not content.endswith(b"</svg>\n"):
        raise RuntimeError("that is no picture")
    return {"": seconds}
