"""Snapshots: what a view is expected to look like, kept as text in tests/snapshots/.

`BACKTRACE_RECORD=1 pytest tests/test_render_snapshots.py` writes them anew; read the difference
before it is kept.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent / "snapshots"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def assert_snapshot(name: str, text: str) -> None:
    """The text is that of the snapshot, or becomes it."""
    path = FOLDER / name
    if os.environ.get("BACKTRACE_RECORD"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert path.exists(), f"no snapshot {name}: run with BACKTRACE_RECORD=1"
    assert text + "\n" == path.read_text(encoding="utf-8")


def on_screen(view: Text, width: int = 10_000) -> str:
    """The view as rich prints it on a terminal with colours."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=True,
        color_system="standard",
        width=width,
        no_color=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(view)
    return stream.getvalue().removesuffix("\n")
