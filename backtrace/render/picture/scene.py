"""A picture as plain shapes and texts in their places, for any writer.

Colours are final and numbers are final, so that two writers cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Literal, NamedTuple, TypeAlias

from backtrace.render.picture.layout import Point, Size
from backtrace.render.picture.lines import Line

Letter: TypeAlias = Literal["M", "L", "Q", "Z"]  # as in the paths of SVG


class Command(NamedTuple):
    """Go to the last of the points; before it stands that which a curve bends towards."""

    letter: Letter
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, or an area with its border; `name` is its class."""

    name: str
    commands: tuple[Command, ...]
    stroke: str
    fill: str = ""
    width: float = 1.2
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text, by the middle of its base line or by where this begins."""

    at: Point
    line: Line
    centred: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together: a node, an edge, the legend; with what a page must know of it."""

    classes: str
    data: tuple[tuple[str, int], ...]
    parts: tuple[Shape | Text, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole picture, and what it says in words."""

    size: Size
    paper: str
    colours: tuple[tuple[str, str], ...]  # of text, by role
    groups: tuple[Group, ...]
    title: str
    description: str


def polygon(points: Sequence[Point], corner: float = 0.0) -> tuple[Command, ...]:
    """A closed line with rounded corners."""
    closed = [*points, points[0], points[1]]
    commands: list[Command] = []
    for before, at, after in zip(closed, closed[1:], closed[2:], strict=False):
        start, end = _towards(at, before, corner), _towards(at, after, corner)
        commands += [Command("L" if commands else "M", (start,)), Command("Q", (at, end))]
    return (*commands, Command("Z"))


def polyline(points: Sequence[Point], corner: float = 0.0) -> tuple[Command, ...]:
    """An open line with rounded corners."""
    points = _corners(points)
    commands = [Command("M", (points[0],))]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(at, before, corner), _towards(at, after, corner)
        commands += [Command("L", (start,)), Command("Q", (at, end))]
    return (*commands, Command("L", (points[-1],)))


def _corners(points: Sequence[Point]) -> list[Point]:
    """The points at which a line of right angles turns, with its ends."""
    kept = [points[0]]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        if not (before.x == at.x == after.x or before.y == at.y == after.y):
            kept.append(at)
    return [*kept, points[-1]]


def _towards(at: Point, other: Point, distance: float) -> Point:
    """The point so far from `at` on the way to the other, at most half of it."""
    whole = hypot(other.x - at.x, other.y - at.y)
    if not whole:
        return at
    part = min(distance / whole, 0.5)
    return Point(at.x + (other.x - at.x) * part, at.y + (other.y - at.y) * part)


def rectangle(centre: Point, size: Size) -> tuple[Point, ...]:
    """Its corners, clockwise from the upper left."""
    x, y = size.width / 2, size.height / 2
    return tuple(Point(centre.x + a, centre.y + b) for a, b in ((-x, -y), (x, -y), (x, y), (-x, y)))


def hexagon(centre: Point, size: Size) -> tuple[Point, ...]:
    """A rectangle with a point at its left and at its right."""
    x, y = size.width / 2, size.height / 2
    tip = min(y / 1.7, x)
    corners = ((-x, 0), (tip - x, -y), (x - tip, -y), (x, 0), (x - tip, y), (tip - x, y))
    return tuple(Point(centre.x + a, centre.y + b) for a, b in corners)


def pill(centre: Point, size: Size) -> tuple[Command, ...]:
    """A rectangle whose ends are half circles, each of four curves."""
    radius = min(size.width, size.height) / 2
    near = radius * 0.4142  # the side of an octagon around a circle, halved
    x, y = size.width / 2, size.height / 2
    corners: list[Point] = []
    for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        flat = Point(centre.x + a * (x - radius + near), centre.y + b * y)
        steep = Point(centre.x + a * x, centre.y + b * near)
        corners += [steep, flat] if a * b > 0 else [flat, steep]
    return polygon(corners, near)


def head(route: Sequence[Point], length: float = 8.0) -> tuple[Command, ...]:
    """The head of an arrow at the end of a route."""
    end = route[-1]
    steps = [a for a, b in pairwise(route) if a != b]
    start = steps[-1] if steps else end
    whole = hypot(end.x - start.x, end.y - start.y) or 1.0
    x, y = (end.x - start.x) / whole * length, (end.y - start.y) / whole * length
    base = Point(end.x - x, end.y - y)
    sides = (Point(base.x - s * y * 0.4, base.y + s * x * 0.4) for s in (1, -1))
    return polygon((end, *sides))
