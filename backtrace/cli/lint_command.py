"""backtrace lint ASSIGNMENT: what a teacher should mend, or know, before students see it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from backtrace.cli.consoles import Color, Screen
from backtrace.cli.exits import DONE

SCHEMA = "backtrace.lint/1"


def lint_command(path: str, *, as_json: bool, color: Color) -> int:
    """Print what is wrong or weak; 1 where something is wrong, else 0. Raises BacktraceError."""
    from backtrace.homework.courses.assignment_file import load_assignment
    from backtrace.homework.courses.linting import errors, lint

    found = lint(load_assignment(path))
    screen = Screen(sys.stdout, color)
    if as_json:
        concerns = [asdict(concern) for concern in found]
        screen.write_json(json.dumps({"schema": SCHEMA, "concerns": concerns}, ensure_ascii=False))
    else:
        from backtrace.render.concerns import concerns as shown

        screen.print(shown(found, screen.look()))
    return 1 if errors(found) else DONE
