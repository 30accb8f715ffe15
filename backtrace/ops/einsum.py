"""einsum: sums of products over named axes, einsum("ij,jk->ik", A, B).

Its gradient is an einsum again, with the letters of the result and of an input exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backtrace.ops import params as kinds
from backtrace.ops.axes import MOST_ELEMENTS, Misfit, Shape
from backtrace.ops.params import REQUIRED, axes_written
from backtrace.ops.rows import Domain, EachInput, Value
from backtrace.ops.structural import Params, Structural, at

SQUARE = [[1.0, -2.0], [0.5, 3.0]]
WIDE = [[2.0, 1.0, -1.0], [0.3, 4.0, 0.7]]
CHEAPEST = ("greedy", MOST_ELEMENTS)  # the order of the products, and the most entries in between


class Equation(NamedTuple):
    """The letters of the axes: of every input, and of the result."""

    terms: tuple[str, ...]
    result: str

    def back(self, slot: int) -> Equation:
        """The equation of the gradient of an input, without the axes that nothing else has.

        Its first input is the gradient of the result, the others are the other inputs.
        """
        others = (self.result, *self.terms[:slot], *self.terms[slot + 1 :])
        known = "".join(others)
        kept = dict.fromkeys(letter for letter in self.terms[slot] if letter in known)
        return Equation(others, "".join(kept))

    def __str__(self) -> str:
        return f"{','.join(self.terms)}->{self.result}"


@lru_cache(maxsize=256)
def parsed(equation: str) -> Equation:
    """An equation read: "ij,jk" means "ij,jk->ik". Raises Misfit."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    for character in left.replace(",", "") + right:
        if character == ".":
            raise Misfit('einsum reads no "..." here: give every axis a letter')
        if not (character.isascii() and character.isalpha()):
            raise Misfit(f'an einsum is written like "ij,jk->ik", without {character!r}')
    terms = tuple(left.split(","))
    letters = "".join(terms)
    if not arrow:
        right = "".join(sorted(a for a in set(letters) if letters.count(a) == 1))
    for letter in right:
        if letter not in letters:
            raise Misfit(f"the axis {letter} of the result is an axis of no input")
        if right.count(letter) > 1:
            raise Misfit(f"the axis {letter} stands twice in the result")
    return Equation(terms, right)


def _shape(*x: Shape, equation: str) -> Shape:
    terms, result = parsed(equation)
    if len(terms) != len(x):
        inputs = "1 input" if len(terms) == 1 else f"{len(terms)} inputs"
        raise Misfit(f"the equation {equation!r} is for {inputs}, not for {len(x)}")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, x, strict=True):
        if len(term) != len(shape):
            raise Misfit(f"{term!r} names {len(term)} axes of an input that has {len(shape)}")
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Misfit(f"the axis {letter} has size {sizes[letter]} and also {size}")
    return tuple(sizes[letter] for letter in result)


def _product(equation: Equation, inputs: Sequence[Value]) -> Value:
    return np.einsum(str(equation), *inputs, optimize=CHEAPEST if len(inputs) > 1 else False)


def _back(slot: int, g: Value, *x_and_v: Value, equation: str) -> Value:
    *x, _ = x_and_v
    own, back = parsed(equation).terms[slot], parsed(equation).back(slot)
    product = _product(back, [g, *x[:slot], *x[slot + 1 :]])
    axes = "".join(dict.fromkeys(own))
    sizes = dict(zip(own, np.shape(x[slot]), strict=True))
    product = np.reshape(product, [sizes[a] if a in back.result else 1 for a in axes])
    if axes == own:
        return np.broadcast_to(product, np.shape(x[slot]))
    gradient = np.zeros(np.shape(x[slot]))
    np.einsum(f"{own}->{axes}", gradient)[...] = product  # a view of the diagonal
    return gradient


def _rule(slot: int, *x: Shape, equation: str) -> str:
    own, back = parsed(equation).terms[slot], parsed(equation).back(slot)
    others = [f"x{k + 1}" for k in range(len(x)) if k != slot]
    if len(set(own)) < len(own):
        return f":{_program(back, others)} on the diagonal, 0 elsewhere"
    missing = tuple(k for k, letter in enumerate(own) if letter not in back.result)
    if not missing or not back.result:
        return _program(back, others)
    return f"unsqueeze({_program(back, others)}, {axes_written(missing)})"


def _program(back: Equation, others: Sequence[str]) -> str:
    """The equation of a gradient as a program, without an einsum where a product is one."""
    first, *terms = back.terms
    if all(term in ("", back.result) for term in back.terms):
        return "*".join(["g", *others])
    if first == "":
        return f'g*einsum("{Equation(tuple(terms), back.result)}", {", ".join(others)})'
    return f'einsum("{back}", {", ".join(["g", *others])})'


def _shown(labels: Sequence[str], params: Params) -> str:
    return f'einsum("{params["equation"]}", {", ".join(labels)})'


ROWS = (
    Structural(
        name="einsum",
        two_paths=True,  # torch contracts pair by pair: where inf arrives, 0 × inf is nan earlier
        inputs=("*x",),
        params={"equation": REQUIRED},
        kinds={"equation": kinds.text},
        shape=_shape,
        forward=lambda *x, equation: _product(parsed(equation), x),
        vjp=EachInput(_back),
        rules=_rule,
        torch="torch.einsum(equation, *x)",
        show=_shown,
        notes="every axis has a letter; axes with one letter must have one size, also size 1",
        domain=Domain(
            samples=(
                at(SQUARE, WIDE, equation="ij,jk->ik"),
                at(SQUARE, WIDE, equation="ij, jk"),
                at([1.0, -2.0], [0.5, 3.0, 4.0], equation="i,j->ij"),
                at([1.0, -2.0], [0.5, 3.0], equation="i,i->"),
                at([1.0, -2.0], SQUARE, [0.5, 3.0], equation="i,ij,j->"),
                at([SQUARE, SQUARE], [WIDE, WIDE], equation="bij,bjk->bik"),
                at(WIDE, equation="ij->"),
                at(WIDE, equation="ij->j"),
                at(WIDE, equation="ij->ji"),
                at(WIDE, [1.0, -2.0], equation="ij,k->k"),
                at(2.0, WIDE, equation=",ij->ji"),
                at(SQUARE, equation="ii->i"),
                at(SQUARE, equation="ii"),
                at(SQUARE, [0.5, 2.0], equation="ii,i->"),
                at([SQUARE, SQUARE], equation="bii->b"),
            ),
            edges=(
                at([[1.0, np.inf], [np.nan, 1.0]], equation="ii->i"),
                at([np.inf, 1.0], [0.0, 1.0], equation="i,i->i"),
                at([], [1.0, 2.0], equation="i,j->j"),
                at(2.0, equation="->"),
            ),
        ),
    ),
)
