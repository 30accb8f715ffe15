"""Functions pasted with the prefix of their library: honoured where they mean the same there.

`np.log(x)`, `torch.nn.functional.gelu(x)` and `math.log(x, 2)` are read; `np.max(x, 0)`, whose
second argument is an axis, is refused with the spelling to use. A function of the table is taken
to mean the same in every library that spells it the same; the exceptions are listed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from backtrace.graph import NAMED_CONSTANTS
from backtrace.ops import FUNCTIONS
from backtrace.reading.advice import METHOD, unknown_function
from backtrace.reading.calls import Function

LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "math": "math",
        "np": "np",
        "numpy": "np",
        "jnp": "np",
        "torch": "torch",
        "torch.special": "torch",
        "F": "torch",
        "torch.nn.functional": "torch",
        "nn.functional": "torch",
        "sp": "sympy",
        "sympy": "sympy",
    }
)
AXIS = "its 2nd argument may be an axis; write {0}(a, b), or {1}.{0}imum(a, b)"
CHOICE = "a jump has no derivative; write where(x > 0, 1, 0)"
NUMBER = "write the number alone, or bind it to a name"
# What is spelled alike there and means something else: the advice that is given.
ELSEWHERE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "math": {"remainder": "it rounds to the nearest multiple; write x % y, or fmod(x, y)"},
        "np": {
            "max": AXIS.format("max", "np"),
            "min": AXIS.format("min", "np"),
            "heaviside": CHOICE,
            "array": NUMBER,
        },
        "torch": {
            "max": AXIS.format("max", "torch"),
            "min": AXIS.format("min", "torch"),
            "heaviside": CHOICE,
            "tensor": NUMBER,
        },
        "sympy": {
            "sinc": "it is sin(x)/x there; write sinc(x/pi)",
            "frac": "it is x - floor(x) there; write that",
            "Heaviside": CHOICE,
            **dict.fromkeys(("div", "trunc"), "it is of polynomials there"),
            **dict.fromkeys(("maximum", "minimum"), "it is of functions on sets there"),
        },
    }
)
# Functions that take more arguments here than there, where another would be an output array.
MOST_ARGUMENTS: Mapping[str, int] = MappingProxyType({"log": 1, "maximum": 2, "minimum": 2})


def lookup(path: Sequence[str]) -> Function | str:
    """What a dotted name means, or the text that says why it is refused.

    A constant is a function without rows.
    """
    *prefix, member = path
    written = ".".join(path)
    library = LIBRARIES.get(".".join(prefix))
    if library is None:
        rows = FUNCTIONS.get(member)
        return f"{written} is not known; write {rows[0].written}(x)" if rows else METHOD
    if member in NAMED_CONSTANTS:
        return Function(member)
    if member in ELSEWHERE[library]:
        return f"{written} is not the {member} of this language: {ELSEWHERE[library][member]}"
    if member not in FUNCTIONS:
        return unknown_function(member)
    most = MOST_ARGUMENTS.get(member) if library in ("np", "torch") else None
    return Function(member, FUNCTIONS[member], most)
