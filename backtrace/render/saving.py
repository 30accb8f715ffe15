"""`-o PATH`, and Trace.save: what the end of the path says, to a file.

A file is written beside its place and moved there when it is whole, so that whatever goes wrong an
earlier one is still there. The kinds of files are those of `backtrace.render.files`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backtrace.errors import UsageError
from backtrace.render import FILES, PLAIN_SHEET, Sheet
from backtrace.replacing import replacing, require_replaceable

if TYPE_CHECKING:
    from backtrace.crosscheck import Check
    from backtrace.records import Trace


def require_file(path: str, option: str = "--output") -> None:
    """Raise UsageError for a path of no known kind, or that cannot be written."""
    require_suffix(path, option, [f".{name}" for name in FILES])
    require_replaceable(path)


def require_suffix(path: str, option: str, suffixes: Sequence[str]) -> None:
    """Raise UsageError for the path of an option whose end is none of these."""
    if suffix_of(path) not in suffixes:
        *others, last = suffixes
        kinds = f"{', '.join(others)} or {last}"
        raise UsageError(f"cannot write {path}: the file of {option} ends in {kinds}")


def suffix_of(path: str) -> str:
    """The end of a path that says its format, in lower case."""
    return os.path.splitext(path)[1].lower()


def save(trace: Trace, check: Check, path: str, sheet: Sheet = PLAIN_SHEET) -> None:
    """Write what the end of the path says. Raises UsageError with the system's reason."""
    content = FILES[suffix_of(path)[1:]](trace, check, sheet)
    with replacing(path) as file:
        file.write(content)
