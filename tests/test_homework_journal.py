"""What the journal keeps: all of it, exactly, and after a kill each sheet once."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from grading_fakes import ASSIGNMENT, judge, outcome, right, sheets
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backtrace.errors import UsageError
from backtrace.homework.courses.grades import Grade
from backtrace.homework.running.encoding import decoded, encoded, line, read_line
from backtrace.homework.running.execution import grade
from backtrace.homework.running.journal import Header, Journal
from backtrace.homework.verdicts import STATES, Counterexample, Verdict

HEADER = Header(assignment="a" * 64, submissions="b" * 64)
FIRST = line(HEADER.encoded())

text = st.text(st.characters(exclude_categories=()))  # surrogates too
numbers = st.floats() | st.integers(-(2**60), 2**60)
values = st.floats() | arrays.arrays(
    np.float64, arrays.array_shapes(max_dims=3, max_side=3), elements=st.floats()
)
texts = st.lists(text, max_size=3).map(tuple)


def every_field(kind: type, **strategies: st.SearchStrategy) -> st.SearchStrategy:
    """Instances of a dataclass with a strategy for every field, defaults too."""
    assert strategies.keys() == {field.name for field in fields(kind)}
    return st.builds(kind, **strategies)


counterexamples = every_field(
    Counterexample,
    point=st.dictionaries(text, values, max_size=3),
    yours=st.none() | values,
    right=values,
    differences=st.none() | values,
    quantity=text,
    entry=st.lists(st.integers(), max_size=2).map(tuple),
)
verdicts = every_field(
    Verdict,
    claim=text,
    state=st.sampled_from(STATES),
    message=text,
    codes=texts,
    counterexample=st.none() | counterexamples,
    read_as=text,
    notes=texts,
    together=st.booleans(),
    hint=st.text(),
)
grades = every_field(
    Grade,
    student=text,
    problem=text,
    claim=text,
    answer=text,
    verdict=verdicts,
    score=numbers,
    points=numbers,
    warnings=texts,
)


def made(number: int) -> tuple[Grade, ...]:
    """The grades of one sheet."""
    verdict = Verdict(f"dL/dw = {number}", "correct")
    return (Grade(f"s{number}", "p", "dL/dw", f"{number}\n", verdict, 1.0, 1.0),)


def journal_of(path: Path, length: int) -> None:
    """A journal with so many sheets."""
    with Journal.open(str(path), HEADER, resume=False) as journal:
        for number in range(length):
            journal.append(made(number))


@given(grades)
@example(replace(made(0)[0], answer="\ud83d\ude00"))  # which is not the one character of the two
def test_a_grade_comes_back_as_it_was(one: Grade) -> None:
    """Every text, number and array, to the last bit: repr tells nan, -0.0 and types apart."""
    written = line(encoded(one))
    assert written.count(b"\n") == 1
    again = decoded(read_line(written))
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):
        assert repr(again) == repr(one)


def test_numbers_that_json_lacks_are_texts() -> None:
    """The journal is JSON that every program reads."""
    one = replace(made(0)[0], score=float("nan"), points=float("-inf"))
    assert b'"score":"nan","points":"-inf"' in line(encoded(one))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "perfect"},
        {"message": None},
        {"codes": "sign"},
        {"counterexample": [1]},
        {"counterexample": {"point": {"x": [[1], [1, 2]]}}},
        {"notes": [1]},
    ],
)
def test_what_is_no_grade_is_refused(change: dict[str, object]) -> None:
    """A verdict of another kind of value is not taken for one."""
    value = read_line(line(encoded(made(0)[0])))
    value["verdict"].update(change)
    with pytest.raises((ValueError, TypeError, KeyError)):
        decoded(value)


def test_a_journal_holds_the_grades(tmp_path: Path) -> None:
    """In order, while it is open and after; then it is deleted."""
    path = tmp_path / "out.json.journal"
    with Journal.open(str(path), HEADER, resume=False) as journal:
        assert (journal.done, journal.notes, [*journal.grades()]) == (0, (), [])
        for number in range(3):
            journal.append(made(number))
            assert path.read_bytes().count(b"\n") == number + 2  # already with the system
        assert [*journal.grades()] == [*made(0), *made(1), *made(2)]
        assert journal.done == 3
        journal.remove()
    assert not path.exists()


def test_a_sheet_without_grades_is_done(tmp_path: Path) -> None:
    """It counts as a sheet, and is not graded again."""
    path = str(tmp_path / "journal")
    with Journal.open(path, HEADER, resume=False) as journal:
        journal.append(())
        journal.append(made(1))
    with Journal.open(path, HEADER, resume=True) as journal:
        assert (journal.done, [*journal.grades()]) == (2, [*made(1)])


def test_a_journal_torn_anywhere_is_gone_on_with(tmp_path: Path) -> None:
    """Cut off at any byte, the whole records stay, and the rest is graded again to the same end."""
    path = tmp_path / "journal"
    journal_of(path, 2)
    whole = path.read_bytes()
    ends = [len(whole[: whole.index(b'{"sheet":%d' % number)]) for number in range(2)]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with Journal.open(str(path), HEADER, resume=True) as journal:
            assert journal.done == max(0, sum(end <= cut for end in ends) - 1)
            assert bool(journal.notes) == (cut not in ends)
            for number in range(journal.done, 2):
                journal.append(made(number))
            assert [*journal.grades()] == [*made(0), *made(1)]
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [
        b"\0" * 100,
        b"\0" * 100 + b"\n",
        b"[" * 100_000 + b"\n",
        b'{"sheet":1,"grades"\n',
        b'{"sheet":3,"grades":[]}\n',
        b'{"sheet":2}\n',
        b"2\n",
        b"\xff\n",
    ],
)
def test_what_follows_the_last_whole_record_is_dropped(tmp_path: Path, damage: bytes) -> None:
    """As a power failure leaves it: also where something whole follows."""
    path = tmp_path / "journal"
    journal_of(path, 2)
    whole = path.read_bytes()
    path.write_bytes(whole + damage + b'{"sheet":3,"grades":[]}\n')
    with Journal.open(str(path), HEADER, resume=True) as journal:
        assert journal.done == 2
        assert journal.notes[0].endswith("bytes of an unfinished record were dropped")
    assert path.read_bytes() == whole


def test_a_record_that_holds_no_grades_is_an_error(tmp_path: Path) -> None:
    """It was changed by hand: said with its line, when it is read."""
    path = tmp_path / "journal"
    path.write_bytes(FIRST + b'{"sheet":0,"grades":[{"student":"ann"}]}\n')
    with (
        Journal.open(str(path), HEADER, resume=True) as journal,
        pytest.raises(UsageError, match=r"line 2 of .*journal is damaged"),
    ):
        list(journal.grades())


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    """Without --resume it is an error that says what to do."""
    path = tmp_path / "journal"
    journal_of(path, 1)
    whole = path.read_bytes()
    with pytest.raises(UsageError, match="--resume goes on with it, or delete it"):
        Journal.open(str(path), HEADER, resume=False)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("before", [None, b"", FIRST[:20]])
def test_without_a_journal_a_run_begins(tmp_path: Path, before: bytes | None) -> None:
    """With --resume there is a note; one killed in its first moment left nothing to go on with."""
    path = tmp_path / "journal"
    for resume in (False, True):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        with Journal.open(str(path), HEADER, resume=resume) as journal:
            assert journal.done == 0
            assert len(journal.notes) == resume
        assert path.read_bytes() == FIRST


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (replace(HEADER, assignment="c"), "since then the assignment changed"),
        (replace(HEADER, submissions="c"), "since then the submissions changed"),
        (replace(HEADER, version="0", settings="--rtol 1"), "the settings and the version changed"),
    ],
)
def test_what_changed_is_said(tmp_path: Path, header: Header, words: str) -> None:
    """A run goes on only with what it began with."""
    path = tmp_path / "journal"
    journal_of(path, 1)
    whole = path.read_bytes()
    with pytest.raises(UsageError, match=words):
        Journal.open(str(path), header, resume=True)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "content", [b"student,score\n", b"[]\n", b"{}\n", b'{"schema":"other/1"}\n', b"\xff", b"9\n"]
)
def test_another_file_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    """What is no journal is neither read nor changed."""
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a journal"):
        Journal.open(str(path), HEADER, resume=True)
    assert path.read_bytes() == content


def test_two_runs_cannot_write_one_journal(tmp_path: Path) -> None:
    """The second is refused while the first is there."""
    pytest.importorskip("fcntl", reason="no file locks here")
    path = str(tmp_path / "journal")
    with (
        Journal.open(path, HEADER, resume=False),
        pytest.raises(UsageError, match="another run is writing"),
    ):
        Journal.open(path, HEADER, resume=True)
    with Journal.open(path, HEADER, resume=True) as journal:
        assert journal.done == 0


@pytest.mark.parametrize("name", ["", "no/such/folder", "\0", "x" * 300])
def test_a_path_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    """With the system's reason, and the path."""
    with pytest.raises(UsageError, match=r"^cannot write "):
        Journal.open(f"{tmp_path}/{name}", HEADER, resume=False)


FULL = """
import resource, signal, sys
sys.path[:0] = sys.argv[2:]
from test_homework_journal import HEADER, Journal, UsageError, made

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal.open(sys.argv[1], HEADER, resume=False) as journal:
    journal.append(made(0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
    for number in range(1, 100):
        try:
            journal.append(made(number))
        except UsageError as error:
            print(number, error)
            break
"""


def test_a_full_disk_leaves_whole_records(tmp_path: Path) -> None:
    """The sheet that did not fit is not there in part, and a run goes on from there."""
    pytest.importorskip("resource", reason="no limits of files here")
    path = tmp_path / "journal"
    tests = Path(__file__).parent
    command = [sys.executable, "-c", FULL, str(path), str(tests), str(tests.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    number, _, message = done.stdout.partition(" ")
    assert message == f"cannot write {path}: file too large\n"
    assert path.read_bytes().endswith(b"}\n")
    with Journal.open(str(path), HEADER, resume=True) as journal:
        assert (journal.done, journal.notes) == (int(number), ())
        assert 1 <= journal.done < 4


RUN = """
import sys
from functools import partial
sys.path[:0] = sys.argv[2:]
from itertools import islice
from grading_fakes import ASSIGNMENT, judge, sheets
from backtrace.homework.running.processes import Processes
from backtrace.homework.running.execution import grade
from test_homework_journal import HEADER, Journal

if __name__ == "__main__":
    given = sheets(300, dict.fromkeys(range(40, 300), "slowly 0.2"))
    with Journal.open(sys.argv[1], HEADER, resume=True) as journal:
        rest = islice(given, journal.done, None)
        for grades in grade(ASSIGNMENT, rest, executor=partial(Processes, 2), grade_sheet=judge):
            journal.append(grades)
"""


def test_a_run_killed_in_the_middle_goes_on(tmp_path: Path) -> None:
    """SIGKILL, twice, then --resume to the end: each sheet is graded exactly once, in order."""
    path, script = tmp_path / "journal", tmp_path / "script.py"
    script.write_text(RUN)
    tests = Path(__file__).parent
    command = [sys.executable, str(script), str(path), str(tests), str(tests.parent)]
    done = [0]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            while not path.exists() or path.read_bytes().count(b"\n") <= done[-1] + 1:
                assert run.poll() is None
                time.sleep(0.01)
            run.kill()
        with Journal.open(str(path), HEADER, resume=True) as journal:
            done.append(journal.done)
    assert 0 < done[1] < done[2] < 300
    with Journal.open(str(path), HEADER, resume=True) as journal:
        for graded in grade(ASSIGNMENT, islice(sheets(300), done[2], None), grade_sheet=judge):
            journal.append(graded)
        assert outcome([tuple(journal.grades())]) == right(range(300))
