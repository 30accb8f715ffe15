"""Submissions as sheets: the first pass indexes every record, the second reads those that count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import BinaryIO

from backtrace.homework.courses.grades import Answer, Sheet
from backtrace.homework.submissions.files import Files, find
from backtrace.homework.submissions.index import MOST_UNKNOWN, Index, Order
from backtrace.homework.submissions.keys import Keys, Match
from backtrace.homework.submissions.records import Notes, place_of, shown
from backtrace.homework.submissions.rereading import Reader
from backtrace.homework.submissions.scanning import Scan


def open_submissions(
    path: str, problems: Sequence[str], match: Match, stdin: BinaryIO | None = None
) -> Submissions:
    """The submissions of a file or a directory, or of `stdin` if the path is `-`.

    `match` gives for a problem and a claim as they are written the assignment's problem id and
    claim, or None. Raises UsageError where nothing can be read at all.
    """
    notes, keys = Notes(), Keys(problems, match)
    files = find(path, stdin, notes)
    scan = Scan(files, keys, notes)
    scan.read()
    return Submissions(files, keys, scan.index, scan.digest, notes.texts())


class Submissions:
    """Who handed in what: a sheet for every student and every problem, in a fixed order.

    Students come as they first appear, their problems as the assignment has them, and then those
    that it does not have.
    """

    def __init__(
        self, files: Files, keys: Keys, index: Index, digest: str, warnings: tuple[str, ...]
    ) -> None:
        self.digest = digest  # tells the same submissions from others
        self._files, self._keys, self._index = files, keys, index
        self._order = Order(index, len(keys.problems))
        self.warnings = (*warnings, *self._left_out())  # about the files as a whole

    def __len__(self) -> int:
        return int(self._order.sheets[-1])

    def sheets(self, start: int = 0) -> Iterator[Sheet]:
        """The sheets from number `start` on. Raises UsageError if a file has changed."""
        order = self._order
        if start >= len(self):
            return
        student = order.student_of(start)
        skip = start - int(order.sheets[student])
        with Reader(self._files, self._keys) as reader:
            for record, found in order.students(student):
                yield from islice(self._student(record, found, reader), skip, None)
                skip = 0

    def _left_out(self) -> Iterator[str]:
        if count := self._order.left_out:
            yield (
                f"{count} answers are left out: of those to claims that the assignment does not "
                f"have, {MOST_UNKNOWN} are kept for each student"
            )

    def _student(
        self, record: int, found: list[tuple[int, int, int]], reader: Reader
    ) -> Iterator[Sheet]:
        """The sheets of a student, who is named in a record."""
        answers = [(problem, self._answer(record, reader), n) for problem, record, n in found]
        name = answers[0][1].student if answers else self._name(record, reader)
        titles, done = self._keys.problems, 0
        for problem, group in groupby(answers, key=itemgetter(0)):
            yield from (Sheet(name, title, ()) for title in titles[done:problem])
            yield _sheet(name, group)
            done = problem + 1
        yield from (Sheet(name, title, ()) for title in titles[done:])

    def _answer(self, record: int, reader: Reader) -> Answer:
        place = self._index[record]
        entry, (_, _, problem, claim) = reader.entry(place)
        where = place_of(self._files.names[place.file], place.line)
        return Answer(entry.student, problem, claim, entry.answer, where)

    def _name(self, record: int, reader: Reader) -> str:
        return reader.entry(self._index[record])[0].student


def _sheet(student: str, found: Iterable[tuple[int, Answer, int]]) -> Sheet:
    numbered = [(answer, times) for _, answer, times in found]
    answers = tuple(answer for answer, _ in numbered)
    warnings = tuple(
        f"{shown(answer.claim)}: answered {times} times; the last one counts"
        for answer, times in numbered
        if times > 1
    )
    return Sheet(student, answers[0].problem, answers, warnings)
