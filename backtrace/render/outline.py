"""Which nodes a tree draws, where, and which it leaves out: shapes only, no words.

Nothing here is recursive and nothing grows with the square of a graph: a chain of 10^5 nodes is
folded after a few levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from backtrace.graph import Apply, Constant, Graph
from backtrace.render.text import Glyphs

MOST_LINES = 200  # of a tree when no depth is asked for
MOST_INPUTS = 40  # of one node
COLUMNS_A_LEVEL = 10  # of the screen: the guides of a level take 4, the rest is for text
MOST_LEVELS = 16  # of one tree where lines may be of any length
GUIDE = 4  # cells a level
SPACE = " " * GUIDE

Kind = Literal["drawn", "above", "below", "fold", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a tree: node `index` as input `slot` of node `via`; -1 at a root.

    drawn: with its inputs under it. above: drawn in full further up. below: so deep that it
    starts a tree of its own further down. fold: nodes are left out here. gap: an empty line.
    """

    kind: Kind
    index: int = -1
    via: int = -1
    slot: int = -1
    guides: str = ""
    under: str = ""  # the guides of what continues this line


@dataclass(frozen=True, slots=True)
class Outline:
    """The lines of a tree, the depth it was drawn to, and how many of its nodes are left out."""

    lines: list[Line]
    depth: int
    hidden: int
    total: int


def outline(graph: Graph, depth: int | None, columns: int | None, glyphs: Glyphs) -> Outline:
    """Draw to `depth` levels: all of them by default, or as many as MOST_LINES allow.

    A branch too deep for so many columns is drawn as a tree of its own further down.
    """
    total = len(graph.needed)
    levels = MOST_LEVELS if columns is None else max(3, columns // COLUMNS_A_LEVEL)
    fits, whole = _depth_that_fits(graph)
    if depth is None:
        depth = total if whole else max(1, min(fits, levels))
    lines = list(_draw(graph, depth, levels, glyphs))
    shown = len({line.index for line in lines if line.index >= 0})
    return Outline(lines, depth, total - shown, total)


def _depth_that_fits(graph: Graph) -> tuple[int, bool]:
    """How many levels fit in MOST_LINES, and whether these are all there are."""
    level, seen, lines, depth = [graph.output], {graph.output}, 1, 0
    while level:
        below: dict[int, None] = {}
        for index in level:
            node = graph.nodes[index]
            if type(node) is Apply:
                lines += len(node.inputs)
                below.update((i, None) for i in node.inputs if i not in seen)
        if lines > MOST_LINES:
            return depth, False
        seen.update(below)
        level = list(below)
        depth += 1
    return depth, True


def _draw(graph: Graph, depth: int, levels: int, glyphs: Glyphs) -> Iterator[Line]:
    """Depth first, with a stack; `levels` is how deep a tree goes before another begins."""
    drawn: set[int] = set()
    roots = {graph.output: 0}
    while roots:
        root, base = next(iter(roots.items()))
        if base:
            yield Line("gap")
        stack = [(Line("drawn", root), 0)]
        while stack:
            line, level = stack.pop()
            if line.kind == "fold":
                yield line
                continue
            index = line.index
            node = graph.nodes[index]
            inputs = node.inputs if isinstance(node, Apply) else ()
            if index in drawn:
                yield _as("above", line)
            elif index in roots and level:
                yield _as("below", line)
            elif inputs and level == levels and base + level < depth:
                roots.setdefault(index, base + level)
                yield _as("below", line)
            else:
                if not isinstance(node, Constant):
                    drawn.add(index)
                following = list(_input_lines(index, inputs, line.under, glyphs))
                if inputs and base + level >= depth:
                    drawn.discard(index)  # it may be drawn in full at a place less deep
                    following = [Line("fold", guides=line.under + glyphs.end)]
                bar = glyphs.bar if following else SPACE
                yield Line("drawn", index, line.via, line.slot, line.guides, line.under + bar)
                stack.extend((next_line, level + 1) for next_line in reversed(following))
        del roots[root]


def _as(kind: Kind, line: Line) -> Line:
    return Line(kind, line.index, line.via, line.slot, line.guides, line.under + SPACE)


def _input_lines(via: int, inputs: tuple[int, ...], under: str, glyphs: Glyphs) -> Iterator[Line]:
    """The inputs of node `via` with the guides that lead to them."""
    shown = inputs if len(inputs) <= MOST_INPUTS else inputs[: MOST_INPUTS - 1]
    for slot, into in enumerate(shown):
        last = slot == len(inputs) - 1
        guides = under + (glyphs.end if last else glyphs.fork)
        yield Line("drawn", into, via, slot, guides, under + (SPACE if last else glyphs.bar))
    if len(shown) < len(inputs):
        yield Line("fold", guides=under + glyphs.end)
