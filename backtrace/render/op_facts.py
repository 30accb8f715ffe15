"""What the operation table says, as text, under the names that the JSON has for it.

Rules and definitions of operations on whole arrays depend on shapes and params: they are given
for the first sample of their row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from backtrace.lazy import sympy as sp
from backtrace.ops import FAMILIES, Composite, Elementwise, Op, Structural
from backtrace.ops.axes import Shape
from backtrace.ops.named import exact
from backtrace.ops.params import REQUIRED
from backtrace.ops.structural import At, renamed, sentence
from backtrace.records import UPSTREAM
from backtrace.render.json import param
from backtrace.symbolic import text

OUTPUT = "v"  # what the value of the operation is called in its derivatives

Facts = dict[str, Any]


def facts(row: Op) -> Facts:
    """All that the table says of an operation; a fact that it has not is empty, or null."""
    match row:
        case Elementwise():
            names, said = _elementwise(row)
        case Structural():
            names, said = _structural(row)
    return {
        "name": row.name,
        "family": next(name for name, rows in FAMILIES.items() if row in rows),
        "kind": type(row).__name__.lower(),
        "written": _written(row, names),
        "also": list(row.also),
        "params": {k: None if v is REQUIRED else param(v) for k, v in row.params.items()},
        **said,
        "slips": _slips(row),
        "needs": row.domain.needs,
        "convention": row.convention,
        "notes": row.notes,
        "torch": row.torch,
    }


def _elementwise(row: Elementwise) -> tuple[list[str], Facts]:
    """The formula, and the derivative by every input."""
    names = [row.inputs[0][1:] + k for k in "12"] if row.variadic else list(row.inputs)
    inputs = [sp.Symbol(name, real=True) for name in names]
    params = exact(row.params)
    partials = row.partials(*inputs, sp.Symbol(OUTPUT, real=True), **params)
    return names, {
        "formula": text(row.formula(*inputs, **params)),
        "partials": {name: text(p) for name, p in zip(names, partials, strict=True)},
        "definition": None,
        "rules": {},
        "shown_for": None,
        "whole_numbers": [],
    }


def _slips(row: Op) -> list[dict[str, str]]:
    """The well-known wrong forms of its derivatives, with the input and the code of the mistake."""
    point = row.domain.samples[0]
    if isinstance(row, Structural):
        names, shapes, params = _sample(row, point)
    else:
        names, shapes, params = row.names(len(point)), [], row.params
    return [
        {
            "input": names[slip.slot],
            "code": slip.code,
            "text": renamed(slip.program(shapes, params), {"g": UPSTREAM}),
        }
        for slip in row.slips
    ]


# -- operations on whole arrays


class _Sample(NamedTuple):
    """The names of the inputs of a row at a point, their shapes, and all params."""

    names: list[str]
    shapes: list[Shape]
    params: Mapping[str, Any]


def _sample(row: Structural, point: At) -> _Sample:
    shapes = [np.shape(x) for x in point.inputs]
    return _Sample(row.names(len(shapes)), shapes, {**row.params, **point.params})


def _structural(row: Structural) -> tuple[list[str], Facts]:
    """The rule of every input, and the definition of a composite operation."""
    first, *others = [_sample(row, point) for point in row.domain.samples]
    texts = _texts(row, first)
    same = all(_texts(row, other).items() <= texts.items() for other in others)
    return first.names, {
        "formula": None,
        "partials": {},
        "definition": texts.get(""),
        "rules": {name: texts[name] for name in first.names},
        "shown_for": None if same else _shown_for(row, first),
        "whole_numbers": [name for k, name in enumerate(first.names) if row.is_index(k)],
    }


def _texts(row: Structural, sample: _Sample) -> dict[str, str | None]:
    """What every input gets at a sample, by its name, under "" the definition, and the slips."""
    names, shapes, params = sample
    rules = {
        name: row.rule(slot, shapes, params) if row.passes(slot) else None
        for slot, name in enumerate(names)
    }
    found = {
        name: None if rule is None else renamed(sentence(rule) or rule, {"g": UPSTREAM})
        for name, rule in rules.items()
    }
    if isinstance(row, Composite):
        found[""] = row.definition(*shapes, **params)
    return found | {f"slip {k}": s.program(shapes, params) for k, s in enumerate(row.slips)}


def _shown_for(row: Structural, sample: _Sample) -> Facts:
    """The shapes and the params that rules and definition are given for."""
    chosen = {k: v for k, v in sample.params.items() if v != row.params[k]}
    shapes = {name: list(s) for name, s in zip(sample.names, sample.shapes, strict=True)}
    return {"shapes": shapes, "params": chosen}


# -- how an operation is written


def _written(row: Op, names: Sequence[str]) -> str:
    """How the operation is called, with the params it takes and their defaults."""
    if isinstance(row, Structural) and row.show is not None:
        return row.shown(names, _sample(row, row.domain.samples[0]).params)
    return row.shown(names, {}) if row.notation else row.signature(names)
