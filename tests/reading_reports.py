"""Reports written to a text, and read back with readers of their formats."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from graded import FACTS, GRADES
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from backtrace.errors import printable
from backtrace.homework.reports import REPORTS, Facts
from backtrace.homework.reports.facts import Grades

# Any character at all, with those that formats stumble over more often than others.
AWKWARD = st.sampled_from("`|*_\\<>&=+-@#~'\"\t\n\r;, $[]()!1.\x00\x1b\ud800")
TEXTS = st.lists(st.one_of(AWKWARD, st.characters()), max_size=12).map("".join)


def written(name: str, grades: Grades = GRADES, facts: Facts = FACTS) -> str:
    stream = io.StringIO(newline="")
    REPORTS[name].write(grades, facts, stream)
    return stream.getvalue()


def rows(name: str, grades: Grades = GRADES, facts: Facts = FACTS) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(name, grades, facts), newline="")))


def strictly(text: str) -> Any:
    """JSON as its standard has it, without NaN."""

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refused)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 we wrote it


def read_anything(name: str, text: str) -> None:
    """Read it with a reader of its format, which raises for what it is not."""
    match name:
        case "json" | "gradescope":
            strictly(text)
        case "jsonl":
            assert [*map(strictly, text.splitlines())]
        case "csv" | "csv-students":
            found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            assert {len(row) for row in found} == {len(found[0])}
        case "junit":
            assert parsed(text).tag == "testsuites"
        case _:
            assert markdown(text)


def markdown(text: str) -> list[Any]:
    """The tokens of a document, those within lines among them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [part for token in tokens for part in (token, *(token.children or ()))]


def contents(text: str, kind: str) -> list[str]:
    """What stands in the elements of a kind, without markup."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [
        "".join(part.content for part in after.children or ())
        for token, after in pairwise(tokens)
        if token.tag == kind and token.nesting == 1
    ]


def on_one_line(text: str) -> str:
    return printable(" ".join(text.split()))
