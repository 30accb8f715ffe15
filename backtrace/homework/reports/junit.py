"""Grades as JUnit XML: a testsuite for each student, a testcase for each claim.

wrong and missing are failures whose type is the code, unreadable and precision failures with types
of their own; undecided is an error, skipped is skipped; correct and follow-through pass. A
testsuite has its score and points as properties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TextIO
from xml.etree import ElementTree as ET

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.facts import Facts, Grades, again
from backtrace.homework.reports.tallies import by_student, total, total_points
from backtrace.homework.reports.wording import excerpt, legible, marks, message, told
from backtrace.homework.verdicts import State, Verdict

# By state: the element, and its type where that is not the code.
OUTCOMES: dict[State, tuple[str, str]] = {
    "wrong": ("failure", ""),
    "missing": ("failure", ""),
    "precision": ("failure", "too-few-digits"),
    "unreadable": ("failure", "unreadable"),
    "undecided": ("error", ""),
    "skipped": ("skipped", ""),
}


def write(grades: Grades, facts: Facts, stream: TextIO) -> None:
    """Write the document; the counts at its beginning take a first pass over the grades."""
    root = ET.Element("testsuites", {"name": legible(facts.title), **_counts(again(grades))})
    root.text = "\n"  # so that it has an end of its own
    start, end = ET.tostring(root, encoding="unicode").split("\n")
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{start}\n')
    for student, theirs in by_student(grades):
        suite = ET.Element("testsuite", {"name": legible(student), **_counts(theirs)})
        properties = ET.SubElement(suite, "properties")
        for name, value in (("score", total(theirs)), ("points", total_points(theirs))):
            ET.SubElement(properties, "property", {"name": name, "value": marks(value)})
        suite.extend(_case(grade, facts.shown(grade.verdict)) for grade in theirs)
        ET.indent(suite)
        stream.write(ET.tostring(suite, encoding="unicode") + "\n")
    stream.write(f"{end}\n")


def _counts(grades: Iterable[Grade]) -> dict[str, str]:
    """How many tests there are, and how many that do not pass, by kind."""
    found: Counter[str] = Counter()
    for grade in grades:
        found["tests"] += 1
        found[OUTCOMES.get(grade.verdict.state, ("passed", ""))[0]] += 1
    names = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(found["tests"])} | {key: str(found[name]) for key, name in names.items()}


def _case(grade: Grade, shown: Verdict) -> ET.Element:
    names = {"classname": legible(grade.problem), "name": legible(grade.claim)}
    case = ET.Element("testcase", names)
    if shown.state in OUTCOMES:
        case.append(_outcome(grade, shown))
    elif shown.message:
        ET.SubElement(case, "system-out").text = told(grade, shown)
    return case


def _outcome(grade: Grade, shown: Verdict) -> ET.Element:
    name, kind = OUTCOMES[shown.state]
    first = excerpt(legible(message(shown)).partition("\n")[0])
    element = ET.Element(name, {"message": first})
    if name != "skipped":  # which has no type
        element.set("type", kind or shown.code or shown.state)
    element.text = told(grade, shown)
    return element
