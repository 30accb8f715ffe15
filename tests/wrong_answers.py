"""Wrong answers as students write them: texts in the names of a program's own nodes.

A right answer is the sum over all paths of the products of the local derivatives on each. What
students do wrong is done to that text, and never to numbers: so these answers know nothing of how
the mistakes are found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

import backtrace
from backtrace.graph import Apply, Constant, Graph
from backtrace.homework.answers.targets import known_names
from backtrace.homework.problems.comparing import Booleans
from backtrace.ops.rows import Array
from backtrace.symbolic import local_text

MOST_PATHS = 9
# Wrong forms of a local derivative in x, y and the value v: (input, code, form)
CLASSIC: Mapping[str, Sequence[tuple[int, str, str]]] = {
    "mul": [(0, "wrong-local", "x"), (1, "wrong-local", "y")],
    "div": [
        (0, "wrong-local", "1/x"),
        (1, "quotient-sign", "x/y**2"),
        (1, "wrong-local", "-x/y"),
    ],
    "sub": [(1, "sign", "1")],
    "exp": [(0, "input-for-output", "x"), (0, "wrong-local", "x*exp(x - 1)")],
    "log": [(0, "wrong-local", "v")],
    "sin": [(0, "sign", "-cos(x)"), (0, "wrong-local", "sin(x)")],
    "cos": [(0, "sign", "sin(x)"), (0, "wrong-local", "cos(x)")],
    "tan": [(0, "wrong-local", "sec(x)"), (0, "wrong-local", "tan(x)**2")],
    "sec": [(0, "wrong-local", "tan(x)")],
    "cot": [(0, "sign", "csc(x)**2")],
    "asin": [(0, "wrong-local", "1/sqrt(1 + x**2)"), (0, "wrong-local", "1/(1 - x**2)")],
    "atan": [(0, "wrong-local", "1/(1 - x**2)"), (0, "wrong-local", "1/sqrt(1 + x**2)")],
    "sqrt": [(0, "kept-exponent", "v/2"), (0, "input-for-output", "1/(2*x)")],
    "sigmoid": [
        (0, "wrong-local", "v*(1 + v)"),
        (0, "input-for-output", "x*(1 - x)"),
        (0, "wrong-local", "v"),
    ],
    "tanh": [
        (0, "wrong-local", "1 - v"),
        (0, "input-for-output", "1 - x**2"),
        (0, "wrong-local", "1 + v**2"),
    ],
    "relu": [(0, "wrong-local", "v")],
    "abs": [(0, "wrong-local", "v")],
}  # fmt: skip
ROUNDED = {
    r"\bpi\b": "3.14",
    r"/3\b": "*0.333",
    r"/6\b": "*0.167",
    r"\blog\(2\)": "0.693",
    r"\blog\(3\)": "1.1",
    r"\blog\(4\)": "1.39",
    r"\blog\(5\)": "1.61",
    r"\blog\(10\)": "2.3",
}
OF_POWERS = [(0, "kept-exponent", "y*x**y"), (0, "wrong-local", "x**(y - 1)")]
OF_EXPONENTIALS = [(1, "wrong-local", "y*x**(y - 1)"), (1, "wrong-local", "v")]


class Edge(NamedTuple):
    """One step of the chain rule, from a node to one of its inputs."""

    via: int
    slot: int
    into: int


class Plant(NamedTuple):
    """A wrong answer, and the code of the mistake that was made."""

    code: str
    text: str


Path = tuple[Edge, ...]
ONE = "1"
AS_IT_IS: Mapping[Edge, str] = MappingProxyType({})


class Derivation:
    """One derivative of a program of numbers, written out as text."""

    def __init__(self, graph: Graph, of: int, by: int) -> None:
        self.graph, self.of, self.by = graph, of, by

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every path from the output down to the variable."""
        return tuple(self._below(self.of))

    def _below(self, node: int) -> Iterator[Path]:
        if node == self.by:
            yield ()
            return
        found = self.graph.nodes[node]
        if isinstance(found, Apply) and node > self.by:
            for slot, into in enumerate(found.inputs):
                if found.op.passes(slot):
                    for path in Derivation(self.graph, into, self.by).paths:
                        yield (Edge(node, slot, into), *path)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All edges on these paths."""
        return tuple(dict.fromkeys(e for path in self.paths for e in path))

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """The nodes between the two ends."""
        return tuple(dict.fromkeys(e.into for e in self.edges if e.into != self.by))

    def local(self, e: Edge) -> str:
        """The right local derivative."""
        return local_text(self.graph, e.via, e.slot)

    def is_one(self, e: Edge) -> bool:
        """Whether leaving the local derivative out is no mistake."""
        return self.local(e) == ONE

    def product(self, path: Iterable[Edge], changed: Mapping[Edge, str] = AS_IT_IS) -> str:
        """The local derivatives of one path."""
        factors = [changed.get(e) or self.local(e) for e in path]
        return "*".join(f"({f})" for f in factors if f != ONE) or ONE

    def written(
        self,
        changed: Mapping[Edge, str] = AS_IT_IS,
        paths: Iterable[Path] | None = None,
    ) -> str:
        """The derivative, with other texts for some edges, or without some paths."""
        taken = self.paths if paths is None else paths
        return " + ".join(self.product(path, changed) for path in taken) or "0"

    def form(self, e: Edge, form: str) -> str:
        """A wrong form in the labels of the nodes."""
        node = self.graph.nodes[e.via]
        assert isinstance(node, Apply)
        names = dict(zip("xy", (self.graph.labels[i] for i in node.inputs), strict=False))
        names["v"] = self.graph.labels[e.via]
        return re.sub(r"\b[xyv]\b", lambda m: f"({names[m[0]]})", form)


# -- the mistakes


def plants(d: Derivation) -> Iterator[Plant]:
    """Wrong answers of all kinds, also such as happen to be right."""
    right = f"({d.written()})"
    yield Plant("sign", f"-{right}")
    yield Plant("constant-factor", f"2*{right}")
    yield Plant("constant-factor", f"{right}/2")
    numbers = {n.text for n in d.graph.nodes if isinstance(n, Constant) and abs(n.value) != 1}
    for n in sorted(numbers):
        yield Plant("constant-factor", f"{right}*{n}")
        yield Plant("constant-factor", f"{right}/{n}")
    for make in (_on_one_edge, _on_paths, _products, _sums, _something_else, _in_the_text):
        yield from make(d)


def _on_one_edge(d: Derivation) -> Iterator[Plant]:
    """One local derivative is wrong wherever it is used."""
    for e in d.edges:
        yield Plant("sign", d.written({e: f"-({d.local(e)})"}))
        if not d.is_one(e):
            yield Plant("missing-local", d.written({e: ONE}))
            yield Plant("inner-twice", d.written({e: f"({d.local(e)})**2"}))
        for slot, code, form in _classic(d.graph, e.via):
            if slot == e.slot:
                yield Plant(code, d.written({e: d.form(e, form)}))


def _classic(graph: Graph, via: int) -> Sequence[tuple[int, str, str]]:
    node = graph.nodes[via]
    assert isinstance(node, Apply)
    if node.op.name == "pow":
        base, exponent = (isinstance(graph.nodes[i], Constant) for i in node.inputs)
        return OF_POWERS if exponent else OF_EXPONENTIALS if base else ()
    return CLASSIC.get(node.op.name, ())


def _on_paths(d: Derivation) -> Iterator[Plant]:
    """One path of several, or several local derivatives, are left out."""
    if len(d.paths) > 1:
        for left_out in d.paths:
            yield Plant("missing-path", d.written(paths=[p for p in d.paths if p != left_out]))
    steps = [e for e in d.edges if not d.is_one(e)]
    for pair in combinations(steps, 2):
        yield Plant("several-missing", d.written(dict.fromkeys(pair, ONE)))


def _products(d: Derivation) -> Iterator[Plant]:
    """f'*g' for the derivative of f*g, and f'/g' for that of f/g."""
    for via in dict.fromkeys(e.via for e in d.edges):
        node = d.graph.nodes[via]
        assert isinstance(node, Apply)
        if sum(e.via == via for e in d.edges) == 2 and node.op.name in ("mul", "div"):
            inner = [f"({Derivation(d.graph, i, d.by).written()})" for i in node.inputs]
            both = ("*" if node.op.name == "mul" else "/").join(inner)
            upstream = f"({Derivation(d.graph, d.of, via).written()})*({both})"
            rest = [p for p in d.paths if all(e.via != via for e in p)]
            yield Plant("product-of-derivatives", " + ".join([upstream, *map(d.product, rest)]))


def _sums(d: Derivation) -> Iterator[Plant]:
    """Upstream and local derivative added."""
    if len(d.paths) == 1:
        (path,) = d.paths
        for k in range(1, len(path)):
            text = f"{d.product(path[:k])} + {d.product(path[k:])}"
            yield Plant("sum-instead-of-product", text)


def _something_else(d: Derivation) -> Iterator[Plant]:
    """What is right, and was not asked for."""
    for index in d.inner:
        yield Plant("upstream-only", Derivation(d.graph, d.of, index).written())
        yield Plant("local-instead-of-gradient", Derivation(d.graph, index, d.by).written())
    for e in d.edges:
        if not d.is_one(e) and e.via != d.of:  # of the output it is the upstream gradient
            yield Plant("local-instead-of-gradient", d.local(e))
    for index in (d.of, *d.inner, d.by):
        yield Plant("value-instead-of-derivative", d.graph.labels[index])
    for index in d.graph.variables.values():
        other = Derivation(d.graph, d.of, index)
        if index != d.by and other.paths:
            yield Plant("wrong-variable", other.written())


def _in_the_text(d: Derivation) -> Iterator[Plant]:
    """Numbers rounded, and what holds for positive numbers only."""
    right = d.written()
    for exact, rounded in ROUNDED.items():
        if re.search(exact, right):
            yield Plant("rounded-constant", re.sub(exact, rounded, right))
    name = d.graph.labels[d.by]
    yield Plant("domain", re.sub(rf"\b{name}\b", f"sqrt({name}**2)", right))


# -- what they are worth


def derivations(program: str, bindings: Mapping[str, float]) -> Iterator[Derivation]:
    """The derivatives of a program that can be written out in its names and are not too long."""
    graph = backtrace.read(program, bindings)
    if any("·" in label for label in graph.labels):
        return
    for index in graph.variables.values():
        d = Derivation(graph, graph.output, index)
        if 0 < len(d.paths) <= MOST_PATHS and d.paths != ((),):
            yield d


class Numbers:
    """The values of a program at random points, all in one array each."""

    def __init__(self, graph: Graph, bindings: Mapping[str, float]) -> None:
        random = np.random.default_rng(5)
        points = {n: random.uniform(0.1, 2.0, 60) * _signs(random) for n in graph.variables}
        spread = {n: np.append(v, bindings[n]) for n, v in points.items()}
        self.trace = backtrace.trace(graph, spread, seed=np.ones(61))
        self.positive = np.logical_and.reduce([v > 0 for v in spread.values()])
        self.is_defined = np.isfinite(self.trace.value)
        self.scope = {n: self.trace.values[i] for n, i in known_names(graph).items()}

    def of(self, text: str) -> Array:
        """An answer at all points; the program's own point is the last."""
        wanted = set(re.findall(r"[^\W\d]\w*", text))
        scope = {n: v for n, v in self.scope.items() if n in wanted}
        value = backtrace.trace(text, scope, wrt=[], seed=1.0).value
        return np.broadcast_to(value, (61,))

    def right(self, d: Derivation) -> Array:
        """The derivative itself at all points."""
        return np.asarray(self.trace.adjoints[d.by])

    def differ(self, one: Array, other: Array) -> Booleans:
        """Where two are defined, and not the same."""
        with np.errstate(all="ignore"):
            both = self.is_defined & np.isfinite(one) & np.isfinite(other)
            return np.asarray(both) & (
                np.abs(one - other) > 1e-9 * np.maximum(np.abs(one), np.abs(other))
            )


def _signs(random: np.random.Generator) -> Array:
    """A third of the points positive throughout."""
    signs = random.choice([-1.0, 1.0], 60)
    signs[:20] = 1.0
    return signs
