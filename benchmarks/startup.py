"""What a user waits for: whole commands against the bare imports of what they need."""

from __future__ import annotations

from functools import partial

from benchmarks.measure import Ratio, compared, in_turns, process

PROGRAM = ("(w*x - y)**2", "w=1", "x=1", "y=2")
LAST_LINE = b"y = 2"  # of the tree: when it is there, the tree is

TRACE = ("-m", "backtrace", *PROGRAM)
VIEWS = "import sympy, numpy, typer, rich.tree"
TORCH = "import torch, sympy"
SYMPY = "import sympy"

OURS = {
    "tree": partial(process, *TRACE, "--no-check", until=LAST_LINE),
    "checked": partial(process, *TRACE, until=LAST_LINE),
    "help": partial(process, "-m", "backtrace", "--help"),
    "quiet": partial(process, *TRACE, "-q", "--no-check"),
    "json": partial(process, *TRACE, "--json", "--no-formulas", "--no-check"),
}
PEERS = {text: partial(process, "-c", text) for text in (VIEWS, TORCH, SYMPY)}

# what it is called | which time | against | target
LINES = (
    ("tree on the screen, `--no-check`", "tree until", VIEWS, 1.0),
    ("tree on the screen, with the check", "checked until", VIEWS, 1.0),
    ("whole run, with the check", "checked", TORCH, 0.75),
    ("`--help`", "help", SYMPY, 0.5),
    ("`-q --no-check`", "quiet", VIEWS, 0.5),
    ("`--json --no-formulas --no-check`", "json", VIEWS, 0.5),
)


def startup(rounds: int) -> list[Ratio]:
    """Every line of this file; the commands and the imports take turns."""
    times = in_turns({**OURS, **PEERS}, rounds)
    return [
        compared(what, times[name], f'`python -c "{peer}"`', times[peer], target)
        for what, name, peer, target in LINES
    ]
