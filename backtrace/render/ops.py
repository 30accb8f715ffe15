"""The operation table for readers: as columns, one operation in detail, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from backtrace.lazy import sympy as sp
from backtrace.ops import FAMILIES, Elementwise
from backtrace.ops.named import exact
from backtrace.render import PLAIN, Look
from backtrace.render.cells import (
    DIM,
    KINK,
    LOCAL,
    NAME,
    Cell,
    assembled,
    folded,
    padded,
    width_of,
)
from backtrace.render.text import Glyphs, glyphs_for
from backtrace.symbolic import text

SCHEMA = "backtrace.ops/1"
GAP = "   "
NARROWEST = 20  # columns that a sentence is folded to at least
HEADS = ("operation", "formula", "derivative", "torch")
SHARES = (0.22, 0.26, 0.28, 0.24)  # of the width of a terminal
OUTPUT = "v"  # what the value of the operation is called in its derivatives
EXPLAINED: Cell = ((f"{OUTPUT} is the value of the operation itself", DIM),)


def facts(row: Elementwise) -> dict[str, Any]:
    """What the table says of an operation, as text, under the names that the JSON has for it."""
    names = [row.inputs[0][1:] + k for k in "12"] if row.variadic else list(row.inputs)
    inputs = [sp.Symbol(name, real=True) for name in names]
    params = exact(row.params)
    partials = row.partials(*inputs, sp.Symbol(OUTPUT, real=True), **params)
    return {
        "name": row.name,
        "family": next(name for name, rows in FAMILIES.items() if row in rows),
        "written": _written(row, names),
        "also": list(row.also),
        "formula": text(row.formula(*inputs, **params)),
        "partials": {name: text(p) for name, p in zip(names, partials, strict=True)},
        "needs": row.domain.needs,
        "convention": row.convention,
        "notes": row.notes,
        "torch": row.torch,
    }


def table(look: Look = PLAIN) -> Text:
    """Every operation by family: how it is written, its formula, its derivatives, torch's name."""
    glyphs = glyphs_for(look.ascii)
    groups = {family: [facts(row) for row in rows] for family, rows in FAMILIES.items()}
    head: Sequence[Cell] = [((word, DIM),) for word in HEADS]
    cells = {f["name"]: _cells(f, glyphs) for rows in groups.values() for f in rows}
    widths = _widths([head, *cells.values()], look.width)

    lines = [EXPLAINED, _line(head, widths)]
    for family, rows in groups.items():
        lines += [(), ((glyphs.clean(family), f"{NAME} underline"),)]
        for f in rows:
            lines += _row(f, cells[f["name"]], widths, glyphs, look.width)
            if f["convention"]:
                lines += _folded_under(f["convention"], KINK, glyphs, look.width)
    return assembled(lines)


def one(row: Elementwise, look: Look = PLAIN) -> Text:
    """All that the table says of one operation."""
    glyphs, f = glyphs_for(look.ascii), facts(row)
    lines: list[Cell] = [((glyphs.clean(f["written"]), NAME), (f"   {f['family']}", DIM))]
    said = [("formula", f["formula"], "")]
    said += [(_by(name, glyphs), partial, LOCAL) for name, partial in f["partials"].items()]
    said += [
        ("defined for", f["needs"], ""),
        ("at a kink", f["convention"], KINK),
        ("note", f["notes"], ""),
        ("also written", ", ".join(f["also"]), ""),
        ("torch", f["torch"], ""),
    ]
    indent = 2 + max(len(label) for label, value, _ in said if value) + len(GAP)
    for label, value, style in said:
        if value:
            first, *rest = _folded_under(value, style, glyphs, look.width, indent)
            lines += [((f"  {label}".ljust(indent), DIM), *first[1:]), *rest]
    if any(OUTPUT in _names(p) for p in f["partials"].values()):
        lines.append(EXPLAINED)
    return assembled(lines)


def json_text(rows: Iterable[Elementwise]) -> str:
    """The operations as JSON, schema backtrace.ops/1."""
    document = {"schema": SCHEMA, "operations": [facts(row) for row in rows]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _written(row: Elementwise, names: Sequence[str]) -> str:
    """How the operation is called, with the params it takes and their defaults."""
    plain = row.shown(list(names), row.params)
    if row.variadic:
        plain = plain.replace(", ".join(names), f"{', '.join(names)}, …")
    if not row.params or not plain.endswith(")"):
        return plain
    return f"{plain[:-1]}, {', '.join(f'{k}={v:g}' for k, v in row.params.items())})"


def _cells(f: Mapping[str, Any], glyphs: Glyphs) -> list[Cell]:
    formula = "" if f["formula"] == f["written"] else f["formula"]
    several = len(f["partials"]) > 1
    partials = [f"{_by(n, glyphs)} = {p}" if several else p for n, p in f["partials"].items()]
    return [
        ((f"  {glyphs.clean(f['written'])}", NAME),),
        ((glyphs.clean(formula), ""),),
        ((glyphs.clean(", ".join(partials)), LOCAL),),
        ((f["torch"].replace("torch.nn.functional.", "F."), DIM),),
    ]


def _by(name: str, glyphs: Glyphs) -> str:
    return f"{glyphs.d}/{glyphs.d}{name}"


def _names(formula: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in formula).split())


def _widths(rows: Sequence[Sequence[Cell]], width: int | None) -> list[int]:
    """The widths of the columns, of which each has its share of the terminal at most."""
    natural = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    if width is None or sum(natural) + len(GAP) * (len(natural) - 1) <= width:
        return natural
    room = width - len(GAP) * (len(natural) - 1)
    limits = [int(room * share) for share in SHARES]
    return [
        max((w for w in map(width_of, column) if w <= limit), default=limit)
        for column, limit in zip(zip(*rows, strict=True), limits, strict=True)
    ]


def _row(
    f: Mapping[str, Any],
    cells: Sequence[Cell],
    widths: Sequence[int],
    glyphs: Glyphs,
    width: int | None,
) -> Iterator[Cell]:
    """An operation as one line; where a cell is wider than its column, as a line for each fact."""
    if all(width_of(cell) <= size for cell, size in zip(cells, widths, strict=True)):
        yield _line(cells, widths)
        return
    yield cells[0]
    if width_of(cells[1]):
        yield from _folded_under(f"= {f['formula']}", "", glyphs, width)
    for name, partial in f["partials"].items():
        yield from _folded_under(f"{_by(name, glyphs)} = {partial}", LOCAL, glyphs, width)
    yield from _folded_under(f"torch: {f['torch']}", DIM, glyphs, width)


def _line(cells: Sequence[Cell], widths: Sequence[int]) -> Cell:
    line: list[tuple[str, str]] = []
    for cell, size in zip(cells, widths, strict=True):
        line += [*padded(cell, size), (GAP, "")]
    return tuple(line)


def _folded_under(
    sentence: str, style: str, glyphs: Glyphs, width: int | None, indent: int = 4
) -> list[Cell]:
    room = None if width is None else max(NARROWEST, width - indent)
    cell = ((glyphs.clean(sentence), style),)
    return [((" " * indent, ""), *line) for line in folded(cell, room)]
