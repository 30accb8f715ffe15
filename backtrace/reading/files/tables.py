"""Tables as text: .csv, .tsv and .txt, with the names of the columns in the first line, or without.

The cells stand between commas, semicolons, tabs or, in what numpy.savetxt writes, spaces. Columns
that are not asked for may hold anything. numpy reads the rows; where it cannot, the csv module does
so cell by cell, and says which cell is no number.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TextIO

import numpy as np

from backtrace.errors import BindingError, did_you_mean, listed, shortened
from backtrace.names import normal
from backtrace.ops.axes import MOST_ELEMENTS
from backtrace.ops.rows import Array
from backtrace.reading.files.opening import File
from backtrace.reading.scalars import plain_number

LONGEST_LINE = 2**26  # characters of the first line
MOST_COMPARED = 10_000  # names of columns, with one that is not among them
TOO_MANY = f"the values are more than {MOST_ELEMENTS:,} here"
QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows have not been read yet; `skipped` lines come before them."""

    file: File
    delimiter: str | None  # None: spaces
    width: int
    names: tuple[str, ...] | None  # as in the header; None where there is none
    skipped: int

    def offered(self) -> list[str]:
        """The columns by the names they are bound to."""
        if self.names is None:
            raise BindingError(
                f"{self.file.name} has no names of columns: its first line is numbers already"
            )
        return [normal(name) for name in self.names if name]

    def indices(self, names: Sequence[str]) -> list[int]:
        """Which columns are called so. Raises BindingError with near matches."""
        known = self.offered()
        exact: dict[str, list[int]] = {name: [] for name in names}
        alike: dict[str, list[int]] = {normal(name): [] for name in names}
        for k, own in enumerate(self.names or ()):
            for places, spelled in ((exact, own), (alike, normal(own))):
                if spelled in places:
                    places[spelled].append(k)
        for name in names:
            found = exact[name] = exact[name] or alike[normal(name)]
            if len(found) > 1:
                raise BindingError(f"{self.file.name} has {len(found)} columns called {name}")
            if not found:
                meant = did_you_mean(name, known) if len(known) < MOST_COMPARED else ""
                others = meant or f"; there is {listed(known, 8)}"
                raise BindingError(f'{self.file.name} has no column "{shortened(name)}"{others}')
        return [exact[name][0] for name in names]

    def column(self, name: str) -> Array:
        """The column of that name."""
        (found,) = self.columns(self.indices([name]))
        return found

    def columns(self, wanted: Sequence[int]) -> list[Array]:
        """These columns, in one reading. Raises BindingError with line and column."""
        try:
            found = self._at_once(wanted)
        except ValueError:  # numpy's, which says neither the line nor the column by its name
            found = None
        if found is None or np.isinf(found).any():  # perhaps a number that is too large
            found = self._cell_by_cell(wanted)
        return list(np.ascontiguousarray(found.T))

    def whole(self) -> Array:
        """All columns: a vector if there is one, else a matrix with a row for every line."""
        found = self.columns(range(self.width))
        return found[0] if self.width == 1 else np.stack(found, axis=1)

    def _at_once(self, wanted: Sequence[int]) -> Array:
        """The columns as numpy reads them. Raises ValueError for what it cannot, or not rightly."""
        with self.file.text() as stream:
            lines = self._lines(stream, MOST_ELEMENTS // len(wanted))
            first = next(lines, None)
            if first is None:
                raise BindingError(f"{self.file.name} has no rows below its first line")
            return np.loadtxt(
                chain([first], lines),
                delimiter=self.delimiter,
                usecols=list(wanted),
                comments=None,
                ndmin=2,
            )

    def _lines(self, stream: TextIO, most: int) -> Iterator[str]:
        """The lines that are not empty; numpy would not count cells in columns it does not use."""
        delimiter, width = self.delimiter, self.width
        for number, line in enumerate(islice(stream, self.skipped, None)):
            if line.isspace():
                continue
            count = len(line.split()) if delimiter is None else line.count(delimiter) + 1
            if count != width or '"' in line:
                raise ValueError(line)
            if number >= most:
                raise self.error(self.skipped + number + 1, TOO_MANY)
            yield line

    def _cell_by_cell(self, wanted: Sequence[int]) -> Array:
        numbers = array("d")
        with self.file.text() as stream:
            for line, cells in _rows(self.file, stream, self.delimiter, self.skipped):
                if len(cells) != self.width:
                    found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
                    raise self.error(line, f"{found}, where the first line has {self.width}")
                numbers.extend(self._number(line, cells[k], k) for k in wanted)
                if len(numbers) > MOST_ELEMENTS:
                    raise self.error(line, TOO_MANY)
        return np.array(numbers).reshape(-1, len(wanted))

    def _number(self, line: int, cell: str, index: int) -> float:
        """The number in a cell."""
        try:
            return plain_number(cell)
        except ValueError:
            pass
        named = self.names is not None and self.names[index]
        column = shortened(named) if named else index + 1
        try:
            value = float(cell)  # NaN, Infinity, or 1e-400, which is 0
        except ValueError:
            raise self.error(line, f"column {column}: {_reason(cell.strip())}") from None
        if math.isinf(value) and "inf" not in cell.lower():
            raise self.error(
                line, f"column {column}: {shortened(cell.strip())} is too large for float64"
            )
        return value

    def error(self, line: int, message: str) -> BindingError:
        """An error at a line of the file."""
        return BindingError(f"{self.file.name}, line {line}: {message}")


def _reason(cell: str) -> str:
    """Why a cell is no number."""
    if not cell:
        return "the cell is empty"
    whole, comma, fraction = cell.lstrip("+-").partition(",")
    advice = f"; write {cell.replace(',', '.')}" if (whole + fraction).isdecimal() and comma else ""
    return f'"{shortened(cell)}" is not a number{advice}'


def open_table(file: File) -> Table:
    """The table of a file, of which only the first line is read. Raises BindingError."""
    try:
        with file.text() as stream:
            before = 0
            while line := stream.readline(LONGEST_LINE):
                if line.strip():
                    return _table(file, line, before, stream)
                before += 1
    except UnicodeDecodeError:
        raise file.not_text() from None
    raise BindingError(f"{file.name} is empty")


def _table(file: File, line: str, before: int, stream: TextIO) -> Table:
    """The table that begins with this line, which `before` others come before."""
    delimiter = _delimiter(line, file.suffix)
    if line.startswith("#"):  # as numpy.savetxt marks the names of the columns
        line = line.lstrip("#")
    last, cells = next(_rows(file, chain([line], stream), delimiter), (0, []))
    if not cells:
        raise BindingError(f"{file.name} has no cells in its first line")
    if all(map(_is_number, cells)):
        return Table(file, delimiter, len(cells), None, before)
    return Table(file, delimiter, len(cells), tuple(c.strip() for c in cells), before + last)


def _delimiter(line: str, suffix: str) -> str | None:
    """What stands between the cells of a line; a comma may be in numbers, a tab never is."""
    line = QUOTED.sub("", line)
    found = next((sign for sign in "\t;," if sign in line), None)
    if found is not None or suffix == ".tsv":
        return found or "\t"
    cells = line.split()
    spaced = len(cells) > 1 and (suffix == ".txt" or all(map(_is_number, cells)))
    return None if spaced else ","


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rows(
    file: File, lines: Iterable[str], delimiter: str | None, skipped: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """The cells of every row that is not empty, with the number of its line."""
    import csv

    rest = islice(lines, skipped, None)
    if delimiter is None:
        split = ((k, line.split()) for k, line in enumerate(rest, skipped + 1))
        yield from ((k, cells) for k, cells in split if cells)
        return
    reader = csv.reader(rest, delimiter=delimiter)
    try:
        for cells in reader:
            if len(cells) > 1 or "".join(cells).strip():
                yield skipped + reader.line_num, cells
    except csv.Error as error:
        line = skipped + reader.line_num
        raise BindingError(f"{file.name}, line {line}: {error}") from None
    except UnicodeDecodeError:
        raise file.not_text() from None
