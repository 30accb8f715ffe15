"""A scene as SVG: text is text, colours are attributes, and there is neither style nor script.

What users typed is escaped, and characters that XML does not allow are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from html import escape

from backtrace.errors import ILLEGIBLE
from backtrace.render.picture.layout import Point
from backtrace.render.picture.lines import RAISED, SHIFTS, Line, Piece
from backtrace.render.picture.metrics import FAMILY
from backtrace.render.picture.scene import Command, Group, Scene, Shape, Text

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def svg_of(scene: Scene, *, embedded: bool = False) -> str:
    """The whole document, or the element alone where it stands in a page."""
    body = "\n".join(_body(scene))
    # of its content, so that the pictures of one page do not share a name
    prefix = f"bt-{sha256(body.encode()).hexdigest()[:12]}"
    width, height = coordinate(scene.size.width), coordinate(scene.size.height)
    opening = (
        '<svg xmlns="http://www.w3.org/2000/svg" class="backtrace-picture" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FAMILY}">\n'
        f'<title id="{prefix}-title">{text(scene.title)}</title>\n'
        f'<desc id="{prefix}-desc">{text(scene.description)}</desc>\n'
    )
    return f"{'' if embedded else DECLARATION}{opening}{body}\n</svg>\n"


def text(written: str) -> str:
    """A text as character data, or inside of quotes."""
    return escape(ILLEGIBLE.sub("", written))


def coordinate(value: float) -> str:
    """A coordinate to the hundredth: `12.5`."""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _body(scene: Scene) -> Iterator[str]:
    colours = dict(scene.colours)
    yield f'<rect class="paper" width="100%" height="100%" fill="{scene.paper}"/>'
    for group in scene.groups:
        data = "".join(f' data-{name}="{value}"' for name, value in group.data)
        yield f'<g class="{group.classes}"{data}>'
        yield from _parts(group, colours)
        yield "</g>"


def _parts(group: Group, colours: dict[str, str]) -> Iterator[str]:
    for part in group.parts:
        yield _shape(part) if isinstance(part, Shape) else _text(part, colours)


def _shape(shape: Shape) -> str:
    dashes = ' stroke-dasharray="4 3"' if shape.dashed else ""
    return (
        f'<path class="{shape.name}" d="{_path(shape.commands)}" fill="{shape.fill or "none"}" '
        f'stroke="{shape.stroke}" stroke-width="{coordinate(shape.width)}"{dashes}/>'
    )


def _path(commands: tuple[Command, ...]) -> str:
    return "".join(c.letter + " ".join(map(_point, c.points)) for c in commands)


def _point(at: Point) -> str:
    return f"{coordinate(at.x)} {coordinate(at.y)}"


def _text(part: Text, colours: dict[str, str]) -> str:
    anchor = ' text-anchor="middle"' if part.centred else ""
    return (
        f'<text class="{part.line.kind}" x="{coordinate(part.at.x)}" y="{coordinate(part.at.y)}" '
        f'font-size="{coordinate(part.line.size)}" fill="{colours["ink"]}"{anchor}>'
        f"{''.join(_spans(part.line, colours))}</text>"
    )


def _spans(line: Line, colours: dict[str, str]) -> Iterator[str]:
    """The pieces, each raised or lowered from the level of the one before it."""
    level = 0
    for piece in line.pieces:
        attributes = "".join(_attributes(piece, line.size, level, colours))
        level = piece.level
        yield f"<tspan{attributes}>{text(piece.text)}</tspan>" if attributes else text(piece.text)


def _attributes(piece: Piece, size: float, level: int, colours: dict[str, str]) -> Iterator[str]:
    if piece.key:
        yield f' data-number="{piece.key}"'
    if piece.role != "ink":
        yield f' fill="{colours[piece.role]}"'
    if piece.italic:
        yield ' font-style="italic"'
    if piece.level:
        yield f' font-size="{coordinate(size * RAISED)}"'
    if piece.level != level:
        yield f' dy="{coordinate((SHIFTS[level] - SHIFTS[piece.level]) * size)}"'
