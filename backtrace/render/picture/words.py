"""What a picture says of a node and of an edge: the words of every view, as lines.

A number that depends on the values of the variables has a key, by which a page finds it:
`value:NODE`, `gradient:NODE`, `local:VIA:SLOT`, `product:VIA:SLOT`, and `sum:NODE` for the terms
of a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backtrace.graph import Apply, Constant
from backtrace.records import Trace
from backtrace.render import Look, Sheet
from backtrace.render.arrays import ROOMS, Room, shape_of
from backtrace.render.cells import BAD, DIM, FORWARD, GRADIENT, KINK, LOCAL, NAME, Cell, text_of
from backtrace.render.edges import Equation, edge, total
from backtrace.render.phrases import GAP, Phrases
from backtrace.render.picture.lines import Kind, Line, Piece, Role, broken, formula, joined, written

ROOM = Room(36, 24)  # characters of an array
WIDEST_NODE, WIDEST_EDGE = 240.0, 190.0  # of a line; what is wider is broken at spaces
ROOMIEST = 280.0  # the same where there is room for longer numbers
ROLES: dict[str, Role] = {
    "": "ink",
    NAME: "ink",
    FORWARD: "value",
    LOCAL: "local",
    GRADIENT: "gradient",
    f"bold {GRADIENT}": "gradient",
    DIM: "quiet",
    KINK: "kink",
    BAD: "bad",
}
NBSP = "\u00a0"  # of several spaces a picture keeps one


class Words:
    """The lines for one trace; `roomy` keeps room for longer numbers in the place of each.

    With `plain` formulas are in the language, for formats that cannot raise and lower.
    """

    def __init__(
        self, trace: Trace, sheet: Sheet, *, roomy: bool = False, plain: bool = False
    ) -> None:
        phrases = Phrases(trace, Look(digits=sheet.digits))
        self.say = phrases.within(ROOMS[0] if sheet.full else ROOM)
        self._digits, self._roomy = sheet.digits, roomy
        self._formula = written if plain else formula
        self._widest_node = ROOMIEST if roomy else WIDEST_NODE
        self._widest_edge = ROOMIEST if roomy else WIDEST_EDGE

    # -- nodes

    def node(self, index: int) -> tuple[Line, ...]:
        """Name and expression, value, what is remarkable."""
        say = self.say
        if isinstance(say.graph.nodes[index], Constant):
            return (Line("value", self._formula(text_of(say.head(index)), "quiet")),)
        value = self._cell(say.valued(index, FORWARD), {"value": [f"value:{index}"]})
        lines = [Line("name", self._name(index)), Line("value", (*value, *self._mark(index)))]
        remark = say.remark(index)
        notes = [note(remark)] if remark else []
        return tuple(_fitted([*lines, *notes], self._widest_node))

    def gradient(self, index: int) -> tuple[Line, ...]:
        """`∂L/∂w = -2 + 2 = 0`, the visible sum over its uses; nothing where there is none."""
        say = self.say
        if say.trace.adjoints[index] is None:
            return ()
        keys = [f"gradient:{index}"]
        several = len(say.edges(index)) > 1
        if several:
            keys.insert(0, f"sum:{index}")
        kind: Kind = "sum" if several else "gradient"
        line = self._equation(kind, total(say, index), {"gradient": keys})
        return tuple(broken(line, self._widest_node))

    def _name(self, index: int) -> tuple[Piece, ...]:
        name = self._formula(self.say.name(index))
        if not isinstance(self.say.graph.nodes[index], Apply):
            return name
        return (*name, Piece(" = "), *self._formula(self.say.expression(index)))

    def _mark(self, index: int) -> tuple[Piece, ...]:
        return tuple(Piece(text, ROLES[style]) for text, style in self.say.mark(index))

    # -- edges

    def value(self, index: int) -> Line:
        """What goes forward over an edge."""
        say = self.say
        shown = say.value(index)
        role: Role = "quiet" if isinstance(say.graph.nodes[index], Constant) else "value"
        number = Piece(say.text(shown), role, key=f"value:{index}")
        shape = (Piece(f" {shape_of(shown)}", "quiet"),) if shape_of(shown) else ()
        return Line("value", (self._with_room(number), *shape))

    def edge(self, via: int, slot: int) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
        """The local derivative, and what comes back; or why nothing does."""
        say = self.say
        why = say.without_gradient(via, slot)
        if why:
            into = say.graph.applied(via).inputs[slot]
            shown = not isinstance(say.graph.nodes[into], Constant)
            return (), (note(why),) if shown else ()
        link, (local, product) = say.link(via, slot), edge(say, via, slot)
        say.owed.formula |= bool(local.whole)
        keys = {"gradient": [f"gradient:{via}"], "local": [f"local:{via}:{slot}"]}
        above = self._equation("local", local, keys)
        multiplied = link.local is not None and link.blocked != "instead"
        result = f"product:{via}:{slot}"
        keys["gradient"] = [f"gradient:{via}", result] if multiplied else [result]
        if not multiplied:
            keys["local"] = []
        below = Line("gradient", self._cell(product.right, keys, words=link.in_words))
        width = self._widest_edge
        return tuple(broken(above, width)) if local.left else (), tuple(broken(below, width))

    # -- pieces

    def _equation(self, kind: Kind, equation: Equation, keys: dict[str, list[str]]) -> Line:
        left = self._formula(text_of(equation.left))
        return Line(kind, (*left, Piece(" = "), *self._cell(equation.right, keys)))

    def _cell(
        self, cell: Cell, keys: dict[str, list[str]], *, words: bool = False
    ) -> tuple[Piece, ...]:
        """A cell of a view as pieces; the keys are given to its numbers, by role, in order.

        There is no room for the norms of arrays.
        """
        left = {role: list(names) for role, names in keys.items()}
        shown = [(text, style) for text, style in cell if not text.startswith(self.say.glyphs.norm)]
        while shown and shown[-1][0] == GAP:  # stood before the norm
            shown.pop()
        found = (p for text, style in shown for p in self._pieces(text, style, left, words))
        return tuple(joined(found))

    def _pieces(
        self, text: str, style: str, keys: dict[str, list[str]], words: bool
    ) -> Iterable[Piece]:
        role = ROLES[style]
        if keys.get(role):
            yield self._with_room(Piece(text, role, key=keys[role].pop(0)))
        elif role == "local" and not words:  # a rule
            yield from self._formula(text, role)
        elif role == "ink" and any(map(str.isalnum, text)):  # no sign, nor space
            core = text.removesuffix(" = ")
            yield from (*self._formula(core), *([Piece(" = ")] if core != text else []))
        else:
            yield Piece(text.replace("  ", f" {NBSP}"), role)

    def _with_room(self, piece: Piece) -> Piece:
        """The piece with the widest text that may come in its place."""
        if not self._roomy:
            return piece
        if piece.text.startswith("["):
            widest = "8" * self.say.room.whole
        else:
            one = "8" * room_of_number(self._digits)
            count = piece.text.count(" + ") + 1
            widest = " + ".join([one] + [f"({one})"] * (count - 1))
        return Piece(piece.text, piece.role, piece.italic, piece.level, piece.key, widest)


def room_of_number(digits: int) -> int:
    """The characters that a roomy picture keeps for a number to so many digits: of `-1.23457`.

    One with an exponent is written there to fewer digits; all fit to one digit, as `-1e-308`.
    """
    return max(digits + 2, len("-1e-308"))


def note(text: str) -> Line:
    """Something in small letters."""
    return Line("note", (Piece(text, "quiet"),))


def _fitted(lines: Iterable[Line], width: float) -> Iterator[Line]:
    for line in lines:
        yield from broken(line, width)
