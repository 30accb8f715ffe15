"""Taking times: processes from their start to a text on their output or to their end, in turns."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ratio:
    """One line of the table: our time, the peer's, and what the quotient should be at most.

    Where `unit` is "B" it is bytes of memory in the place of seconds. `rounds` are the quotients of
    the single rounds, where ours and the peer's ran side by side.
    """

    what: str
    ours: float
    peer: str
    theirs: float
    target: float
    rounds: tuple[float, ...] = ()
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Our time divided by the peer's."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.ratio <= self.target


def compared(what: str, ours: list[float], peer: str, theirs: list[float], target: float) -> Ratio:
    """The ratio of the medians of times that were taken in turns."""
    rounds = tuple(a / b for a, b in zip(ours, theirs, strict=True))
    return Ratio(what, median(ours), peer, median(theirs), target, rounds)


def in_turns(
    contenders: Mapping[str, Callable[[], dict[str, float]]], rounds: int
) -> dict[str, list[float]]:
    """Run every contender once a round and collect the times each of them reports, by name.

    One round before the first is not counted: it fills the caches of the file system.
    """
    times: dict[str, list[float]] = {}
    for turn in range(-1, rounds):
        for name, contender in contenders.items():
            for part, seconds in contender().items():
                if turn >= 0:
                    times.setdefault(f"{name}{part}", []).append(seconds)
    return times


def ready() -> float:
    """Collect garbage, so that nobody pays for what was before, and start the clock."""
    gc.collect()
    return time.perf_counter()


def process(*arguments: str, until: bytes = b"") -> dict[str, float]:
    """Seconds from the start of this Python with `arguments` to its end.

    The part " until" is when `until` had been read from its output. Raises RuntimeError where the
    text never came or the process failed.
    """
    output, seen = b"", None
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    ) as running:
        assert running.stdout is not None
        while chunk := os.read(running.stdout.fileno(), 1 << 16):
            output += chunk
            if seen is None and until in output:
                seen = time.perf_counter() - begin
        running.wait()
        end = time.perf_counter() - begin
    if running.returncode or (until and seen is None):
        raise RuntimeError(f"{arguments} ended with {running.returncode}: {output.decode()!r}")
    return {"": end} if seen is None or not until else {"": end, " until": seen}


def environment() -> dict[str, str]:
    """This process's environment, with this checkout first among the modules.

    Python may keep what it has compiled of them, as it has that of the peers and of any program
    that is installed: the round that is not counted writes it.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
