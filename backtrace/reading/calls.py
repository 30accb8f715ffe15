"""Which row a call means: the one whose inputs and params the arguments fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from backtrace.errors import ReadError, Span
from backtrace.graph import Constant, Params
from backtrace.ops import OPS, Elementwise, Op, Structural
from backtrace.ops.params import NO_NUMBER, REQUIRED, SAME_PARAM, number
from backtrace.reading.building import Builder


class Function(NamedTuple):
    """A name before parentheses: the operations of that name, of which the arguments choose one.

    `most` is how many arguments it takes in its library, if fewer than here, and `advice` what to
    write instead of more; `defaults` are those params' defaults that are others there. `method` is
    a function written after its first input: x.max(0) is of an axis, and max(x, 0) of two numbers.
    """

    name: str
    rows: Sequence[Op] = ()
    most: int | None = None
    advice: str = ""
    defaults: Mapping[str, Any] = MappingProxyType({})
    method: bool = False


class Argument(NamedTuple):
    """What stands at one place of a call: a node, or several in brackets, or a word.

    A word is a text in quotes, True, False or None.
    """

    nodes: tuple[int, ...] = ()
    listed: bool = False
    word: Any = None

    @property
    def is_word(self) -> bool:
        """Whether it is a word, and so no value of an input."""
        return not self.nodes and not self.listed


@dataclass(frozen=True, slots=True)
class Call:
    """A function with what stands between its parentheses; `first` is its first own node."""

    function: Function
    first: int
    positional: list[Argument] = field(default_factory=list)
    named: dict[str, Argument] = field(default_factory=dict)

    def node(self, builder: Builder, source: str, span: Span) -> int:
        """Append the node of the call. Raises ReadError if the arguments fit none of the rows."""
        wrong = ""
        for row in self.function.rows:
            fitted = self._fit(row)
            if fitted is None:
                continue
            try:
                params = _params(builder, row, fitted.params, self.function.defaults)
            except ValueError as error:
                wrong = wrong or f"{row.written}: {error}"
                continue
            arguments = self._without(builder, fitted)
            inputs = [_value(builder, argument, span) for argument in arguments]
            return builder.apply(row, inputs, span, params)
        raise ReadError(wrong or self._unfit(), source, span)

    @property
    def _too_many(self) -> bool:
        """Whether there are more arguments than the function takes in its library."""
        most = self.function.most
        return most is not None and len(self.positional) + len(self.named) > most

    def _unfit(self) -> str:
        name, most = self.function.name, self.function.most
        if self._too_many:
            return self.function.advice or f"{name} takes {most} argument{'s' * (most != 1)} there"
        signatures = (
            row.signature(["a", "b"] if row.variadic else row.inputs) for row in self.function.rows
        )
        return f"{name} is written {' or '.join(dict.fromkeys(signatures))}"

    def _fit(self, row: Op) -> Fitted | None:
        """The arguments as the row's inputs and params; None if they do not fit."""
        if self._too_many:
            return None
        own = {*row.inputs, *row.params, *row.chosen_by}
        named = {
            name if name in own else SAME_PARAM.get(name, name): argument
            for name, argument in self.named.items()
        }
        chosen = {name: named.pop(name).word for name in row.chosen_by if name in named}
        if chosen != dict(row.chosen_by) or len(named) + len(chosen) < len(self.named):
            return None
        texts, positional = _texts_first(row, self.positional)
        fit = self._fit_any_number if row.variadic else _fit_names
        return fit(row, positional, {**texts, **named})

    def _fit_any_number(
        self, row: Op, positional: list[Argument], named: dict[str, Argument]
    ) -> Fitted | None:
        """For a row that takes any number of inputs; of numbers it takes two at the least."""
        if isinstance(row, Elementwise):
            fits = len(positional) > 1 and not self.function.method
            fitted = Fitted(positional, named) if fits else None
        else:
            fitted = _fit_list(row, positional, named)
        if fitted is None or not fitted.inputs or any(a.is_word for a in fitted.inputs):
            return None
        return fitted if _complete(row, fitted.params) else None

    def _without(self, builder: Builder, fitted: Fitted) -> list[Argument]:
        """The inputs, once the constants of the params have left the graph."""
        params = {i for a in fitted.params.values() for i in a.nodes if i >= self.first}
        for index in sorted(params, reverse=True):
            builder.drop(index)

        def moved(index: int) -> int:
            return index - sum(k < index for k in params)

        return [a._replace(nodes=tuple(map(moved, a.nodes))) for a in fitted.inputs]


class Fitted(NamedTuple):
    """The arguments of a call, told apart for one row."""

    inputs: list[Argument]
    params: dict[str, Argument]


def _fit_names(row: Op, positional: list[Argument], named: dict[str, Argument]) -> Fitted | None:
    """For a row with so many inputs, then params, in the order of its signature."""
    names = [*row.inputs, *row.params]
    gathers = row.gathers if isinstance(row, Structural) else ""
    if gathers and len(positional) > len(names):
        place = names.index(gathers)  # reshape(x, 2, 3): the numbers are one param
        rest = positional[place:]
        positional = [*positional[:place], Argument(tuple(i for a in rest for i in a.nodes), True)]
    given = dict(zip(names, positional, strict=False))
    if len(positional) > len(names) or given.keys() & named.keys():
        return None
    given |= named
    inputs = [given.pop(name) for name in row.inputs if name in given]
    if len(inputs) < len(row.inputs) or not _complete(row, given):
        return None
    return None if any(a.is_word for a in inputs) else Fitted(inputs, given)


def _fit_list(row: Op, positional: list[Argument], named: dict[str, Argument]) -> Fitted | None:
    """Inputs one by one, or all of them in brackets and params after these: stack([x, y], 1)."""
    if not positional or not positional[0].listed:
        return Fitted(positional, named)
    first, *others = positional
    params = dict(zip(row.params, others, strict=False))
    if len(others) > len(row.params) or named.keys() & params.keys():
        return None
    return Fitted([Argument((index,)) for index in first.nodes], {**params, **named})


def _texts_first(
    row: Op, positional: Sequence[Argument]
) -> tuple[dict[str, Argument], list[Argument]]:
    """Texts that stand before the inputs are the params that must be given: einsum("ij->ji", x)."""
    texts = [a for a in positional if isinstance(a.word, str)]
    required = [name for name, default in row.params.items() if default is REQUIRED]
    rest = [a for a in positional if not isinstance(a.word, str)]
    if len(texts) > len(required):
        return {}, list(positional)
    return dict(zip(required, texts, strict=False)), rest


def _complete(row: Op, given: Mapping[str, Argument]) -> bool:
    """Whether only params of the row are given, and all that it has no default for."""
    required = {name for name, default in row.params.items() if default is REQUIRED}
    return given.keys() <= row.params.keys() and required <= given.keys()


def _params(
    builder: Builder, row: Op, given: Mapping[str, Argument], defaults: Mapping[str, Any]
) -> Params:
    """Every param of a row with what its functions take. Raises ValueError: what is wrong."""
    kinds = row.kinds if isinstance(row, Structural) else {}
    values = {**row.params, **{k: v for k, v in defaults.items() if k in row.params}}
    for name, argument in given.items():
        try:
            values[name] = kinds.get(name, number)(_written(builder, argument))
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    wrong = row.allowed(**values) if row.allowed else ""
    if wrong:
        raise ValueError(wrong)
    return tuple(values.items())


def _written(builder: Builder, argument: Argument) -> Any:
    """What was written for a param: a number, a tuple of numbers or a word. Raises ValueError."""
    if argument.is_word:
        return argument.word
    nodes = [builder.nodes[index] for index in argument.nodes]
    numbers = tuple(float(node.value) for node in nodes if isinstance(node, Constant))
    if len(numbers) < len(nodes):
        raise ValueError(NO_NUMBER)
    return numbers if argument.listed else numbers[0]


def _value(builder: Builder, argument: Argument, span: Span) -> int:
    """The node of an input; a list is stacked."""
    if not argument.listed:
        return argument.nodes[0]
    return stacked(builder, argument.nodes, span)


def stacked(builder: Builder, nodes: Sequence[int], span: Span) -> int:
    """The node of a list of values: [a, b] is the vector of the two."""
    stack = OPS["stack"]
    return builder.apply(stack, nodes, span, tuple(stack.params.items()))
