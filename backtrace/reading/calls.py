"""Which row a call means: the one whose inputs and params the arguments fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backtrace.errors import ReadError, Span
from backtrace.graph import Constant
from backtrace.ops import OPS, Elementwise, Op, Structural
from backtrace.ops.params import REQUIRED, SAME_PARAM, Kind, number, written
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
    defaults: Mapping[str, Any] = {}
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
                params = _Params(builder, row, fitted.params, self.function.defaults).complete()
            except ValueError as error:
                wrong = wrong or f"{row.written}: {error}"
                continue
            self._take_out(builder, fitted.params.values())
            inputs = [_value(builder, argument, span) for argument in fitted.inputs]
            return builder.apply(row, inputs, span, params)
        raise ReadError(wrong or self._unfit(), source, span)

    def _unfit(self) -> str:
        name, rows, most, advice, *_ = self.function
        if most is not None and len(self.positional) + len(self.named) > most:
            return advice or f"{name} takes {most} argument{'s'[: most - 1]} there"
        return f"{name} is written {' or '.join(dict.fromkeys(map(signature, rows)))}"

    def _fit(self, row: Op) -> Fitted | None:
        """The arguments as the row's inputs and params; None if they do not fit."""
        most = self.function.most
        if most is not None and len(self.positional) + len(self.named) > most:
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
        """For a row that takes any number of inputs: alone, or in brackets: stack([x, y])."""
        inputs = positional
        if isinstance(row, Elementwise):
            if len(inputs) < 2 or self.function.method:
                return None
        elif positional and positional[0].listed:
            inputs, names = [Argument((i,)) for i in positional[0].nodes], list(row.params)
            if len(positional) - 1 > len(names) or named.keys() & set(names[: len(positional) - 1]):
                return None
            named = {**dict(zip(names, positional[1:], strict=False)), **named}
        if not inputs or any(a.is_word for a in inputs) or not _complete(row, named):
            return None
        return Fitted(inputs, named)

    def _take_out(self, builder: Builder, arguments: Iterator[Argument] | Any) -> None:
        """Remove the constants of params from the graph, where they are its last nodes."""
        constants = sorted((i for a in arguments for i in a.nodes), reverse=True)
        for index in constants:
            if index == len(builder.nodes) - 1 and index >= self.first:
                del builder.nodes[index], builder.spans[index]


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


class _Params:
    """The params of one call as what the row's functions take."""

    def __init__(
        self, builder: Builder, row: Op, given: Mapping[str, Argument], defaults: Mapping[str, Any]
    ) -> None:
        self.builder, self.row, self.given = builder, row, given
        self.defaults = {k: v for k, v in defaults.items() if k in row.params}
        self.kinds: Mapping[str, Kind] = row.kinds if isinstance(row, Structural) else {}

    def complete(self) -> tuple[tuple[str, Any], ...]:
        """Every param with its value. Raises ValueError that says what is wrong."""
        values = {**self.row.params, **self.defaults}
        for name, argument in self.given.items():
            try:
                values[name] = self.kinds.get(name, number)(self._written(argument))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        wrong = self.row.allowed(**values) if self.row.allowed else ""
        if wrong:
            raise ValueError(wrong)
        return tuple(values.items())

    def _written(self, argument: Argument) -> Any:
        """What was written for a param: a number, a tuple of numbers or a word."""
        if argument.is_word:
            return argument.word
        numbers = tuple(map(self._number, argument.nodes))
        return numbers if argument.listed else numbers[0]

    def _number(self, index: int) -> float:
        node = self.builder.nodes[index]
        if not isinstance(node, Constant):
            raise ValueError("must be a number: no gradient goes to it")  # noqa: TRY004
        return float(node.value)


def _value(builder: Builder, argument: Argument, span: Span) -> int:
    """The node of an input; a list is stacked."""
    if not argument.listed:
        return argument.nodes[0]
    return stacked(builder, argument.nodes, span)


def stacked(builder: Builder, nodes: Sequence[int], span: Span) -> int:
    """The node of a list of values: [a, b] is the vector of the two."""
    stack = OPS["stack"]
    return builder.apply(stack, nodes, span, tuple(stack.params.items()))


def signature(row: Op) -> str:
    """How a row is called: `clamp(x, min, max)`, `leaky_relu(x, negative_slope=0.01)`."""
    inputs = ["a", "b", "…"] if row.variadic else list(row.inputs)
    keywords = [
        f"{name}={'…' if default is REQUIRED else written(default)}"
        if row.by_keyword or default is not REQUIRED
        else name
        for name, default in row.params.items()
    ]
    chosen = [f'{name}="{value}"' for name, value in row.chosen_by.items()]
    return f"{row.written}({', '.join([*inputs, *keywords, *chosen])})"
