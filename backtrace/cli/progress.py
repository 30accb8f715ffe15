"""How far a long run is: a bar with rate and time left, on a terminal's standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int, done: int) -> Iterator[Callable[[], None]]:
    """A function to be called after every step; without a terminal it shows nothing."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    shown = Progress(
        TextColumn("grading"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with shown:
        task = shown.add_task("grading", total=total, completed=done, rate="")

        def advance() -> None:
            speed = shown.tasks[0].speed
            shown.update(task, advance=1, rate=f"{speed:,.0f} sheets/s" if speed else "")

        yield advance
