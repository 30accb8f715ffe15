"""backtrace.render.cells: styled pieces in lines and columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backtrace.render.cells import (
    Cell,
    assembled,
    columns,
    folded,
    folded_at_signs,
    padded,
    trimmed,
    width_of,
)

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


def test_folded_keeps_lists_together() -> None:
    """A list of numbers, a row of a matrix, a shape and a norm are each on one line."""
    cell = (("W = ", ""), ("[[0.1, 0.2], [0.3, 0.4]]", ""), ("   (2, 2)   ‖·‖ = 0.5", ""))
    assert list(map(plain, folded(cell, 16))) == [
        "W = [[0.1, 0.2], ",
        "[0.3, 0.4]]   ",
        "(2, 2)   ",
        "‖·‖ = 0.5",
    ]
    assert plain(folded((("[0.125, 0.25, 0.5]", ""),), 10)[0]) == "[0.125, "


EQUATION: Cell = (
    ("gradient  ", ""),
    ("dL/dx = ", ""),
    ("[0.1, 0.2]", "magenta"),
    (" ⊙ ", ""),
    ("[0.3, 0.4]", "cyan"),
    (" = ", ""),
    ("[[0.03, 0.08], [0.1, 0.2]]", ""),
)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (80, ["gradient  dL/dx = [0.1, 0.2] ⊙ [0.3, 0.4] = [[0.03, 0.08], [0.1, 0.2]]"]),
        (
            46,
            [
                "gradient  dL/dx = [0.1, 0.2] ⊙ [0.3, 0.4]",
                "          = [[0.03, 0.08], [0.1, 0.2]]",
            ],
        ),
        (
            30,
            [
                "gradient  dL/dx = [0.1, 0.2]",
                "          ⊙ [0.3, 0.4]",
                "          = [[0.03, 0.08],",
                "             [ 0.1,  0.2]]",
            ],
        ),
    ],
)
def test_folded_at_signs(width: int, lines: list[str]) -> None:
    """An equation of arrays is broken before a sign, and a matrix between its rows."""
    found = [plain(trimmed(line)) for line in folded_at_signs(EQUATION, width, 10)]
    assert found == lines


@given(st.integers(24, 80))
def test_folded_at_signs_keeps_to_the_width(width: int) -> None:
    """All of the text is there, and no line is longer than asked for."""
    lines = [plain(trimmed(line)) for line in folded_at_signs(EQUATION, width, 10)]
    assert "".join(lines).replace(" ", "") == plain(EQUATION).replace(" ", "")
    assert max(map(cell_len, lines)) <= width


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
