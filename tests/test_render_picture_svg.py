"""The picture as SVG: well-formed whatever was typed, text as text, and a contract with pages."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_render_snapshots import PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.errors import BacktraceError
from backtrace.records import Trace
from backtrace.render import FILES, Sheet
from backtrace.render.picture import svg_text
from backtrace.render.picture.layout import Point, Size
from backtrace.render.picture.lines import Line, Piece
from backtrace.render.picture.metrics import FOLDER, advance
from backtrace.render.picture.scene import Group, Scene, Text
from backtrace.render.picture.svg import svg_of

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {f"{SVG}{tag}" for tag in ("svg", "title", "desc", "rect", "g", "path", "text", "tspan")}
DRAWN = [name for name in PROGRAMS if name != "chain"]
HOSTILE = [
    "<img onerror=alert(1)>",
    "]]></text><script>alert(1)</script>",
    "\" onload='alert(1)' &lt; &amp; &#0;",
    "\x00\x08\x1b[31m\ufffe\ud800",
]


def parsed(trace: Trace, **asked: object) -> ET.Element:
    return read(svg_text(trace, not_checked(trace), Sheet(**asked)))  # type: ignore[arg-type]


def read(text: str) -> ET.Element:
    """The root of what was written here; that UTF-8 has all of it is tested with it."""
    return ET.fromstring(text.encode())  # noqa: S314


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


@pytest.mark.parametrize("name", DRAWN)
def test_every_node_and_edge_can_be_found(name: str) -> None:
    """Nodes by their index, edges by via, slot and into; kinds and outputs by class."""
    trace = traced(name)
    root = parsed(trace)
    groups = root.findall(f".//{SVG}g")
    nodes = {
        g.get("data-node"): str(g.get("class")).split() for g in groups if "data-node" in g.attrib
    }
    assert set(nodes) == {str(i) for i in range(len(trace.graph.nodes))}
    assert [i for i, found in nodes.items() if "output" in found] == [str(trace.graph.output)]
    grey = {int(str(i)) for i, found in nodes.items() if "no-gradient" in found}
    assert grey == {i for i, adjoint in enumerate(trace.adjoints) if adjoint is None}
    edges = [g for g in groups if str(g.get("class")).split()[0] == "edge"]
    assert len(edges) == sum(map(len, trace.graph.uses))
    for edge in edges:
        via, slot, into = (int(edge.attrib[f"data-{k}"]) for k in ("via", "slot", "into"))
        assert trace.graph.applied(via).inputs[slot] == into


@pytest.mark.parametrize("name", DRAWN)
def test_the_element(name: str) -> None:
    """It has a title and a description that it points to, and its words are in the legend."""
    trace = traced(name)
    root = parsed(trace)
    assert (root.tag, root.get("role"), root.get("class")) == (
        f"{SVG}svg",
        "img",
        "backtrace-picture",
    )
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert f"{trace.output} = " in words(description)
    assert not_checked(trace).summary[1:] in words(description)
    assert {e.tag for e in root.iter()} <= TAGS


def test_the_verdict_stands_below() -> None:
    """What the check found is a caption; without a check there is none."""
    trace = traced("square")
    check = trace.check()
    assert check.summary in svg_text(trace, check, Sheet())
    assert "checked" not in svg_text(trace, None, Sheet())


def test_embedded_has_no_declaration() -> None:
    """In a page the element stands alone; in a file the declaration is before it."""
    trace = traced("square")
    whole, inside = (svg_text(trace, None, Sheet(), embedded=e) for e in (False, True))
    assert inside.startswith("<svg ")
    assert whole.partition("\n") == ('<?xml version="1.0" encoding="UTF-8"?>', "\n", inside)


def test_ids_are_those_of_the_content() -> None:
    """Two pictures in one page have no name in common; the same picture always has the same."""
    one, other = (
        re.findall(r' id="([^"]+)"', svg_text(traced(n), None)) for n in ("square", "twice")
    )
    assert len({*one, *other}) == 4
    assert one == re.findall(r' id="([^"]+)"', svg_text(traced("square"), None))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_text(text: str) -> None:
    """Whatever stands in a program's comment is shown, and never markup."""
    trace = backtrace.trace(f"w*x # {text}".encode("utf-8", "ignore").decode(), w=1, x=2)
    root = parsed(trace)
    assert {e.tag for e in root.iter()} <= TAGS
    assert not [name for e in root.iter() for name in e.attrib if name.startswith("on")]
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
    assert "".join(shown.split()) in "".join(words(root).split())


@given(text=st.text(st.characters(), max_size=40), role=st.sampled_from(["ink", "bad"]))
@settings(deadline=None)
def test_any_text_is_well_formed(text: str, role: str) -> None:
    """A scene of any characters at all is XML, and the text in it that XML allows is kept."""
    line = Line("caption", (Piece(text, role),))  # type: ignore[arg-type]
    groups = (Group("caption", (), (Text(Point(1, 2), line),)),)
    colours = (("ink", "#000000"), ("bad", "#ff0000"))
    found = svg_of(Scene(Size(9, 9), "#ffffff", colours, groups, text, text))
    root = read(found)
    shown = root.find(f".//{SVG}text")
    assert shown is not None
    allowed = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    assert words(shown) == allowed.replace("\r\n", "\n").replace("\r", "\n")


@given(program=st.text(st.sampled_from("wxab<>&\"'+-*/()#;= \n\t2.\\$%{}éŷ中\u202e"), max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_program_is_well_formed(program: str) -> None:
    """A program that can be traced can be drawn."""
    try:
        trace = backtrace.trace(program, dict.fromkeys("wxab", 0.5))
    except BacktraceError:
        return
    assert parsed(trace).tag == f"{SVG}svg"


@pytest.mark.parametrize("name", DRAWN)
def test_same_trace_same_bytes(name: str) -> None:
    """Nothing in the file depends on when or how often it is made."""
    assert svg_text(traced(name), None) == svg_text(traced(name), None)


def test_the_same_in_another_process() -> None:
    """Nor on the seed of Python's hashes."""
    code = """
import sys, backtrace
from backtrace.render.picture import svg_text
made = svg_text(backtrace.trace("(w*x-y)**2", w=1, x=1, y=2), None)
sys.stdout.buffer.write(made.encode())
assert "matplotlib" not in sys.modules
"""
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12"
    ]
    assert made[0] == made[1] == svg_text(traced("square"), None).encode()


def test_levels_return_to_the_line() -> None:
    """What is lowered is followed by text on the line again: the shifts add up to nothing."""
    root = parsed(traced("network"))
    for text in root.iter(f"{SVG}text"):
        spans = list(text.iter(f"{SVG}tspan"))
        if spans and "font-size" not in spans[-1].attrib and not spans[-1].tail:
            assert sum(float(span.get("dy", 0)) for span in spans) == pytest.approx(0, abs=0.02)


def test_numbers_change_with_the_theme_and_direction_only_in_looks() -> None:
    """Themes and directions have other colours and places, and the same words."""
    trace = traced("twice")
    plain = sorted(words(text) for text in parsed(trace).iter(f"{SVG}text"))
    for sheet in ({"theme": "dark"}, {"direction": "TB"}):
        assert sorted(words(t) for t in parsed(trace, **sheet).iter(f"{SVG}text")) == plain
        assert svg_text(trace, None, Sheet(**sheet)) != svg_text(trace, None)  # type: ignore[arg-type]


def test_the_file_is_the_picture() -> None:
    """`-o x.svg` writes what `svg_text` says, in UTF-8."""
    trace = traced("square")
    check = not_checked(trace)
    assert FILES["svg"](trace, check) == svg_text(trace, check, Sheet()).encode()


def test_widths_are_those_of_the_font() -> None:
    """Widths come from the font of the package, which has every sign that views use."""
    assert advance("mm") == pytest.approx(2 * advance("m"))
    assert advance("i") < advance("m") < 1
    assert advance("y\u0302") == advance("y")
    from fontTools.ttLib import TTFont

    for file in FOLDER.glob("*.ttf"):
        with TTFont(file) as font:
            known = font.getBestCmap()
        assert not [c for c in "∂×⊙‖·…✓✗Ḡŷᵀ√π∞≤≥≠|θΣ→" if ord(c) not in known]
