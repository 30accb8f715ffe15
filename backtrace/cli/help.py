"""What the help says besides the options."""

from __future__ import annotations

from typing import NamedTuple

SUMMARY = "See how backpropagation works on your expression, and whether torch agrees."

EXAMPLES = (
    'backtrace "(w*x - y)**2" --w 1 --x 1 --y 2',
    'backtrace "yhat = w*x; s = yhat - y; loss = s**2" w=2 x=-3 y=1 --wrt w',
    'backtrace "(y - (w*x + b))**2 + w**2" y=2 w=1 x=1 b=0 --node w',
    'backtrace "sigmoid(w x + b)" w=2 x=-1 b=1/2 --view table',
    'backtrace "x^2 e^(-x)" x=3 --wrt x -q',
    'backtrace "mean(x**2 + 2*x + 1)" --x "[0.3928, -0.8631, -0.2639]"',
    'backtrace "mean((w*x + b - y)**2)" --data examples/points.csv w=0 b=0 --wrt w,b',
    'backtrace "log(x) + x" x=2 --json',
    'backtrace "(w*x - y)**2" w=2 x=-3 y=1 --expect "dL/dw = 2*x*(w*x - y)"',
    'backtrace check "s = w*x - y; L = s**2" w=2 x=-3 y=1 "dL/ds = 2*s" "dL/dw = 2*s*x"',
    'backtrace descend "(w*x - y)**2" w=1 x=1 y=2 --wrt w --lr 0.1 --steps 20',
    "backtrace ops relu",
)

BINDINGS = (
    "Every variable needs a value: --w 1, --w=1 or w=1, before or after the program. A value is "
    'a number or an expression without names: -2, 1e-3, 1/3, pi/4, "sqrt(2)/2", inf; a list, '
    'nested for a matrix: "[1, 2.5, inf]", "[[1, 2], [3, 4]]"; "linspace(0, 1, 5)" or '
    '"arange(0, 1, 0.1)"; or what is in a file: x=@x.npy, W=@net.npz:W, y=@points.csv:y, '
    "t=@t.json. A name that is also an option takes its value as NAME=VALUE: depth=3."
)

EXIT_CODES = (
    "Exit code: 0 done, and torch agrees; 1 torch differs, or an expected answer is wrong; 2 the "
    "input cannot be read; 3 the result is not a finite number; 4 torch is not installed, or an "
    "answer could not be decided; 130 interrupted."
)


class Described(NamedTuple):
    """What the help of a command says besides its options."""

    words: str
    summary: str
    examples: str
    exit_codes: str


CLAIM_CODES = (
    "Exit code: 0 every claim is right; 1 one is wrong or missing; 2 one cannot be read; "
    "4 one could not be decided; 130 interrupted."
)
GRADE_CODES = (
    "Exit code: 0 grading worked, whatever the answers are worth; with --strict 1 if anything is "
    "wrong; 2 a file cannot be read; 130 interrupted, --resume goes on."
)

CHECK = Described(
    "PROGRAM [NAME=VALUE]... CLAIM...",
    "Check answers: is a derivative or a value right, and if not, which step went wrong?",
    """Examples:
  backtrace check "s = w*x - y; L = s**2" w=2 x=-3 y=1 "dL/ds = 2*s" "ds/dw = x" "dL/dw = 2*s"
  backtrace check "sigmoid(w*x)" w=1 x=2 "w = 0.21" --json

A claim is a derivative of one step by another, dL/dw or ∂L/∂w, a gradient, grad w or w alone, or \
the value of a step, s; then = and a formula or a number, in the language or in LaTeX.""",
    CLAIM_CODES,
)
DESCEND = Described(
    "PROGRAM [NAME=VALUE]...",
    "Gradient descent, step by step: the update rule in numbers, checked against torch.optim.",
    """Examples:
  backtrace descend "(w*x - y)**2" w=1 x=1 y=2 --wrt w --lr 0.1 --steps 20
  backtrace descend "mean((w*x + b - y)**2)" --data examples/points.csv w=0 b=0 --lr 0.05
  backtrace descend "100*(y-x^2)^2 + (1-x)^2" x=-1.2 y=1 --optimizer adam --lr 0.02 --explain

A rule's numbers are those of torch.optim where they are not given.""",
    "Exit code: 0 it came to an end, and torch.optim goes the same way; 1 torch.optim does not; 2 "
    "the input cannot be read; 3 it diverged; 4 torch is not installed; 130 interrupted.",
)
PRACTICE = Described(
    "PROGRAM [NAME=VALUE]...",
    "Practise the chain rule: asks for every local derivative and every gradient, one at a time.",
    """Example:
  backtrace practice "sigmoid(w*x + b)" w=2 x=-1 b=1

Answer with a number or a formula; h is a hint, s skips, q ends. Answers may be piped in.""",
    "Exit code: 0 everything was right in the end; 1 something was not; 2 the program cannot be "
    "read; 3 its result is not a finite number; 130 interrupted.",
)

USAGE = f"""\
{SUMMARY}

  {EXAMPLES[0]}
  {EXAMPLES[1]}

backtrace --help lists the options; backtrace ops lists the operations."""


def examples() -> str:
    """The examples, one a line."""
    return "Examples:\n" + "\n".join(f"  {command}" for command in EXAMPLES)
