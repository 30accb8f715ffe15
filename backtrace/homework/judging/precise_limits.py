"""How far numbers go in mpmath here, and what stands for those that are not there.

mpmath has no largest number, so that 9**9**9 would never end. Where a number would be too large, or
take too long, Unprecise is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

Number: TypeAlias = Any  # an mpf of the machine's own kind, or UNDEFINED
Function: TypeAlias = Callable[..., Number]

LARGEST = 2**14  # bits before the point, or zeros after it
LARGEST_EXPONENT = 64  # bits; a power takes a multiplication for each, of ever longer exponents
# Bits of the arguments below and above 0 up to which mpmath's functions take less than 10 ms at 400
# digits: those of a result that is too large anyway grow, or of a sum with a term for every unit.
QUICK: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        **dict.fromkeys(["exp", "sinh", "cosh", "sech", "csch"], (64, 64)),
        "erfc": (LARGEST, 64),
        "gamma": (1024, 1024),
        "polygamma": (8, LARGEST),
    }
)


# sympy's functions that take mpmath milliseconds at 400 digits, up to 9.
SLOW = ("gamma", "loggamma", "polygamma")


class Unprecise(Exception):  # noqa: N818  (it says what a graph is)
    """A graph cannot be run in mpmath, or a number grew too large; the text says why."""


class TooSlow(Unprecise):
    """It takes longer than anything that was written by hand; the numbers say nothing."""


class Refused(TypeError):  # noqa: N818  (as above)
    """Something undefined was asked what it is."""


class Undefined:
    """What has no value in the reals: arithmetic carries it on, and it compares with nothing."""

    def _same(self, *_: Any) -> Undefined:
        return self

    def _refuse(self, *_: Any) -> bool:
        raise Refused

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _same
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __neg__ = __abs__ = sqrt = _same
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _refuse
    __eq__ = __ne__ = _refuse
    __hash__ = None  # type: ignore[assignment]


UNDEFINED = Undefined()


def _size(x: Any) -> int:
    """The bits before the point of an mpf, or fewer than none; 0 of whatever else there is."""
    _, _, exponent, bits = getattr(x, "_mpf_", (0, 0, 0, 0))
    return int(exponent + bits)


def limited_power(power: Function) -> Function:
    """A power whose exponent is not too large."""

    def limited(base: Any, exponent: Any) -> Any:
        if type(exponent) is not int and _size(exponent) > LARGEST_EXPONENT:
            raise Unprecise(f"an exponent beyond 2**{LARGEST_EXPONENT}")
        return power(base, exponent)

    return limited


def within(name: str, function: Function, below: int, above: int) -> Function:
    """A function of mpmath's that refuses arguments with more bits."""

    def limited(*arguments: Any) -> Any:
        x = arguments[-1]
        size = _size(x)
        if size > below and (x < 0 or size > above):
            raise Unprecise(f"{name} of a number beyond 2**{below if x < 0 else above}")
        return function(*arguments)

    return limited
