"""The second look at a record, whose place is known."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Self

from backtrace.errors import UsageError
from backtrace.homework.submissions.files import Files
from backtrace.homework.submissions.index import ABSENT, Place
from backtrace.homework.submissions.keys import Found, Keys, student_key
from backtrace.homework.submissions.lines import decoded
from backtrace.homework.submissions.records import Entry, RecordError, shown
from backtrace.homework.submissions.text import LONGEST_HEADING

NOBODY = Found(ABSENT, 0, "", "")
MOST_OPEN = 16  # files at a time


class Reader:
    """Reads records again; used in a `with` block, which closes the files."""

    def __init__(self, files: Files, keys: Keys) -> None:
        self._files, self._keys = files, keys
        self._open: dict[int, BinaryIO] = {}
        self._at = (-1, -1)  # the record that was read last: the next is often another cell of it
        self._entries: Sequence[Entry] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with ExitStack() as stack:
            for file in self._open.values():
                stack.enter_context(file)

    def entry(self, place: Place) -> tuple[Entry, Found]:
        """An entry and the claim that it is of. Raises UsageError if the file has changed."""
        try:
            if self._at != (place.file, place.offset):
                self._entries, self._at = self._read(place), (place.file, place.offset)
            entry = self._entries[place.place]
        except (OSError, RecordError, IndexError):
            raise self._changed(place) from None
        keys = self._keys
        found = keys.claim(entry.problem, entry.claim) if entry.answer else NOBODY
        if (student_key(entry.student), found.number, found.key) != place[:3]:
            raise self._changed(place)
        return entry, found

    def _read(self, place: Place) -> Sequence[Entry]:
        file, above = self._file(place.file), b""
        if place.back:
            file.seek(place.offset - place.back)
            above = file.readline(LONGEST_HEADING).removesuffix(b"\n")
        file.seek(place.offset)
        text = decoded(file.read(place.length))
        return self._files.format(place.file, self._keys).entries(text, above)[0]

    def _file(self, number: int) -> BinaryIO:
        if number not in self._open:
            if len(self._open) >= MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[number] = self._files.open(number)
        return self._open[number]

    def _changed(self, place: Place) -> UsageError:
        return UsageError(f"{shown(self._files.names[place.file])} changed while it was read")
