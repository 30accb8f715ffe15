"""Which claim an answer is for, however its left side is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.homework.courses.assignment import Assignment, ClaimTask, ProblemTask
from backtrace.homework.courses.matching import graph_of, matcher


def problem(name: str, program: str, *claims: str, **at: object) -> ProblemTask:
    """A problem with claims of these left sides."""
    return ProblemTask(name, program, at, tuple(map(ClaimTask, claims)))


SQUARE = "yhat = w*x; s = yhat - y; loss = s**2"
AT = {"w": 2, "x": -3, "y": 1}
P1 = problem("p1", SQUARE, "s", "dL/ds", "dloss/dw", "x", "dyhat/dw", **AT)
P2 = problem("Prob 2", "L = sum(W@v)", "dL/dW", "dL/dW[0, 1]", "dL/dv", W=[[1, 2]], v=[1, 2])
BAD = problem("bad", "L = w*", "dL/dw", "grad  w")
HALF = problem("half", "L = w*w", "dL/dw", "dL/dq", "nonsense = 3", w=1)
MATCH = matcher(Assignment("t", (P1, P2, BAD, HALF), ""))


@pytest.mark.parametrize(
    ("written", "claim"),
    [
        ("s", "s"),
        (" s ", "s"),
        ("dL/ds", "dL/ds"),
        ("∂L/∂s", "dL/ds"),
        ("dloss/ds", "dL/ds"),
        ("d(loss)/d(s)", "dL/ds"),
        ("d L / d s", "dL/ds"),
        (r"\frac{\partial L}{\partial s}", "dL/ds"),
        (r"$\frac{\partial L}{\partial s}$", "dL/ds"),
        ("dL/dw", "dloss/dw"),
        ("grad w", "dloss/dw"),
        ("w", "dloss/dw"),
        ("w.grad", "dloss/dw"),
        ("∇w", "dloss/dw"),
        ("dw", "dloss/dw"),
        ("dL/dx", "x"),
        ("ŷ", None),  # the value of yhat, which is not asked for
        (r"\frac{\partial \hat{y}}{\partial w}", "dyhat/dw"),
        ("dŷ/dw", "dyhat/dw"),
        ("dL/dy", None),
        ("dL/dq", None),
        ("ds/dw", None),
        ("", None),
        ("(", None),
        ("dL/", None),
        ("S", None),
        ("dL/ds = 3", None),
        ("\x00", None),
        ("w" * 100_000, None),
    ],
)
def test_left_sides(written: str, claim: str | None) -> None:
    """Whatever means the same is the same claim; what is not asked for is none."""
    assert MATCH("p1", written) == (None if claim is None else ("p1", claim))


@pytest.mark.parametrize("claim", ["dL/dW", "dL/dW[0, 1]", "dL/dv"])
@pytest.mark.parametrize("name", ["Prob 2", "prob 2", "PROB 2", " Prob 2 "])
def test_problem_ids(name: str, claim: str) -> None:
    """Case and space around a problem's name do not count; an entry is a claim of its own."""
    assert MATCH(name, claim) == ("Prob 2", claim)
    assert MATCH(name, claim.replace(", ", ",")) == ("Prob 2", claim)


@pytest.mark.parametrize("name", ["", " ", "p", "p11", "q", "\x00"])
def test_unknown_problems(name: str) -> None:
    """A name that is none, and no name where there are several, is no problem."""
    assert MATCH(name, "dL/dw") is None


def test_exact_before_case() -> None:
    """Two names that differ in case only are two problems."""
    both = (problem("a", "L = w", "dL/dw", w=1), problem("A", "L = w", "L", w=1))
    match = matcher(Assignment("t", both, ""))
    assert match("a", "dL/dw") == ("a", "dL/dw")
    assert match("A", "L") == ("A", "L")
    assert match("A", "dL/dw") is None


def test_the_only_problem() -> None:
    """Its name may be left out, and is not wrong either."""
    match = matcher(Assignment("t", (P1,), ""))
    for name in ("", " ", "p1", "P1"):
        assert match(name, "∂L/∂w") == ("p1", "dloss/dw")
    assert match("p2", "dL/dw") is None


def test_a_problem_that_cannot_be_read() -> None:
    """Its claims are known by their own text."""
    assert graph_of(BAD) is None
    assert MATCH("bad", "dL/dw") == ("bad", "dL/dw")
    assert MATCH("bad", "grad  w") == ("bad", "grad  w")
    assert MATCH("bad", "∂L/∂w") is None


def test_claims_that_cannot_be_read() -> None:
    """They match as they are written, and do not disturb the others."""
    assert MATCH("half", "grad w") == ("half", "dL/dw")
    assert MATCH("half", "dL/dq") == ("half", "dL/dq")
    assert MATCH("half", "nonsense = 3") == ("half", "nonsense = 3")


@given(problem=st.text(max_size=10), claim=st.text(max_size=30))
def test_any_text(problem: str, claim: str) -> None:
    """Whatever stands there, it is a claim of the assignment or none."""
    found = MATCH(problem, claim)
    assert found is None or found[1] in {c.of for p in (P1, P2, BAD, HALF) for c in p.claims}
