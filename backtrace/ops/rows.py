"""What a row of the operation table holds.

A row is every fact about one operation; nothing outside its row knows it by name. The tests
iterate the rows, so a new row is tested by existing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backtrace.ops.named import exact, named
from backtrace.ops.params import REQUIRED, written

# A value of a node: numpy's own scalar for 0-d (immutable, IEEE rules), else a read-only array.
Value: TypeAlias = Any
Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, ...]

# How one input is differentiated: a number where the derivative is that number everywhere, a
# function of (*inputs, v, **params) with v the output, or None where no gradient can pass.
Local: TypeAlias = float | Callable[..., Value] | None
# Where no gradient passes although the upstream is inf or nan: a function as above, of booleans.
Mask: TypeAlias = Callable[..., Value] | None

# Making a class takes a third longer with eq and repr, which nobody needs of these, and every
# start of the command line waits for it.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Domain:
    """Where an operation is defined, and where it has a value but no derivative.

    `defined` and `kink` are functions of (*inputs, **params) in numpy that answer with booleans;
    a point is undefined, or defined but not smooth (a kink), or fine.
    """

    needs: str = ""  # what an input must be, as in "log needs a number above 0"
    defined: Callable[..., Value] | None = None
    kink: Callable[..., Value] | None = None
    samples: tuple[Any, ...]  # ordinary points, for the tests: Point, or At of arrays
    kinks: tuple[Any, ...] = ()  # points where `kink` holds
    edges: tuple[Any, ...] = ()  # awkward points that are no kinks: poles, overflow, 0**0, nan


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EachInput:
    """The same rule for every input of an operation that takes any number of them.

    Stands where a tuple with one entry an input stands in other rows; `rule` is called with the
    slot before the other arguments.
    """

    rule: Callable[..., Value]

    def __getitem__(self, slot: int) -> Callable[..., Value]:
        return lambda *values, **params: self.rule(slot, *values, **params)


class Slip(NamedTuple):
    """A well-known wrong form of the derivative by an input: what students write instead.

    Slips that can be made with any operation, such as another sign or a factor of 2, are none,
    unless the operation is known for them: cos' is often given as sin.
    """

    slot: int  # the input
    code: str  # the kind of mistake, as in backtrace.homework.verdicts.MISTAKES
    # The wrong local derivative, as a program in the names of the inputs, the params and v, the
    # output; of an operation on whole arrays a wrong rule, as `Structural.rules` has right ones.
    text: str | Callable[..., str]

    def program(self, shapes: Sequence[tuple[int, ...]], params: Mapping[str, Any]) -> str:
        """The wrong form for inputs of these shapes, as text."""
        return self.text(*shapes, **params) if callable(self.text) else self.text


class Differential(NamedTuple):
    """How a derivative is found by hand: the name of the rule, and what it makes of the operation.

    The text is the differential of the output as a program in the names of the inputs, the params
    and v, with dx for the differential of x: `x · dy + y · dx`. A row may have several: for an
    input the first is meant that has its differential.
    """

    rule: str  # "product rule"
    text: str
    of: str = ""  # what the rule is applied to, where the operation is a name for it
    constant: str = ""  # only where this input is a literal


def where_local_is_zero(rule: Local) -> Mask:
    """The mask of an operation that selects: what its local derivative is 0 for, it blocks."""

    def blocked(*values: Value, **params: float) -> Value:
        return (rule(*values, **params) if callable(rule) else rule) == 0

    return blocked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False, init=False)
class Op:
    """One operation: how it is written and shown.

    Only its kinds are ever made: Elementwise, Structural and Composite.
    """

    name: str  # its key in the table, and `op` in the JSON
    inputs: tuple[str, ...]  # as in its signature; the last may be "*x": any number, or two or more
    notation: str = ""  # "{0}*{1}" for an operator; otherwise it is shown as a call
    call: str = ""  # the function's name where it is not `name` (log_base is written log(x, base))
    written_by_hand: str = ""  # where notes have no call by name: "√{0}", "|{0}|", "σ", cases "{"
    also: tuple[str, ...] = ()  # second names
    chosen_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    always_shown: tuple[str, ...] = ()  # the params that are shown even where they are the default
    allowed: Callable[..., str] | None = None  # of (**params): what is wrong with them, or ""
    by_keyword: bool = False  # by position an earlier row is meant, so it is shown clamp(x, max=0)
    two_paths: bool = False  # torch sums two paths: an infinite upstream gives inf - inf = nan
    forward: Callable[..., Value]  # numpy: (*inputs, **params)
    slips: tuple[Slip, ...] = ()  # the well-known wrong forms of its derivatives
    torch: str  # "torch.log", or an expression in the names of the inputs and params
    domain: Domain
    convention: str = ""  # what the derivative is at a kink, and why: "relu'(0) = 0: …"
    notes: str = ""  # what else a user should know: another definition elsewhere, a threshold

    # Whether inf or nan in an input makes the output, or some entry of it, inf or nan.
    carries: bool = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def variadic(self) -> bool:
        """Whether it takes any number of inputs."""
        return self.inputs[-1].startswith("*")

    def passes(self, slot: int) -> bool:
        """Whether a gradient can pass to an input."""
        raise NotImplementedError  # every kind of row says so

    def at_kink(self, inputs: Sequence[Value], params: Mapping[str, Any]) -> bool:
        """Whether it has a value here and no derivative, at one entry of the inputs at least."""
        kink = self.domain.kink
        with np.errstate(all="ignore"):
            return kink is not None and bool(np.any(kink(*inputs, **params)))

    @property
    def depends_on_shapes(self) -> bool:
        """Whether another row is meant for inputs of some shapes."""
        return False

    def is_index(self, slot: int) -> bool:  # noqa: ARG002  (a row of whole arrays may say yes)
        """Whether an input holds indices or classes, which are whole numbers."""
        return False

    def names(self, arity: int) -> list[str]:
        """What its inputs are called in its rules; x1, x2, … where there may be any number."""
        fixed = [name for name in self.inputs if not name.startswith("*")]
        last = self.inputs[-1].lstrip("*")
        return [*fixed, *(f"{last}{k + 1}" for k in range(arity - len(fixed)))]

    @property
    def written(self) -> str:
        """The name a user calls it by."""
        return self.call or self.name

    def shown(self, labels: Sequence[str], params: Mapping[str, Any]) -> str:
        """The operation applied to inputs of these names, as text in the language."""
        if self.notation:
            return self.notation.format(*(f"({s})" if s.startswith("-") else s for s in labels))
        return self.as_call(labels, params)

    def as_call(self, labels: Sequence[str], params: Mapping[str, Any]) -> str:
        """The operation as a call: `clamp(x, 0, 1)`, `sum(x, axis=0)`, `reshape(x, (2, 3))`."""
        shown = {k: v for k, v in params.items() if k in self.always_shown or v != self.params[k]}
        return self._call(
            labels,
            [
                written(v) if self._goes_by_place(k) else f"{k}={written(v)}"
                for k, v in shown.items()
            ],
        )

    def signature(self, names: Sequence[str]) -> str:
        """How it is called on inputs of these names: `sum(x, axis=None)`, `max(x, axis=…)`."""
        texts = {k: "…" if v is REQUIRED else written(v) for k, v in self.params.items()}
        return self._call(
            [*names, "…"] if self.variadic else names,
            [k if self._goes_by_place(k) else f"{k}={text}" for k, text in texts.items()],
        )

    def _goes_by_place(self, param: str) -> bool:
        """Whether a param is written without its name, as one that must be given is."""
        return self.params[param] is REQUIRED and not self.by_keyword

    def _call(self, labels: Sequence[str], params: Sequence[str]) -> str:
        if self.by_keyword and not self.params:
            first, *others = zip(self.inputs, labels, strict=True)
            labels = [first[1], *(f"{name}={label}" for name, label in others)]
        chosen = [f'{k}="{v}"' for k, v in self.chosen_by.items()]
        return f"{self.written}({', '.join([*labels, *params, *chosen])})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Elementwise(Op):
    """An operation on numbers, applied entry by entry to arrays.

    Two derivatives stand side by side: `partials` is the textbook form that is shown, `local` is
    torch's form that is computed (compiled from sympy, x/y overflows at (1e300, 1e200), and
    sigmoid(-800) is nan). The tests hold them equal.
    """

    formula: Callable[..., Any]  # sympy: (*inputs, **params)
    partials: Callable[..., tuple[Any, ...]]  # sympy: (*inputs, v, **params), v the output
    local: tuple[Local, ...] | EachInput  # numpy, one an input
    # True: every zero local derivative blocks. Where nothing blocks, inf × 0 is nan, as in torch.
    masks: bool | tuple[Mask, ...] | EachInput = False
    # The same for a page that computes it again in a browser: expressions in the names of the
    # inputs, the params and v, and in the functions of render/page/rows.js. First the forward, then
    # the local derivative by every input, empty where no gradient passes; the masks stand here
    # where the row has its own. Of any number of inputs `x` is the list and `own` the one.
    javascript: tuple[str, ...] = ()
    javascript_masks: tuple[str, ...] = ()
    javascript_kink: str = ""  # its domain's `kink`
    differentials: tuple[Differential, ...] = ()  # none: "derivative of log", from `formula`
    smooth: bool = True  # False: `formula` has no derivative that sympy could give
    by_name: bool = False  # in longer formulas it stands as sigmoid(x), not as its formula

    def passes(self, slot: int) -> bool:
        """Whether a gradient can pass to an input."""
        return self.local[slot] is not None

    def applied(self, *inputs: Any, **params: float) -> Any:
        """The operation as a term of a longer sympy formula: `sigmoid(x)`, `log(x)/log(base)`."""
        if self.by_name:
            return named(self, tuple({**self.params, **params}.items()))(*inputs)
        return self.formula(*inputs, **exact(params))

    def mask(self, slot: int) -> Mask:
        """Where the edge into `slot` is blocked, or None if nothing ever is."""
        if isinstance(self.masks, tuple | EachInput):
            return self.masks[slot]
        return where_local_is_zero(self.local[slot]) if self.masks else None


def overloads(rows: Iterable[Op]) -> dict[str, tuple[Op, ...]]:
    """The rows by every name a user may write, in table order where several share one."""
    found: dict[str, tuple[Op, ...]] = {}
    for row in rows:
        for name in (row.written, *row.also):
            found[name] = (*found.get(name, ()), row)
    return found


def pick(condition: Value, yes: Value, no: Value) -> Value:
    """`yes` where the condition holds, else `no`; a scalar stays numpy's own scalar."""
    if type(condition) is np.bool_:  # of numbers; and x**2 on an array, where only 2 is asked about
        chosen, other = (yes, no) if condition else (no, yes)
        if isinstance(chosen, np.ndarray) and np.ndim(other) == 0:
            return chosen
    found: Value = np.where(condition, yes, no)
    return found[()]


def select(blocked: Value, product: Value) -> Value:
    """`product`, with 0 where it is blocked; a scalar stays numpy's own scalar."""
    return pick(blocked, 0.0, product)
