"""The graph as a Mermaid flowchart, line by line in the grammar of such."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import assert_snapshot
from test_render_snapshots import PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.records import Trace
from backtrace.render import FILES, Sheet
from backtrace.render.files.mmd import quoted

LABEL = r'"((?:[^"#<>&`$\\|{}\[\]]|#\d+;|<br/>)*)"'
NODE = re.compile(rf"  n(\d+)(?:\({LABEL}\)|\(\[{LABEL}\]\)|\{{\{{{LABEL}\}}\}}):::(\w+)")
EDGE = re.compile(rf"  n(\d+) (-->|-\.->)\|{LABEL}\| n(\d+)")
OTHER = re.compile(r"  %% (?!\{).*|  classDef \w+ fill:#\w{6},stroke:#\w{6},color:#\w{6}(,.*)?")


def made(trace: Trace, sheet: Sheet | None = None) -> str:
    return FILES["mmd"](trace, not_checked(trace), sheet or Sheet()).decode()


def decoded(label: str) -> str:
    """A label as it is shown."""
    return (
        unescape(label.replace("<br/>", "\n").replace("#", "&#"))
        if "#" in label
        else (label.replace("<br/>", "\n"))
    )


def read(text: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The labels of the nodes and the edges; fails on a line that is neither."""
    first, *lines = text.rstrip("\n").split("\n")
    assert first in ("flowchart LR", "flowchart TB")
    nodes: list[str] = []
    edges: list[tuple[str, str, str]] = []
    for line in lines:
        if edge := EDGE.fullmatch(line):
            edges.append((edge[1], edge[4], decoded(edge[3])))
        elif node := NODE.fullmatch(line):
            assert int(node[1]) == len(nodes)
            nodes.append(decoded(next(filter(None, node.groups()[1:4]), "")))
        else:
            assert OTHER.fullmatch(line), line
    return nodes, edges


@pytest.mark.parametrize("name", ["square", "statements", "twice", "tie", "again", "peak"])
def test_as_recorded(name: str) -> None:
    """The whole file is as recorded."""
    assert_snapshot(f"{name}.mmd", made(traced(name)))


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "chain"])
def test_every_node_stands_once(name: str) -> None:
    """A node for each of the graph, an edge for each use."""
    trace = traced(name)
    nodes, edges = read(made(trace))
    assert len(nodes) == len(trace.graph.nodes)
    assert len(edges) == sum(map(len, trace.graph.uses))


def test_the_facts() -> None:
    """Names, values, sums, locals and products in the language's own notation."""
    nodes, edges = read(made(traced("twice")))
    assert "w\n1\n∂L/∂w = -2 + 2 = 0" in nodes
    assert "v4 = v3**2\n1\n∂L/∂v4 = 1" in nodes
    assert "∂v5/∂w = 2*w = 2\n1\n1 × 2 = 2" in [label for _, _, label in edges]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_direction(direction: str) -> None:
    """`--direction` is that of the flowchart."""
    sheet = Sheet(direction=direction)  # type: ignore[arg-type]
    assert made(traced("square"), sheet).startswith(f"flowchart {direction}\n")


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_text_is_one_label(lines: list[str]) -> None:
    """Whatever characters a text has, it is one label without markup, and reads back."""
    found = re.fullmatch(LABEL, quoted(lines))
    assert found
    shown = ["".join(c if c.isprintable() else " " for c in line) for line in lines]
    assert decoded(found[1]) == "\n".join(shown)


@pytest.mark.parametrize(
    "comment", ["%%{init: {}}%%", '"]; x["', "end", "<script>", "`*a*`", "$$x$$"]
)
def test_hostile_programs(comment: str) -> None:
    """What was typed gives no directive and no further node."""
    text = made(backtrace.trace(f"w*x # {comment}", w=1, x=2))
    nodes, _ = read(text)
    assert len(nodes) == 3
    assert "%%{" not in text
