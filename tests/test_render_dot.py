"""The graph in DOT, read back by a reader of that part of the language which is written."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import assert_snapshot
from test_render_snapshots import PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.records import Trace
from backtrace.render import FILES, Sheet
from backtrace.render.files.dot import quoted
from backtrace.render.picture.drawing import MOST_NODES

STRING = r'"((?:[^"\\\n]|\\[^\n])*)"'
ATTRIBUTE = re.compile(rf"(\w+)=(?:{STRING}|(\w+))(?:, |; |$)")
NODE = re.compile(r"  (n\d+) \[(.*)\];")
EDGE = re.compile(r"  (n\d+) -> (n\d+) \[(.*)\];")
SETTING = re.compile(r"  (?:\w+ \[(.*)\]|(.*));")


class Read(NamedTuple):
    """A graph as it was read."""

    nodes: dict[str, dict[str, str]]
    edges: list[tuple[str, str, dict[str, str]]]
    settings: dict[str, str]


def attributes(text: str) -> dict[str, str]:
    """`name="value", …` with nothing between that is no attribute."""
    found = ATTRIBUTE.findall(text)
    assert ATTRIBUTE.sub("", text) == ""
    return {name: _unescaped(string) or word for name, string, word in found}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def read(text: str) -> Read:
    """The nodes, edges and settings of a graph; fails on anything else."""
    first, *lines, last = text.rstrip("\n").split("\n")
    assert (first, last) == ("digraph backtrace {", "}")
    found = Read({}, [], {})
    for line in lines:
        if edge := EDGE.fullmatch(line):
            found.edges.append((edge[1], edge[2], attributes(edge[3])))
        elif node := NODE.fullmatch(line):
            found.nodes[node[1]] = attributes(node[2])
        else:
            setting = SETTING.fullmatch(line)
            assert setting, line
            if setting[2]:
                found.settings.update(attributes(setting[2]))
    return found


def made(trace: Trace, sheet: Sheet | None = None) -> str:
    return FILES["dot"](trace, not_checked(trace), sheet or Sheet()).decode()


@pytest.mark.parametrize("name", ["square", "statements", "twice", "tie", "again", "peak"])
def test_as_recorded(name: str) -> None:
    """The whole file is as recorded."""
    assert_snapshot(f"{name}.dot", made(traced(name)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_node_stands_once(name: str) -> None:
    """A node for each of the graph, an edge for each use, however large it is."""
    trace = traced(name)
    found = read(made(trace))
    assert len(found.nodes) == len(trace.graph.nodes)
    assert len(found.edges) == sum(map(len, trace.graph.uses))
    assert {end for edge in found.edges for end in edge[:2]} <= found.nodes.keys()
    assert (name != "chain") or len(found.nodes) > MOST_NODES


def test_the_facts() -> None:
    """Names, values, sums, locals and products in the language's own notation."""
    found = read(made(traced("twice")))
    labels = [node["label"] for node in found.nodes.values()]
    assert "w\n1\n∂L/∂w = -2 + 2 = 0" in labels
    assert "v4 = v3**2\n1\n∂L/∂v4 = 1" in labels
    assert "∂v5/∂w = 2*w = 2\n1\n1 × 2 = 2" in [edge[2]["label"] for edge in found.edges]
    assert found.settings["label"].startswith("Computational graph of (y - (w*x + b))**2 + w**2\n")


def test_kinds_have_shapes() -> None:
    """A variable that needs no gradient is dashed, as are edges without one."""
    found = read(made(traced("statements")))
    shapes = {n["label"].split("\n")[0]: (n["shape"], n["style"]) for n in found.nodes.values()}
    assert shapes["w"] == ("ellipse", "filled")
    assert shapes["x"] == ("ellipse", "filled,dashed")
    assert shapes["s = yhat - y"] == ("box", "filled,rounded")
    assert shapes["2"] == ("hexagon", "filled")
    assert {(e[2]["style"], "×" in e[2]["label"]) for e in found.edges} == {
        ("solid", True),
        ("dashed", False),
    }


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_direction(direction: str) -> None:
    """`--direction` is rankdir."""
    sheet = Sheet(direction=direction)  # type: ignore[arg-type]
    assert read(made(traced("square"), sheet)).settings["rankdir"] == direction


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_text_is_one_string(lines: list[str]) -> None:
    """Whatever characters a text has, it ends where it should and reads back."""
    text = quoted(lines)
    assert re.fullmatch(STRING, text)
    shown = ["".join(c if c.isprintable() else " " for c in line) for line in lines]
    assert _unescaped(text[1:-1]) == "\n".join(shown)


@pytest.mark.parametrize(
    "comment", ['"]; evil [label="', "\\", '\\"', "<b>x</b>", "\\N \\G", "} //"]
)
def test_hostile_programs(comment: str) -> None:
    """What was typed is a label and nothing else."""
    found = read(made(backtrace.trace(f"w*x # {comment}", w=1, x=2)))
    assert len(found.nodes) == 3
    assert comment in found.settings["label"]
