"""What has been graded so far, kept beside the output, so that a run that is killed can go on.

The first line says what is graded, every other line holds the grades of one sheet, in the order of
the sheets, with its number:

    {"schema": "backtrace.journal/1", "assignment": "…", "submissions": "…", …}
    {"sheet": 0, "grades": [{"student": "alice", …}, …]}

Each line is handed to the operating system at once, which keeps it when the process is killed; it
is not forced to the disk (fsync), which would cost more time than grading does. If the power
fails, the lines of the last seconds may be lost or damaged: what comes after the last whole line
is dropped and graded again, with the same result.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from backtrace import __version__
from backtrace.errors import UsageError, listed
from backtrace.homework.courses.grades import Grade
from backtrace.homework.running.encoding import Json, decoded, encoded, line, read_line
from backtrace.replacing import telling

SCHEMA = "backtrace.journal/1"


@dataclass(frozen=True, slots=True)
class Header:
    """What a run grades, and with what: a run goes on only where all of it is still the same."""

    assignment: str  # digest
    submissions: str  # digest
    settings: str = ""  # what else decides about the grades
    version: str = __version__

    def encoded(self) -> dict[str, str]:
        """The first line of a journal."""
        return {"schema": SCHEMA, **{name: getattr(self, name) for name in _NAMES}}


_NAMES = tuple(field.name for field in fields(Header))


class Journal:
    """The grades of the sheets done, on disk; a context manager that closes the file.

    `notes` says what the user should know of how it was opened.
    """

    def __init__(self, path: str, file: FileIO, done: int, notes: tuple[str, ...]) -> None:
        self.path = path
        self.done = done
        self.notes = notes
        self._file = file
        self._end = file.seek(0, os.SEEK_END)

    @classmethod
    def open(cls, path: str, header: Header, *, resume: bool) -> Self:
        """Begin a journal, or go on with one; nothing that is there is ever overwritten.

        Raises UsageError for a journal that is there without `resume`, that belongs to other
        files, that another run is writing, or that cannot be written.
        """
        with telling(path):
            file = FileIO(path, "a+")
        try:
            with telling(path):
                _lock(file, path)
                return cls(path, file, *_prepare(file, path, header, resume))
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, grades: Iterable[Grade]) -> None:
        """Record the next sheet. Where that fails nothing of it stays."""
        record = line({"sheet": self.done, "grades": [encoded(grade) for grade in grades]})
        with telling(self.path):
            try:
                _write(self._file, record)
            except OSError:
                with suppress(OSError):
                    self._file.truncate(self._end)
                raise
        self._end += len(record)
        self.done += 1

    def grades(self) -> Iterator[Grade]:
        """Every grade so far, read from the file one sheet at a time."""
        with telling(self.path), Path(self.path).open("rb") as file:
            file.readline()
            for number in range(self.done):
                record = _record(file, number)
                try:
                    yield from map(decoded, record)
                except (ValueError, TypeError, KeyError):
                    raise UsageError(f"line {number + 2} of {self.path} is damaged") from None

    def remove(self) -> None:
        """Close the journal and delete it: its grades are in the report."""
        self._file.close()
        with telling(self.path):
            Path(self.path).unlink()


def _prepare(file: FileIO, path: str, header: Header, resume: bool) -> tuple[int, tuple[str, ...]]:
    """How many sheets are done, and the notes; the file then ends after the last of them."""
    first = line(header.encoded())
    with open(file.fileno(), "rb", closefd=False) as reader:
        reader.seek(0)
        begun = reader.readline()
        if first.startswith(begun) and begun != first:  # killed before the first line was whole
            file.truncate(0)
            _write(file, first)
            note = f"there is no {path} to go on with: grading starts from the beginning"
            return 0, (note,) if resume else ()
        if not resume:
            raise UsageError(
                f"{path} is there, of a run that did not end: --resume goes on with it, "
                "or delete it to start again"
            )
        _require_same(begun, header, path)
        return _whole_records(reader, file)


def _whole_records(reader: BinaryIO, file: FileIO) -> tuple[int, tuple[str, ...]]:
    """Count the records that are whole and cut off what comes after the last of them."""
    done, end, size = 0, reader.tell(), os.fstat(file.fileno()).st_size
    while _record(reader, done) is not None:
        done, end = done + 1, reader.tell()
    file.truncate(end)
    note = f"{size - end} bytes of an unfinished record were dropped"
    return done, (note,) if end < size else ()


def _record(file: BinaryIO, number: int) -> Json:
    """The grades of the next line if it is the whole record of that sheet, else None."""
    text = file.readline()
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        record = read_line(text)
        if text.endswith(b"\n") and record["sheet"] == number:
            return record["grades"]
    return None


def _require_same(begun: bytes, header: Header, path: str) -> None:
    """Raise UsageError that says what has changed since the journal was begun."""
    try:
        found = read_line(begun)
        is_journal = found["schema"] == SCHEMA
    except (ValueError, TypeError, KeyError, RecursionError):
        is_journal = False
    if not is_journal:
        raise UsageError(f"{path} is not a journal of backtrace grade: it is left as it is")
    now = header.encoded()
    changed = [f"the {name}" for name in _NAMES if found.get(name) != now[name]]
    if changed:
        raise UsageError(
            f"{path} is of another run: since then {listed(changed)} changed; "
            "undo that to go on with --resume, or delete the file to start again"
        )


def _write(file: FileIO, text: bytes) -> None:
    """All of `text`: the system may take a part of it, and says why with the next part only."""
    while text:
        text = text[file.write(text) :]


def _lock(file: FileIO, path: str) -> None:
    """Raise UsageError where another run holds the file; a lock ends with its process."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"another run is writing {path}: wait for its end") from None
    except OSError:
        return  # a file system without locks
