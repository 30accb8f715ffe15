"""torch's side of a descent: parameters, an optimizer and a schedule of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from backtrace.crosscheck.engine import Tensor, Torch, number
from backtrace.descent.rules import DECAY
from backtrace.descent.task import Task
from backtrace.ops.rows import Value

if TYPE_CHECKING:
    from backtrace.graph import Graph


class Twin:
    """The same task in torch. Call its methods while the engine is `recording`."""

    def __init__(self, engine: Torch, task: Task) -> None:
        self.engine, self.task = engine, task
        self.optimizer_name = task.settings.rule.torch.partition("(")[0]
        self._graphs: dict[int, Graph] = {}
        self._data: dict[int, Tensor] = {}
        self.begin()

    def __str__(self) -> str:
        return f"{self.optimizer_name} of {self.engine}"

    @property
    def values(self) -> list[Value]:
        """The parameters as numbers."""
        return [number(parameter) for parameter in self._parameters]

    def begin(self, *, decays: bool = True) -> None:
        """Parameters at the start, and an optimizer that remembers nothing.

        Without `decays` it has no weight decay: gradients come with it.
        """
        torch, settings, start = self.engine.module, self.task.settings, self.task.start
        self._parameters = [self.engine.tensor(value, requires_grad=True) for value in start]
        names: dict[str, Any] = {
            "torch": torch,
            "params": self._parameters,
            "maximize": settings.ascend,
            **settings.numbers,
            **({} if decays else {DECAY: 0.0}),
        }
        # The texts are the tables' own; nothing that a user typed comes here.
        with self.engine.refusing(self.optimizer_name):
            self._optimizer = eval(settings.rule.torch, names)  # noqa: S307
            text = settings.schedule.torch
            names |= {"optimizer": self._optimizer, **settings.schedule_numbers}
            self._schedule = eval(text, names) if text else None  # noqa: S307

    def loss(self, update: int) -> Tensor:
        """torch's loss for the rows of an update."""
        graph = self._graph(update)
        return self.engine.output(graph, dict(self._leaves(update, graph)))

    def _graph(self, update: int) -> Graph:
        """The graph with the rows of operations that are meant for the shapes of a batch."""
        batches = self.task.batches
        length = 0 if batches is None else batches.length(update)
        if length not in self._graphs:
            self._graphs[length] = self.task.prepared(update).graph
        return self._graphs[length]

    def _leaves(self, update: int, graph: Graph) -> Iterator[tuple[int, Tensor]]:
        """The tensors of the variables; those that stay what they are, are made once."""
        batch = {} if self.task.batches is None else self.task.batches.batch(update)
        parameters = dict(zip(self.task.wrt, self._parameters, strict=True))
        for name, index in graph.variables.items():
            if name in parameters:
                yield index, parameters[name]
            elif name in batch:
                yield index, self.engine.tensor(batch[name], requires_grad=False)
            else:
                if index not in self._data:
                    value = self.task.values[name]
                    self._data[index] = self.engine.tensor(value, requires_grad=False)
                yield index, self._data[index]

    def gradients(self, loss: Tensor) -> list[Tensor]:
        """torch's gradients of a loss by the parameters."""
        roots = [loss.sum()] if loss.requires_grad else []
        return self.engine.gradients(roots, self._parameters)

    def step(self, gradients: Iterable[Tensor]) -> None:
        """One update with these gradients."""
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        with self.engine.refusing(self.optimizer_name):
            self._optimizer.step()
            if self._schedule is not None:
                self._schedule.step()

    def move_to(self, values: Iterable[Value]) -> None:
        """Go on from other parameters; the optimizer remembers what it does."""
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.data = self.engine.tensor(value, requires_grad=False)
