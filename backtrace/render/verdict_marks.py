"""The sign and the colour of a verdict, the same in every view."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

Tone: TypeAlias = Literal["value", "kink", "bad", "quiet"]  # as what is good, to be looked at, …


class VerdictMark(NamedTuple):
    """What stands before a verdict, and what colour it has."""

    sign: str
    role: Tone


_WRONG = VerdictMark("✗", "bad")
# By the status of a check, and by the verdict on a node.
VERDICT_MARKS: Mapping[str, VerdictMark] = MappingProxyType(
    {
        "agrees": VerdictMark("✓", "value"),
        "rounding": VerdictMark("✓", "value"),
        "convention": VerdictMark("!", "kink"),
        "differs": _WRONG,
        "follows": _WRONG,
        "undefined": _WRONG,
        "not-checked": VerdictMark("", "quiet"),
    }
)
