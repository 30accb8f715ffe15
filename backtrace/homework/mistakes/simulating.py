"""Every mistake that students are known to make, made on purpose for one derivative.

Each generator makes one kind of mistake wherever the graph offers it, as numbers at all sample
points. Who finds an answer among them knows what happened, and at which step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations

import numpy as np

from backtrace.errors import BacktraceError
from backtrace.graph import Constant
from backtrace.homework.mistakes import rules
from backtrace.homework.mistakes.paths import Edge, Paths, Rule, nothing
from backtrace.homework.mistakes.wording import Words
from backtrace.homework.problems.problem import Problem
from backtrace.ops import Elementwise
from backtrace.ops.rows import Array

MOST_PAIRS = 300  # of edges left out together
MOST_EDGES = 40  # of a derivative whose mistakes are simulated; of others the first ones


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """One wrong answer: what happened, and its numbers at all sample points.

    `text` says it when it is asked, since formulas are slow.
    """

    code: str
    text: Callable[[], str]
    values: Array


Found = Iterator[Mistake]


def simulated(problem: Problem, of: int, by: int) -> Found:
    """Every mistake for ∂of/∂by, also such as happen to be right."""
    paths = Paths(problem.sampled, of, by)
    words = Words(paths)
    for generate in GENERATORS:
        for mistake in generate(paths, words):
            # it is told of many students
            yield Mistake(mistake.code, cache(mistake.text), mistake.values)


def _swept(paths: Paths, code: str, text: Callable[[], str], changed: Mapping[Edge, Rule]) -> Found:
    try:
        yield Mistake(code, text, paths.swept(changed))
    except (ValueError, BacktraceError):
        return  # it does not fit these shapes, so nobody makes it here


def _edges(paths: Paths) -> Iterator[Edge]:
    """The edges at which something can go wrong."""
    return (e for e in paths.edges[:MOST_EDGES] if not paths.is_one(e))


# -- what goes wrong on one edge


def signs(paths: Paths, words: Words) -> Found:
    """The sign of the whole, or of one of several paths."""
    yield Mistake("sign", words.whole_sign, -paths.swept({}))
    for e in paths.edges[:MOST_EDGES]:
        yield from _swept(paths, "sign", partial(words.sign, e), {e: rules.with_other_sign})


def left_out(paths: Paths, words: Words) -> Found:
    """One local derivative left out."""
    for e in _edges(paths):
        yield from _swept(paths, "missing-local", partial(words.left_out, e), {e: rules.left_out})


def missing_paths(paths: Paths, words: Words) -> Found:
    """One of several paths left out, or only one of them taken."""
    for into in (*paths.inner, paths.by):
        uses = [e for e in paths.edges if e.into == into]
        if len(uses) < 2 or len(uses) > MOST_EDGES:
            continue
        for e in uses:
            yield from _swept(paths, "missing-path", partial(words.path, e), {e: nothing})
            if len(uses) > 2:
                others = {other: nothing for other in uses if other != e}
                yield from _swept(paths, "missing-path", partial(words.only_path, e), others)


def squared(paths: Paths, words: Words) -> Found:
    """One local derivative multiplied in twice."""
    for e in _edges(paths):
        yield from _swept(paths, "inner-twice", partial(words.twice, e), {e: rules.twice})


def added(paths: Paths, words: Words) -> Found:
    """Upstream and local derivative added instead of multiplied."""
    for e in paths.edges[:MOST_EDGES]:
        if e.via != paths.of:  # at the output the upstream is 1
            yield from _swept(
                paths, "sum-instead-of-product", partial(words.added, e), {e: rules.added}
            )


def sums(paths: Paths, words: Words) -> Found:
    """The gradient that arrives at a node and what follows it added instead of multiplied."""
    for index in paths.inner[:MOST_EDGES]:
        try:
            upstream = Paths(paths.sampled, paths.of, index).swept({})
            values = upstream + Paths(paths.sampled, index, paths.by).swept({})
        except ValueError:
            continue
        text = partial(words.both_added, index)
        yield Mistake("sum-instead-of-product", text, values)


def values_for_locals(paths: Paths, words: Words) -> Found:
    """The value of an operation taken for its derivative: sigmoid' = sigmoid."""
    for e in paths.edges[:MOST_EDGES]:
        text = partial(words.value_for_local, e)
        yield from _swept(paths, "wrong-local", text, {e: rules.value_of(e)})


def slips(paths: Paths, words: Words) -> Found:
    """The well-known wrong forms of a derivative, from the rows of the operations."""
    for e in paths.edges[:MOST_EDGES]:
        for slip in paths.graph.applied(e.via).op.slips:
            if slip.slot == e.slot:
                rule = rules.of_slip(paths.graph, e, slip)
                text = partial(words.slip, e, slip)
                yield from _swept(paths, slip.code, text, {e: rule})


def outer_at_inner(paths: Paths, words: Words) -> Found:
    """f'(x) in the place of f'(g(x)): the outer derivative at the wrong place."""
    graph = paths.graph
    for e in paths.edges[:MOST_EDGES]:
        node, inner = graph.applied(e.via), graph.nodes[e.into]
        deeper = [d.into for d in paths.edges if d.via == e.into]
        if len(node.inputs) != 1 or len(deeper) != 1 or isinstance(inner, Constant):
            continue
        rule = rules.local_at(graph, e, deeper[0])
        if rule is None:
            continue
        text = partial(words.outer_at_inner, e, deeper[0])
        yield from _swept(paths, "wrong-local", text, {e: rule})


# -- what goes wrong on several edges


def products(paths: Paths, words: Words) -> Found:
    """The derivatives of both factors multiplied, where the product rule has a sum."""
    graph, sampled = paths.graph, paths.sampled
    if not sampled.at_once:
        return
    for via in dict.fromkeys(e.via for e in paths.edges):
        node = graph.applied(via)
        uses = [e for e in paths.edges if e.via == via]
        if not (len(uses) == len(node.inputs) == 2 and isinstance(node.op, Elementwise)):
            continue
        rest = paths.swept(dict.fromkeys(uses, nothing))
        upstream = Paths(sampled, paths.of, via).swept({})
        inner = [Paths(sampled, e.into, paths.by).swept({}) for e in uses]
        with np.errstate(all="ignore"):
            together = node.op.forward(*inner, **dict(node.params))
        text = partial(words.product, via)
        yield Mistake("product-of-derivatives", text, rest + upstream * together)


def several_left_out(paths: Paths, words: Words) -> Found:
    """Two local derivatives left out together."""
    edges = list(_edges(paths))
    pairs = list(combinations(edges, 2))
    for pair in pairs[:MOST_PAIRS]:
        changed = dict.fromkeys(pair, rules.left_out)
        yield from _swept(paths, "several-missing", partial(words.several, pair), changed)
    if len(edges) > 2:
        changed = dict.fromkeys(edges[1:], rules.left_out)
        yield from _swept(paths, "several-missing", partial(words.several, edges[1:]), changed)


def factors(paths: Paths, words: Words) -> Found:
    """A factor 2, or a number of the program, too many or too few."""
    right = paths.swept({})
    numbers = {float(n.value) for n in paths.graph.nodes if isinstance(n, Constant)}
    for number in sorted({2.0, *numbers} - {0.0, 1.0, -1.0}):
        if np.isfinite(number):
            yield Mistake("constant-factor", partial(words.factor, number), right * number)
            yield Mistake("constant-factor", partial(words.factor, 1 / number), right / number)


# -- something else that is right, but was not asked for


def upstreams(paths: Paths, words: Words) -> Found:
    """The upstream gradient at a node on the way."""
    for index in paths.inner[:MOST_EDGES]:
        values = Paths(paths.sampled, paths.of, index).swept({})
        yield Mistake("upstream-only", partial(words.upstream, index), values)


def others(paths: Paths, words: Words) -> Found:
    """The derivative by another variable."""
    for index in paths.graph.variables.values():
        if index not in (paths.by, paths.of):
            values = Paths(paths.sampled, paths.of, index).swept({})
            yield Mistake("wrong-variable", partial(words.other, index), values)


def transposed(paths: Paths, words: Words) -> Found:
    """A matrix as the gradient of its transpose."""
    right = paths.swept({})
    if right.ndim == 3:
        yield Mistake("transposed", words.transposed, np.swapaxes(right, 1, 2))


def local_derivatives(paths: Paths, words: Words) -> Found:
    """A derivative of a step on the way, instead of the whole."""
    for index in paths.inner[:MOST_EDGES]:
        try:
            values = Paths(paths.sampled, index, paths.by).swept({})
        except ValueError:
            continue
        yield Mistake("local-instead-of-gradient", partial(words.local, index), values)
    for e in _edges(paths):
        is_upstream = e.via == paths.of and e.into != paths.by
        if paths.locals[e][0] is not None and not is_upstream:
            text = partial(words.local_of_edge, e)
            yield Mistake("local-instead-of-gradient", text, paths.local(e))


def whole_values(paths: Paths, words: Words) -> Found:
    """The value of a node."""
    for index in dict.fromkeys((paths.of, *paths.inner[:MOST_EDGES], paths.by)):
        values = paths.sampled.stacked([v[index] for v in paths.sampled.passes])
        yield Mistake("value-instead-of-derivative", partial(words.value, index), values)


GENERATORS: tuple[Callable[[Paths, Words], Found], ...] = (
    signs,
    left_out,
    missing_paths,
    factors,
    slips,
    values_for_locals,
    outer_at_inner,
    products,
    added,
    sums,
    squared,
    several_left_out,
    others,
    transposed,
    upstreams,
    local_derivatives,
    whole_values,
)
