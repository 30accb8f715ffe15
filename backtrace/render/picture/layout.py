"""Where everything goes: sizes in, places out. The one file that knows the layout library.

Each label is a node of the layout in the middle of its edge, so that nothing can lie over it. An
edge goes through it: its route is that to the label and that from there on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from backtrace.render import Direction

DIRECTIONS = {"LR": "leftright", "TB": "topbottom"}
AIR = 2.0  # around every box: the library lets lines graze boxes, by up to 1
SMALL_STEP = 6.0
SPACING = {
    "layer_gap": 24.0,
    "node_gap": 18.0,
    "dummy_gap": 16.0,
    "port_gap": 12.0,
    "port_stroke_clear": 10.0,
    "stub": 10.0,
    "isolated_gap": 24.0,
}


class Point(NamedTuple):
    """In units of the picture, y downwards."""

    x: float
    y: float

    def moved(self, by: Point) -> Point:
        """The point so far from here."""
        return Point(self.x + by.x, self.y + by.y)


Route: TypeAlias = tuple[Point, ...]


class Size(NamedTuple):
    """Of a node or of a label."""

    width: float
    height: float


class Link(NamedTuple):
    """An edge to be placed, with the size of its label."""

    source: int
    target: int
    label: Size


class Path(NamedTuple):
    """An edge in its place: to its label, whose centre is `label`, and from there on."""

    before: Route
    label: Point
    after: Route

    def moved(self, by: Point) -> Path:
        """The same elsewhere."""
        before, after = (tuple(at.moved(by) for at in part) for part in (self.before, self.after))
        return Path(before, self.label.moved(by), after)


class Places(NamedTuple):
    """The centres of the nodes, and the edges; all between (0, 0) and `size`."""

    nodes: tuple[Point, ...]
    edges: tuple[Path, ...]
    size: Size

    def moved(self, by: Point) -> Places:
        """The same elsewhere."""
        nodes = tuple(at.moved(by) for at in self.nodes)
        return Places(nodes, tuple(path.moved(by) for path in self.edges), self.size)


def places(nodes: Sequence[Size], links: Sequence[Link], direction: Direction) -> Places:
    """A layered layout; the same input has the same output."""
    import graphlay

    labels = [link.label for link in links]
    edges: list[dict[str, Any]] = []
    for at, link in enumerate(links, start=len(nodes)):
        edges += [{"source": link.source, "target": at}, {"source": at, "target": link.target}]
    boxes = [{"size": _with_air(size)._asdict()} for size in (*nodes, *labels)]
    found = graphlay.layout(
        {"nodes": boxes, "edges": edges},
        options={
            "direction": DIRECTIONS[direction],
            "spacing": SPACING,
            "routing": {"port_sides": "facing_only"},
        },
    )
    return _from(found, len(nodes), direction)


def _with_air(size: Size) -> Size:
    return Size(size.width + 2 * AIR, size.height + 2 * AIR)


def _from(found: Any, count: int, direction: Direction) -> Places:
    """The layout moved to the origin."""
    low, high = found.bounds["min"], found.bounds["max"]

    def point(at: dict[str, float]) -> Point:
        return Point(at["x"] - low["x"], at["y"] - low["y"])

    centres = [point(node["center"]) for node in found.nodes]
    routes = [_stretched(tuple(map(point, e["points"])), direction) for e in found.edges]
    paths = map(Path, routes[::2], centres[count:], routes[1::2])
    size = Size(high["x"] - low["x"], high["y"] - low["y"])
    return Places(tuple(centres[:count]), tuple(_levelled(p, direction) for p in paths), size)


def _stretched(route: Route, direction: Direction) -> Route:
    """The route through the air at its ends."""
    air = Point(AIR, 0) if direction == "LR" else Point(0, AIR)
    back = Point(-air.x, -air.y)
    return (route[0].moved(back), *route[1:-1], route[-1].moved(air))


def _levelled(path: Path, direction: Direction) -> Path:
    """Without steps so small that they look like a mistake."""
    if direction == "TB":  # there it is interrupted by its texts
        return path
    before, at, after = path
    return Path(_at_height(before, at.y), at, _at_height(after, at.y))


def _at_height(route: Route, y: float) -> Route:
    """A straight route at this height, if it is near it."""
    near = len(route) == 2 and all(abs(at.y - y) <= SMALL_STEP for at in route)
    return tuple(at._replace(y=y) for at in route) if near else route
