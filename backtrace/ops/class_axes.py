"""Losses of classes that are not along the last axis: cross_entropy(z, t, axis=1).

Each is the loss of the scores with that axis moved to the end, and so is a program of two steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backtrace.ops import class_losses
from backtrace.ops import params as kinds
from backtrace.ops.params import REQUIRED
from backtrace.ops.rows import Domain, Value
from backtrace.ops.structural import At, Composite, Shape, at, axis_of, renamed

NO_ROWS = np.empty((0, 3))


def _order(shape: Shape, axis: int) -> tuple[int, ...]:
    """The axes with one moved to the end."""
    place = axis_of(axis, shape)
    return (*(a for a in range(len(shape)) if a != place), place)


def _moved(shape: Shape, axis: int) -> Shape:
    return tuple(shape[a] for a in _order(shape, axis))


def _at_end(name: str, shape: Shape, axis: int) -> str:
    """An input with its axis moved to the end, as text."""
    return f"transpose({name}, {kinds.written(_order(shape, axis))})"


def _back(rule: str, shape: Shape, axis: int) -> str:
    """A rule with the last axis moved back to its place, as text."""
    order = tuple(int(a) for a in np.argsort(_order(shape, axis)))
    return f"transpose({rule}, {kinds.written(order)})"


def along_axis(
    row: Composite, name: str, samples: tuple[At, ...], other: Composite | None = None
) -> Composite:
    """A loss of classes along any one axis; `other` is meant where the target has as many axes."""
    scores, target = row.inputs
    alike = row.indices_from is None  # the target has the scores' shape, and is moved as they are

    def moved(z: Value, t: Value, axis: int) -> tuple[Value, Value]:
        return np.moveaxis(z, axis, -1), np.moveaxis(t, axis, -1) if alike else t

    def shapes(z: Shape, t: Shape, axis: int) -> tuple[Shape, Shape]:
        return _moved(z, axis), _moved(t, axis) if alike and len(t) == len(z) else t

    def vjp(slot: int) -> Callable[..., Value] | None:
        rule = row.vjp[slot]
        if rule is None:
            return None

        def product(g: Value, z: Value, t: Value, v: Value, axis: int, reduction: str) -> Value:
            return np.moveaxis(rule(g, *moved(z, t, axis), v, reduction), -1, axis)

        return product

    def text(slot: int) -> Callable[..., str] | None:
        if row.vjp[slot] is None:
            return None

        def rule(z: Shape, t: Shape, axis: int, reduction: str) -> str:
            names = {scores: _at_end(scores, z, axis)}
            names |= {target: _at_end(target, t, axis)} if alike else {}
            inner = row.rule(slot, shapes(z, t, axis), {"reduction": reduction})
            return _back(renamed(inner, names), z, axis)

        return rule

    def definition(z: Shape, t: Shape, axis: int, reduction: str) -> str:
        end = _at_end(target, t, axis) if alike else target
        return f'{row.written}({_at_end(scores, z, axis)}, {end}, reduction="{reduction}")'

    torch = renamed(row.torch, {scores: f"{scores}.movedim(axis, -1)"})
    torch = renamed(torch, {target: f"{target}.movedim(axis, -1)"}) if alike else torch
    return Composite(
        name=name,
        inputs=row.inputs,
        call=row.written,
        also=row.also,
        by_keyword=True,
        params={"axis": REQUIRED, **row.params},
        kinds={"axis": kinds.whole_number, **row.kinds},
        always_shown=row.always_shown,
        indices_from=row.indices_from,
        instead=None if other is None else lambda z, t: other if len(z) == len(t) else None,
        shape=lambda z, t, axis, reduction: row.shape(*shapes(z, t, axis), reduction),
        forward=lambda z, t, axis, reduction: row.forward(*moved(z, t, axis), reduction),
        vjp=(vjp(0), vjp(1)),
        rules=(text(0), text(1)),
        definition=definition,
        torch=torch,
        domain=_domain(row, moved, samples),
        remark=lambda z, t, v, axis, reduction: _remark(row, moved(z, t, axis), v, reduction),
        notes=f"{row.written}(z, t) with the classes along another axis than the last",
    )


def _domain(row: Composite, moved: Callable[..., Any], samples: tuple[At, ...]) -> Domain:
    defined = row.domain.defined
    assert defined is not None
    empty = at(NO_ROWS.T, NO_ROWS.T if row.indices_from is None else [], axis=0)
    return Domain(
        needs=row.domain.needs,
        defined=lambda z, t, axis, reduction: defined(*moved(z, t, axis), reduction),
        samples=samples,
        edges=(empty,),
    )


def _remark(row: Composite, inputs: tuple[Value, Value], v: Value, reduction: str) -> str:
    return row.remark(*inputs, v, reduction) if row.remark else ""


COLUMNS = [[0.3, -0.5], [1.5, 2.1], [-0.4, -0.5]]  # a column for every example
CHANNELS = [[[0.3, -0.5], [1.5, 0.2], [0.1, 0.4]], [[-0.4, 2.1], [-0.5, 1.0], [0.0, -1.0]]]
OF_CLASSES = (
    at(COLUMNS, [2.0, 0.0], axis=0),
    at(CHANNELS, [[0.0, 2.0], [1.0, 1.0]], axis=1),
    at(COLUMNS, [2.0, 0.0], axis=-2, reduction="none"),
    at(COLUMNS, [1.0, 0.0, 1.0], axis=-1, reduction="sum"),
)
OF_PROBABILITIES = (
    at(COLUMNS, [[0.2, 0.3], [0.3, 0.7], [0.5, 0.0]], axis=0),
    at(CHANNELS, CHANNELS, axis=1, reduction="sum"),
    at(COLUMNS, [[0.2, 0.3], [0.3, 0.7], [0.5, 0.0]], axis=0, reduction="none"),
)
_ROWS = {row.name: row for row in class_losses.ROWS}
_PROBABILITIES = along_axis(
    _ROWS["cross_entropy_probabilities"], "cross_entropy_probabilities_along", OF_PROBABILITIES
)
ROWS = (
    along_axis(_ROWS["cross_entropy"], "cross_entropy_along", OF_CLASSES, _PROBABILITIES),
    _PROBABILITIES,
    along_axis(_ROWS["nll"], "nll_along", OF_CLASSES),
)
