"""Notices: the first node responsible, and why; kinks; what has no use."""

from __future__ import annotations

import pytest

from backtrace import trace
from backtrace.reading import read
from backtrace.records import Trace

NO_PATH = "no gradient reaches x: the output does not change smoothly with it"

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
    ("x > 0", 1): (
        "no-path",
        f"{NO_PATH}; none passes x > 0, which is 1 or 0, and jumps",
    ),
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


# -- arrays

BOTH = (
    "{0} stretches both: {1} of shape (2,) and k of shape (2, 1) make (2, 2); "
    "if they should go entry by entry, reshape one of them"
)
JUMPS = "no gradient reaches A: the output does not change smoothly with it; none passes"
LEAST = "the subgradient of least norm"
ARRAYS = {
    "sum(x - k)": ("broadcast", BOTH.format("x - k", "x")),
    "h = 2*x; sum((h + 1)*k)": ("broadcast", BOTH.format("(h + 1)*k", "h + 1")),
    "mse(x, k)": ("broadcast", BOTH.format("mse(x, k)", "x")),
    "sum(max(x, 9, k))": ("broadcast", BOTH.format("max(x, 9, k)", "x")),
    "sum(x - k + x)": ("broadcast", BOTH.format("x - k", "x")),
    "sum(k.T - k)": None,  # of one rank: meant
    "sum(k*x[None])": None,
    "sum(x*o)": None,  # nothing becomes more
    "sum(A + x)": None,
    "sum(A*w)": None,
    "sum(outer(x, x))": None,
    "sum(relu(x - x[0]))": (
        "kink",
        f"relu(x - x[0]) is at a kink at [0]; relu'(0) = 0: {LEAST}",
    ),
    "sum(abs(A - A))": (
        "kink",
        f"abs(A - A) is at a kink at [0, 0] and 3 more entries; abs'(0) = 0: {LEAST}",
    ),
    "amax(A - A)": (
        "kink",
        f"amax(A - A) is at a kink; entries that tie share the gradient evenly: {LEAST}",
    ),
    "sum(A > 1.5)": ("no-path", f"{JUMPS} A > 1.5, which is 1 or 0, and jumps"),
    "sum(where(A > 1.5, 1, 2))": ("no-path", f"{JUMPS} A > 1.5, which is 1 or 0, and jumps"),
    "y = A*2; z = sum(A)": ("unused-node", "y is not used by the output"),
    "sum(one_hot(i, 2)*x)": None,
}
VALUES = {
    "x": [1.0, 3.0],
    "k": [[1.0], [2.0]],
    "o": [[5.0]],
    "A": [[1.0, 2.0], [3.0, 4.0]],
    "w": 2.0,
    "i": 1,
}


def traced(program: str, wrt: str | None = None) -> Trace:
    """The trace of a program, with values for the names it uses."""
    names = read(program, VALUES).variables
    return trace(program, {name: VALUES[name] for name in names}, wrt=wrt)


@pytest.mark.parametrize("program", ARRAYS)
def test_notices_of_arrays(program: str) -> None:
    """Stretched by mistake, at a kink, or without a gradient: told with shapes and places."""
    found = [(n.code, n.text) for n in traced(program).notices]
    assert found == ([] if ARRAYS[program] is None else [ARRAYS[program]])


@pytest.mark.parametrize(
    ("program", "name", "text"),
    [
        ("j = 1*i; x[j]", "j", "x[j], which takes whole numbers, an index or classes, there"),
        ("sum(where(w > 0, x, 1))", "w", "w > 0, which is 1 or 0, and jumps"),
        ("sum(where(w, x, 1))", "w", "where(w, x, 1), which it only decides"),
    ],
)
def test_why_no_gradient_comes(program: str, name: str, text: str) -> None:
    """A name that nothing reaches is told the operation that lets nothing pass."""
    found = traced(program, wrt=name)
    assert found.gradients == {name: 0}
    assert [n.code for n in found.notices] == ["no-path"]
    assert found.notices[0].text.endswith(f"; none passes {text}")
