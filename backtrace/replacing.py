"""Writing a file in one step: what was there stays until the new one is whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from backtrace.errors import UsageError


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when all is written, and is removed otherwise."""
    import tempfile

    with telling(path):
        target = os.path.realpath(path)
        mode = _mode_of(target)
        descriptor, part = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".backtrace-")
        try:
            with open(descriptor, "wb") as file:
                yield file
            os.chmod(part, mode)
            os.replace(part, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise


def require_replaceable(path: str) -> None:
    """Raise UsageError where a path cannot be written, before the work is done."""
    with telling(path):
        target = os.path.realpath(path)
        _mode_of(target)
        folder = os.path.join(os.path.dirname(target), "")
        os.stat(folder)  # is there
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OSError("permission denied")


@contextmanager
def telling(path: str) -> Iterator[None]:
    """Say of what goes wrong that `path` cannot be written. Raises UsageError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"cannot write {path!r}: {error}") from None


def _mode_of(target: str) -> int:
    """The permissions for a file: those it has, else what a new one gets."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
    if not stat.S_ISREG(mode):
        raise OSError("is a directory" if stat.S_ISDIR(mode) else "is not an ordinary file")
    if not os.access(target, os.W_OK):
        raise OSError("permission denied")
    return stat.S_IMODE(mode)
