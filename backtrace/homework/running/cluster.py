"""A Dask cluster as an executor; the extra `dask` installs what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from backtrace.errors import UsageError

SECONDS = 10  # until the scheduler must have answered


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """The cluster whose scheduler is at an address such as tcp://10.0.0.1:8786.

    Raises UsageError where distributed is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        message = '--dask needs the package distributed: pip install "backtrace-autodiff[dask]"'
        raise UsageError(message) from None
    try:
        client = Client(address, timeout=SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        # pure: every chunk would be hashed, to find that none comes twice
        yield client.get_executor(pure=False)
