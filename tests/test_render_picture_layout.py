"""Nothing in a picture lies over anything, and all of it is inside; also of large graphs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_render_picture import DIRECTIONS, DRAWN, chain, drawing, picture
from test_render_snapshots import traced

import backtrace
from backtrace.reading.parser import read
from backtrace.records import Trace
from backtrace.render import Direction
from backtrace.render.picture.composing import arranged, label_size, node_size
from backtrace.render.picture.drawing import Drawing
from backtrace.render.picture.layout import Places, Point, Size
from backtrace.render.picture.scene import Shape, Text

# One in which the layout library lets a line graze a box by most of a unit
GRAZING = (
    "s0 = a*a; s1 = a*b; s2 = a*a; s3 = a*a; s4 = b*s3; s5 = a*s2; s6 = a*a; s7 = a*s2; s8 = a*a; "
    "s9 = a*s0; s10 = s0*s3; s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10"
)
Box = tuple[float, float, float, float]


def box(centre: Point, size: Size) -> Box:
    x, y = size.width / 2, size.height / 2
    return centre.x - x, centre.y - y, centre.x + x, centre.y + y


def boxes(drawn: Drawing, found: Places, direction: Direction) -> list[Box]:
    nodes = zip(found.nodes, map(node_size, drawn.nodes), strict=True)
    labels = (
        (p.label, label_size(e, direction)) for p, e in zip(found.edges, drawn.edges, strict=True)
    )
    return [box(*pair) for pair in (*nodes, *labels)]


def overlap(one: Box, other: Box, apart: float = 0.01) -> bool:
    beside = one[2] <= other[0] + apart or other[2] <= one[0] + apart
    return not (beside or one[3] <= other[1] + apart or other[3] <= one[1] + apart)


def wide(count: int) -> str:
    return " + ".join(f"a{k}*b{k}" for k in range(count))


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Statements that each use any of the variables and statements before them."""
    names, lines = ["a", "b", "c"], []
    for k in range(draw(st.integers(1, 12))):
        one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        form = draw(st.sampled_from(["{}*{}", "{} - {}", "tanh({}) + {}", "max({}, {})", "{0}**2"]))
        lines.append(f"s{k} = {form.format(one, other)}")
        names.append(f"s{k}")
    return "; ".join([*lines, " + ".join(names[3:])])


def bound(program: str) -> Trace:
    """A trace with some number for each variable."""
    return backtrace.trace(program, {n: 0.1 + k / 8 for k, n in enumerate(read(program).variables)})


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", DRAWN)
def test_the_programs_have_no_overlaps(name: str, direction: Direction) -> None:
    """Boxes of nodes and of labels are apart."""
    _require_apart(traced(name), direction)


@pytest.mark.parametrize("direction", DIRECTIONS)
@given(program=programs())
@example(program=GRAZING)
@settings(max_examples=40, deadline=None)
def test_generated_programs_have_no_overlaps(direction: Direction, program: str) -> None:
    """The same for graphs of any form; no edge runs through the text of another."""
    _require_apart(bound(program), direction)


def _require_apart(trace: Trace, direction: Direction) -> None:
    drawn = drawing(trace)
    found = arranged(drawn, direction)
    all_boxes = boxes(drawn, found, direction)
    for place, one in enumerate(all_boxes):
        assert not any(overlap(one, other) for other in all_boxes[:place])
        assert min(one[:2]) >= -0.01
        assert one[2] <= found.size.width + 0.01
        assert one[3] <= found.size.height + 0.01
    axis = 0 if direction == "LR" else 1
    for number, (edge, path) in enumerate(zip(drawn.edges, found.edges, strict=True)):
        own = [edge.source, len(drawn.nodes) + number, edge.target]
        source, label, target = (all_boxes[place] for place in own)
        ends = [path.before[0], path.before[-1], path.after[0], path.after[-1]]
        borders = [source[axis + 2], label[axis], label[axis + 2], target[axis]]
        assert [end[axis] for end in ends] == pytest.approx(borders)
        foreign = [b for place, b in enumerate(all_boxes) if place not in own]
        for route in (path.before, path.after):
            for start, end in pairwise(route):
                line = (
                    min(start.x, end.x),
                    min(start.y, end.y),
                    max(start.x, end.x),
                    max(start.y, end.y),
                )
                assert not any(overlap(line, other) for other in foreign)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("program", [chain(240), wide(125)], ids=["chain", "wide"])
def test_500_nodes_do_not_overlap(program: str, direction: Direction) -> None:
    """Of a large graph nothing lies over anything."""
    trace = backtrace.trace(program, dict.fromkeys(read(program).variables, 0.5))
    assert len(trace.graph.nodes) in range(480, 520)
    found = boxes(drawing(trace), arranged(drawing(trace), direction), direction)
    assert not any(overlap(one, other) for k, one in enumerate(found) for other in found[:k])


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", DRAWN)
def test_everything_is_inside(name: str, direction: Direction) -> None:
    """No shape and no text reaches over the border of the picture."""
    found = picture(traced(name), direction=direction)
    for part in (part for group in found.groups for part in group.parts):
        if isinstance(part, Shape):
            points = [point for command in part.commands for point in command.points]
            assert all(
                0 <= p.x <= found.size.width and 0 <= p.y <= found.size.height for p in points
            )
        else:
            left = part.at.x - (part.line.width / 2 if part.centred else 0)
            assert left >= 0
            assert left + part.line.width <= found.size.width
            assert part.line.size <= part.at.y + 0.5 * part.line.size <= found.size.height


def test_edges_go_straight_through_labels() -> None:
    """From left to right the line of an edge passes between value and gradient."""
    trace = traced("statements")
    for path in arranged(drawing(trace), "LR").edges:
        assert path.before[-1].y == path.label.y == path.after[0].y


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", DRAWN)
def test_lines_end_at_their_arrows(name: str, direction: Direction) -> None:
    """The line of an edge goes to the tip of its arrow, and over none of its own texts."""
    for group in picture(traced(name), direction=direction).groups:
        if not group.classes.startswith("edge"):
            continue
        *lines, head = (part for part in group.parts if isinstance(part, Shape))
        tips = [point for command in head.commands for point in command.points]
        assert lines[-1].commands[-1].points[-1] in tips
        texts = [_text_box(part) for part in group.parts if isinstance(part, Text)]
        for line in lines:
            points = [command.points[-1] for command in line.commands]
            for start, end in pairwise(points):
                pair = (
                    min(start.x, end.x),
                    min(start.y, end.y),
                    max(start.x, end.x),
                    max(start.y, end.y),
                )
                assert not any(overlap(pair, text) for text in texts)


def _text_box(text: Text) -> Box:
    """The letters of a centred line."""
    half, size = text.line.width / 2, text.line.size
    return text.at.x - half, text.at.y - 0.75 * size, text.at.x + half, text.at.y + 0.2 * size
