"""backtrace descend PROGRAM [NAME=VALUE]…: walk, show, check, exit."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from backtrace.cli.arguments import Arguments, Splitter
from backtrace.cli.claims import weightiest
from backtrace.cli.consoles import Screen, same_place
from backtrace.cli.descend_options import MOST_CHECKED, DescendOptions
from backtrace.cli.exits import INTERRUPTED, tell
from backtrace.cli.files import read_program, require_one_reader
from backtrace.cli.options import long_spellings
from backtrace.cli.outcomes import require_outcomes, write_outcomes
from backtrace.cli.progress import progress
from backtrace.cli.values import bindings_of, with_columns
from backtrace.errors import EngineMissing, UsageError

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck
    from backtrace.descent.records import Descent
    from backtrace.descent.task import Task
    from backtrace.descent.walk import State, Walk
    from backtrace.graph import Graph
    from backtrace.render import Look
    from backtrace.render.descents.streams import Stream

UNDEFINED = 3
BROKEN_OFF = "the check was broken off"
PATIENCE = 1.0  # seconds before a bar appears


class DescendSplitter(Splitter):
    """The words of `backtrace descend`."""

    kind = DescendOptions


def descend_command(words: Sequence[str]) -> int | None:
    """Run the descent, print what was asked for, and return the exit code; None: help is asked."""
    arguments = DescendSplitter(words).split()
    options: DescendOptions = arguments.options  # type: ignore[assignment]
    if options.help:
        return None
    require_outcomes(options)
    from backtrace.descent.walk import Walk

    walk = Walk(_task(arguments, options))
    most = walk.task.settings.steps
    if options.show is not None and options.show > most:
        raise UsageError(f"--show {options.show}: there are at most {most:,} updates (--steps)")
    screen = Screen(sys.stdout, options.color)
    stream = _stream(walk.task, options)
    _print(stream.begin() if stream else None, screen)
    descent = _walked(walk, stream, screen)
    check = _shown(descent, stream, options, screen)
    write_outcomes(descent, options)
    if descent.stopped == "interrupted" or check.reason.endswith(BROKEN_OFF):
        tell("interrupted", "backtrace")
        return INTERRUPTED
    return weightiest(check.exit_code, UNDEFINED if descent.stopped == "diverged" else 0)


def _task(arguments: Arguments, options: DescendOptions) -> Task:
    """What is to be done. Raises BacktraceError."""
    from backtrace.descent.descending import task_of

    text = arguments.program
    require_one_reader(arguments)
    if text is None or text == "-":
        text = read_program(options.file or "-")
    spellings = long_spellings(DescendOptions)
    bindings = bindings_of(arguments.typed, spellings, options.bindings)
    program: str | Graph = text
    columns: frozenset[str] = frozenset()
    if options.data is not None:
        known = bindings.values.keys()
        program, bindings = with_columns(text, bindings, options.data, options.wrt)
        columns = frozenset(bindings.values.keys() - known)
    return task_of(program, bindings, options.wrt, options.asked, columns)


def _stream(task: Task, options: DescendOptions) -> Stream | None:
    """What prints every step while the descent goes on, if that was asked for."""
    from backtrace.render.descents.streams import STREAMS

    name = next((name for name in STREAMS if getattr(options, name)), None)
    return None if name is None else STREAMS[name](task)


def _walked(walk: Walk, stream: Stream | None, screen: Screen) -> Descent:
    """Go to the end, or to Ctrl-C."""
    from backtrace.descent.descending import walked
    from backtrace.descent.records import step_of

    steps = walk.task.settings.steps
    silent = (
        stream is not None and screen.stream.isatty()
    )  # the lines themselves show how far it is
    with progress(steps, 0, "descending", "updates", after=PATIENCE) as advance:

        def watch(before: int, states: Sequence[State]) -> None:
            if stream is not None:
                found = [step_of(walk.task, before + k, s) for k, s in enumerate(states)]
                _print(stream.more(found), screen)
            if not silent:
                advance(len(states))

        with _interrupting(walk.interrupt):
            return walked(walk, watch)


def _print(text: str | None, screen: Screen) -> None:
    """Lines as they are; nothing, where there are none."""
    if text:
        screen.write_json(text)


@contextmanager
def _interrupting(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `stop` meanwhile; a second one is as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, frame: object) -> None:  # noqa: ARG001  (as signal wants it)
        signal.signal(signal.SIGINT, before)
        stop()

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _shown(
    descent: Descent, stream: Stream | None, options: DescendOptions, screen: Screen
) -> PathCheck:
    """Print the result, and the check when torch has spoken."""
    if stream is not None:
        check = _checked(descent, options)
        _print(stream.end(descent, check), screen)
        _tell(descent, check)
    elif options.quiet:
        from backtrace.render.quiet import numbers

        step = descent.last_finite or descent.final
        screen.write(numbers(step.values, digits=options.digits))
        check = _checked(descent, options)
        _tell(descent, check)
    else:
        check = _views(descent, options, screen)
    return check


def _views(descent: Descent, options: DescendOptions, screen: Screen) -> PathCheck:
    """The views for a reader, and the verdict below them."""
    from backtrace.render.descents.view import descent as view
    from backtrace.render.descents.view import verdict

    look = replace(screen.look(options.digits), full=options.full)
    if options.show is not None:
        _show(descent, options.show, look, screen)
    else:
        screen.print(view(descent, look))
    if options.explain:
        _explain(descent, options, look, screen)
    check = _checked(descent, options)
    screen.print(verdict(descent, check, look))
    if not same_place(sys.stdout, sys.stderr) and check.reason:
        tell(check.reason)
    return check


def _show(descent: Descent, updates: int, look: Look, screen: Screen) -> None:
    """The whole trace of one state, and the update that follows it."""
    from backtrace.render.descents.updates import explained
    from backtrace.render.tree import tree

    if updates > descent.updates:
        tell(f"there is no step {updates:,}: this is the last one, {descent.updates:,}", "note")
        updates = descent.updates
    screen.print(tree(descent.state(updates).trace, look))
    if updates < descent.updates:
        screen.print(explained(descent, updates, look))
    screen.write("")


def _explain(descent: Descent, options: DescendOptions, look: Look, screen: Screen) -> None:
    """The first updates, quantity by quantity; not the one again that --show has shown."""
    from backtrace.render.descents.updates import explained

    for updates in range(min(2, descent.updates)):
        if updates != options.show:
            screen.print(explained(descent, updates, look))
    screen.write("")


def _checked(descent: Descent, options: DescendOptions) -> PathCheck:
    """The check that was asked for, or why it could not be had."""
    from backtrace.crosscheck.paths import not_checked_path

    if options.no_check or descent.stopped == "interrupted":
        return not_checked_path(descent)
    try:
        return descent.check(None if options.check else MOST_CHECKED)
    except EngineMissing as error:
        return not_checked_path(descent, str(error))
    except KeyboardInterrupt:  # what the descent came to is printed and saved all the same
        return not_checked_path(descent, BROKEN_OFF)


def _tell(descent: Descent, check: PathCheck) -> None:
    """What the views say besides, on standard error where the result stands alone."""
    if descent.stopped.startswith("until"):
        tell(descent.reason, "note")
    for notice in (*descent.notices, *check.notices):
        tell(notice.text, "note")
    if check.reason:
        tell(check.reason)
    if descent.hint:
        tell(descent.hint, "note")
