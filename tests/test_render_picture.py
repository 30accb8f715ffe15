"""What a picture says of every node and every edge, and that nothing in it lies over anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import assert_snapshot
from test_render_snapshots import PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.errors import UsageError
from backtrace.graph import Apply, Constant
from backtrace.reading.parser import read
from backtrace.records import Trace
from backtrace.render import Direction, Sheet, Theme
from backtrace.render.picture.colours import PALETTES
from backtrace.render.picture.composing import label_size, node_size
from backtrace.render.picture.drawing import MOST_NODES, MOST_USES, Draughtsman, Drawing
from backtrace.render.picture.lines import Line, Piece, broken
from backtrace.render.picture.scene import Scene, Shape, Text
from backtrace.render.picture.whole import scene

DRAWN = [name for name in PROGRAMS if name != "chain"]
DIRECTIONS: list[Direction] = ["LR", "TB"]
THEMES: list[Theme] = ["light", "dark"]


def drawing(trace: Trace, **asked: Any) -> Drawing:
    return Draughtsman(trace, Sheet(), **asked).draw()


def picture(trace: Trace, **asked: Any) -> Scene:
    return scene(trace, not_checked(trace), Sheet(**asked))


def chain(count: int) -> str:
    return "\n".join(["v = a", *["v = v*a + b"] * count])


# -- what is drawn


@pytest.mark.parametrize("name", DRAWN)
def test_text_twin(name: str) -> None:
    """The words of a picture, by the groups they stand in, are as recorded."""
    rows = [
        f"{group.classes} {dict(group.data) or ''}".rstrip() + "".join(f"\n    {t}" for t in texts)
        for group in picture(traced(name)).groups
        if (texts := [_shown(p.line) for p in group.parts if isinstance(p, Text)])
    ]
    assert_snapshot(f"{name}.picture.txt", "\n".join(rows))


def _shown(line: Line) -> str:
    """The text, `^` and `_` before what is raised and lowered."""
    return "".join({1: "^", -1: "_"}.get(p.level, "") + p.text for p in line.pieces)


@pytest.mark.parametrize("name", DRAWN)
def test_every_use_has_an_edge(name: str) -> None:
    """There is an edge for every input of every operation, and x*x has two."""
    trace = traced(name)
    expected = [
        (via, slot, into)
        for via, node in enumerate(trace.graph.nodes)
        if isinstance(node, Apply)
        for slot, into in enumerate(node.inputs)
    ]
    drawn = drawing(trace)
    assert [(e.via, e.slot, e.into) for e in drawn.edges] == expected
    for edge in drawn.edges:
        assert drawn.nodes[edge.source].index == edge.into
        assert drawn.nodes[edge.target].index == edge.via


@pytest.mark.parametrize("name", DRAWN)
def test_every_edge_carries_its_numbers(name: str) -> None:
    """The forward value above; where a gradient comes back, the product below."""
    trace = traced(name)
    passing = {edge for i in range(len(trace.graph.nodes)) for edge in trace.edges(i)}
    for edge in drawing(trace).edges:
        assert f"value:{edge.into}" in _keys(edge.above)
        assert edge.has_gradient == ((edge.via, edge.slot) in passing)
        key = f"product:{edge.via}:{edge.slot}"
        assert (key in _keys(edge.below)) == edge.has_gradient


@pytest.mark.parametrize("name", DRAWN)
def test_every_node_has_its_numbers(name: str) -> None:
    """The value at every node but constants, the gradient, and the sum where there are terms."""
    trace = traced(name)
    for node in drawing(trace).nodes:
        i, keys = node.index, _keys(node.lines)
        assert (f"value:{i}" in keys) == (not isinstance(trace.graph.nodes[i], Constant))
        if node.lines and "use" not in node.lines[-1].text:
            assert (f"gradient:{i}" in keys) == (trace.adjoints[i] is not None)
            assert (f"sum:{i}" in keys) == (len(list(trace.edges(i))) > 1)


def _keys(lines: tuple[Line, ...]) -> set[str]:
    return {piece.key for line in lines for piece in line.pieces if piece.key}


@pytest.mark.parametrize("name", DRAWN)
def test_keys_have_their_numbers(name: str) -> None:
    """A key stands at the text of the number that it names, wherever it stands."""
    trace = traced(name)
    draughtsman = Draughtsman(trace, Sheet())
    drawn, say = draughtsman.draw(), draughtsman.say
    lines = [line for node in drawn.nodes for line in node.lines]
    lines += [line for edge in drawn.edges for line in (*edge.above, *edge.below)]
    for piece in (p for line in lines for p in line.pieces if p.key):
        what, *rest = piece.key.split(":")
        place = tuple(map(int, rest))
        match what:
            case "value":
                assert piece.text == say.text(say.value(*place))
            case "gradient":
                assert piece.text == say.text(say.adjoint(*place))
            case "local":
                assert piece.text == say.text(say.link(*place).local)
            case "product":
                assert piece.text == say.text(say.link(*place).product)
            case "sum":
                products = [say.text(say.link(*edge).product) for edge in say.edges(*place)]
                assert piece.text.replace("(", "").replace(")", "").split(" + ") == products
            case _:
                pytest.fail(f"an unknown key {piece.key}")


@pytest.mark.parametrize("uses", [2, MOST_USES, MOST_USES + 1, 30])
def test_a_leaf_of_many_uses_is_drawn_beside_each(uses: int) -> None:
    """Up to four uses share one node; beyond, each has its own, with the sum at the first."""
    trace = backtrace.trace(
        " + ".join(f"w*x{k}" for k in range(uses)), dict.fromkeys(_names(uses), 1)
    )
    index = trace.graph.variables["w"]
    shown = [node for node in drawing(trace).nodes if node.index == index]
    many = uses > MOST_USES
    assert len(shown) == (uses if many else 1)
    assert [any(line.kind == "sum" for line in node.lines) for node in shown] == [
        place == 0 for place in range(len(shown))
    ]
    notes = [line.text for node in shown for line in node.lines if line.kind == "note"]
    assert notes == ([f"use {k} of {uses}" for k in range(1, uses + 1)] if many else [])


def _names(uses: int) -> list[str]:
    return ["w", *(f"x{k}" for k in range(uses))]


def test_a_constant_is_drawn_beside_each_use() -> None:
    """A constant with a name and two uses stands at both."""
    drawn = drawing(backtrace.trace("c = 2; c*x + c", x=1))
    assert [node.kind for node in drawn.nodes].count("constant") == 2


@pytest.mark.parametrize(
    "program",
    [
        chain(MOST_NODES),
        f"max({', '.join(['x'] * 3_000)})",
        f"max({', '.join(f'x{k}' for k in range(200))})",
    ],
)
def test_too_much_is_refused(program: str) -> None:
    """Beyond the stated size there is no picture, and what to do instead."""
    trace = backtrace.trace(program, dict.fromkeys(read(program).variables, 0.5))
    with pytest.raises(UsageError, match=r"has room for .* -o graph\.dot"):
        drawing(trace)


def test_roomy_keeps_room_for_every_number() -> None:
    """With other values of the variables the texts, of room_of_number, fit into their places."""
    near, far = ({"w": 1, "x": 1}, {"w": -123.456, "x": -0.123456})
    drawn = drawing(backtrace.trace("w*x + w**2", near), roomy=True)
    other = drawing(backtrace.trace("w*x + w**2", far))
    for place, node in enumerate(drawn.nodes):
        assert node_size(node).width >= max(line.width for line in other.nodes[place].lines)
    for place, edge in enumerate(drawn.edges):
        lines = (*other.edges[place].above, *other.edges[place].below)
        assert label_size(edge, "LR").width >= max(line.width for line in lines)


# -- how it looks


@pytest.mark.parametrize("theme", THEMES)
def test_contrast(theme: Theme) -> None:
    """Every text can be read on everything it stands on: 4.5 to 1, as WCAG asks for."""
    palette = PALETTES[theme]
    for ground in (palette.paper, *palette.fill.values()):
        for colour in palette.text.values():
            assert _contrast(colour, ground) >= 4.5
    for stroke in (palette.line, *palette.stroke.values()):
        assert _contrast(stroke, palette.paper) >= 3


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_kinds_have_shapes_of_their_own() -> None:
    """Operation, variable and constant differ without their colours."""
    found = picture(backtrace.trace("x*2", x=1))
    forms = {
        group.classes.split()[1]: "".join(c.letter for c in group.parts[0].commands)
        for group in found.groups
        if group.classes.startswith("node") and isinstance(group.parts[0], Shape)
    }
    assert set(forms) == {"operation", "variable", "constant"}
    assert len(set(forms.values())) == 3


@given(st.lists(st.text("ab ()=,", min_size=1, max_size=30), min_size=1, max_size=6))
def test_broken_lines_lose_nothing(texts: list[str]) -> None:
    """A line broken at spaces has the same words, and no line is wider but for one word."""
    line = Line(
        "note", tuple(Piece(text, key=str(k % 2 * k or "")) for k, text in enumerate(texts))
    )
    rows = list(broken(line, 60))
    assert "".join(row.text for row in rows).replace(" ", "") == line.text.replace(" ", "")
    assert all(
        row.width <= 60 or len(row.text.split()) == 1 or any(p.key for p in row.pieces)
        for row in rows
    )
