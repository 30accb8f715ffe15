"""What is said of an answer: its state, the codes of its mistakes, and a point that shows them.

States and codes are stable: courses sort by them and give marks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from backtrace.render.notebook import Types

Value: TypeAlias = Any  # a float or an array, as in ops.rows; help does without numpy

DIGITS, MOST_DIGITS = 3, 17  # that a number must have, unless something else is asked for

State: TypeAlias = Literal[
    "correct",
    "follow-through",  # right, given the student's own earlier answer, which is wrong
    "precision",  # right as far as it goes, with too few digits
    "wrong",
    "missing",
    "unreadable",
    "undecided",
    "skipped",
]
STATES: tuple[State, ...] = get_args(State)

# The mistakes that are told apart, likeliest first: several may give the same formula.
MISTAKES: Mapping[str, str] = MappingProxyType(
    {
        "sign": "the sign is the other one",
        "missing-local": "a local derivative on the path is left out",
        "missing-path": "a path of a variable that is used more than once is left out",
        "extra-path": "a path is counted twice",
        "constant-factor": "a constant factor is wrong",
        "kept-exponent": "the power rule without lowering the exponent",
        "quotient-sign": "the quotient rule with the wrong sign",
        "wrong-local": "a local derivative has a well-known wrong form",
        "product-of-derivatives": "the derivatives are multiplied instead of the product rule",
        "sum-instead-of-product": "upstream and local derivative are added, not multiplied",
        "inner-twice": "a local derivative is multiplied in twice",
        "input-for-output": "the input stands where the output belongs",
        "several-missing": "several local derivatives on the path are left out",
        "wrong-variable": "this is the derivative by another variable",
        "transposed": "a matrix, or the whole answer, is transposed",
        "domain": "right for some values only",
        "rounded-constant": "a number in it is rounded",
        "numbers-too-early": "right at the problem's own point only",
        "extra-factor": "a factor too many",
        "upstream-only": "this is the upstream gradient",
        "local-instead-of-gradient": "this is a local derivative, not the whole gradient",
        "value-instead-of-derivative": "this is a value, not a derivative",
        "no-path": "it does not depend on what it is differentiated by",
    }
)

# What else a verdict may have for a code, with its state.
REASONS: Mapping[str, tuple[State, str]] = MappingProxyType(
    {
        "unexplained": ("wrong", "no known mistake gives it"),
        "wrong-value": ("wrong", "the forward value is another one"),
        "shape": ("wrong", "the answer has another shape"),
        "form": ("wrong", "a formula was asked for, or a number"),
        "too-few-digits": ("precision", "right, with too few digits"),
        "from-earlier": ("follow-through", "right, from a wrong beginning"),
        "no-answer": ("missing", "there is no answer"),
        "syntax": ("unreadable", "it cannot be read"),
        "unknown-name": ("unreadable", "it has a name that the problem does not have"),
        "too-long": ("unreadable", "it is too long, or would take too much memory"),
        "shapes": ("unreadable", "the shapes of what is in it do not combine"),
        "not-latex": ("unreadable", "LaTeX that is not read"),
        "too-few-points": ("undecided", "defined at too few of the sample points"),
        "too-close": ("undecided", "the numbers do not decide"),
        "failed": ("undecided", "judging it failed; a person has to look"),
        "unknown-claim": ("skipped", "the assignment has no such problem or claim"),
    }
)


def meaning(code: str) -> str:
    """What a code says, in words."""
    return MISTAKES[code] if code in MISTAKES else REASONS[code][1]


@dataclass(frozen=True, slots=True, eq=False)
class Counterexample:
    """A point where a claim is wrong: the values of the variables there, and three numbers."""

    point: Mapping[str, Value]
    yours: Value | None  # None: undefined there
    right: Value
    differences: Value | None  # central differences, which know nothing of the other two
    quantity: str = "derivative"  # or "value": what is right
    entry: tuple[int, ...] = ()  # of an array: the one entry that the numbers are of

    def __eq__(self, other: object) -> bool:
        """Whether all numbers are the same; == of arrays would be an array."""
        if not isinstance(other, Counterexample):
            return NotImplemented
        return repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash((self.quantity, self.entry))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one claim.

    `codes` has every mistake that gives the same numbers, likeliest first, and `message` has each
    of them literally.
    """

    claim: str  # as it was typed
    state: State
    message: str = ""
    codes: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    read_as: str = ""  # how it was understood, where that is not literal
    notes: tuple[str, ...] = ()  # warnings: weak points, ambiguities
    together: bool = False  # the codes are of mistakes made together, not of one or another
    hint: str = ""  # the message without what would give the answer away, where that is another

    @property
    def code(self) -> str:
        """The likeliest mistake, or the reason of another state; empty where it is correct."""
        return self.codes[0] if self.codes else ""

    @property
    def is_right(self) -> bool:
        """Whether nothing is to be mended."""
        return self.state in ("correct", "follow-through")

    def __bool__(self) -> bool:
        """Whether it is correct."""
        return self.state == "correct"

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> dict[str, str]:
        """What a notebook shows: the claim with its mark, and what is wrong with it."""
        from backtrace.render.notebook import bundle, of_verdict

        return bundle(of_verdict(self), include, exclude)

    def __str__(self) -> str:
        return f"{self.state}: {self.claim}" + (f"\n{self.message}" if self.message else "")
