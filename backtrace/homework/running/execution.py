"""Grading many sheets: in this process, on several, or on the machines of a cluster.

Sheets go out in chunks, a bounded number at a time, and come back in their order, so memory stays
flat however many there are. Every sheet is graded, and handed on once, whatever happens:

    judging raises an exception       the sheet is marked `failed`; the run goes on
    a worker process is killed        the chunks it took along are graded again by new workers
    that happens to them twice        their sheets are graded alone: then it is known whose fault
                                      it is, and that sheet is marked `failed`
    no answer for a long time         the workers are killed; then as above

A cluster such as Dask's sees to its lost workers itself, and gives a chunk up that lost it several;
the sheets of that chunk are then graded alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from typing import TypeAlias

from backtrace.errors import BacktraceError
from backtrace.homework.courses.assignment import Assignment
from backtrace.homework.courses.grades import Grade, Sheet
from backtrace.homework.running.chunks import (
    Chunk,
    Graded,
    GradeSheet,
    Job,
    chunks,
    described,
    failed_sheet,
    grade_some,
    graded,
    judged,
    ready,
)
from backtrace.homework.running.processes import Processes

MakeExecutor: TypeAlias = Callable[[], Executor]

AHEAD = 16  # chunks that are being graded or wait for a worker
PATIENCE = 60.0  # seconds without an answer after which a worker counts as hanging
TWICE = 2  # losses after which a chunk is graded sheet by sheet
STARTS = 3  # times that new workers may end at once


def grade(
    assignment: Assignment,
    sheets: Iterable[Sheet],
    *,
    executor: Executor | Callable[[], Executor] | None = None,
    grade_sheet: GradeSheet = judged,
    ahead: int = AHEAD,
    patience: float = PATIENCE,
) -> Iterator[tuple[Grade, ...]]:
    """The grades of every sheet, in order, each as soon as it and those before it are there.

    `executor` is where the work is done: None in this process; a function that makes an executor
    (`functools.partial(Processes, 4)`), called again when its workers are lost; or an executor,
    which stays the caller's, such as `distributed.Client(address).get_executor()` (for a
    ProcessPoolExecutor that is broken, processes that are made here do the rest).

    `ahead` is how many chunks it has at a time: at least twice its workers. `patience` is how many
    seconds may pass without one that comes back; it is for executors that are made here, since
    only their workers can be ended.

    Raises BacktraceError where the workers cannot be started or replaced.
    """
    job = Job(assignment, grade_sheet)
    match executor:
        case None:
            return (graded(job, sheet) for sheet in sheets)
        case ProcessPoolExecutor():  # it cannot be mended when it is broken
            make = partial(Processes, getattr(executor, "_max_workers", 1))
            return _Run(job, executor, make, ahead, patience).grades(chunks(sheets))
        case Executor():
            return _Run(job, executor, None, ahead, patience).grades(chunks(sheets))
    return _Run(job, None, executor, ahead, patience).grades(chunks(sheets))


@dataclass(slots=True, eq=False)
class _Piece:
    """Sheets in a row that are graded together, and how often a worker was lost with them."""

    sheets: Chunk
    future: Future[Graded] | None = None  # None: not with a worker
    losses: int = 0

    @property
    def suspect(self) -> bool:
        """Whether it may be what the workers are lost by."""
        return self.losses >= TWICE

    @property
    def done(self) -> bool:
        """Whether its grades are there."""
        future = self.future
        return future is not None and future.done() and not _error(future)


def _error(future: Future[Graded]) -> BaseException | bool | None:
    return future.cancelled() or future.exception()


class _Run:
    """One run on an executor: the pieces that are out, in order."""

    def __init__(
        self,
        job: Job,
        executor: Executor | None,
        make: MakeExecutor | None,
        ahead: int,
        patience: float,
    ) -> None:
        self.job = job
        self.executor = executor
        self.made: Executor | None = None  # the same if it was made here
        self.make = make
        self.ahead = ahead
        self.patience = patience
        self.pieces: deque[_Piece] = deque()

    def grades(self, work: Iterator[Chunk]) -> Iterator[tuple[Grade, ...]]:
        """The grades of all chunks, in order."""
        try:
            if self.make and not self.executor:
                self._start(self.make)
            while self._fill(work):
                yield from self._alone() if self.pieces[0].suspect else self._first()
        finally:
            self._end()

    def _fill(self, work: Iterator[Chunk]) -> bool:
        """Keep the workers busy; whether anything is left. Nothing goes out beside a suspect."""
        self.pieces.extend(map(_Piece, islice(work, self.ahead - len(self.pieces))))
        for piece in takewhile(lambda piece: not piece.suspect, self.pieces):
            self._send(piece)
        return bool(self.pieces)

    def _send(self, piece: _Piece) -> None:
        if piece.future is None and self.executor is not None:
            try:
                piece.future = self.executor.submit(grade_some, self.job, piece.sheets)
            except RuntimeError as error:  # broken since the last time: as if it broke now
                piece.future = Future()
                piece.future.set_exception(error)

    def _first(self) -> Iterator[tuple[Grade, ...]]:
        """What is done of the first piece; the rest of it becomes the first piece."""
        piece = self.pieces[0]
        done, error = self._result(piece)
        if error is not None:
            self._recover(piece, error)
        elif len(done) < len(piece.sheets):
            self.pieces[0] = _Piece(piece.sheets[len(done) :])
        else:
            self.pieces.popleft()
        yield from done

    def _alone(self) -> Iterator[tuple[Grade, ...]]:
        """The sheets of the first piece, each with the workers for itself."""
        for sheet in self.pieces.popleft().sheets:
            single = _Piece((sheet,))
            self._send(single)
            done, error = self._result(single)
            if error is not None:
                self._recover(single, error)
                done = [failed_sheet(self.job.assignment, sheet, self._reason(error))]
            yield from done

    def _result(self, piece: _Piece) -> tuple[Graded, Exception | None]:
        """The grades of a piece, or why the executor has none: judging itself never raises."""
        assert piece.future is not None
        try:
            if self.made:
                self._await(piece.future)
            return piece.future.result(), None
        except Exception as error:  # noqa: BLE001  (Dask has exceptions of its own)
            return [], error

    def _await(self, future: Future[Graded]) -> None:
        """Wait for one; raises TimeoutError when none at all comes back for too long.

        One of a slow piece may stand behind all the others, which is no sign that it hangs.
        """
        out = {future, *(piece.future for piece in self.pieces if piece.future)}
        out = {one for one in out if not one.done()}
        while not future.done():
            back, out = wait(out, self.patience, FIRST_COMPLETED)
            if not back:
                raise TimeoutError

    def _reason(self, error: Exception) -> str:
        match error:
            case TimeoutError():
                return f"it takes longer than {self.patience:g} s"
            case BrokenExecutor():
                return "its process was killed, three times"
        return described(error)

    def _recover(self, piece: _Piece, error: Exception) -> None:
        """After a loss, see that there are workers, and that what was lost is sent again."""
        if not isinstance(error, BrokenExecutor | TimeoutError):  # a cluster tried several times
            piece.future, piece.losses = None, TWICE
            return self._require_workers(error)
        for lost in {piece, *(other for other in self.pieces if other.future and not other.done)}:
            lost.future, lost.losses = None, lost.losses + 1
        if self.make is None:
            return self._require_workers(error)
        self._end()
        return self._start(self.make)

    def _require_workers(self, error: Exception) -> None:
        """Raise BacktraceError where the executor takes no more work: then no sheet is to blame."""
        assert self.executor is not None
        try:
            self.executor.submit(ready, self.job).result()
        except Exception as now:  # noqa: BLE001  (as above)
            lost = f"the workers are lost: {described(error)}; then {described(now)}"
            raise BacktraceError(lost) from None

    def _start(self, make: MakeExecutor) -> None:
        """New workers, of which one is seen to work, so that no sheet is blamed for the others."""
        for _ in range(STARTS):
            self.executor = self.made = make()
            try:
                return self.made.submit(ready, self.job).result()
            except BrokenExecutor:
                self._end()
        raise BacktraceError(
            "the worker processes end as soon as they are started. A script that grades on "
            'several processes does so under `if __name__ == "__main__":`'
        )

    def _end(self) -> None:
        """Take back what is not done, and end the workers that were made here."""
        if kill := getattr(self.made, "kill_workers", None):
            kill()
            return
        for piece in self.pieces:
            if piece.future:
                piece.future.cancel()
        if self.made:
            self.made.shutdown(wait=False)
