"""sympy's word on what agrees at all points: it may prove it, and never says that it is wrong."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backtrace.errors import BacktraceError
from backtrace.homework.answers.claims import Claim
from backtrace.homework.answers.targets import known_names
from backtrace.homework.problems.problem import Problem
from backtrace.lazy import sympy as sp
from backtrace.symbolic import TooLongError, expressions

LIMIT = 1.0  # seconds


class _TooSlow(Exception):  # noqa: N818  (it never leaves this module)
    """The time is over."""


def proved(problem: Problem, claim: Claim) -> bool:
    """Whether a claim about a program of numbers is an identity, as far as sympy sees in time."""
    if not problem.at_once or claim.right.structural:
        return False
    try:
        with _time_limit():
            return _is_identity(problem, claim)
    except (_TooSlow, TooLongError, BacktraceError, TypeError, ValueError, RecursionError):
        return False
    except NotImplementedError:  # sympy's own word for what it cannot do
        return False


def _is_identity(problem: Problem, claim: Claim) -> bool:
    graph, target = problem.graph, claim.target
    nodes = expressions(graph, needed=range(len(graph.nodes)))
    right = nodes[target.of]
    if target.by is not None:
        free = expressions(graph, atom=target.by, needed=range(len(graph.nodes)))
        symbol = free[target.by]
        right = sp.diff(free[target.of], symbol).subs(symbol, nodes[target.by])
    names = known_names(graph)
    answer = expressions(claim.right)[claim.right.output]
    given = {sp.Symbol(n, real=True): nodes[names[n]] for n in claim.right.variables if n in names}
    answer = answer.subs(given, simultaneous=True)
    return _is_zero(right - answer)


def _is_zero(difference: Any) -> bool:
    """Whether the numerator vanishes: 6 ms where simplify takes 150, and equally often right."""
    numerator, _ = sp.together(difference.rewrite(sp.exp)).as_numer_denom()
    return bool(sp.expand(numerator) == 0)


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise _TooSlow after LIMIT seconds, and at once where there is no timer for that."""
    has_timer = hasattr(signal, "setitimer")
    if not has_timer or threading.current_thread() is not threading.main_thread():
        raise _TooSlow  # sympy without a limit may never come back

    is_over = False

    def ring(*_: object) -> None:
        if not is_over:
            raise _TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    # again and again: what is raised in a callback of the collector is lost
    signal.setitimer(signal.ITIMER_REAL, LIMIT, LIMIT / 10)
    try:
        yield
    finally:
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
