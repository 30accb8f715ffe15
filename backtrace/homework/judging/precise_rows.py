"""The rows of the table in mpmath: each formula and each partial derivative compiled once.

What a row states in sympy is exact, so it is what is run here; the float64 functions of the row
have rounding and overflow of their own, and are not asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from math import isnan
from typing import Any

import numpy as np

from backtrace.homework.judging.precise_limits import (
    LARGEST,
    QUICK,
    SLOW,
    UNDEFINED,
    Function,
    Number,
    Unprecise,
    limited_power,
    within,
)
from backtrace.lazy import sympy as sp
from backtrace.ops import Elementwise
from backtrace.ops.params import REQUIRED
from backtrace.symbolic import exact

MOST_DIGITS = 400  # that anybody asks for

MOST_INPUTS = 12  # of an operation such as max


class Machine:
    """A context of mpmath's with a precision of its own, and what has been compiled for it."""

    def __init__(self) -> None:
        import mpmath  # it comes with sympy

        self.context = mpmath.MPContext()
        self.mpf = self.context.mpf  # a class of this context alone
        self.mpf.__pow__ = limited_power(self.mpf.__pow__)
        for name, bits in QUICK.items():
            setattr(self.context, name, within(name, getattr(self.context, name), *bits))
        self._own = {name: getattr(self.context, name) for name in _public(self.context)}
        self._failures = (MemoryError, NotImplementedError, self.context.NoConvergence)
        self._compiled: dict[tuple[Any, ...], Function] = {}
        self._slow: dict[Elementwise, bool] = {}
        self._constants: dict[tuple[str, int], Number] = {}

    # -- numbers

    def number(self, value: Any) -> Number:
        """The exact value of a float64; what an earlier pass has given stays what it is."""
        if type(value) is self.mpf:
            return value
        return UNDEFINED if value is None or isnan(value) else self.mpf(value)

    def param(self, value: float) -> Number:
        """A param as it is written: 0.01 is 1/100, as in `ops.named.exact`."""
        return self.mpf(repr(float(value)))

    def constant(self, text: str) -> Number:
        """A literal or a named constant to the last digit of the precision; inf is itself."""
        key = text, self.context.prec
        if key not in self._constants:
            if len(self._constants) > LARGEST:
                self._constants.clear()
            self._constants[key] = self._to_the_last_digit(exact(text))
        return self._constants[key]

    def _to_the_last_digit(self, value: Any) -> Number:
        if value.is_Rational:
            return self.mpf(value.p) / value.q
        if not value.is_number:  # nan
            return UNDEFINED
        if value.is_infinite:
            return self.context.inf
        return self.context.make_mpf(sp.N(value, self.context.dps + 5)._mpf_)

    def checked(self, value: Any) -> Number:
        """What an operation has given, as a real number or UNDEFINED.

        Raises Unprecise for one that is beyond LARGEST. One as near to 0 is not made 0: what is
        divided by it, or compared with another such number, would then be wrong.
        """
        if type(value) is not self.mpf:
            if value is UNDEFINED or type(value) is self.context.mpc:
                return UNDEFINED
            value = self.mpf(value)  # a whole number, or a constant such as pi
        _, mantissa, exponent, bits = value._mpf_
        if not mantissa:
            return UNDEFINED if exponent else value  # inf and nan have a mantissa of 0
        if -LARGEST < exponent + bits < LARGEST:
            return value
        raise Unprecise(f"a number beyond 2**{LARGEST}, or nearer to 0 than 2**-{LARGEST}")

    # -- operations

    def forward(self, op: Elementwise, arity: int) -> Function:
        """The formula of a row: of the inputs and the values of its params."""
        key = op, arity
        found = self._compiled.get(key)
        if found is None:
            found = self._keep(key, self._guarded(op, *_stated(op, arity, None)))
            self._warm(op, arity, found)
        return found

    def is_slow(self, op: Elementwise) -> bool:
        """Whether an operation is made of functions that take milliseconds at 400 digits."""
        if op not in self._slow:
            inputs = [sp.Symbol(f"x{k}", real=True) for k in range(len(op.inputs))]
            params = {name: sp.Symbol(f"p{k}", real=True) for k, name in enumerate(op.params)}
            formula = sp.sympify(op.formula(*inputs, **params))
            self._slow[op] = bool(formula.has(*(getattr(sp, name) for name in SLOW)))
        return self._slow[op]

    def _warm(self, op: Elementwise, arity: int, function: Function) -> None:
        """Run a new function once: the first lgamma of 400 digits takes 0.15 s, later ones 1 ms."""
        point, params = op.domain.samples[0], op.params.values()
        if len(point) != arity or any(value is REQUIRED for value in params):
            return
        before, self.context.dps = self.context.dps, MOST_DIGITS
        with suppress(Unprecise):
            function(*map(self.mpf, point), *map(self.param, params))
        self.context.dps = before

    def product(self, op: Elementwise, arity: int, slot: int) -> Function:
        """upstream × local: of the upstream gradient, the inputs, the output and the params.

        None, upstream or as the answer, means that nothing arrives: where an operation selects,
        the inputs that were not selected get nothing, whatever is undefined further on.
        """
        key = op, arity, slot
        return self._compiled.get(key) or self._keep(key, self._edge(op, arity, slot))

    def _edge(self, op: Elementwise, arity: int, slot: int) -> Function:
        symbols, formula = _stated(op, arity, slot)
        local_of = self._guarded(op, symbols, formula)
        always = int(formula) if formula.is_Integer else None  # the derivative of a sum is 1
        checked, is_blocked = self.checked, _blocked(op, arity, slot)

        def product(upstream: Number | None, *arguments: Number) -> Number | None:
            if upstream is None:
                return None
            if arguments[arity] is UNDEFINED:  # where there is no value there is no derivative
                return UNDEFINED
            if always == 1:
                return upstream
            local = local_of(*arguments) if always is None else always
            if local is UNDEFINED:
                return UNDEFINED
            if local == 0 and is_blocked(arguments):
                return None
            return checked(upstream * local)

        return product

    def _lambdified(self, symbols: list[Any], formula: Any) -> Function:
        rows = [
            f for f in formula.atoms(sp.Function) if not (f.__module__ or "").startswith("sympy.")
        ]
        formula = formula.xreplace({row: sp.expand_func(row) for row in rows})
        function: Function = sp.lambdify(symbols, formula, modules=[self._own, "mpmath"])
        return function

    def _guarded(self, op: Elementwise, symbols: list[Any], formula: Any) -> Function:
        function = self._lambdified(symbols, formula)
        checked, failures = self.checked, self._failures

        def run(*inputs: Number) -> Number:
            try:
                return checked(function(*inputs))
            except (ArithmeticError, ValueError, TypeError, NameError) as error:
                if isinstance(error, NameError | OverflowError):
                    raise Unprecise(f"{op.written} cannot be run: {error}") from None
                return UNDEFINED  # a pole, something complex compared, or UNDEFINED in a function
            except failures as error:
                raise Unprecise(f"{op.written} cannot be run: {error}") from None

        return run

    def _keep(self, key: tuple[Any, ...], function: Function) -> Function:
        self._compiled[key] = function
        return function


def _stated(op: Elementwise, arity: int, slot: int | None) -> tuple[list[Any], Any]:
    """The formula of a row with its symbols, or the partial derivative of a slot."""
    if arity > MOST_INPUTS:  # sympy compares each with each: 4 s for Max of 70
        raise Unprecise(f"more than {MOST_INPUTS} inputs")
    symbols = [sp.Symbol(f"x{k}", real=True) for k in range(arity)]
    params = {name: sp.Symbol(f"p{k}", real=True) for k, name in enumerate(op.params)}
    if slot is None:
        formula = op.formula(*symbols, **params)
    else:
        symbols.append(sp.Symbol("v", real=True))
        formula = op.partials(*symbols, **params)[slot]
    return [*symbols, *params.values()], sp.sympify(formula)


def _blocked(op: Elementwise, arity: int, slot: int) -> Callable[[tuple[Number, ...]], bool]:
    """Where the row's own mask blocks, which asks in float64; only for a local derivative of 0.

    x**2 has the derivative 0 at 0 and does not block there: of sqrt(x)**2 it is undefined.
    """
    mask = op.mask(slot)

    def is_blocked(arguments: tuple[Number, ...]) -> bool:
        if mask is None:
            return False
        rounded = [np.float64(np.nan if x is UNDEFINED else float(x)) for x in arguments]
        with np.errstate(all="ignore"):
            given = rounded[: arity + 1]
            return bool(mask(*given, **dict(zip(op.params, rounded[arity + 1 :], strict=True))))

    return is_blocked


def _public(context: Any) -> list[str]:
    return [n for n in dir(context) if not n.startswith("_") and n not in ("prec", "dps")]


_LOCAL = threading.local()


def machine(digits: int) -> Machine:
    """This thread's machine, set to a number of digits; mpmath's own precision is left alone."""
    if not hasattr(_LOCAL, "machine"):
        _LOCAL.machine = Machine()
    found: Machine = _LOCAL.machine
    found.context.dps = digits
    return found
