"""The chain `v = v*a + b`: forward and backward against micrograd and torch, and how it grows."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from benchmarks.measure import ROOT, Ratio, compared, environment, in_turns, ready

START = {"v": 0.5, "a": 0.999, "b": 0.1}
STATEMENT = "v = v*a + b\n"  # two nodes
Timed: TypeAlias = tuple[float, float]  # seconds, and dv/da to see that all did the same

READ_LIMIT = 1.5  # seconds for 10^5 statements
GROWTH = 1.5  # the dearest node may cost this many times the cheapest


def backtrace_chain(nodes: int) -> Timed:
    """`backtrace.trace` on a graph that has been read."""
    import backtrace

    graph = backtrace.read(STATEMENT * (nodes // 2))
    begin = ready()
    trace = backtrace.trace(graph, START)
    return time.perf_counter() - begin, float(trace.gradients["a"])


def micrograd_chain(nodes: int) -> Timed:
    """micrograd, whose backward pass recurses once a node."""
    from micrograd.engine import Value

    v, a, b = (Value(x) for x in START.values())
    begin = ready()
    for _ in range(nodes // 2):
        v = v * a + b
    v.backward()
    return time.perf_counter() - begin, float(a.grad)


def torch_chain(nodes: int) -> Timed:
    """torch in eager mode, float64."""
    import torch

    v, a, b = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START.values())
    begin = ready()
    for _ in range(nodes // 2):
        v = v * a + b
    v.backward()  # type: ignore[no-untyped-call]
    seconds = time.perf_counter() - begin
    assert a.grad is not None
    return seconds, float(a.grad)


CONTENDERS = {f.__name__: f for f in (backtrace_chain, micrograd_chain, torch_chain)}


def best_of_three(name: str, nodes: int) -> Timed:
    """The fastest of three runs after a short one, with room for a recursion of every node."""
    found: list[Timed] = []

    def run() -> None:
        CONTENDERS[name](min(nodes, 1000))
        found.extend(CONTENDERS[name](nodes) for _ in range(3))

    sys.setrecursionlimit(10 * nodes + 10_000)
    threading.stack_size(1 << 29)  # only reserved; what is not used costs nothing
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return min(found)


def apart(name: str, nodes: int) -> Timed:
    """`best_of_three` in a process of its own: the large heap of one slows the next."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chain", name, str(nodes)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        check=True,
    )
    seconds, gradient = json.loads(done.stdout)
    return seconds, gradient


def against_peers(sizes: Sequence[int], rounds: int) -> list[Ratio]:
    """Forward and backward on chains of these many nodes, all contenders in turns."""
    lines = []
    for nodes in sizes:
        gradients: list[float] = []

        def contender(name: str, nodes: int, seen: list[float]) -> dict[str, float]:
            seconds, gradient = apart(name, nodes)
            seen.append(gradient)
            return {"": seconds}

        contenders = {name: partial(contender, name, nodes, gradients) for name in CONTENDERS}
        times = in_turns(contenders, rounds)
        if not all(math.isclose(g, gradients[0], rel_tol=1e-9) for g in gradients):
            raise RuntimeError(f"the contenders disagree on the gradient: {set(gradients)}")
        what, ours = f"trace a chain of {power(nodes)} nodes", times["backtrace_chain"]
        lines.append(compared(what, ours, "micrograd", times["micrograd_chain"], 0.5))
        lines.append(compared(what, ours, "torch, eager", times["torch_chain"], 0.3))
    return lines


def growth(sizes: Sequence[int], rounds: int) -> Ratio:
    """Time per node of tracing, by minima: the dearest size over the cheapest."""
    import backtrace

    graphs = {nodes: backtrace.read(STATEMENT * (nodes // 2)) for nodes in sizes}

    def run(nodes: int) -> None:
        backtrace.trace(graphs[nodes], START)

    what = f"trace, time per node, {power(min(sizes))} to {power(max(sizes))} nodes"
    return _flat(what, per_item(run, sizes, rounds))


def reading(sizes: Sequence[int], rounds: int) -> list[Ratio]:
    """Time per statement of reading, by minima; and the seconds for 10^5 statements."""
    import backtrace

    def run(statements: int) -> None:
        backtrace.read(STATEMENT * statements)

    each = per_item(run, sizes, rounds)
    what = f"read, time per statement, {power(min(sizes))} to {power(max(sizes))} statements"
    whole = each[10**5] * 10**5 if 10**5 in each else each[max(sizes)] * 10**5
    limit = Ratio(f"read {power(10**5)} statements", whole, "one second", 1.0, READ_LIMIT)
    return [_flat(what, each), limit]


def per_item(run: Callable[[int], object], sizes: Sequence[int], rounds: int) -> dict[int, float]:
    """The least time per item of every size; the sizes take turns, small ones more often."""
    best = dict.fromkeys(sizes, math.inf)
    for _ in range(rounds):
        for size in sizes:
            for _ in range(max(1, min(20, 20_000 // size))):
                begin = ready()
                run(size)
                best[size] = min(best[size], (time.perf_counter() - begin) / size)
    return best


def _flat(what: str, each: dict[int, float]) -> Ratio:
    dearest, cheapest = max(each, key=each.__getitem__), min(each, key=each.__getitem__)
    peer = f"the cheapest size, {power(cheapest)}"
    return Ratio(f"{what}: dearest, {power(dearest)}", each[dearest], peer, each[cheapest], GROWTH)


def power(count: int) -> str:
    """A round count as it is written: 10^5, 2·10^4."""
    exponent = int(math.log10(count) + 1e-9)
    factor = count / 10**exponent
    return f"10^{exponent}" if factor == 1 else f"{factor:g}·10^{exponent}"


if __name__ == "__main__":
    print(json.dumps(best_of_three(sys.argv[1], int(sys.argv[2]))))
