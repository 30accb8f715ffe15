"""How the learning rate goes on from update to update: one row each, a formula in the language.

The names in a formula: `lr`, the rate of the first update; `k`, the updates made before; and the
row's `settings`. An update is one batch: torch's schedulers, too, step when they are told to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backtrace.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule; a setting of None has no default. `torch` is its scheduler, "" for none."""

    name: str
    formula: str
    settings: Mapping[str, float | None]
    torch: str = ""

    @property
    def is_constant(self) -> bool:
        """Whether every update has the same rate."""
        return "k" not in self.graph.variables

    @property
    def graph(self) -> Graph:
        """The formula as a graph."""
        return _read(self.formula)


@lru_cache(maxsize=8)
def _read(text: str) -> Graph:
    from backtrace.reading import read  # imports numpy, which help does without

    return read(text)


ROWS = (
    Schedule(name="constant", formula="lr", settings={}),
    Schedule(
        name="step",
        formula="lr*gamma**floor(k/every)",
        settings={"gamma": 0.1, "every": None},
        torch="torch.optim.lr_scheduler.StepLR(optimizer, int(every), gamma)",
    ),
    Schedule(
        name="exponential",
        formula="lr*gamma**k",
        settings={"gamma": None},
        torch="torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)",
    ),
)
SCHEDULES: Mapping[str, Schedule] = MappingProxyType({row.name: row for row in ROWS})
