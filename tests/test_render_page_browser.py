"""The page in a real browser: stepping, keys, how it is read, and names that mean harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import TWICE, Shown, index_of

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.render import FILES, Sheet

NUMBERS = "[...document.querySelectorAll('#picture [data-number]')]"
IS_SEEN = "e => getComputedStyle(e).visibility === 'visible'"
HOSTILE = """\
onload = w*x  # <img src=x onerror=alert(1)></script><script>alert(2)</script>
constructor = onload + __proto__  # ${alert(3)} `alert(4)` \\u003cb onload=alert(5)>
location = constructor**2"""


def step(page: Any) -> int:
    return page.evaluate("backtrace.step()")  # type: ignore[no-any-return]


def last(page: Any) -> int:
    return page.locator("#steps > li").count() - 1  # type: ignore[no-any-return]


# -- stepping


def test_buttons(shown: Shown) -> None:
    """It starts at the first step; the buttons go on, back, to the end and to the start."""
    with shown(*TWICE) as page:
        end = last(page)
        seen = [step(page)]
        for button in ("next", "next", "back", "last", "next", "first", "back"):
            page.click(f"#{button}")
            seen.append(step(page))
        assert seen == [0, 1, 2, 1, end, end, 0, 0]
        assert page.locator("#steps > li:visible").count() == 1


def test_keys(shown: Shown) -> None:
    """The arrows, Home, End and space do the same, but not in a field, where they edit."""
    with shown(*TWICE) as page:
        for key, expected in [
            ("ArrowRight", 1),
            ("End", last(page)),
            ("ArrowLeft", last(page) - 1),
        ]:
            page.keyboard.press(key)
            assert step(page) == expected
        page.keyboard.press("Home")
        page.focus("[data-input]")
        for key in ("ArrowRight", "ArrowLeft", "End", "Home", "Space"):
            page.keyboard.press(key)
        assert step(page) == 0
        assert page.text_content("#play") == "▶ Play"


def test_slider_and_address(shown: Shown) -> None:
    """The slider goes to a step, the address keeps it, and an address with one begins there."""
    with shown(*TWICE) as page:
        page.fill("#step", "7")
        assert step(page) == 7
        assert page.url.endswith("#step=7")
    with shown(*TWICE, "#step=5") as page:
        assert step(page) == 5


def test_play(shown: Shown) -> None:
    """Space plays, every step in its time, until it is pressed again or the end is reached."""
    with shown("w*x", {"w": 2, "x": 3}) as page:
        page.clock.install()
        page.keyboard.press("Space")
        page.clock.run_for(3_200)
        assert step(page) == 2
        page.keyboard.press("Space")
        page.clock.run_for(10_000)
        assert step(page) == 2
        page.click("#play")
        page.clock.run_for(60_000)
        assert step(page) == last(page)
        assert page.get_attribute("#play", "aria-pressed") == "false"


def test_numbers_appear_in_their_step(shown: Shown) -> None:
    """At every step those numbers of the picture are seen whose step has come, and no others."""
    with shown(*TWICE) as page:
        reveals: dict[str, int] = {}
        for at, item in enumerate(page.locator("#steps > li").all()):
            for key in str(item.get_attribute("data-shows")).split():
                reveals.setdefault(key, at)
        drawn = set(page.evaluate(f"{NUMBERS}.map(e => e.dataset.number)"))
        assert {"value:3", "product:3:0", "local:3:0", "gradient:3", "sum:1"} <= drawn
        for at in range(last(page) + 1):
            seen = page.evaluate(f"{NUMBERS}.filter({IS_SEEN}).map(e => e.dataset.number)")
            assert set(seen) == {key for key in drawn if reveals.get(key, 0) <= at}, at
            page.click("#next")


def test_a_product_comes_as_a_whole(shown: Shown) -> None:
    """The factors of a product of arrays, on a line of their own, are not seen before it."""
    program = "mean((1/3 - x)**2)", {"x": [1 / 7, 2 / 7, 3 / 7, 4 / 7]}
    with shown(*program) as page:
        steps = page.locator("#steps > li[data-phase=backward][data-on]")
        edge = str(steps.last.get_attribute("data-on"))
        via, slot = edge.split(":")
        lines = f"#picture [data-via='{via}'][data-slot='{slot}'] text.gradient"
        seen = f'[...document.querySelectorAll("{lines}")].filter({IS_SEEN}).length'
        assert page.locator(lines).count() > 1
        page.click("#last")
        assert page.evaluate(seen) == page.locator(lines).count()
        page.click("#back")
        assert page.evaluate(seen) == 0


def test_the_live_region_says_the_step(shown: Shown) -> None:
    """What a screen reader hears has the place, the pass and the arithmetic."""
    with shown("yhat = w*x", {"w": 2, "x": -3}) as page:
        assert page.get_attribute("#live", "aria-live") == "polite"
        page.click("#next")
        assert page.text_content("#live") == "Step 1 of 6, Forward pass. Compute yhat = w*x: -6"
        assert page.get_attribute("#phases [aria-current]", "data-phase") == "forward"
        page.click("#last")
        assert "through yhat: x gets the gradient 2" in page.text_content("#live")


def test_the_current_step_is_marked(shown: Shown) -> None:
    """The node or the edge of the step has a thicker line in the picture."""
    with shown("w*x", {"w": 2, "x": 3}) as page:
        page.click("#next")
        widths = "e => parseFloat(getComputedStyle(e).strokeWidth)"
        assert page.locator("#picture .node.current .shape").evaluate(widths) == 4
        page.click("#next")
        assert page.locator("#picture .edge.current .line").evaluate(widths) == 4
        assert page.locator("#picture .node.current").count() == 0


# -- one node


@pytest.mark.parametrize("how", ["click", "Enter", "table", "edge"])
def test_a_node_opens_its_calculation(shown: Shown, how: str) -> None:
    """A click, Enter, a link of the table or a click on its edge opens the sum over its uses."""
    with shown(*TWICE) as page:
        w = index_of(page, "w")
        node = page.locator(f'#picture [data-node="{w}"]').first
        if how == "click":
            node.click()
        elif how == "Enter":
            node.focus()
            page.keyboard.press("Enter")
        elif how == "table":
            page.click(f'[data-open="{w}"]')
        else:
            page.locator(f'#picture [data-into="{w}"] text').first.dispatch_event("click")
        assert page.locator("[data-calculation]:visible").count() == 1
        text = page.inner_text(f'[data-calculation="{w}"]')
        assert "through v1" in text
        assert "through v5" in text
        assert "the sum" in text
        assert page.evaluate("document.activeElement.id") == f"node-{w}"


# -- what users typed


def test_hostile_programs(shown: Shown) -> None:
    """Markup and script in a program, and names that mean something elsewhere, do nothing."""
    bindings = {"w": 1, "x": 2, "__proto__": 3}
    with shown(HOSTILE, bindings, "#step=99") as page:
        assert HOSTILE in page.text_content("header pre")
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 1
        for link in page.locator("[data-open]").all():
            link.click()
        page.fill(f"#x{index_of(page, 'w')}", "2")
        assert (
            page.text_content(f'table [data-number="value:{index_of(page, "location")}"]') == "49"
        )


def test_no_other_script_can_run(browser: Any, tmp_path: Path) -> None:
    """Even a script that somehow came into the page could not run."""
    path = tmp_path / "page.html"
    trace = backtrace.trace("w*x", w=1, x=2)
    path.write_bytes(FILES["html"](trace, not_checked(trace)))
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.evaluate("addEventListener('securitypolicyviolation', () => (window.stopped = true))")
        page.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
        }""")
        page.wait_for_function("window.stopped")
        assert page.evaluate("window.ran") is None


# -- where it is read


@pytest.mark.parametrize(
    "program", [TWICE, ("sum((x @ W)**2)", {"x": [1, 2], "W": [[1, 2], [3, 4]]})]
)
@pytest.mark.parametrize("width", [320, 360, 768, 1400])
def test_no_page_is_wider_than_the_screen(
    shown: Shown, width: int, program: tuple[str, dict[str, Any]]
) -> None:
    """Only the picture and the table scroll sideways, each in its box; controls can be hit."""
    viewport = {"width": width, "height": 740}
    with shown(*program, "#step=99", viewport=viewport) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in page.locator("button:visible").all():
            box = button.bounding_box()
            assert box["width"] >= 40
            assert box["height"] >= 40


CONTRASTS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const part = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => part(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const clear = (e) => getComputedStyle(e).backgroundColor === "rgba(0, 0, 0, 0)";
    const contrast = (element) => {
        let behind = element;
        while (clear(behind)) behind = behind.parentElement;
        const one = light(getComputedStyle(element).color);
        const two = light(getComputedStyle(behind).backgroundColor);
        return Math.max(one, two) / Math.min(one, two);
    };
    const texts = "h1, h2, h3, p, dd, dt, td, th, mn, mi, code, button, span, label, li, a";
    return [...document.querySelectorAll(texts)].map((e) => [contrast(e), e.outerHTML]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(shown: Shown, scheme: str) -> None:
    """In light and in dark every text stands out from what is behind it, 4.5 to 1."""
    with shown(*TWICE, "#step=99", color_scheme=scheme) as page:
        # a text that is skipped while it is not on the screen may not be asked for its colour
        page.add_style_tag(content="* { content-visibility: visible !important; }")
        found = page.evaluate(CONTRASTS)
        assert len(found) > 100
        assert not [html for contrast, html in found if contrast < 4.5]


def test_steps_that_have_not_come_take_no_room(shown: Shown) -> None:
    """They are neither seen nor read aloud, and the list is as high as the step it shows."""
    with shown(*TWICE, "#step=4") as page:
        heights = "es => es.filter(e => e.hidden).map(e => e.offsetHeight)"
        hidden = page.eval_on_selector_all("#steps > li", heights)
        assert len(hidden) == last(page)
        assert set(hidden) == {0}
        assert page.locator("#steps").get_by_role("listitem").count() == 1
        assert "The inputs have their values" not in page.locator("#steps").aria_snapshot()


def test_dark_mode(shown: Shown) -> None:
    """The page follows the browser's wish, or the sheet's, and the button turns it over."""
    dark = "() => getComputedStyle(document.body).backgroundColor"
    paper = "() => getComputedStyle(document.querySelector('svg .paper')).fill"
    with shown("w*x", {"w": 1, "x": 2}, color_scheme="dark") as page:
        colours = page.evaluate(dark), page.evaluate(paper)
        assert colours[0] == colours[1]
        page.click("#theme")
        assert page.evaluate(dark) == page.evaluate(paper) == "rgb(255, 255, 255)"
    with shown("w*x", {"w": 1, "x": 2}, sheet=Sheet(theme="dark")) as page:
        assert (page.evaluate(dark), page.evaluate(paper)) == colours


def test_without_javascript(shown: Shown) -> None:
    """The picture, every step and every calculation can be read; no control is there in vain."""
    with shown(*TWICE, java_script_enabled=False) as page:
        assert (
            page.locator("#steps > li:visible").count() == page.locator("#steps > li").count() > 20
        )
        calculations = page.locator("[data-calculation]")
        assert page.locator("[data-calculation]:visible").count() == calculations.count()
        assert page.locator("button:visible, input:visible").count() == 0
        assert page.locator('#picture [data-number="sum:1"]').is_visible()
        room = page.viewport_size
        assert page.locator("#picture svg").bounding_box()["width"] <= room["width"]


def test_every_control_has_a_name(shown: Shown) -> None:
    """A screen reader can say what every button, slider, field and node of the graph is."""
    with shown(*TWICE) as page:
        for role in ("button", "slider", "textbox", "link"):
            assert page.get_by_role(role).count()
            for element in page.get_by_role(role).all():
                label = element.evaluate(
                    "e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent"
                )
                assert label.strip()
