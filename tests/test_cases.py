"""Worked examples of textbooks, courses and libraries, with the numbers and formulas they print.

tests/cases/worked.jsonl has a case a line: `program` and `bindings` as a user types them; `value`,
`grads`, `nodes` and `symbolic` as published, with the printed precision in `tolerances`; what is
listed in `published_wrong` is wrong in print and must not agree; `torch` is torch 2.13.0 in
float64; `mistake` has the wrong answers of students. tests/cases/equivalence.jsonl has pairs of
formulas.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import backtrace

FOLDER = Path(__file__).parent / "cases"
Case = dict[str, Any]


def records(name: str) -> list[Case]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


WORKED = {case["id"]: case for case in records("worked.jsonl")}
# Cases with vectors and matrices wait for the rows that work on arrays (sum, dot, softmax, …);
# of a descent its starting point is traced, the path waits for the update rules.
NUMBERS = [
    case
    for case in WORKED.values()
    if all(isinstance(value, int | float) for value in case["bindings"].values())
]
STATUS = {  # of every other case the check agrees
    "cs231n-max-tie": "convention",
    "relu-kink": "convention",
    "micrograd-pr41-negative-base": "undefined",
    "pow-negative-var": "undefined",
    "torch-6394": "undefined",
}


def cases(*fields: str, smooth: bool = False) -> pytest.MarkDecorator:
    """The cases that have one of these fields; if `smooth`, none at a kink or where undefined."""
    found = [c for c in NUMBERS if c.keys() & set(fields) and not (smooth and c["id"] in STATUS)]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


class Published(NamedTuple):
    """A number in print, what it is called in `published_wrong`, and ours."""

    what: str
    number: float
    tolerance: float
    ours: float

    @property
    def agrees(self) -> bool:
        """Whether ours is the published one within the precision of print."""
        return close(self.ours, self.number, rtol=1e-9, atol=self.tolerance)


def close(ours: float, theirs: float, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Whether two numbers agree: nan with nan, an infinity with itself."""
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return ours == theirs or abs(ours - theirs) <= atol + rtol * abs(theirs)


@cache
def traced(name: str) -> backtrace.Trace:
    """The trace of a case."""
    case = WORKED[name]
    return backtrace.trace(case["program"], case["bindings"], wrt=case["wrt"])


def published(case: Case) -> Iterator[Published]:
    """Every number of a case that is in print."""
    trace, tolerances = traced(case["id"]), case.get("tolerances", {})
    if "value" in case:
        yield Published("value", float(case["value"]), tolerances["value"], float(trace.value))
    for name, number in case.get("grads", {}).items():
        ours = float(trace.gradients[name])
        yield Published(f"d{name}", float(number), tolerances[f"d{name}"], ours)
    for name, numbers in case.get("nodes", {}).items():
        node = trace[name]
        found = {"value": node.value, "grad": node.adjoint}
        for what in found.keys() & {key for key, number in numbers.items() if number is not None}:
            number, tolerance = float(numbers[what]), numbers[f"tol_{what}"]
            yield Published(f"node {name} {what}", number, tolerance, float(found[what]))


def value_of(formula: str, case: Case) -> float:
    """A formula as a program, at the point of a case; it may use the names of the case's nodes."""
    trace = traced(case["id"])
    nodes = {name: trace[name].value for name in trace.graph.names}
    return float(backtrace.trace(formula, {**nodes, **case["bindings"]}, wrt=[]).value)


@cases("torch")
def test_torch_s_numbers(case: Case) -> None:
    """Value and gradients are torch's in float64."""
    trace, torch = traced(case["id"]), case["torch"]
    assert close(trace.value, float(torch["value"]))
    assert trace.gradients.keys() == torch["grads"].keys()
    for name, gradient in torch["grads"].items():
        assert close(trace.gradients[name], float(gradient)), name


@cases("value", "grads", "nodes")
def test_published_numbers(case: Case) -> None:
    """What is in print is ours to the last digit printed, and is not where the print is wrong."""
    wrong = set(case.get("published_wrong", ())) - {"descent"}
    for item in published(case):
        assert item.agrees == (item.what not in wrong), item
        wrong.discard(item.what)
    assert {what.partition(" ")[0] for what in wrong} <= {"symbolic"}


@cases("symbolic")
def test_published_formulas(case: Case) -> None:
    """A formula in print, read as a program, has our gradient for its value."""
    for name, formula in case.get("symbolic", {}).items():
        gradient = traced(case["id"]).gradients[name]
        right = f"symbolic {name}" not in case.get("published_wrong", ())
        assert close(value_of(formula, case), gradient) == right, (name, formula)


@cases("mistake")
def test_published_mistakes(case: Case) -> None:
    """The wrong answers of students are not ours."""
    gradients, mistake = traced(case["id"]).gradients, case.get("mistake", {})
    for name, formula in mistake.get("wrong_symbolic", {}).items():
        assert not close(value_of(formula, case), gradients[name]), formula
    for name, number in mistake.get("wrong_grads", {}).items():
        assert not close(float(number), gradients[name], rtol=1e-3), name


@cases("program", smooth=True)
def test_our_formulas_read_back(case: Case) -> None:
    """The formula of a gradient, read as a program, has that gradient for its value.

    A formula does not know the conventions that hold at a kink.
    """
    trace = traced(case["id"])
    for name, formula in trace.formulas.items():
        if formula is not None:
            assert close(value_of(formula, case), trace.gradients[name]), (name, formula)


@cases("program")
def test_the_check(case: Case) -> None:
    """Every node agrees with torch; kinks and undefined points are told."""
    check = traced(case["id"]).check()
    assert check.status == STATUS.get(case["id"], "agrees"), check.summary
    assert not check.differing


def test_the_cases_are_there() -> None:
    """The tests above have work to do."""
    assert len(NUMBERS) > 120
    assert sum(len(list(published(case))) for case in NUMBERS) > 240
    assert sum("symbolic" in case for case in NUMBERS) > 40
    assert sum("mistake" in case for case in NUMBERS) > 6


@pytest.mark.parametrize("pair", records("equivalence.jsonl"), ids=lambda pair: pair["id"])
def test_equal_formulas_have_equal_values(pair: Case) -> None:
    """Formulas that are equal where their variables are positive agree there, others do not."""
    names = ("w", "x", "y", "b", "t", "w1", "w2", "b1", "b2")
    points = [
        {name: 0.3 + 0.17 * k + 0.31 * ((7 * i + 3 * k) % 5) for i, name in enumerate(names)}
        for k in range(4)
    ]
    found = []
    for point in points:
        answer, reference = (
            backtrace.trace(pair[side], point, wrt=[]).value for side in ("answer", "reference")
        )
        found.append(close(answer, reference))
    # relu' is 1 wherever x is positive: only a negative x tells the two apart
    expected = bool(pair["equal"]) or pair["id"] == "relu-prime-one"
    assert all(found) == expected
