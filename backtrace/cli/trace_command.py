"""backtrace PROGRAM [NAME=VALUE]…: trace, show, check, exit."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backtrace.cli.arguments import Arguments
from backtrace.cli.claims import exit_code, weightiest
from backtrace.cli.consoles import Screen, same_place
from backtrace.cli.exits import tell
from backtrace.cli.files import program_of
from backtrace.cli.options import EVERYTHING, Options, long_spellings
from backtrace.cli.values import bindings_of, typed_value, with_columns
from backtrace.errors import UsageError
from backtrace.render import DIGITS, Sheet
from backtrace.render.saving import require_file, save

if TYPE_CHECKING:
    from rich.text import Text

    from backtrace.crosscheck import Check
    from backtrace.graph import Graph
    from backtrace.homework.verdicts import Verdict
    from backtrace.records import Trace
    from backtrace.render import Look


def trace_command(arguments: Arguments) -> int:
    """Trace the program, print what was asked for, check it, and return the exit code."""
    options = arguments.options
    if options.output is not None:
        require_file(options.output)
    if options.expect and options.seed is not None:
        raise UsageError("--expect is about the gradients of one number, and --seed weighs several")
    trace = traced(arguments)
    found = _judged(trace, options)
    screen = Screen(sys.stdout, options.color)
    if options.json:
        check = _print_json(trace, found, options, screen)
    elif options.quiet:
        check = _print_numbers(trace, options, screen)
        for verdict in found:
            tell(str(verdict), "claim")
    else:
        check = _print_view(trace, found, options, screen)
    if options.output is not None:
        save(trace, check, options.output, _sheet(options))
    return weightiest(check.exit_code, exit_code(found))


def _sheet(options: Options) -> Sheet:
    return Sheet(
        digits=options.digits or DIGITS,
        direction=options.direction,
        theme=options.theme,
        full=options.full,
        formulas=not options.no_formulas,
    )


def _judged(trace: Trace, options: Options) -> Sequence[Verdict]:
    """The verdicts on the claims of --expect."""
    if not options.expect:
        return ()
    from backtrace.homework.checking import verdicts_of
    from backtrace.homework.judging.judge import Judge
    from backtrace.homework.judging.terms import USUAL
    from backtrace.homework.problems.problem import Problem

    judge = Judge(Problem(trace.graph, trace.variables))
    return verdicts_of(judge, options.expect, USUAL)


def traced(arguments: Arguments) -> Trace:
    """The trace of the program with the values that were typed, or stand in files."""
    from backtrace.tracing import trace_bound

    options = arguments.options
    text = program_of(arguments)
    bindings = bindings_of(arguments.typed, long_spellings(), options.bindings)
    program: str | Graph = text
    if options.data is not None:
        program, bindings, _ = with_columns(text, bindings, options.data, options.wrt)
    seed = None if options.seed is None else typed_value(options.seed, "seed", "--seed ")
    expand = options.expand == EVERYTHING or options.expand or False
    return trace_bound(program, bindings, options.wrt, seed=seed, expand=expand)


def _print_view(trace: Trace, found: Sequence[Verdict], options: Options, screen: Screen) -> Check:
    """The view and the verdicts on claims at once, and the check when torch has spoken."""
    from backtrace.render.summary import summary

    look = replace(screen.look(options.digits), full=options.full)
    screen.print(_view(trace, options, look))
    if found:
        from backtrace.render.verdicts import verdicts

        screen.write("")
        screen.print(verdicts(found, look))
    check = _checked(trace, options)
    screen.print(summary(trace, check, look, node=options.node))
    # The verdict is part of the result. Who keeps the result elsewhere (`> file`, `| less`) reads
    # on stderr why the exit code is not 0; where both streams go to one place it stands there.
    if not same_place(sys.stdout, sys.stderr):
        _tell_reason(check)
    return check


def _view(trace: Trace, options: Options, look: Look) -> Text:
    from backtrace.render import VIEWS
    from backtrace.render.node import node

    if options.node is not None:
        return node(trace, options.node, look)
    return VIEWS[options.view](trace, look, depth=options.depth)


def _print_json(trace: Trace, found: Sequence[Verdict], options: Options, screen: Screen) -> Check:
    from backtrace.render.json import json_text

    check = _checked(trace, options)
    text = json_text(trace, check, formulas=not options.no_formulas, claims=found)
    screen.write_json(text)
    _tell_notices(trace, check)
    _tell_reason(check)
    return check


def _print_numbers(trace: Trace, options: Options, screen: Screen) -> Check:
    from backtrace.render.quiet import quiet

    if trace.wrt:
        screen.write(quiet(trace, digits=options.digits))
    else:
        tell("the program has no variables, so there are no gradients", "note")
    check = _checked(trace, options)
    _tell_notices(trace, check)
    _tell_reason(check)
    return check


def _checked(trace: Trace, options: Options) -> Check:
    from backtrace.crosscheck import checked, not_checked

    return not_checked(trace) if options.no_check else checked(trace, options.check)


def _tell_notices(trace: Trace, check: Check) -> None:
    """What the other views say below the tree, on standard error where the result stands alone."""
    from backtrace.render.notices import told

    for text in told(trace, check):
        tell(text, "note")


def _tell_reason(check: Check) -> None:
    """Why the exit code is not 0, in one line."""
    if check.reason:
        tell(check.reason)
