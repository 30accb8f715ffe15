"""Worker processes of this machine, for `--jobs`.

They are spawned, not forked: a fork copies the locks of the threads that torch, numpy, Dask and a
progress bar have, and may wait for one for ever. Starting one costs the import of numpy, once.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Processes(ProcessPoolExecutor):
    """`jobs` workers that Ctrl-C does not reach and that end when this process does."""

    def __init__(self, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        super().__init__(jobs, mp_context=context, initializer=_begin)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As ProcessPoolExecutor.submit, which starts the processes."""
        with _interrupts_held():
            return super().submit(fn, *args, **kwargs)

    if sys.version_info < (3, 14):  # since then it is there

        def kill_workers(self) -> None:
            """End every worker at once, whatever it is doing, and shut down."""
            for process in list((self._processes or {}).values()):
                process.kill()
            self.shutdown()


def _begin() -> None:
    """Make a new process a worker."""
    # Ctrl-C goes to every process of the terminal; the one that was typed to ends the others.
    # (Held back already where the system can do that, see below.)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.enable()  # the command line's first line turns it off, and a worker imports that line
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A process that is started here does not see Ctrl-C, from its first moment on.

    It inherits the mask; in this process the signal waits until the mask is taken off.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
