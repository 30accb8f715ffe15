"""Operations on whole arrays in mpmath: object arrays whose entries are numbers of a machine.

Forward a structural row's own numpy function runs, and for a composite one its definition. Backward
the rule runs that the row states as a program, which the tests of the rows hold equal to the one
that is computed in float64. Where a float64 array comes out, digits were lost, and it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, reduce
from math import inf, nan, prod
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from backtrace.graph import Apply, Graph
from backtrace.homework.judging.precise_limits import UNDEFINED, Number, Unprecise
from backtrace.homework.judging.precise_rows import Machine
from backtrace.ops import Composite, Structural
from backtrace.ops.axes import Shape, broadcast
from backtrace.ops.structural import sentence
from backtrace.passes import meant
from backtrace.reading import read

Entries: TypeAlias = Any  # a number, or an object array of them
# Runs a graph at such values and gives that of its output.
Run: TypeAlias = Callable[[Graph, Mapping[str, Entries]], Entries]
MOST_ENTRIES = 400  # of one value; an exponential of each takes 0.01 s
MOST_PRODUCTS = 250_000  # of entries of all inputs; a sum of them takes 0.5 s

# What numpy cannot ask of objects, or work out; of UNDEFINED nobody can.
OF_ENTRIES: Mapping[Any, Callable[[Number], Any]] = MappingProxyType(
    {
        np.isnan: lambda x: bool(x != x),  # noqa: PLR0124
        np.isinf: lambda x: bool(abs(x) == inf),
        np.isfinite: lambda x: bool(abs(x) < inf),
        np.exp: lambda x: x.context.exp(x),
        np.log: lambda x: x.context.log(x),
    }
)

program = lru_cache(maxsize=1024)(read)


class Numbers(np.ndarray[Any, np.dtype[Any]]):
    """An object array that knows a few functions more than numpy has for objects."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """The ufunc of plain arrays, or its stand-in."""
        plain = [x.view(np.ndarray) if isinstance(x, Numbers) else x for x in inputs]
        if ufunc in OF_ENTRIES:
            found = as_array(np.frompyfunc(OF_ENTRIES[ufunc], 1, 1)(*plain))
            found = found.astype(bool) if "?" in ufunc.types[0] else found
        else:
            found = as_array(getattr(ufunc, method)(*plain, **options))
        return found.view(Numbers) if found.dtype == object else found


def require_few(shape: Shape) -> None:
    """Raise Unprecise for an array that would take too long."""
    if prod(shape) > MOST_ENTRIES:
        raise Unprecise(f"more than {MOST_ENTRIES} entries in an array")


def every(function: Callable[..., Any], *arguments: Entries) -> Entries:
    """A function of numbers, entry by entry with broadcasting."""
    require_few(broadcast(*map(np.shape, arguments)))
    return np.frompyfunc(function, len(arguments), 1)(*arguments)


def filled(shape: Shape, number: Any) -> Entries:
    """A number in every place of a shape."""
    if not shape:
        return number
    array = np.empty(shape, dtype=object)
    array.fill(number)
    return array


def forward(machine: Machine, node: Apply, inputs: Sequence[Entries], run: Run) -> Entries:
    """The value of a structural node."""
    op, params = meant(node, [np.shape(x) for x in inputs]), dict(node.params)
    shapes = [np.shape(x) for x in inputs]
    shape = op.shape(*shapes, **params)
    require_few(shape)
    if prod(map(np.size, inputs)) > MOST_PRODUCTS:  # as "i,j->" in einsum takes them
        raise Unprecise(f"more than {MOST_PRODUCTS} products of entries")
    if isinstance(op, Composite):
        definition = program(op.definition(*shapes, **params), op.inputs)
        return run(definition, dict(zip(op.inputs, inputs, strict=True)))
    arrays = [_indices(x) if op.is_index(k) else as_array(x) for k, x in enumerate(inputs)]
    return _computed(machine, op, partial(op.forward, **params), arrays, shape)


def product(
    machine: Machine,
    node: Apply,
    slot: int,
    arguments: Sequence[Entries],  # the inputs and the output
    upstream: Entries,
    run: Run,
) -> Entries:
    """What an input of a structural node gets, before broadcasting is undone."""
    *inputs, v = arguments
    shapes, params = [np.shape(x) for x in inputs], dict(node.params)
    op = meant(node, shapes)
    if v is UNDEFINED:
        return filled(shapes[slot], UNDEFINED)
    rule = op.rule(slot, shapes, params)
    if sentence(rule) is None:
        names = [*op.names(len(inputs)), "v", "g"]
        bindings = dict(zip(names, [*arguments, upstream], strict=True))
        gradient = run(program(rule, tuple(names)), bindings)
        return every(lambda entry, _: entry, gradient, inputs[slot])
    if op.moves and slot == 0:
        return _moved_back(op, inputs, params, upstream)
    vjp = op.vjp[slot]
    assert vjp is not None
    arrays = [_indices(x) if op.is_index(k) else as_array(x) for k, x in enumerate(inputs)]
    function = partial(vjp, **params)
    return _computed(
        machine, op, function, [as_array(upstream), *arrays, as_array(v)], shapes[slot]
    )


def _computed(
    machine: Machine,
    op: Structural,
    function: Callable[..., Any],
    arrays: Sequence[Any],
    shape: Shape,
) -> Entries:
    """A row's numpy function of object arrays."""
    try:
        with np.errstate(all="ignore"):
            found = as_array(function(*(a.view(Numbers) for a in arrays))).view(np.ndarray)
    except Unprecise:
        raise
    except Exception as error:  # numpy has no such function of objects, and says so in many ways
        entries = (entry for array in arrays for entry in array.flat)
        if isinstance(error, ZeroDivisionError) or any(x is UNDEFINED for x in entries):
            return filled(shape, UNDEFINED)
        raise Unprecise(f"{op.written} cannot be run: {error}") from error
    if found.dtype != object and any(array.dtype == object for array in arrays):
        raise Unprecise(f"{op.written} is computed in float64")
    return every(machine.checked, found)


def _moved_back(
    op: Structural, inputs: Sequence[Entries], params: Mapping[str, Any], upstream: Entries
) -> Entries:
    """The gradient of an operation that only moves entries: the places of its input are moved."""
    shape = np.shape(inputs[0])
    places = np.arange(prod(shape)).reshape(shape)
    moved = op.forward(places, *map(_indices, inputs[1:]), **params)
    gradient = filled((prod(shape),), None)
    for place, g in zip(np.ravel(moved), as_array(upstream).flat, strict=True):
        gradient[place] = together(gradient[place], g)
    return gradient.reshape(shape)[()]


def as_array(value: Any) -> Any:
    """A value as an array, which has a shape, also of one number."""
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _indices(value: Entries) -> Any:
    """Indices and classes, which are whole numbers, in float64."""
    found = np.asarray(every(lambda x: nan if x is UNDEFINED else float(x), value), np.float64)
    if not np.all(np.isfinite(found)):
        raise Unprecise("an index is undefined")
    return found


# -- gradients


def together(one: Number | None, other: Number | None) -> Number | None:
    """The sum of two contributions; None: nothing arrives."""
    if one is None:
        return other
    return one if other is None else one + other


def unbroadcast(gradient: Entries, shape: Shape) -> Entries:
    """`gradient` summed over every axis that broadcasting had stretched, as in the passes."""
    found = as_array(gradient)
    while found.ndim > len(shape):
        found = _summed(found, 0)
    for axis, size in enumerate(shape):
        if size == 1 and found.shape[axis] != 1:
            found = np.expand_dims(_summed(found, axis), axis)
    return found[()]


def _summed(array: Any, axis: int) -> Any:
    parts = np.moveaxis(array, axis, 0)
    if len(parts) == 0:
        return as_array(filled(parts.shape[1:], None))
    return as_array(reduce(lambda a, b: every(together, a, b), parts))
