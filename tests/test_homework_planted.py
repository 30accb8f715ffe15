"""Wrong answers planted in the programs of the cases: the mistake that was made is named."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from test_cases import WORKED
from wrong_answers import Derivation, Numbers, derivations, plants

import backtrace
from backtrace.homework.judging.judge import Judge
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import Verdict

CASES = [
    "nnzth-neuron-exp", "nnzth-quadratic", "nnzth-ab-plus-c", "hackers-add-mul",
    "hackers-sum-of-squares", "cs231n-sigmoid-circuit", "colah-e", "ng-J", "baydin",
    "sradc-gist", "autodiff-crate", "hips-readme-tanh-old", "jax-tanh", "jax-cubic",
    "tf-softplus", "dezero-square-exp-square", "dezero-matyas", "cs207-f1", "cs207-f2",
    "d2l-logsumexp2", "d2l-log-power", "d2l-general-quadratic", "clj-compose-half",
    "autodiff-cpp-conditional", "forwarddiff-tan", "mazur-scalar", "nbis-two-neurons",
    "sghosh-one-neuron", "nielsen-neuron", "nielsen-cross-entropy", "apex-cube-tangent",
    "apex-cos3", "apex-5cos", "apex-x2sin5x", "apex-cosinv-exp", "apex-xx", "apex-sqrt-1mt2",
    "apex-x-asin", "openstax-sin6", "openstax-cot3", "openstax-tide", "openstax-exp-tan",
    "openstax-power-tower", "openstax-atan3", "openstax-partial-atan", "openstax-partial-3",
    "openstax-law-of-cosines", "openstax-chain-3", "openstax-grad-xy", "mathse-sigmoid-sign",
    "mistake-product-rule", "torch-6394", "apex-4r", "openstax-logistic-exp", "sympy-2a",
    "openstax-log10-sec", "cppad-erf",
]  # fmt: skip
MOST_OF_A_CODE = 2  # plants of one code in one derivative
MOST_DERIVATIVES = 3
OVERALL = 0.95


class Found(NamedTuple):
    """What was planted, and what is said of it."""

    case: str
    claim: str
    code: str
    verdict: Verdict
    at_own: Verdict | None  # of the same answer as a number; None where that is right


@cache
def judged(case: str) -> list[Found]:
    """The verdicts on a sample of the wrong answers to one case."""
    program = WORKED[case]["program"]
    bindings = {name: float(value) for name, value in WORKED[case]["bindings"].items()}
    every = list(derivations(program, bindings))[:MOST_DERIVATIVES]
    numbers = Numbers(every[0].graph, bindings)
    judge = Judge(Problem(every[0].graph, bindings))
    return [
        found
        for d in every
        for code, text in sampled(wrong(d, numbers), case)
        for found in [said(judge, case, d, numbers, code, text)]
    ]


def wrong(d: Derivation, numbers: Numbers) -> Iterable[tuple[str, str]]:
    """The plants that are formulas, and that are wrong somewhere."""
    right = numbers.right(d)
    for code, text in dict.fromkeys(plants(d)):
        differ = numbers.differ(numbers.of(text), right)
        is_everywhere = code == "domain" and (differ & numbers.positive).any()
        if differ.any() and not is_everywhere and has_names(text, numbers):
            yield code, text


def has_names(text: str, numbers: Numbers) -> bool:
    return any(name in numbers.scope for name in re.findall(r"[^\W\d]\w*", text))


def sampled(items: Iterable[tuple[str, str]], seed: str) -> list[tuple[str, str]]:
    """A few of every code, always the same."""
    by_code = defaultdict(list)
    for item in items:
        by_code[item[0]].append(item)
    draw = random.Random(seed)  # noqa: S311  (no secret)
    return [i for c in by_code.values() for i in draw.sample(c, min(len(c), MOST_OF_A_CODE))]


def said(judge: Judge, case: str, d: Derivation, numbers: Numbers, code: str, text: str) -> Found:
    name = d.graph.labels[d.by]
    claim = f"d{d.graph.labels[d.of]}/d{name} = {text}"
    own, right = numbers.of(text)[-1], numbers.right(d)[-1]
    at_own = None
    if np.isfinite(own) and np.isfinite(right) and abs(own - right) > 1e-6 * abs(right):
        at_own = judge.claim(f"d{d.graph.labels[d.of]}/d{name} = {own:.15e}").verdict
    return Found(case, claim, code, judge.claim(claim).verdict, at_own)


# -- what is expected


def test_the_programs_are_many_and_have_every_mistake() -> None:
    """At least 40 programs, and each code of numbers is planted in several derivatives."""
    counts: dict[str, int] = defaultdict(int)
    for case in CASES:
        for found in judged(case):
            counts[found.code] += 1
    assert len({WORKED[case]["program"] for case in CASES}) >= 40
    assert min(counts.values()) >= 2
    assert set(counts) >= {
        *("sign", "missing-local", "missing-path", "constant-factor", "kept-exponent"),
        *("quotient-sign", "wrong-local", "product-of-derivatives", "sum-instead-of-product"),
        *("inner-twice", "input-for-output", "several-missing", "wrong-variable", "domain"),
        *("rounded-constant", "upstream-only", "local-instead-of-gradient"),
        "value-instead-of-derivative",
    }


def shares(found: Iterable[tuple[str, bool, str]]) -> tuple[float, dict[str, float], str]:
    """The share of named mistakes, overall and by code, with what was not named."""
    by_code: dict[str, list[bool]] = defaultdict(list)
    unnamed = []
    for code, is_named, shown in found:
        by_code[code].append(is_named)
        if not is_named:
            unnamed.append(f"{code}: {shown}")
    every = [named for c in by_code.values() for named in c]
    lines = [f"{c:28} {sum(n)}/{len(n)}" for c, n in sorted(by_code.items())]
    means = {code: float(np.mean(named)) for code, named in by_code.items()}
    return float(np.mean(every)), means, "\n".join([*lines, *unnamed])


def test_the_mistake_is_named() -> None:
    """Of all planted mistakes at least 95 % are among the codes; of this sample all are."""
    overall, by_code, table = shares(
        (f.code, f.code in f.verdict.codes, f"{f.case}: {f.claim} is called {f.verdict.codes}")
        for case in CASES
        for f in judged(case)
    )
    assert overall >= OVERALL, table
    assert min(by_code.values()) == 1.0, table  # as measured


def test_the_mistake_is_named_of_a_number() -> None:
    """The same holds for the number that a wrong formula gives at the problem's point."""
    overall, _, table = shares(
        (f.code, f.code in f.at_own.codes, f"{f.case}: {f.at_own.claim} for {f.claim}")
        for case in CASES
        for f in judged(case)
        if f.at_own is not None and f.code != "domain"  # of numbers there is no domain
    )
    assert overall >= OVERALL, table


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_answer_is_wrong_and_a_point_shows_it(case: str) -> None:
    """It has a counterexample where the right number is that of central differences."""
    for found in judged(case):
        verdict = found.verdict
        assert verdict.state == "wrong", found
        shown = verdict.counterexample
        assert shown is not None and np.isfinite(shown.right), found
        assert shown.yours is None or not np.isclose(shown.yours, shown.right, 1e-9, 0), found
        assert shown.differences is None or np.isclose(
            shown.differences, shown.right, rtol=1e-6, atol=1e-6
        ), found
        assert found.at_own is None or found.at_own.state == "wrong", found


@pytest.mark.parametrize("case", CASES)
def test_every_code_stands_in_the_message(case: str) -> None:
    """`code` is the first of `codes`, and the message has each literally."""
    for found in judged(case):
        for verdict in filter(None, [found.verdict, found.at_own]):
            assert verdict.code == verdict.codes[0]
            assert all(code in verdict.message for code in verdict.codes), verdict


@pytest.mark.parametrize("case", CASES)
def test_the_right_answer_written_out_is_correct(case: str) -> None:
    """The sum over all paths in the names of the nodes is right, by either left side."""
    bindings = WORKED[case]["bindings"]
    for d in list(derivations(WORKED[case]["program"], bindings))[:MOST_DERIVATIVES]:
        name = d.graph.labels[d.by]
        for left in (f"d{d.graph.labels[d.of]}/d{name}", f"grad {name}"):
            verdict = backtrace.check(d.graph, bindings, f"{left} = {d.written()}")
            assert verdict.state == "correct", verdict
