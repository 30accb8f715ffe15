r"""LaTeX as it is pasted into an answer, read as the project's language.

What is read stands in the tables of commands.py. Anything else is refused by its name and with its
place, and so is what LaTeX shows in one way and people mean in two: `x^10`, `\sin 2x`, `{a+b}c`.
"""

from __future__ import annotations

import re
from collections.abc import Container

from backtrace.homework.answers.latex.derivatives import left_side
from backtrace.homework.answers.latex.sums import Reader
from backtrace.homework.answers.latex.tokens import Tokens
from backtrace.reading.parser import deeper_stack

_SIGNS = re.compile(r"\\[^\s\d]|[{}$]")

__all__ = ["from_latex", "is_latex"]


def is_latex(text: str) -> bool:
    """Whether the text has a command, braces or dollar signs, none of which the language has."""
    return _SIGNS.search(text) is not None


def from_latex(text: str, names: Container[str] = ()) -> str:
    r"""The same claim, formula or left side in the project's language.

    `names` are those of the problem, as far as they are known: they decide whether `x_{in}` is
    `x_in` or `xin`, and what the exponent of `wx^2` belongs to, which is refused without them.
    Raises ReadError with the place in `text` and what would be right.

    >>> from_latex(r"\frac{\partial L}{\partial w} = 2x \cdot \left(wx - y\right)")
    'd(L)/d(w) = 2x*(wx - y)'
    """
    tokens = Tokens(text)
    sign = tokens.equality()
    with deeper_stack():
        if sign is None:
            return left_side(tokens, names) or Reader(tokens, names).whole()
        left, right = tokens.part(0, sign), tokens.part(sign + 1)
        name = left_side(left, names) or Reader(left, names).whole()
        return f"{name} = {Reader(right, names).whole()}"
