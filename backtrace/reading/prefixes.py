"""Functions pasted with the prefix of their library: honoured where they mean the same there.

`np.log(x)`, `torch.nn.functional.gelu(x)` and `math.log(x, 2)` are read; `np.max(x, 0)`, whose
second argument is an axis, is refused with the spelling to use. A function of the table is taken
to mean the same in every library that spells it the same; the exceptions are listed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from backtrace.graph import NAMED_CONSTANTS
from backtrace.ops import FUNCTIONS, Elementwise
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
        "np.linalg": "np",
        "numpy.linalg": "np",
        "jnp.linalg": "np",
        "torch.linalg": "torch",
        "sp": "sympy",
        "sympy": "sympy",
    }
)
ROOTS = frozenset(path.partition(".")[0] for path in LIBRARIES)
AXIS = (
    "{1}.{0} with a second argument gives values and places, or compares two tensors: write"
    " {0}(x, axis=0), or {0}(a, b)"
)
NORM = "of a matrix an order or an axis means another norm there; write norm(x, ord, axis)"
EXTREMES = ("maximum", "minimum")
CHOICE = "a jump has no derivative; write where(x > 0, 1, 0)"
NUMBER = "write the number or the list alone, or bind it to a name"
# What is spelled alike there and means something else: the advice that is given.
ELSEWHERE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "math": {"remainder": "it rounds to the nearest multiple; write x % y, or fmod(x, y)"},
        "np": {
            "heaviside": CHOICE,
            "array": NUMBER,
        },
        "torch": {
            "heaviside": CHOICE,
            "tensor": NUMBER,
            "layer_norm": "a shape comes second there; write layer_norm(x), or weight and bias",
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
# Functions that take fewer arguments there, of a library or of one part of it, and what to write
# instead of more; without advice another argument would be an output array, or a shape.
SHORTER: Mapping[tuple[str, str], tuple[int, str]] = MappingProxyType(
    {
        **{(library, "log"): (1, "") for library in ("np", "torch")},
        **{(library, name): (2, "") for library in ("np", "torch") for name in EXTREMES},
        **{("torch", name): (1, AXIS.format(name, "torch")) for name in ("max", "min")},
        **{(f"{library}.linalg", "norm"): (1, NORM) for library in ("np", "torch")},
    }
)
OF_NUMBERS = frozenset({"math", "sympy"})  # what they have of arrays is of other arrays
# What is called otherwise here, and the params whose defaults are others there.
CALLED: Mapping[str, Mapping[str, str]] = MappingProxyType({"np": {"max": "amax", "min": "amin"}})
DEFAULTS: Mapping[str, Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {"np": {name: {"correction": 0.0} for name in ("var", "std")}}
)


def lookup(path: Sequence[str]) -> Function | str:
    """What a dotted name means, or the text that says why it is refused.

    A constant is a function without rows.
    """
    *prefix, member = path
    written = ".".join(path)
    library = LIBRARIES.get(".".join(prefix))
    if library is None:
        rows = FUNCTIONS.get(member)
        known = f"{written} is not known; write"
        return f"{known} {rows[0].written}(x)" if rows else METHOD.format(written)
    if member in NAMED_CONSTANTS:
        return Function(member)
    if member in ELSEWHERE[library]:
        return f"{written} is not the {member} of this language: {ELSEWHERE[library][member]}"
    called = CALLED.get(library, {}).get(member, member)
    if called not in FUNCTIONS:
        return unknown_function(member)
    rows = FUNCTIONS[called]
    if library in OF_NUMBERS:
        rows = tuple(row for row in rows if isinstance(row, Elementwise))
        if not rows:
            return f"{written} is another function there; write {called}(x), without the prefix"
    part = library + (".linalg" if prefix[-1] == "linalg" else "")
    most, advice = SHORTER.get((library, member)) or SHORTER.get((part, member)) or (None, "")
    defaults = DEFAULTS.get(library, {}).get(member, {})
    return Function(called, rows, most, advice, defaults)
