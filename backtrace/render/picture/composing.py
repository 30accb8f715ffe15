"""From what is drawn to where it stands: nodes, edges and labels as shapes and texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from backtrace.render import Direction
from backtrace.render.picture.colours import Palette
from backtrace.render.picture.drawing import Drawing, DrawnEdge, DrawnNode
from backtrace.render.picture.layout import Link, Path, Places, Point, Route, Size, places
from backtrace.render.picture.lines import Line
from backtrace.render.picture.scene import (
    Command,
    Group,
    Shape,
    Text,
    head,
    hexagon,
    pill,
    polygon,
    polyline,
    rectangle,
)

BORDER = 7.0  # between the border of a node and its text, above and below
SIDE = 12.0  # the same at its sides
AIR = 3.0  # between an edge and its texts
MARGIN = 6.0  # before and after the texts of an edge
ASCENT = 0.95  # from the top of a line to its base, in sizes of letters
CORNER = 8.0  # the radius where an edge bends
ENDS = {"operation": 0.0, "variable": 0.25, "constant": 0.3}  # of its height, in which no text fits


def arranged(drawing: Drawing, direction: Direction) -> Places:
    """The places of everything."""
    sizes = [node_size(node) for node in drawing.nodes]
    links = [Link(e.source, e.target, label_size(e, direction)) for e in drawing.edges]
    return places(sizes, links, direction)


def node_size(node: DrawnNode) -> Size:
    """The room that its lines take, and the border around them."""
    height = _height(node.lines) + 2 * BORDER
    return Size(_width(node.lines) + 2 * (SIDE + ENDS[node.kind] * height), height)


def label_size(edge: DrawnEdge, direction: Direction) -> Size:
    """The room of the texts of an edge; from left to right its line is in the middle."""
    above, below = _height(edge.above), _height(edge.below)
    width = _width((*edge.above, *edge.below))
    if direction == "TB":
        return Size(width + 2 * MARGIN, above + below + 2 * AIR)
    return Size(width + 2 * MARGIN, 2 * max(above, below) + 2 * AIR)


def _width(lines: Sequence[Line]) -> float:
    return max((line.width for line in lines), default=0.0)


def _height(lines: Sequence[Line]) -> float:
    return sum(line.height for line in lines)


def node_group(node: DrawnNode, centre: Point, palette: Palette) -> Group:
    """A node: its shape says what kind it is, dashes that no gradient comes to it."""
    size = node_size(node)
    shape = Shape(
        "shape",
        outline(node.kind, centre, size),
        palette.stroke[node.tone],
        palette.fill[node.tone],
        width=2.6 if node.is_output else 1.2,
        dashed=node.is_grey,
    )
    texts = stacked(node.lines, centre.x, centre.y - size.height / 2 + BORDER)
    classes = [
        "node",
        node.kind,
        "output" * node.is_output,
        "no-gradient" * (not node.has_gradient),
    ]
    return Group(" ".join(filter(None, classes)), (("node", node.index),), (shape, *texts))


def outline(kind: str, centre: Point, size: Size) -> tuple[Command, ...]:
    """The shape of a kind of node."""
    if kind == "variable":
        return pill(centre, size)
    if kind == "constant":
        return polygon(hexagon(centre, size))
    return polygon(rectangle(centre, size), CORNER)


def stacked(
    lines: Iterable[Line], x: float, top: float, *, ascent: float = ASCENT, centred: bool = True
) -> Iterator[Text]:
    """Lines under one another; `ascent` is from the top of a line to its base."""
    for line in lines:
        yield Text(Point(x, top + ascent * line.size), line, centred)
        top += line.height


def edge_group(edge: DrawnEdge, path: Path, direction: Direction, palette: Palette) -> Group:
    """An edge with its texts, which from top to bottom interrupt its line."""
    if direction == "LR":
        lines: Sequence[Route] = [(*path.before, *_through(path), *path.after)]
        above = path.label.y - AIR - _height(edge.above)
        texts = [
            *stacked(edge.above, path.label.x, above),
            *stacked(edge.below, path.label.x, path.label.y + AIR),
        ]
    else:
        lines = [path.before, path.after]
        both = (*edge.above, *edge.below)
        texts = [*stacked(both, path.label.x, path.label.y - _height(both) / 2)]
    colour = palette.line if edge.has_gradient else palette.stroke["grey"]
    dashed = not edge.has_gradient
    shapes = [Shape("line", polyline(route, CORNER), colour, dashed=dashed) for route in lines]
    tip = Shape("head", head(path.after), colour, colour, width=0.5)
    classes = "edge" if edge.has_gradient else "edge no-gradient"
    data = (("via", edge.via), ("slot", edge.slot), ("into", edge.into))
    return Group(classes, data, (*shapes, tip, *texts))


def _through(path: Path) -> Route:
    """Between the texts of a label, wherever the edge comes to it and leaves it."""
    left, right, y = path.before[-1], path.after[0], path.label.y
    x, z = left.x + MARGIN / 2, right.x - MARGIN / 2
    return Point(x, left.y), Point(x, y), Point(z, y), Point(z, right.y)


def graph_groups(
    drawing: Drawing, found: Places, direction: Direction, palette: Palette
) -> Iterator[Group]:
    """The edges, and over them the nodes, in whose middle edges begin: some have no flat sides."""
    for edge, path in zip(drawing.edges, found.edges, strict=True):
        start, middle = path.before[0], found.nodes[edge.source]
        inside = Point(middle.x, start.y) if direction == "LR" else Point(start.x, middle.y)
        longer = path._replace(before=(inside, *path.before[1:]))
        yield edge_group(edge, longer, direction, palette)
    for node, centre in zip(drawing.nodes, found.nodes, strict=True):
        yield node_group(node, centre, palette)
