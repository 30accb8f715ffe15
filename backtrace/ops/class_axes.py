"""Losses of classes that are not along the last axis: cross_entropy(z, t, axis=1).

Each is the loss of the scores with that axis moved to the end, and so is a program of two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from backtrace.ops.axes import Shape, axis_of
from backtrace.ops.class_losses import CROSS_ENTROPY, CROSS_ENTROPY_PROBABILITIES, NLL, NO_ROWS
from backtrace.ops.params import REQUIRED, whole_number, written
from backtrace.ops.rows import Domain, Slip, Value
from backtrace.ops.structural import At, Composite, at, renamed


def _order(shape: Shape, axis: int) -> tuple[int, ...]:
    """The axes with one moved to the end."""
    place = axis_of(axis, shape)
    return (*(a for a in range(len(shape)) if a != place), place)


def _moved(shape: Shape, axis: int) -> Shape:
    return tuple(shape[a] for a in _order(shape, axis))


def _at_end(name: str, shape: Shape, axis: int) -> str:
    """An input with its axis moved to the end, as text."""
    return f"transpose({name}, {written(_order(shape, axis))})"


def _back(rule: str, shape: Shape, axis: int) -> str:
    """A rule with the last axis moved back to its place, as text."""
    order = tuple(int(a) for a in np.argsort(_order(shape, axis)))
    return f"transpose({rule}, {written(order)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Along:
    """A loss of classes along the last axis, on scores whose classes are along another."""

    last: Composite

    @property
    def alike(self) -> bool:
        """Whether the target has the scores' shape, and is moved as they are."""
        return self.last.indices_from is None

    def moved(self, z: Value, t: Value, axis: int) -> tuple[Value, Value]:
        """Both inputs with the classes at the end."""
        return np.moveaxis(z, axis, -1), np.moveaxis(t, axis, -1) if self.alike else t

    def shapes(self, z: Shape, t: Shape, axis: int) -> tuple[Shape, Shape]:
        """The shapes that these have. Raises Misfit."""
        alike = self.alike and len(t) == len(z)
        return _moved(z, axis), _moved(t, axis) if alike else t

    def forward(self, z: Value, t: Value, axis: int, reduction: str) -> Value:
        """The loss."""
        return self.last.forward(*self.moved(z, t, axis), reduction)

    def product(
        self, slot: int, g: Value, *inputs_and_v: Value, axis: int, reduction: str
    ) -> Value:
        """What an input gets."""
        z, t, v = inputs_and_v
        rule = self.last.vjp[slot]
        assert rule is not None
        return np.moveaxis(rule(g, *self.moved(z, t, axis), v, reduction), -1, axis)

    def rule(self, slot: int, z: Shape, t: Shape, axis: int, reduction: str) -> str:
        """The rule of an input as text."""
        inner = self.last.rule(slot, self.shapes(z, t, axis), {"reduction": reduction})
        return self._moved_rule(inner, z, t, axis)

    def wrong(self, slip: Slip, z: Shape, t: Shape, axis: int, reduction: str) -> str:
        """The wrong rule of a slip as text."""
        inner = slip.program(self.shapes(z, t, axis), {"reduction": reduction})
        return self._moved_rule(inner, z, t, axis)

    def _moved_rule(self, rule: str, z: Shape, t: Shape, axis: int) -> str:
        """A rule for classes along the last axis, as text for others."""
        names = zip(self.last.inputs, self._at_end(z, t, axis), strict=True)
        return _back(renamed(rule, dict(names)), z, axis)

    def definition(self, z: Shape, t: Shape, axis: int, reduction: str) -> str:
        """The loss of the inputs that are moved, as a program."""
        inputs = ", ".join(self._at_end(z, t, axis))
        return f'{self.last.written}({inputs}, reduction="{reduction}")'

    def _at_end(self, z: Shape, t: Shape, axis: int) -> tuple[str, str]:
        scores, target = self.last.inputs
        return _at_end(scores, z, axis), _at_end(target, t, axis) if self.alike else target

    def torch(self) -> str:
        """torch's own loss of the inputs that are moved."""
        moved = self.last.inputs if self.alike else self.last.inputs[:1]
        return renamed(self.last.torch, {name: f"{name}.movedim(axis, -1)" for name in moved})

    def remark(self, z: Value, t: Value, v: Value, axis: int, reduction: str) -> str:
        """The reduction in words."""
        return self.last.remark(*self.moved(z, t, axis), v, reduction) if self.last.remark else ""

    def domain(self, samples: tuple[At, ...]) -> Domain:
        """Where it is defined, with points of its own."""
        defined = self.last.domain.defined
        assert defined is not None
        return Domain(
            needs=self.last.domain.needs,
            defined=lambda z, t, axis, reduction: defined(*self.moved(z, t, axis), reduction),
            samples=samples,
            edges=(at(NO_ROWS.T, NO_ROWS.T if self.alike else [], axis=0),),
        )

    def row(self, name: str, samples: tuple[At, ...], alike: Composite | None = None) -> Composite:
        """The row of the operation table; `alike` is meant for a target of the scores' rank."""
        last = self.last
        passing = [slot if last.passes(slot) else None for slot in range(len(last.inputs))]
        return Composite(
            name=name,
            inputs=last.inputs,
            call=last.written,
            also=last.also,
            by_keyword=True,
            params={"axis": REQUIRED, **last.params},
            kinds={"axis": whole_number, **last.kinds},
            always_shown=last.always_shown,
            indices_from=last.indices_from,
            instead=None if alike is None else lambda z, t: alike if len(z) == len(t) else None,
            shape=lambda z, t, axis, reduction: last.shape(*self.shapes(z, t, axis), reduction),
            forward=self.forward,
            vjp=tuple(None if slot is None else partial(self.product, slot) for slot in passing),
            rules=tuple(None if slot is None else partial(self.rule, slot) for slot in passing),
            slips=tuple(s._replace(text=partial(self.wrong, s)) for s in last.slips),
            definition=self.definition,
            torch=self.torch(),
            domain=self.domain(samples),
            remark=self.remark,
            notes=f"{last.written}(z, t) with the classes along another axis than the last",
        )


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
PROBABILITIES_ALONG = Along(CROSS_ENTROPY_PROBABILITIES).row(
    "cross_entropy_probabilities_along", OF_PROBABILITIES
)
ROWS = (
    Along(CROSS_ENTROPY).row("cross_entropy_along", OF_CLASSES, PROBABILITIES_ALONG),
    PROBABILITIES_ALONG,
    Along(NLL).row("nll_along", OF_CLASSES),
)
