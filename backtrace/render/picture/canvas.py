"""A scene as png and pdf, drawn by matplotlib in the font of the package.

matplotlib is imported when a picture is drawn, and neither its settings nor pyplot's figures are
touched. What users wrote is drawn as it is: `$` is no mathematics here.
"""

from __future__ import annotations

from io import BytesIO
from math import sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING
from unicodedata import category

from backtrace.errors import UsageError
from backtrace.render.matplotlib_style import own_style
from backtrace.render.picture.lines import RAISED, SHIFTS, extents
from backtrace.render.picture.metrics import font_file
from backtrace.render.picture.scene import Scene, Shape, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCH = 72.0  # units of a picture
SCALE = 2.0  # pixels of a unit in a png
MOST_PIXELS = 50_000_000  # 200 MB while it is drawn
STYLE = MappingProxyType(
    {
        "axes.unicode_minus": False,
        "pdf.compression": 6,
        "pdf.fonttype": 42,  # text stays text: it can be searched and copied
        "text.parse_math": False,
        "text.hinting": "none",
        "path.simplify": False,
    }
)


def pdf_of(scene: Scene) -> bytes:
    """One page as large as the picture."""
    return _saved(scene, "pdf", INCH, {"CreationDate": None, "Title": _plain(scene.title)})


def png_of(scene: Scene) -> bytes:
    """Two pixels a unit, fewer where it is large. Raises UsageError beyond MOST_PIXELS."""
    scale = min(SCALE, sqrt(MOST_PIXELS / (scene.size.width * scene.size.height)))
    if scale < 1:
        pixels = scene.size.width * scene.size.height
        raise UsageError(
            f"a png of this graph would have {pixels:,.0f} pixels, and the most are "
            f"{MOST_PIXELS:,}: -o graph.svg and -o graph.pdf have no such limit"
        )
    return _saved(scene, "png", INCH * scale, {"Title": _plain(scene.title)})


def _plain(title: str) -> str:
    """A title for the properties of a file: latin-1 is what a png can hold."""
    return title.encode("latin-1", "replace").decode("latin-1")


def _saved(scene: Scene, format: str, dots: float, metadata: dict[str, str | None]) -> bytes:
    file = BytesIO()
    with own_style(STYLE):
        _figure(scene).savefig(file, format=format, dpi=dots, metadata=metadata)
    return file.getvalue()


def _figure(scene: Scene) -> Figure:
    """One pair of axes over all of the figure, in units of the picture, y downwards."""
    from matplotlib.figure import Figure

    width, height = scene.size
    figure = Figure((width / INCH, height / INCH), facecolor=scene.paper)
    axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    axes.set(xlim=(0, width), ylim=(height, 0))
    pen = _Pen(axes, dict(scene.colours))
    for order, part in enumerate(part for group in scene.groups for part in group.parts):
        pen.draw(part, order)
    return figure


class _Pen:
    """Draws the parts of a scene, each over those before it."""

    def __init__(self, axes: Axes, colours: dict[str, str]) -> None:
        from matplotlib.font_manager import FontProperties

        self._axes, self._colours = axes, colours
        self._fonts = {i: FontProperties(fname=str(font_file(italic=i))) for i in (False, True)}

    def draw(self, part: Shape | Text, order: int) -> None:
        """Add one shape or one line of text."""
        if isinstance(part, Shape):
            self._shape(part, order)
        else:
            self._text(part, order)

    def _shape(self, shape: Shape, order: int) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        codes = {"M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3] * 2}
        points = [p for c in shape.commands for p in c.points or shape.commands[0].points]
        kinds = [k for c in shape.commands for k in codes.get(c.letter, [Path.CLOSEPOLY])]
        style = (0, (4, 3)) if shape.dashed else "solid"
        self._axes.add_patch(
            PathPatch(
                Path(points, kinds),
                facecolor=shape.fill or "none",
                edgecolor=shape.stroke,
                linewidth=shape.width,
                linestyle=style,
                zorder=order,
            )
        )

    def _text(self, part: Text, order: int) -> None:
        """The pieces one after another, each where the widths before it say."""
        size = part.line.size
        widths = [extents(piece, piece.text, size) for piece in part.line.pieces]
        x = part.at.x - (sum(widths) / 2 if part.centred else 0)
        for piece, width in zip(part.line.pieces, widths, strict=True):
            self._axes.text(
                x,
                part.at.y - SHIFTS[piece.level] * size,
                _drawable(piece.text),
                color=self._colours[piece.role],
                fontproperties=self._fonts[piece.italic],
                fontsize=size * (RAISED if piece.level else 1),
                parse_math=False,
                zorder=order,
            )
            x += width


def _drawable(text: str) -> str:
    """Without characters that only steer, such as U+FEFF, at which the pdf breaks off."""
    return "".join(c for c in text if category(c) != "Cf")
