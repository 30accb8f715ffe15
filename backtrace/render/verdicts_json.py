"""Verdicts as JSON, schema `backtrace.verdicts/1`: strict JSON, one verdict a line.

schema    "backtrace.verdicts/1"; a key that changes its meaning changes the number
verdicts  in order of the claims; their keys stand in backtrace/homework/reports/encoding.py,
          for they are the same in reports of grades
"""

from __future__ import annotations

from collections.abc import Iterable

from backtrace.homework.reports.encoding import encode, verdict_record
from backtrace.homework.verdicts import Verdict

SCHEMA = "backtrace.verdicts/1"


def json_text(verdicts: Iterable[Verdict]) -> str:
    """The verdicts as text."""
    found = ",\n  ".join(encode(verdict_record(verdict)) for verdict in verdicts)
    return f'{{"schema": {encode(SCHEMA)},\n "verdicts": [\n  {found}\n ]}}'
