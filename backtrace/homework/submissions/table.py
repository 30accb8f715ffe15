"""Answers in a table: a row for each answer, or for each student with a column for each claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from backtrace.errors import UsageError
from backtrace.homework.submissions.cells import DELIMITERS, cells, rows
from backtrace.homework.submissions.keys import Keys
from backtrace.homework.submissions.lines import Record, decoded
from backtrace.homework.submissions.records import Entry, Notes, shown, student_name

# What the column of students may be called, the likeliest first.
STUDENT = (
    "student", "student id", "student_id", "studentid", "sis user id", "sis id", "sis login id",
    "id", "id number", "username", "user name", "user", "login", "email", "email address",
    "e-mail", "mail", "student name", "full name", "name",
)  # fmt: skip

ANSWERED = ("claim", "answer")


class Long:
    """`student,problem,claim,answer`: the columns of these four; -1 is a column left out."""

    def __init__(self, delimiter: str, width: int, columns: Sequence[int]) -> None:
        self.delimiter, self.width, self.columns = delimiter, width, columns

    def records(self, lines: Iterator[Record], name: str, notes: Notes) -> Iterator[Record]:
        """A record for each row that is not blank."""
        return _filled(rows(lines, self.delimiter, name, notes))

    def entries(self, text: str, _above: bytes) -> tuple[Sequence[Entry], str]:
        """The answer of a row; commas that should have been quoted are part of a last answer."""
        found, flaw = cells(text, self.delimiter), ""
        if len(found) != self.width:
            flaw = _ragged(found, self.width)
            found = self._mended(found)
        student, problem, claim, answer = self.columns
        asked = found[problem].strip() if problem >= 0 else ""
        name = student_name(found[student])
        return (Entry(name, asked, found[claim].strip(), found[answer].strip()),), flaw

    def _mended(self, found: list[str]) -> list[str]:
        """A row with as many cells as the header, or more."""
        answer = self.columns[-1]
        if answer == self.width - 1 and any(found[self.width :]):
            return [*found[:answer], self.delimiter.join(found[answer:])]
        return found + [""] * (self.width - len(found))


class Wide:
    """A row for each student: `claims` are the columns with the problem and claim of each."""

    def __init__(
        self, delimiter: str, width: int, student: int, claims: Sequence[tuple[int, str, str]]
    ) -> None:
        self.delimiter, self.width, self.student, self.claims = delimiter, width, student, claims

    def records(self, lines: Iterator[Record], name: str, notes: Notes) -> Iterator[Record]:
        """A record for each row that is not blank."""
        return _filled(rows(lines, self.delimiter, name, notes))

    def entries(self, text: str, _above: bytes) -> tuple[Sequence[Entry], str]:
        """The cells of a row that are filled in; of an empty row, who handed it in."""
        found = cells(text, self.delimiter)
        flaw = _ragged(found, self.width)
        found += [""] * (self.width - len(found))
        student = student_name(found[self.student])
        answered = [
            Entry(student, problem, claim, answer)
            for column, problem, claim in self.claims
            if (answer := found[column].strip())
        ]
        return answered or [Entry(student)], flaw


def open_table(
    lines: Iterator[Record], name: str, keys: Keys, notes: Notes
) -> tuple[Long | Wide, Iterator[Record]]:
    """The format of a table, told by its header, and the lines after it. Raises UsageError."""
    first = next((line for line in lines if line.data.strip()), Record(0, 1, b""))
    delimiter = delimiter_of(decoded(first.data))
    left = chain([first], lines)
    header = next(rows(left, delimiter, name, notes))
    table = table_of(decoded(header.data), keys, name, notes)
    if table is None:
        raise _no_header(decoded(header.data), header.data, name, keys)
    return table, left


def _no_header(header: str, data: bytes, name: str, keys: Keys) -> UsageError:
    """What a table should begin with, or what else is wrong with it as a whole."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return UsageError(f"{shown(name)} is UTF-16 text: save it as UTF-8")
    if "\r" in header:
        return UsageError(f"{shown(name)} has lines that end in CR alone: save it with LF or CR LF")
    return UsageError(
        f"{shown(name)}: the first line should be student,problem,claim,answer, or student "
        f"and columns such as {keys.problems[0]}:dL/dw, and is {shown(header) or 'empty'}"
    )


def table_of(header: str, keys: Keys, name: str, notes: Notes) -> Long | Wide | None:
    """The format that a header tells, or None."""
    delimiter = delimiter_of(header)
    titles = [title.strip() for title in cells(header, delimiter)]
    lower = [title.casefold() for title in titles]
    student = next((lower.index(title) for title in STUDENT if title in lower), -1)
    places = [lower.index(title) if title in lower else -1 for title in ("problem", *ANSWERED)]
    if min(student, *places[1:]) >= 0 and (places[0] >= 0 or len(keys.problems) == 1):
        return Long(delimiter, len(titles), (student, *places))
    return _wide(delimiter, titles, student, keys, lambda text: notes.add(name, 1, text))


def _wide(
    delimiter: str, titles: list[str], student: int, keys: Keys, note: Callable[[str], None]
) -> Wide | None:
    """A table with columns for claims, if there are any beside the student's."""
    claims = [
        (column, *named)
        for column, title in enumerate(titles)
        if column != student and (named := keys.column(title))
    ]
    known = [claim for claim in claims if keys.is_problem(claim[1])]
    if not known or (student < 0 and known[0][0] == 0):
        return None
    for column, problem, _ in claims:
        if not keys.is_problem(problem):
            note(f"no such problem, so the column is not read: {shown(titles[column])}")
    return Wide(delimiter, len(titles), max(student, 0), known)


def delimiter_of(header: str) -> str:
    """The delimiter that makes the most cells of a header: `,`, `;` or a tab."""
    return max(DELIMITERS, key=lambda delimiter: len(cells(header, delimiter)))


def _filled(records: Iterator[Record]) -> Iterator[Record]:
    return (record for record in records if record.data.strip(b" \r\n\t,;"))


def _ragged(found: Sequence[str], width: int) -> str:
    count = len(found)
    return "" if count == width else f"{count} cells, and the header has {width}"
