"""Files of data: which may be opened, and what is said of those that may not."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from backtrace.errors import BindingError, UsageError, listed

ARRAYS = (".npy", ".npz")
DOCUMENTS = (".json", ".toml")
TABLES = (".csv", ".tsv", ".txt")
LONGEST_NAME = 80  # characters of a path that are shown
LONGEST = 2**28  # bytes of a document, which is held in memory with all its numbers


@dataclass(frozen=True, slots=True)
class File:
    """A file of data; `content` is what came from standard input, which can be read only once."""

    path: str
    content: bytes | None = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        if self.content is not None:
            return "standard input"
        long = len(self.path) > LONGEST_NAME
        return f"…{self.path[-LONGEST_NAME + 1 :]}" if long else self.path

    @property
    def suffix(self) -> str:
        """The end of its name, which says what it is: `.csv`."""
        return Path(self.path).suffix.lower()

    def require(self, suffixes: tuple[str, ...], what: str) -> None:
        """Raise UsageError for a file that cannot be opened, or is none of these kinds."""
        if self.content is None:
            self._require_ordinary()
        if self.suffix not in suffixes:
            kinds = listed(suffixes, len(suffixes)).replace(" and ", " or ")
            raise UsageError(f"cannot read {self.name}: {what} ends in {kinds}")

    def binary(self) -> BinaryIO:
        """The file, to be read as bytes. Raises UsageError with the system's reason."""
        if self.content is not None:
            return io.BytesIO(self.content)
        self._require_ordinary()
        try:
            return Path(self.path).open("rb")
        except OSError as error:
            raise self._unreadable(error) from None

    def text(self) -> TextIO:
        """The file, to be read as lines of UTF-8, with or without a byte order mark."""
        return io.TextIOWrapper(self.binary(), encoding="utf-8-sig")

    def whole(self) -> str:
        """The text of a document. Raises UsageError if it is too long, BindingError if no text."""
        with self.binary() as stream:
            data = stream.read(LONGEST + 1)
        if len(data) > LONGEST:
            limit = f"{LONGEST // 2**20} MB"
            raise UsageError(f"{self.name} is larger than {limit}; a .npy or .npz file may be")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self.not_text() from None

    def not_text(self) -> BindingError:
        """The error for a file that is not UTF-8, with the line."""
        with self.binary() as stream:
            for number, line in enumerate(stream, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    return BindingError(f"{self.name}, line {number}: this is not UTF-8 text")
        return BindingError(f"{self.name} is not UTF-8 text")

    def _require_ordinary(self) -> None:
        """Refuse what is not an ordinary file: a pipe may never begin, /dev/zero does not end."""
        try:
            mode = Path(self.path).stat().st_mode
        except OSError as error:
            raise self._unreadable(error) from None
        except ValueError as error:  # a NUL in the path
            raise UsageError(f"cannot read {self.name!r}: {error}") from None
        if not stat.S_ISREG(mode):
            what = "is a directory" if stat.S_ISDIR(mode) else "is not an ordinary file"
            raise UsageError(f"cannot read {self.name}: {what}")

    def _unreadable(self, error: OSError) -> UsageError:
        return UsageError(f"cannot read {self.name}: {(error.strerror or str(error)).lower()}")


class Reference(NamedTuple):
    """What stands after @: a file, and which part of it."""

    file: File
    part: str | None

    @classmethod
    def read(cls, text: str) -> Reference:
        """`data.npz:W1`; a path may have colons itself, so a file that is there comes first."""
        path, _, part = text.rpartition(":")
        known = Path(path).suffix.lower() in (*ARRAYS, *DOCUMENTS, *TABLES)
        if path and not _exists(text) and (known or _exists(path)):
            return cls(File(path), part)
        return cls(File(text), None)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that is too long, a NUL
        return False
