"""Judging answers: claims per second on one core, against sympy, and the memory of a course.

The pairs of formulas are those of the cases: those of equivalence.jsonl, and the published
derivatives of worked.jsonl with answers that students give in their place. An answer is made
another text without becoming another function, `(…)*7/7` or `0*7 + (…)`, so that no two are the
same: what is kept of a problem serves its answers, and what is kept of an answer would serve
nobody. Reading the answers is a part of every time; reading the program is not, nor are the right
answers, since both are done once for a whole course.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.chain import power
from benchmarks.measure import ROOT, Ratio, compared, environment, in_turns, ready

CASES = ROOT / "tests" / "cases"
CLAIMS = 500  # in a round
DECIDED, JUDGED = 5_000, 1_500  # claims a second, before diagnosis and with it
PER_CLAIM = 200  # bytes that a claim more may take while a course is graded
LIMIT = 20.0  # seconds that sympy may think about a pair

# What leaves a formula as it is, and what makes a wrong one of a right one.
HARMLESS = ("({0})*{1}/{1}", "{1}*({0})/{1}", "({0}) + 0*{1}", "0*{1} + ({0})", "({0})/(1/{1})/{1}")
MISTAKES = ("-({0})", "2*({0})", "({0})*{1}", "({0}) + {1}")


@dataclass(frozen=True)
class Pair:
    """A formula, or a program and a variable of it, and an answer to it."""

    program: str
    by: str  # "" where the formula itself is the right answer
    answer: str
    equal: bool

    @cached_property
    def judge(self) -> Any:
        """What judges the answers to the problem, with its sample points."""
        from backtrace import read
        from backtrace.homework.judging.judge import Judge
        from backtrace.homework.problems.problem import Problem

        graph = read(self.program)
        names = [*graph.variables, *read(self.answer).variables]
        return Judge(Problem(graph, None, others=names))

    @cached_property
    def target(self) -> Any:
        """What is asked for."""
        from backtrace.homework.answers.targets import Target

        graph = self.judge.problem.graph
        return Target(graph.output, graph.variables[self.by] if self.by else None)

    def rewritten(self, number: int) -> str:
        """The answer as another text."""
        return HARMLESS[number % len(HARMLESS)].format(self.answer, number)


# -- the pairs


def pairs() -> list[Pair]:
    """Every pair of the cases, right ones and wrong ones."""
    return [*_equivalences(), *_derivatives()]


def _equivalences() -> Iterator[Pair]:
    for case in _cases("equivalence.jsonl"):
        yield Pair(case["reference"], "", case["answer"], case["equal"] is True)


def _derivatives() -> Iterator[Pair]:
    """The published derivatives, and of each one that is wrong, in turn by every mistake."""
    mistakes = cycle(MISTAKES)
    for case in _cases("worked.jsonl"):
        if case["kind"] != "scalar":
            continue
        published = case.get("mistake", {}).get("wrong_symbolic", {})
        for by, right in case.get("symbolic", {}).items():
            wrong = published.get(by) or next(mistakes).format(right, by)
            yield Pair(case["program"], by, right, equal=True)
            yield Pair(case["program"], by, wrong, equal=False)


def _cases(name: str) -> Iterator[dict[str, Any]]:
    with (CASES / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def mixed(found: Sequence[Pair]) -> Iterator[tuple[Pair, str]]:
    """Answers without end, no two the same, of which three in five are right."""
    right = cycle([pair for pair in found if pair.equal])
    wrong = cycle([pair for pair in found if not pair.equal])
    for number in count(2):
        pair = next(right if number % 5 < 3 else wrong)
        yield pair, pair.rewritten(number)


# -- claims per second


def decided(pair: Pair, text: str) -> bool:
    """Whether an answer is right, and no more: read, evaluated at all points, and decided."""
    from backtrace.homework.answers.claims import read_answer

    problem = pair.judge.problem
    claim = read_answer(text, pair.target, problem.graph)
    return bool(pair.judge.outcome(claim, problem.of_claim(claim.right)).decision == "equal")


def judged(pair: Pair, text: str) -> bool:
    """Whether an answer is right, and if it is not, which mistake was made."""
    return bool(pair.judge.answer(text, pair.target).verdict.state == "correct")


def rates(rounds: int, claims: int = CLAIMS) -> list[Ratio]:
    """Seconds per claim before diagnosis and with it, against those that are allowed."""
    answers = mixed(pairs())

    def turn(decide: Callable[[Pair, str], bool]) -> dict[str, float]:
        return {"": seconds_of(decide, list(islice(answers, claims))) / claims}

    times = in_turns({d.__name__: partial(turn, d) for d in (decided, judged)}, rounds)
    return [
        compared(what, times[name], f"{rate:,} a second", [1 / rate] * rounds, 1.0)
        for what, name, rate in (
            ("a claim, right or wrong", "decided", DECIDED),
            ("a claim, with diagnosis", "judged", JUDGED),
        )
    ]


def seconds_of(decide: Callable[[Pair, str], bool], answers: Sequence[tuple[Pair, str]]) -> float:
    """Raise RuntimeError where the verdict on a pair is another one."""
    begin = ready()
    found = [decide(pair, text) for pair, text in answers]
    seconds = time.perf_counter() - begin
    for (pair, text), equal in zip(answers, found, strict=True):
        if equal is not pair.equal:
            raise RuntimeError(f"{text} is called {'equal' if equal else 'wrong'}")
    return seconds


# -- against sympy


class OutOfTime(BaseException):
    """The limit is reached; sympy catches every Exception."""


class Sympy:
    """`simplify(a - b) == 0` on pairs of formulas that sympy has already.

    A pair on which the limit is reached once is not tried again: it counts as the limit.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.given_up: set[Pair] = set()

    def seconds(self, pair: Pair) -> float:
        """The time on one pair, at most the limit."""
        if pair in self.given_up:
            return self.limit
        from sympy import simplify

        difference = right_for_sympy(pair) - _expressions(pair.answer)[-1]
        begin = time.perf_counter()
        before = signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, self.limit)
        try:
            _ = simplify(difference) == 0
        except OutOfTime:
            self.given_up.add(pair)
        except Exception:  # noqa: BLE001, S110  (it gives up earlier, which costs less)
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return min(time.perf_counter() - begin, self.limit)


def _ring(*_: object) -> None:
    raise OutOfTime


def right_for_sympy(pair: Pair) -> Any:
    """The right answer as sympy derives it, which is not in its time."""
    from backtrace.lazy import sympy as sp

    found = _expressions(pair.program)[-1]
    return sp.diff(found, sp.Symbol(pair.by, real=True)) if pair.by else found


def _expressions(text: str) -> list[Any]:
    """What every node of a program is in sympy, the output last."""
    from backtrace import read
    from backtrace.symbolic import expressions

    graph = read(text)
    found = expressions(graph)
    return [*found.values(), found[graph.output]]


def against_sympy(rounds: int, found: Sequence[Pair] | None = None, limit: float = LIMIT) -> Ratio:
    """The same pairs, all judged with their diagnosis, and all simplified.

    sympy starts every round with an empty cache. The sum is what a course waits for; a few pairs
    on which sympy reaches the limit are most of its time, so the line says how many there are.
    """
    from sympy.core.cache import clear_cache

    found = pairs() if found is None else found
    peer, numbers = Sympy(limit), count(2)

    def ours() -> dict[str, float]:
        number = next(numbers)
        return {"": seconds_of(judged, [(pair, pair.rewritten(number)) for pair in found])}

    def theirs() -> dict[str, float]:
        clear_cache()
        return {"": sum(map(peer.seconds, found))}

    times = in_turns({"ours": ours, "sympy": theirs}, rounds)
    what = f"{len(found)} pairs of formulas, with diagnosis"
    name = f"sympy simplify(a - b) == 0, {len(peer.given_up)} stopped after {limit:g} s"
    return compared(what, times["ours"], name, times["sympy"], 0.01)


# -- memory

COURSE = """
[[problem]]
id = "p1"
program = "yhat = w*x; s = yhat - y; L = s**2"
at = { w = 2, x = -3, y = 1 }
claim = [{ of = "s" }, { of = "dL/ds" }, { of = "ds/dw" }, { of = "dL/dw" }, { of = "dL/dx" }]
"""
ANSWERS = {"s": "-7", "dL/ds": "-14", "ds/dw": "-3", "dL/dw": "-42", "dL/dx": "28"}


# The most that the process ever had in memory: since it began, not since what started it did.
RUN = """
import sys
from backtrace.cli import main
code = main(sys.argv[1:])
with open("/proc/self/status", encoding="ascii") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
sys.exit(code)
"""


def memory_of_claims(sizes: Sequence[int]) -> Ratio:
    """Bytes of memory that a claim more takes in a whole run of `backtrace grade`, on Linux.

    That is how much more the process of the largest course had at its peak than that of the
    smallest; each has read, judged and reported every claim.
    """
    least, most = min(sizes), max(sizes)
    growth = (peak_of_grading(most) - peak_of_grading(least)) / (most - least)
    what = f"`grade`, memory for a claim more, {power(least)} to {power(most)} claims"
    return Ratio(what, growth, "what is allowed", PER_CLAIM, 1.0, unit="B")


def peak_of_grading(claims: int) -> int:
    """Bytes at most. Raises CalledProcessError where grading fails."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        words = [sys.executable, "-c", RUN, *course(Path(name), claims)]
        done = subprocess.run(words, stdout=subprocess.PIPE, env=environment(), check=True)
    return 1024 * int(done.stdout)


def course(folder: Path, claims: int) -> list[str]:
    """The words that grade a course of so many answers, of which two in five are wrong."""
    (folder / "course.toml").write_text(COURSE, encoding="utf-8")
    with (folder / "answers.jsonl").open("w", encoding="utf-8") as file:
        for number, (claim, answer) in enumerate(islice(cycle(ANSWERS.items()), claims)):
            record = {"student": f"student {number // len(ANSWERS)}", "problem": "p1"}
            text = HARMLESS[number % len(HARMLESS)].format(answer, number + 2)
            file.write(json.dumps({**record, "claim": claim, "answer": text}) + "\n")
    paths = (str(folder / path) for path in ("course.toml", "answers.jsonl", "grades.jsonl"))
    assignment, answers, output = paths
    return ["grade", assignment, answers, "-o", output]
