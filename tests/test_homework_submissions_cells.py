"""Rows and lines with their places."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.homework.submissions.cells import (
    MOST_CELLS,
    MOST_LINES,
    MOST_UNCLOSED,
    cells,
    is_open,
    rows,
)
from backtrace.homework.submissions.lines import BLOCK, CUT, LONGEST, Record, decoded, lines
from backtrace.homework.submissions.records import Notes

CELL = st.text(st.sampled_from('ab,;"\n é'), max_size=6).filter(
    lambda cell: cell == cell.lstrip(" ")
)
TABLES = st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=6)


def lines_of(data: bytes) -> list[Record]:
    """The lines of a file with these bytes."""
    return list(lines(io.BytesIO(data), lambda _: None))


def rows_of(data: bytes, notes: Notes) -> list[Record]:
    """The rows of a table with these bytes, between commas."""
    return list(rows(iter(lines_of(data)), ",", "a.csv", notes))


@given(TABLES, st.sampled_from(",;"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_is_written_is_read(table: list[list[str]], delimiter: str, quoting: int) -> None:
    """What the csv module writes is read as it was, each row from its own bytes."""
    out, notes = io.StringIO(), Notes()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerows(table)
    data = out.getvalue().encode()
    found = list(rows(iter(lines_of(data)), delimiter, "a.csv", notes))
    again = [data[row.offset : row.offset + len(row.data)] for row in found]
    assert [cells(decoded(row), delimiter) for row in again] == table
    assert [row.number for row in found] == [1 + data.count(b"\n", 0, row.offset) for row in found]
    assert not notes.texts()


@given(st.text(st.sampled_from('a,"'), max_size=12))
def test_cells_are_those_of_the_csv_module(text: str) -> None:
    """However the quotes stand in a line, it has the cells that the csv module finds."""
    assert cells(text, ",") == (next(csv.reader([text])) or [""])


@given(st.text(st.sampled_from('a,"'), max_size=8), st.text(st.sampled_from('a,"'), max_size=8))
def test_a_line_that_goes_on(first: str, second: str) -> None:
    """A line is open if the csv module takes the next one into the same row, and so is a second."""
    assert is_open(first, ",") == (len(list(csv.reader([f"{first}\n", "b\n"]))) == 1)
    both = len(list(csv.reader([f"{first}\n", f"{second}\n", "b\n"])))
    if is_open(first, ","):
        assert is_open(second, ",", inside=True) == (both == 1)


def test_a_quote_that_is_never_closed() -> None:
    """It ends with its line: the students below it are read."""
    notes = Notes()
    found = rows_of(b'a,"1\nb,2\n"c\nd",3\n', notes)
    assert [row.data for row in found] == [b'a,"1\nb,2\n"c', b'd",3']
    found = rows_of(b'a,"1\nb,2\nc,"3\n4"\nd,5', notes)
    assert [row.data for row in found][:2] == [b'a,"1\nb,2\nc,"3', b'4"']
    found = rows_of(b'a,"1\nb,2\nc,3', Notes())
    assert [(row.data, row.number) for row in found] == [(b'a,"1', 1), (b"b,2", 2), (b"c,3", 3)]


@pytest.mark.parametrize("filler", [b"x\n" * MOST_LINES, b"x" * LONGEST])
def test_a_quote_that_is_closed_too_late(filler: bytes) -> None:
    """A cell of very many lines, or a very long one, is a quote that was never closed."""
    notes = Notes()
    data = b'a,"1\n' + filler + b'\n"'
    assert [row.data for row in rows_of(data, notes)] == data.split(b"\n")
    assert notes.texts()[0] == "a.csv, line 1: a quote is opened and never closed"


@pytest.mark.parametrize("text", ["a," * 50_000, '"a",' * 50_000, '"a' + '",' * 50_000])
def test_very_many_cells(text: str) -> None:
    """Cells beyond any table are left in one, and no quote among them is looked for."""
    found = cells(text, ",")
    assert len(found) == MOST_CELLS + 1
    assert text.endswith(found[-1])
    assert not is_open(f'{text}"b', ",")


def test_many_quotes_that_are_never_closed() -> None:
    """After some of them every line is a row, so that no file is read for ever."""
    notes = Notes()
    found = rows_of(b'a"b,"c\n' * 20_000, notes)
    assert len(found) == 20_000
    assert len(notes.texts()) == MOST_UNCLOSED


PIECES = st.sampled_from([b"", b"a", b"\n", b"\r\n", b"x" * (BLOCK - 1), b"y" * LONGEST])


@given(st.lists(PIECES, max_size=8).map(b"".join))
def test_lines_have_their_places(data: bytes) -> None:
    """Every line is there with its number and offset, up to one byte more than is read."""
    whole = data.split(b"\n")
    whole = whole if whole[-1] else whole[:-1]
    found = lines_of(data)
    assert [line.data for line in found] == [line[: LONGEST + 1] for line in whole]
    assert [line.number for line in found] == list(range(1, len(whole) + 1))
    assert all(data[line.offset :].startswith(line.data) for line in found)
    assert [line.offset for line in found] == [
        sum(len(other) + 1 for other in whole[:number]) for number in range(len(whole))
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r", "a"), (b"a\r\nb\r", "a\nb"), (b"a\rb", "a\rb"), (b"\xef\xbb\xbfa", "a"),
        (b"\xffa\0", "\N{REPLACEMENT CHARACTER}a\0"), ("é".encode(), "é"),
        (b"a" * LONGEST, "a" * LONGEST), (b"a" * (LONGEST + 1), "a" * LONGEST + CUT),
    ],
)  # fmt: skip
def test_decoded(data: bytes, text: str) -> None:
    """What is no text is marked, and so is the end of what was cut off."""
    assert decoded(data) == text
