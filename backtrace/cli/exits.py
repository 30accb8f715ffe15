"""The one door between exceptions and exit codes.

0 done and agreed, 1 a check differs, 2 cannot be read, 3 undefined here, 4 undecided,
130 interrupted; and 70, a defect of backtrace itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from backtrace.errors import BacktraceError

DONE, CANNOT_READ, INTERRUPTED, DEFECT = 0, 2, 130, 70


def exit_code_of(command: Callable[[], int]) -> int:
    """Run a command and flush its output; what it raises becomes a message and an exit code."""
    try:
        code = command()
        sys.stdout.flush()
        return code
    except BacktraceError as error:
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:
        return _closed_pipe()
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED, kind="backtrace")
    except (MemoryError, RecursionError):
        return _fail("the program is too large for the memory there is", CANNOT_READ)
    except OSError as error:
        return _fail(f"the operating system says: {error.strerror or error}", CANNOT_READ)
    except Exception:
        import traceback

        # never 1, which is Python's own: here it would say that a check differs
        return _fail(
            f"{traceback.format_exc()}\nthis is a defect of backtrace; please report it", DEFECT
        )


def tell(message: str, kind: str = "error") -> None:
    """A message on standard error; a control character that was typed does nothing there."""
    shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in message)
    print(f"{kind}: {shown}", file=sys.stderr)


def _fail(message: str, code: int, kind: str = "error") -> int:
    try:
        sys.stdout.flush()  # what was printed stands before the message
    except OSError:
        _discard_output()
    try:
        tell(message, kind)
    except OSError:
        _discard_output()
    return code


def _closed_pipe() -> int:
    _discard_output()
    return DONE


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
