"""A trace against a second engine: torch's autograd, and central differences as a third witness.

`check` replays the graph with the *same* torch operations in float64 and compares every value and
every gradient. What is beyond rounding is judged again, one operation at a time, so that a wrong
rule is named at its own node and not at all the nodes it poisons.
"""

from backtrace.crosscheck.checking import check, not_checked
from backtrace.crosscheck.report import Check, NodeCheck

__all__ = ["Check", "NodeCheck", "check", "not_checked"]
