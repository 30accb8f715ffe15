"""How the rows say that they are called: read as a program, it is a call of that row."""

from __future__ import annotations

import re

import pytest
from table import EVERY_ROW

from backtrace.graph import Apply
from backtrace.ops import FUNCTIONS, OPS, Op, Structural
from backtrace.ops.params import REQUIRED, written
from backtrace.reading import read

CALLED = [row for row in EVERY_ROW if row.written in FUNCTIONS]


def filled_in(row: Op) -> str:
    """A signature with the params of a sample in the place of dots and of names."""
    sample, params = row.domain.samples[0], dict(row.params)
    if isinstance(row, Structural):
        sample, params = sample.inputs, {**params, **sample.params}
    names = [f"x{k}" for k in range(len(sample))]
    text = row.signature(names)
    for name, default in row.params.items():
        if default is REQUIRED:
            value = written(params[name])
            text = text.replace('"…"', value).replace(f"{name}=…", f"{name}={value}")
            text = re.sub(rf"(?<=, ){name}(?=[,)])", value, text)
    return text.replace(", …", "")


@pytest.mark.parametrize("row", CALLED, ids=lambda row: row.name)
def test_a_signature_is_a_call_of_its_row(row: Op) -> None:
    """By place or by name as it is shown, the arguments fit this row and no other before it."""
    text = filled_in(row)
    graph = read(text)
    apply = graph.nodes[graph.output]
    assert isinstance(apply, Apply), text
    found = apply.op
    assert (found.written, found.inputs) == (row.written, row.inputs), text
    assert (found.params.keys(), found.chosen_by) == (row.params.keys(), row.chosen_by), text


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("sum", "sum(a, axis=None, keepdims=False)"),
        ("max_along", "max(a, axis=…, keepdims=False)"),
        ("reshape", "reshape(a, shape)"),
        ("clamp_max", "clamp(a, max=b)"),
        ("gelu_tanh", 'gelu(a, approximate="tanh")'),
        ("concatenate", "concatenate(a, b, …, axis=0)"),
        ("einsum", 'einsum("…", a, b, …)'),
    ],
)
def test_signature(name: str, signature: str) -> None:
    """A param that must be given stands alone, or with dots where its name is needed."""
    row = OPS[name]
    names = ["a", "b"][: 2 if row.variadic else len(row.inputs)]
    assert row.signature(names) == signature
