"""The text of formulas that hold text: what is in parentheses, and what stands in a call."""

from __future__ import annotations

import re
from typing import Any

from backtrace.ops import Structural
from backtrace.symbolic import text

CALLED = re.compile(r"^[\w.·]+")  # a name, alone or before the parentheses of a call
# a matrix product in parentheses where it is a term: `(X @ w) + b - y`
PRODUCT = re.compile(r"(^|[(,] ?|\+ |- )\(([\w.]+(?: @ [\w.]+)+)\)(?=$|[),]| \+ | - )")


def as_input(op: Structural, expression: Any) -> str:
    """A formula as the input of an operation, in parentheses where its signs could mix."""
    formula = text(expression)
    if op.notation or op.show:
        rest = CALLED.sub("", formula.removesuffix(".T"), count=1)
        return formula if not rest or is_grouped(rest) else f"({formula})"
    return without_parentheses(formula)


def without_parentheses(formula: str) -> str:
    """A formula without parentheses around the whole of it, or around a product in a sum."""
    formula = formula[1:-1] if is_grouped(formula) else formula
    return PRODUCT.sub(r"\1\2", formula)


def is_grouped(formula: str) -> bool:
    """Whether the first character is a parenthesis that the last one closes."""
    if not formula.startswith("(") or not formula.endswith(")"):
        return False
    depth = 0
    for place, character in enumerate(formula):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(formula) - 1
    return False
