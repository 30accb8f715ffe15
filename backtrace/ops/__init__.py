"""The operation table. To add an operation, add one row to the file of its family."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from backtrace.ops import (
    activations,
    arithmetic,
    choices,
    class_axes,
    class_losses,
    classes,
    convolutions,
    einsum,
    extremes,
    hyperbolic,
    indexing,
    joins,
    losses,
    matrices,
    normalizing,
    norms,
    piecewise,
    pooling,
    powers,
    probability_losses,
    rectifiers,
    reductions,
    rounding,
    shapes,
    special,
    spreads,
    squares,
    transposes,
    trigonometric,
)
from backtrace.ops.rows import Domain, Elementwise, Op, overloads
from backtrace.ops.structural import Composite, Structural

FAMILIES: Mapping[str, tuple[Op, ...]] = MappingProxyType(
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
        "reductions": (*reductions.ROWS, *spreads.ROWS, *norms.ROWS),
        "extremes": extremes.ROWS,
        "matrices": (*matrices.ROWS, *einsum.ROWS, *squares.ROWS),
        "shapes": (*shapes.ROWS, *transposes.ROWS, *joins.ROWS),
        "indexing": (*indexing.ROWS, *classes.ROWS),
        "normalizing": normalizing.ROWS,
        "convolutions": (*convolutions.ROWS, *pooling.ROWS),
        "losses": (*losses.ROWS, *probability_losses.ROWS, *class_losses.ROWS, *class_axes.ROWS),
    }
)
OPS: Mapping[str, Op] = MappingProxyType(
    {row.name: row for row in chain.from_iterable(FAMILIES.values())}
)
FUNCTIONS: Mapping[str, tuple[Op, ...]] = MappingProxyType(
    overloads(row for row in OPS.values() if not row.notation or row.call)
)

__all__ = [
    "FAMILIES",
    "FUNCTIONS",
    "OPS",
    "Composite",
    "Domain",
    "Elementwise",
    "Op",
    "Structural",
]
