"""How strictly an answer is taken."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias, get_args

from backtrace.errors import UsageError
from backtrace.homework.verdicts import DIGITS, MOST_DIGITS

Form: TypeAlias = Literal["formula", "number", "either"]  # what an answer has to be


@dataclass(frozen=True, slots=True)
class Terms:
    """How strictly an answer is taken.

    `digits` are the significant digits that a number must have at least. `rtol` and `atol` replace
    the rule of half a unit in the last digit.
    """

    digits: int = DIGITS
    rtol: float | None = None
    atol: float | None = None
    form: Form = "either"

    def __post_init__(self) -> None:
        """Raise UsageError for what is no such number or form."""
        if self.digits not in range(1, MOST_DIGITS + 1):
            raise UsageError(f"digits is a whole number, 1 to {MOST_DIGITS}, not {self.digits!r}")
        for name, number in (("rtol", self.rtol), ("atol", self.atol)):
            if number is not None and not _is_tolerance(number):
                raise UsageError(f"{name} is a number of at least 0, not {number!r}")
        if self.form not in get_args(Form):
            raise UsageError(f"form is {' or '.join(get_args(Form))}, not {self.form!r}")


def _is_tolerance(number: object) -> bool:
    return isinstance(number, int | float) and 0 <= number < inf


USUAL = Terms()
