"""backtrace.undefined on arrays: the entry that is responsible is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace import trace

INF, NAN = np.inf, np.nan
SO = "so the gradient by {} is undefined"
BASE = "a base above 0, or a whole exponent (not below 0 where the base is 0)"
VALUES = [  # a program, its values, the node at fault, the code, what is said
    ("sum(log(x))", {"x": [1, -2, 3]}, "v1", "undefined",
     "log needs a number above 0, but x[1] is -2"),
    ("sum(log(A))", {"A": [[1, 2], [3, 0]]}, "v1", "undefined",
     "log needs a number above 0, but A[1, 1] is 0"),
    ("1 + sum(log(A + x))", {"A": [[1, 2], [3, 0]], "x": [5, -2]}, "v2", "undefined",
     "log needs a number above 0, but (A + x)[0, 1] is 0"),
    ("y = 2*x; z = log(y); sum(z)", {"x": [1, -2]}, "z", "undefined",
     "log needs a number above 0, but y[1] is -4"),
    ("sum(w/x)", {"w": 1, "x": [1, 0, 2]}, "v1", "undefined",
     "w/x needs a divisor that is not 0, but x[1] is 0"),
    ("sum(x/A)", {"x": [1, 2], "A": [[1, 2], [3, 0]]}, "v1", "undefined",
     "x/A needs a divisor that is not 0, but A[1, 1] is 0"),
    ("sum(A/x)", {"x": [1, 0], "A": [[1, 2], [3, 4]]}, "v1", "undefined",
     "A/x needs a divisor that is not 0, but x[1] is 0"),
    ("sum(x**0.5)", {"x": [1, -4]}, "v1", "undefined",
     f"x**0.5 needs {BASE}, but x[1] is -4"),
    ("sum(x**y)", {"x": [1, -4], "y": [2, 0.5]}, "v1", "undefined",
     f"x**y needs {BASE}, but x[1] is -4 and y[1] is 0.5"),
    ("mean(x)", {"x": []}, "L", "undefined",
     "mean needs at least one entry, but x has shape (0,)"),
    ("std(x)", {"x": [2]}, "L", "undefined",
     "std needs more entries than correction, but x has shape (1,)"),
    ("sum(x)", {"x": [1, NAN]}, "x", "undefined", "x[1] is given as nan"),
    ("sum(A @ x)", {"A": [[1, -INF]], "x": [1, 2]}, "A", "undefined",
     "A[0, 1] is given as -inf"),
    ("sum(x*inf)", {"x": [1, 2]}, "inf", "undefined", "inf is written as inf"),
    ("sum(exp(x))", {"x": [1, 1000]}, "v1", "overflow",
     "exp(x) is too large for float64 at [1] (at most about 1.8e308)"),
    ("mean(x)", {"x": [1e308, 1e308]}, "L", "overflow",
     "mean(x) is too large for float64 (at most about 1.8e308)"),
    ("sum(A @ x)", {"A": [[1, 1], [1e200, 1]], "x": [1e200, 1]}, "v1", "overflow",
     "A @ x is too large for float64 at [1] (at most about 1.8e308)"),
    ("sum(x - y)", {"x": [1, INF], "y": [1, INF]}, "x", "undefined", "x[1] is given as inf"),
]  # fmt: skip
GRADIENTS = [
    ("sum(sqrt(x))", {"x": [4, 0]}, "v1", "undefined",
     f"the derivative of sqrt(x) by x is inf at x[1] = 0, {SO.format('x')}"),
    ("sum(w*sqrt(A[1]))", {"w": 2, "A": [[1, 1], [0, 1]]}, "v2", "undefined",
     f"the derivative of sqrt(A[1]) by A[1] is inf at (A[1])[0] = 0, {SO.format('A')}"),
    ("sqrt(sum(x*x))", {"x": [0, 0]}, "L", "undefined",
     f"the derivative of sqrt(sum(x*x)) by sum(x*x) is inf at sum(x*x) = 0, {SO.format('x')}"),
    ("y = x/n; sum(where(n == 0, 0.0, y))", {"x": [0, 1], "n": [0, 2]}, "y", "undefined",
     "x/n needs a divisor that is not 0, but n[0] is 0"),
    ("sum(w*(x*y))", {"w": 1e200, "x": [1e-300, 1], "y": [1e200, 1]}, "v1", "overflow",
     "the product upstream × local at x*y is too large"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "values", "node", "code", "text"), [*VALUES, *GRADIENTS])
def test_the_entry_is_named(
    program: str, values: dict[str, Any], node: str, code: str, text: str
) -> None:
    """The first operation at fault is told with the first entry of its input that is wrong."""
    found = trace(program, values)
    notice = found.undefined
    assert notice is not None
    assert notice.index is not None
    assert (found.graph.labels[notice.index], notice.code, notice.text) == (node, code, text)
    assert found.check().status == "undefined"


def test_what_reaches_no_result_is_told_with_its_entry() -> None:
    """A branch that `where` did not take is a notice, and nothing is undefined."""
    found = trace("sum(where(x > 0, log(x), x))", x=[1, -2])
    assert found.undefined is None
    assert [(n.code, n.text) for n in found.notices] == [
        ("unreached", "log(x) is nan at [1], which reaches no result")
    ]


@pytest.mark.parametrize(
    ("program", "fine"),
    [("amax(x)", False), ("amax(exp(-x))", True), ("sum(relu(-x))", True), ("min(x, 1)[1]", True)],
)
def test_infinity_may_get_lost(program: str, fine: bool) -> None:
    """An infinity that a maximum or an index leaves behind makes no result undefined."""
    found = trace(program, x=[1.0, 2.0, INF])
    assert (found.undefined is None) == fine
    assert found.check().status in ("agrees" if fine else "undefined", "convention")


ENTRIES = st.sampled_from([1.0, 2.0, 0.5, 0.0, -1.0, INF, NAN])
PROGRAMS = [
    "sum(log(x)*y)",
    "mean(x/y)",
    "sum(sqrt(x*y))",
    "amax(x - y) + sum(where(x > y, 1/x, y))",
    "sum(softmax(x)*log(y))",
    "sum(outer(x, 1/y))",
]


@given(st.sampled_from(PROGRAMS), st.lists(ENTRIES, min_size=3, max_size=3), st.data())
def test_a_trace_is_undefined_where_a_number_is_not_finite(
    program: str, x: list[float], data: st.DataObject
) -> None:
    """The notice is there exactly if the output or a gradient is not finite, and names a node."""
    y = data.draw(st.lists(ENTRIES, min_size=3, max_size=3))
    found = trace(program, x=x, y=y)
    numbers = [found.value, *found.gradients.values()]
    assert (found.undefined is None) == all(np.all(np.isfinite(n)) for n in numbers)
    if found.undefined is not None:
        assert found.undefined.index is not None
        assert found.undefined.text
