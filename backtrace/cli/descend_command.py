"""backtrace descend PROGRAM [NAME=VALUE]…: walk, show, check, exit."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from backtrace.cli.arguments import Arguments, Splitter
from backtrace.cli.consoles import Screen, same_place
from backtrace.cli.descend_options import MOST_CHECKED, DescendOptions
from backtrace.cli.exits import INTERRUPTED, tell
from backtrace.cli.files import program_of
from backtrace.cli.interrupting import interrupting, shielded
from backtrace.cli.options import long_spellings
from backtrace.cli.outcomes import require_outcomes, write_outcomes
from backtrace.cli.progress import progress
from backtrace.cli.values import bindings_of, with_columns
from backtrace.descent.asked import Asked
from backtrace.errors import BacktraceError, EngineMissing, UsageError

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck
    from backtrace.descent.records import Descent
    from backtrace.descent.task import Task
    from backtrace.descent.walk import State, Walk
    from backtrace.graph import Graph
    from backtrace.render import Look
    from backtrace.render.descents.streams import Stream

SETTING_NAMES = tuple(row.name for row in fields(Asked))
MOST_WORK = 10**6  # nodes of all updates together that are compared by default: 10 to 20 seconds
WORK_OF_RULE = 20  # nodes that take torch as long as the update of one parameter
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

    walk = Walk(asked_task(arguments, options))
    most = walk.task.settings.steps
    if options.show is not None and options.show > most:
        raise UsageError(f"--show {options.show}: there are at most {most:,} updates (--steps)")
    screen = Screen(sys.stdout, options.color)
    stream = _stream(walk.task, options)
    _print(stream.begin() if stream else None, screen)
    descent = _walked(walk, stream, screen)
    _show_result(descent, stream, options, screen)
    failure = _write(descent, options)
    check, broken_off = _checked(descent, options)
    _show_verdict(descent, check, stream, options, screen)
    if failure is not None:
        raise failure
    if descent.stopped == "interrupted" or broken_off:
        tell("interrupted", "backtrace")
        return INTERRUPTED
    return check.exit_code


def asked_task(arguments: Arguments, options: DescendOptions) -> Task:
    """What is to be done. Raises BacktraceError."""
    from backtrace.descent.descending import task_of

    text = program_of(arguments)
    spellings = long_spellings(DescendOptions)
    bindings = bindings_of(arguments.typed, spellings, options.bindings)
    program: str | Graph = text
    columns: list[str] = []
    if options.data is not None:
        program, bindings, columns = with_columns(text, bindings, options.data, options.wrt)
    try:
        return task_of(program, bindings, options.wrt, options.asked, columns)
    except UsageError as error:
        error.message = _as_options(error.message)
        raise


def _as_options(message: str) -> str:
    """A message about settings with their names as they are typed here: `--batch-size`."""
    names = "|".join(name for name in SETTING_NAMES if "_" in name)
    told = re.sub(rf"\b({names})\b", lambda m: f"--{m[0].replace('_', '-')}", message)
    first = re.match(r"\w+", told)
    return f"--{told}" if first and first[0] in SETTING_NAMES else told


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
    silent = stream is not None and screen.stream.isatty()  # its lines show how far it is
    with progress(steps, 0, "descending", "updates", after=PATIENCE) as advance:

        def watch(before: int, states: Sequence[State]) -> None:
            if stream is not None:
                found = [step_of(walk.task, before + k, s) for k, s in enumerate(states)]
                _print(stream.more(found), screen)
            if not silent:
                advance(len(states))

        with interrupting(walk.interrupt):
            return walked(walk, watch)


def _print(text: str | None, screen: Screen) -> None:
    """Lines as they are; nothing, where there are none."""
    if text:
        screen.write_json(text)


def _show_result(
    descent: Descent, stream: Stream | None, options: DescendOptions, screen: Screen
) -> None:
    """Print what is known without torch; a stream has printed it already."""
    if stream is not None:
        return
    if options.quiet:
        from backtrace.render.quiet import numbers

        step = descent.last_finite or descent.final
        screen.write(numbers(step.values, digits=options.digits))
        return
    look = replace(screen.look(options.digits), full=options.full)
    if options.show is not None:
        _show(descent, options.show, look, screen)
    else:
        from backtrace.render.descents.view import descent as view

        screen.print(view(descent, look))
    if options.explain:
        _explain(descent, options, look, screen)


def _write(descent: Descent, options: DescendOptions) -> BacktraceError | None:
    """Write the files that were asked for; what came in the way is told when all is printed."""
    try:
        write_outcomes(descent, options)
    except BacktraceError as error:
        return error
    return None


def _show_verdict(
    descent: Descent,
    check: PathCheck,
    stream: Stream | None,
    options: DescendOptions,
    screen: Screen,
) -> None:
    """Print what the check says, and the end of a stream."""
    if stream is not None:
        with shielded():  # the document is ended whole
            _print(stream.end(descent, check), screen)
    elif not options.quiet:
        from backtrace.render.descents.verdict import verdict

        screen.print(verdict(descent, check, screen.look(options.digits)))
        if not same_place(sys.stdout, sys.stderr) and check.reason:
            tell(check.reason)
        return
    _tell(descent, check)


def _show(descent: Descent, updates: int, look: Look, screen: Screen) -> None:
    """The whole trace of one state, and the update that follows it."""
    from backtrace.render.descents.updates import explained
    from backtrace.render.views.tree import tree

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


def _checked(descent: Descent, options: DescendOptions) -> tuple[PathCheck, bool]:
    """The check that was asked for, or why it could not be had; and whether Ctrl-C broke it off."""
    from backtrace.crosscheck.paths import not_checked_path

    if options.no_check or descent.stopped == "interrupted":
        return not_checked_path(descent), False
    try:
        return descent.check(None if options.check else checked_by_default(descent)), False
    except EngineMissing as error:
        return not_checked_path(descent, str(error)), False
    except KeyboardInterrupt:  # what the descent came to is printed and saved all the same
        return not_checked_path(descent, "the check was broken off"), True


def checked_by_default(descent: Descent) -> int:
    """How many updates are compared where nobody asked for all of them."""
    nodes = len(descent.task.graph.nodes) + WORK_OF_RULE * len(descent.wrt)
    return max(1, min(MOST_CHECKED, MOST_WORK // nodes))


def _tell(descent: Descent, check: PathCheck) -> None:
    """What the views say besides, on standard error where the result stands alone."""
    if descent.stopped.startswith("until"):
        tell(descent.reason, "note")
    for notice in (*descent.notices, *check.notices):
        tell(notice.text, "note")
    if check.reason:
        tell(check.reason)
    if descent.hint:
        tell(descent.hint, "hint")
