"""The operation table. To add an operation, add one row to the file of its family."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from backtrace.ops import (
    activations,
    arithmetic,
    choices,
    hyperbolic,
    piecewise,
    powers,
    rectifiers,
    rounding,
    special,
    trigonometric,
)
from backtrace.ops.rows import Domain, Elementwise, Op, overloads

FAMILIES: Mapping[str, tuple[Elementwise, ...]] = MappingProxyType(
    {
        "arithmetic": arithmetic.ROWS,
        "powers": powers.ROWS,
        "trigonometric": trigonometric.ROWS,
        "hyperbolic": hyperbolic.ROWS,
        "piecewise": piecewise.ROWS,
        "rounding": rounding.ROWS,
        "choices": choices.ROWS,
        "rectifiers": rectifiers.ROWS,
        "activations": activations.ROWS,
        "special": special.ROWS,
    }
)
OPS: Mapping[str, Elementwise] = MappingProxyType(
    {row.name: row for row in chain.from_iterable(FAMILIES.values())}
)
FUNCTIONS: Mapping[str, tuple[Elementwise, ...]] = MappingProxyType(
    overloads(row for row in OPS.values() if not row.notation or row.call)
)

__all__ = ["FAMILIES", "FUNCTIONS", "OPS", "Domain", "Elementwise", "Op"]
