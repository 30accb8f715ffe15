"""What may be asked of a descent: the names of the settings and what each must be.

Light on purpose: the command line reads it before it knows whether anything will be run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a descent as they were given, by the names they have in Python.

    None: not given. A number may be a text such as "1/3".
    """

    optimizer: str = "sgd"
    lr: Any = None
    steps: Any = None
    ascend: bool = False
    momentum: Any = None
    alpha: Any = None
    beta1: Any = None
    beta2: Any = None
    eps: Any = None
    weight_decay: Any = None
    schedule: str = "constant"
    gamma: Any = None
    every: Any = None
    batch_size: Any = None
    epochs: Any = None
    rows: str | Iterable[str] | None = None
    shuffle: bool = False
    seed: Any = None
    until_loss: Any = None
    until_gradient: Any = None
    until_change: Any = None
    max_loss: Any = None


def shown(number: float) -> str:
    """A number in a message: 0.001, 1e-6."""
    return re.sub(r"e([+-])0?", lambda sign: f"e{sign[1].strip('+')}", f"{number:g}")


LARGEST = sys.float_info.max


class Setting(NamedTuple):
    """A number that a rule or a schedule works with: what it is, and which numbers it may be."""

    says: str
    symbol: str  # how it is written in formulas
    least: float = 0.0
    most: float = inf
    whole: bool = False
    included: bool = True  # `least` itself

    def fits(self, number: float) -> bool:
        """Whether it may be this number."""
        above = number >= self.least if self.included else number > self.least
        return above and number <= min(self.most, LARGEST) and not (self.whole and number % 1)

    @property
    def bounds(self) -> str:
        """Which numbers it may be, in words."""
        what = "a whole number" if self.whole else "a number"
        if self.most < inf:
            return f"{what} from {shown(self.least)} to below 1"
        return f"{what} {'of at least' if self.included else 'above'} {shown(self.least)}"


USUAL_STEPS = 100  # where nothing says when to stop
STEPS_WITH_A_GOAL = 100_000  # where something else does
# What ends a descent, with the least that it may be; the last one is no goal.
LEAST: Mapping[str, float] = MappingProxyType(
    {"until_loss": -inf, "until_gradient": 0.0, "until_change": 0.0, "max_loss": -inf}
)
LIMITS = tuple(LEAST)
GOALS = LIMITS[:-1]

BELOW_1 = 1 - 2**-53  # the largest float below 1
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "lr": Setting("the learning rate", "η", included=False),
        "momentum": Setting("how much of the velocity is kept", "μ", most=BELOW_1),
        "alpha": Setting("how much of the mean of squares is kept", "α", most=BELOW_1),
        "beta1": Setting("how much of the mean of gradients is kept", "β₁", most=BELOW_1),
        "beta2": Setting("how much of the mean of squares is kept", "β₂", most=BELOW_1),
        "eps": Setting("what is added to the denominator", "ε"),
        "weight_decay": Setting("how strongly parameters are drawn to 0", "λ"),
        "gamma": Setting("what the rate is multiplied by", "γ", included=False),
        "every": Setting("the updates between two steps of the rate", "every", 1.0, whole=True),
    }
)
