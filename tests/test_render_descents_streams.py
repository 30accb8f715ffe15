"""backtrace.render.descents.streams: every step of a descent as JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace import Descent, Step, descend
from backtrace.crosscheck.paths import PathCheck, not_checked_path
from backtrace.records import Notice
from backtrace.render.descents.streams import SCHEMA, STREAMS

SQUARE, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
X = np.arange(15.0).reshape(5, 3) / 7
DESCENTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "0 updates": (SQUARE, AT, {"wrt": "w", "until_loss": 5}),
    "1 update": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "steps": 1}),
    "2 updates": (SQUARE, AT, {"wrt": "w,x", "lr": 0.1, "steps": 2}),
    "3 updates": (SQUARE, AT, {"wrt": "x,y,w", "lr": 1 / 3, "steps": 3, "optimizer": "adam"}),
    "arrays": ("sum((x @ W - 1)**2)", {"x": X, "W": np.arange(6.0).reshape(3, 2) / 3},
               {"wrt": "W", "lr": 0.01, "steps": 7}),
    "an array of one": ("sum(w**2)", {"w": [[0.5]]}, {"lr": 0.1, "steps": 3}),
    "epochs": ("mean((x @ w + b - y)**2)",
               {"x": X, "w": [1, 2, 3], "b": 0.1, "y": [1, 2, 3, 4, 5]},
               {"wrt": "w,b", "lr": 0.01, "batch_size": 2, "epochs": 3, "shuffle": True,
                "seed": 4}),
    "rates": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "steps": 5, "schedule": "exponential",
                           "gamma": 0.9}),
    "nan": ("log(w)", {"w": 0.5}, {"lr": 0.4, "steps": 5}),
    "nan at the start": ("log(w)", {"w": -1}, {}),
    "inf": ("w", {"w": 1}, {"lr": 1e308, "steps": 5}),
    "inf in arrays": ("sum(sqrt(w))", {"w": [0, 1, -0.0]}, {"lr": 0.1}),
    "up": ("w", {"w": 1}, {"lr": 1e308, "steps": 5, "ascend": True, "weight_decay": 0.5}),
    "a kink": ("relu(w)", {"w": 0}, {"steps": 2}),
    "long": (SQUARE, AT, {"wrt": "w", "lr": 0.1, "steps": 200}),
    "names": ("变量**2 + ŵ*0", {"变量": 0.1, "ŵ": 2}, {"lr": 0.1, "steps": 2}),
}  # fmt: skip

every_descent = pytest.mark.parametrize("name", DESCENTS)


@cache
def made(name: str) -> Descent:
    program, bindings, options = DESCENTS[name]
    return descend(program, bindings, **options)


def states(found: Descent) -> list[Step]:
    """Every state, the last one too."""
    return [*found.steps, found.final]


def texts(
    name: str, kind: str, sizes: Sequence[int] = (), check: PathCheck | None = None
) -> Iterator[str]:
    """What a stream prints whose steps come in chunks of these sizes, and then all at once."""
    found = made(name)
    stream, steps = STREAMS[kind](found.task), states(found)
    yield stream.begin()
    for size in sizes:
        yield stream.more(steps[:size])
        del steps[:size]
    yield stream.more(steps)
    yield stream.end(found, check or not_checked_path(found))


def read(text: str) -> Any:
    """A JSON document of the strict kind, whose names are all different."""

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=refused, object_pairs_hook=unique)


def same(shown: Any, value: Any) -> bool:
    """Whether what was printed is exactly the number, or the array."""
    if isinstance(shown, list):
        return len(shown) == len(value) and all(map(same, shown, value))
    x, number = float(shown), float(value)
    return x == number or (math.isnan(x) and math.isnan(number))


def assert_is(record: dict[str, Any], step: Step) -> None:
    """A record has the numbers of a state and nothing else."""
    batches, scheduled = step.task.batches, step.task.settings.schedule.name != "constant"
    epoch, lr = ["epoch"] if batches else [], ["lr"] if scheduled else []
    assert list(record) == ["step", *epoch, *lr, "loss", "values", "gradients"]
    assert record["step"] == step.index
    assert not scheduled or record["lr"] == pytest.approx(0.1 * 0.9**step.index, rel=1e-12)
    assert batches is None or record["epoch"] == step.index // batches.per_epoch
    assert same(record["loss"], step.loss)
    for key in ("values", "gradients"):
        numbers = getattr(step, key)
        assert list(record[key]) == list(numbers) == list(step.task.wrt)
        for name, shown in record[key].items():
            assert same(shown, numbers[name]), (key, name)
            assert np.shape(shown) == np.shape(numbers[name])


# -- JSON


@every_descent
def test_json_is_the_descent(name: str) -> None:
    """One strict document has every state, exactly, and how it ended."""
    found = made(name)
    document = read("".join(texts(name, "json")))
    assert len(document["steps"]) == found.updates == document["updates"]
    for record, step in zip(document["steps"], found.steps, strict=True):
        assert_is(record, step)
    assert_is(document["final"], found.final)
    assert document["stopped"] == found.stopped
    assert document["reason"] == found.reason
    assert document["hint"] == found.hint
    assert document["wrt"] == list(found.wrt)


def test_the_head_of_json() -> None:
    """What was asked for stands before the steps."""
    document = read("".join(texts("epochs", "json")))
    assert list(document) == [
        "schema", "program", "output", "optimizer", "settings", "schedule", "ascend", "wrt",
        "batches", "steps", "final", "updates", "stopped", "reason", "hint", "check", "notices",
    ]  # fmt: skip
    assert document["schema"] == SCHEMA == "backtrace.descent/1"
    assert document["program"] == DESCENTS["epochs"][0]
    assert (document["output"], document["optimizer"]) == ("L", "sgd")
    assert document["settings"] == {"lr": 0.01, "weight_decay": 0}
    assert document["schedule"] == {"name": "constant"}
    assert document["ascend"] is False
    assert document["batches"] == {"rows": 5, "size": 2, "seed": 4}
    assert document["steps"][-1]["epoch"] == 2
    assert "batches" not in read("".join(texts("up", "json")))
    assert read("".join(texts("up", "json")))["ascend"] is True
    schedule = read("".join(texts("rates", "json")))["schedule"]
    assert schedule == {"name": "exponential", "gamma": 0.9}


def test_the_tail_of_json() -> None:
    """The verdict of the check and the notices of both stand at the end."""
    assert read("".join(texts("nan", "json")))["check"] == {
        "status": "undefined", "optimizer": None, "version": None, "updates": None,
        "max_error": None,
    }  # fmt: skip
    notice = Notice(None, "rounding", "so it is")
    check = PathCheck("agrees", "torch.optim.SGD", "2.13.0", 2, math.inf, (notice,), "it agrees")
    document = read("".join(texts("a kink", "json", check=check)))
    assert document["check"] == {
        "status": "agrees", "optimizer": "torch.optim.SGD", "version": "2.13.0", "updates": 2,
        "max_error": "inf",
    }  # fmt: skip
    assert [n["code"] for n in document["notices"]] == ["kink", "rounding"]
    assert document["notices"][1]["text"] == "so it is"


def test_a_step_is_a_line() -> None:
    """Every state of the JSON is on a line of its own."""
    lines = "".join(texts("3 updates", "json")).splitlines()
    assert sum(line.startswith('  {"step": ') for line in lines) == 3
    assert sum(line.startswith(' "final": {"step": 3') for line in lines) == 1


# -- the others


@every_descent
def test_lines_of_json(name: str) -> None:
    """A line is an object, and there is one for every state, the last one too."""
    lines = "".join(texts(name, "jsonl")).splitlines()
    for line, step in zip(lines, states(made(name)), strict=True):
        assert_is(read(line), step)


@every_descent
def test_csv(name: str) -> None:
    """A row has the numbers of a state, an entry of an array a column of its own."""
    found = made(name)
    titles, *rows = csv.reader(io.StringIO("".join(texts(name, "csv")), newline=""))
    assert len(set(titles)) == len(titles)
    for row, step in zip(rows, states(found), strict=True):
        cells = dict(zip(titles, row, strict=True))
        assert cells.pop("step") == str(step.index)
        assert same(cells.pop("loss"), step.loss)
        if step.task.batches is not None:
            assert cells.pop("epoch") == str(step.index // step.task.batches.per_epoch)
        if step.task.settings.schedule.name != "constant":
            assert float(cells.pop("lr")) == pytest.approx(0.1 * 0.9**step.index, rel=1e-12)
        for name_, value in step.values.items():
            for index in np.ndindex(np.shape(value)):
                column = name_ + (f"[{' '.join(map(str, index))}]" if index else "")
                gradient = step.gradients[name_]
                assert same(cells.pop(column), np.asarray(value)[index])
                output = found.task.graph.labels[found.task.graph.output]
                assert same(cells.pop(f"d{output}/d{column}"), np.asarray(gradient)[index])
        assert not cells


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("2 updates", "step,loss,w,x,dL/dw,dL/dx"),
        ("rates", "step,lr,loss,w,dL/dw"),
        ("an array of one", "step,loss,w[0 0],dL/dw[0 0]"),
        ("epochs", "step,epoch,loss,w[0],w[1],w[2],b,dL/dw[0],dL/dw[1],dL/dw[2],dL/db"),
        ("inf", "step,loss,w,dw/dw"),
    ],
)
def test_columns_of_csv(name: str, titles: str) -> None:
    """The names of the columns stand above."""
    assert "".join(texts(name, "csv")).splitlines()[0] == titles


def test_csv_of_what_is_no_number() -> None:
    """nan and the infinities have the names that float() reads; there is no minus zero."""
    rows = "".join(texts("nan", "csv")).splitlines()[1:]
    assert rows[0] == "0,-0.6931471805599453,0.5,2"
    assert rows[1].startswith("1,nan,-0.30")
    assert "".join(texts("inf", "csv")).splitlines()[-1] == "2,-inf,-inf,1"
    rows = "".join(texts("inf in arrays", "csv")).splitlines()
    assert rows[1] == "0,1,0,1,0,inf,0.5,-inf"


def test_the_names_of_json_for_what_is_no_number() -> None:
    """JSON has no such numbers: they are texts, as in the JSON of a trace."""
    final = read("".join(texts("inf", "json")))["final"]
    assert final["loss"] == final["values"]["w"] == "-inf"
    assert read("".join(texts("nan", "jsonl")).splitlines()[-1])["loss"] == "nan"


# -- while it goes on


@every_descent
@pytest.mark.parametrize("kind", STREAMS)
@given(sizes=st.lists(st.integers(0, 5), max_size=8))
def test_any_chunks(name: str, kind: str, sizes: list[int]) -> None:
    """However the steps come the text is the same, and each part of it ends with a line."""
    found = list(texts(name, kind, sizes))
    assert "".join(found) == "".join(texts(name, kind))
    assert all(part.endswith("\n") for part in found if part)


@pytest.mark.parametrize(("kind", "held"), [("json", 2), ("jsonl", 0), ("csv", 0)])
def test_nothing_is_held_back_for_long(kind: str, held: int) -> None:
    """A step is printed as it comes, in JSON two later."""
    parts = list(texts("long", kind, [1] * 50))
    assert [part.count("\n") for part in parts[1 + held : 51]] == [1] * (50 - held)
    assert not "".join(parts[1 : 1 + held])
