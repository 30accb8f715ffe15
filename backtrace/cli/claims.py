"""Programs with claims on the command line: which word is which, and the exit code of verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtrace.cli.arguments import Splitter, Typed, quoted
from backtrace.cli.check_options import ProblemOptions
from backtrace.cli.files import read_program
from backtrace.cli.options import long_spellings
from backtrace.cli.values import bindings_of
from backtrace.errors import BacktraceError, UsageError
from backtrace.names import normal

if TYPE_CHECKING:
    from backtrace.graph import Graph
    from backtrace.homework.problems.points import Range
    from backtrace.homework.problems.problem import Problem
    from backtrace.homework.verdicts import Verdict

# What a run of claims comes to, the weightiest first; DESIGN §7.
EXIT_CODES = (
    (2, ("unreadable",)),
    (1, ("wrong", "missing", "precision", "follow-through")),
    (4, ("undecided", "skipped")),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command, told apart."""

    options: Any
    program: str
    typed: tuple[Typed, ...]
    claims: tuple[str, ...]


class ClaimSplitter(Splitter):
    """The first word that binds nothing is the program; what binds nothing after it is a claim.

    A second value of a name, or one of a name that the program assigns, is a claim: s=-7.
    """

    def asked(self) -> Asked:
        """All words. Raises UsageError where there is no program."""
        self.words_in_order: list[tuple[str, Typed | None]] = []
        self.take_all()
        options = self.options()
        if options.help:
            return Asked(options, "", (), ())
        if options.file is not None:
            program = read_program(options.file)
        elif self.programs:
            program = self.programs[0]
        else:
            raise UsageError("no program: it comes first, then values and claims")
        typed, claims = self.told_apart(program, takes_first=options.file is None)
        return Asked(options, program, tuple(typed), tuple(claims))

    def operand(self, word: str) -> None:
        """operand = NAME '=' VALUE | PROGRAM | CLAIM"""
        before = len(self.typed)
        super().operand(word)
        is_value = len(self.typed) > before
        self.words_in_order.append((word, self.typed.pop() if is_value else None))

    def told_apart(self, program: str, *, takes_first: bool) -> tuple[list[Typed], list[str]]:
        """The values and the claims, in the order they were typed."""
        typed, claims, graph = list(self.typed), list[str](), _graph_of(program)
        bound = {normal(item.name) for item in typed}
        for word, item in self.words_in_order:
            name = "" if item is None else normal(item.name)
            if item is not None and name not in bound and not _is_step(name, graph):
                typed.append(item)
                bound.add(name)
            elif item is None and takes_first:
                takes_first = False  # the program
            else:
                claims.append(word)
        return typed, claims


def _graph_of(program: str) -> Graph | None:
    """The program; None of one that cannot be read, which is told later."""
    from backtrace.reading import read

    try:
        return read(program)
    except BacktraceError:
        return None


def _is_step(name: str, graph: Graph | None) -> bool:
    """Whether a name is no variable and a claim may begin with it: s, v1, L for the output, dw."""
    from backtrace.homework.answers.targets import read_left

    if graph is None or name in graph.variables:
        return False
    try:
        read_left(name, graph)
    except BacktraceError:
        return False
    return True


def problem_of(asked: Asked) -> Problem:
    """The problem of a command. Raises BacktraceError."""
    from backtrace.homework.problems.problem import Problem

    options: ProblemOptions = asked.options
    bindings = bindings_of(asked.typed, long_spellings(asked.options.__class__), options.bindings)
    return Problem(asked.program, bindings, domain=domains(options.domain))


def domains(texts: Iterable[str]) -> dict[str, Range]:
    """`x=positive`, `p=[0,1]` as ranges by name. Raises UsageError."""
    from backtrace.homework.problems.points import require_range
    from backtrace.reading.values import read_value

    found: dict[str, Range] = {}
    for text in texts:
        name, sign, where = text.partition("=")
        if not sign:
            raise UsageError(
                f"--domain is NAME=RANGE, as in x=positive or x=[0,1], not {quoted(text)}"
            )
        where = where.strip()
        is_list = where.startswith("[")
        given: Any = read_value(where, "--domain ").tolist() if is_list else where
        found[normal(name.strip())] = require_range(name.strip(), given)
    return found


def exit_code(found: Sequence[Verdict]) -> int:
    """The exit code of verdicts: 2 one is unreadable, 1 wrong or missing, 4 undecided, else 0."""
    states = {verdict.state for verdict in found}
    return next((code for code, which in EXIT_CODES if states & set(which)), 0)


def weightiest(*codes: int) -> int:
    """The exit code that says most: 2 before 1 before 3 before 4 before 0."""
    return min(codes, key=(2, 1, 3, 4, 0).index)
