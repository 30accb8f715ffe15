"""The TOML file of an assignment, checked key by key before anything is graded."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from backtrace.errors import ReadError, Span, UsageError, shortened
from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.assignment_values import (
    Kind,
    bindings,
    code_shares,
    fields,
    identifier,
    number,
    one_of,
    quoted,
    ranges,
    tables,
    text,
    whole,
)
from backtrace.homework.judging.terms import Form
from backtrace.homework.verdicts import MOST_DIGITS

LIMIT = 10 * 10**6  # bytes of a file
FORMS = get_args(Form)

# What a claim may set for itself, and [defaults] for every claim.
SETTINGS: Mapping[str, Kind] = {
    "points": number(0),
    "form": one_of(*FORMS),
    "digits": whole(1, MOST_DIGITS),
    "rtol": number(0, 1),
    "atol": number(0),
}
SHARES: Mapping[str, Kind] = {"follow_through": number(0, 1), "precision": number(0, 1)}
CLAIM: Mapping[str, Kind] = {"of": text, **SETTINGS, "partial": code_shares, "answer": quoted}
PROBLEM: Mapping[str, Kind] = {
    "id": identifier,
    "program": text,
    "at": bindings,
    "domain": ranges,
    "points": number(0),
    "claim": tables,
}
WHOLE: Mapping[str, Kind] = {
    "title": text,
    "points": number(0),
    "defaults": lambda value, place: fields(value, {**SETTINGS, **SHARES}, place),
    "problem": tables,
}


def load_assignment(path: str | Path) -> Assignment:
    """The assignment in a file. Raises UsageError or ReadError naming the file and the place."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"cannot read {str(path)!r}: {error}") from None
    if len(data) > LIMIT:
        raise UsageError(f"{path} is larger than {LIMIT // 10**6} MB")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path} is not UTF-8 text: byte {error.start}, line {line}") from None
    return read_assignment(source, str(path))


def read_assignment(text: str, name: str) -> Assignment:
    """The assignment that is written in this TOML text; `name` is what messages call it.

    >>> read_assignment('''[[problem]]
    ... id = "p1"
    ... program = "s = w*x"
    ... claim = [{ of = "ds/dw", points = 3 }]''', "hw.toml").points
    3.0
    """
    if len(text) > LIMIT:
        raise UsageError(f"{name} is larger than {LIMIT // 10**6} MB")
    given = fields(_parsed(text, name), WHOLE, name, needed=("problem",))
    settings = given.get("defaults", {})
    shares = {key: settings.pop(key) for key in SHARES if key in settings}
    problems = tuple(
        _problem(table, settings, f"{name}, problem {number}")
        for number, table in enumerate(given["problem"], 1)
    )
    _refuse_twice([problem.id for problem in problems], f"{name}: two problems have the id")
    title = given.get("title", Path(name).stem or name)
    total = given.get("points")
    return Assignment(title=title, problems=problems, source=text, total=total, **shares)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(str(error), text, name) from None
    except RecursionError:
        raise ReadError(f"{name}: lists or tables are nested too deeply") from None
    except ValueError as error:  # a whole number of more digits than Python converts
        raise ReadError(f"{name}: {error}") from None


def _unreadable(message: str, text: str, name: str) -> ReadError:
    """TOML's own message with the place drawn below it, as every other error has it."""
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if not found:
        return ReadError(f"{name} is not TOML: {message}")
    # tomllib counts in the text with \\n for \\r\\n
    source = text.replace("\r\n", "\n")
    start = len(source)
    if found[1]:
        lines = source.split("\n")
        start = sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
    line = source.count("\n", 0, start) + 1
    reason = message[: found.start()]
    return ReadError(f"{name}, line {line}: {reason}", source, Span(start, start + 1))


def _problem(table: object, defaults: Mapping[str, Any], place: str) -> ProblemTask:
    if isinstance(table, dict) and isinstance(table.get("id"), str) and table["id"].isprintable():
        place = f"{place.rpartition(' ')[0]} {shortened(table['id'])}"  # its id says more
    given = fields(table, PROBLEM, place, needed=("id", "program", "claim"))
    claims = tuple(
        _claim(claim, defaults, f"{place}, claim {number}")
        for number, claim in enumerate(given.pop("claim"), 1)
    )
    lefts = ["".join(claim.of.split()) for claim in claims]
    _refuse_twice(lefts, f"{place}: two claims are of")
    return ProblemTask(claims=claims, at=given.pop("at", {}), **given)


def _claim(table: object, defaults: Mapping[str, Any], place: str) -> ClaimTask:
    return ClaimTask(**{**defaults, **fields(table, CLAIM, place, needed=("of",))})


def _refuse_twice(names: list[str], message: str) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise UsageError(f"{message} {shortened(twice[0])}")
