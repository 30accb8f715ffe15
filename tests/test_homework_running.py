"""Grading on executors: in order, a bounded part at a time, once each, whatever happens."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
from grading_fakes import ASSIGNMENT, judge, outcome, right, sheet, sheets, visits

from backtrace.errors import BacktraceError
from backtrace.homework.courses.assignment import Assignment
from backtrace.homework.courses.grades import Answer, Grade, Sheet
from backtrace.homework.running import chunks
from backtrace.homework.running import execution as running
from backtrace.homework.running.execution import grade
from backtrace.homework.running.processes import Processes

SPAWN = multiprocessing.get_context("spawn")
Make: TypeAlias = Callable[[], Executor]


@pytest.fixture(scope="module")
def dask() -> Iterator[Make]:
    """What makes Dask's executor, on two worker processes with a nanny each."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    import dask

    settings = {
        "distributed.scheduler.allowed-failures": 1,  # a task may take two workers along
        "distributed.worker.profile.enabled": False,
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor


@pytest.fixture(params=["jobs", "pool", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | Make]:
    """Two workers: of --jobs, of a pool that is the caller's, of Dask."""
    match request.param:
        case "jobs":
            yield partial(Processes, 2)
        case "pool":
            with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
                yield pool
        case "dask":
            yield request.getfixturevalue("dask")()


def test_a_worker_killed_in_the_middle_loses_nothing(
    executor: Executor | Make, tmp_path: Path
) -> None:
    """Every sheet is graded once, in order, the one that was being graded then too."""
    given = sheets(200, {70: f"kill-once {tmp_path}/killed"})
    graded = grade(ASSIGNMENT, given, executor=executor, grade_sheet=judge)
    assert outcome(graded) == right(range(200))
    assert (tmp_path / "killed").read_bytes() == b".."


@pytest.mark.parametrize("executor", ["jobs", "dask"], indirect=True)
def test_a_sheet_that_kills_every_worker_is_failed(
    executor: Executor | Make, tmp_path: Path
) -> None:
    """The run goes on with the next sheet; the sheet is undecided and earns no marks."""
    given = sheets(120, {70: f"kill {tmp_path}/kills"})
    graded = [*grade(ASSIGNMENT, given, executor=executor, grade_sheet=judge)]
    assert outcome(graded[:70] + graded[71:]) == right([*range(70), *range(71, 120)])
    assert_failed(graded[70])
    assert 3 <= visits(f"{tmp_path}/kills") <= 6


def assert_failed(graded: tuple[Grade, ...], *words: str) -> None:
    """The claim that was answered is undecided, the other one missing."""
    missing, failed = graded
    assert (missing.claim, missing.verdict.state, missing.score) == ("ds/dw", "missing", 0.0)
    assert (failed.claim, failed.verdict.state, failed.score) == ("dL/dw", "undecided", 0.0)
    assert (failed.verdict.codes, failed.points) == (("failed",), 3.0)
    assert all(word in failed.verdict.message for word in words)


@pytest.mark.parametrize(("action", "pools"), [("right", 1), ("kill-once", 2), ("kill", 4)])
def test_one_loss_is_one_new_pool(action: str, pools: int, tmp_path: Path) -> None:
    """However many chunks were lost with it: three losses tell whose fault it is."""
    made = []

    def make() -> Executor:
        made.append(Processes(1))
        return made[-1]

    given = sheets(100, {70: f"{action} {tmp_path}/marks" if action != "right" else action})
    assert len([*grade(ASSIGNMENT, given, executor=make, grade_sheet=judge)]) == 100
    assert len(made) == pools


def test_two_killers_among_the_same_sheets(tmp_path: Path) -> None:
    """Each is found out; those around them are graded."""
    killers = {number: f"kill {tmp_path}/{number}" for number in (10, 11, 60)}
    given = sheets(100, killers)
    graded = [*grade(ASSIGNMENT, given, executor=partial(Processes, 2), grade_sheet=judge)]
    assert len(graded) == 100
    for number, grades in enumerate(graded):
        if number in killers:
            assert_failed(grades, "its process was killed")
        else:
            assert outcome([grades]) == right([number])


def workers() -> list[str]:
    """The worker processes there are and the threads that see to them, without Dask's."""
    processes = [process.name for process in multiprocessing.active_children()]
    threads = [type(thread).__name__ for thread in threading.enumerate()]
    ours = ("SpawnProcess", "_ExecutorManager")
    return [name for name in processes + threads if name.startswith(ours)]


def test_a_worker_that_hangs_is_killed(tmp_path: Path) -> None:
    """In C, where no signal reaches it; the sheet is failed, the others are graded."""
    given = sheets(40, {5: f"hang {tmp_path}/hang"})
    graded = [
        *grade(ASSIGNMENT, given, executor=partial(Processes, 2), grade_sheet=judge, patience=1.5)
    ]
    assert outcome(graded[:5] + graded[6:]) == right([*range(5), *range(6, 40)])
    assert_failed(graded[5], "takes longer than 1.5 s")
    assert not workers()


@pytest.mark.parametrize("make", [None, partial(Processes, 1), partial(ThreadPoolExecutor, 1)])
def test_an_exception_in_judging_is_no_end(make: Make | None) -> None:
    """The sheet is failed, with the exception's type in the message."""
    given = sheets(5, {3: "fail"})
    graded = [*grade(ASSIGNMENT, given, executor=make, grade_sheet=judge)]
    assert outcome(graded[:3] + graded[4:]) == right([0, 1, 2, 4])
    assert_failed(graded[3], "ZeroDivisionError")


def test_grades_that_cannot_be_sent_are_no_end() -> None:
    """What the executor itself makes of a sheet is told as the reason."""
    given = sheets(5, {3: "unsendable"})
    graded = [*grade(ASSIGNMENT, given, executor=partial(Processes, 1), grade_sheet=judge)]
    assert outcome(graded[:3] + graded[4:]) == right([0, 1, 2, 4])
    assert_failed(graded[3], "pickle")


@pytest.mark.parametrize("ahead", [1, 3, 16])
def test_sheets_are_read_as_they_are_needed(ahead: int) -> None:
    """No more than the chunks that are out, and the one that is begun, are in memory."""
    read = 0

    def counted() -> Iterator[Sheet]:
        nonlocal read
        for given in sheets(2000):
            read += 1
            yield given

    with ThreadPoolExecutor(2) as pool:
        graded = grade(ASSIGNMENT, counted(), executor=pool, grade_sheet=judge, ahead=ahead)
        assert read == 0
        for number, grades in enumerate(graded):
            assert outcome([grades]) == right([number])
            assert read - number <= ahead * chunks.LENGTH
    assert read == 2000


def test_in_this_process_one_sheet_is_read_at_a_time() -> None:
    """Without an executor nothing is read ahead."""
    given = sheets(3)
    assert outcome([next(iter(grade(ASSIGNMENT, given, grade_sheet=judge)))]) == right([0])
    assert next(given) == sheet(1)


def test_long_answers_make_short_chunks() -> None:
    """A chunk of long answers ends before its time, so that memory is bounded."""
    long = [sheet(number, "x" * 400_000) for number in range(7)]
    assert [len(chunk) for chunk in chunks.chunks(long)] == [3, 3, 1]
    assert [len(chunk) for chunk in chunks.chunks(sheets(70))] == [32, 32, 6]


def test_slow_sheets_come_back_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker hands back what it has when the time of a chunk is over; the rest follows."""
    calls = []

    def counted(job: chunks.Job, chunk: chunks.Chunk) -> chunks.Graded:
        calls.append(len(chunk))
        return chunks.grade_some(job, chunk)

    monkeypatch.setattr(chunks, "BUDGET", 0.0)
    monkeypatch.setattr(running, "grade_some", counted)
    with ThreadPoolExecutor(1) as pool:
        given = sheets(4, dict.fromkeys(range(4), "slowly 0.001"))
        graded = grade(ASSIGNMENT, given, executor=pool, grade_sheet=judge)
        assert outcome(graded) == right(range(4))
    assert calls == [4, 3, 2, 1]


def no_worker() -> None:
    """What a worker begins with that then ends."""
    os._exit(3)


def test_workers_that_do_not_start_are_an_error() -> None:
    """It is told once, and no sheet is blamed for it."""
    make = partial(ProcessPoolExecutor, 1, mp_context=SPAWN, initializer=no_worker)
    with pytest.raises(BacktraceError, match="end as soon as they are started"):
        next(grade(ASSIGNMENT, sheets(1), executor=make, grade_sheet=judge))


def test_an_executor_that_takes_no_work_is_an_error() -> None:
    """What was graded before stands; the sheets after are not blamed."""
    pool = ThreadPoolExecutor(1)
    graded = grade(ASSIGNMENT, sheets(100), executor=pool, grade_sheet=judge, ahead=1)
    assert outcome([next(graded)]) == right([0])
    pool.shutdown()
    with pytest.raises(BacktraceError, match="the workers are lost: RuntimeError: cannot schedule"):
        list(graded)


def test_the_callers_executor_stays_open() -> None:
    """It may be used for another run, also after one that is left in the middle."""
    with ThreadPoolExecutor(1) as pool:
        next(grade(ASSIGNMENT, sheets(1000), executor=pool, grade_sheet=judge))
        graded = grade(ASSIGNMENT, sheets(40), executor=pool, grade_sheet=judge)
        assert outcome(graded) == right(range(40))


def test_a_run_that_is_left_ends_its_workers() -> None:
    """No process and no thread is left of it."""
    graded = grade(
        ASSIGNMENT,
        sheets(1000, dict.fromkeys(range(1, 1000), "slowly 0.01")),
        executor=partial(Processes, 2),
        grade_sheet=judge,
    )
    next(graded)
    assert workers()
    graded.close()  # type: ignore[attr-defined]
    assert not workers()


def no_judge(assignment: Assignment, given: Sheet) -> tuple[Grade, ...]:
    """Has a defect."""
    raise LookupError(f"a\nlong {'text' * 200}", assignment.title, given.student)


def test_a_failed_sheet_has_every_claim() -> None:
    """What was asked for, answered or not, and what was answered besides, which earns nothing."""
    answers = (Answer("ann", "p1", "dL/dw", "2*x"), Answer("ann", "p1", "dL/dq", "7"))
    given = Sheet("ann", "p1", answers, ("answered twice",))
    (graded,) = grade(ASSIGNMENT, [given], grade_sheet=no_judge)
    assert [(g.claim, g.answer, g.verdict.state, g.points) for g in graded] == [
        ("ds/dw", "", "missing", 1.0),
        ("dL/dw", "2*x", "undecided", 3.0),
        ("dL/dq", "7", "undecided", 0.0),
    ]
    assert {(g.student, g.problem, g.score, g.warnings) for g in graded} == {
        ("ann", "p1", 0.0, ("answered twice",))
    }
    message = graded[1].verdict.message
    assert "LookupError" in message
    assert "\n" not in message
    assert len(message) < 300


def state() -> tuple[bool, object, bool]:
    """Of a process: whether Ctrl-C is held back, what it does, whether garbage is collected."""
    held = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return held, signal.getsignal(signal.SIGINT), gc.isenabled()


def test_ctrl_c_does_nothing_to_a_worker() -> None:
    """It is held back while the worker starts and then ignored; in this process it is as before."""
    before = state()
    with Processes(1) as workers:
        assert workers.submit(state).result() == (True, signal.SIG_IGN, True)
    assert state() == before
    assert not before[0]


SCRIPT = """
import sys
from functools import partial
sys.path[:0] = sys.argv[1:]
from grading_fakes import ASSIGNMENT, judge, sheets
from backtrace.homework.running.processes import Processes
from backtrace.homework.running.execution import grade

if __name__ == "__main__":
    given = sheets(10_000, dict.fromkeys(range(1, 10_000), "slowly 0.02"))
    try:
        for _ in grade(ASSIGNMENT, given, executor=partial(Processes, 2), grade_sheet=judge):
            print("graded", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_run(sign: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C in the terminal reaches all of them and is told once; so does the end of the run."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    tests = Path(__file__).parent
    command = [sys.executable, str(script), str(tests), str(tests.parent)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"graded\n"
        (os.killpg if sign == signal.SIGINT else os.kill)(run.pid, sign)
        # the streams are at their end when the last process that holds them is gone
        output, messages = run.communicate(timeout=60)
    assert (b"interrupted\n" in output) == (sign == signal.SIGINT)
    assert b"Traceback" not in messages
    assert sign == signal.SIGKILL or not messages
