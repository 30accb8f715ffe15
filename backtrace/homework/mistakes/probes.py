"""Wrong answers that are no simulated mistake: what they have in common with the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import islice

import numpy as np

from backtrace.homework.answers.targets import known_names
from backtrace.homework.mistakes.findings import Finding
from backtrace.homework.mistakes.paths import Edge, Paths
from backtrace.homework.mistakes.wording import Words
from backtrace.homework.problems.comparing import FEWEST, agree, gaps, rows_equal
from backtrace.homework.problems.problem import Problem
from backtrace.ops.rows import Array

EXACT = 1e-8  # relative: a ratio is the same at all points
ROUNDED = 6e-3  # a number with 3 digits is off by as much at most
MOST_PATHS = 30


def ratio(answer: Array, right: Array) -> float | None:
    """The number that an answer is times the right one everywhere, or None."""
    usable = np.isfinite(answer) & (right != 0) & np.isfinite(right)
    if usable.reshape(len(answer), -1).any(axis=1).sum() < FEWEST:
        return None
    if np.any((right == 0) & (np.abs(answer) > EXACT)):
        return None
    ratios = answer[usable] / right[usable]
    middle = float(np.median(ratios))
    if not middle:
        return None  # of a number beyond the smallest one
    return middle if np.all(np.abs(ratios - middle) <= EXACT * abs(middle)) else None


def of_ratio(number: float, *, has_decimals: bool, quantity: str) -> Finding:
    """What an answer is that is `number` times the right one."""
    if abs(number + 1) <= EXACT:
        return Finding("sign", lambda: "the sign is the other one")
    if has_decimals and abs(number - 1) <= ROUNDED:
        return rounded()
    near = Fraction(number).limit_denominator(100)
    shown = str(near) if abs(near - number) <= EXACT * abs(number) else f"{number:.6g}"
    return Finding("constant-factor", partial(str, f"it is {shown} times the {quantity}"))


def is_rounded(answer: Array, right: Array) -> bool:
    """Whether an answer is near the right one at nearly all points."""
    with np.errstate(all="ignore"):
        off = np.abs(answer - right) / np.maximum(np.abs(right), 1e-300)
    off = off[np.isfinite(off)]
    if len(off) < FEWEST:
        return False
    return bool(np.median(off) <= ROUNDED and np.mean(off > 10 * ROUNDED) < 0.1)


def rounded() -> Finding:
    """A number that was rounded on the way."""
    return Finding("rounded-constant", partial(str, "a number is rounded: keep 1/3, not 0.33"))


def nearly() -> Finding:
    """A number that is near the right one."""
    text = "near the right number; something was rounded on the way"
    return Finding("rounded-constant", partial(str, text))


def is_right_at_own(problem: Problem, answer: Array, right: Array) -> bool:
    """Whether an answer that is far off elsewhere is right at the problem's own point."""
    if not problem.has_own:
        return False
    elsewhere = np.median(gaps(answer, right)[:-1]) if problem.count > 1 else 0.0
    return bool(elsewhere > ROUNDED) and agree(answer[-1:], right[-1:])


def factors(paths: Paths, words: Words, answer: Array, right: Array) -> Iterator[Finding]:
    """A variable, a step or a local derivative that is a factor too many, or too few."""
    with np.errstate(all="ignore"):
        found = answer / right
    for text, values in _quantities(paths, words):
        for sign in ("", "-"):
            signed = -values if sign else values
            if _agree(found, signed):
                yield Finding("extra-factor", partial(_factor, sign, text, "too many"))
            elif _agree(found * signed, np.ones_like(found)):
                yield Finding("missing-local", partial(_factor, sign, text, "left out"))


def _quantities(paths: Paths, words: Words) -> Iterator[tuple[Callable[[], str], Array]]:
    """What may be a factor, with its numbers at all points."""
    sampled = paths.sampled
    for index in dict.fromkeys(known_names(paths.graph).values()):
        yield partial(words.node, index), sampled.stacked([v[index] for v in sampled.passes])
    for e in paths.edges[:MOST_PATHS]:
        if not paths.is_one(e) and paths.locals[e][0] is not None:
            yield partial(words.step, e), paths.local(e)


def _factor(sign: str, text: Callable[[], str], what: str) -> str:
    return f"the factor {sign}{text()} is {what}"


def paths_apart(paths: Paths, words: Words, answer: Array, right: Array) -> Iterator[Finding]:
    """An answer that differs from the right one by the product of one path."""
    every = list(islice(_all_paths(paths), MOST_PATHS))
    for path in every if len(every) > 1 else ():
        product = paths.along(path)
        if _agree(right - answer, product):
            yield Finding("missing-path", partial(words.path, path[-1]))
        elif _agree(answer - right, product):
            yield Finding("extra-path", partial(words.path_twice, path[-1]))


def _all_paths(paths: Paths) -> Iterator[list[Edge]]:
    """Every single path, from the output down."""
    below: dict[int, list[Edge]] = {}
    for e in paths.edges:
        below.setdefault(e.via, []).append(e)
    todo: list[tuple[int, list[Edge]]] = [(paths.of, [])]
    while todo:
        node, path = todo.pop()
        if node == paths.by:
            yield path
        todo.extend((e.into, [*path, e]) for e in reversed(below.get(node, [])))


def _agree(one: Array, other: Array) -> bool:
    """Whether two agree at enough points and wherever both are defined."""
    return bool(rows_equal(one[None], other)[0])
