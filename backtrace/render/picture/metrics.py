"""The font of the package and the widths of its characters.

It goes with the package, so that a picture has text on a machine without fonts, and so that the
same trace makes the same file everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from unicodedata import combining, east_asian_width

FOLDER = Path(__file__).parent / "fonts"
FAMILY = "DejaVu Sans, Verdana, sans-serif"  # the others are not wider
WIDE, OTHER = 1.05, 0.8  # of a character that the font does not have, in sizes of letters


def font_file(*, italic: bool) -> Path:
    """The upright font or the slanted one."""
    return FOLDER / ("DejaVuSans-Oblique.ttf" if italic else "DejaVuSans.ttf")


@lru_cache(maxsize=2)
def _advances(italic: bool) -> Mapping[int, float]:
    """The width of every character of a font, in sizes of letters."""
    from fontTools.ttLib import TTFont

    with TTFont(font_file(italic=italic), lazy=True) as font:
        unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {code: widths[name][0] / unit for code, name in font.getBestCmap().items()}


@lru_cache(maxsize=8192)
def advance(text: str, *, italic: bool = False) -> float:
    """The width of a text, in sizes of letters; kerning would make it narrower."""
    known = _advances(italic)
    return sum(known[ord(c)] if ord(c) in known else _guessed(c) for c in text)


def _guessed(character: str) -> float:
    if combining(character):
        return 0.0
    return WIDE if east_asian_width(character) in "WF" else OTHER
