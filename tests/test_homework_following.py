"""The first wrong step, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest

import backtrace

SQUARE = "s = w*x - y; L = s**2"
AT = {"w": 2, "x": -3, "y": 1}
CHAIN = "a = w*x; b = a + y; c = b**2; L = sin(c)"
GATE = "z = w*x + b; a = sigmoid(z); L = z*a"
NEURON = {"w": 3, "x": -2, "b": 5}
LAYER = "s = W@x - y; L = sum(s**2)"
ARRAYS = {"W": [[1, 2], [3, 4]], "x": [1, -1], "y": [2, 3]}
LETTERS = {"correct": "c", "wrong": "w", "follow-through": "f", "precision": "p"}
FIRST = "this is the first wrong step"


def states(program: str, at: Mapping[str, Any], claims: Sequence[str]) -> str:
    """The states of several claims, a letter each."""
    return "".join(
        LETTERS.get(v.state, "?") for v in backtrace.check_all(program, at, list(claims))
    )


CHAINS = [
    # formula from formula
    (SQUARE, AT, ["dL/ds = s", "dL/dw = s*x", "dL/dx = s*w", "dL/dy = -s"], "wfff"),
    (SQUARE, AT, ["dL/ds = -2*s", "dL/dw = -2*s*x", "dL/dx = -2*s*w"], "wff"),
    (CHAIN, AT, ["dL/dc = sin(c)", "dL/db = 2*b*sin(c)", "dL/da = 2*b*sin(c)",
                 "dL/dw = 2*b*x*sin(c)"], "wfff"),
    (CHAIN, AT, ["dL/db = b*cos(c)", "dL/dw = b*x*cos(c)"], "wf"),
    (CHAIN, AT, ["dL/dc = 5*c", "dL/dw = 10*b*c*x"], "wf"),
    # a local derivative that is wrong, then the gradient with it
    (SQUARE, AT, ["ds/dw = w", "dL/dw = 2*s*w"], "wf"),
    (SQUARE, AT, ["dL/ds = 2*s", "ds/dw = w", "dL/dw = 2*s*w"], "cwf"),
    (CHAIN, AT, ["dc/db = b", "dL/db = b*cos(c)", "dL/dw = b*x*cos(c)"], "wff"),
    (GATE, NEURON, ["da/dz = a*(1+a)", "dL/dz = a + z*a*(1+a)", "dL/dw = (a + z*a*(1+a))*x"],
     "wff"),
    # two that are wrong, and both go on
    (SQUARE, AT, ["ds/dw = w", "dL/ds = s", "dL/dw = s*w"], "wwf"),
    # a path left out, then everything below it
    (GATE, NEURON, ["dL/dz = z*a*(1-a)", "dL/dw = x*z*a*(1-a)", "dL/db = z*a*(1-a)"], "wff"),
    # numbers from numbers
    (SQUARE, AT, ["s = 7", "dL/ds = 14", "dL/dw = -42", "dL/dx = 28", "dL/dy = -14"], "wffff"),
    (SQUARE, AT, ["dL/ds = -7", "dL/dw = 21", "dL/dx = -14"], "wff"),
    (SQUARE, AT, ["ds/dw = 2", "dL/dw = -28"], "wf"),
    ("a = w*x; b = a*a; c = b + a; L = c", {"w": 2, "x": 3}, ["a = 5", "b = 25", "c = 30"], "wff"),
    ("a = w*x; b = a*a; c = b + a; L = c", {"w": 2, "x": 3}, ["a = 5", "b = 24", "c = 29"], "wwf"),
    # a number from a formula
    (SQUARE, AT, ["dL/ds = s", "dL/dw = 21", "dL/dx = -14"], "wff"),
    # arrays
    (LAYER, ARRAYS, ["dL/ds = s", "dL/dW = outer(s, x)", "dL/dx = W.T@s", "dL/dy = -s"], "wfff"),
    (LAYER, ARRAYS, ["s = [-3, -4.5]", "dL/ds = [-6, -9]", "dL/dW = [[-6, 6], [-9, 9]]",
                     "dL/dx = [-33, -48]"], "wfff"),
    (LAYER, ARRAYS, ["dL/ds = [6, 8]", "dL/dW = [[6, -6], [8, -8]]", "dL/dy = [-6, -8]"], "wff"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "at", "claims", "expected"), CHAINS)
def test_chains(program: str, at: Any, claims: list[str], expected: str) -> None:
    """Who goes on rightly from a wrong answer has made one mistake, which is the first."""
    found = backtrace.check_all(program, at, claims)
    assert "".join(LETTERS[v.state] for v in found) == expected, found
    assert sum(FIRST in v.notes for v in found) == 1
    for verdict in found:
        if verdict.state == "follow-through":
            assert verdict.codes == ("from-earlier",)
            assert "from-earlier" in verdict.message
            assert verdict.is_right
            assert not verdict
            assert any(c.split(" = ")[0] in verdict.message for c in claims)


@pytest.mark.parametrize(
    "claims",
    [
        ["dL/ds = s", "dL/dw = s*x", "dL/dx = s*w"],
        ["s = 7", "dL/ds = 14", "dL/dw = -42"],
        ["ds/dw = w", "dL/ds = s", "dL/dw = s*w"],
        ["dL/ds = s", "dL/dw = 5*s*x", "dL/dx = 2*s*w"],
    ],
)
def test_the_order_does_not_matter(claims: list[str]) -> None:
    """However the claims are ordered, each has the same state, code and notes."""
    usual = {v.claim: (v.state, v.codes, v.notes) for v in backtrace.check_all(SQUARE, AT, claims)}
    for order in permutations(claims):
        found = backtrace.check_all(SQUARE, AT, list(order))
        assert [v.claim for v in found] == list(order)
        assert {v.claim: (v.state, v.codes, v.notes) for v in found} == usual


INDEPENDENT = [
    (SQUARE, AT, ["dL/ds = s", "dL/dw = 5*s*x"], "ww"),
    (SQUARE, AT, ["dL/ds = s", "dL/dw = s*w"], "ww"),
    (SQUARE, AT, ["dL/ds = -7", "dL/dw = 22"], "ww"),
    (SQUARE, AT, ["s = 7", "dL/dw = 43"], "ww"),
    (CHAIN, AT, ["dL/dc = sin(c)", "dL/db = b*sin(c)", "dL/dw = b*x*sin(c)"], "wwf"),
    (SQUARE, AT, ["dL/dw = s*x", "dL/dx = s*w"], "ww"),  # neither is on the way to the other
    (SQUARE, AT, ["dL/dw = s*x", "dL/ds = s*x"], "ww"),
    (SQUARE, AT, ["dL/dw = 5", "dL/dw = 5"], "ww"),  # of itself nothing follows
    (SQUARE, AT, ["ds/dx = x", "dL/dw = 2*s*w"], "ww"),
    (GATE, NEURON, ["da/dz = a*(1+a)", "dL/dz = z*a*(1+a)"], "ww"),
    (LAYER, ARRAYS, ["dL/ds = s", "dL/dW = outer(x, s)"], "ww"),
    (SQUARE, AT, ["dL/ds = 2*", "dL/dw = s*x"], "?w"),
    (SQUARE, AT, ["dL/ds = [1, 2]", "dL/dw = [1, 2]*x"], "ww"),
    (SQUARE, AT, ["dL/ds = nan", "dL/dw = nan"], "ww"),
    (SQUARE, AT, ["dL/ds = inf", "dL/dw = -inf"], "ww"),
    (SQUARE, AT, ["dL/ds = 0/0*s", "dL/dw = 0/0*s*x"], "ww"),
    (SQUARE, AT, ["dL/ds = -14.0001", "dL/dw = 41.9"], "ww"),
]


@pytest.mark.parametrize(("program", "at", "claims", "expected"), INDEPENDENT)
def test_what_does_not_follow(program: str, at: Any, claims: list[str], expected: str) -> None:
    """A second mistake is one, and what is not computed from a wrong answer does not follow."""
    assert states(program, at, claims) == expected


def test_what_is_right_stays_right() -> None:
    """A right answer after a wrong one is right, and has no note."""
    claims = ["dL/ds = s", "dL/dw = 2*s*x", "dL/dx = 2*s*w", "s = -7"]
    found = backtrace.check_all(SQUARE, AT, claims)
    assert [v.state for v in found] == ["wrong", "correct", "correct", "correct"]
    assert FIRST not in found[0].notes  # the only wrong one


def test_the_first_wrong_step() -> None:
    """It is the first on the way back from the output; values come before gradients."""
    found = backtrace.check_all(CHAIN, AT, ["dL/dw = 1", "dL/dc = 17*c*w", "dL/db = 3*x"])
    assert [FIRST in v.notes for v in found] == [False, True, False]
    found = backtrace.check_all(SQUARE, AT, ["dL/ds = 5", "s = 9"])
    assert [FIRST in v.notes for v in found] == [False, True]


def test_it_says_what_it_follows_from() -> None:
    """The nearest earlier answer is named."""
    claims = ["dL/dc = sin(c)", "dL/db = 2*b*sin(c)", "dL/dw = 2*b*x*sin(c)"]
    found = backtrace.check_all(CHAIN, AT, claims)
    assert "your dL/dc, which is wrong" in found[1].message
    assert "your dL/db, which is wrong" in found[2].message


VALUES = "a = w*x; b = a*a; L = b + a"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (["a = w + x", "b = (w + x)**2"], "wf"),
        (["a = w + x", "b = (w + x)**2", "L = (w + x)**2 + w + x"], "wff"),
        (["a = w + x", "dL/da = 2*(w + x) + 1"], "wf"),
        (["a = w + x", "b = (w + x)**3"], "ww"),
    ],
)
def test_formulas_of_values(claims: list[str], expected: str) -> None:
    """Forward values that are formulas are gone on from like any other."""
    assert states(VALUES, {"w": 2, "x": 5}, claims) == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (["ds/dx = W.T", "dL/dx = 2*W@s"], "wf"),
        (["ds/dx = [[1, 3], [2, 4]]", "dL/dx = [-22, -50]"], "wf"),
        (["ds/dx = [[1, 3], [2, 4]]", "dL/dx = [-24, -48]"], "ww"),
        (["ds/dx = 2*W", "dL/dx = 4*W.T@s"], "wf"),
        (["ds/dx = 2*W", "dL/dx = 4*W@s"], "ww"),
    ],
)
def test_jacobians(claims: list[str], expected: str) -> None:
    """A wrong derivative of an array by an array is multiplied on as a matrix."""
    assert states(LAYER, ARRAYS, claims) == expected
