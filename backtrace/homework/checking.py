"""check, check_all, equivalent and assert_gradient: judging answers from Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backtrace.errors import BacktraceError, UsageError
from backtrace.graph import Graph
from backtrace.homework.answers.claims import Claim, read_free
from backtrace.homework.answers.targets import Target, label, read_left
from backtrace.homework.judging.following import followed
from backtrace.homework.judging.judge import Judge, Judged
from backtrace.homework.judging.proving import proved
from backtrace.homework.judging.saying import unreadable
from backtrace.homework.judging.terms import USUAL, Form, Terms
from backtrace.homework.judging.typed import Typed
from backtrace.homework.judging.weakness import with_kinks, with_warning
from backtrace.homework.problems.points import Range
from backtrace.homework.problems.problem import Problem
from backtrace.homework.reports.wording import lines, plain
from backtrace.homework.verdicts import DIGITS, Verdict
from backtrace.reading import read
from backtrace.reading.values import value_of

SHORT = ("float32", "float16")  # bfloat16 too
OF_DOUBLE, OF_SHORT = 1e-7, 1e-4  # relative: what a gradient may be off

Claims = str | Iterable[str] | Mapping[str, Any]


def check(  # noqa: PLR0913  (they go by keyword)
    program: str | Graph,
    bindings: Mapping[str, Any],
    claim: str,
    /,
    *,
    domain: Mapping[str, Range] | None = None,
    digits: int = DIGITS,
    rtol: float | None = None,
    atol: float | None = None,
    form: Form = "either",
    prove: bool = False,
) -> Verdict:
    """Judge one claim about a program: `dL/dw = 2*x*(w*x - y)`, `s = -7`, `ds/dw = x`.

    A formula must agree at all sample points, a number at the point of `bindings`. `domain` says
    what variables may be: "positive", "negative", "nonzero", or (low, high). `digits` (3) is how
    many a number must have, `rtol` and `atol` replace the rule of half a unit in the last digit.
    What cannot be read in the claim is a verdict; of the program and bindings BacktraceError.

    >>> check("(w*x - y)**2", {"w": 2, "x": -3, "y": 1}, "dL/dw = 2*(w*x - y)").codes
    ('missing-local', 'upstream-only')
    """
    judge = Judge(Problem(program, bindings, domain=domain))
    return verdicts_of(judge, [claim], Terms(digits, rtol, atol, form), prove=prove)[0]


def check_all(  # noqa: PLR0913  (as above)
    program: str | Graph,
    bindings: Mapping[str, Any],
    claims: Iterable[str],
    /,
    *,
    domain: Mapping[str, Range] | None = None,
    digits: int = DIGITS,
    rtol: float | None = None,
    atol: float | None = None,
    form: Form = "either",
    prove: bool = False,
) -> list[Verdict]:
    """Judge several claims about one program; what follows from an earlier mistake is told so."""
    judge = Judge(Problem(program, bindings, domain=domain))
    claims = [claims] if isinstance(claims, str) else list(claims)
    return verdicts_of(judge, claims, Terms(digits, rtol, atol, form), prove=prove)


def verdicts_of(
    judge: Judge, claims: Sequence[str], terms: Terms, *, prove: bool = False
) -> list[Verdict]:
    """The verdicts on claims about one problem, with warnings where a number says little."""
    if not all(isinstance(text, str) for text in claims):
        raise UsageError("a claim is a text, such as 'dL/dw = 2*x'; check_all takes several")
    judged = [judge.claim(text, terms) for text in claims]
    found = followed(judge, judged, [terms] * len(judged))
    told = [
        with_kinks(judge, with_warning(judge, verdict, j, terms), j)
        for verdict, j in zip(found, judged, strict=True)
    ]
    if not prove:
        return told
    return [_proved(judge, verdict, j) for verdict, j in zip(told, judged, strict=True)]


def _proved(judge: Judge, verdict: Verdict, judged: Judged) -> Verdict:
    """A verdict on a formula that agrees, with sympy's word on it."""
    if verdict.state != "correct" or judged.answer is None or judged.claim is None:
        return verdict
    if not proved(judge.problem, judged.claim):
        return verdict
    return dataclasses.replace(verdict, message=f"proved equal; {verdict.message}")


def equivalent(
    reference: str, answer: str, /, *, domain: str | Range | Mapping[str, Range] | None = None
) -> Verdict:
    """Whether two formulas are the same function of their variables, wherever the first is defined.

    `domain` is for every variable, or by name. Raises BacktraceError for a reference that cannot be
    read.

    >>> equivalent("log(x**2)", "2*log(x)").codes
    ('domain',)
    """
    graph = read(reference)
    target = Target(graph.output)
    try:
        claim = read_free(answer, target, graph)
    except BacktraceError as error:
        return unreadable(answer, error)
    names = [*graph.variables, *(n for n in claim.right.variables if n not in graph.variables)]
    if domain is not None and not isinstance(domain, Mapping):
        domain = dict.fromkeys(names, domain)
    # a formula without variables is compared at points all the same
    judge = Judge(Problem(graph, None, domain=domain, others=names or ["x"]))
    try:
        return judge.judged(claim).verdict
    except BacktraceError as error:
        return unreadable(answer, error)


def assert_gradient(
    program: str | Graph,
    bindings: Mapping[str, Any],
    claims: Claims,
    /,
    *,
    rtol: float | None = None,
    atol: float = 1e-12,
    domain: Mapping[str, Range] | None = None,
) -> None:
    """Raise AssertionError with all verdicts unless every claim is right; for tests with pytest.

    `claims` are texts, or values by the left side: {"w": -2.0, "dL/ds": "2*s"}, where the name of a
    variable is the gradient by it, and that of a step is its value. A number or an array is
    compared within `rtol` (1e-7; of float32 and shorter ones 1e-4) and `atol`, a text is judged as
    `check` does. Raises BacktraceError for what cannot be read.
    """
    judge = Judge(Problem(program, bindings, domain=domain))
    if isinstance(claims, str):
        claims = [claims]
    if isinstance(claims, Mapping):
        found = [_asserted(judge, left, value, rtol, atol) for left, value in claims.items()]
    else:
        found = verdicts_of(judge, list(claims), USUAL)
    wrong = [verdict for verdict in found if verdict.state != "correct"]
    if not found:
        raise AssertionError("there is no claim")
    if wrong:
        raise AssertionError("\n\n".join(map(_told, wrong)))


def _told(verdict: Verdict) -> str:
    return "\n".join([f"{verdict.state}: {verdict.claim}", *lines(verdict)])


def _asserted(judge: Judge, left: str, value: Any, rtol: float | None, atol: float) -> Verdict:
    """The verdict on a value that a program computed."""
    if not isinstance(left, str):
        raise UsageError(f"a claim begins with a text, such as 'dL/dw', not with {left!r}")
    if rtol is None:
        is_short = str(getattr(value, "dtype", "")).endswith(SHORT)
        rtol = OF_SHORT if is_short else OF_DOUBLE
    terms = Terms(rtol=rtol, atol=atol)
    graph = judge.problem.graph
    target = read_left(left, graph)
    if isinstance(value, str):
        return judge.answer(value, target).verdict
    number = value_of(left, value)
    text = f"{label(target, graph)} = {plain(number, '.17g')}"
    claim = Claim(text, target, graph)
    return judge.number(claim, Typed(number), terms)
