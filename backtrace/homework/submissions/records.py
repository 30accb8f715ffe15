"""What the formats have in common: the entries of records, and notes about what is odd."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from backtrace.errors import printable, shortened
from backtrace.homework.submissions.lines import Record

MOST_NOTES = 20


class Entry(NamedTuple):
    """One answer as it is written; without a problem or an answer it says who there is."""

    student: str
    problem: str = ""
    claim: str = ""
    answer: str = ""


class RecordError(Exception):
    """A record that cannot be read, with the reason; the records after it can."""


class Notes:
    """Warnings about files: the first of them in full, the others counted."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._count = 0

    def add(self, name: str, number: int, text: str) -> None:
        """Note something about a line; 0 is the file as a whole."""
        self._count += 1
        if self._count <= MOST_NOTES:
            place = place_of(name, number) if number else shown(name)
            self._first.append(f"{place}: {text}")

    def texts(self) -> tuple[str, ...]:
        """The warnings, and how many more there are."""
        more = self._count - MOST_NOTES
        return (*self._first, *([f"and {more} other warnings"] if more > 0 else []))


class Format(Protocol):
    """How one file is written."""

    def records(self, lines: Iterator[Record], name: str, notes: Notes, /) -> Iterator[Record]:
        """Its records, in order."""

    def entries(self, text: str, above: bytes, /) -> tuple[Sequence[Entry], str]:
        """What is written in a record, and what is odd about it. Raises RecordError."""


@lru_cache(maxsize=256)
def shown(name: str) -> str:
    """A file's name as it stands in a message."""
    return printable(shortened(name))


def place_of(name: str, number: int) -> str:
    """Where something stands: `alice.txt, line 3`."""
    return f"{shown(name)}, line {number}"


def student_name(text: str) -> str:
    """A student's name in one spelling: composed, without space around it. It is never a path."""
    text = text.strip()
    if text.isascii():
        return text
    whole = text.encode("utf-8", "backslashreplace").decode()  # names have half characters
    return unicodedata.normalize("NFC", whole).strip()
