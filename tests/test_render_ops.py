"""backtrace.render.ops and backtrace ops: the operation table for readers."""

from __future__ import annotations

import json

import pytest
from command_line import run

from backtrace.cli.ops_command import operations
from backtrace.ops import FAMILIES, FUNCTIONS, OPS, Elementwise
from backtrace.render import Look
from backtrace.render.ops import json_text, one, table

PAGES = {
    "relu": """\
relu(x)   rectifiers
  formula        where(x > 0, x, 0)
  ∂/∂x           where(x > 0, 1, 0)
  at a kink      relu'(0) = 0: the subgradient of least norm
  also written   ReLU
  torch          torch.relu""",
    "log_base": """\
log(x, base)   powers
  formula       log(x)/log(base)
  ∂/∂x          1/(x*log(base))
  ∂/∂base       -v/(base*log(base))
  defined for   a number above 0, and a base above 0 that is not 1
  torch         torch.log(x)/torch.log(base)
v is the value of the operation itself""",
    "gelu_tanh": """\
gelu(x, approximate="tanh")   activations
  formula   x*(tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi)) + 1)/2
  ∂/∂x      sqrt(2)*x*(1 - tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi))**2)*(0.134145*x**2 + 1)\
/(2*sqrt(pi)) + tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi))/2 + 1/2
  torch     torch.nn.functional.gelu(x, approximate="tanh")""",
    "mul": """\
x*y   arithmetic
  formula        x*y
  ∂/∂x           y
  ∂/∂y           x
  also written   multiply
  torch          torch.mul""",
    "max": """\
max(x1, x2, …)   piecewise
  formula        max(x1, x2)
  ∂/∂x1          where(x1 > x2, 1, where(x1 < x2, 0, 1/2))
  ∂/∂x2          where(x1 < x2, 1, where(x1 > x2, 0, 1/2))
  at a kink      inputs that tie share the gradient evenly: the subgradient of least norm
  also written   Max, maximum
  torch          torch.maximum(*x) if len(x) == 2 else \
torch.amax(torch.stack(torch.broadcast_tensors(*x)), 0)""",
}


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str) -> None:
    """An operation is told with its formula, a derivative for each input, and its names."""
    assert one(OPS[name]).plain == PAGES[name]


LINES = (
    "x + y               ∂/∂x = 1, ∂/∂y = 1 torch.add",
    "x/y                 ∂/∂x = 1/y, ∂/∂y = -x/y**2 torch.div",
    "-x                  -1 torch.neg",
    "exp(x)              v torch.exp",
    "sqrt(x)             1/(2*v) torch.sqrt",
    "tanh(x)             1 - v**2 torch.tanh",
    "log1p(x)  log(x + 1) 1/(x + 1) torch.log1p",
    "sigmoid(x) 1/(1 + exp(-x)) v*(1 - v) torch.sigmoid",
    "sin(x)              cos(x) torch.sin",
)


@pytest.fixture(scope="module")
def columns() -> list[str]:
    """The lines of the table."""
    return table().plain.splitlines()


@pytest.mark.parametrize("line", LINES)
def test_line(line: str, columns: list[str]) -> None:
    """In the table an operation is one line; a formula that is its own name is not repeated."""
    assert line.split() in [shown.split() for shown in columns]


@pytest.mark.parametrize("row", OPS.values(), ids=OPS)
def test_every_operation_is_told(row: Elementwise, columns: list[str]) -> None:
    """Every row has a derivative for each input, its convention, its notes and torch's name."""
    page = one(row).plain
    derivatives = [line.split()[0] for line in page.splitlines() if "∂" in line]
    inputs = (f"{row.inputs[0][1:]}1", f"{row.inputs[0][1:]}2") if row.variadic else row.inputs
    assert derivatives == [f"∂/∂{name}" for name in inputs]
    for text in (row.written if not row.notation else "", row.convention, row.notes, row.torch):
        assert text in page
    written = page.partition("   ")[0]
    assert any(line.startswith(f"  {written} ") for line in columns)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_keeps_to_the_width(width: int) -> None:
    """On a terminal no line is wider than the terminal."""
    lines = table(Look(width=width)).plain.splitlines()
    assert max(map(len, lines)) <= width
    for row in OPS.values():
        assert max(map(len, one(row, Look(width=width)).plain.splitlines())) <= width


def test_piped_an_operation_is_one_line() -> None:
    """Without a width every operation is one line, so that grep finds all of it."""
    lines = table().plain.splitlines()
    assert sum("torch.log1p" in line and "log1p(x)" in line for line in lines) == 1
    for family in FAMILIES:
        assert family in lines


def test_ascii() -> None:
    """The table can be drawn in ASCII."""
    assert table(Look(ascii=True)).plain.isascii()
    assert all(one(row, Look(ascii=True)).plain.isascii() for row in OPS.values())


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
    assert run("ops").stdout == table().plain + "\n"
    assert run("ops", "ln").stdout == one(OPS["log"]).plain + "\n"
    assert json.loads(run("ops", "ln", "--json").stdout)["operations"][0]["name"] == "log"
    done = run("ops", "tahn")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'no operation is called "tahn": did you mean tan' in done.stderr
