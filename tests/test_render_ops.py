"""backtrace.render.ops and backtrace ops: the operation table for readers."""

from __future__ import annotations

import json

import pytest
from command_line import run

from backtrace.cli.ops_command import operations
from backtrace.ops import FAMILIES, FUNCTIONS, OPS, Composite, Elementwise, Op, Structural
from backtrace.render import Look
from backtrace.render.op_facts import facts
from backtrace.render.ops import json_text, one, table

PAGES = {
    "relu": """\
relu(x)   rectifiers
  formula        where(x > 0, x, 0)
  ∂/∂x           where(x > 0, 1, 0)
  at a kink      relu'(0) = 0: the subgradient of least norm
  also written   ReLU
  torch          torch.relu
  slips by x     domain: 1
                 wrong-local: x
                 wrong-local: x < 0
                 wrong-local: sign(x)""",
    "log_base": """\
log(x, base)   powers
  formula         log(x)/log(base)
  ∂/∂x            1/(x*log(base))
  ∂/∂base         -v/(base*log(base))
  defined for     a number above 0, and a base above 0 that is not 1
  torch           torch.log(x)/torch.log(base)
  slips by x      wrong-local: 1/x
                  wrong-local: log(base)/x
                  wrong-local: 1/(x*base)
  slips by base   wrong-local: 1/(x*log(base))
                  wrong-local: -v/base
                  wrong-local: -1/(base*log(base)**2)
v is the value of the operation itself""",
    "gelu_tanh": """\
gelu(x, approximate="tanh")   activations
  formula      x*(tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi)) + 1)/2
  ∂/∂x         sqrt(2)*x*(1 - tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi))**2)*(0.134145*x**2 + 1)\
/(2*sqrt(pi)) + tanh(sqrt(2)*(0.044715*x**3 + x)/sqrt(pi))/2 + 1/2
  torch        torch.nn.functional.gelu(x, approximate="tanh")
  slips by x   missing-path: (1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2
               wrong-local: x > 0""",
    "matmul": """\
a @ b   matrices
  ∂L/∂a          Ḡ @ bᵀ
  ∂L/∂b          aᵀ @ Ḡ
  shown for      a (2, 3), b (3, 2)
  also written   mm, bmm, mv
  torch          torch.matmul
  slips by a     transposed: Ḡ @ b
                 transposed: bᵀ @ Ḡ
                 transposed: b @ Ḡᵀ
                 transposed: outer(b, Ḡ)
                 wrong-local: Ḡ*a
  slips by b     transposed: a @ Ḡ
                 transposed: Ḡ @ aᵀ
                 transposed: Ḡᵀ @ a
                 transposed: outer(Ḡ, a)
                 wrong-local: Ḡ*b
Ḡ is the upstream gradient ∂L/∂v, with v the value of the operation itself""",
    "softmax": """\
softmax(x, axis=-1)   normalizing
  definition   u = exp(x); u/sum(u, axis=-1, keepdims=1)
  ∂L/∂x        v*(Ḡ - sum(Ḡ*v, axis=-1, keepdims=1))
  shown for    x (3,)
  note         over the last axis, where axis is not given
  torch        torch.softmax(x, dim=axis)
  slips by x   missing-path: Ḡ*v*(1 - v)
               wrong-local: Ḡ*v
               input-for-output: Ḡ*x*(1 - x)
               wrong-local: v*(Ḡ + sum(Ḡ*v, axis=-1, keepdims=1))
               wrong-local: v*(Ḡ - sum(Ḡ, axis=-1, keepdims=1))
Ḡ is the upstream gradient ∂L/∂v, with v the value of the operation itself""",
    "mul": """\
x*y   arithmetic
  formula        x*y
  ∂/∂x           y
  ∂/∂y           x
  also written   multiply
  torch          torch.mul
  slips by x     wrong-local: x
  slips by y     wrong-local: y""",
    "max": """\
max(x1, x2, …)   piecewise
  formula        max(x1, x2)
  ∂/∂x1          where(x1 > x2, 1, where(x1 < x2, 0, 1/2))
  ∂/∂x2          where(x1 < x2, 1, where(x1 > x2, 0, 1/2))
  at a kink      inputs that tie share the gradient evenly: the subgradient of least norm
  also written   Max, maximum
  torch          torch.maximum(*x) if len(x) == 2 else \
torch.amax(torch.stack(torch.broadcast_tensors(*x)), 0)
  slips by x1    wrong-local: 1
                 wrong-local: x1 < x2
  slips by x2    wrong-local: 1
                 wrong-local: x1 > x2""",
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
    "x.T                 ∂L/∂x = Ḡᵀ x.permute(tuple(range(x.ndim - 1, -1, -1)))",
    "a @ b               ∂L/∂a = Ḡ @ bᵀ, ∂L/∂b = aᵀ @ Ḡ torch.matmul",
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
def test_every_operation_is_told(row: Op, columns: list[str]) -> None:
    """Every row has a derivative or a rule for each input, its convention, notes and torch."""
    page = one(row).plain
    derivatives = [line.split()[0] for line in page.splitlines() if line.startswith("  ∂")]
    by = "∂" if isinstance(row, Elementwise) else "∂L"
    assert derivatives == [f"{by}/∂{name}" for name in inputs(row)]
    called = row.written if not row.notation and getattr(row, "show", None) is None else ""
    for text in (called, row.convention, row.notes, row.torch):
        assert text in page
    written = page.partition("   ")[0]
    assert any(line.startswith(f"  {written} ") for line in columns)


def inputs(row: Op) -> list[str]:
    """The names of the inputs on a page; where there may be any number, those of a sample."""
    if isinstance(row, Structural):
        return row.names(len(row.domain.samples[0].inputs))
    return [f"{row.inputs[0][1:]}1", f"{row.inputs[0][1:]}2"] if row.variadic else [*row.inputs]


@pytest.mark.parametrize("row", [r for r in OPS.values() if isinstance(r, Structural)])
def test_rules_are_told(row: Structural) -> None:
    """A rule is that of the first sample, and a page says so where others have another."""
    found = facts(row)
    assert (found["formula"], found["partials"]) == (None, {})
    assert (found["definition"] is not None) == isinstance(row, Composite)
    for slot, (name, rule) in enumerate(found["rules"].items()):
        assert (rule is not None) == row.passes(slot)
        assert (name in found["whole_numbers"]) == row.is_index(slot)
        assert rule is None or not rule.startswith(":")


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
    assert len({tuple(row) for row in document["operations"]}) == 1
    rows = {row["name"]: row for row in document["operations"]}
    assert rows["relu"]["kind"] == "elementwise"
    assert rows["matmul"]["kind"] == "structural"
    assert rows["matmul"]["rules"] == {"a": "Ḡ @ b.T", "b": "a.T @ Ḡ"}
    assert rows["matmul"]["slips"][0] == {"input": "a", "code": "transposed", "text": "Ḡ @ b"}
    assert rows["one_hot"]["slips"] == []
    assert rows["matmul"]["shown_for"] == {"shapes": {"a": [2, 3], "b": [3, 2]}, "params": {}}
    assert rows["T"]["shown_for"] is None
    assert rows["softmax"]["kind"] == "composite"
    assert rows["softmax"]["definition"] == "u = exp(x); u/sum(u, axis=-1, keepdims=1)"
    assert rows["softmax"]["params"] == {"axis": -1}
    assert rows["reshape"]["params"] == {"shape": None}
    assert rows["cross_entropy"]["whole_numbers"] == ["t"]


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


def test_a_family() -> None:
    """The title of a family asks for its operations alone, as a table and as JSON."""
    text = run("ops", "losses").stdout
    assert "mse(" in text
    assert "tanh(" not in text
    names = [op["name"] for op in json.loads(run("ops", "losses", "--json").stdout)["operations"]]
    assert names == [row.name for row in FAMILIES["losses"]]
    assert "did you mean losses" in run("ops", "loses").stderr
