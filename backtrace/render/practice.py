"""A practice session on the terminal: the beginning, each question, what is replied, the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from backtrace.homework.practice.questions import Kind
from backtrace.homework.practice.scores import Score
from backtrace.homework.practice.session import Reply, Session
from backtrace.homework.reports.wording import excerpt, marks, plain
from backtrace.homework.verdicts import meaning
from backtrace.render import PLAIN, Look
from backtrace.render.cells import DIM, GOOD, KINK, NAME, Cell, assembled, columns, folded
from backtrace.render.marks import STYLES, cut, harmless, mark
from backtrace.render.text import Glyphs, glyphs_for

HEADINGS: Mapping[Kind, str] = {
    "value": "Forward: the value of every step",
    "local": "Local derivatives: of one step by what goes into it, the rest held",
    "gradient": "Backward: what arrives, times the local derivative; of several uses the sum",
}
KIND_NAMES: Mapping[Kind, str] = {
    "value": "values",
    "local": "local derivatives",
    "gradient": "gradients",
}
MOST_LINES = 12  # of a program
LONGEST = 300  # characters of one of these
INDENT = 7  # columns before what is said to an answer: those of ` 3/14  `
ROW = 2


def opening(session: Session, look: Look = PLAIN) -> Text:
    """The program, where it is looked at, and how to answer."""
    glyphs, questions = glyphs_for(look.ascii), session.questions
    program = questions.graph.source.strip().splitlines()
    shown = [*program[:MOST_LINES], *([glyphs.dots] if len(program) > MOST_LINES else [])]
    values = [f"{name} = {plain(v)}" for name, v in _bound(session).items()]
    told: list[Cell] = [((harmless(excerpt(line, LONGEST), glyphs), NAME),) for line in shown]
    told.append(((harmless("   ".join(values), glyphs), ""),))
    told += [((harmless(line, glyphs), ""),) for line in _asked_about(session)]
    command = session.commands
    usage = f"{command['hint']} is a hint, {command['skip']} skips, {command['quit']} ends, "
    told.append(((f"{usage}{command['help']} says more", DIM),))
    return assembled(line for cell in told for line in folded(cell, look.width))


def _bound(session: Session) -> dict[str, object]:
    found = session.questions
    return {name: found.trace.values[i] for name, i in found.graph.variables.items()}


def _asked_about(session: Session) -> Iterator[str]:
    """How many questions there are, and what is left out of a long program."""
    found = session.questions
    count = len(found.asked)
    if len(found.chosen) < len(found.steps):
        of = f"of its {len(found.steps):,} steps the last {len(found.chosen)} are asked about"
        yield f"{count} questions; {of}"
    else:
        yield f"{count} question{'s' if count > 1 else ''}"
    if found.given:
        labels, values = found.graph.labels, found.trace.values
        yield f"given: {', '.join(f'{labels[i]} = {plain(values[i])}' for i in found.given)}"


def heading(kind: Kind) -> Text:
    """What the questions of one kind are about, before the first of them."""
    return assembled([(), ((HEADINGS[kind], NAME),)])


def question(session: Session, look: Look = PLAIN) -> Text:
    """The number of the question, and the step that it is about."""
    glyphs = glyphs_for(look.ascii)
    number = f"{session.place + 1}/{len(session.progress)}".rjust(INDENT - 2)
    room = None if look.width is None else max(look.width - INDENT, 1)
    first, *others = folded(((harmless(session.title, glyphs), ""),), room)
    return assembled([((f"{number}  ", DIM), *first), *_indented(others)])


def prompt(session: Session, look: Look = PLAIN) -> str:
    """What stands before an answer: `∂v1/∂w = `."""
    return f"{' ' * INDENT}{harmless(session.asked, glyphs_for(look.ascii))} = "


def reply(said: Reply, look: Look = PLAIN) -> Text:
    """What is said to an answer, with the mark of its verdict."""
    glyphs = glyphs_for(look.ascii)
    sign: Cell = () if said.state is None else (mark(said.state, glyphs), (" ", ""))
    style = STYLES[said.state] if said.state in ("correct", "skipped") else ""
    room = None if look.width is None else max(look.width - INDENT, 1)
    lines: list[Cell] = []
    for k, line in enumerate(said.lines):
        lines += _line(line, sign if k == 0 else (), style, room, glyphs)
    return assembled(_indented(lines))


def _line(text: str, sign: Cell, style: str, room: int | None, glyphs: Glyphs) -> list[Cell]:
    """One line on as many as it needs; a line of a caret picture stays as it stands."""
    shown = harmless(text, glyphs)
    if shown.startswith(" "):
        return [((shown if room is None else cut(shown, room, glyphs), ""),)]
    return folded((*sign, (shown, style)), room)


def _indented(lines: list[Cell]) -> Iterator[Cell]:
    yield from (((" " * INDENT, ""), *line) for line in lines)


def score(found: Score, look: Look = PLAIN) -> Text:
    """The points, how many of each kind were right, and which mistakes were made."""
    total = f"{marks(found.points)} of {found.questions} points"
    lines: list[Cell] = [(), ((total, GOOD if found.all_right else KINK),)]
    rows: list[list[Cell]] = [
        [
            ((" " * ROW + KIND_NAMES[tally.kind], ""),),
            ((f"{tally.right} of {tally.questions} right", ""),),
            ((f"{marks(tally.points)} points", ""),),
        ]
        for tally in found.tallies
    ]
    lines += columns(rows, right=(1, 2))
    if found.mistakes:
        lines += [(), (("Mistakes", NAME),)]
        lines += columns(
            [
                [((f"{' ' * ROW}{code}", ""),), ((str(n), ""),), ((meaning(code), DIM),)]
                for code, n in found.mistakes.items()
            ],
            right=(1,),
        )
    return assembled(line for cell in lines for line in folded(cell, look.width))
