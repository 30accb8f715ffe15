"""backtrace.cli.exits: what is raised becomes a message and an exit code, in one place."""

from __future__ import annotations

import errno
from typing import NoReturn

import pytest

from backtrace.cli.exits import exit_code_of
from backtrace.errors import BindingError, EngineMissing, ReadError, Span

RAISED = [
    (ReadError("no", "2 +", Span(2, 3)), 2, "error: no\n    2 +\n      ^\n"),
    (BindingError("no value"), 2, "error: no value\n"),
    (BindingError("no \x1b[31m\tvalue"), 2, "error: no \ufffd[31m\ufffdvalue\n"),
    (EngineMissing("torch is not installed"), 4, "error: torch is not installed\n"),
    (KeyboardInterrupt(), 130, "backtrace: interrupted\n"),
    (MemoryError(), 2, "memory"),
    (RecursionError(), 2, "memory"),
    (OSError(errno.ENOSPC, "No space left on device"), 2, "No space left on device"),
    (ZeroDivisionError("oops"), 70, "defect of backtrace"),
]


@pytest.mark.parametrize(("error", "code", "message"), RAISED)
def test_every_exception_has_its_exit_code(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message is on stderr, stdout is left alone; a defect never looks like a verdict."""

    def command() -> NoReturn:
        raise error

    assert exit_code_of(command) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert ("Traceback" in captured.err) == (code == 70)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_a_commands_own_code_is_kept(code: int) -> None:
    """What a command returns is the exit code."""
    assert exit_code_of(lambda: code) == code
