"""The colours of the picture for a page that is light or dark, whichever it was drawn for.

A picture has its colours as attributes, before which style sheets go.
"""

from __future__ import annotations

from collections.abc import Iterator

from backtrace.render.picture.colours import DARK, LIGHT
from backtrace.render.picture.lines import Role

PAPERS = LIGHT, DARK
REMARKS: tuple[Role, ...] = ("kink", "bad")


def colours() -> str:
    """Style rules: a variable for every role of a text, and every colour as a pair of two."""
    roles = "".join(
        f" --{role}: {_pair(LIGHT.text[role], DARK.text[role])};" for role in LIGHT.text
    )
    rules = [f":root {{ --paper: {_pair(LIGHT.paper, DARK.paper)};{roles} }}"]
    for attribute, light, dark in pairs():
        selector = ", ".join(f'svg [{attribute}="{colour}"]' for colour in (light, dark))
        rules.append(f"{selector} {{ {attribute}: {_pair(light, dark)}; }}")
    # What is said of the original values only: that an edge is blocked, or a node undefined.
    remarks = [f'.changed svg tspan[fill="{p.text[role]}"]' for p in PAPERS for role in REMARKS]
    rules.append(f"{', '.join(remarks)} {{ display: none; }}")
    return "\n".join(rules)


def pairs() -> Iterator[tuple[str, str, str]]:
    """Every colour of a picture: the attribute it stands in, and what it is on either paper."""
    fills = [(LIGHT.paper, DARK.paper), (LIGHT.line, DARK.line)]
    fills += [(LIGHT.text[role], DARK.text[role]) for role in LIGHT.text]
    fills += [(LIGHT.fill[kind], DARK.fill[kind]) for kind in LIGHT.fill]
    strokes = [(LIGHT.line, DARK.line)]
    strokes += [(LIGHT.stroke[kind], DARK.stroke[kind]) for kind in LIGHT.stroke]
    strokes += [(LIGHT.text[role], DARK.text[role]) for role in LIGHT.text]
    yield from (("fill", *pair) for pair in fills)
    yield from (("stroke", *pair) for pair in strokes)


def _pair(light: str, dark: str) -> str:
    return f"light-dark({light}, {dark})"
