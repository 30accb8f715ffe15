"""backtrace.render.cells: styled pieces in lines and columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backtrace.render.cells import Cell, assembled, columns, folded, padded, width_of

WORDS = st.text(st.sampled_from("ab ∂×ŷ变"), max_size=30)
CELLS = st.lists(st.tuples(WORDS, st.sampled_from(["", "bold"])), max_size=4).map(tuple)


def plain(cell: Cell) -> str:
    return "".join(text for text, _ in cell)


@given(CELLS, st.integers(6, 20))
def test_folded(cell: Cell, width: int) -> None:
    """A folded cell has all of its text but spaces, and no line wider than asked for."""
    lines = folded(cell, width)
    assert "".join(map(plain, lines)).replace(" ", "") == plain(cell).replace(" ", "")
    if width_of(cell) <= width:
        assert lines == [cell]
    else:
        assert all(cell_len(plain(line).rstrip(" ")) <= width for line in lines)


def test_folded_at_spaces() -> None:
    """A line is broken between words where it can be."""
    assert list(map(plain, folded((("one two ", ""), ("three", "bold")), 8))) == [
        "one two ",
        "three",
    ]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), st.booleans())
def test_columns(rows: list[tuple[Cell, Cell]], right: bool) -> None:
    """Every line of columns is of the same width, in terminal cells and not in characters."""
    lines = columns(rows, right=[0] if right else [])
    assert len({width_of(line) for line in lines}) == 1


def test_padded() -> None:
    """Spaces go after a cell, or before it."""
    cell = (("ab", "bold"),)
    assert plain(padded(cell, 4)) == "ab  "
    assert plain(padded(cell, 4, right=True)) == "  ab"


def test_assembled() -> None:
    """Lines have no spaces at their ends, markup is text, and empty lines stay."""
    text = assembled([(("x[i] + [w]", "bold"), ("   ", "")), (), (("[red]a ", ""),)])
    assert text.plain == "x[i] + [w]\n\n[red]a"
    assert [(s.start, s.end) for s in text.spans if s.style == "bold"] == [(0, 10)]
