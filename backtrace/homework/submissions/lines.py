"""The lines of a file with their offsets; of a line that is too long, only the beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

LONGEST = 2**20  # bytes of a line that are read
BLOCK = 2**18
CUT = "…"  # ends what was cut off, so that no part of an answer is taken for the whole


class Record(NamedTuple):
    """A piece of a file that can be read by itself: a line, or a row of several lines.

    `data` is without the line's end, and a byte longer than LONGEST if it was cut off.
    """

    offset: int
    number: int  # of its first line
    data: bytes
    back: int = 0  # bytes from here back to the heading it stands under, if there is one
    above: bytes = b""  # that heading


def lines(file: BinaryIO, seen: Callable[[bytes], object]) -> Iterator[Record]:
    """The lines of a file; each block of it is shown to `seen` as it is read."""
    offset, number = 0, 1
    begun, length = b"", 0  # the line that goes on in the next block, and its length so far
    while block := file.read(BLOCK):
        seen(block)
        *ended, rest = block.split(b"\n")
        for data in ended:
            yield Record(offset, number, _joined(begun, data) if length else data)
            offset, number = offset + length + len(data) + 1, number + 1
            begun, length = b"", 0
        begun, length = _joined(begun, rest), length + len(rest)
    if length:
        yield Record(offset, number, begun)


def decoded(data: bytes) -> str:
    """The text of a line or of several, with � for what is not UTF-8 and … where it was cut off."""
    text = data[:LONGEST].decode("utf-8", "replace").removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text + CUT if len(data) > LONGEST else text


def _joined(begun: bytes, data: bytes) -> bytes:
    """A line and what follows of it, up to one byte more than is read."""
    return begun if len(begun) > LONGEST else begun + data[: LONGEST + 1 - len(begun)]
