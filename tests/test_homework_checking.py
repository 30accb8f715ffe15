"""Check, check_all, equivalent and assert_gradient."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backtrace

SQUARE = "s = w*x - y; L = s**2"
AT = {"w": 2, "x": -3, "y": 1}
PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "equivalence.jsonl").read_text().splitlines()
]


def test_as_in_the_documentation() -> None:
    """check(program, bindings, claim) tells the mistake, and a point that shows it."""
    found = backtrace.check(SQUARE, AT, "dL/dw = 2*s")
    assert isinstance(found, backtrace.Verdict)
    assert (found.state, found.code) == ("wrong", "missing-local")
    assert found.codes == ("missing-local", "upstream-only")
    assert "the factor ∂s/∂w = x is left out" in found.message
    shown = found.counterexample
    assert isinstance(shown, backtrace.Counterexample)
    assert shown.point.keys() == AT.keys()
    assert found.claim == "dL/dw = 2*s"
    assert not found
    assert str(found).startswith("wrong: dL/dw = 2*s\nmissing-local: ")


@pytest.mark.parametrize(
    ("program", "bindings"),
    [("x*", {"x": 1}), ("x", {}), ("x + y", {"x": 1}), ("x", {"x": "q"}), ("[x, x]", {"x": 1})],
)
def test_programs_and_bindings(program: str, bindings: dict[str, Any]) -> None:
    """What is wrong in the program or its bindings is an exception, and no verdict."""
    with pytest.raises(backtrace.BacktraceError):
        backtrace.trace(program, bindings)
    if program != "[x, x]":
        with pytest.raises(backtrace.BacktraceError):
            backtrace.check(program, bindings, "dL/dx = 1")


@pytest.mark.parametrize("domain", [{"q": "positive"}, {"x": "plus"}, {"x": (2, 1)}, {"x": 3}])
def test_domains(domain: Any) -> None:
    """A domain that is none is an exception."""
    with pytest.raises(backtrace.BacktraceError):
        backtrace.check("x**2", {"x": 1}, "dL/dx = 2*x", domain=domain)


@pytest.mark.parametrize(
    "claim", ["", "x", "dL/dw", "=", "q = 1", "dL/dw = (", "\x00", "dL/dq = 1"]
)
def test_claims(claim: str) -> None:
    """What is wrong in a claim is a verdict."""
    found = backtrace.check(SQUARE, AT, claim)
    assert found.state == "unreadable"
    assert found.code in ("syntax", "unknown-name")


def test_a_graph_is_a_program() -> None:
    """A program that was read serves as well."""
    assert backtrace.check(backtrace.read(SQUARE), AT, "dL/dw = 42")


def test_several_claims() -> None:
    """check_all has a verdict on each claim, in order, and none on none."""
    claims = ["dL/dw = 42", "dL/ds = s", "(", "dL/dx = s*w"]
    found = backtrace.check_all(SQUARE, AT, claims)
    assert [v.claim for v in found] == claims
    assert [v.state for v in found] == ["correct", "wrong", "unreadable", "follow-through"]
    assert backtrace.check_all(SQUARE, AT, iter(claims)) == found
    assert backtrace.check_all(SQUARE, AT, []) == []


def test_one_claim_for_several() -> None:
    """One text is one claim, not as many as it has letters."""
    assert [v.state for v in backtrace.check_all(SQUARE, AT, "dL/dw = 42")] == ["correct"]


def test_terms() -> None:
    """Tolerances and digits are options of both functions."""
    third = ("x/3", {"x": 7})
    assert backtrace.check(*third, "dL/dx = 0.33").state == "precision"
    assert backtrace.check(*third, "dL/dx = 0.33", digits=2)
    assert backtrace.check(*third, "dL/dx = 0.34", rtol=0.1)
    assert backtrace.check(*third, "dL/dx = 0.34", atol=0.01)
    assert backtrace.check(SQUARE, AT, "dL/dw = 42", form="formula").code == "form"
    assert [bool(v) for v in backtrace.check_all(*third, ["dL/dx = 0.34"] * 2, rtol=0.1)] == [
        True
    ] * 2


def test_the_same_every_time() -> None:
    """A second run, and another student, has the same verdict to the last digit."""
    first = backtrace.check(SQUARE, AT, "dL/dw = 2*s*w")
    backtrace.check(SQUARE, AT, "dL/dw = 17*y")
    assert backtrace.check(SQUARE, AT, "dL/dw = 2*s*w") == first


# -- equivalent


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_pairs(pair: dict[str, Any]) -> None:
    """The pairs of the cases are told apart, and found equal, either way round."""
    equal = pair["equal"]
    for one, other in [("reference", "answer"), ("answer", "reference")]:
        found = backtrace.equivalent(pair[one], pair[other])
        if equal is True:
            assert found.state == "correct", found
        elif equal is False:
            assert found.state == "wrong", found
            assert found.counterexample is not None
    if equal == "positive":
        found = backtrace.equivalent(pair["reference"], pair["answer"])
        assert found.state == "wrong"
        assert "domain" in found.codes
        assert backtrace.equivalent(pair["reference"], pair["answer"], domain="positive")


@pytest.mark.parametrize(
    ("reference", "answer", "state"),
    [
        ("3", "3", "correct"),
        ("3", "2 + 1", "correct"),
        ("3", "4", "wrong"),
        ("sqrt(2)/2", "1/sqrt(2)", "correct"),
        ("1/3", "0.333", "wrong"),
        ("3", "3 + x - x", "correct"),
        ("3", "x", "wrong"),
        ("x", "q + x - q", "correct"),
        ("x", "q", "wrong"),
        ("x", "inf", "wrong"),
        ("x", "-inf", "wrong"),
        ("x", "nan", "wrong"),
        ("x", "max(x, inf)", "wrong"),
        ("x", "x + 1e-7", "wrong"),
        ("x", "x**2/x", "correct"),
        ("x", "sqrt(x)**2", "wrong"),
        ("relu(x)", "x", "wrong"),
        ("abs(x)", "sqrt(x**2)", "correct"),
        ("log(x - 30)", "log(x - 30)", "undecided"),
        ("2*x", "", "unreadable"),
        ("2*x", "2*", "unreadable"),
        ("2*x", "x" * 20_000, "unreadable"),
        ("2*x", r"\frac{4x}{2}", "correct"),
        ("2*x", "[x, x]", "wrong"),
        ("2*x", "sum(broadcast_to(x, [1000, 1000, 1000]))", "unreadable"),
        ("2*x", "[1, 2] + [1, 2, 3]", "unreadable"),
        ("sum([x, y])", "x + y", "correct"),
        ("[x, y]", "[x, y]", "correct"),
        ("[x, y]", "[y, x]", "wrong"),
    ],
)
def test_equivalent(reference: str, answer: str, state: str) -> None:
    """Two formulas are the same function, or not, wherever the first is defined."""
    assert backtrace.equivalent(reference, answer).state == state


@pytest.mark.parametrize("domain", ["positive", {"x": "positive"}, (0.5, 3), {"x": (0.5, 3)}])
def test_equivalent_domain(domain: Any) -> None:
    """A domain is for every variable, or by name."""
    assert not backtrace.equivalent("log(x**2)", "2*log(x)")
    assert backtrace.equivalent("log(x**2)", "2*log(x)", domain=domain)


@pytest.mark.parametrize(("reference", "domain"), [("2*", None), ("", None), ("x", "plus")])
def test_equivalent_errors(reference: str, domain: Any) -> None:
    """A reference or a domain that cannot be read is an exception."""
    with pytest.raises(backtrace.BacktraceError):
        backtrace.equivalent(reference, "x", domain=domain)


# -- assert_gradient


@pytest.mark.parametrize(
    "claims",
    [
        {"w": 42, "x": -28.0},
        {"w": np.float32(42), "dL/ds": "2*s"},
        {"dL/dw": 42.0, "ds/dw": -3, "s": -7},
        {"w": 42 * (1 + 1e-9)},
        ["dL/dw = 42", "x = -28"],
        ["dL/dw = 2*s*x"],
        "dL/dw = 42",
        ("dL/dw = 42",),
    ],
)
def test_right_gradients(claims: Any) -> None:
    """Values by name, or texts; nothing happens."""
    backtrace.assert_gradient(SQUARE, AT, claims)


@pytest.mark.parametrize(
    "claims",
    [
        {"w": 41},
        {"w": 42.001},
        {"w": -42},
        {"w": float("nan")},
        {"w": float("inf")},
        {"w": [42, 42]},
        {"w": "2*s"},
        {"w": "("},
        {"w": 42, "x": 1},
        ["dL/dw = 42", "dL/dx = 2*s"],
        ["dL/dw = 42.5"],
        ["nonsense"],
        {},
        [],
    ],
)  # fmt: skip
def test_wrong_gradients(claims: Any) -> None:
    """AssertionError, also where there is nothing to assert or nothing to read."""
    with pytest.raises(AssertionError):
        backtrace.assert_gradient(SQUARE, AT, claims)


def test_the_assertion_tells_all() -> None:
    """Every wrong claim is told, with its mistake; right ones are not."""
    with pytest.raises(AssertionError) as caught:
        backtrace.assert_gradient(SQUARE, AT, {"w": -14, "x": -28, "s": 7})
    text = str(caught.value)
    assert "dL/dw = -14" in text
    assert "missing-local" in text
    assert "s = 7" in text
    assert "dL/dx" not in text


@pytest.mark.parametrize("claims", [{"q": 1}, {"w": None}, {"w": object()}, {"": 1}])
def test_what_cannot_be_read(claims: Any) -> None:
    """A name that is none, or a value that is no number, is an error of the test itself."""
    with pytest.raises(backtrace.BacktraceError):
        backtrace.assert_gradient(SQUARE, AT, claims)


def test_arrays_and_tolerances() -> None:
    """Arrays are compared entry by entry; tolerances are numpy's."""
    given = ("s = W@x - y; L = sum(s**2)", {"W": [[1, 2], [3, 4]], "x": [1, -1], "y": [2, 3]})
    right = np.array([[-6.0, 6.0], [-8.0, 8.0]])
    backtrace.assert_gradient(*given, {"W": right, "x": [-30, -44]})
    backtrace.assert_gradient(*given, {"W": right * 1.001}, rtol=0.01)
    backtrace.assert_gradient(*given, {"W": right + 0.01}, atol=0.02)
    for wrong in (right.T, right[0], -right, right + 1e-3, np.where(right == 6, np.nan, right)):
        with pytest.raises(AssertionError):
            backtrace.assert_gradient(*given, {"W": wrong})
