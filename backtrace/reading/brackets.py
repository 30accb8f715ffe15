"""What stands between brackets: the arguments of a call, the values of a list, an index."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from backtrace.errors import ReadError
from backtrace.graph import Apply, Constant
from backtrace.ops import OPS, Elementwise
from backtrace.reading import advice
from backtrace.reading.calls import Argument, Call, Function, stacked
from backtrace.reading.cursor import CLOSING, OPENING, Cursor
from backtrace.reading.tokens import starts_name

WORDS: Mapping[str, bool | None] = {"True": True, "False": False, "None": None}


class Bracketed(Cursor, ABC):
    """The rules for what brackets hold; `value` leads back to the operators."""

    @abstractmethod
    def value(self) -> int:
        """Any value."""

    def call(self, first: int, function: Function, itself: int | None = None) -> int:
        """arguments = '(' (argument (',' argument)* ','?)? ')'

        `itself` is the value that a method is called on.
        """
        opened = self.at
        self.at += 1
        self.enter(opened)
        call = Call(function, len(self.builder.nodes))
        if itself is not None:
            call.positional.append(Argument((itself,)))
        while self.texts[self.at] != ")":
            self.argument(call)
            if self.texts[self.at] != ",":
                break
            self.at += 1
        self.close(opened)
        if not self.texts[first].isascii() and itself is None:
            self.readings.rewrite(first, function.rows[0].written)
        return call.node(self.builder, self.source, self.tokens.span(first, self.at - 1))

    def argument(self, call: Call) -> None:
        """argument = (NAME '=')? (WORD | QUOTED | list | tuple | value)"""
        name = self.texts[self.at]
        if not (starts_name(name) and self.texts[self.at + 1] == "="):
            if call.named:
                raise self.error(advice.POSITIONAL_LAST)
            call.positional.append(self.given())
            return
        if name in call.named:
            raise self.error(advice.GIVEN_TWICE.format(name))
        self.at += 2
        call.named[name] = self.given()

    def given(self) -> Argument:
        """What is given for an argument; a list or tuple is kept apart, for it may be a shape."""
        text = self.texts[self.at]
        if text in WORDS and not (text in self.builder.scope or self.builder.is_bound(text)):
            self.at += 1
            return Argument(word=WORDS[text])
        if text[:1] in ("'", '"') and len(text) > 1:
            self.at += 1
            return Argument(word=text[1:-1])
        if text == "[" and self.is_whole_argument():
            return Argument(tuple(self.listed()), listed=True)
        if text == "(" and self.is_whole_argument(with_comma=True):
            return Argument(tuple(self.listed(")")), listed=True)
        return Argument((self.value(),))

    def is_whole_argument(self, *, with_comma: bool = False) -> bool:
        """Whether the bracket that opens here closes before the next argument, or the last one.

        `with_comma`: and has a comma in it, so that it is a tuple and no grouping.
        """
        depth, comma = 0, False
        for place in range(self.at, len(self.texts)):
            text = self.texts[place]
            depth += (text in OPENING) - (text in CLOSING)
            comma = comma or (depth == 1 and text == ",")
            if depth == 0:
                return self.texts[place + 1] in (",", ")") and (comma or not with_comma)
        return False

    def listed(self, closing: str = "]") -> list[int]:
        """list = '[' (value (',' value)* ','?)? ']', and a tuple likewise"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        found: list[int] = []
        while self.texts[self.at] != closing:
            found.append(self.value())
            if self.texts[self.at] != ",":
                break
            self.at += 1
        self.close(opened, closing)
        if not found:
            raise self.error(advice.EMPTY_LIST, opened)
        return found

    def subscripts(self, first: int, index: int) -> int:
        """subscripts = subscript (',' subscript)* ','?"""
        opened = self.at
        self.at += 1
        self.enter(opened)
        inputs = [index]
        spec: list[object] = []
        while self.texts[self.at] != "]":
            spec.append(self.subscript(inputs))
            if self.texts[self.at] != ",":
                break
            self.at += 1
        self.close(opened, "]")
        if not spec:
            raise self.error(advice.EMPTY_INDEX, opened)
        span = self.tokens.span(first, self.at - 1)
        return self.builder.apply(OPS["index"], inputs, span, (("spec", tuple(spec)),))

    def subscript(self, inputs: list[int]) -> object:
        """subscript = place? ':' place? (':' place?)? | '...' | 'None' | list | place"""
        text = self.texts[self.at]
        if text == "None":
            self.at += 1
            return ("new",)
        if self.texts[self.at : self.at + 3] == [".", ".", "."]:
            self.at += 3
            return ("all",)
        if text == "[":
            return self.index_list(inputs)
        start = None if text == ":" else self.place(inputs)
        if self.texts[self.at] != ":":
            return start
        bounds = [start]
        while self.texts[self.at] == ":" and len(bounds) < 3:
            self.at += 1
            bounds.append(None if self.texts[self.at] in (":", ",", "]") else self.place(inputs))
        return ("slice", *bounds, *(None,) * (3 - len(bounds)))

    def place(self, inputs: list[int]) -> object:
        """place = value; a literal stays a number, anything else is an input of the indexing."""
        mark, first = len(self.builder.nodes), self.at
        index = self.value()
        if self.is_condition(index):
            raise ReadError(advice.MASK, self.source, self.tokens.span(first, self.at - 1))
        number = self.builder.taken_out(mark, [index])
        if number is not None:
            return number[0]
        inputs.append(index)
        return ("input", len(inputs) - 2)

    def is_condition(self, index: int) -> bool:
        """Whether a node is 1 or 0 by comparisons, which numpy and torch would take for a mask.

        So are (x > 0)*(x < 2), and 1 - (x > 2), which is how `not` is written here.
        """
        compared, seen, waiting = False, {index}, [index]
        while waiting:
            node = self.builder.nodes[waiting.pop()]
            if isinstance(node, Apply):
                passing = {i for slot, i in enumerate(node.inputs) if node.op.passes(slot)}
                if passing and not isinstance(node.op, Elementwise):
                    return False
                compared = compared or not passing
                waiting += passing - seen
                seen |= passing
            elif not (isinstance(node, Constant) and node.value in (0, 1)):
                return False
        return compared

    def index_list(self, inputs: list[int]) -> object:
        """A list of literals stays one; with other values in it it is an input."""
        mark, first = len(self.builder.nodes), self.at
        found = self.listed()
        if any(map(self.is_condition, found)):
            raise ReadError(advice.MASK, self.source, self.tokens.span(first, self.at - 1))
        numbers = self.builder.taken_out(mark, found)
        if numbers is not None:
            return ("list", numbers)
        inputs.append(stacked(self.builder, found, self.tokens.span(first, self.at - 1)))
        return ("input", len(inputs) - 2)
