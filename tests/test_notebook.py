"""What a notebook shows: a real one is run by a kernel, and its outputs are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from nbclient import NotebookClient

import backtrace
from backtrace.cli.magic import backtrace as magic

ROOT = Path(__file__).parent.parent
CELLS = {
    "trace": 'import backtrace\nbacktrace.trace("(w*x - y)**2", w=1, x=1, y=2)',
    "large": 'backtrace.trace("\\n".join(["v = a"] + ["v = v*a"] * 5000), a=0.5)',
    "descent": 'backtrace.descend("(w*x - y)**2", w=1, x=1, y=2, wrt="w", lr=0.1, steps=5)',
    "right": 'backtrace.check("(w*x - y)**2", {"w": 1, "x": 1, "y": 2}, "dL/dw = 2*x*(w*x - y)")',
    "wrong": 'backtrace.check("(w*x - y)**2", {"w": 1, "x": 3, "y": 2}, "dL/dw = 2*(w*x - y)")',
    "hostile": 'backtrace.check("x**2", {"x": 1}, "<img src=x onerror=alert(1)>")',
    "load": "%load_ext backtrace",
    "magic": '%backtrace "(w*x-y)**2" --w 1 --x 1 --y 2',
    "kept": 't = %backtrace "w*x" w=2 x=3 --wrt w',
    "kept gradients": "t.gradients",
    "cell": "%%backtrace w=2 x=-3 y=1\nyhat = w*x\ns = yhat - y\nloss = s**2",
    "quiet": '%backtrace "(w*x-y)**2" --w 1 --x 1 --y 2 -q',
    "magic descent": '%backtrace descend "(w*x-y)**2" w=1 x=1 y=2 --wrt w --steps 3',
    "magic equations": '%backtrace "w*x" w=1 x=1 --view equations',
    "ops": "%backtrace ops relu",
    "unread": '%backtrace "w*" --w 1',
    "unbound": '%backtrace "w*x" --w 1',
    "unclosed": '%backtrace "w*x w=1',
    "after": "1 + 1",
}
FAILS = ("unread", "unbound", "unclosed")


@pytest.fixture(scope="module")
def outputs() -> dict[str, list[Any]]:
    """The outputs of every cell, by what it is called above."""
    notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    for name, source in CELLS.items():
        cell = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
        cell.metadata["tags"] = ["raises-exception"] if name in FAILS else []
        notebook.cells.append(cell)
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def data(outputs: list[Any]) -> dict[str, str]:
    """The bundle of the one output of a cell."""
    (output,) = outputs
    assert output.output_type == "execute_result"
    return dict(output.data)


@pytest.mark.parametrize("name", ["trace", "magic", "cell"])
def test_a_trace_shows_its_picture(outputs: dict[str, list[Any]], name: str) -> None:
    """As a picture with the verdict, as LaTeX and as text."""
    bundle = data(outputs[name])
    assert bundle.keys() == {"image/svg+xml", "text/latex", "text/plain"}
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")  # noqa: S314  (made here)
    for shown in (bundle["image/svg+xml"], bundle["text/plain"]):
        assert "checked against torch" in re.sub("<[^>]*>", "", shown)


def test_the_latex_has_formula_and_number(outputs: dict[str, list[Any]]) -> None:
    """A line for the value and for every gradient."""
    text = data(outputs["trace"])["text/latex"]
    assert text.startswith("$$\n\\begin{aligned}\nL &= 1 \\\\\n")
    assert r"\frac{\partial L}{\partial w} &= 2x\cdot (w\cdot x-y) = -2" in text


def test_a_large_trace_shows_its_tree(outputs: dict[str, list[Any]]) -> None:
    """What is too large for a picture is text, folded as on the screen."""
    bundle = data(outputs["large"])
    assert bundle.keys() == {"text/latex", "text/plain"}
    assert "--depth" in bundle["text/plain"]


@pytest.mark.parametrize("name", ["descent", "magic descent"])
def test_a_descent_shows_its_plot(outputs: dict[str, list[Any]], name: str) -> None:
    """The plot, start and end in LaTeX, the steps as text."""
    bundle = data(outputs[name])
    assert bundle.keys() == {"image/svg+xml", "text/latex", "text/plain"}
    if name != "descent":
        return
    assert r"w &: 1 \to 1.67232" in bundle["text/latex"]
    assert "update 1" in bundle["text/plain"]


def test_verdicts_show_their_claims(outputs: dict[str, list[Any]]) -> None:
    """The mark, the claim, and of a wrong one what is wrong."""
    right, wrong = data(outputs["right"]), data(outputs["wrong"])
    assert "✓ correct" in right["text/html"]
    assert "✗ wrong" in wrong["text/html"]
    assert "missing-local" in wrong["text/html"]
    assert r"\frac" in wrong["text/latex"]
    assert wrong["text/plain"].startswith("wrong: dL/dw")


def test_what_is_typed_is_no_markup(outputs: dict[str, list[Any]]) -> None:
    """A claim is text wherever it stands."""
    assert "<img" not in data(outputs["hostile"])["text/html"]


def test_the_magic_returns_the_trace(outputs: dict[str, list[Any]]) -> None:
    """It can be kept under a name."""
    assert outputs["kept"] == []
    assert data(outputs["kept gradients"])["text/plain"] == "{'w': 3.0}"


PRINTED = [("quiet", "w\t-2\n"), ("ops", "relu"), ("magic equations", "product rule")]


@pytest.mark.parametrize(("name", "text"), PRINTED)
def test_the_magic_prints(outputs: dict[str, list[Any]], name: str, text: str) -> None:
    """With options for the screen, and with subcommands, it prints what the command prints."""
    assert all(output.output_type == "stream" for output in outputs[name])
    printed = "".join(o.text for o in outputs[name] if o.name == "stdout")
    assert text in printed


TOLD = [("unread", "w*"), ("unbound", "no value for x"), ("unclosed", "No closing quotation")]


@pytest.mark.parametrize(("name", "text"), TOLD)
def test_the_magic_tells_errors(outputs: dict[str, list[Any]], name: str, text: str) -> None:
    """What cannot be read is told in a few lines, without a traceback, and the kernel goes on."""
    (output,) = outputs[name]
    shown = "\n".join(output.traceback) if output.output_type == "error" else output.text
    assert text in shown
    assert "magic.py" not in shown
    assert data(outputs["after"])["text/plain"] == "2"


def test_only_what_is_asked_for_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A front end names what it can show, or what it cannot."""
    trace = backtrace.trace("w*x", w=1, x=2)
    assert "image/svg+xml" in trace._repr_mimebundle_()
    monkeypatch.delattr("backtrace.render.notebook.svg_text")
    assert trace._repr_mimebundle_(include=["text/plain"]).keys() == {"text/plain"}
    assert "image/svg+xml" not in trace._repr_mimebundle_(exclude=["image/svg+xml"])


def test_the_magic_alone_prints_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """As the command does."""
    assert magic("") is None
    assert "backtrace" in capsys.readouterr().out
