"""backtrace.render.json: the schema, and that what is written reads back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtrace
from backtrace.crosscheck import Check, not_checked
from backtrace.records import Trace
from backtrace.render.json import SCHEMA, json_number, json_text

PROGRAM = "yhat = w*x; s = yhat - y; loss = s**2"
FLOATS = st.floats(width=64)
KEYS = [
    "schema",
    "program",
    "output",
    "value",
    "variables",
    "gradients",
    "formulas",
    "nodes",
    "check",
    "notices",
]
NODE = [
    "index",
    "name",
    "op",
    "expression",
    "inputs",
    "span",
    "shape",
    "value",
    "gradient",
    "contributions",
]
NUMBERS = ("value", "gradient", "local_value", "upstream", "product", "max_error")
EDGE = ["via", "via_index", "slot", "local", "local_value", "upstream", "product"]


def written(trace: Trace, check: Check | None = None, **options: Any) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(
        json_text(trace, check or not_checked(trace), **options), parse_constant=refuse
    )


def load(text: str) -> Any:
    """What `json_text` wrote, with nan and the infinities as floats again."""
    read = json.loads(text, object_hook=restored)
    assert read["schema"] == SCHEMA
    return read | {key: restored(read[key], tuple(read[key])) for key in ("variables", "gradients")}


def restored(read: dict[str, Any], keys: tuple[str, ...] = NUMBERS) -> dict[str, Any]:
    return read | {key: floats(read[key]) for key in keys if key in read}


def floats(value: Any) -> Any:
    if isinstance(value, list):
        return [floats(part) for part in value]
    return float(value) if isinstance(value, str) else value


def test_schema() -> None:
    """The keys of the schema, in its order, with the numbers of the trace."""
    found = written(backtrace.trace(PROGRAM, w=1, x=1, y=2))
    assert list(found) == KEYS
    assert found["schema"] == "backtrace.trace/1"
    assert found["program"] == PROGRAM
    assert (found["output"], found["value"]) == ("loss", 1.0)
    assert found["gradients"] == {"w": -2.0, "x": -2.0, "y": 2.0}
    assert list(found["formulas"]) == ["w", "x", "y"]
    node = found["nodes"][2]
    assert list(node) == NODE
    assert node == {
        "index": 2,
        "name": "yhat",
        "op": "mul",
        "expression": "w*x",
        "inputs": [0, 1],
        "span": [7, 10],
        "shape": [],
        "value": 1.0,
        "gradient": -2.0,
        "contributions": [
            {
                "via": "s",
                "via_index": 4,
                "slot": 0,
                "local": "1",
                "local_value": 1.0,
                "upstream": -2.0,
                "product": -2.0,
            }
        ],
    }
    assert list(node["contributions"][0]) == EDGE
    assert found["check"] == {
        "status": "not-checked",
        "engine": None,
        "version": None,
        "max_error": None,
    }


def test_kinds_of_nodes() -> None:
    """A leaf is a variable, a literal a constant, and what needs no gradient has null."""
    found = written(backtrace.trace("2*x*y", x=1, y=2, wrt="x"))["nodes"]
    assert [(n["op"], n["gradient"]) for n in found] == [
        ("constant", None),
        ("variable", 4.0),
        ("mul", 2.0),
        ("variable", None),
        ("mul", 1.0),
    ]
    assert list(written(backtrace.trace("x*y", x=1, y=2, wrt="x"))["gradients"]) == ["x"]


def test_special_numbers() -> None:
    """nan and the infinities are strings, -0 is 0, and a blocked edge says that it is."""
    found = written(backtrace.trace("log(relu(x)) + y*z", x=-1, y=0, z=-1))
    edge = found["nodes"][0]["contributions"][0]
    assert (edge["upstream"], edge["product"], edge["blocked"]) == ("inf", 0.0, True)
    assert found["value"] == "-inf"
    assert "-0.0" not in json.dumps(found)
    assert found["notices"][0]["code"] == "undefined"
    assert found["notices"][0]["node"] == "v2"
    assert written(backtrace.trace("log(x)", x=-1))["value"] == "nan"


def test_check() -> None:
    """The verdict of the check, and its notices after the trace's."""
    trace = backtrace.trace("x", x=1)
    check = Check(
        "agrees",
        "torch",
        "2.13.0",
        0.0,
        (),
        {},
        None,
        (backtrace.Notice(None, "rounding", "r"),),
        "",
    )
    found = written(trace, check)
    assert found["check"] == {
        "status": "agrees",
        "engine": "torch",
        "version": "2.13.0",
        "max_error": 0.0,
    }
    assert found["notices"] == [{"node": None, "code": "rounding", "text": "r"}]


def test_arrays() -> None:
    """Tensors are nested lists, a rule is the local text, and an undone broadcast is told."""
    trace = backtrace.trace("mean((x @ W + b)**2)", x=[1, 2], W=[[1, 2], [3, 4]], b=0.5)
    nodes = {node["name"]: node for node in written(trace)["nodes"]}
    assert (nodes["W"]["shape"], nodes["W"]["value"]) == ([2, 2], [[1.0, 2.0], [3.0, 4.0]])
    [edge] = nodes["W"]["contributions"]
    assert (edge["local"], edge["local_value"]) == ("outer(x, Ḡ)", None)
    assert edge["product"] == nodes["W"]["gradient"] == trace.gradients["W"].tolist()
    [edge] = nodes["b"]["contributions"]
    assert edge["summed"] == "summed over axis 0 to one number"
    assert (edge["local_value"], edge["upstream"]) == (1.0, [7.5, 10.5])
    assert "summed" not in nodes["v1"]["contributions"][0]
    assert written(trace, formulas=False)["nodes"][0]["contributions"][0]["local"] is None


@pytest.mark.parametrize(
    ("program", "params"),
    [
        ("x", None),
        ("sum(x, axis=0)", {"axis": 0, "keepdims": False}),
        ("sum(x, axis=(0, 1))", {"axis": [0, 1], "keepdims": False}),
        ("sum(x)", {"axis": None, "keepdims": False}),
        ("var(x, correction=0)", {"axis": None, "correction": 0.0, "keepdims": False}),
        ("x[1:, [0]]", {"spec": [["slice", 1, None, None], ["list", [0]]]}),
    ],
)
def test_params(program: str, params: dict[str, Any] | None) -> None:
    """The params of an operation, which no gradient goes to; where there are none, no key."""
    trace = backtrace.trace(program, x=[[1, 2], [3, 4]], seed=1)
    assert written(trace)["nodes"][-1].get("params") == params


def test_special_entries() -> None:
    """nan and the infinities are strings in an array too, and -0 is 0."""
    found = written(backtrace.trace("sum(log(x)*y)", x=[0, 1], y=[1, -0.0]))
    values = {node["name"]: node["value"] for node in found["nodes"]}
    assert values["v1"] == ["-inf", 0.0]
    assert values["y"] == [1.0, 0.0]
    assert "-0.0" not in json.dumps(found)
    nan = written(backtrace.trace("sum(x)", x=[[np.nan, 1], [np.inf, 2]]))
    assert nan["variables"]["x"] == [["nan", 1.0], ["inf", 2.0]]


def test_large() -> None:
    """An array of 10^5 entries is written at once, its entries as they are."""
    x = np.random.default_rng(1).normal(size=(1000, 100))
    trace = backtrace.trace("sum(x)", x=x)
    text = json_text(trace, not_checked(trace), formulas=False)
    np.testing.assert_array_equal(json.loads(text)["nodes"][0]["value"], x)


def test_without_formulas() -> None:
    """Without formulas these are null, and neither sympy nor rich is imported."""
    found = written(backtrace.trace(PROGRAM, w=1, x=1, y=2), formulas=False)
    assert found["formulas"] is None
    assert {e["local"] for n in found["nodes"] for e in n["contributions"]} == {None}
    code = (
        "import sys, backtrace; from backtrace.render.json import json_text;"
        "from backtrace.crosscheck import not_checked; t = backtrace.trace('w*x', w=1, x=2);"
        "json_text(t, not_checked(t), formulas=False);"
        "print([m for m in ('sympy', 'rich', 'torch', 'scipy') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@given(st.recursive(FLOATS, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=9))
def test_number_reads_back(value: Any) -> None:
    """Any number, and any nested list of them, reads back as the same floats."""
    if isinstance(value, list) and np.shape(np.array(value, dtype=object)) == ():
        return
    back = load(
        json.dumps(
            {
                "schema": "backtrace.trace/1",
                "variables": {},
                "gradients": {},
                "value": _nested(value),
            }
        )
    )["value"]
    np.testing.assert_array_equal(_flat(back), _flat(value))


def _nested(value: Any) -> Any:
    return (
        [_nested(v) for v in value] if isinstance(value, list) else json_number(np.float64(value))
    )


def _flat(value: Any) -> list[float]:
    return [x for v in value for x in _flat(v)] if isinstance(value, list) else [value]


@settings(max_examples=50, deadline=None)
@given(
    x=FLOATS,
    y=FLOATS,
    program=st.sampled_from(
        [
            "x*y + x",
            "exp(x)/y",
            "log(relu(x))*y",
            "where(x > y, x, y)**2",
            "t = x*y; u = t*t; t",
            "sum(stack(x, y)*stack(y, x, x)[:2])",
        ]
    ),
)
def test_trace_reads_back(x: float, y: float, program: str) -> None:
    """The JSON of a trace read back has the numbers of the trace, bit for bit but for -0."""
    trace: Trace = backtrace.trace(program, x=x, y=y)
    found = load(json_text(trace, not_checked(trace), formulas=False))
    same = np.testing.assert_array_equal
    same(found["value"], trace.value)
    same(list(found["variables"].values()), list(trace.variables.values()))
    same(list(found["gradients"].values()), list(trace.gradients.values()))
    for node, read in zip(trace.nodes, found["nodes"], strict=True):
        same(read["value"], node.value)
        assert (read["gradient"] is None) == (node.adjoint is None)
        if node.adjoint is not None:
            same(read["gradient"], node.adjoint)
        assert len(read["contributions"]) == len(node.contributions)
        for edge, again in zip(node.contributions, read["contributions"], strict=True):
            same(again["upstream"], edge.upstream)
            same(again["product"], edge.product)
            assert (again["local_value"] is None) == (edge.local_value is None)
            if edge.local_value is not None:
                same(again["local_value"], edge.local_value)
            assert (again["via_index"], again["slot"]) == (edge.via, edge.slot)


def test_shortest_number() -> None:
    """A number is the shortest text that reads back to it."""
    trace = backtrace.trace("x", x=0.1)
    assert '"value": 0.1,' in json_text(trace, not_checked(trace), formulas=False)
