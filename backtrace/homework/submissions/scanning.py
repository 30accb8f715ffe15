"""The first pass: every record of every file into the index."""

from __future__ import annotations

import os
from hashlib import blake2b

from backtrace.errors import UsageError
from backtrace.homework.submissions.files import Files
from backtrace.homework.submissions.index import ABSENT, Index
from backtrace.homework.submissions.keys import Keys, student_key
from backtrace.homework.submissions.lines import LONGEST, Record, decoded, lines
from backtrace.homework.submissions.records import Entry, Format, Notes, RecordError, shown
from backtrace.homework.submissions.text import Text


class Scan:
    """Reads files once; `index` and `digest` are what is left of them, with the notes."""

    def __init__(self, files: Files, keys: Keys, notes: Notes) -> None:
        self.index = Index()
        self._files, self._keys, self._notes = files, keys, notes
        self._digest = blake2b(digest_size=32)

    @property
    def digest(self) -> str:
        """The same for the same names and contents."""
        return self._digest.hexdigest()

    def read(self) -> None:
        """Read every file. Raises UsageError where there is nothing that can be read."""
        refused = None
        unread = 0
        for number in range(len(self._files.names)):
            try:
                self._file(number)
            except UsageError as error:
                refused, unread = error, unread + 1
                self._notes.add(self._files.names[number], 0, f"not read: {error.message}")
        if refused and unread == len(self._files.names):
            raise refused

    def _file(self, number: int) -> None:
        name = self._files.names[number]
        self._digest.update(blake2b(os.fsencode(name), digest_size=32).digest())
        before = len(self.index)
        try:
            with self._files.open(number) as file:
                begun = lines(file, self._digest.update)
                form, left = self._files.begin(number, begun, self._keys, self._notes)
                for record in form.records(left, name, self._notes):
                    self._record(record, number, form)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot read {shown(name)}: {reason}") from None
        if isinstance(form, Text) and len(self.index) == before:
            self.index.add(student_key(form.student), ABSENT, 0, 0, 0, 0, 0, number, 0)

    def _record(self, record: Record, number: int, form: Format) -> None:
        text = decoded(record.data)
        try:
            entries, flaw = form.entries(text, record.above)
        except RecordError as error:
            self._note(record, number, str(error))
            return
        if len(record.data) > LONGEST:
            self._note(record, number, f"longer than {LONGEST // 2**20} MB, and cut off")
        if "\ufffd" in text:
            self._note(record, number, "not all of it is UTF-8 text")
        if flaw:
            self._note(record, number, flaw)
        for place, entry in enumerate(entries):
            if entry.student:
                self._entry(entry, record, number, place)
            else:
                self._note(record, number, "nobody is named as its student")

    def _entry(self, entry: Entry, record: Record, number: int, place: int) -> None:
        problem, claim = ABSENT, 0
        if entry.answer:
            problem, claim, _, _ = self._keys.claim(entry.problem, entry.claim)
        student = student_key(entry.student)
        offset, line, data, back, _ = record
        self.index.add(student, problem, claim, offset, back, len(data), line, number, place)

    def _note(self, record: Record, number: int, text: str) -> None:
        self._notes.add(self._files.names[number], record.number, text)
