"""backtrace practice PROGRAM NAME=VALUE…: asks for every value, local derivative and gradient."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backtrace.cli.arguments import quoted
from backtrace.cli.check_options import PracticeOptions
from backtrace.cli.claims import ClaimSplitter, problem_of
from backtrace.cli.consoles import Screen
from backtrace.cli.exits import DONE
from backtrace.errors import UsageError

if TYPE_CHECKING:
    from backtrace.homework.practice.session import Session

NOT_ALL_RIGHT = 1
LONGEST_LINE = 10**6  # characters of an answer that are read; the judge refuses far shorter ones
ECHOED = 60  # characters of an answer that are repeated


class PracticeSplitter(ClaimSplitter):
    """The words of `backtrace practice`."""

    kind = PracticeOptions

    def options(self) -> Any:
        """What was asked of it. Raises UsageError where the answers have no place to come from."""
        options = super().options()
        if "-" in (options.file, options.bindings):
            raise UsageError("standard input has the answers, so nothing else is read from it")
        return options


def practice_command(words: Sequence[str]) -> int | None:
    """Ask, and return the exit code: 0 if everything was right; None where help is asked for."""
    asked = PracticeSplitter(words).asked()
    options: PracticeOptions = asked.options
    if options.help:
        return None
    if asked.claims:
        word = quoted(asked.claims[0])
        raise UsageError(f"practice takes a program and values; {word} is one word too many")
    from backtrace.homework.practice.session import Session
    from backtrace.render import practice

    screen = Screen(sys.stdout, options.color)
    session = Session(problem_of(asked))
    screen.print(practice.opening(session, screen.look()))
    try:
        _converse(session, screen)
    except KeyboardInterrupt:
        screen.write("")
        screen.print(practice.score(session.score(), screen.look()))
        raise  # the exit code of an interrupted command
    score = session.score()
    screen.print(practice.score(score, screen.look()))
    return DONE if score.all_right else NOT_ALL_RIGHT


def _converse(session: Session, screen: Screen) -> None:
    """Ask until there is nothing more to ask, or to read."""
    from backtrace.render import practice

    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is no text cannot be read, and is told so
    read = _typed if _is_typed_in(screen) else _piped
    shown, kind = -1, ""
    while not session.is_over:
        now = session.current.question
        if now.kind != kind:
            kind = now.kind
            screen.print(practice.heading(now.kind))
        if session.place != shown:
            shown = session.place
            screen.print(practice.question(session, screen.look()))
        answer = read(practice.prompt(session, screen.look()), screen)
        if answer is None:
            screen.write("")
            return
        said = session.take(answer)
        if said.lines:
            screen.print(practice.reply(said, screen.look()))


def _is_typed_in(screen: Screen) -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and screen.stream.isatty()


def _typed(prompt: str, screen: Screen) -> str | None:  # noqa: ARG001  (as the other reader)
    """A line from the terminal, where it can be edited; None at its end, Ctrl-D."""
    with contextlib.suppress(ImportError):  # there is none on Windows
        import readline  # noqa: F401  (input() edits lines once it is imported)
    try:
        return input(prompt)
    except EOFError:
        return None


def _piped(prompt: str, screen: Screen) -> str | None:
    """A line from a file or a pipe, repeated after the prompt; None at the end."""
    from backtrace.render.marks import cut, harmless
    from backtrace.render.text import glyphs_for

    screen.stream.write(prompt)
    screen.stream.flush()
    line = _line()
    if line is not None:
        glyphs = glyphs_for(screen.ascii)
        screen.write(cut(harmless(line.strip(), glyphs), ECHOED, glyphs))
    return line


def _line() -> str | None:
    """The next line of standard input; of a very long one the beginning."""
    stream = sys.stdin
    if stream is None:
        return None
    line = found = stream.readline(LONGEST_LINE)
    while found and not found.endswith("\n"):
        found = stream.readline(LONGEST_LINE)  # the rest is dropped
    return line.removeprefix("\ufeff").rstrip("\r\n") if line else None
