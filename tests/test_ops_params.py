"""backtrace.ops.params: what the params of every row may be, and what is said of others."""

from __future__ import annotations

from typing import Any

import pytest
from table import EVERY_ROW

from backtrace.errors import BacktraceError, ReadError
from backtrace.ops import Op
from backtrace.ops.params import REQUIRED, Kind, axes, finite, number, truth, whole_number
from backtrace.reading import read
from backtrace.tracing import trace

ODD = ("inf", "-inf", "nan", "1e300", "-1", "0", "1.5", "True", "None", '"0"', "(0, 0)", "[1.5]")
INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("row", "name"),
    [pytest.param(row, name, id=f"{row.name} {name}") for row in EVERY_ROW for name in row.params],
)
def test_any_value_is_taken_or_refused(row: Op, name: str, odd: str) -> None:
    """Whatever stands for a param, it is read, or there is an error with its place."""
    needed = {k: "0" for k, default in row.params.items() if default is REQUIRED}
    params = [f"{k}={value}" for k, value in {**needed, name: odd}.items()]
    program = f"{row.written}({', '.join([*row.inputs, *params]).replace('*', '')})"
    try:
        read(program)
    except ReadError as error:
        assert error.span


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (number, (0, -1.5, INF, NAN), (True, None, "1", (1,))),
        (finite, (0, -1.5), (INF, -INF, NAN, True, None, "1")),
        (whole_number, (0, -1, 2.0), (2.0**63, INF, -INF, NAN, 1.5, True, None, "1", (1,))),
        (truth, (True, False, 0, 1.0), (2, NAN, None, "True")),
        (axes, (None, 0, -1, (0, 1), ()), (INF, 1.5, (0, NAN), "0", True)),
    ],
)
def test_kinds(kind: Kind, good: tuple[Any, ...], bad: tuple[Any, ...]) -> None:
    """A kind keeps what it is of, and refuses everything else by ValueError."""
    assert str([kind(value) for value in good]) == str([kind(kind(value)) for value in good])
    for value in bad:
        with pytest.raises(ValueError, match="must be"):
            kind(value)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("hardtanh(x, 2, nan)", "min_val must not be above max_val"),
        ("hardtanh(x, 2, 1)", "min_val must not be above max_val"),
        ("elu(x, nan)", "alpha must be finite"),
        ("celu(x, inf)", "alpha must be finite, and not 0"),
        ("celu(x, 0)", "alpha must be finite, and not 0"),
        ("huber(x, 1, delta=inf)", "delta must be above 0 and finite"),
        ("smooth_l1(x, 1, beta=inf)", "beta must be finite, and not below 0"),
        ("sum(var(x, correction=nan))", "correction must be a finite number"),
        ("sum(layer_norm(x, inf))", "eps must be a finite number"),
        ("sum(x, axis=1e20)", "axis must be below 2**63"),
        ("sum(max_pool1d(reshape(x[:0], 1, 0), 2, padding=1))", "there are no entries to pool"),
        ("x[::1e10]", "a step of 1e+10 is too large; at most 100,000,000"),
        ("x[1e20]", "an index is 1e+20, but they go from 0 to 2"),
        ("x[[0, 1e20]]", "an index is 1e+20, but they go from 0 to 2"),
        ("x[-1e20]", "an index is -1e+20, but they go from 0 to 2"),
    ],
)
def test_refused(program: str, reason: str) -> None:
    """Numbers that no formula, or no engine, can take are refused with the reason."""
    with pytest.raises(BacktraceError) as caught:
        trace(program, x=[1, 2, 3])
    assert reason in caught.value.message
