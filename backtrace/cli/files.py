"""The program from a file or from standard input."""

from __future__ import annotations

import sys
from typing import BinaryIO

from backtrace.errors import UsageError

LIMIT = 64 * 2**20  # bytes


def read_program(path: str) -> str:
    """The text of a program file; `-` is standard input. Raises UsageError naming the file."""
    if path == "-":
        if sys.stdin is None:
            raise UsageError("there is no standard input to read the program from")
        return _text(sys.stdin.buffer, "standard input")
    try:
        with open(path, "rb") as file:
            return _text(file, path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"cannot read {path!r}: {error}") from None


def _text(file: BinaryIO, name: str) -> str:
    data = file.read(LIMIT + 1)
    if b"\0" in data:
        raise UsageError(f"{name} is not a text file")
    if len(data) > LIMIT:
        raise UsageError(f"{name} is larger than {LIMIT // 2**20} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name} is not UTF-8 text: byte {error.start}, line {line}") from None
    return text.replace("\r\n", "\n")
