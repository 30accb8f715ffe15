"""The states of a walk: kept while there is room, walked again where there was none."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from backtrace.descent.task import Task
from backtrace.descent.walk import State, Walk

ROOM = 2**28  # bytes that states may take
CHUNK = 4096  # states of a walk at a time, at most


class States:
    """Every state of a task so far, by the updates made before it.

    The first ones are kept, and the last two; what is between is found by walking again, which
    gives the same numbers. In order this costs one walk more, at random one for every step back.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._kept: list[State] = []
        self._last: list[State] = []
        self._most = max(2, ROOM // _size(task))
        self.chunk = max(1, min(CHUNK, ROOM // (4 * _size(task))))  # states that are made at a time
        self._again: Walk | None = None
        self._found: list[State] = []  # the latest ones of the walk that is walked again,
        self._first = 0  # from this one on
        self.losses = array("d")  # of every state

    def __len__(self) -> int:
        return len(self.losses)

    def add(self, states: Sequence[State]) -> None:
        """Append the next states."""
        self.losses.extend(float(state.loss) for state in states)
        self._last = [*self._last, *states[-2:]][-2:]
        self._kept += states[: max(0, self._most - len(self._kept))]

    def __getitem__(self, index: int) -> State:
        if index < len(self._kept):
            return self._kept[index]
        if index >= len(self) - len(self._last):
            return self._last[index - len(self)]
        return self._walked_again(index)

    def __iter__(self) -> Iterator[State]:
        return map(self.__getitem__, range(len(self)))

    def walk_to(self, index: int) -> Walk:
        """A walk of its own that has come to a state and made no update from there."""
        walk, states = Walk(self._task), list[State]()
        while walk.made < index and walk.stopped is None:
            states.clear()
            walk.go(states, min(self.chunk, index - walk.made))
        return walk

    def _walked_again(self, index: int) -> State:
        if self._again is None or index < self._first:
            self._again, self._found, self._first = Walk(self._task), [], 0
        while index >= self._again.made:
            self._found, self._first = [], self._again.made
            self._again.go(self._found, self.chunk)
        return self._found[index - self._first]


def _size(task: Task) -> int:
    """The bytes that a state takes, about."""
    return 250 + sum(2 * (32 if isinstance(v, float) else v.nbytes + 120) for v in task.start)
