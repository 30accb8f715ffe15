"""torch: the graph replayed with its operations in float64, and its autograd."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backtrace.errors import EngineMissing
from backtrace.graph import Apply, Constant, Graph, Params
from backtrace.ops import Elementwise, Op
from backtrace.ops.rows import Value
from backtrace.records import Trace

Tensor: TypeAlias = Any
TESTED = "2.13"  # at kinks the rows follow this version; torch has changed clamp and maximum there
NEEDED = ("__version__", "float64", "tensor", "zeros_like", "autograd.grad", "enable_grad",
          "inference_mode")  # fmt: skip


class Replay(NamedTuple):
    """torch's value of every node, and its gradient where the trace has one."""

    values: list[Value]
    gradients: list[Value | None]


class Apart(NamedTuple):
    """One operation alone: its value, and upstream × local for every input that needs a gradient.

    A product is zero where no gradient passes or none arrives.
    """

    value: Value
    products: list[Value | None]


class Torch:
    """torch as the second engine.

    Raises EngineMissing where it cannot be imported, or refuses an operation of the trace.
    """

    name = "torch"

    def __init__(self) -> None:
        self.module = import_torch()
        self._float64 = self.module.float64
        self._functions: dict[tuple[Op, Params], Callable[..., Tensor]] = {}
        self.version: str = str(self.module.__version__).partition("+")[0]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def tested(self) -> bool:
        """Whether the rows' conventions at kinks were written for this version."""
        return self.version.split(".")[:2] == TESTED.split(".")

    def replay(self, trace: Trace) -> Replay:
        """Run the graph forward, and backward once for the gradients of all its nodes."""
        with self.recording():
            tensors = self._forward(trace)
            return Replay([number(t) for t in tensors], self._backward(trace, tensors))

    def apart(
        self, trace: Trace, operations: Mapping[int, Apply], upstreams: Mapping[int, Value]
    ) -> dict[int, Apart]:
        """Operations one by one, each on the trace's own inputs and an upstream gradient given.

        They are graphs without a link between them, so that one backward pass does for all.
        """
        results, seeds = [], []
        arguments: dict[int, list[Tensor]] = {}
        values: dict[int, Value] = {}
        with self.recording():
            for index, node in operations.items():
                arguments[index] = [
                    self.tensor(
                        trace.values[i],
                        not node.op.passes(slot) or trace.adjoints[i] is not None,
                    )
                    for slot, i in enumerate(node.inputs)
                ]
                result = self._apply(node, arguments[index])
                values[index] = number(result)
                upstream = upstreams.get(index)
                fits = upstream is not None and result.shape == np.shape(upstream)
                if fits and result.requires_grad:
                    results.append(result)
                    seeds.append(upstream)
            wanted = [t for tensors in arguments.values() for t in tensors if t.requires_grad]
            products = iter(self._gradients(results, wanted, seeds))
        return {
            index: Apart(values[index], [next(products) if t.requires_grad else None for t in ts])
            for index, ts in arguments.items()
        }

    @contextmanager
    def refusing(self, what: str) -> Iterator[None]:
        """Turn whatever torch raises meanwhile into EngineMissing."""
        try:
            yield
        except Exception as error:  # torch raises what it likes
            raise _refused(what, error) from error

    def output(self, graph: Graph, leaves: Mapping[int, Tensor]) -> Tensor:
        """The output of a graph as a tensor; `leaves` has those of its variables."""
        tensors = dict(leaves)
        for index in graph.needed:
            node = graph.nodes[index]
            if isinstance(node, Apply):
                tensors[index] = self._apply(node, [tensors[i] for i in node.inputs])
            elif isinstance(node, Constant):
                tensors[index] = self.tensor(node.value, requires_grad=False)
        return tensors[graph.output]

    def _forward(self, trace: Trace) -> list[Tensor]:
        tensors: list[Tensor] = []
        nodes = zip(trace.graph.nodes, trace.values, trace.adjoints, strict=True)
        for node, value, adjoint in nodes:
            if type(node) is not Apply:
                tensors.append(self.tensor(value, adjoint is not None))
                continue
            tensor = self._apply(node, [tensors[i] for i in node.inputs])
            if adjoint is not None and not tensor.requires_grad:
                tensor = tensor.detach().requires_grad_()  # asked for, with no variable behind it
            tensors.append(tensor)
        return tensors

    def _backward(self, trace: Trace, tensors: list[Tensor]) -> list[Value | None]:
        output = trace.graph.output
        needed = [i for i, adjoint in enumerate(trace.adjoints) if adjoint is not None]
        wanted = [tensors[i] for i in needed]
        found = self._gradients([tensors[output]], wanted, [trace.adjoints[output]])
        gradients: list[Value | None] = [None] * len(tensors)
        for i, gradient in zip(needed, found, strict=True):
            gradients[i] = gradient
        return gradients

    def _gradients(
        self, outputs: list[Tensor], wanted: list[Tensor], seeds: list[Value]
    ) -> list[Value]:
        """The gradients by `wanted` as numbers; None from torch means that nothing arrives."""
        roots = [self._seeded(output, seed) for output, seed in zip(outputs, seeds, strict=True)]
        return list(map(number, self.gradients(roots, wanted)))

    def gradients(self, roots: list[Tensor], by: list[Tensor]) -> list[Tensor]:
        """The gradients of the sum of some numbers; zeros where nothing arrives.

        Raises EngineMissing for an operation that torch cannot differentiate.
        """
        found: Iterable[Tensor | None] = [None] * len(by)
        if roots and by:
            with self.refusing("the backward pass"):
                found = self.module.autograd.grad(roots, by, allow_unused=True)
        zeros = self.module.zeros_like
        return [zeros(t) if g is None else g for g, t in zip(found, by, strict=True)]

    def _seeded(self, output: Tensor, seed: Value) -> Tensor:
        """A number whose gradient by `output` is `seed`.

        Not by `grad_outputs`, for which torch imports sympy and half a second of its own modules.
        """
        if output.ndim == 0 and seed == 1:
            return output
        return (output * self.tensor(seed, False)).sum()

    def _apply(self, node: Apply, inputs: list[Tensor]) -> Tensor:
        function = self._functions.get((node.op, node.params)) or self._function(node)
        try:
            tensor = function(*self._stretched(node, inputs))
        except Exception as error:  # a param that torch does not take raises what it likes
            call = node.op.as_call(node.op.inputs, dict(node.params))
            raise _refused(call, error) from error
        if tensor.dtype is not self._float64:
            return tensor.to(self._float64)  # a comparison's booleans: they carry no graph
        for into in inputs:
            if tensor is into:
                return tensor.view_as(tensor)  # a node of its own, with a gradient of its own
        return tensor

    def _stretched(self, node: Apply, inputs: list[Tensor]) -> Iterable[Tensor]:
        """The inputs of an elementwise operation in one shape.

        Then it is the whole product that is summed over stretched axes, also where a row is written
        with several operations of torch; and torch's own clamp stretches no gradient by itself.
        """
        if len(inputs) > 1 and type(node.op) is Elementwise:
            shape = inputs[0].shape
            if any(t.shape != shape for t in inputs):
                found: Iterable[Tensor] = self.module.broadcast_tensors(*inputs)
                return found
        return inputs

    def _function(self, node: Apply) -> Callable[..., Tensor]:
        function = torch_function(node.op, self.module)
        if params := {**node.op.params, **dict(node.params)}:
            function = partial(function, **params)
        self._functions[node.op, node.params] = function
        return function

    def tensor(self, value: Value, requires_grad: bool) -> Tensor:
        """A value as a tensor of float64, with memory of its own."""
        if np.ndim(value) and min(value.strides) < 0:  # x[::-1], which torch does not read
            value = value.copy()
        return self.module.tensor(
            value, dtype=self._float64, device="cpu", requires_grad=requires_grad
        )

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record gradients meanwhile, whatever the caller has switched off.

        torch's warnings, as of a divisor n - 1 = 0, are about what the trace itself reports.
        """
        with (
            self.module.inference_mode(False),
            self.module.enable_grad(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield


def torch_function(op: Op, torch: Any) -> Callable[..., Tensor]:
    """What a row's `torch` text stands for: a function of (*inputs, **params)."""
    if op.torch.replace(".", "").isidentifier() and op.torch.startswith("torch."):
        found: Callable[..., Tensor] = reduce(getattr, op.torch.split(".")[1:], torch)
        return found
    signature = ", ".join([*op.inputs, *op.params])
    # The text is the operation table's own; nothing that a user typed comes here.
    function: Callable[..., Tensor] = eval(f"lambda {signature}: {op.torch}", {"torch": torch})  # noqa: S307
    return function


def number(tensor: Tensor) -> Value:
    """A tensor as Python's float, or as a read-only array."""
    if tensor.ndim == 0:
        return tensor.item()
    array = tensor.detach().numpy()
    array.flags.writeable = False
    return array


def import_torch() -> Any:
    """torch, imported with the garbage collector off, and its objects left to no later collection.

    The one at exit among them, that takes a fifth off what torch costs. Raises EngineMissing.
    """
    if sys.modules.get("torch") is not None:
        return _complete(sys.modules["torch"])
    was_on = gc.isenabled()
    gc.disable()
    try:
        import torch

        gc.freeze()
    except Exception as error:  # built for another numpy or Python, torch raises what it likes
        raise _missing(f"torch cannot be imported ({error})") from error
    finally:
        if was_on:
            gc.enable()
    return _complete(torch)


def _complete(torch: Any) -> Any:
    """torch itself, if it has what a check needs: half an installation imports without an error."""
    for name in NEEDED:
        try:
            reduce(getattr, name.split("."), torch)
        except AttributeError as error:
            raise _missing(f"what is installed as torch has no torch.{name}") from error
    return torch


def _missing(what: str) -> EngineMissing:
    return EngineMissing(
        f"nothing is checked: {what}; install it with `pip install torch`, "
        "or trace without the check (--no-check)"
    )


def _refused(what: str, error: Exception) -> EngineMissing:
    """The error for what torch does not do, with its own first line."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    return EngineMissing(f"nothing is checked: torch refuses {what}: {reason}")
