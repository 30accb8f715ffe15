"""backtrace.render.verdicts: what `backtrace check` shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graded import CARETS, HOSTILE, VERDICTS, WRONG
from hypothesis import given
from hypothesis import strategies as st
from reading_reports import strictly
from recording import ESCAPES, assert_snapshot, on_screen
from rich.cells import cell_len

from backtrace.errors import ReadError, Span, printable
from backtrace.homework.reports.facts import Facts
from backtrace.homework.verdicts import STATES, Verdict
from backtrace.render import Look
from backtrace.render.cells import width_of
from backtrace.render.marks import STYLES, cut, mark
from backtrace.render.text import ASCII, UNICODE
from backtrace.render.verdicts import verdicts
from backtrace.render.verdicts_json import json_text

FOUND = list(VERDICTS.values())
EVIL = [
    replace(WRONG, claim=text, message=f"sign: {text}", read_as=text, notes=(text,))
    for text in HOSTILE
]


@pytest.mark.parametrize("width", [None, 40, 80, 120])
def test_as_recorded(width: int | None) -> None:
    """Every state looks as recorded; columns are aligned and no line is too long."""
    text = verdicts(FOUND, Look(width=width)).plain
    assert max(map(cell_len, text.splitlines())) <= (width or 120)
    assert_snapshot(f"verdicts.{width or 'piped'}.txt", text)


def test_as_in_the_documentation() -> None:
    """A wrong claim has its mistake beside it, and the point that shows it below."""
    found = replace(WRONG, message="missing-local: the factor ∂s/∂w = x is left out", notes=())
    assert verdicts([found]).plain.splitlines() == [
        "✗ dL/dw = 2*s   missing-local: the factor ∂s/∂w = x is left out",
        "  at w=1.3 x=-0.7 y=0.4 yours gives -2.62, the derivative is 1.834 (differences: 1.8340)",
    ]


def test_digits() -> None:
    """Numbers have as many digits as were asked for."""
    assert "the derivative is 1.8 (" in verdicts([WRONG], Look(digits=2)).plain


def test_withheld() -> None:
    """Of what the facts withhold nothing is left to show."""
    shown = Facts(hints="none").shown(WRONG)
    assert verdicts([shown]).plain == "✗ dL/dw = 2*s   wrong"
    shown = Facts(hints="code").shown(WRONG)
    assert "missing-local: " in verdicts([shown]).plain
    assert verdicts([Facts().shown(WRONG)]).plain.endswith("-2.62, and the derivative is another")


def test_ascii() -> None:
    """In ASCII every mark is another one, and nothing else is drawn with other characters."""
    text = verdicts([*FOUND, *EVIL], Look(ascii=True)).plain
    assert text.isascii()
    assert_snapshot("verdicts.ascii.txt", verdicts(FOUND, Look(ascii=True, width=80)).plain)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_marks(glyphs: object) -> None:
    """No two states have the same mark."""
    assert len({mark(state, glyphs)[0] for state in STATES}) == len(STATES)  # type: ignore[arg-type]
    assert STYLES.keys() == set(STATES)


def test_colours() -> None:
    """On a terminal each state has its colour, and the text is the same."""
    made = verdicts(FOUND, Look(width=80))
    assert_snapshot("verdicts.ansi", on_screen(made, 80))
    assert ESCAPES.sub("", on_screen(made, 80)) == made.plain


@pytest.mark.parametrize("width", [None, 20, 40, 80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_hostile_texts(width: int | None, ascii: bool) -> None:
    """Nothing of what students wrote acts on the terminal, takes pages or is wider than it."""
    for verdict in EVIL:
        text = verdicts([verdict], Look(width=width, ascii=ascii)).plain
        assert all(line.isprintable() for line in text.split("\n"))
        assert len(text) < 12_000
        if width:
            assert max(map(cell_len, text.split("\n"))) <= width


@pytest.mark.parametrize("width", [None, 30, 40, 60, 80])
@pytest.mark.parametrize("at", [0, 3, 60, 150])
def test_carets_stay_under_their_place(at: int, width: int | None) -> None:
    """The line of carets moves with the line above it, however narrow the screen."""
    source = "a" * at + "§" + "b" * (160 - at)
    message = str(ReadError("this cannot be read", source, Span(at, at + 1)))
    lines = verdicts([Verdict("x = …", "unreadable", message)], Look(width=width)).plain.split("\n")
    assert lines[-2].index("§") == lines[-1].index("^")
    assert max(map(len, lines)) <= (width or 100)


def test_carets_as_they_are() -> None:
    """A caret picture that fits stands as it is, indented."""
    lines = verdicts([VERDICTS["unreadable"]], Look(width=80)).plain.split("\n")
    assert lines[1:] == [f"  {line}" for line in CARETS.split("\n")[1:]]


def test_several_lines() -> None:
    """Another line of a message that is no picture is broken to the width."""
    message = f"unreadable\n{'word ' * 40}\n    x)\n     ^"
    lines = verdicts([Verdict("x)", "unreadable", message)], Look(width=80)).plain.split("\n")
    assert max(map(len, lines)) <= 80
    assert sum(line.count("word") for line in lines) == 40
    assert lines[-2:] == ["      x)", "       ^"]


def test_none() -> None:
    """No verdicts are no lines."""
    assert verdicts([]).plain == ""


@given(st.text(max_size=60).map(printable), st.integers(0, 40))
def test_cut(text: str, width: int) -> None:
    """A text is cut in the middle to as many cells, wide characters counted as two."""
    found = cut(text, width, UNICODE)
    assert width_of(((found, ""),)) <= width
    if cell_len(text) <= width:
        assert found == text
    elif width:
        assert "…" in found


def test_cut_in_the_middle() -> None:
    """Beginning and end are kept."""
    assert cut("abcdefghij", 5, UNICODE) == "ab…ij"
    assert cut("abcdefghij", 7, ASCII) == "ab...ij"
    assert cut("名前の長い学生", 9, UNICODE) == "名前…学生"


def test_verdicts_json_text() -> None:
    """Verdicts alone have the keys of a claim that are theirs."""
    found = strictly(json_text(VERDICTS.values()))
    assert found["schema"] == "backtrace.verdicts/1"
    assert [v["state"] for v in found["verdicts"]] == [v.state for v in VERDICTS.values()]
    by_claim = {v["claim"]: v for v in found["verdicts"]}
    undefined, array = by_claim["dL/dx = log(-s**2)"], by_claim["dL/dW = W"]
    assert undefined["counterexample"] == {
        "point": {"w": "inf"},
        "yours": None,
        "right": "-inf",
        "differences": "nan",
        "quantity": "derivative",
        "entry": [],
    }
    assert array["counterexample"]["point"] == {"W": [[1, 2], [3, 4]]}
    assert array["counterexample"]["right"] == [0, "nan"]
    assert "counterexample" in by_claim["dL/ds = 2*s"]
    assert strictly(json_text([]))["verdicts"] == []
