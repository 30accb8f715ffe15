"""The picture as png and pdf: the same scene, in the font of the package."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from command_line import environment
from fontTools.ttLib import TTFont
from PIL import Image
from test_render_snapshots import PROGRAMS, traced

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.errors import UsageError
from backtrace.records import Trace
from backtrace.render import FILES, Sheet
from backtrace.render.picture import canvas
from backtrace.render.picture.metrics import font_file
from backtrace.render.picture.scene import Shape
from backtrace.render.picture.whole import scene

DRAWN = [name for name in PROGRAMS if name not in ("chain", "network")]


def made(suffix: str, trace: Trace, sheet: Sheet | None = None) -> bytes:
    return FILES[suffix](trace, not_checked(trace), sheet or Sheet())


@pytest.mark.parametrize("name", DRAWN)
def test_png_has_two_pixels_a_unit(name: str) -> None:
    """A png is twice as large as the picture, and is drawn upon."""
    trace = traced(name)
    size = scene(trace, not_checked(trace), Sheet()).size
    image = Image.open(BytesIO(made("png", trace)))
    assert image.size == pytest.approx((2 * size.width, 2 * size.height), abs=1)
    assert len(np.unique(np.asarray(image.convert("L")))) > 20


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_same_trace_same_bytes(suffix: str) -> None:
    """Nothing in the file depends on when it is made, or on the user's settings of matplotlib."""
    first = made(suffix, traced("twice"))
    with mpl.rc_context({"font.size": 30, "savefig.facecolor": "red", "text.usetex": True}):
        assert made(suffix, traced("twice")) == first


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_settings_are_left_alone(suffix: str) -> None:
    """Drawing changes nothing of the user's."""
    before = dict(mpl.rcParams)
    made(suffix, traced("square"))
    assert dict(mpl.rcParams) == before


def test_pdf_has_no_date() -> None:
    """When a file was made stands nowhere in it."""
    assert b"Date" not in made("pdf", traced("square"))


def test_pdf_has_text_in_the_font_of_the_package() -> None:
    """Text in a pdf is text: TrueType fonts with their characters, no curves."""
    found = made("pdf", traced("twice"))
    assert found.startswith(b"%PDF")
    assert set(re.findall(rb"/BaseFont /(?:\w+#2B|\w+\+)?([\w-]+)", found)) >= {b"DejaVuSans"}
    streams = [_inflated(s) for s in re.findall(rb"stream\r?\n(.*?)endstream", found, re.DOTALL)]
    assert b"beginbfchar" in b"".join(streams) or b"beginbfrange" in b"".join(streams)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_background_is_that_of_the_theme(theme: str) -> None:
    """The corner of a picture has the colour of its paper."""
    sheet = Sheet(theme=theme)  # type: ignore[arg-type]
    trace = traced("square")
    image = Image.open(BytesIO(made("png", trace, sheet))).convert("RGB")
    paper = scene(trace, not_checked(trace), sheet).paper
    assert image.getpixel((1, 1)) == tuple(int(paper[k : k + 2], 16) for k in (1, 3, 5))


def test_nodes_are_where_the_scene_says() -> None:
    """The middle of the output's border is drawn in the colour of its border."""
    trace = traced("square")
    found = scene(trace, not_checked(trace), Sheet())
    output = next(g for g in found.groups if "output" in g.classes)
    shape = output.parts[0]
    assert isinstance(shape, Shape)
    xs, ys = zip(*(p for c in shape.commands for p in c.points), strict=True)
    image = Image.open(BytesIO(made("png", trace))).convert("RGB")
    pixel = image.getpixel((round(2 * min(xs)), round(min(ys) + max(ys))))
    assert pixel == pytest.approx(
        tuple(int(shape.stroke[k : k + 2], 16) for k in (1, 3, 5)), abs=40
    )


@pytest.mark.parametrize("name", DRAWN)
def test_the_font_has_every_character(name: str) -> None:
    """Nothing that views write by themselves is a box."""
    known = TTFont(font_file(italic=False)).getBestCmap().keys()
    svg = made("svg", traced(name)).decode()
    shown = set("".join(ET.fromstring(svg).itertext()))  # noqa: S314  (made here)
    assert {c for c in shown if not c.isspace()} <= set(map(chr, known))


def test_characters_without_a_glyph_are_boxes() -> None:
    """A name in another script, a `$` and a backslash are drawn as they are, in silence."""
    trace = backtrace.trace(r"变*x # $\frac{1}{2}$ \N", {"变": 1, "x": 2})
    assert made("png", trace).startswith(b"\x89PNG")
    assert made("pdf", trace).startswith(b"%PDF")


def test_a_png_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has fewer pixels a unit, down to one; beyond that it is refused with advice."""
    trace = traced("square")
    size = scene(trace, not_checked(trace), Sheet()).size
    monkeypatch.setattr(canvas, "MOST_PIXELS", int(size.width * size.height * 1.5))
    image = Image.open(BytesIO(made("png", trace)))
    assert size.width < image.size[0] < 2 * size.width
    monkeypatch.setattr(canvas, "MOST_PIXELS", int(size.width * size.height * 0.9))
    with pytest.raises(UsageError, match=r"-o graph\.svg and -o graph\.pdf have no such limit"):
        made("png", trace)


@pytest.mark.parametrize("suffix", ["png", "pdf"])
@pytest.mark.parametrize("character", "\ufeff\u200b\u202e\u2066\xad")
def test_characters_that_only_steer(suffix: str, character: str) -> None:
    """They are in the program and not in the picture; matplotlib breaks off at one of them."""
    assert made(suffix, backtrace.trace(f"w*x # {character}", w=1, x=2))


def test_settings_of_the_user_do_not_matter(tmp_path: Path) -> None:
    """A backend that there is not is of no account, and stays in the environment."""
    code = "import backtrace as b, os; b.trace('x*x', x=1).save('a.png')"
    code += "; print(os.environ['MPLBACKEND'])"
    env = environment({"MPLBACKEND": "nonsense"})
    words = [sys.executable, "-c", code]
    found = subprocess.run(
        words, env=env, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert found.stdout == "nonsense\n", found.stderr
