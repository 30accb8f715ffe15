"""The operation table for readers: as columns, one operation in detail, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from backtrace.ops import FAMILIES, Op
from backtrace.ops.params import written
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
from backtrace.render.op_facts import OUTPUT, Facts, facts
from backtrace.render.text import Glyphs, glyphs_for

SCHEMA = "backtrace.ops/1"
GAP = "   "
NARROWEST = 20  # columns that a sentence is folded to at least
HEADS = ("operation", "formula", "derivative", "torch")
SHARES = (0.22, 0.26, 0.28, 0.24)  # of the width of a terminal
EXPLAINED: Cell = ((f"{OUTPUT} is the value of the operation itself", DIM),)


def table(look: Look = PLAIN, family: str | None = None) -> Text:
    """Every operation by family: how it is written, its formula, its derivatives, torch's name.

    With `family` those of one family.
    """
    glyphs = glyphs_for(look.ascii)
    asked = FAMILIES if family is None else {family: FAMILIES[family]}
    groups = {name: [facts(row) for row in rows] for name, rows in asked.items()}
    head: Sequence[Cell] = [((word, DIM),) for word in HEADS]
    cells = {f["name"]: _cells(f, glyphs) for rows in groups.values() for f in rows}
    widths = _widths([head, *cells.values()], look.width)

    lines = [EXPLAINED, *folded(_rules_explained(glyphs), look.width), _line(head, widths)]
    for name, rows in groups.items():
        lines += [(), ((glyphs.clean(name), f"{NAME} underline"),)]
        for f in rows:
            lines += _row(f, cells[f["name"]], widths, glyphs, look.width)
            if f["convention"]:
                lines += _folded_under(f["convention"], KINK, glyphs, look.width)
    return assembled(lines)


def one(row: Op, look: Look = PLAIN) -> Text:
    """All that the table says of one operation."""
    glyphs, f = glyphs_for(look.ascii), facts(row)
    title = ((glyphs.clean(f["written"]), NAME), (f"   {f['family']}", DIM))
    lines: list[Cell] = folded(title, look.width)
    said = [("formula", f["formula"], ""), ("definition", f["definition"], "")]
    said += [(by, derivative, LOCAL) for by, derivative in _derivatives(f, glyphs)]
    said += [
        ("shown for", _shown_for(f), ""),
        ("defined for", f["needs"], ""),
        ("at a kink", f["convention"], KINK),
        ("note", f["notes"], ""),
        ("also written", ", ".join(f["also"]), ""),
        ("torch", f["torch"], ""),
        *((label, slip, "") for label, slip in _slips(f, glyphs)),
    ]
    indent = 2 + max(len(label) for label, value, _ in said if value) + len(GAP)
    for label, value, style in said:
        if value:
            first, *rest = _folded_under(value, style, glyphs, look.width, indent)
            lines += [((f"  {label}".ljust(indent), DIM), *first[1:]), *rest]
    return assembled([*lines, *_explained(f, glyphs, look.width)])


def json_text(rows: Iterable[Op]) -> str:
    """The operations as JSON, schema backtrace.ops/1.

    An operation of kind "elementwise" has `formula` and `partials`, others have `rules`, in which
    Ḡ is the upstream gradient (null for an input that no gradient goes to), and one of kind
    "composite" also has its `definition`. Where rules and definition depend on them, `shown_for`
    has the shapes and the params that are meant. `params` has the default of every param, null
    where there is none; `whole_numbers` the inputs that hold indices or classes; `slips` the
    well-known wrong forms of derivatives and rules, with the input and the kind of mistake.
    """
    document = {"schema": SCHEMA, "operations": [facts(row) for row in rows]}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)


# -- what is said


def _derivatives(f: Facts, glyphs: Glyphs) -> list[tuple[str, str]]:
    """What stands for every input: `∂/∂x` and the derivative, or `∂L/∂x` and the rule."""
    found = [(f"{glyphs.d}/{glyphs.d}{name}", text) for name, text in f["partials"].items()]
    for name, rule in f["rules"].items():
        none = f"none: {name} holds whole numbers" if name in f["whole_numbers"] else "none"
        found.append((f"{glyphs.d}L/{glyphs.d}{name}", glyphs.rule(rule) if rule else none))
    return found


def _slips(f: Facts, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    """The well-known wrong forms, with the kind of mistake; the first of an input has a label."""
    labelled: set[str] = set()
    for slip in f["slips"]:
        label = "" if slip["input"] in labelled else f"slips by {slip['input']}"
        labelled.add(slip["input"])
        text = glyphs.rule(slip["text"]) if f["rules"] else slip["text"]
        yield label, f"{slip['code']}: {text}"


def _shown_for(f: Facts) -> str:
    """The shapes and params that rules are shown for: `x (2, 3), axis=0`."""
    if f["shown_for"] is None:
        return ""
    shapes = [f"{k} {tuple(v) or 'a number'}" for k, v in f["shown_for"]["shapes"].items()]
    return ", ".join([*shapes, *(f"{k}={written(v)}" for k, v in f["shown_for"]["params"].items())])


def _explained(f: Facts, glyphs: Glyphs, width: int | None) -> list[Cell]:
    """What v is in the derivatives and the slips, and what Ḡ is in the rules."""
    if f["rules"]:
        return folded(_rules_explained(glyphs), width)
    formulas = [*f["partials"].values(), *(slip["text"] for slip in f["slips"])]
    return [EXPLAINED] if any(OUTPUT in _names(formula) for formula in formulas) else []


def _rules_explained(glyphs: Glyphs) -> Cell:
    d = glyphs.d
    arrives = f"{glyphs.upstream} is the upstream gradient {d}L/{d}{OUTPUT}, with {OUTPUT}"
    return ((f"{arrives} the value of the operation itself", DIM),)


def _names(formula: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in formula).split())


# -- columns


def _cells(f: Facts, glyphs: Glyphs) -> list[Cell]:
    said = f["definition"] or f["formula"] or ""
    derivatives = _derivatives(f, glyphs)
    several = len(derivatives) > 1 or f["rules"]
    told = [f"{by} = {text}" if several else text for by, text in derivatives]
    return [
        ((f"  {glyphs.clean(f['written'])}", NAME),),
        ((glyphs.clean("" if said == f["written"] else said), ""),),
        ((glyphs.clean(", ".join(told)), LOCAL),),
        ((f["torch"].replace("torch.nn.functional.", "F."), DIM),),
    ]


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
    f: Facts,
    cells: Sequence[Cell],
    widths: Sequence[int],
    glyphs: Glyphs,
    width: int | None,
) -> Iterator[Cell]:
    """An operation as one line; where a cell is wider than its column, as a line for each fact."""
    if all(width_of(cell) <= size for cell, size in zip(cells, widths, strict=True)):
        yield _line(cells, widths)
        return
    yield from folded(cells[0], width)
    if width_of(cells[1]):
        said = f"= {f['formula']}" if f["formula"] else f"definition: {f['definition']}"
        yield from _folded_under(said, "", glyphs, width)
    for by, text in _derivatives(f, glyphs):
        yield from _folded_under(f"{by} = {text}", LOCAL, glyphs, width)
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
