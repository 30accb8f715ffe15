"""descend(program, bindings): prepare, walk, record."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from time import perf_counter
from typing import Any

import numpy as np

from backtrace.descent.asked import Asked
from backtrace.descent.batches import batches_of, named_rows
from backtrace.descent.records import Descent
from backtrace.descent.settings import settings_of
from backtrace.descent.states import States
from backtrace.descent.task import Task
from backtrace.descent.walk import State, Walk
from backtrace.errors import BindingError, UsageError
from backtrace.graph import Graph
from backtrace.reading import Bindings, bind
from backtrace.tracing import trace_bound

PAUSE = 0.05  # seconds after which whoever watches hears of what is new
ONE = np.float64(1)  # an output that is no number is refused for every length of batches
OPTIONS = tuple(f.name for f in fields(Asked))

Watcher = Callable[[int, Sequence[State]], None]  # of the updates before the states, and these


def descend(
    program: str | Graph,
    bindings: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] | None = None,
    **others: Any,
) -> Descent:
    """Run gradient descent on a program, and record every step.

    `program` and `bindings` are those of `trace`; further variables may be keyword arguments.
    `wrt` names the parameters, as "w,b" or ["w", "b"]; default every variable that is no index
    and, with `rows`, no data. The options:

    optimizer       "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam" or "adamw", with
                    torch's defaults for lr, momentum, alpha, beta1, beta2, eps, weight_decay
    lr              the learning rate, above 0; ascend=True goes up
    schedule        "constant"; "step": times gamma after `every` updates; "exponential": times
                    gamma after each
    steps           the most updates to make: 100, with a goal 100,000
    until_loss      stop at a loss of at most this (going up: at least)
    until_gradient  stop where no entry of the gradient is larger
    until_change    stop before an update that changes no entry by more
    max_loss        a loss above this counts as divergence
    batch_size      rows of the data for each update; `rows` names what has rows, default every
                    array that is no parameter; epochs instead of steps; shuffle=True with `seed`

    A loss or a parameter that is not finite ends the descent: `stopped` is "diverged". Raises
    BacktraceError for what cannot be read, bound or done.

    >>> descend("(w*x - y)**2", w=1, x=1, y=2, wrt="w", lr=0.1, steps=1).final.values
    {'w': 1.2}
    """
    asked = Asked(**{name: others.pop(name) for name in OPTIONS if name in others})
    asked = replace(asked, rows=named_rows(asked) or None)
    given = replace(bind(bindings or {}, others), options=OPTIONS)
    task = task_of(program, given, wrt, asked)
    mistaken = [n for n in OPTIONS if n in task.values and n not in task.graph.variables]
    if mistaken:
        name = mistaken[0]
        raise UsageError(f"{name} is not in the program; the option goes outside: {name}=…")
    return walked(Walk(task))


def _signed() -> inspect.Signature:
    """The signature with every option by its name and default, for help()."""
    found = inspect.signature(descend)
    *first, others = found.parameters.values()
    options = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default)
        for f in fields(Asked)
    ]
    return found.replace(parameters=[*first, *options, others.replace(name="variables")])


descend.__signature__ = _signed()  # type: ignore[attr-defined]


def task_of(
    program: str | Graph,
    bindings: Bindings,
    wrt: str | Iterable[str] | None,
    asked: Asked,
    columns: Iterable[str] = (),
) -> Task:
    """What is to be done; `columns` came from the table of the data.

    Raises BacktraceError for what does not fit.
    """
    settings_of(asked)  # what is wrong with the options is told first
    data = {*columns, *named_rows(asked)}
    start = trace_bound(program, bindings, wrt, seed=ONE)
    graph = start.graph
    names = tuple(dict.fromkeys(start.wrt))
    if wrt is None:
        names = tuple(n for n in names if n in graph.variables and n not in data)
    if not names:
        raise BindingError("no variable to change: wrt names the parameters (--wrt w,b)")
    for name in names:
        if name not in graph.variables:
            raise BindingError(_no_parameter(graph, name))
    batches = batches_of(asked, graph, start.variables, names, columns)
    settings = settings_of(asked, 1 if batches is None else batches.per_epoch)
    return Task(
        graph=graph,
        values=start.variables,
        wrt=names,
        settings=settings,
        batches=batches,
        by_default=wrt is None and not data,
    )


def _no_parameter(graph: Graph, name: str) -> str:
    if name in graph.names:
        return f"{name} is computed in the program: only a variable can be changed"
    return f"{name} is not in the program, so that changing it changes nothing"


def walked(walk: Walk, watch: Watcher | None = None) -> Descent:
    """Go to the end. `watch` is told of the states that are new, about every PAUSE seconds."""
    states = States(walk.task)
    size = states.chunk if watch is None else 1
    while walk.stopped is None:
        found: list[State] = []
        begin = perf_counter()
        walk.go(found, size)
        took = perf_counter() - begin
        if watch is not None:
            watch(len(states), found)
        states.add(found)
        if watch is not None:
            size = min(2 * size, states.chunk) if 2 * took < PAUSE else max(1, size // 2)
    return Descent(walk.task, walk, states)
