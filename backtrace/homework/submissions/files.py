"""The files that a path stands for: a file, those in a directory, or what is piped in."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from backtrace.errors import UsageError, printable
from backtrace.homework.submissions.jsonlines import JsonLines
from backtrace.homework.submissions.keys import Keys
from backtrace.homework.submissions.lines import Record, decoded
from backtrace.homework.submissions.records import Format, Notes, student_name
from backtrace.homework.submissions.table import open_table, table_of
from backtrace.homework.submissions.text import Text

TEXT = (".txt",)
TABLE = (".csv", ".tsv")
JSON = (".jsonl", ".ndjson")
SUFFIXES = (*TEXT, *TABLE, *JSON)


class Names:
    """Names of files in one piece: a million students' are 30 MB so, and 80 MB in a list."""

    def __init__(self, names: Iterable[str]) -> None:
        self._data, self._ends = bytearray(), array("Q", [0])
        for name in names:
            self._data += os.fsencode(name)
            self._ends.append(len(self._data))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return os.fsdecode(bytes(self._data[self._ends[number] : self._ends[number + 1]]))


class Files:
    """Files with their names; the format of each is known once it has been begun."""

    def __init__(self, folder: Path | None, names: Iterable[str], paths: list[Path]) -> None:
        self.folder = folder
        self.names = Names(names)
        self._paths = paths  # without a folder
        self._formats: dict[int, Format] = {}

    def open(self, number: int) -> BinaryIO:
        """A file from its beginning."""
        if self.folder is None:
            return self._paths[number].open("rb")
        return (self.folder / self.names[number]).open("rb")

    def begin(
        self, number: int, lines: Iterator[Record], keys: Keys, notes: Notes
    ) -> tuple[Format, Iterator[Record]]:
        """The format of a file, told by its name or its first line, and the lines to be read."""
        name = self.names[number]
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            suffix, lines = _sniffed(lines, name, keys)
        if suffix in TEXT:
            return self.format(number, keys), lines
        form: Format
        form, left = (
            (JsonLines(), lines) if suffix in JSON else open_table(lines, name, keys, notes)
        )
        self._formats[number] = form
        return form, left

    def format(self, number: int, keys: Keys) -> Format:
        """The format of a file that has been begun; a text is its student's, and not kept."""
        return self._formats.get(number) or Text(
            student_name(Path(self.names[number]).stem), keys.problems
        )


def find(path: str, stdin: BinaryIO | None, notes: Notes) -> Files:
    """The files of a path; `-` is standard input. Raises UsageError if there are none."""
    if path == "-" and stdin is None:
        raise UsageError("there is no standard input to read submissions from")
    try:
        if path == "-" and stdin is not None:
            return _spooled("stdin", stdin)
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return Files(Path(path), _listed(path, notes), [])
        if not stat.S_ISREG(mode):  # a pipe, which cannot be read twice
            with Path(path).open("rb") as pipe:
                return _spooled(Path(path).name, pipe)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {printable(path)}: {reason}") from None
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"cannot read {printable(path)}: {error}") from None
    return Files(None, [Path(path).name], [Path(path)])


def _is_submission(entry: os.DirEntry[str]) -> bool:
    """Whether a file of a folder may be one; a link may lead to somebody else's, or anywhere."""
    is_known = Path(entry.name).suffix.lower() in SUFFIXES
    return is_known and entry.is_file(follow_symlinks=False)


def _listed(path: str, notes: Notes) -> list[str]:
    """The names of the submissions in a directory, sorted; others are noted, hidden ones not."""
    names: list[str] = []
    others: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            fits = _is_submission(entry)
            (names if fits and not entry.name.startswith(".") else others).append(entry.name)
    for name in sorted(others):
        if not name.startswith("."):
            notes.add(name, 0, f"not read: it is no {', '.join(SUFFIXES)} file")
    if not names:
        wanted = "NAME.txt for each student, or a .csv or .jsonl file"
        raise UsageError(f"there are no submissions in {printable(path)}: it should have {wanted}")
    return sorted(names)


def _spooled(name: str, source: BinaryIO) -> Files:
    """What is piped in, in a temporary file, because it is read twice."""
    descriptor, path = tempfile.mkstemp(prefix="backtrace-")
    files = Files(None, [name], [Path(path)])
    weakref.finalize(files, Path(path).unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as spool:
        shutil.copyfileobj(source, spool, 2**20)
    return files


def _sniffed(lines: Iterator[Record], name: str, keys: Keys) -> tuple[str, Iterator[Record]]:
    """The suffix that a file should have by its first line, and all of its lines."""
    first = next((line for line in lines if line.data.strip()), None)
    if first is None:
        return TEXT[0], lines
    text = decoded(first.data).lstrip()
    lines = chain([first], lines)
    if text.startswith("{"):
        return JSON[0], lines
    return (TABLE[0] if table_of(text, keys, name, Notes()) else TEXT[0]), lines
