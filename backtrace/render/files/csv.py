"""The nodes as a table, a row each, in order of computation."""

from __future__ import annotations

from csv import writer
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from backtrace.graph import Apply
from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet
from backtrace.render.text import exact

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

COLUMNS = ("index", "name", "op", "expression", "inputs", "shape", "value", "gradient")


def csv(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:  # noqa: ARG001
    """Numbers in full; an array is a list as JSON has it; no gradient is an empty cell."""
    text = StringIO()
    table = writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_row(trace, index) for index in range(len(trace.graph.nodes)))
    return text.getvalue().encode()


def _row(trace: Trace, index: int) -> list[str | int]:
    node, adjoint = trace.graph.nodes[index], trace.adjoints[index]
    return [
        index,
        trace.graph.labels[index],
        trace.graph.kind(index),
        trace.graph.expression(index),
        " ".join(map(str, node.inputs)) if isinstance(node, Apply) else "",
        "x".join(map(str, np.shape(trace.values[index]))),
        exact(trace.values[index]),
        "" if adjoint is None else exact(adjoint),
    ]
