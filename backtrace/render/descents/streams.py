"""Every step of a descent for other programs, while it goes on: JSON, JSON lines, CSV.

    json   one object, schema `backtrace.descent/1`: program, output, optimizer, settings (lr and
           the others, by name), schedule, ascend, wrt; steps: the states before every update, a
           line each: step (the updates made before), epoch (where there are batches), lr (where
           it changes), loss, values and gradients by name; final: the same after the last update;
           updates; stopped (steps, until_loss, until_gradient, until_change, diverged or
           interrupted), reason, hint; check: status, optimizer, version, updates, max_error;
           notices
    jsonl  the steps and the final state, an object a line
    csv    the same, a row each: step, epoch, lr, loss, parameters, gradients; the entries of an
           array are columns such as W[0 1] and dL/dW[0 1]

Numbers are as in the JSON of a trace; in CSV nan and the infinities are nan, inf and -inf.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backtrace.descent.records import Descent, Step
from backtrace.descent.task import Task
from backtrace.ops.rows import Value
from backtrace.render.json import json_number
from backtrace.render.text import exact

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck

SCHEMA = "backtrace.descent/1"
encode = json.JSONEncoder(allow_nan=False).encode


class Stream:
    """What is printed of a descent as it goes on: texts, each of whole lines."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def begin(self) -> str:
        """What stands before the first step."""
        return ""

    def more(self, steps: Sequence[Step]) -> str:
        """The next steps."""
        return "".join(map(self.line, steps))

    def line(self, step: Step) -> str:
        """One of them."""
        raise NotImplementedError  # every stream says so

    def end(self, descent: Descent, check: PathCheck) -> str:  # noqa: ARG002  (JSON has more)
        """What stands after the last one."""
        return ""


class JsonLines(Stream):
    """An object a line."""

    def line(self, step: Step) -> str:
        """One of them."""
        return f"{encode(_record(step))}\n"


class Json(Stream):
    """One object.

    Two states are held back: the last may be the final one, and no comma follows the one before.
    """

    def begin(self) -> str:
        """The task, and the head of the list of steps."""
        self._held: list[Step] = []
        parts = [f"{encode(key)}: {encode(value)}" for key, value in _head(self.task).items()]
        return "{" + ",\n ".join([*parts, '"steps": [\n'])

    def line(self, step: Step) -> str:
        """The step two before this one."""
        self._held.append(step)
        return "" if len(self._held) < 3 else f"  {encode(_record(self._held.pop(0)))},\n"

    def end(self, descent: Descent, check: PathCheck) -> str:
        """The final state, why it is the last one, and the verdict of the check."""
        *steps, final = self._held
        last = "".join(f"  {encode(_record(step))}\n" for step in steps)
        tail = {"final": _record(final), **_tail(descent, check)}
        parts = [f"{encode(key)}: {encode(value)}" for key, value in tail.items()]
        return f"{last} ],\n " + ",\n ".join(parts) + "}\n"


class Csv(Stream):
    """A row a line, and the names of the columns above."""

    def begin(self) -> str:
        """The names of the columns."""
        output = self.task.graph.labels[self.task.graph.output]
        more = ["epoch"] if self.task.batches else []
        more += [] if self.task.settings.schedule.is_constant else ["lr"]
        pairs = list(zip(self.task.wrt, self.task.start, strict=True))
        values = [f"{name}{place}" for name, value in pairs for place in _places(value)]
        gradients = [f"d{output}/d{column}" for column in values]
        return _row(["step", *more, "loss", *values, *gradients])

    def line(self, step: Step) -> str:
        """One row."""
        record = _record(step)
        more = [record[key] for key in ("epoch", "lr") if key in record]
        numbers = [
            exact(x)
            for by_name in (step.values, step.gradients)
            for value in by_name.values()
            for x in np.ravel(value).tolist()
        ]
        return _row([step.index, *more, exact(step.loss), *numbers])


STREAMS: Mapping[str, type[Stream]] = {"json": Json, "jsonl": JsonLines, "csv": Csv}


def _record(step: Step) -> dict[str, Any]:
    """A state as JSON has it."""
    return {
        "step": step.index,
        **({} if step.epoch is None else {"epoch": step.epoch}),
        **({} if step.task.settings.schedule.is_constant else {"lr": step.rate}),
        "loss": json_number(step.loss),
        "values": {name: json_number(value) for name, value in step.values.items()},
        "gradients": {name: json_number(value) for name, value in step.gradients.items()},
    }


def _head(task: Task) -> dict[str, Any]:
    settings, batches = task.settings, task.batches
    return {
        "schema": SCHEMA,
        "program": task.graph.source,
        "output": task.graph.labels[task.graph.output],
        "optimizer": settings.rule.name,
        "settings": dict(settings.numbers),
        "schedule": {"name": settings.schedule.name, **settings.schedule_numbers},
        "ascend": settings.ascend,
        "wrt": list(task.wrt),
        **(
            {"batches": {"rows": batches.count, "size": batches.size, "seed": batches.seed}}
            if batches
            else {}
        ),
    }


def _tail(descent: Descent, check: PathCheck) -> dict[str, Any]:
    keys = ("status", "optimizer", "version", "updates")
    error = None if check.max_error is None else json_number(check.max_error)
    return {
        "updates": descent.updates,
        "stopped": descent.stopped,
        "reason": descent.reason,
        "hint": descent.hint,
        "check": {**{key: getattr(check, key) for key in keys}, "max_error": error},
        "notices": [
            {"code": notice.code, "text": notice.text}
            for notice in (*descent.notices, *check.notices)
        ],
    }


def _places(value: Value) -> Iterator[str]:
    """The place of every entry, as it stands after the name: `[0 1]`; nothing after a number's."""
    for index in np.ndindex(np.shape(value)):
        yield f"[{' '.join(map(str, index))}]" if index else ""


def _row(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
