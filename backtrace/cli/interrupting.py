"""Ctrl-C in a long run: what was found so far is worth more than the last moment."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TWICE = 1.0  # seconds within which a second Ctrl-C is the same one


@contextmanager
def interrupting(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `stop` meanwhile; one more, a while later, is as ever."""
    pressed: list[float] = []

    def handler(number: int, frame: FrameType | None) -> None:
        pressed.append(time.monotonic())
        if pressed[-1] - pressed[0] > TWICE:
            signal.default_int_handler(number, frame)
        stop()

    with _handling(handler):
        yield


@contextmanager
def shielded() -> Iterator[None]:
    """Ctrl-C does nothing meanwhile; for the few lines that end a document."""
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    """Handle Ctrl-C so meanwhile; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
