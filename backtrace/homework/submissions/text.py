"""One student's answers as plain text: `[p1]` headings, `dL/dw = …` lines, `#` comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from backtrace.homework.submissions.lines import Record, decoded
from backtrace.homework.submissions.records import Entry, Notes

HEADING = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[([^\[\]]{1,500})\]\s*(?:#.*)?\Z", re.DOTALL)
LONGEST_CLAIM = 1000  # characters in which the = is looked for
LONGEST_HEADING = 2**12  # bytes that are read again
# The first = that is none of ==, <=, >= and !=, and every bracket before it
SPLIT = re.compile(r"[([{]|[)\]}]|[<>!:=]=+|=")


class Text:
    """A file of one student, named by the file; with one problem headings may be left out."""

    def __init__(self, student: str, problems: Sequence[str]) -> None:
        self.student = student
        self.several = len(problems) > 1

    def records(self, lines: Iterator[Record], name: str, notes: Notes) -> Iterator[Record]:
        """A record for each line that is no heading, comment or fence, and not blank."""
        heading, above = -1, b""
        for line in lines:
            text = line.data.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not text or text.startswith((b"#", b"```")):
                continue
            if len(line.data) < LONGEST_HEADING and HEADING.match(line.data):
                heading, above = line.offset, line.data
                continue
            if heading < 0 and self.several:
                notes.add(name, line.number, "no [problem] stands above this line")
                heading = line.offset  # once
            back = line.offset - heading if above else 0
            yield Record(line.offset, line.number, line.data, back, above)

    def entries(self, text: str, above: bytes) -> tuple[Sequence[Entry], str]:
        """The claim and the answer of a line; of one without `=`, the line as a claim."""
        found = HEADING.match(above)
        problem = decoded(found[1]).strip() if found else ""
        claim, answer = split(text.strip())
        return [Entry(self.student, problem, claim, answer)], ""


def split(line: str) -> tuple[str, str]:
    """What stands left and right of the first `=` outside brackets; without one, the line twice.

    >>> split("dL/dw = where(a == b, 1, 0)")
    ('dL/dw', 'where(a == b, 1, 0)')
    """
    depth = 0
    for sign in SPLIT.finditer(line, 0, LONGEST_CLAIM):
        if sign[0] in "([{":
            depth += 1
        elif sign[0] in ")]}":
            depth = max(0, depth - 1)
        elif sign[0] in ("=", ":=") and depth == 0 and sign.start():
            return line[: sign.start()].rstrip(), line[sign.end() :].lstrip()
    return line, line
