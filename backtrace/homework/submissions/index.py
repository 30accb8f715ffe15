"""Where the last answer to each claim stands, in 56 bytes a record and no text.

`Index` takes the records as they come; `Order` sorts them once: students as they first appear,
their problems as the assignment has them, and of equal claims the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backtrace.homework.submissions.keys import UNKNOWN

ABSENT = 2**64 - 1  # in place of a problem: the record only says that there is such a student
NO_PROBLEM = 2**32 - 1  # the same among the numbers of sorted problems
FIELDS = {"student": "u8", "problem": "u8", "claim": "u8", "offset": "u8", "back": "u8"}
FIELDS |= {"length": "u4", "line": "u4", "file": "u4", "place": "u4"}
STRUCT = Struct("=QQQQQIIII")
MOST_UNKNOWN = 100  # claims of a student that the assignment does not have; others are only counted
CHUNK = 1024  # students at a time
RECORD = np.dtype(list(FIELDS.items()))

Whole = npt.NDArray[np.int64]


class Place(NamedTuple):
    """One record of the index: whose, of what, and where it can be read again."""

    student: int
    problem: int
    claim: int
    offset: int
    back: int  # to the heading above it, 0 without one
    length: int
    line: int
    file: int
    place: int  # which of the entries of the record


class Index:
    """The records in the order of the files."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data) // STRUCT.size

    def __getitem__(self, number: int) -> Place:
        return Place._make(STRUCT.unpack_from(self._data, number * STRUCT.size))

    def add(self, *place: int) -> None:
        """Append a record: the numbers of a Place."""
        self._data += STRUCT.pack(*place)

    def column(self, name: str) -> npt.NDArray[np.unsignedinteger]:
        """One number of every record."""
        column: npt.NDArray[np.unsignedinteger] = np.frombuffer(self._data, RECORD)[name]
        return column


class Order:
    """The records that count, student by student and problem by problem."""

    def __init__(self, index: Index, problems: int) -> None:
        students, self.first = _by_appearance(index.column("student"))
        numbers = _numbered(index.column("problem"), problems)
        last, times = _last(students, numbers, index.column("claim"))
        order = np.lexsort((last, numbers[last], students[last]))
        known = index.column("claim")[last[order]] < UNKNOWN
        order = order[known | (_running(~known, students[last[order]]) <= MOST_UNKNOWN)]
        self.left_out = len(last) - len(order)
        self.winners, self.times = last[order].astype(np.uint32), times[order]
        self.problems = numbers[self.winners]
        owners = students[self.winners]
        count = len(self.first)
        self.starts = np.searchsorted(owners, np.arange(count + 1))
        new = _changes(owners, self.problems) & (self.problems >= problems)
        extra = np.bincount(owners[new], minlength=count)
        self.sheets = np.concatenate([[0], np.cumsum(extra + problems)])

    def student_of(self, sheet: int) -> int:
        """The student whose sheet has this number."""
        return int(np.searchsorted(self.sheets, sheet, side="right")) - 1

    def students(self, start: int) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
        """The students from number `start` on: a record of each, and what counts of theirs.

        For each answer these are its problem, its record, and how many of it there are.
        """
        for begin in range(start, len(self.first), CHUNK):  # numpy is slow one by one
            first = self.first[begin : begin + CHUNK].tolist()
            starts = self.starts[begin : begin + CHUNK + 1].tolist()
            part = slice(starts[0], starts[-1])
            columns = (self.problems[part], self.winners[part], self.times[part])
            answers = list(zip(*(column.tolist() for column in columns), strict=True))
            for record, low, high in zip(first, starts, starts[1:], strict=False):
                yield record, answers[low - starts[0] : high - starts[0]]


def _by_appearance(hashes: npt.NDArray[np.unsignedinteger]) -> tuple[npt.NDArray[np.uint32], Whole]:
    """The number of each hash, in the order in which they first appear, and where that is."""
    order = np.argsort(hashes, kind="stable").astype(np.uint32)
    new = _changes(hashes[order])
    first = order[new]  # of equal hashes the first, as the sort is stable
    rank = np.empty(len(first), np.uint32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.uint32)
    numbers = np.empty(len(hashes), np.uint32)
    numbers[order] = rank[np.cumsum(new, dtype=np.uint32) - 1]
    return numbers, np.sort(first)


def _numbered(found: npt.NDArray[np.unsignedinteger], problems: int) -> npt.NDArray[np.uint32]:
    """Problems as small numbers: the assignment's, then the others as they first appear."""
    numbers = np.where(found == ABSENT, NO_PROBLEM, found & 0xFFFFFFFF).astype(np.uint32)
    others = np.flatnonzero((found >= UNKNOWN) & (found != ABSENT))
    numbers[others] = problems + _by_appearance(found[others])[0]
    return numbers


def _last(
    students: npt.NDArray[np.uint32],
    problems: npt.NDArray[np.uint32],
    claims: npt.NDArray[np.unsignedinteger],
) -> tuple[Whole, npt.NDArray[np.uint32]]:
    """The last record of each claim, and how many of it there are."""
    answered = np.flatnonzero(problems != NO_PROBLEM)
    keys = (claims[answered], problems[answered], students[answered])
    order = answered[np.lexsort(keys)]  # stable: equal claims stay in the order of the files
    new = np.flatnonzero(_changes(students[order], problems[order], claims[order]))
    ends = np.append(new[1:], len(order))[: len(new)]
    return order[ends - 1], (ends - new).astype(np.uint32)


def _running(marked: npt.NDArray[np.bool_], groups: npt.NDArray[np.uint32]) -> Whole:
    """How many are marked up to each row, in its own group; groups are in order."""
    count = np.cumsum(marked)
    starts = np.searchsorted(groups, groups)
    return count - (count - marked)[starts]


def _changes(*columns: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.bool_]:
    """Where a row differs from the one before; the first does."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new
