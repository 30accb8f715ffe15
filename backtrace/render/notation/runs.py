"""Terms on one line: runs of text that are italic or not, on the line, raised or lowered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple
from unicodedata import normalize

from backtrace.render.notation.terms import (
    ACCENTS,
    Cases,
    Fenced,
    Fraction,
    Matrix,
    Name,
    Number,
    Power,
    Root,
    Row,
    Sign,
    Slot,
    Term,
    Word,
    listed,
)


class Run(NamedTuple):
    """Text in one style: `level` is 1 where it is raised, -1 where it is lowered."""

    text: str
    italic: bool = False
    level: int = 0


def runs(term: Term) -> tuple[Run, ...]:
    """A term on one line; a fraction has a slash, and parentheses where these are needed."""
    return joined(_runs(term, 0))


def joined(found: Iterable[Run]) -> tuple[Run, ...]:
    """Runs of one style that follow one another, as one."""
    groups = groupby((run for run in found if run.text), key=lambda run: run[1:])
    return tuple(Run("".join(run.text for run in group), *style) for style, group in groups)


def _runs(term: Term, level: int) -> Iterator[Run]:
    match term:
        case Number(text) | Word(text):
            yield Run(text, level=level)
        case Slot(index):
            yield Run(f"□{index}", level=level)
        case Name():
            yield from _name(term, level)
        case Sign(text, spaced):
            yield Run(_spaced(text) if spaced else text, level=level)
        case Row(parts):
            for part in parts:
                yield from _runs(part, level)
        case Fraction(above, below):
            yield from _grouped(above, level, unless=not _is_sum(above))
            yield Run("/", level=level)
            yield from _grouped(below, level, unless=_is_atom(below))
        case Power(base, exponent):
            yield from _power(base, exponent, level)
        case Root(inside):
            yield Run("√", level=level)
            yield from _grouped(inside, level, unless=isinstance(inside, Number | Slot | Name))
        case Fenced(inside, left, right):
            yield from _between(left, inside, right, level)
        case Matrix(rows):
            lines = [listed(row) for row in rows]
            yield from _between("[", listed([Fenced(line, "[", "]") for line in lines]), "]", level)
        case Cases(written=written):
            yield from _runs(written, level)


def _between(left: str, inside: Term, right: str, level: int) -> Iterator[Run]:
    yield Run(left, level=level)
    yield from _runs(inside, level)
    yield Run(right, level=level)


def _grouped(term: Term, level: int, *, unless: bool) -> Iterator[Run]:
    return _runs(term, level) if unless else _between("(", term, ")", level)


def _power(base: Term, exponent: Term, level: int) -> Iterator[Run]:
    """Raised once; a power in an exponent has the sign that keyboards have."""
    yield from _runs(base, level)
    if level == 0:
        yield from _runs(exponent, 1)
        return
    yield Run("^", level=level)
    yield from _grouped(exponent, level, unless=_is_atom(exponent))


def _name(name: Name, level: int) -> Iterator[Run]:
    letter = normalize("NFC", name.letter + ACCENTS.get(name.accent, ""))
    yield Run(letter, italic=True, level=level)
    lowered = -1 if level == 0 else level
    if name.index:
        yield Run(name.index, italic=not name.index.isdecimal(), level=lowered)
    if name.version:
        yield Run(f"({name.version})", level=1)


def _spaced(sign: str) -> str:
    return f"{sign} " if sign == "," else f" {sign} "


def _is_sum(term: Term) -> bool:
    """Whether it has signs weaker than a slash."""
    match term:
        case Row(parts):
            return any(isinstance(p, Sign) and p.spaced for p in parts) or any(map(_is_sum, parts))
    return False


def _is_atom(term: Term) -> bool:
    """Whether it needs no parentheses behind a slash."""
    match term:
        case Row((Sign("∂"), rest)):
            return _is_atom(rest)
        case Row((Word() | Name(), Fenced())):
            return True
        case Power(base):
            return _is_atom(base)
    return isinstance(term, Number | Slot | Name | Word | Fenced | Root)
