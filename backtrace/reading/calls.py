"""Which row a call means: the one whose inputs the arguments fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from backtrace.errors import ReadError, Span
from backtrace.graph import Constant
from backtrace.ops import Elementwise
from backtrace.reading.building import Builder


class Function(NamedTuple):
    """A name before parentheses: the operations of that name, of which the arguments choose one.

    `most` is how many arguments it takes in its library, if fewer than here.
    """

    name: str
    rows: Sequence[Elementwise] = ()
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function with what stands between its parentheses: nodes, and quoted texts."""

    function: Function
    positional: list[int] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def node(self, builder: Builder, source: str, span: Span) -> int:
        """Append the node of the call. Raises ReadError if the arguments fit none of the rows."""
        for row in self.function.rows:
            fitted = self._fit(row)
            if fitted is None:
                continue
            inputs = len(fitted) if row.variadic else len(row.inputs)
            params = dict(zip(row.params, fitted[inputs:], strict=False))
            numbers = _take_out(builder, {k: i for k, i in params.items() if i >= 0}, source, span)
            complete = {**row.params, **numbers}
            wrong = row.allowed(**complete) if row.allowed else ""
            if wrong:
                raise ReadError(f"{row.written}: {wrong}", source, span)
            return builder.apply(row, fitted[:inputs], span, tuple(complete.items()))
        name, rows, most = self.function
        if most is not None and len(self.positional) + len(self.named) > most:
            raise ReadError(f"{name} takes {most} argument{'s'[: most - 1]} there", source, span)
        shapes = " or ".join(signature(row) for row in rows)
        raise ReadError(f"{name} is written {shapes}", source, span)

    def _fit(self, row: Elementwise) -> list[int] | None:
        """The arguments in the order of the row's inputs and params; None if they do not fit.

        A param that is not given has the index -1.
        """
        most = self.function.most
        if row.chosen_by != self.texts or (most and len(self.positional) + len(self.named) > most):
            return None
        if row.variadic:
            return list(self.positional) if len(self.positional) > 1 and not self.named else None
        names = [*row.inputs, *row.params]
        given = dict(zip(names, self.positional, strict=False))
        if len(self.positional) > len(names) or given.keys() & self.named.keys():
            return None
        given |= self.named
        if not given.keys() <= set(names) or not set(row.inputs) <= given.keys():
            return None
        return [given.get(name, -1) for name in names]


def signature(row: Elementwise) -> str:
    """How a row is called: `clamp(x, min, max)`, `leaky_relu(x, negative_slope=0.01)`."""
    if row.variadic:
        return f"{row.written}(a, b, …)"
    keywords = [f"{name}={value:g}" for name, value in row.params.items()]
    chosen = [f'{name}="{value}"' for name, value in row.chosen_by.items()]
    return f"{row.written}({', '.join([*row.inputs, *keywords, *chosen])})"


def _take_out(
    builder: Builder, params: dict[str, int], source: str, span: Span
) -> dict[str, float]:
    """The numbers of the params, whose constants leave the graph again: they are its last nodes."""
    numbers = {}
    for param, index in params.items():
        node = builder.nodes[index]
        if not isinstance(node, Constant):
            raise ReadError(f"{param} must be a number: no gradient goes to it", source, span)
        numbers[param] = float(node.value)
    for index in sorted(params.values(), reverse=True):
        if index == len(builder.nodes) - 1:  # else an input was written after it
            del builder.nodes[index], builder.spans[index]
    return numbers
