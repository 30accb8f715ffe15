"""What a claim says: `dL/dw = 2*x*(w*x - y)` is about one derivative, and gives a formula for it.

claim  = left '=' right
left   as in targets.py
right  = one expression of the language, in the variables and nodes of the program; or LaTeX
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from backtrace.errors import ReadError, Span, printable, shortened
from backtrace.graph import Constant, Graph, Leaf
from backtrace.homework.answers.targets import (
    Target,
    known_names,
    label,
    plain_left,
    read_left,
    spoken,
    unknown_name,
)
from backtrace.reading import read

LONGEST = 10_000  # characters of one answer
MOST_STEPS = 1_000  # operations, numbers and names in it
SIGNS = re.compile(r"[(\[{)\]}]|(?<![<>=!:])=(?!=)")  # brackets, and = alone


class TooLong(ReadError):  # noqa: N818
    """A claim is longer than anybody writes by hand."""


class NotLatex(ReadError):  # noqa: N818
    """A claim is in LaTeX that is not read."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim that was read: `right` is its answer as a graph, over the nodes of the problem."""

    text: str  # as typed
    target: Target
    right: Graph
    read_as: str = ""

    @property
    def has_decimals(self) -> bool:
        """Whether a number in the answer has a decimal point, and so may be rounded."""
        return any(type(node) is Constant and "." in node.text for node in self.right.nodes)


def split(text: str) -> tuple[str, str] | None:
    """The left and the right side of a claim; None where no `=` stands between them."""
    sign = next(_signs(text), None) if "=" in text else None
    return None if sign is None else (text[:sign], text[sign + 1 :])


def _signs(text: str) -> Iterator[int]:
    """Where `=` stands outside of brackets: that of sum(x, axis=0) is no claim's."""
    depth = 0
    for found in SIGNS.finditer(text):
        if found[0] != "=":
            depth += 1 if found[0] in "([{" else -1
        elif depth <= 0:
            yield found.start()


def read_claim(text: str, graph: Graph) -> Claim:
    """A whole claim, `dL/dw = 2*s*x`, about the nodes of a graph.

    Raises ReadError: UnknownName or TooLong where that is the matter.
    """
    given, readings = _taken(text, graph)
    sides = split(given)
    if sides is None:
        message = "a claim says what is what, as in dL/dw = 2*x or s = -1: there is no = in it"
        raise ReadError(message, given, Span(0, len(given)))
    left, right = sides
    start = len(left) + 1
    target = read_left(left, graph, source=given)
    answer = _read_right(right, target, graph, given, start)
    meant = label(target, graph)
    if meant != plain_left(left):
        readings.append(f"{spoken(target, graph)} for {shortened(printable(left.strip()))}")
    return Claim(text, target, answer, _echo(readings, answer))


def read_answer(text: str, target: Target, graph: Graph) -> Claim:
    """An answer alone, to a claim whose left side is known; it may repeat the left side."""
    given, readings = _taken(text, graph)
    sides = split(given)
    start = 0
    if sides is not None:
        if read_left(sides[0], graph, source=given) != target:
            about = shortened(printable(sides[0].strip()))
            message = f"this is about {about}, and {label(target, graph)} was asked for"
            raise ReadError(message, given, Span(0, len(sides[0])))
        start = len(sides[0]) + 1
    answer = _read_right(given[start:], target, graph, given, start)
    return Claim(text, target, answer, _echo(readings, answer))


def read_free(text: str, target: Target, graph: Graph) -> Claim:
    """An answer in any names, the graph's or others. Raises ReadError."""
    given, readings = _taken(text, graph)
    answer = read_formula(given, graph.variables)
    return Claim(text, target, answer, _echo(readings, answer))


def _taken(text: str, graph: Graph) -> tuple[str, list[str]]:
    """What somebody wrote, in the language, and how LaTeX was read. Raises ReadError."""
    if len(text) > LONGEST:
        raise TooLong(f"an answer has at most {LONGEST:,} characters, and this has {len(text):,}")
    return _without_latex(text, graph)


def _echo(readings: list[str], answer: Graph) -> str:
    """How a claim was understood, where that is not literal."""
    return "; ".join([*readings, *(text.removeprefix("read as ") for text in answer.readings)])


def _without_latex(text: str, graph: Graph) -> tuple[str, list[str]]:
    """A text in the language, and how it was read."""
    if "\\" not in text and "{" not in text and "$" not in text:
        return text, []
    from backtrace.homework.answers.latex import from_latex, is_latex

    if not is_latex(text):
        return text, []
    try:
        given = from_latex(text, known_names(graph))
    except ReadError as error:
        raise NotLatex(error.message, error.source, error.span) from None
    return given, [given]


def left_of(text: str, graph: Graph) -> str:
    """A left side that stands alone, in the language and not in LaTeX."""
    return _without_latex(text, graph)[0]


# -- the right side


def _read_right(text: str, target: Target, graph: Graph, source: str, start: int) -> Graph:
    """An answer as a graph whose variables are nodes of the problem."""
    known = known_names(graph)
    advice = "nothing stands after the =" if not text.strip() else _advice(text)
    if advice:
        raise ReadError(advice, source, Span(start, max(start + 1, len(source))))
    if start and (second := next(_signs(text), None)) is not None:
        where = Span(start + second, start + second + 1)
        raise ReadError("a claim has one =: leave the steps between out", source, where)
    try:
        found = read_formula(text, known)
    except ReadError as error:
        span = error.span or Span(0, len(text))
        error.source, error.span = source, Span(span.start + start, span.end + start)
        raise
    unknown = [name for name in found.variables if name not in known]
    if unknown:
        span = found.spans[found.variables[unknown[0]]]
        raise unknown_name(unknown[0], graph, source, Span(span.start + start, span.end + start))
    if target.by is None:
        made = graph.computed_from(target.of)
        later = [n for n in found.variables if known[n] in made]
        if later:
            span = found.spans[found.variables[later[0]]]
            where = Span(span.start + start, span.end + start)
            message = f"{later[0]} is what was asked for, or is made from it: use what comes before"
            raise ReadError(message, source, where)
    return found


def _advice(text: str) -> str:
    """What would be right in place of a common way of writing that is not read."""
    if not ("," in text or "[" in text or "∂" in text):
        return ""
    if "∂" in text:
        return "an answer speaks of variables and steps: write what a derivative such as ∂L/∂s is"
    if re.fullmatch(r"\s*[-+]?\d+,\d+\s*", text):
        return f"a decimal point, not a comma: {text.strip().replace(',', '.')}"
    if re.fullmatch(r"[\s\[]*\[\s*[-+.\de]+(\s+[-+.\de]+)+[\s\]]*", text):
        return "the numbers of a list have commas between them: [1, 2]"
    return ""


def read_formula(text: str, known: Container[str]) -> Graph:
    """One expression that is not too long, in names that are known or not. Raises ReadError."""
    found = read(text, known)
    steps = len(found.nodes)
    if steps > MOST_STEPS:
        raise TooLong(f"an answer has at most {MOST_STEPS:,} steps, and this has {steps:,}")
    if found.assigned:
        message = "an answer is one expression, and this has statements"
        raise ReadError(message, text, Span(0, len(text)))
    return found


# -- answers without names


def is_number(graph: Graph) -> bool:
    """Whether an answer has no variable in it: `-28`, `2/3`, `[1, 2]`."""
    return not any(type(node) is Leaf for node in graph.nodes)
