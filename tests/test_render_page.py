"""The page of a trace as text: what stands in it, and that it is the same every time."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_render_snapshots import WHOLE, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.crosscheck.report import Status
from backtrace.errors import UsageError
from backtrace.graph import Apply
from backtrace.records import Trace
from backtrace.render import FILES, Sheet
from backtrace.render.edges import MOST_EDGES
from backtrace.render.links import backward_edges
from backtrace.render.node import node
from backtrace.render.page import SCRIPTS, _asset
from backtrace.render.page.calculations import calculation
from backtrace.render.page.code import obstacle
from backtrace.render.page.colours import pairs
from backtrace.render.page.equations import Equations
from backtrace.render.page.markup import EMPTY, escaped, tag
from backtrace.render.page.steps import Step, steps
from backtrace.render.text import number

HOSTILE = "<img src=x onerror=alert(1)></script><!--\"'&\u2028\u202e"


class Reader(HTMLParser):  # its methods are the parser's hooks
    """Reads a page as browsers do, and keeps its elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that opens."""
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY | {"br", "wbr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The end of the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text.append(data)

    def having(self, attribute: str) -> list[dict[str, str | None]]:
        """The attributes of every element that has this one."""
        return [found for _, found in self.elements if attribute in found]


def html(trace: Trace, **sheet: Any) -> str:
    return FILES["html"](trace, not_checked(trace), Sheet(**sheet)).decode()


@pytest.fixture(scope="module", params=WHOLE)
def named(request: pytest.FixtureRequest) -> tuple[Trace, str]:
    trace = traced(request.param)
    return trace, html(trace)


def test_a_page_is_well_formed(named: tuple[Trace, str]) -> None:
    """Every element that is opened is closed, one heading is first, every id is its own."""
    read = Reader(named[1])
    assert read.open == []
    assert [tag for tag, _ in read.elements].count("h1") == 1
    ids = [found["id"] for found in read.having("id")]
    assert len(ids) == len(set(ids))
    for label in read.having("for"):
        assert label["for"] in ids


def test_a_page_is_the_same_every_time(named: tuple[Trace, str]) -> None:
    """The same trace makes the same bytes."""
    assert html(named[0]) == named[1]


def test_nothing_is_fetched(named: tuple[Trace, str]) -> None:
    """No element has an address to go to, and the policy lets only the one script run."""
    read = Reader(named[1])
    assert not read.having("src")
    assert all(str(found["href"]).startswith("#node-") for found in read.having("href"))
    assert "@import" not in named[1]
    assert "url(" not in named[1]
    (policy,) = [found["content"] for found in read.having("http-equiv")]
    (script,) = re.findall("<script>(.*?)</script>", named[1], re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in str(policy)
    assert "default-src 'none'" in str(policy)


def test_every_number_is_there(named: tuple[Trace, str]) -> None:
    """Every value, gradient, local derivative and product has its place in the page's own text."""
    trace, page = named
    keys = {found["data-number"] for found in Reader(page).having("data-number")}
    for index, adjoint in enumerate(trace.adjoints):
        assert f"value:{index}" in keys
        assert (f"gradient:{index}" in keys) == (adjoint is not None)
    for via, slot in backward_edges(trace):
        assert f"product:{via}:{slot}" in keys
        with_local = trace.contribution(via, slot).local_value is not None
        assert (f"local:{via}:{slot}" in keys) == with_local


def test_formulas_are_mathml(named: tuple[Trace, str]) -> None:
    """Every <math> is well-formed XML."""
    found = re.findall(r"<math>.*?</math>", named[1])
    assert found
    for math in found:
        ET.fromstring(re.sub(r" (hidden|data-brackets)(?=[ >])", r' \1=""', math))  # noqa: S314


# -- steps


def lesson(trace: Trace) -> list[Step]:
    return steps(Equations(trace, Sheet()))


@pytest.mark.parametrize("name", WHOLE)
def test_steps_cover_the_passes(name: str) -> None:
    """Every operation has a step forward, every edge a local step and a backward one."""
    trace = traced(name)
    found = lesson(trace)
    operations = [i for i, n in enumerate(trace.graph.nodes) if isinstance(n, Apply)]
    assert [s.node for s in found if s.phase == "forward"] == operations
    for phase in ("local", "backward"):
        about = [s.edge for s in found if s.phase == phase and s.edge]
        assert sorted(about) == sorted(backward_edges(trace))
    phases = [s.phase for s in found]
    order = ("inputs", "forward", "local", "backward")
    assert phases == sorted(phases, key=order.index)


@pytest.mark.parametrize("name", WHOLE)
def test_no_step_needs_a_later_one(name: str) -> None:
    """A value comes after those of the inputs, a product after the gradient that arrives."""
    trace = traced(name)
    shown: set[str] = set()
    for step in lesson(trace):
        if step.phase == "forward" and step.node is not None:
            assert {f"value:{i}" for i in trace.graph.applied(step.node).inputs} <= shown
        if step.phase == "backward" and step.edge:
            assert f"gradient:{step.edge[0]}" in shown
        if step.phase == "backward" and step.node not in (None, trace.graph.output):
            assert {f"product:{v}:{s}" for v, s in trace.edges(int(step.node or 0))} <= shown
        assert shown.isdisjoint(step.shows)
        shown |= set(step.shows)
    adjoints = enumerate(trace.adjoints)
    assert {f"gradient:{i}" for i, a in adjoints if a is not None} <= shown


def plain(markup: str) -> str:
    return " ".join("".join(Reader(markup).text).split())


def test_the_arithmetic_is_spelled_out() -> None:
    """A lecture's example reads as it would be written on a board."""
    trace = backtrace.trace("yhat = w*x; s = yhat - y; loss = s**2 + w", w=2, x=-3, y=1)
    found = {(s.phase, s.node, s.edge): plain(s.equation) for s in lesson(trace)}
    by_name = {label: index for index, label in enumerate(trace.graph.labels)}
    yhat, s, square, w = (by_name[n] for n in ("yhat", "s", "v1", "w"))
    assert found["forward", yhat, None] == "ŷ=w·x=2·(−3)=−6".replace("ŷ", "y^")
    assert found["forward", s, None] == "s=y^−y=−6−1=−7"
    assert found["forward", square, None] == "v1=s2=(−7)2=49"
    assert found["local", None, (square, 0)] == "∂v1∂s=2s=2·(−7)=−14"
    assert found["backward", None, (s, 0)] == "∂loss∂y^=∂loss∂s×∂s∂y^=−14×1=−14"
    assert found["backward", w, None] == "∂loss∂w=42+1=43"


# -- what cannot be computed again


@pytest.mark.parametrize("name", ["network", "peak"])
def test_arrays_have_no_sliders(name: str) -> None:
    """A page of arrays says why it has no sliders; one of numbers has one for each variable."""
    page = html(traced(name))
    assert "No sliders here: " in page
    assert not Reader(page).having("data-slider")


@pytest.mark.parametrize("name", ["twice", "tie", "undefined"])
def test_numbers_have_sliders(name: str) -> None:
    """Every variable that is a number has a labelled field and a slider."""
    trace = traced(name)
    assert not obstacle(trace)
    read = Reader(html(trace))
    indices = [str(index) for index in trace.graph.variables.values()]
    assert [found["data-input"] for found in read.having("data-input")] == indices
    assert [found["data-slider"] for found in read.having("data-slider")] == indices


def test_whole_arrays_are_shown_in_full_if_asked() -> None:
    """--full shows every entry."""
    trace = backtrace.trace("sum(x**2)", x=np.arange(300.0))
    assert ", 298, 299]" in html(trace, full=True)


def test_too_large_a_graph() -> None:
    """What cannot be drawn is refused with the picture's own advice."""
    trace = traced("chain")
    with pytest.raises(UsageError, match="picture"):
        html(trace)


# -- what users typed


def test_hostile_text_is_data() -> None:
    """Markup in a program is read as text: it makes no element and no attribute."""
    program = f"w*2 # {HOSTILE}"
    page, harmless = (html(backtrace.trace(p, w=1)) for p in (program, "w*2 # words"))
    read = Reader(page)
    lines = ("text", "tspan")  # of the picture, in which a longer program takes more
    kinds = [[e for e, _ in r.elements if e not in lines] for r in (read, Reader(harmless))]
    assert kinds[0] == kinds[1]
    assert not read.having("onerror")
    assert "<img src=x onerror=alert(1)></script>" in "".join(read.text)


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    """A text in an element, or in an attribute, is read as itself, but for what is not seen."""
    read = Reader(tag("p", escaped(text), title=text))
    assert [element for element, _ in read.elements] == ["p"]
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    assert "".join(read.text) == shown
    assert read.elements[0][1] == {"title": shown}


def test_scripts_end_nowhere_early() -> None:
    """No script that is written into the page could end its element."""
    for name in SCRIPTS:
        assert "</" not in _asset(name)
        assert "<!--" not in _asset(name)


# -- the looks


def test_colours_are_pairs() -> None:
    """A colour of the picture becomes one colour: none has two meanings on the other paper."""
    for own in (1, 2):
        found: dict[tuple[str, str], tuple[str, str, str]] = {}
        for pair in pairs():
            assert found.setdefault((pair[0], pair[own]), pair) == pair


def test_dark() -> None:
    """--theme dark makes dark the default; otherwise the browser's wish decides."""
    trace = traced("square")
    assert '<html lang="en" data-theme="dark">' in html(trace, theme="dark")
    assert '<html lang="en">' in html(trace)


def test_digits() -> None:
    """The page counts digits as the terminal does."""
    trace = backtrace.trace("x/3", x=1)
    assert number(1 / 3, 3) in html(trace, digits=3)
    assert number(1 / 3, 6) not in html(trace, digits=3)
    assert "const DIGITS = 3, " in html(trace, digits=3)


# -- what equations are made of


def written(trace: Trace) -> list[str]:
    """Every equation of the steps, as text."""
    return [plain(step.equation) for step in lesson(trace)]


NEAR = st.integers(90_000, 90_010)
LITERALS = ["x*{}", "x + {}", "x**{}", "elu(x, {})", "softplus(x, beta={})", "leaky_relu(x, {})"]


@given(st.sampled_from(LITERALS), NEAR | st.integers(2, 10**6), st.sampled_from([-3.0, 0.5]))
def test_any_literal_stands_as_it_was_written(program: str, literal: int, x: float) -> None:
    """No number of a program, and no param, is taken for a place that a value is put into."""
    trace = backtrace.trace(program.format(literal), x=x)
    (forward,) = [s for s in lesson(trace) if s.phase == "forward"]
    assert plain(forward.equation).count(str(literal)) >= 2
    assert re.findall('data-number="(.*?)"', forward.equation) == [
        "value:0",
        f"value:{trace.graph.output}",
    ]


def test_places_are_no_literals() -> None:
    """Two params that a slot was once written as."""
    trace = backtrace.trace("clamp(x, 90000, 90001)", x=5)
    assert "L=clamp\u2061(x,90000,90001)=clamp\u2061(5,90000,90001)=90000" in written(trace)


@pytest.mark.parametrize(
    ("program", "equation"),
    [
        ("x - y", "L=x−y=−3−(−2)=−1"),
        ("x**y", "L=xy=(−3)−2=0.111111"),
        ("max(x, y)", "L=max\u2061(x,y)=max\u2061(−3,−2)=−2"),
        ("-y", "L=−y=−(−2)=2"),
        ("x/y", "L=xy=−3−2=1.5"),
        ("abs(y)", "L=|y|=|−2|=2"),
    ],
)
def test_brackets_around_negative_numbers(program: str, equation: str) -> None:
    """A negative number is in brackets after a sign and under an exponent, and nowhere else."""
    trace = backtrace.trace(program, {n: v for n, v in (("x", -3), ("y", -2)) if n in program})
    assert equation in written(trace)


def test_the_seed_is_where_gradients_start() -> None:
    """The step that starts the backward pass says the gradient that was given."""
    found = [plain(s.said) for s in lesson(backtrace.trace("w*x", w=1, x=2, seed=5))]
    assert "The gradient starts at L, with 5" in found


def test_a_long_sum_is_cut_in_one_way() -> None:
    """A gradient of many contributions has the same terms in its equation and in the picture."""
    trace = backtrace.trace(" + ".join(f"{k}*w" for k in range(2, 11)), w=1)
    key = f"sum:{trace.graph.variables['w']}"
    (drawn,) = re.findall(rf'data-number="{key}"[^>]*>([^<]*)<', html(trace))
    (equation,) = [e for e in written(trace) if "more" in e]
    assert drawn.replace(" ", "") in equation.replace(" ", "")
    assert drawn == "2 + 3 + 4 + … (3 more) + 8 + 9 + 10"


def test_why_an_edge_is_blocked() -> None:
    """It is said of all operations: x**0 selects nothing, and yet nothing passes."""
    found = html(backtrace.trace("x**0", x=2))
    assert "blocked where the local derivative is 0" in found
    assert "selected" not in found


def test_the_same_edges_as_the_node_view() -> None:
    """Of many contributions the last are spelled out, of many inputs the first."""
    uses, inputs = MOST_EDGES + 5, MOST_EDGES + 3
    names = [f"x{k}" for k in range(inputs)]
    trace = backtrace.trace(
        "\n".join([f"m = max({', '.join(names)})", *["m = m + w"] * uses]),
        {
            **dict.fromkeys(names, 1),
            "w": 1,
        },
    )
    equations = Equations(trace, Sheet())
    w, m = trace.graph.variables["w"], trace.graph.names["m"]
    found = plain(calculation(equations, w))
    assert found.count("through ") == MOST_EDGES
    assert "… and 5 contributions before these" in found
    first = next(i for i, n in enumerate(trace.graph.nodes) if isinstance(n, Apply))
    assert plain(calculation(equations, first)).count("to x") == MOST_EDGES
    assert m != first


@pytest.mark.parametrize(
    ("program", "wrt", "name", "why"),
    [
        ("w*2", None, "2", "a constant has none"),
        ("w*x", "w", "x", "none was asked for"),
    ],
)
def test_why_there_is_no_gradient(program: str, wrt: str | None, name: str, why: str) -> None:
    """The page says it as the view of one node does."""
    bindings = {n: 1 for n in "wx" if n in program}
    trace = backtrace.trace(program, bindings, wrt=wrt)
    index = trace.graph.labels.index(name)
    assert f"Gradient{why}" in plain(calculation(Equations(trace, Sheet()), index))
    assert why in node(trace, name).plain


@pytest.mark.parametrize(
    ("status", "sign", "role"),
    [("agrees", "✓ ", "value"), ("convention", "! ", "kink"), ("differs", "✗ ", "bad")],
)
def test_the_verdict_is_marked_as_in_the_terminal(status: Status, sign: str, role: str) -> None:
    """At a kink the check is something to look at, and no plain success."""
    trace = backtrace.trace("w*x", w=1, x=2)
    check = replace(not_checked(trace), status=status, summary="so it is")
    read = FILES["html"](trace, check, Sheet()).decode()
    assert f'<p class="verdict {role}" id="verdict">{sign}so it is</p>' in read
