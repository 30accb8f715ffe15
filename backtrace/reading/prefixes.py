"""Functions pasted with the prefix of their library: honoured where they mean the same there.

`np.log(x)`, `torch.nn.functional.gelu(x)` and `math.log(x, 2)` are read; `np.max(x, 0)`, whose
second argument is an axis, is refused with the spelling to use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from backtrace.errors import did_you_mean
from backtrace.graph import NAMED_CONSTANTS
from backtrace.ops import FUNCTIONS, Elementwise
from backtrace.reading.advice import METHOD

_COMMON = (
    "exp expm1 exp2 log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh hypot floor ceil trunc"
)
_C_NAMES = "asin acos atan atan2 asinh acosh atanh"
_NUMPY = (
    f"{_COMMON} arcsin arccos arctan arctan2 arcsinh arccosh arctanh abs absolute sign square "
    "reciprocal negative power mod remainder fmod maximum minimum fmax fmin where clip round sinc "
    "logaddexp"
)
_TORCH = (
    f"{_COMMON} {_C_NAMES} arcsin arccos arctan arctan2 arcsinh arccosh arctanh abs absolute sign "
    "sgn square reciprocal rsqrt neg negative pow remainder fmod maximum minimum max min fmax fmin "
    "where clamp clip round frac sinc sigmoid relu logit erf erfc lgamma xlogy logaddexp"
).replace(" cbrt", "")
_ACTIVATIONS = (
    "relu relu6 leaky_relu elu selu celu gelu silu softplus sigmoid logsigmoid hardtanh tanh "
    "hardsigmoid hardswish prelu mish softsign tanhshrink"
)
_MATH = f"{_COMMON} {_C_NAMES} pow fmod erf erfc lgamma log"
_SYMPY = (
    f"exp log sqrt cbrt sin cos tan sec csc cot sinh cosh tanh sech csch coth {_C_NAMES} acot asec "
    "acsc Abs sign floor ceiling Max Min Mod Pow erf erfc loggamma"
)


def _same(names: str, **other: str) -> Mapping[str, str]:
    return MappingProxyType({name: name for name in names.split()} | other)


# "log/1": only the first of our rows of that name (numpy's log has no base).
PREFIXES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "math": _same(_MATH, fabs="abs"),
        "np": _same(_NUMPY, log="log/1", fabs="abs", rint="round"),
        "torch": _same(_TORCH, log="log/1"),
        "F": _same(_ACTIVATIONS),
        "sp": _same(_SYMPY, Pow="pow"),
    }
)
LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "math": "math",
        "np": "np",
        "numpy": "np",
        "torch": "torch",
        "F": "F",
        "torch.nn.functional": "F",
        "nn.functional": "F",
        "torch.special": "torch",
        "sp": "sp",
        "sympy": "sp",
    }
)
# What is spelled alike there and means something else: the advice that is given.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "np.max": "numpy's max takes an axis; write max(a, b), or np.maximum(a, b)",
        "np.min": "numpy's min takes an axis; write min(a, b), or np.minimum(a, b)",
        "np.heaviside": "heaviside has no derivative; write where(x > 0, 1, 0)",
        "torch.heaviside": "heaviside has no derivative; write where(x > 0, 1, 0)",
        "torch.tensor": "write the number alone, or bind it to a name",
        "np.array": "write the number alone, or bind it to a name",
    }
)


class Meaning(NamedTuple):
    """What a dotted name stands for: a function's rows, or, without rows, a constant."""

    name: str
    rows: tuple[Elementwise, ...]


def lookup(path: Sequence[str]) -> Meaning | str:
    """What a dotted name means, or the text that says why it is refused."""
    *prefix, member = path
    library = LIBRARIES.get(".".join(prefix))
    if library is None:
        return METHOD
    written = ".".join(path)
    if member in NAMED_CONSTANTS and library != "F":
        return Meaning(member, ())
    ours, _, arguments = PREFIXES[library].get(member, "").partition("/")
    if not ours:
        advice = ELSEWHERE.get(f"{library}.{member}")
        return advice or f"{written} is not known{did_you_mean(member, FUNCTIONS)}"
    rows = FUNCTIONS[ours]
    return Meaning(ours, rows[: int(arguments)] if arguments else rows)
