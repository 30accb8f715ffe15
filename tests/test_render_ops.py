"""backtrace.render.ops and backtrace ops: the operation table for readers."""

from __future__ import annotations

import json

import pytest
from command_line import run

from backtrace.cli.ops_command import operations
from backtrace.ops import FAMILIES, FUNCTIONS, OPS, Elementwise
from backtrace.render.ops import facts, json_text, one, table
from backtrace.render.text import plain_text


@pytest.mark.parametrize("row", OPS.values(), ids=OPS)
def test_every_operation_is_told(row: Elementwise) -> None:
    """Each row has its formula, a derivative for each input, its convention and torch's name."""
    shown = plain_text(one(row))
    told = facts(row)
    assert set(told["partials"]) >= {name for name in row.inputs if not row.variadic}
    for text in (told["written"], told["formula"], row.convention, row.notes, row.torch):
        assert text in shown
    for partial in told["partials"].values():
        assert partial in shown
    assert told["written"].split()[0] in plain_text(table())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_keeps_to_the_width(width: int) -> None:
    """On a terminal no line is wider than the terminal."""
    lines = plain_text(table(width=width)).splitlines()
    assert max(map(len, lines)) <= width
    for row in OPS.values():
        assert max(map(len, plain_text(one(row, width=width)).splitlines())) <= width


def test_piped_an_operation_is_one_line() -> None:
    """Without a width every operation is one line, so that grep finds all of it."""
    lines = plain_text(table()).splitlines()
    assert sum("torch.log1p" in line and "log1p(x)" in line for line in lines) == 1
    for family in FAMILIES:
        assert family in lines


def test_ascii() -> None:
    """The table can be drawn in ASCII."""
    assert plain_text(table(ascii=True)).isascii()
    assert all(plain_text(one(row, ascii=True)).isascii() for row in OPS.values())


def test_json() -> None:
    """The JSON has a schema and every row."""
    document = json.loads(json_text(OPS.values()))
    assert document["schema"] == "backtrace.ops/1"
    assert [row["name"] for row in document["operations"]] == list(OPS)


def test_every_name_is_found() -> None:
    """Second names and signs find their operation."""
    known = operations()
    assert set(FUNCTIONS) | set(OPS) <= set(known)
    assert [row.name for row in known["*"]] == ["mul"]
    assert {row.name for row in known["-"]} == {"sub", "neg"}
    assert known["ln"] == known["log"][:1]


def test_the_command() -> None:
    """`backtrace ops`, one operation by any of its names, and an unknown one."""
    assert run("ops").stdout == plain_text(table()) + "\n"
    assert run("ops", "ln").stdout == plain_text(one(OPS["log"])) + "\n"
    assert json.loads(run("ops", "ln", "--json").stdout)["operations"][0]["name"] == "log"
    done = run("ops", "tahn")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'no operation is called "tahn": did you mean tan' in done.stderr
