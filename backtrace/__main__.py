"""`python -m backtrace`, and the entry point of the `backtrace` command."""

import gc

# Off for the whole run: the process makes one trace and ends, so memory grows by that trace alone,
# and collecting would cost a quarter of the time that imports take and find nothing.
gc.disable()

import os  # noqa: E402  (the line above must come first)
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import NoReturn  # noqa: E402

from backtrace.cli import main as run  # noqa: E402


def main() -> NoReturn:
    """Run the command line on the process's arguments and exit."""
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or never there
            stream.flush()
    # Taking down an interpreter that has imported torch takes 0.1 s, and nothing is left to do.
    os._exit(code)


if __name__ == "__main__":
    main()
