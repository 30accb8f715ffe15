"""What students handed in, read from text, tables, JSON lines or standard input.

    lines.py     bytes -> lines with their offsets, none of them too long to be held
    cells.py     a row of a table -> cells; lines -> rows with newlines in quotes
    text.py, table.py, jsonlines.py    one format each: lines -> records -> entries
    files.py     a path -> its files, and each file's format
    keys.py      what is written -> the assignment's problems and claims, as numbers
    index.py     which record of a claim is the last, and where it stands
    opening.py   the two passes: all records into the index, the winners out of it

Answers are never all in memory: the first pass keeps a few numbers for each, the second reads
those again that count.
"""

from __future__ import annotations

from backtrace.homework.submissions.opening import Submissions, open_submissions

__all__ = ["Submissions", "open_submissions"]
