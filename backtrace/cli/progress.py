"""How far a long run is: a bar with rate and time left, on a terminal's standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def progress(
    total: int, done: int, what: str, unit: str, *, after: float = 0.0
) -> Iterator[Callable[[int], None]]:
    """A function to be told how many more are done; without a terminal it shows nothing.

    The bar appears `after` so many seconds: who waits less needs none.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    begin, count = time.monotonic(), done
    with ExitStack() as stack:
        bar: Callable[[int], None] | None = None

        def advance(more: int) -> None:
            nonlocal bar, count
            count += more
            if bar is None and time.monotonic() - begin >= after:
                bar = stack.enter_context(_bar(total, what, unit))
            if bar is not None:
                bar(count)

        advance(0)
        yield advance


@contextmanager
def _bar(total: int, what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """The bar itself: a function to be told how many are done in all."""
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
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with shown:
        task = shown.add_task(what, total=total, rate="")

        def advance(count: int) -> None:
            speed = shown.tasks[0].speed
            shown.update(task, completed=count, rate=f"{speed:,.0f} {unit}/s" if speed else "")

        yield advance
