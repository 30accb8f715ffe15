"""The program and the data, from a file or from standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

from backtrace.errors import UsageError

if TYPE_CHECKING:
    from backtrace.cli.arguments import Arguments
    from backtrace.reading.files import File

LIMIT = 64 * 2**20  # bytes of a program
MOST_PIPED = 2**30  # bytes of data on standard input, which are held in memory


def read_program(path: str) -> str:
    """The text of a program file; `-` is standard input. Raises UsageError naming the file."""
    if path == "-":
        return _text(_standard_input("the program"), "standard input")
    try:
        with open(path, "rb") as file:
            return _text(file, path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"cannot read {path!r}: {error}") from None


def program_of(arguments: Arguments) -> str:
    """The text of the program that was typed, or stands in a file or on standard input."""
    text = arguments.program
    require_one_reader(arguments)
    return read_program(arguments.options.file or "-") if text in (None, "-") else text


def data_file(path: str, suffix: str) -> File:
    """The file of an option; `-` is standard input, which is taken to be of this kind."""
    from backtrace.reading.files import File

    if path != "-":
        return File(path)
    data = _standard_input("data").read(MOST_PIPED + 1)
    if len(data) > MOST_PIPED:
        raise UsageError(f"standard input is larger than {MOST_PIPED // 2**20} MB")
    return File(path + suffix, data)


def require_one_reader(arguments: Arguments) -> None:
    """Refuse what would read standard input twice: the second time there is nothing left."""
    options = arguments.options
    places = {
        "the program": "-" in (options.file, *arguments.programs),
        "--data": options.data == "-",
        "--bindings": options.bindings == "-",
    }
    readers = [place for place, reads in places.items() if reads]
    if len(readers) > 1:
        raise UsageError(f"standard input is read once, not as {' and as '.join(readers)}")


def _standard_input(what: str) -> BinaryIO:
    if sys.stdin is None:
        raise UsageError(f"there is no standard input to read {what} from")
    return sys.stdin.buffer


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
