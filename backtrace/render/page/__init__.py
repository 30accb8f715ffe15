"""A trace as one page that stands alone: the picture, the lesson step by step, every calculation.

Nothing is fetched. The one script is ours, the two passes over this graph written out (code.py) and
SCRIPTS; the page lets no other run. What users typed is text in the markup (markup.py) and stands
nowhere else.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from backtrace.records import Trace
from backtrace.render import Sheet
from backtrace.render.notices import told
from backtrace.render.page.calculations import calculation
from backtrace.render.page.code import obstacle, passes
from backtrace.render.page.colours import colours
from backtrace.render.page.equations import Equations
from backtrace.render.page.inputs import inputs, no_inputs
from backtrace.render.page.markup import NOTHING, Markup, escaped, joined, tag
from backtrace.render.page.steps import PHASES, listed, steps
from backtrace.render.page.table import table
from backtrace.render.picture import room_of_number, svg_text
from backtrace.render.verdict_marks import VERDICT_MARKS

if TYPE_CHECKING:
    from backtrace.crosscheck import Check

SCRIPTS = ("numbers.js", "rows.js", "compute.js", "page.js")
NO_PASSES = "const forward = null, backward = null, SUMS = {};"
THEME = "Dark or light"
BUTTONS = (
    ("first", "⇤", "First step (Home)"),
    ("back", "←", "Previous step (left arrow)"),
    ("play", "▶ Play", "Play or pause (space)"),
    ("next", "→", "Next step (right arrow)"),
    ("last", "⇥", "Last step: show everything (End)"),
)


def page(trace: Trace, check: Check, sheet: Sheet) -> str:
    """The page. Raises UsageError for a graph that is too large to be drawn."""
    # without the verdict, which holds for the original values only
    picture = Markup(svg_text(trace, None, sheet, roomy=True, embedded=True))
    equations = Equations(trace, sheet)
    reason = obstacle(trace)
    script = _script(trace, sheet, computes=not reason)
    side = _side(equations, no_inputs(reason) if reason else inputs(trace))
    body = [
        _header(trace, check),
        tag("main", _lesson(equations), _figure(picture), side, _table(equations)),
        Markup(f"<script>{script}</script>"),
    ]
    theme = "dark" if sheet.theme == "dark" else None
    html = tag("html", _head(trace, script), tag("body", *body), lang="en", data_theme=theme)
    return f"<!DOCTYPE html>\n{html}\n"


def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _script(trace: Trace, sheet: Sheet, *, computes: bool) -> str:
    """All of the JavaScript, as one text; without the two passes where it computes nothing."""
    room = room_of_number(sheet.digits)
    sizes = f"const DIGITS = {sheet.digits:d}, ROOM = {room:d};"
    parts = [sizes, passes(trace) if computes else NO_PASSES, *map(_asset, SCRIPTS)]
    return '"use strict";\n{\n' + "\n".join(parts) + "}\n"


def _head(trace: Trace, script: str) -> Markup:
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';"
        " img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", escaped(f"Backpropagation of {trace.output}")),
        Markup(f"<style>{colours()}\n{_asset('page.css')}</style>"),
    )


def _header(trace: Trace, check: Check) -> Markup:
    """What was traced, and the verdict on it."""
    mark = VERDICT_MARKS[check.status]
    verdict = escaped(f"{mark.sign} {check.summary}".strip())
    notices = [escaped(text) for text in told(trace, check)]
    return tag(
        "header",
        tag("h1", escaped("Backpropagation, step by step")),
        tag("button", escaped("◐"), id="theme", type="button", hidden=True, aria_label=THEME),
        tag("pre", tag("code", escaped(trace.graph.source.strip("\n"))), tabindex=0),
        tag("p", verdict, class_=f"verdict {mark.role}", id="verdict"),
        tag("ul", *(tag("li", n) for n in notices), class_="original") if notices else NOTHING,
        tag("p", role="status", id="state"),
    )


def _lesson(equations: Equations) -> Markup:
    found = steps(equations)
    buttons = [
        tag("button", escaped(sign), id=name, type="button", aria_label=label, title=label)
        for name, sign, label in BUTTONS
    ]
    slider = tag(
        "input",
        type="range",
        id="step",
        min=0,
        max=len(found) - 1,
        value=0,
        aria_label="Step",
    )
    phases = [tag("li", escaped(word), data_phase=name) for name, word in PHASES.items()]
    return tag(
        "section",
        tag("h2", escaped("The passes"), id="passes"),
        tag("div", *buttons, slider, class_="controls", id="controls", hidden=True),
        tag("ol", *phases, class_="phases", id="phases", hidden=True),
        listed(found),
        tag("p", aria_live="polite", id="live", class_="unseen"),
        class_="lesson",
        aria_labelledby="passes",
    )


def _figure(picture: Markup) -> Markup:
    box = tag(
        "div",
        picture,
        class_="scroll",
        id="picture",
        tabindex=0,
        role="group",
        aria_label="The graph",
    )
    return tag("section", tag("h2", escaped("The graph")), box, class_="graph")


def _side(equations: Equations, controls: Markup) -> Markup:
    """What can be changed, and the calculation of the node that is chosen."""
    nodes = range(len(equations.graph.nodes))
    return joined(
        [
            tag("section", tag("h2", escaped("Inputs")), controls, class_="inputs"),
            tag(
                "section",
                tag("h2", escaped("One node’s calculation")),
                tag("p", escaped("Choose a node in the graph or in the table."), class_="note"),
                *(calculation(equations, index) for index in nodes),
                class_="calculations",
                id="calculations",
            ),
        ]
    )


def _table(equations: Equations) -> Markup:
    box = tag(
        "div", table(equations), class_="scroll", tabindex=0, role="group", aria_label="The table"
    )
    return tag("section", tag("h2", escaped("All numbers")), box, class_="numbers")
