"""backtrace.expanding: composite operations written out, with the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from structural_table import COMPOSITES, Case, cases, upstream

from backtrace import trace
from backtrace.errors import UsageError
from backtrace.graph import Apply
from backtrace.ops import Composite
from backtrace.passes import settled
from backtrace.records import Trace

VALUES: dict[str, Any] = {"x": [1.0, 2.0, 4.0], "y": [1.5, 0.0, 3.2], "t": 1, "w": 0.5}


def ops(found: Trace) -> list[str]:
    """The operations of a trace, as they are called."""
    return [n.op.written for n in found.graph.nodes if isinstance(n, Apply)]


def assert_same(short: Trace, long: Trace) -> None:
    """Fail where the long way has another value or gradient than the one step."""
    assert np.allclose(short.value, long.value, rtol=1e-9, atol=1e-12)
    assert short.gradients.keys() == long.gradients.keys()
    for name, gradient in short.gradients.items():
        assert np.allclose(gradient, long.gradients[name], rtol=1e-8, atol=1e-10), name


@cases("samples", rows=COMPOSITES)
def test_a_definition_has_the_numbers_of_its_node(case: Case) -> None:
    """Value and gradients are those of the one step, at every sample of every row."""
    names = [f"p{k}" for k in range(len(case.inputs))]
    bindings = dict(zip(names, case.inputs, strict=True))
    program = f"s = p0 + 0; {case.row.shown(['s', *names[1:]], case.params)}"
    short = trace(program, bindings, seed=upstream(case))
    long = trace(program, bindings, seed=upstream(case), expand=True)
    long.graph.validate()
    assert_same(short, long)
    assert long.graph.names.keys() >= {"s", *names}
    assert not any(isinstance(n, Apply) and isinstance(n.op, Composite) for n in long.graph.nodes)
    assert settled(long.graph, long.values) is long.graph


PROGRAMS = {
    "sum(softmax(x)*y)": "softmax",
    "p = softmax(x); q = softmax(y); sum(p*q)": "softmax",
    "cross_entropy(x, t)": "cross_entropy",
    "softmax(softmax(x))[0]": "softmax",
    "mse(softmax(x), y)*w + mse(x, w)": "mse",
    'mean(huber(x, y, reduction="none"))': "huber",
    "h = layer_norm(x)\nsum(h*h*y)": "layer_norm",
    "-log_softmax(x)[t] + softmax(x)[0]": "log_softmax",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_written_out(program: str) -> None:
    """Everything is written out, or what has one name; the numbers and the user's names stay."""
    values = {name: value for name, value in VALUES.items() if name in program}
    short, name = trace(program, values), PROGRAMS[program]
    for expand in (True, name):
        long = trace(program, values, expand=expand)
        long.graph.validate()
        assert_same(short, long)
        assert name not in ops(long)
        assert len(ops(long)) > len(ops(short))
        assert long.output == short.output
        assert long.graph.names.keys() >= short.graph.names.keys()
        assert long.check().status == "agrees"


def test_only_what_was_named_is_written_out() -> None:
    """A name is that of an operation, by any of its names, or of a node."""
    program = "p = softmax(x); q = softmax(y); mse(p, q)"
    values = {name: VALUES[name] for name in ("x", "y")}
    assert ops(trace(program, values, expand="softmax")).count("softmax") == 0
    assert "mse" in ops(trace(program, values, expand="softmax"))
    assert ops(trace(program, values, expand="p")).count("softmax") == 1
    for name in ("mse", "mse_loss", "L"):
        found = ops(trace(program, values, expand=name))
        assert found.count("softmax") == 2
        assert "mse" not in found


def test_a_definition_within_a_definition() -> None:
    """By name the definition is one level deep; without a name it goes down to the bottom."""
    values = {"x": VALUES["x"], "t": 2}
    assert "softmax" in ops(trace("cross_entropy(x, t)", values, expand="cross_entropy"))
    whole = trace("cross_entropy(x, t)", values, expand=True)
    assert not {"cross_entropy", "softmax"} & set(ops(whole))


@pytest.mark.parametrize("program", PROGRAMS)
def test_places_are_in_the_user_s_text(program: str) -> None:
    """What stands for a node has its place; what is only in the definition has an empty one."""
    values = {name: value for name, value in VALUES.items() if name in program}
    short, long = trace(program, values).graph, trace(program, values, expand=True).graph
    written = {long.source[start:end] for start, end in long.spans}
    assert written - {""} == {short.source[start:end] for start, end in short.spans}
    assert all(0 <= start <= end <= len(long.source) for start, end in long.spans)


def test_names_of_a_definition_give_way() -> None:
    """A name inside a definition never takes that of the user's."""
    program = "d = x - y; mse(x, y) + sum(d)"
    values = {"x": [1.0, 2.0], "y": [0.0, 5.0]}
    long = trace(program, values, expand=True)
    assert long["d"].value.tolist() == [1, -3]
    labels = [n for n in long.graph.labels if not n[0].isdigit()]
    assert len(set(labels)) == len(labels)
    assert_same(trace(program, values), long)


UNKNOWN = {
    ("sum(x)", "softmax"): "nothing to expand is called softmax; there is nothing to expand",
    ("softmax(x)[0]", "softmx"): "nothing to expand is called softmx: did you mean softmax?",
    ("p = softmax(x); mse(p, y)", "sum"): (
        "nothing to expand is called sum; there is softmax, p, mse, L"
    ),
    ("p = softmax(x); mse(p, y)", "x"): (
        "nothing to expand is called x; there is softmax, p, mse, L"
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_name_that_nothing_to_expand_has(case: tuple[str, str]) -> None:
    """The error says what there is, or what may have been meant."""
    program, name = case
    values = {n: VALUES[n] for n in ("x", "y") if n in program}
    with pytest.raises(UsageError) as caught:
        trace(program, values, expand=name)
    assert str(caught.value) == UNKNOWN[case]


def test_nothing_to_write_out_is_no_error() -> None:
    """Without a name the program may have nothing to expand."""
    assert trace("sum(x*x)", x=[1, 2], expand=True).gradients["x"].tolist() == [2, 4]
