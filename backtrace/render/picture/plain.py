"""The lines of a picture for formats that have text alone."""

from __future__ import annotations

from backtrace.errors import printable
from backtrace.render.picture.lines import Line


def text_of(line: Line) -> str:
    """The words of a line with one space between two."""
    return " ".join(line.text.split())


def visible(text: str) -> str:
    """A text on one line, without the characters that only steer a program."""
    return printable(text, " ")
