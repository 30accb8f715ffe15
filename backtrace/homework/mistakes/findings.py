"""What a diagnosis comes to: codes with their words, likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backtrace.homework.verdicts import MISTAKES

LIKELIHOOD = {code: k for k, code in enumerate(MISTAKES)}
MOST_TOLD = 3  # mistakes that are put in words; further codes are listed


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake that gives the answer; it is put in words when it is told."""

    code: str
    text: Callable[[], str]
    also: Finding | None = None  # made on top of it: both together give the answer

    @property
    def codes(self) -> tuple[str, ...]:
        """Its own, and that of what was made on top."""
        return (self.code,) if self.also is None else (self.code, *self.also.codes)

    def told(self) -> str:
        """With its code, and what is on top."""
        said = f"{self.code}: {self.text()}"
        return said if self.also is None else f"{said}; and {self.also.told()}"


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """Likeliest first; of one code the first only."""
    first: dict[str, Finding] = {}
    for finding in found:
        first.setdefault(finding.code, finding)
    return sorted(first.values(), key=lambda f: LIKELIHOOD.get(f.code, len(LIKELIHOOD)))


def told(found: Sequence[Finding]) -> str:
    """The findings in words, a line each, with every code literally."""
    lines = [f.told() for f in found[:MOST_TOLD]]
    if found[MOST_TOLD:]:
        lines.append(", ".join(code for f in found[MOST_TOLD:] for code in f.codes))
    return "\nor ".join(lines)
