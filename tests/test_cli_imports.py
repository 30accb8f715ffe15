"""Import weight, which is most of what a user waits for: the heavy modules of each command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment

HEAVY = {"numpy", "sympy", "scipy", "torch", "typer", "rich", "matplotlib"}

# words | the heavy modules that may be imported, and no others
WEIGHT = [
    ("--version", set()),
    ("", set()),
    ("--help", {"typer", "rich"}),
    ("-f no-such-file", {"numpy"}),
    ("(w*x-y)**2 w=1 x=1 y=2 -q --no-check", {"numpy"}),
    ("(w*x-y)**2 w=1 x=1 y=2 --json --no-formulas --no-check", {"numpy"}),
    ("exp(x)+sin(x)*tanh(x) x=1 -q --no-check", {"numpy"}),
    ("(w*x-y)**2 w=1 x=1 y=2 --json --no-check", {"numpy", "sympy"}),
    ("(w*x-y)**2 w=1 x=1 y=2 --no-check", {"numpy", "sympy", "rich"}),
    ("(w*x-y)**2 w=1 x=1 y=2 --view table --no-check", {"numpy", "sympy", "rich"}),
    ("(w*x-y)**2 w=1 x=1 y=2 --view equations --no-check", {"numpy", "sympy", "rich"}),
    ("(w*x-y)**2 w=1 x=1 y=2 -q --no-check -o g.npz", {"numpy"}),
    ("(w*x-y)**2 w=1 x=1 y=2 -q --no-check -o g.svg", {"numpy", "sympy", "rich"}),
    ("(w*x-y)**2 w=1 x=1 y=2 -q --no-check -o g.html", {"numpy", "sympy", "rich"}),
    ("(w*x-y)**2 w=1 x=1 y=2 -q --no-check -o g.tex", {"numpy", "sympy", "rich"}),
    ("erf(x) x=1 -q --no-check", {"numpy", "scipy"}),
    ("x**2 x=1 -q", {"numpy", "torch", "sympy"}),
    ("descend x**2 x=1 -q --no-check", {"numpy"}),
    ("descend x**2 x=1 --csv --no-check", {"numpy"}),
    ("descend x**2 x=1 --no-check", {"numpy", "rich"}),
    ("descend --help", {"typer", "rich", "numpy"}),
    ("ops relu", {"numpy", "sympy", "rich", "typer"}),
]


@pytest.mark.parametrize(("line", "allowed"), WEIGHT)
def test_import_weight(line: str, allowed: set[str], tmp_path: Path) -> None:
    """A run imports what it needs: no torch without a check, no typer for a trace."""
    program = (
        "import sys; from backtrace.cli import main; main(sys.argv[1:]); sys.stdout.flush();"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *line.split()],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    loaded = HEAVY & set(done.stderr.splitlines()[-1].split())
    assert loaded <= allowed
    if not loaded & {"torch", "typer", "scipy"}:  # which read their own
        assert "importlib.metadata" not in done.stderr


def test_importing_the_command_line_is_light() -> None:
    """The module behind the `backtrace` command imports nothing heavy by itself."""
    program = "import sys, backtrace.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert not HEAVY & set(done.stdout.split())
