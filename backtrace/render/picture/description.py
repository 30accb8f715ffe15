"""The picture in words, for who does not see it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from backtrace.errors import shortened
from backtrace.graph import Apply, Constant
from backtrace.records import Trace
from backtrace.render.phrases import Phrases
from backtrace.render.picture.lines import clipped

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

MOST_TOLD = 20  # values, and gradients
LONGEST_SOURCE = 120  # characters


def title(trace: Trace) -> str:
    """What the picture is of."""
    source = " ".join(trace.graph.source.split())
    return f"Computational graph of {clipped(source, LONGEST_SOURCE)}"


def description(say: Phrases, check: Check | None) -> str:
    """The values in order of computation, the gradients asked for, the verdict."""
    sentences = ["Forward: " + _listed(_values(say))]
    if say.trace.wrt:
        sentences.append("Backward: " + _listed(_gradients(say)))
    if check is not None:
        sentences.append(f"{check.summary[:1].upper()}{check.summary[1:]}")
    return ". ".join(sentences) + "."


def _listed(facts: Iterator[str]) -> str:
    """The first of them, and whether there are more."""
    told = list(islice(facts, MOST_TOLD))
    return "; ".join([*told, "and more"] if next(facts, None) is not None else told)


def _values(say: Phrases) -> Iterator[str]:
    """`w = 1`, `v1 = w*x = 2`."""
    for index, node in enumerate(say.graph.nodes):
        if isinstance(node, Constant):
            continue
        middle = f" = {clipped(say.expression(index))}" if isinstance(node, Apply) else ""
        yield f"{shortened(say.name(index))}{middle} = {say.text(say.value(index))}"


def _gradients(say: Phrases) -> Iterator[str]:
    for name in say.trace.wrt:
        shown = say.text(say.trace.gradient(name))
        yield f"{say.glyphs.d}{say.output}/{say.glyphs.d}{shortened(name)} = {shown}"
