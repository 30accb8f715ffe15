"""The plot of a descent: the loss over the updates, and for two numbers the path on a map.

matplotlib is imported when a plot is made, and neither its settings nor pyplot's figures are
touched. What users wrote is drawn as it is: `$` is no mathematics here.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backtrace.render.descents import contours as map_panel
from backtrace.render.descents import losses as loss_panel
from backtrace.render.descents.captions import PROSE, header_of
from backtrace.render.descents.path import losses_of, path_of
from backtrace.render.matplotlib_style import own_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from backtrace.descent.records import Descent

FORMATS = ("svg", "png", "pdf")
# Nothing that changes from one run to the next
METADATA: Mapping[str, Mapping[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
STYLE = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": "#555555",
        "axes.grid": True,
        "axes.linewidth": 0.6,
        "axes.titlesize": 8,
        "axes.unicode_minus": False,  # as everywhere in backtrace
        "figure.dpi": 150,
        "font.family": [PROSE],
        "font.size": 9,
        "grid.color": "#dddddd",
        "grid.linewidth": 0.5,
        "legend.borderaxespad": 0.2,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "svg.fonttype": "none",  # text stays text: it can be searched, copied and read aloud
        "svg.hashsalt": "backtrace",
        "text.parse_math": False,
        "xtick.color": "#333333",
        "ytick.color": "#333333",
    }
)
SIZES = {False: (6.4, 3.4), True: (10.4, 4.2)}  # inches of the panels without a map and with one
LINE_HEIGHT = 0.19  # inches of a line above the panels
COLUMNS = 12.5  # of its characters in an inch


def plot(descent: Descent, format: str) -> bytes:
    """The file of a plot; `format` is one of FORMATS. The same descent makes the same bytes."""
    file = BytesIO()
    with own_style(STYLE), np.errstate(all="ignore"):
        _figure(descent).savefig(file, format=format, metadata=METADATA.get(format))
    return file.getvalue()


def _figure(descent: Descent) -> Figure:
    from matplotlib.figure import Figure

    losses = losses_of(descent)
    path = path_of(descent, losses)
    width, height = SIZES[path is not None]
    header = list(header_of(descent, int(COLUMNS * width)))
    above = LINE_HEIGHT * len(header) + 0.1
    figure = Figure((width, height + above))
    figure.set_layout_engine("constrained", rect=(0, 0, 1, height / (height + above)), w_pad=0.1)
    for place, (line, font) in enumerate(header):
        y = 1 - (0.08 + LINE_HEIGHT * place) / (height + above)
        figure.text(0.1 / width, y, line, family=font, va="top", zorder=-1)  # read first
    axes = figure.subplots(1, 1 if path is None else 2, squeeze=False)[0]
    loss_panel.draw(axes[0], descent, losses)
    if path is not None:
        map_panel.draw(axes[1], descent, path)
    return figure
