"""What must hold of one operation on certain inputs; each check fails with both numbers."""

from __future__ import annotations

import operator
import warnings
from itertools import product as combinations
from typing import Any

import numpy as np
import pytest
from structural_table import (
    Case,
    cases_of,
    evaluated,
    product,
    products,
    read_only,
    same,
    upstream,
    value_of,
)

from backtrace.crosscheck.engine import torch_function
from backtrace.ops import Composite, Structural
from backtrace.ops.axes import Misfit, Shape
from backtrace.ops.rows import Value
from backtrace.passes import active_nodes, backward, forward, settled, unbroadcast
from backtrace.reading import read


def foretells(case: Case, shape: Shape) -> bool:
    """Whether `shape` gives this shape: at most so many entries if indices decide, as in x[a:b]."""
    foretold = case.row.shape(*case.shapes, **case.params)
    assert all(isinstance(n, int) for n in foretold)
    if foretold == shape or case.row.indices_from is None:
        return foretold == shape
    return len(foretold) == len(shape) and all(map(operator.le, shape, foretold))


def assert_foretold(case: Case) -> None:
    """Fail unless value and gradients have their shapes, or a misfit says what is wrong."""
    try:
        case.row.shape(*case.shapes, **case.params)
        value = value_of(case)
    except Misfit as misfit:
        assert str(misfit)
        return
    assert foretells(case, np.shape(value))
    for ours, x in zip(products(case, upstream(case)), case.inputs, strict=True):
        assert np.shape(ours) == np.shape(x)


def assert_slope(case: Case) -> None:
    """Fail where the vjp is not what differences give."""
    g, v = upstream(case), value_of(case)
    for slot in case.slots:
        ours = product(case, slot, g, v)
        slopes = np.zeros(np.shape(case.inputs[slot]))
        for place in np.ndindex(slopes.shape):
            step = 6e-6 * max(1.0, abs(case.inputs[slot][place]))
            rise = value_of(moved(case, slot, place, step)) - value_of(
                moved(case, slot, place, -step)
            )
            slopes[place] = np.sum(g * rise) / (2 * step)
        assert same(ours, slopes, rtol=1e-6, atol=1e-7), f"input {slot}: {ours}, slopes {slopes}"


def moved(case: Case, slot: int, place: tuple[int, ...], step: float) -> Case:
    """The case with one entry of one input changed."""
    inputs = list(case.inputs)
    changed = np.array(inputs[slot])
    changed[place] += step
    inputs[slot] = read_only(changed)
    return case._replace(inputs=tuple(inputs))


def assert_rules(case: Case) -> None:
    """Fail where the text of a rule computes something else than the vjp."""
    g, v = upstream(case), value_of(case)
    for slot in case.slots:
        text = case.row.rule(slot, case.shapes, case.params)
        assert text.strip(": ")
        if not text.startswith(":"):
            found = evaluated(text, case.names(g=g, v=v))
            shape = np.shape(case.inputs[slot])
            stretched = np.broadcast_to(found, np.broadcast_shapes(np.shape(found), shape))
            ours = product(case, slot, g, v)
            assert same(unbroadcast(stretched, shape), ours), f"{text} is {found}, vjp {ours}"


def assert_definition(case: Case) -> None:
    """Fail where a definition has another value or gradient than its row."""
    assert isinstance(case.row, Composite)
    bindings = case.names()
    graph = read(case.row.definition(*case.shapes, **case.params), bound=bindings.keys())
    assert graph.variables.keys() <= bindings.keys()
    values = forward(graph, bindings)
    graph = settled(graph, values)
    assert same(values[graph.output], value_of(case))
    g = upstream(case)
    adjoints = backward(graph, values, active_nodes(graph, graph.variables.values()), g)
    names = list(bindings)
    for slot, ours in enumerate(products(case, g)):
        index = graph.variables.get(names[slot])
        theirs = None if index is None or slot not in case.slots else adjoints[index]
        assert same(ours, np.zeros(np.shape(ours)) if theirs is None else theirs), names[slot]


def torch_run(case: Case, g: Value) -> tuple[Value, list[Value]]:
    """Value and gradients of a row's operation by torch autograd."""
    torch = pytest.importorskip("torch")
    tensors = [
        torch.tensor(x, dtype=torch.float64, requires_grad=not case.row.is_index(slot))
        for slot, x in enumerate(case.inputs)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a divisor n - 1 = 0
        value = torch_function(case.row, torch)(*tensors, **case.params)
    wanted = [t for t in tensors if t.requires_grad]
    gradients: Any = [None] * len(wanted)
    if value.requires_grad:
        seed = torch.tensor(g, dtype=torch.float64)
        gradients = torch.autograd.grad(value, wanted, seed, allow_unused=True)
    given = iter(gradients)
    found = [next(given) if t.requires_grad else None for t in tensors]
    pairs = zip(found, case.inputs, strict=True)
    numbers = [np.zeros(np.shape(x)) if t is None else t.numpy() for t, x in pairs]
    return value.detach().double().numpy(), numbers


def assert_torch(case: Case, g: Value) -> None:
    """Fail where value or gradients are not torch's."""
    value, gradients = value_of(case), products(case, g)
    their_value, their_gradients = torch_run(case, g)
    assert same(value, their_value), f"value {value}, torch {their_value}"
    for slot, (ours, theirs) in enumerate(zip(gradients, their_gradients, strict=True)):
        assert same(ours, theirs), f"gradient {slot} of {g}: {ours}, torch {theirs}"


def assert_strides(case: Case) -> None:
    """Fail where the numbers depend on how they lie in memory, or have changed afterwards."""
    g, value = upstream(case), value_of(case)
    expected = products(case, g)
    for change in (by_columns, every_other, backwards):
        other, arrives = case.with_inputs(change), read_only(change(g))
        assert same(value_of(other), value)
        for ours, theirs in zip(products(other, arrives), expected, strict=True):
            assert same(ours, theirs)
        for x, unchanged in zip((*other.inputs, arrives), (*case.inputs, g), strict=True):
            assert np.array_equal(x, unchanged, equal_nan=True)
    ones = np.broadcast_to(1.0, np.shape(value))[()]
    for ours, theirs in zip(products(case, ones), products(case, ones.copy()), strict=True):
        assert same(ours, theirs)


def by_columns(x: Value) -> Value:
    """The same numbers, stored column by column."""
    return np.array(x, order="F")


def every_other(x: Value) -> Value:
    """The same numbers with others between them."""
    return np.repeat(x, 2, axis=-1)[..., ::2] if np.ndim(x) else x


def backwards(x: Value) -> Value:
    """The same numbers, stored from the last to the first."""
    return np.flip(np.flip(x).copy())


def assert_carries(row: Structural) -> None:
    """Fail where an inf or nan goes into an operation and only finite numbers come out."""
    for case in cases_of(row, "samples"):
        for slot in range(len(case.inputs)):
            if not row.is_index(slot):
                places = np.ndindex(np.shape(case.inputs[slot]))
                for place, bad in combinations(places, (np.inf, -np.inf, np.nan)):
                    value = value_of(moved(case, slot, place, bad))
                    assert not np.all(np.isfinite(value)), f"{bad} in {case.inputs[slot]}"
