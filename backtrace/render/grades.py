"""Grades for the terminal: students with their marks, the frequent mistakes, and the warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.text import Text

from backtrace.errors import shortened
from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports.facts import Facts, Grades
from backtrace.homework.reports.tallies import (
    Tally,
    by_problem,
    by_student,
    problems_of,
    total,
    total_points,
)
from backtrace.homework.reports.wording import marks
from backtrace.homework.verdicts import STATES
from backtrace.render import PLAIN, Look
from backtrace.render.cells import (
    DIM,
    KINK,
    LOCAL,
    NAME,
    Cell,
    Piece,
    assembled,
    columns,
    folded,
    trimmed,
    width_of,
)
from backtrace.render.marks import STYLES, cut, harmless, mark
from backtrace.render.text import Glyphs, glyphs_for

MOST_STUDENTS = 40  # that are all shown; of more only the first
FIRST_STUDENTS = 20
MOST_MARKS = 200  # of a student
MOST_MISTAKES = 10
MOST_PLACES = 4  # of a mistake
MOST_WARNINGS = 20
LONGEST_NAME = 24  # columns
NARROWEST = 8  # columns of marks beside a name
INDENT = 2
BAR = 30  # columns of the longest bar
BANDS = 10  # of the distribution


@dataclass(slots=True)
class _Seen:
    """What is kept of all grades: as much for a million students as for forty-one."""

    tally: Tally
    students: list[tuple[str, list[Grade]]] = field(default_factory=list)
    bands: Counter[int] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    warned: int = 0

    def add(self, student: str, theirs: list[Grade]) -> None:
        self.tally.add(theirs)
        if len(self.students) <= MOST_STUDENTS:
            self.students.append((student, theirs))
        points = total_points(theirs)
        if points > 0:
            share = total(theirs) / points
            self.bands[max(0, min(int(share * BANDS + 1e-9), BANDS - 1))] += 1
        for grade in theirs:
            where = " ".join(map(shortened, (student, grade.problem, grade.claim)))
            self.warn(f"{where}: {warning}" for warning in grade.warnings)

    def warn(self, texts: Iterator[str]) -> None:
        for text in texts:
            self.warned += 1
            if len(self.warnings) < MOST_WARNINGS:
                self.warnings.append(text)


def grades(found: Grades, facts: Facts, look: Look = PLAIN) -> Text:
    """A line for each student, the mistakes that were made most often, and the warnings.

    Of more than forty students the first twenty are shown, and how the scores are distributed.
    """
    glyphs = glyphs_for(look.ascii)
    seen = _Seen(Tally(facts))
    seen.warn(iter(facts.warnings))
    for student, theirs in by_student(found):
        seen.add(student, theirs)
    parts = [
        _students(seen, glyphs, look),
        _states(seen.tally, glyphs, look),
        _distribution(seen, glyphs),
        _mistakes(seen.tally, glyphs),
        _warnings(seen, glyphs),
    ]
    lines = folded(_title(seen, facts, glyphs), look.width)
    for part in filter(None, map(list, parts)):
        lines += [(), *(line for cell in part for line in folded(cell, look.width))]
    return assembled(lines)


def _title(seen: _Seen, facts: Facts, glyphs: Glyphs) -> Cell:
    count = seen.tally.students
    said = f"{count:,} student{'s' * (count != 1)}"
    if seen.tally.mean is not None:
        said += f", mean {seen.tally.mean:.3g} of {marks(facts.points)}"
    title = harmless(facts.title, glyphs)
    return ((f"{title}   ", NAME), (said, "")) if title else ((said, ""),)


# -- students


def _students(seen: _Seen, glyphs: Glyphs, look: Look) -> Iterator[Cell]:
    """The students in columns of problems; where these are too wide, all marks in one."""
    few = seen.tally.students <= MOST_STUDENTS
    shown = seen.students if few else seen.students[:FIRST_STUDENTS]
    if not shown:
        return
    problems = problems_of(grade for _, theirs in shown for grade in theirs)
    table = _in_columns(shown, problems, glyphs)
    if look.width is not None and max(map(width_of, table)) > look.width:
        table = list(_in_one_column(shown, glyphs, look.width))
    yield from table
    if not few:
        yield ((f"{glyphs.dots} and {seen.tally.students - len(shown):,} more", DIM),)


def _in_columns(
    shown: list[tuple[str, list[Grade]]], problems: list[str], glyphs: Glyphs
) -> list[Cell]:
    titles = ["student", "score", *(harmless(problem, glyphs) for problem in problems), ""]
    rows: list[list[Cell]] = [[((title, DIM),) for title in titles]]
    for student, theirs in shown:
        found, skipped = _asked_for(theirs)
        cells = [_marks(found.get(problem, []), glyphs) for problem in problems]
        rows.append([*_name_and_score(student, theirs, glyphs), *cells, _skipped(skipped, glyphs)])
    return columns(rows, right=(1,), gap=3)


def _in_one_column(
    shown: list[tuple[str, list[Grade]]], glyphs: Glyphs, width: int
) -> Iterator[Cell]:
    """The marks of all problems after one another, on several lines where they are many."""
    heads = columns([_name_and_score(student, theirs, glyphs) for student, theirs in shown], (1,))
    for head, (_, theirs) in zip(heads, shown, strict=True):
        yield from _beside(head, _all_marks(theirs, glyphs), width)


def _all_marks(theirs: list[Grade], glyphs: Glyphs) -> Cell:
    found, skipped = _asked_for(theirs)
    parts = [*(_marks(group, glyphs) for group in found.values()), _skipped(skipped, glyphs)]
    return trimmed(tuple(piece for part in parts for piece in (*part, (" ", ""))))


def _beside(head: Cell, cell: Cell, width: int) -> Iterator[Cell]:
    """The cell on as many lines as it needs, beside the head or, on a narrow screen, below."""
    at = width_of(head)
    if at + NARROWEST > width:
        yield from folded(trimmed(head), width)
        at, head = INDENT, ((" " * INDENT, ""),)
    first, *others = folded(cell, max(width - at, 1))
    yield (*head, *first)
    yield from (((" " * at, ""), *line) for line in others)


def _asked_for(theirs: list[Grade]) -> tuple[dict[str, list[Grade]], int]:
    """The grades of what the assignment asks for, by problem, and how many others there are."""
    found = by_problem(grade for grade in theirs if grade.verdict.state != "skipped")
    return found, len(theirs) - sum(map(len, found.values()))


def _name_and_score(student: str, theirs: list[Grade], glyphs: Glyphs) -> list[Cell]:
    score = f"{marks(total(theirs))}/{marks(total_points(theirs))}"
    return [((cut(harmless(student, glyphs), LONGEST_NAME, glyphs), NAME),), ((score, ""),)]


def _marks(group: list[Grade], glyphs: Glyphs) -> Cell:
    """A mark for each claim of a problem: `✓✗→`; those of ASCII have spaces between."""
    found = [mark(grade.verdict.state, glyphs) for grade in group[:MOST_MARKS]]
    if len(group) > MOST_MARKS:
        found.append((f"{glyphs.dots}+{len(group) - MOST_MARKS:,}", DIM))
    space = " " if glyphs.dots.isascii() else ""
    return tuple(
        (f"{space if place else ''}{text}", style) for place, (text, style) in enumerate(found)
    )


def _skipped(count: int, glyphs: Glyphs) -> Cell:
    if not count:
        return ()
    sign, style = mark("skipped", glyphs)
    return ((f"{sign} {count:,} skipped", style),)


# -- below the students


def _states(tally: Tally, glyphs: Glyphs, look: Look) -> Iterator[Cell]:
    """How often each state stands there, with its mark: the explanation of the marks, too."""
    cell: list[Piece] = []
    for state in filter(tally.states.get, STATES):
        sign, style = mark(state, glyphs)
        # no-break spaces, so that a mark and its count stay on one line
        cell.append((f"{sign}\xa0{state}\xa0{tally.states[state]:,}   ", style))
    for line in folded(tuple(cell), look.width) if cell else ():
        yield tuple((text.replace("\xa0", " "), style) for text, style in line)


def _distribution(seen: _Seen, glyphs: Glyphs) -> Iterator[Cell]:
    """Of many students how many have which share of their points, the best first."""
    if seen.tally.students <= MOST_STUDENTS:
        return
    bands = seen.bands
    most = max(bands.values(), default=1)
    block = "#" if glyphs.dots.isascii() else "█"
    rows: list[list[Cell]] = []
    for band in reversed(range(BANDS)):
        share = f"{100 * band // BANDS}-{100 * (band + 1) // BANDS} %"
        bar = block * round(BAR * bands[band] / most)
        rows.append([((share, DIM),), ((f"{bands[band]:,}", ""),), ((bar, LOCAL),)])
    yield (("students by their share of the points", DIM),)
    yield from columns(rows, right=(0, 1), gap=2)


def _mistakes(tally: Tally, glyphs: Glyphs) -> Iterator[Cell]:
    """`missing-local 14: p2 dL/dw 9, p1 dL/dw 5`."""
    found = tally.mistakes(MOST_MISTAKES)
    if found:
        yield (("most frequent mistakes", DIM),)
    for code, count, places in found:
        first = places.most_common(MOST_PLACES)
        several = len(places) > 1
        said = [
            harmless(" ".join(map(shortened, place)), glyphs) + (f" {often:,}" if several else "")
            for place, often in first
        ]
        if len(places) > len(first):
            said.append(f"{len(places) - len(first):,} others")
        yield (f"  {code}", STYLES["wrong"]), (f" {count:,}: {', '.join(said)}", "")


def _warnings(seen: _Seen, glyphs: Glyphs) -> Iterator[Cell]:
    for warning in seen.warnings:
        yield ((f"note: {harmless(warning, glyphs)}", KINK),)
    if seen.warned > len(seen.warnings):
        yield ((f"{glyphs.dots} and {seen.warned - len(seen.warnings):,} more notes", DIM),)
