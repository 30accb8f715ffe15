"""Texts that anybody may have written, as Markdown that shows them and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backtrace.errors import printable

SPECIAL = re.compile(r"([\\`*_\[\]<>&$|~#])")
LEADING = re.compile(r"^(\d*)([-+=.)])")  # what begins a list, or a line under a heading


def escaped(text: str) -> str:
    """A text on one line that means itself."""
    return LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", _on_one_line(text)))


def code_span(text: str) -> str:
    """A text on one line in a code span, its fence longer than any run of backticks in it."""
    text = _on_one_line(text)
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def fenced(lines: Sequence[str]) -> list[str]:
    """Lines as they are, in a fence longer than any run of backticks in them."""
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [f"{fence}text", *map(printable, lines), fence]


def _on_one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
