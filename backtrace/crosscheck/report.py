"""What a check found: one record for the whole trace, one for every node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from backtrace.ops.rows import Value
from backtrace.records import Notice

Status: TypeAlias = Literal["agrees", "convention", "undefined", "differs", "not-checked"]
Verdict: TypeAlias = Literal["agrees", "rounding", "convention", "differs", "follows"]
EXIT_CODES: Mapping[Status, int] = {"agrees": 0, "convention": 0, "differs": 1, "undefined": 3}


@dataclass(frozen=True, slots=True, eq=False)
class NodeCheck:
    """One operation or variable: our numbers and torch's.

    The gradients are None where the trace needs none. `error` is the larger of the two absolute
    differences; where both numbers are nan, or the same infinity, there is none.

    `verdict` says what to think of it: "agrees"; "rounding", a difference although every operation
    agrees on the same inputs; "convention", a kink where this torch chose another derivative;
    "differs", an operation that is wrong on the same inputs; "follows", right here, but not what
    torch gets because another node differs. `text` gives the reason, and is empty for "agrees".
    """

    index: int
    name: str
    value: Value
    gradient: Value | None
    torch_value: Value
    torch_gradient: Value | None
    error: float
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """The verdict on a trace, and the numbers it rests on.

    `status` is "undefined" whenever the output or a gradient asked for is not a finite number,
    even if torch agrees, unless a node differs. `engine`, `version` and `max_error` (the largest
    absolute difference of any value or gradient) are None where nothing was compared.

    `differences` has a central difference for every name asked for; None where there is none to
    be had, nan for such an entry of an array (the notice "differences-skipped" says why), and None
    as a whole if differences were not asked for.
    """

    status: Status
    engine: str | None
    version: str | None
    max_error: float | None
    nodes: tuple[NodeCheck, ...] = field(repr=False)
    gradients: Mapping[str, Value]  # torch's, by the names asked for
    differences: Mapping[str, Value | None] | None
    notices: tuple[Notice, ...]
    summary: str  # the verdict in one line
    reason: str = ""  # why the exit code is not 0: the part of the summary that says so
    asked: bool = True  # False: --no-check, so that nothing is owed

    @property
    def exit_code(self) -> int:
        """What the command line ends with: 0, 1, 3, or 4 for a check that was asked for in vain."""
        return EXIT_CODES.get(self.status, 4 if self.asked else 0)

    @property
    def differing(self) -> tuple[NodeCheck, ...]:
        """The nodes whose own operation is wrong, not those that only follow from them."""
        return tuple(node for node in self.nodes if node.verdict == "differs")

    def __str__(self) -> str:
        return self.summary
