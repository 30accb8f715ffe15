"""A page that computes again: its numbers, and their texts, are those of Python."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import numpy as np
import pytest
from browser import TWICE, Shown, index_of
from programs import BINARY, PLAIN, UNARY
from table import close

import backtrace
from backtrace.ops import OPS
from backtrace.records import Trace
from backtrace.render.links import backward_edges
from backtrace.render.page import _asset
from backtrace.render.text import number


def python_numbers(trace: Trace) -> dict[str, float]:
    """Every number of a trace by its key."""
    found = {f"value:{i}": float(v) for i, v in enumerate(trace.values)}
    found |= {f"gradient:{i}": float(a) for i, a in enumerate(trace.adjoints) if a is not None}
    for via, slot in backward_edges(trace):
        edge = trace.contribution(via, slot)
        found[f"local:{via}:{slot}"] = float(np.float64(edge.local_value))
        found[f"product:{via}:{slot}"] = float(edge.product)
    return found


def page_numbers(page: Any) -> dict[str, float]:
    """Every number that the page has computed, by its key; JSON has no nan."""
    text = page.evaluate(
        "JSON.stringify(Object.entries(backtrace.numbers()).map(e => [e[0], String(e[1])]))"
    )
    return {key: float(value.replace("Infinity", "inf")) for key, value in json.loads(text)}


def assert_same_numbers(ours: dict[str, float], theirs: dict[str, float]) -> None:
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert close(value, theirs[key]), key


# -- computing again


def change(page: Any, values: dict[str, float]) -> None:
    for name, value in values.items():
        page.fill(f"#x{index_of(page, name)}", repr(float(value)))


def test_other_inputs(shown: Shown) -> None:
    """Every number is that of a trace at the new values, wherever it stands, until the reset."""
    with shown(*TWICE) as page:
        before = page.inner_text("main")
        new = {"y": -1.5, "w": 0.3, "x": 7.25, "b": 1e-3}
        change(page, new)
        assert_same_numbers(python_numbers(backtrace.trace(TWICE[0], new)), page_numbers(page))
        for key, value in page_numbers(page).items():
            texts = page.eval_on_selector_all(
                f'[data-number="{key}"]', "es => es.map(e => e.textContent)"
            )
            shown_numbers = {t.strip("()").replace("−", "-") for t in texts}
            assert shown_numbers <= {number(value)}
        w = index_of(page, "w")
        terms = page.text_content(f'#picture [data-number="sum:{w}"]')
        total = page_numbers(page)[f"gradient:{w}"]
        assert math.isclose(
            sum(float(t.strip("()")) for t in terms.split(" + ")), total, rel_tol=1e-4
        )
        assert "Recomputed here" in page.text_content("#state")
        page.click("#reset")
        assert page.inner_text("main") == before


EDGELESS = ["where(x > t, x*w, 0)", "y = x*2; w*w", "x < t", "a = w*x; x", "x*0 + (x == t)"]


@pytest.mark.parametrize("program", EDGELESS)
def test_variables_without_an_edge(shown: Shown, program: str) -> None:
    """What goes into comparisons only, or nowhere, has the gradient 0 here as well."""
    trace = backtrace.trace(program, {"x": 2, "t": 1, "w": 3})
    new = dict(zip("xtw", (0.5, 4.0, -1.0), strict=True))
    with shown(program, {"x": 2, "t": 1, "w": 3}) as page:
        change(page, {name: new[name] for name in trace.graph.variables})
        assert_same_numbers(python_numbers(backtrace.trace(program, new)), page_numbers(page))


@pytest.mark.parametrize("uses", [2, 7, 8, 12])
def test_what_is_computed_is_written_as_in_python(shown: Shown, uses: int) -> None:
    """At new values every text is that of a page made there: brackets, and long sums."""
    program = " + ".join(f"{k}*w**2" for k in range(uses))
    texts = "[...document.querySelectorAll('[data-number]')].map(e => e.textContent)"
    found = []
    for start in (2.0, -3.0):
        with shown(program, {"w": start}) as page:
            change(page, {"w": -3.0} if start > 0 else {})
            found.append(page.evaluate(texts))
    assert found[0] == found[1]


def test_a_slider_moves_its_field(shown: Shown) -> None:
    """A slider changes its number and all that follows; a typed number moves the slider."""
    with shown("w*x", {"w": 2, "x": 3}) as page:
        page.locator('[data-slider="0"]').fill("50")
        w = float(page.input_value("#x0"))
        assert w > 2
        assert page_numbers(page)["value:2"] == w * 3
        page.fill("#x0", "-2")
        assert int(page.input_value('[data-slider="0"]')) < 0


@pytest.mark.parametrize("text", ["", "two", "1/2", "--1", "0x10", "1e", "1,000", "1,5"])
def test_what_is_no_number(shown: Shown, text: str) -> None:
    """A field that holds no number is marked, and the other numbers stay."""
    with shown("w*x", {"w": 2, "x": 3}) as page:
        page.fill("#x0", text)
        assert page.get_attribute("#x0", "aria-invalid") == "true"
        assert "not a number" in page.text_content("#state")
        assert page_text(page, "value:2") == "6"
        page.fill("#x0", "1e1")
        assert page.get_attribute("#x0", "aria-invalid") == "false"
        assert page_text(page, "value:2") == "30"


def page_text(page: Any, key: str) -> str:
    return page.text_content(f'table [data-number="{key}"]')  # type: ignore[no-any-return]


def test_undefined_is_said(shown: Shown) -> None:
    """Where a number is none it is written so, and named and marked; later it is not."""
    with shown("log(x)*2", {"x": 1}) as page:
        page.fill("#x0", "-1")
        assert page_text(page, "value:1") == "nan"
        assert "Not finite here: v1, L." in page.text_content("#state")
        assert page.locator("#picture .node.undefined").count() == 2
        page.fill("#x0", "1")
        assert page.locator(".undefined:not(#verdict)").count() == 0


def test_a_kink_is_said(shown: Shown) -> None:
    """Where an input is moved to a kink it is told at which operation; elsewhere it is not."""
    with shown("relu(x) + 0*abs(y)", {"x": 1, "y": 1}) as page:
        page.fill("#x0", "0")
        assert "At a kink, where the derivative is a convention: v1." in page.text_content("#state")
        page.fill("#x0", "-1")
        assert "kink" not in page.text_content("#state")


def test_a_blocked_edge_is_said(shown: Shown) -> None:
    """Where an operation selects another input nothing passes, whatever arrives."""
    with shown("log(relu(x))", {"x": 2}, "#step=99") as page:
        note = page.locator("#steps [data-blocked]")
        assert not note.is_visible()
        page.fill("#x0", "-2")
        assert note.is_visible()
        page.click("#reset")
        assert not note.is_visible()


def test_no_remark_on_the_original_values_stays(shown: Shown) -> None:
    """What the picture says of the original point only, blocked or undefined, goes and comes."""
    with shown("log(relu(x))", {"x": -1}, "#step=99") as page:
        words = page.locator("#picture tspan", has_text="blocked")
        assert words.is_visible()
        page.fill("#x0", "2")
        assert not words.is_visible()
        assert page.locator("#picture .caption:visible").count() == 0
        page.click("#reset")
        assert words.is_visible()


def scalar_program(seed: int) -> tuple[str, list[dict[str, float]]]:
    """A program of numbers with shared steps, and points to try it at."""
    draw = random.Random(seed)  # noqa: S311
    names = ["a", "b", "c"]
    lines = []
    for k in range(draw.randint(3, 8)):
        row = draw.choice([*UNARY, *BINARY, *(OPS[name] for name in PLAIN)])
        if draw.random() < 0.2:
            text = draw.choice(["max({}, {}, {})", "where({} > {}, {}, 2)", "min({}, {}, {}, -1)"])
            text = text.format(*draw.choices(names, k=3))
        else:
            text = row.as_call(draw.choices(names, k=len(row.inputs)), dict(row.params))
        lines.append(f"s{k} = {text}")
        names.append(f"s{k}")
    lines.append(f"{names[-1]} + a*b + c")
    palette = [*(draw.gauss(0, 1.5) for _ in range(4)), 0.0, 1.0, -1.0, 30.0]
    return "\n".join(lines), [{n: draw.choice(palette) for n in "abc"} for _ in range(6)]


@pytest.mark.parametrize("seed", range(25))
def test_generated_programs(shown: Shown, seed: int) -> None:
    """The page of any program of numbers finds what Python finds, wherever it is computed."""
    program, points = scalar_program(seed)
    with shown(program, points[0]) as page:
        for point in points:
            change(page, point)
            assert_same_numbers(python_numbers(backtrace.trace(program, point)), page_numbers(page))


def test_a_planted_mistake_is_found(shown: Shown) -> None:
    """The comparison above sees one number that is off by 2e-9 of it."""
    with shown(*TWICE) as page:
        theirs = page_numbers(page)
        theirs["gradient:0"] *= 1 + 2e-9
        with pytest.raises(AssertionError, match="gradient:0"):
            assert_same_numbers(python_numbers(backtrace.trace(*TWICE)), theirs)


# -- numbers as text


def awkward_numbers() -> list[float]:
    """Numbers of all sizes, ties between two texts, and neighbours of powers of ten."""
    draw = random.Random(6)  # noqa: S311
    found = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308]
    found += [draw.choice((-1, 1)) * 10 ** draw.uniform(-320, 308) for _ in range(1500)]
    found += [draw.randint(-(10**9), 10**9) / 2 ** draw.randint(0, 12) for _ in range(1500)]
    for power in range(-8, 18):
        ten = 10.0**power
        found += [
            ten,
            math.nextafter(ten, 0),
            math.nextafter(ten, math.inf),
            9.999995 * ten,
            0.5 * ten,
        ]
    return found


@pytest.mark.parametrize("digits", [1, 2, 3, 6, 12, 17])
def test_numbers_are_written_as_in_the_terminal(browser: Any, digits: int) -> None:
    """The page's own numbers have the digits and exponents of backtrace.render.text.number."""
    numbers = awkward_numbers()
    listed = json.dumps([repr(x) for x in numbers]).replace("inf", "Infinity")
    page = browser.new_page()
    shown = f"{listed}.map(x => shown(Number(x), {digits}))"
    code = f"(() => {{ {_asset('numbers.js')}\nreturn {shown}; }})()"
    found = page.evaluate(code)
    page.close()
    assert found == [number(x, digits) for x in numbers]
