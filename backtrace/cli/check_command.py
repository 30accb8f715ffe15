"""backtrace check PROGRAM NAME=VALUE… CLAIM…: judge answers, name the mistakes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backtrace.cli.check_options import CheckOptions
from backtrace.cli.claims import ClaimSplitter, exit_code, problem_of
from backtrace.cli.consoles import Screen
from backtrace.errors import UsageError


class CheckSplitter(ClaimSplitter):
    """The words of `backtrace check`."""

    kind = CheckOptions


def check_command(words: Sequence[str]) -> int | None:
    """Print a verdict on every claim and return the exit code; None where help is asked for."""
    asked = CheckSplitter(words).asked()
    options: CheckOptions = asked.options
    if options.help:
        return None
    if not asked.claims:
        raise UsageError('no claim to check: it comes after the program, as in "dL/dw = 2*s*x"')
    from backtrace.homework.checking import verdicts_of
    from backtrace.homework.judging.judge import Judge
    from backtrace.homework.judging.terms import Terms

    terms = Terms(options.digits, options.rtol, options.atol)
    found = verdicts_of(Judge(problem_of(asked)), asked.claims, terms, prove=options.prove)
    screen = Screen(sys.stdout, options.color)
    if options.json:
        from backtrace.render.verdicts_json import json_text

        screen.write_json(json_text(found))
    else:
        from backtrace.render.verdicts import verdicts

        screen.print(verdicts(found, screen.look()))
    return exit_code(found)
