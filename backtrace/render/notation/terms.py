"""What a formula is made of on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias
from unicodedata import lookup, normalize

from backtrace.names import MARKS

SPELLED = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi"),
    *("psi", "omega"),
)
LONGEST_INDEX = 3  # letters, as in w_out
_UNICODE_NAMES = {"lambda": "LAMDA"}  # as Unicode spells it


def _letters() -> Iterator[tuple[str, str]]:
    for word in SPELLED:
        name = _UNICODE_NAMES.get(word, word.upper())
        yield word, lookup(f"GREEK SMALL LETTER {name}")
        yield word.capitalize(), lookup(f"GREEK CAPITAL LETTER {name}")


GREEK: Mapping[str, str] = MappingProxyType(dict(_letters()))  # theta: θ, Theta: Θ
ACCENTS: Mapping[str, str] = MappingProxyType({word: mark for mark, word in MARKS.items()})


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, as its text: `2`, `0.5`, `1e-10`."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a number is put into, whatever it is: the first is 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: `letter` with an accent above, an index below, and which assignment it is.

    yhat1 has the letter y, the accent hat and the index 1; theta has the letter θ; c·2 has the
    version 2. A word such as loss is its own letter.
    """

    letter: str
    accent: str = ""  # of ACCENTS
    index: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """The name of a function or of a param, or a text that is no formula; upright."""

    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """An operator or a punctuation mark; `spaced` as between two terms."""

    text: str
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after another."""

    parts: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Fraction:
    """A quotient, one above the other where there is room for it."""

    above: Term
    below: Term


@dataclass(frozen=True, slots=True)
class Power:
    """A base with something raised: an exponent, or the T of a transpose."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    inside: Term


@dataclass(frozen=True, slots=True)
class Fenced:
    """Something between two marks: `(…)`, `|…|`, `[…]`."""

    inside: Term
    left: str = "("
    right: str = ")"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of entries."""

    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """Each value with the condition it is for, behind a brace; the last one is for the rest.

    `written` are the same choices as the calls that they were read from.
    """

    rows: tuple[tuple[Term, Term], ...]
    rest: Term
    written: Term


Term: TypeAlias = (
    Number | Slot | Name | Word | Sign | Row | Fraction | Power | Root | Fenced | Matrix | Cases
)


def listed(items: Iterable[Term]) -> Term:
    """Terms between commas; one alone is itself."""
    parts: list[Term] = []
    for item in items:
        parts += [Sign(",", spaced=True), item] if parts else [item]
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def is_tall(term: Term) -> bool:
    """Whether it is higher than a line of text."""
    match term:
        case Fraction() | Matrix() | Cases():
            return True
        case Row(parts):
            return any(map(is_tall, parts))
        case Power(inside) | Root(inside) | Fenced(inside):
            return is_tall(inside)
    return False


def named(name: str) -> Name:
    """A name of a program as it is written by hand: yhat is ŷ, w_ih and w1 have an index."""
    name, _, version = name.partition("·")
    stem, _, index = name.partition("_")
    if not stem or not all(0 < len(part) <= LONGEST_INDEX for part in index.split("_")):
        stem, index = name, ""  # a word of several words, such as learning_rate
    if not index:
        stem = name.rstrip("0123456789") or name
        index = name[len(stem) :]
    letter, accent = _accented(stem)
    return Name(letter, accent, index.replace("_", ","), version)


def _accented(stem: str) -> tuple[str, str]:
    """`yhat` as y with a hat, which only one letter can wear."""
    first, *marks = list(normalize("NFD", stem))
    if len(marks) == 1 and marks[0] in MARKS:
        return first, MARKS[marks[0]]
    for word in ACCENTS:
        bare = stem.removesuffix(word)
        if bare != stem and (len(bare) == 1 or bare in GREEK):
            return GREEK.get(bare, bare), word
    return GREEK.get(stem, stem), ""
