"""How a local derivative is found by hand: what its row says, in the names of the nodes.

For w*x by w that is the product rule, w × ∂x/∂w + x × ∂w/∂w, and then w × 0 + x × 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backtrace.lazy import sympy as sp
from backtrace.ops import FUNCTIONS, Elementwise
from backtrace.ops.named import exact
from backtrace.ops.params import written
from backtrace.ops.rows import Differential
from backtrace.ops.structural import renamed
from backtrace.render.derivations.model import TIMES
from backtrace.symbolic import called_in, text

MOST_INPUTS = 6  # of one operation that sympy is asked about
LONGEST = 60  # characters of a definition, and of a derivative that stands for itself
ALONE = re.compile(r" · d[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Applied:
    """An elementwise operation on inputs of these labels; `constants` says which are literals.

    `v` is the label of the output.
    """

    op: Elementwise
    labels: Sequence[str]
    v: str
    params: Mapping[str, Any]
    constants: Sequence[bool]
    at_kink: bool = False


@dataclass(frozen=True, slots=True)
class Forms:
    """The steps between ∂v/∂x and what the row states, each a program in the language.

    `definition` is what the operation is a name for. `differentiated` has the derivatives of the
    inputs in it, and `inserted` has them as numbers; an empty one is not written.
    """

    rule: str
    definition: str = ""
    differentiated: str = ""
    inserted: str = ""
    others: tuple[int, ...] = ()  # the inputs that are held constant there


def forms(applied: Applied, slot: int, derivatives: Sequence[str] = ()) -> Forms:
    """The steps for one input, in the labels of the nodes.

    `derivatives` has ∂input/∂x for every input; without it they stand as numbers only.
    """
    names = applied.op.names(len(applied.labels))
    found = _meant(applied, names, slot)
    if found is None:
        return _by_formula(applied, slot)
    given = dict(zip(names, map(_grouped, applied.labels), strict=True)) | {"v": applied.v}
    given |= {name: _grouped(written(value)) for name, value in applied.params.items()}
    others = tuple(k for k, n in enumerate(names) if k != slot and _has(found.text, f"d{n}"))
    numbers = [str(int(k == slot)) for k in range(len(names))]
    template = found.text if others else ALONE.sub("", found.text)
    return Forms(
        rule=found.rule,
        definition=_filled(found.of, given),
        differentiated=_with(derivatives, found.text, names, given) if others else "",
        inserted=_with(numbers, template, names, given),
        others=others,
    )


def _with(
    derivatives: Sequence[str], template: str, names: Sequence[str], given: Mapping[str, str]
) -> str:
    """A differential with these in the place of dx, dy, …; empty where there are none."""
    if not derivatives:
        return ""
    by = dict(zip((f"d{name}" for name in names), derivatives, strict=True))
    return _filled(template, {**given, **by})


def _meant(applied: Applied, names: Sequence[str], slot: int) -> Differential | None:
    """The first differential that has this input's in it, and whose constant is one."""
    literal = {n for n, constant in zip(names, applied.constants, strict=True) if constant} | {""}
    for found in applied.op.differentials:
        if _has(found.text, f"d{names[slot]}") and found.constant in literal:
            return found
    return None


def _has(program: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", program) is not None


def _filled(program: str, names: Mapping[str, str]) -> str:
    return renamed(program, names).replace(" · ", TIMES)


def _grouped(label: str) -> str:
    return f"({label})" if label.startswith("-") else label


def _by_formula(applied: Applied, slot: int) -> Forms:
    """The definition, where the row's formula is one, and its derivative as sympy finds it."""
    op, params = applied.op, exact(applied.params)
    inputs = [sp.Symbol(f"_{k}", real=True) for k in range(len(applied.labels))]
    labels = [sp.Symbol(_grouped(label), real=True) for label in applied.labels]
    named = dict(zip(inputs, labels, strict=True))
    rule = f"derivative of {op.written}"
    twice = len(set(applied.labels)) < len(applied.labels)  # sympy would make one of the two
    if not op.smooth or applied.at_kink or twice or len(inputs) > MOST_INPUTS:
        return Forms(rule)
    stated = op.formula(*inputs, **params)
    definition = text(stated.xreplace(named)) if op.by_name else ""
    derivative = text(sp.diff(stated, inputs[slot]).xreplace(named))
    return Forms(
        rule,
        definition=definition if _is_readable(definition) else "",
        inserted=derivative if _is_readable(derivative) else "",
    )


def _is_readable(formula: str) -> bool:
    """Whether it is short, and made of what the language has: sympy knows DiracDelta."""
    return len(formula) <= LONGEST and called_in(formula) <= FUNCTIONS.keys()
