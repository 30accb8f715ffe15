"""Gradient descent, time a step: against a loop in torch by hand, and with torch.optim.SGD.

Ours is a whole `backtrace.descend`: reading, preparing, and a record of every loss, parameter and
gradient. The loops in torch keep nothing. They run in float64, with the threads that torch takes by
default, and set gradients to None, which is quicker than to fill them with 0. The loss of the line
is written as tutorials write it; that of the network with `addmm` and `mse_loss`, which are quicker
than the operators.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from benchmarks import networks
from benchmarks.measure import Ratio, compared, in_turns, ready
from benchmarks.networks import LARGE, SMALL, Data, Sizes

LR = 1e-3  # so small that where it ends tells one step more from one step less
POINTS = 4
STEPS, FEW = 5000, 50  # few of those that take milliseconds


class Slope(NamedTuple):
    """What to descend on: a program, its data, by which of it, and the same loss in torch."""

    program: str
    data: Data
    wrt: tuple[str, ...]
    loss: Callable[..., Any]  # of the parameters


Contender: TypeAlias = Callable[[Slope, int], Sequence[Any]]  # where so many steps end


def line(points: int = POINTS) -> Slope:
    """A line through a few points, by its two numbers."""
    from torch import tensor

    data = networks.line_data(points)
    x, y = tensor(data["x"]), tensor(data["y"])
    return Slope(networks.LINE, data, networks.SLOPES, lambda w, b: ((w * x + b - y) ** 2).mean())


def layers(sizes: Sizes) -> Slope:
    """The two-layer network, by its weights."""
    from torch import addmm, tanh, tensor
    from torch.nn.functional import mse_loss

    data = networks.network_data(sizes)
    x, t = tensor(data["x"]), tensor(data["t"])

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:  # noqa: N803
        return mse_loss(addmm(b2, tanh(addmm(b1, x, W1)), W2), t)

    return Slope(networks.LAYERS, data, networks.WEIGHTS, loss)


def ours(slope: Slope, steps: int) -> Sequence[Any]:
    """`backtrace.descend`, from the text of the program to the record of every step."""
    from backtrace import descend

    descent = descend(slope.program, slope.data, wrt=slope.wrt, lr=LR, steps=steps)
    return list(descent.final.values.values())


def by_hand(slope: Slope, steps: int) -> Sequence[Any]:
    """torch, with an update in place and no gradient left for the next step."""
    from torch import no_grad, tensor

    parameters: list[Any] = [tensor(slope.data[n], requires_grad=True) for n in slope.wrt]
    for _ in range(steps):
        slope.loss(*parameters).backward()
        with no_grad():
            for parameter in parameters:
                parameter -= LR * parameter.grad  # noqa: PLW2901  (the tensor stays the same)
                parameter.grad = None
    return [parameter.detach() for parameter in parameters]


def by_optimizer(slope: Slope, steps: int) -> Sequence[Any]:
    """torch, with its optimizer."""
    from torch import optim, tensor

    parameters = [tensor(slope.data[n], requires_grad=True) for n in slope.wrt]
    optimizer = optim.SGD(parameters, lr=LR)
    for _ in range(steps):
        optimizer.zero_grad()
        slope.loss(*parameters).backward()
        optimizer.step()
    return [parameter.detach() for parameter in parameters]


PEERS: dict[str, Contender] = {"torch, by hand": by_hand, "torch.optim.SGD": by_optimizer}


def descents(
    rounds: int, large: Sizes = LARGE, small: Sizes = SMALL, steps: int = STEPS, few: int = FEW
) -> Iterator[Ratio]:
    """A step on the line and on both networks, each against both loops."""
    what = f"step on `{networks.LINE}`, {POINTS} points"
    yield from against_torch(what, line(), steps, rounds, targets=(1 / 5, 1 / 8))
    yield from against_torch(f"step on network {small}", layers(small), steps, rounds)
    yield from against_torch(f"step on network {large}", layers(large), few, rounds)


def against_torch(
    what: str, slope: Slope, steps: int, rounds: int, targets: Sequence[float] = (1, 1)
) -> list[Ratio]:
    """All in turns. Raises RuntimeError unless every run ends at the same parameters."""
    ends = []

    def turn(contender: Contender) -> dict[str, float]:
        begin = ready()
        ends.append(contender(slope, steps))
        return {"": (time.perf_counter() - begin) / steps}

    contenders = {"ours": ours, **PEERS}
    times = in_turns({name: partial(turn, each) for name, each in contenders.items()}, rounds)
    close = partial(np.allclose, rtol=1e-9, atol=1e-12)
    if not all(close(a, b) for end in ends for a, b in zip(end, ends[0], strict=True)):
        raise RuntimeError(f"not all of them end at the same: {', '.join(contenders)}")
    pairs = zip(PEERS, targets, strict=True)
    return [compared(what, times["ours"], peer, times[peer], most) for peer, most in pairs]
