"""Answers as JSON, an object a line: {"student": …, "problem": …, "claim": …, "answer": …}."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from backtrace.homework.submissions.lines import CUT, Record
from backtrace.homework.submissions.records import (
    Entry,
    Notes,
    RecordError,
    student_name,
)

# Numbers stay as they are typed: 0.10 has two digits, and 10^5 of them are no number to compute.
DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


class JsonLines:
    """A file of JSON objects, one a line."""

    def records(self, lines: Iterator[Record], _name: str, _notes: Notes) -> Iterator[Record]:
        """A record for each line that is not blank."""
        return (line for line in lines if line.data.strip())

    def entries(self, text: str, _above: bytes) -> tuple[Sequence[Entry], str]:
        """The answer in an object. Raises RecordError."""
        try:
            value = DECODER.decode(text)
            if not isinstance(value, dict):
                raise RecordError("not a JSON object: { … } is one answer")
            problem, claim, answer = (_text(value.get(key)) for key in Entry._fields[1:])
            student = student_name(_text(value.get("student")))
            return [Entry(student, problem, claim, answer)], ""
        except json.JSONDecodeError as error:
            reason = "cut off" if text.endswith(CUT) else f"{error.msg}, column {error.colno}"
            raise RecordError(f"not JSON: {reason}") from None
        except RecursionError:
            raise RecordError("not read: lists are nested too deeply") from None


def _text(value: Any) -> str:
    """A value as a student would type it: a vector is `[1, 2]`, and null is no answer."""
    match value:
        case None:
            return ""
        case str():
            text = value.strip()
            return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_text, value))}]"
    raise RecordError("a student, claim or answer cannot be a JSON object")
