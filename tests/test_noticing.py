"""Notices: the first node responsible, and why; kinks; what has no use."""

from __future__ import annotations

import pytest

from backtrace import trace

NOTICES = {
    ("1 + log(x - 3)", 2): ("undefined", "log needs a number above 0, but x - 3 is -1"),
    ("exp(x)", 1000): ("overflow", "exp(x) is too large for float64 (at most about 1.8e308)"),
    ("exp(x)*0 + 1/x", 1000): (
        "overflow",
        "exp(x) is too large for float64 (at most about 1.8e308)",
    ),
    ("3/(x - 1)", 1): ("undefined", "3/(x - 1) needs a divisor that is not 0, but x - 1 is 0"),
    ("x + 1", "nan"): ("undefined", "x is given as nan"),
    ("x*inf", 1): ("undefined", "inf is written as inf"),
    ("log(5, x)", 1): ("undefined", None),
    ("x**0.5", -1): (
        "undefined",
        (
            "x**0.5 needs a base above 0, or a whole exponent (not below 0 where the base is 0), "
            "but x is -1"
        ),
    ),
    ("5 % x", 0): ("undefined", "5 % x needs a divisor that is not 0, but x is 0"),
    ("sqrt(x)", 0): (
        "undefined",
        "the derivative of sqrt(x) by x is inf at x = 0, so the gradient by x is undefined",
    ),
    ("y = x*x; sqrt(y)", 0): (
        "undefined",
        "the derivative of sqrt(y) by y is inf at y = 0, so the gradient by x is undefined",
    ),
    ("x**x", -2): (
        "undefined",
        "the derivative of x**x by x is nan at x = -2, so the gradient by x is undefined",
    ),
    ("exp(300*x)*exp(500*x)", 1): (
        "overflow",
        "exp(300*x)*exp(500*x) is too large for float64 (at most about 1.8e308)",
    ),
    ("sign(x)", 1): None,
    ("where(x > 0, x, log(x))", 1): None,
    ("where(x > 0, log(x), x)", -1): ("unreached", None),
    ("x > 0", 1): ("no-path", "no gradient reaches x: the output does not change smoothly with it"),
    ("y = 2*x; x", 1): ("unused-node", "y is not used by the output"),
    ("2x", 1): ("read-as", "read as 2*x"),
    ("relu(x)", 0): ("kink", None),
    ("abs(x) + relu(x)", 0): ("kink", None),
}


@pytest.mark.parametrize("case", NOTICES)
def test_first_notice(case: tuple[str, object]) -> None:
    """The first notice is what matters most, in words that name the node and the number."""
    program, x = case
    found = trace(program, x=x).notices
    expected = NOTICES[case]
    if expected is None:
        assert found == ()
        return
    code, text = expected
    assert found[0].code == code
    assert text is None or found[0].text == text


def test_undefined_names_the_node() -> None:
    """The notice points at the first node responsible, and only then is a trace undefined."""
    found = trace("a = x - 3; b = log(a); b*2", x=2)
    assert found.undefined is not None
    assert found.graph.labels[found.undefined.index or 0] == "b"
    assert trace("where(x > 0, log(x), x)", x=-1).undefined is None


def test_kinks_of_untouched_branches_are_silent() -> None:
    """A kink that no requested gradient passes is not worth a word."""
    assert trace("relu(x)*y", {"x": 0, "y": 1}, wrt="y").notices == ()
    assert [n.code for n in trace("relu(x)*y", {"x": 0, "y": 1}).notices] == ["kink"]


def test_many_kinks_are_not_listed_whole() -> None:
    """A program of a thousand kinks has a few notices."""
    program = "s = 0\n" + "s = s + relu(x)\n" * 1000
    codes = [n.code for n in trace(program, x=0).notices]
    assert codes == ["kink"] * 20 + ["no-formula"]
