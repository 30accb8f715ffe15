"""Where output goes: width, colour and the characters that can be shown there."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from backtrace.render import DIGITS, Look

if TYPE_CHECKING:
    from rich.text import Text

Color: TypeAlias = Literal["auto", "always", "never"]
DRAWN = "├└│─∂σΔ×·✓✗−…→≈∅█–"  # characters of the views


def prepare_streams() -> None:
    """Make standard output and error accept any text; a stream that was closed swallows it."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def same_place(one: TextIO, other: TextIO) -> bool:
    """Whether two streams go to the same terminal, file or pipe."""
    try:
        return os.path.sameopenfile(one.fileno(), other.fileno())
    except (OSError, ValueError):  # a stream without a file behind it
        return False


@dataclass(frozen=True)
class Screen:
    """A stream that views are printed on."""

    stream: TextIO
    color: Color = "auto"

    def look(self, digits: int | None = None) -> Look:
        """What a view is to look like here."""
        return Look(DIGITS if digits is None else digits, self.ascii, self.width)

    @property
    def ascii(self) -> bool:
        """Whether the stream cannot show box characters or ∂."""
        try:
            DRAWN.encode(self.stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return True
        return False

    @property
    def width(self) -> int | None:
        """Columns: COLUMNS, else those of the terminal; None where output is piped."""
        columns = os.environ.get("COLUMNS", "")
        if columns.isascii() and columns.isdigit() and int(columns[:6]) > 0:
            return int(columns[:6])
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or None
        except (OSError, ValueError):
            return None

    @property
    def coloured(self) -> bool:
        """Whether to print in colours: as asked, else on a terminal that is not told otherwise."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return self.stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")

    def print(self, view: Text) -> None:
        """Print a view and flush, so that it is read while torch is imported."""
        self.write(self._in_colours(view) if self.coloured else f"{view.plain}\n")

    def _in_colours(self, view: Text) -> str:
        from rich.console import Console

        dumb = os.environ.get("TERM") in ("dumb", "unknown")
        console = Console(
            file=self.stream,
            force_jupyter=False,  # rich would show an empty output besides, in a notebook
            force_terminal=True,
            no_color=False,
            color_system="standard" if dumb else "auto",
            markup=False,
            highlight=False,
            emoji=False,
        )
        # captured: rich would answer a closed pipe by ending the process with exit code 1
        with console.capture() as captured:
            console.print(view, soft_wrap=True)
        return captured.get()

    def write_json(self, text: str) -> None:
        """Print a JSON document, with JSON's own escapes for what the stream cannot encode."""
        try:
            text.encode(self.stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
        self.write(text)

    def write(self, text: str) -> None:
        """Print text as it is, without rich."""
        self.stream.write(text if text.endswith("\n") else text + "\n")
        self.stream.flush()
