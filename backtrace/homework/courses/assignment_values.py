"""What the values in an assignment's file may be: each kind checks one and says what is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from backtrace.errors import UsageError, did_you_mean, listed, printable, shortened
from backtrace.homework.problems.points import WORDS, Range
from backtrace.homework.verdicts import MISTAKES

# Checks the value of a key and returns it; the text is the place: `hw.toml, problem p1: points`.
Kind: TypeAlias = Callable[[Any, str], Any]

PARTIAL = (*MISTAKES, "follow-through", "precision")
DEEPEST = 32  # brackets around a number: numpy has 64 axes at most, and no program needs so many


def fields(
    value: object, kinds: Mapping[str, Kind], place: str, needed: Iterable[str] = ()
) -> dict[str, Any]:
    """A table whose keys are among `kinds`, each value checked by its kind."""
    given = _table(value, place)
    for key in given:
        if key not in kinds:
            raise _unknown(key, kinds, place)
    checked = {key: kinds[key](item, f"{place}: {key}") for key, item in given.items()}
    for key in needed:
        if key not in given:
            raise UsageError(f"{place}: {key} is missing")
    return checked


def tables(value: object, place: str) -> list[Any]:
    """A list of tables, `[[problem]]`, with at least one in it."""
    if not isinstance(value, list):
        key = place.rpartition(": ")[2]
        raise UsageError(f"{place} should be a list of tables: write [[…{key}]], not […{key}]")
    if not value:
        raise UsageError(f"{place} is empty: there should be at least one")
    return value


def text(value: object, place: str) -> str:
    """A text with something in it."""
    if not isinstance(value, str):
        raise UsageError(f'{place} should be a text, in "quotes", and is {_kind(value)}')
    if not value.strip():
        raise UsageError(f"{place} is empty")
    return value


def quoted(value: object, place: str) -> str:
    """A text; a number is refused, as its digits would be lost: 0.10 and 0.1 are one in TOML."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise UsageError(f'{place} should be in quotes: "{value}"')
    return text(value, place)


def identifier(value: object, place: str) -> str:
    """An id that can stand in a heading, `[p1]`, and in a message."""
    name = text(value, place)
    if not name.isprintable():
        raise UsageError(f"{place} {printable(shortened(name))} has a control character")
    if name != name.strip() or "[" in name or "]" in name:
        raise UsageError(
            f"{place} {shortened(name)} should have no brackets and no space around it"
        )
    return name


def one_of(*words: str) -> Kind:
    """One of these words."""

    def checked(value: object, place: str) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise _not_among(value, words, place, f"{', '.join(words[:-1])} or {words[-1]}")

    return checked


def finite(value: object, place: str) -> float:
    """A number, neither infinite nor nan; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{place} should be a number and is {_kind(value)}")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise UsageError(f"{place} should be a finite number")
    return result


def number(low: float, high: float = math.inf) -> Kind:
    """A finite number from `low` to `high`, both included."""

    def checked(value: object, place: str) -> float:
        given = finite(value, place)
        if low <= given <= high:
            return given
        bounds = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise UsageError(f"{place} should be {bounds} and is {given:g}")

    return checked


def whole(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`, both included."""

    def checked(value: object, place: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise UsageError(f"{place} should be a whole number from {low} to {high}")

    return checked


def code_shares(value: object, place: str) -> dict[str, float]:
    """Shares of the points by the code of a mistake: `{ sign = 0.5 }`."""
    share = number(0, 1)
    return fields(value, dict.fromkeys(PARTIAL, share), place)


def bindings(value: object, place: str) -> dict[str, Any]:
    """Values of variables: numbers, texts such as "1/3", and lists of them."""
    given = _table(value, place)
    return {key: _bound(item, f"{place}: {_shown(key)}", 0) for key, item in given.items()}


def ranges(value: object, place: str) -> dict[str, Range]:
    """What variables may be: a word, or [low, high]."""
    given = _table(value, place)
    return {key: _range(item, f"{place}: {_shown(key)}") for key, item in given.items()}


def _bound(value: object, place: str, depth: int) -> Any:
    if isinstance(value, list):
        if depth == DEEPEST:
            raise UsageError(f"{place} has more than {DEEPEST} brackets in one another")
        return [_bound(item, place, depth + 1) for item in value]
    if isinstance(value, str):
        return text(value, place)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{place} should be a number, a text or a list and is {_kind(value)}")
    finite(value, place)
    return value


def _range(value: object, place: str) -> Range:
    if isinstance(value, str) and value in WORDS:
        return value
    if not isinstance(value, list):
        raise _not_among(value, WORDS, place, f"{', '.join(WORDS)} or [low, high]")
    if len(value) != 2:
        raise UsageError(f"{place} should be two numbers, [low, high], and has {len(value)}")
    low, high = (finite(item, place) for item in value)
    if not 0 < high - low < math.inf:
        raise UsageError(f"{place}: the low end should be below the high end: {low:g}, {high:g}")
    return low, high


def _table(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{place} should be a table, {{ name = … }}, and is {_kind(value)}")
    return value


def _not_among(value: object, words: Iterable[str], place: str, instead: str) -> UsageError:
    given = _shown(value) if isinstance(value, str) else _kind(value)
    near = did_you_mean(value, words) if isinstance(value, str) else ""
    return UsageError(f"{place} cannot be {given}{near or f': it should be {instead}'}")


def _unknown(key: str, kinds: Mapping[str, Kind], place: str) -> UsageError:
    known = did_you_mean(key, kinds) or f": there are {listed(kinds, most=12)}"
    return UsageError(f"{place}: {_shown(key)} is not known here{known}")


def _shown(key: str) -> str:
    return printable(shortened(key))


def _kind(value: object) -> str:
    """What a value is, in the words of TOML."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or a time")
