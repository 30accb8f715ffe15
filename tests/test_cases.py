"""Worked examples of textbooks, courses and libraries, with the numbers and formulas they print.

tests/cases/worked.jsonl has a case a line: `program` and `bindings` as a user types them; `value`,
`grads`, `nodes` and `symbolic` as published, with the printed precision in `tolerances`; what is
listed in `published_wrong` is wrong in print and must not agree; `torch` is torch 2.13.0 in
float64; `mistake` has the wrong answers of students. tests/cases/equivalence.jsonl has pairs of
formulas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import backtrace
from backtrace.ops.rows import Array

FOLDER = Path(__file__).parent / "cases"
Case = dict[str, Any]


def records(name: str) -> list[Case]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


# Of a descent its starting point is traced; the path waits for the update rules.
WORKED = {case["id"]: case for case in records("worked.jsonl")}
STATUS = {  # of every other case the check agrees
    "cs231n-max-tie": "convention",
    "relu-kink": "convention",
    "torch-16317": "undefined",
    "micrograd-pr41-negative-base": "undefined",
    "pow-negative-var": "undefined",
    "torch-6394": "undefined",
}


def cases(*fields: str, smooth: bool = False) -> pytest.MarkDecorator:
    """The cases that have one of these fields; if `smooth`, none at a kink or where undefined."""
    found = [
        case
        for case in WORKED.values()
        if case.keys() & set(fields) and not (smooth and case["id"] in STATUS)
    ]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


class Published(NamedTuple):
    """What is in print, what it is called in `published_wrong`, and ours."""

    what: str
    numbers: Any
    tolerance: float
    ours: Any

    @property
    def agrees(self) -> bool:
        """Whether ours is the published one within the precision of print, wherever that is."""
        numbers, ours = array(self.numbers), np.asarray(self.ours)
        if numbers.shape != ours.shape:
            return False
        in_print = ~missing(self.numbers)
        return close(ours[in_print], numbers[in_print], rtol=1e-9, atol=self.tolerance)


def array(numbers: Any) -> Array:
    """Nested lists as an array; "nan" and "inf" are texts, and what is not in print is null."""
    return np.array(numbers, dtype=np.float64)


def missing(numbers: Any) -> Any:
    """Where nested lists have null: an entry that is not in print."""
    entries = np.array(numbers, dtype=object)
    return np.array([entry is None for entry in entries.flat]).reshape(entries.shape)


def close(ours: Any, theirs: Any, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Whether numbers agree, entry by entry: nan with nan, an infinity with itself."""
    return bool(np.allclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True))


@cache
def traced(name: str) -> backtrace.Trace:
    """The trace of a case."""
    case = WORKED[name]
    return backtrace.trace(case["program"], case["bindings"], wrt=case["wrt"])


def published(case: Case) -> Iterator[Published]:
    """All numbers of a case that are in print."""
    trace, tolerances = traced(case["id"]), case.get("tolerances", {})
    if "value" in case:
        yield Published("value", case["value"], tolerances["value"], trace.value)
    for name, numbers in case.get("grads", {}).items():
        yield Published(f"d{name}", numbers, tolerances[f"d{name}"], trace.gradients[name])
    for name, numbers in case.get("nodes", {}).items():
        node = trace[name]
        for what, ours in (("value", node.value), ("grad", node.adjoint)):
            if numbers.get(what) is not None:
                tolerance = numbers[f"tol_{what}"]
                yield Published(f"node {name} {what}", numbers[what], tolerance, ours)
    for step in case.get("descent", {}).get("trajectory", ()):
        if step["updates"] == 0:
            yield Published("start", step["loss"], step["tol_loss"], trace.value)


def value_of(formula: str, case: Case) -> Any:
    """A formula as a program, at the point of a case; it may use the names of the case's nodes."""
    trace = traced(case["id"])
    nodes = {name: trace[name].value for name in trace.graph.names}
    return backtrace.trace(formula, {**nodes, **case["bindings"]}, wrt=[], seed=1).value


def gives(formula: str, case: Case, gradient: Any) -> bool:
    """Whether a formula, stretched to the shape of a gradient, has its value."""
    return close(np.broadcast_to(value_of(formula, case), np.shape(gradient)), gradient)


@cases("torch")
def test_torch_s_numbers(case: Case) -> None:
    """Value and gradients are torch's in float64, in their shapes."""
    trace, torch = traced(case["id"]), case["torch"]
    assert Published("value", torch["value"], 1e-12, trace.value).agrees
    assert trace.gradients.keys() == torch["grads"].keys()
    for name, gradient in torch["grads"].items():
        assert Published(name, gradient, 1e-12, trace.gradients[name]).agrees, name


@cases("value", "grads", "nodes", "descent")
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
        assert gives(formula, case, gradient) == right, (name, formula)


@cases("mistake")
def test_published_mistakes(case: Case) -> None:
    """The wrong answers of students are not ours."""
    gradients, mistake = traced(case["id"]).gradients, case.get("mistake", {})
    for name, formula in mistake.get("wrong_symbolic", {}).items():
        assert not gives(formula, case, gradients[name]), formula
    for name, numbers in mistake.get("wrong_grads", {}).items():
        assert not close(array(numbers), gradients[name], rtol=1e-3), name


@cases("program", smooth=True)
def test_our_formulas_read_back(case: Case) -> None:
    """The formula of a gradient, read as a program, has that gradient for its value.

    A formula does not know the conventions that hold at a kink.
    """
    trace = traced(case["id"])
    for name, formula in trace.formulas.items():
        if formula is not None:
            assert gives(formula, case, trace.gradients[name]), (name, formula)


@cases("program")
def test_the_check(case: Case) -> None:
    """Every node agrees with torch; kinks and undefined points are told."""
    check = traced(case["id"]).check()
    assert check.status == STATUS.get(case["id"], "agrees"), check.summary
    assert not check.differing


def test_the_cases_are_there() -> None:
    """The tests above have work to do."""
    every = WORKED.values()
    assert len(every) > 160
    assert sum(len(list(published(case))) for case in every) > 300
    assert sum("symbolic" in case for case in every) > 45
    assert sum("mistake" in case for case in every) > 8
    assert sum(any(np.ndim(v) for v in case["bindings"].values()) for case in every) > 35
    formulas = [f for case in every for f in traced(case["id"]).formulas.values()]
    assert sum(formula is not None for formula in formulas) > 0.85 * len(formulas)


@pytest.mark.parametrize("case", ["published", "another shape", "one digit off"])
def test_what_is_not_in_print_is_not_compared(case: str) -> None:
    """Entries that are null are left out, and nothing else is."""
    ours = {"published": [1.0, 2.0], "another shape": [[1.0, 2.0]], "one digit off": [1.1, 2.0]}
    item = Published("dx", [1.0, None], 0.01, np.array(ours[case]))
    assert item.agrees == (case == "published")


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
