"""The colours of a picture by what they mean, for light paper and for dark screens.

The text colours stand on every background of their theme with a contrast of 4.5 to 1 or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backtrace.render import Theme
from backtrace.render.picture.lines import Role


@dataclass(frozen=True, slots=True)
class Palette:
    """`text` by role; `fill` and `stroke` of a node by its kind, `grey` without a gradient."""

    paper: str
    line: str
    text: Mapping[Role, str]
    fill: Mapping[str, str]
    stroke: Mapping[str, str]


LIGHT = Palette(
    paper="#ffffff",
    line="#4a5568",
    text=MappingProxyType(
        {
            "ink": "#1a202c",
            "value": "#116329",
            "local": "#0550ae",
            "gradient": "#a31167",
            "quiet": "#59636e",
            "kink": "#7d4e00",
            "bad": "#b31d28",
        }
    ),
    fill=MappingProxyType(
        {"operation": "#eef3fb", "variable": "#fff7e0", "constant": "#f2f3f5", "grey": "#f6f6f7"}
    ),
    stroke=MappingProxyType(
        {"operation": "#3d5a80", "variable": "#8a6d1d", "constant": "#6e7781", "grey": "#8c959f"}
    ),
)
DARK = Palette(
    paper="#12161b",
    line="#9aa7b5",
    text=MappingProxyType(
        {
            "ink": "#e6eaef",
            "value": "#56d484",
            "local": "#79b8ff",
            "gradient": "#ff8ac6",
            "quiet": "#a7b1bc",
            "kink": "#f2b84b",
            "bad": "#ff8f86",
        }
    ),
    fill=MappingProxyType(
        {"operation": "#1d2733", "variable": "#2b2717", "constant": "#20242a", "grey": "#1a1d22"}
    ),
    stroke=MappingProxyType(
        {"operation": "#7fa3cf", "variable": "#cfae57", "constant": "#8b949e", "grey": "#6b747e"}
    ),
)
PALETTES: Mapping[Theme, Palette] = MappingProxyType({"light": LIGHT, "dark": DARK})
