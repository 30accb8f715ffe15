"""What a claim is about: the left side, `dL/dw`, `grad w` or `s`.

left   = ('d' | '∂') NODE '/' ('d' | '∂') NAME entry?    the derivative of one node by another
       | ('grad' | '∇') NAME entry? | NAME '.grad' entry? | 'd' NAME    of the output by it
       | NAME                          of a variable the same; of another node its value
entry  = '[' INTEGER (',' INTEGER)* ']'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from backtrace.errors import ReadError, Span, did_you_mean, listed, printable, shortened
from backtrace.graph import Constant, Graph
from backtrace.names import normal

_D = r"(?:[d∂δ]|\\partial)\s*"
_NAME = r"([^\s/()\[\]=]+)"
_NODE = rf"(?:\(\s*{_NAME}\s*\)|{_NAME})"
DERIVATIVE = re.compile(rf"{_D}{_NODE}\s*/\s*{_D}{_NODE}\s*(\[[^\]]*\])?")
_ENTRY = r"\s*(\[[^\]]*\])?"
_GRAD = r"(?:grad\b|gradient\b|∇_?|nabla_?)\s*"
GRADIENT = re.compile(rf"{_GRAD}{_NODE}(?:\s+{_NAME})?{_ENTRY}|{_NAME}\.grad{_ENTRY}")
SHORT = re.compile(rf"[d∂]{_NAME}")
ENTRY = re.compile(r"\[\s*(-?\d{1,9}(?:\s*,\s*-?\d{1,9})*)\s*\]")


class UnknownName(ReadError):  # noqa: N818  (as the other readings of errors.py)
    """A claim has a name that its problem does not have."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a claim is about: ∂of/∂by, or the value of `of`; nodes by index.

    `entry` is one of an array; empty: the whole.
    """

    of: int
    by: int | None = None
    entry: tuple[int, ...] = ()


@lru_cache(maxsize=256)
def known_names(graph: Graph) -> Mapping[str, int]:
    """What an answer may speak of: the variables and the nodes, by name."""
    return MappingProxyType({**_labelled(graph), **graph.names})


def read_left(text: str, graph: Graph, *, source: str | None = None) -> Target:
    """What the left side of a claim is about. Raises ReadError."""
    source = text if source is None else source
    stripped = text.strip()
    place = Span(len(text) - len(text.lstrip()), len(text.rstrip()))
    if match := DERIVATIVE.fullmatch(stripped):
        one, other, first, second, entry = match.groups()
        of = _node(one or other, graph, source, place)
        by = _node(first or second, graph, source, place, variable_first=True)
        return Target(of, by, _entry(entry, source, place))
    name = normal(stripped)
    if name in graph.variables:
        return Target(graph.output, graph.variables[name])
    if (index := _index(name, graph)) is not None:
        return Target(index)
    if match := GRADIENT.fullmatch(stripped):
        one, other, output, entry, dotted, last = match.groups()
        by = _node(one or other or dotted, graph, source, place, variable_first=True)
        of = graph.output if output is None else _node(output, graph, source, place)
        return Target(of, by, _entry(entry or last, source, place))
    if (match := SHORT.fullmatch(stripped)) and graph.asked(normal(match[1])) is not None:
        return Target(graph.output, graph.asked(normal(match[1])))
    if re.fullmatch(r"[^\W\d]\w*", stripped):
        raise unknown_name(name, graph, source, place)
    message = "the left side is a derivative, dL/dw, or a name: grad w, w or s"
    raise ReadError(message, source, place)


def label(target: Target, graph: Graph) -> str:
    """The left side of a claim in the one way it is shown: `dL/dw`, `s`."""
    name = graph.labels[target.of]
    if target.by is None:
        return name
    entry = f"[{', '.join(map(str, target.entry))}]" if target.entry else ""
    return f"d{name}/d{graph.labels[target.by]}{entry}"


def spoken(target: Target, graph: Graph) -> str:
    """The same with its signs: `∂L/∂w`, or `the value of s`."""
    if target.by is None:
        return f"the value of {graph.labels[target.of]}"
    return label(target, graph).replace("d", "∂", 1).replace("/d", "/∂", 1)


def plain_left(left: str) -> str:
    """A left side without what may be left out or written otherwise."""
    return normal(re.sub(r"[\s()]", "", left).replace("∂", "d"))


def _node(
    name: str, graph: Graph, source: str, place: Span, *, variable_first: bool = False
) -> int:
    name = normal(name)
    found = graph.asked(name) if variable_first else None
    found = _index(name, graph) if found is None else found
    if found is None:
        raise unknown_name(name, graph, source, place)
    return found


def _index(name: str, graph: Graph) -> int | None:
    """The node of a name; L is the output where nothing else is called so."""
    found = graph.names.get(name)
    if found is None:
        found = _labelled(graph).get(name)
    return graph.output if found is None and name == "L" else found


@lru_cache(maxsize=256)
def _labelled(graph: Graph) -> Mapping[str, int]:
    """The nodes that have a name in the views, v1 or s, which no literal has."""
    named = zip(graph.labels, graph.nodes, strict=True)
    return {label: i for i, (label, node) in enumerate(named) if type(node) is not Constant}


def _entry(text: str | None, source: str, place: Span) -> tuple[int, ...]:
    if not text:
        return ()
    match = ENTRY.fullmatch(text)
    if match is None:
        raise ReadError("an entry is chosen by whole numbers, as in dL/dW[0, 1]", source, place)
    return tuple(int(part) for part in match[1].split(","))


def unknown_name(name: str, graph: Graph, source: str, place: Span) -> UnknownName:
    """The error for a name that the problem does not have, with what is near."""
    known = [n for n in known_names(graph) if not re.fullmatch(r"v\d+", n)]
    if name[:1] == "d" and name[1:] in known:
        message = f"an answer speaks of variables and steps: write what d{name[1:]}/… is"
        return UnknownName(message, source, place)
    near = did_you_mean(name, known) or (f"; it has {listed(known, 8)}" if known else "")
    return UnknownName(f"the problem has no {shortened(printable(name))}{near}", source, place)
