"""backtrace.render.outline: which nodes a tree draws."""

from __future__ import annotations

import pytest

from backtrace import read
from backtrace.graph import Apply, Graph
from backtrace.render.outline import MOST_INPUTS, MOST_LINES, Outline, outline
from backtrace.render.text import ASCII, UNICODE, Glyphs


def chain(length: int) -> Graph:
    return read("v = a\n" + "v = sin(v)\n" * length)


def kinds(drawn: Outline, kind: str) -> list[int]:
    return [line.index for line in drawn.lines if line.kind == kind]


@pytest.mark.parametrize("program", ["x", "2 + 3", "(w*x - y)**2", "a*a + a*b + (a*b)**2"])
def test_every_node_once(program: str) -> None:
    """A small program is drawn whole: every node in full once, one line for each edge."""
    graph = read(program)
    drawn = outline(graph, None, 80, UNICODE)
    assert sorted(kinds(drawn, "drawn")) == list(range(len(graph.nodes)))
    edges = sum(len(node.inputs) for node in graph.nodes if isinstance(node, Apply))
    assert len(drawn.lines) == edges + 1
    assert drawn.hidden == 0


def test_used_twice() -> None:
    """The second use of a node refers to the first, and its inputs are not drawn again."""
    graph = read("s = a*b; s*s")
    drawn = outline(graph, None, 80, UNICODE)
    s, a, b = (graph.names[n] for n in "sab")
    assert [(line.kind, line.index) for line in drawn.lines] == [
        ("drawn", graph.output),
        ("drawn", s),
        ("drawn", a),
        ("drawn", b),
        ("above", s),
    ]


@pytest.mark.parametrize(
    ("glyphs", "guides"),
    [
        (UNICODE, ["", "├── ", "│   ├── ", "│   └── ", "└── "]),
        (ASCII, ["", "|-- ", "|   |-- ", "|   `-- ", "`-- "]),
    ],
)
def test_guides(glyphs: Glyphs, guides: list[str]) -> None:
    """Guides lead from a node to each of its inputs."""
    drawn = outline(read("a*b + c"), None, 80, glyphs)
    assert [line.guides for line in drawn.lines] == guides


@pytest.mark.parametrize("length", [1_000, 100_000])
def test_long_chain_is_folded(length: int) -> None:
    """A long chain is folded after a few levels, and the nodes left out are counted."""
    drawn = outline(chain(length), None, 80, UNICODE)
    assert len(drawn.lines) <= MOST_LINES
    assert drawn.lines[-1].kind == "fold"
    shown = {line.index for line in drawn.lines if line.index >= 0}
    assert drawn.hidden == length + 1 - len(shown) > 0


def test_wide_program_is_folded() -> None:
    """A bushy program is folded to the depth whose lines fit."""
    terms = [f"sin(a{i}*b{i})" for i in range(64)]
    while len(terms) > 1:
        terms = [f"({a} + {b})" for a, b in zip(terms[::2], terms[1::2], strict=True)]
    drawn = outline(read(terms[0]), None, 400, UNICODE)
    assert len(drawn.lines) - len(kinds(drawn, "fold")) <= MOST_LINES
    assert drawn.depth == 7


def test_many_inputs_are_folded() -> None:
    """Of a node with very many inputs the first are drawn."""
    names = [f"a{i}" for i in range(1000)]
    drawn = outline(read(f"max({', '.join(names)})"), None, 80, UNICODE)
    assert len(drawn.lines) == MOST_INPUTS + 1
    assert drawn.hidden == 1000 - (MOST_INPUTS - 1)


@pytest.mark.parametrize("depth", [1, 2, 7, 30, 500])
def test_depth(depth: int) -> None:
    """A depth asked for is drawn, whatever its lines."""
    drawn = outline(chain(300), depth, 80, UNICODE)
    assert len(set(kinds(drawn, "drawn"))) == min(depth, 300) + 1


def test_shared_node_is_expanded_where_it_is_less_deep() -> None:
    """A node folded at one place is drawn in full at another that is less deep."""
    graph = read("s = a*b; sin(sin(s)) + s")
    drawn = outline(graph, 2, 80, UNICODE)
    assert graph.names["a"] in kinds(drawn, "drawn")


def test_deep_program_continues_below() -> None:
    """What is too deep for the columns starts again at the margin, and nothing is left out."""
    drawn = outline(chain(30), None, 80, UNICODE)
    assert drawn.hidden == 0
    assert max(len(line.guides) for line in drawn.lines) <= 40
    assert len(kinds(drawn, "below")) == len(kinds(drawn, "gap")) == 3
    assert sorted(kinds(drawn, "drawn")) == list(range(31))
