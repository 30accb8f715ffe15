"""Programs on arrays, forward and backward: a two-layer network and a linear regression.

The peers are HIPS autograd, and the same two passes written by hand in numpy, which keep the value
and the gradient of every node as a trace does. BLAS has the same threads for all of them.

The arrays cannot be written: of one that can, `trace` keeps a copy, so that the record stays true.
The peers keep neither copy nor record, and what is compared here are the passes.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Ratio, compared, in_turns, ready

Array: TypeAlias = NDArray[np.float64]
Data: TypeAlias = Mapping[str, Array]

LAYERS = "h = tanh(x @ W1 + b1); o = h @ W2 + b2; mean((o - t)**2)"
WEIGHTS = ("W1", "b1", "W2", "b2")
LINE = "mean((w*x + b - y)**2)"
SLOPES = ("w", "b")


class Sizes(NamedTuple):
    """A network: rows of a batch, and entries of the input, the hidden layer and the output."""

    batch: int
    inputs: int
    hidden: int
    outputs: int

    def __str__(self) -> str:
        return f"{self.batch:,} × {self.inputs} → {self.hidden} → {self.outputs}"


# Arrays of megabytes are got from and given back to the system, at a cost that depends on what was
# before, so there the contenders take turns at every call; for the same time five times as often.
OFTEN = 5

LARGE, SMALL = Sizes(4096, 256, 256, 10), Sizes(8, 4, 4, 2)
ROWS = 10**6


class Answer(NamedTuple):
    """What a contender found, and what it kept of it."""

    value: Any
    gradients: tuple[Any, ...]
    kept: object = None


Contender: TypeAlias = Callable[[], Answer]


# -- the data


def network_data(sizes: Sizes) -> Data:
    """Numbers for a network of these sizes, the same ones every time."""
    random = np.random.default_rng(0)
    batch, inputs, hidden, outputs = sizes
    return fixed(
        x=random.normal(size=(batch, inputs)),
        W1=random.normal(size=(inputs, hidden)) / np.sqrt(inputs),
        b1=random.normal(size=hidden),
        W2=random.normal(size=(hidden, outputs)) / np.sqrt(hidden),
        b2=random.normal(size=outputs),
        t=random.normal(size=(batch, outputs)),
    )


def line_data(rows: int) -> Data:
    """Points about the line 3x + 1, and where the search for it begins."""
    random = np.random.default_rng(0)
    x = random.normal(size=rows)
    return fixed(x=x, y=3 * x + 1 + random.normal(size=rows), w=np.array(0.5), b=np.array(0.1))


def fixed(**arrays: Array) -> Data:
    """The arrays, which nobody can write from now on."""
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


# -- the contenders


def traced(program: str, wrt: tuple[str, ...], data: Data) -> Contender:
    """`backtrace.trace` on a graph that has been read."""
    import backtrace

    graph = backtrace.read(program)

    def run() -> Answer:
        trace = backtrace.trace(graph, data, wrt=wrt)
        return Answer(trace.value, tuple(trace.gradients.values()), trace)

    return run


def network_by_hand(data: Data) -> Answer:
    """Both passes through the network in numpy, with all that is found on the way."""
    x, t, W1, b1, W2, b2 = (data[name] for name in ("x", "t", *WEIGHTS))  # noqa: N806
    xW1 = x @ W1  # noqa: N806
    z = xW1 + b1
    h = np.tanh(z)
    hW2 = h @ W2  # noqa: N806
    o = hW2 + b2
    r = o - t
    squares = r**2
    mean = squares.mean()

    to_o = 2 / r.size * r  # and to r and hW2, which get the same
    to_b2 = to_o.sum(axis=0)
    to_W2 = h.T @ to_o  # noqa: N806
    to_h = to_o @ W2.T
    to_z = to_h * (1 - h * h)  # and to xW1
    to_b1 = to_z.sum(axis=0)
    to_W1 = x.T @ to_z  # noqa: N806
    kept = xW1, z, h, hW2, o, r, squares, to_o, to_h, to_z
    return Answer(mean, (to_W1, to_b1, to_W2, to_b2), kept)


def network_by_hips(data: Data) -> Contender:
    """HIPS autograd, which keeps nothing once it has the gradients."""
    from autograd import numpy as anp
    from autograd import value_and_grad

    x, t = data["x"], data["t"]

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:  # noqa: N803
        h = anp.tanh(x @ W1 + b1)
        o = h @ W2 + b2
        return anp.mean((o - t) ** 2)

    both = value_and_grad(loss, argnum=tuple(range(len(WEIGHTS))))
    weights = [data[name] for name in WEIGHTS]
    return lambda: Answer(*both(*weights))


def line_by_hand(data: Data) -> Answer:
    """Both passes of the regression in numpy, with all that is found on the way."""
    x, y, w, b = (data[name] for name in ("x", "y", *SLOPES))
    wx = w * x
    line = wx + b
    r = line - y
    squares = r**2
    mean = squares.mean()

    to_line = 2 / r.size * r  # and to r and wx
    to_b = to_line.sum()
    to_w = (to_line * x).sum()
    return Answer(mean, (to_w, to_b), (wx, line, r, squares, to_line))


# -- the lines of the table


def networks(
    rounds: int, large: Sizes = LARGE, small: Sizes = SMALL, calls: int = 1000
) -> list[Ratio]:
    """Value and gradients of the two networks, against numpy by hand and against HIPS."""
    data, what = network_data(large), f"network {large}"
    times = timed(
        {
            "ours": traced(LAYERS, WEIGHTS, data),
            "by hand": partial(network_by_hand, data),
            "HIPS": network_by_hips(data),
        },
        calls=1,
        rounds=OFTEN * rounds,
    )
    by_hand = compared(what, times["ours"], "numpy, by hand", times["by hand"], 1.15)
    hips = compared(what, times["ours"], "HIPS autograd", times["HIPS"], 1.1)

    data = network_data(small)
    contenders = {"ours": traced(LAYERS, WEIGHTS, data), "HIPS": network_by_hips(data)}
    times = timed(contenders, calls=calls, rounds=rounds)
    what = f"network {small}"
    return [by_hand, hips, compared(what, times["ours"], "HIPS autograd", times["HIPS"], 0.4)]


def regression(rounds: int, rows: int = ROWS) -> Ratio:
    """Value and gradients of the mean squared error of a line, against numpy by hand."""
    data = line_data(rows)
    ours, by_hand = traced(LINE, SLOPES, data), partial(line_by_hand, data)
    times = timed({"ours": ours, "by hand": by_hand}, calls=1, rounds=OFTEN * rounds)
    what = f"`{LINE}`, {rows:,} rows"
    return compared(what, times["ours"], "numpy, by hand", times["by hand"], 1.3)


def timed(contenders: Mapping[str, Contender], calls: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per call, the contenders in turns, so many calls a turn."""
    agree(contenders)

    def turn(contender: Contender) -> dict[str, float]:
        begin = ready()
        for _ in range(calls):
            contender()  # and what it kept is let go of
        return {"": (time.perf_counter() - begin) / calls}

    return in_turns({name: partial(turn, run) for name, run in contenders.items()}, rounds)


def agree(contenders: Mapping[str, Contender]) -> None:
    """Raise RuntimeError unless all find the same value and the same gradients."""
    answers = [contender() for contender in contenders.values()]
    found = [(answer.value, *answer.gradients) for answer in answers]
    if not all(
        np.allclose(one, first, rtol=1e-9, atol=1e-12)
        for other in found[1:]
        for one, first in zip(other, found[0], strict=True)
    ):
        raise RuntimeError(f"the contenders disagree: {', '.join(contenders)}")


def memory(sizes: Sizes = LARGE) -> Ratio:
    """The most memory that is in use at one time during both passes, against numpy by hand.

    Counted where numpy and Python allocate it, without what is there before: the same number every
    time, which the resident size of a process is not, as that depends on what its heap can reuse.
    """
    data = network_data(sizes)
    ours, theirs = traced(LAYERS, WEIGHTS, data), partial(network_by_hand, data)
    what = f"network {sizes}, peak of memory"
    return Ratio(what, peak(ours), "numpy, by hand", peak(theirs), 1.3, unit="B")


def peak(contender: Contender) -> int:
    """Bytes, at most, that a contender holds while it runs, after it ran once already."""
    contender()  # imports what it needs
    tracemalloc.start()
    try:
        contender()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
