"""backtrace.render.descents.plot: the picture of a descent, read by the texts of its svg."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from backtrace import Descent, descend
from backtrace.ops.axes import Misfit
from backtrace.prepared import Prepared
from backtrace.render.descents.heights import MOST_LEVELS, SIDE, grid_of, relief
from backtrace.render.descents.path import FAR, losses_of, path_of, thinned
from backtrace.render.descents.plot import FORMATS, plot

SVG = "{http://www.w3.org/2000/svg}"
ROSENBROCK = "100*(y-x^2)^2 + (1-x)^2"
LINE = {"x": [0.0, 1, 2, 3], "y": [1.1, 2.9, 5.2, 6.8], "w": -1, "b": 4}

# name: the program, its values, and how to go
RUNS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "rosenbrock": (
        ROSENBROCK,
        {"x": -1.2, "y": 1},
        {"optimizer": "adam", "lr": 0.02, "steps": 1500},
    ),
    "line": ("mse(w*x+b, y)", LINE, {"wrt": "w,b", "lr": 0.05, "steps": 50}),
    "batches": ("mse(w*x+b, y)", LINE, {"wrt": "w,b", "lr": 0.05, "epochs": 9, "batch_size": 2}),
    "one": ("(x-3)^2", {"x": 0}, {"lr": 0.1, "steps": 60}),
    "short": ("(x-3)^2", {"x": 0}, {"lr": 0.1, "steps": 2}),
    "network": (
        "loss = mse(tanh(X @ W), Y)",
        {"X": [[1.0, 2], [3, 4]], "W": [[0.1], [0.2]], "Y": [[0.5], [-0.5]]},
        {"wrt": "W", "steps": 30},
    ),
    "vector": ("sum(w^2)", {"w": [1.0, 2]}, {"steps": 3}),
    "three": ("a^2 + b^2 + c^2", {"a": 1, "b": 2, "c": 3}, {"steps": 3}),
    "diverged": ("mse(w*x+b, y)", LINE, {"wrt": "w,b", "lr": 10, "steps": 500}),
    "slowly": ("mse(w*x+b, y)", LINE, {"wrt": "w,b", "lr": 0.3, "steps": 20_000}),
    "at once": ("exp(a^2) + exp(b^2)", {"a": 3, "b": 2}, {"lr": 0.01}),
    "unbounded": ("-(a^2) - b^2", {"a": 1, "b": 0.5}, {"lr": 0.1, "steps": 9_999}),
    "max_loss": ("a^2 + b^2", {"a": 1, "b": 1}, {"lr": 1.3, "max_loss": 100}),
    "out of log": ("log(a) + log(b)", {"a": 0.1, "b": 0.2}, {"steps": 300}),
    "nowhere": ("log(a) + 0*b", {"a": -1, "b": 0}, {}),
    "no number": ("log(x)", {"x": -1}, {}),
    "not finite": ("a^2 + b^2", {"a": np.inf, "b": 0}, {}),
    "no step": ("(a-1)^2 + b^2", {"a": 1, "b": 0}, {"until_gradient": 1e-3}),
    "constant": ("3 + 0*a + 0*b", {"a": 1, "b": 2}, {"steps": 5}),
    "zeros": ("0*a", {"a": 1}, {"steps": 5}),
    "reaches 0": ("a^2 + b^2", {"a": 1, "b": 1}, {"lr": 0.3, "steps": 600}),
    "ascend": ("4 - (a-1)^2 - 3*b^2", {"a": 3, "b": 2}, {"lr": 0.05, "ascend": True}),
    "ascend far": ("a^2 + b^2", {"a": 1, "b": 2}, {"lr": 0.1, "steps": 90, "ascend": True}),
    "steps": ("sign(a) + sign(b)", {"a": 1, "b": 2}, {"steps": 3}),
    "slope": ("a + 2*b", {"a": 0, "b": 0}, {"lr": 0.1}),
    "across": ("a^2 + 0*b", {"a": 1, "b": 1}, {"lr": 0.1}),
    "far off": ("(a-1e9)^2 + (b-1e9)^2", {"a": 1e9 + 1, "b": 1e9}, {"lr": 0.1}),
    "huge": ("abs(a) + abs(b)", {"a": 1.5e308, "b": -1.5e308}, {"lr": 1e306}),
    "tiny": ("(a-1)^2 + b^2", {"a": 1 + 1e-15, "b": 1e-320}, {"lr": 0.1}),
    "explodes": ("exp(a^2) + exp(b^2)", {"a": 5, "b": 2}, {"lr": 1e-12}),
    "hills": ("1e300*sin(a) + 1e300*cos(b)", {"a": 5, "b": 2}, {"lr": 1e-301}),
}
MAPS = {"rosenbrock", "line", "batches", "diverged", "slowly", "at once", "unbounded", "max_loss"}
MAPS |= {"out of log", "nowhere", "no step", "constant", "reaches 0", "ascend", "ascend far"}
MAPS |= {"steps", "slope", "across", "far off", "huge", "tiny", "explodes", "hills"}


@cache
def run(name: str) -> Descent:
    program, values, options = RUNS[name]
    return descend(program, values, **options)


def texts(file: bytes) -> list[str]:
    """Every text of an svg, in the order of drawing."""
    found = ET.fromstring(file).iter(f"{SVG}text")  # noqa: S314  (we wrote it)
    return ["".join(text.itertext()) for text in found]


@cache
def drawn(name: str) -> tuple[str, ...]:
    return tuple(texts(plot(run(name), "svg")))


def has_log_axis(words: tuple[str, ...]) -> bool:
    """Whether two numbers in a row of the axis of the loss, which follow its title, are powers."""
    numbers = [float(word) for word in words[words.index("updates made") + 1 :] if is_number(word)]
    first, second = numbers[:2]
    return first > 0 and second / first == pytest.approx(10 ** round(np.log10(second / first)))


def is_number(word: str) -> bool:
    return re.fullmatch(r"-?[\d.]+(e-?\d+)?", word) is not None


@pytest.mark.parametrize("name", RUNS)
def test_every_descent_has_a_plot(name: str) -> None:
    """Every descent is drawn, with the path on a map where it has two numbers and nothing else."""
    words = drawn(name)
    assert {"updates made", *RUNS[name][0].splitlines()} <= set(words)
    assert ("start" in words) == (name in MAPS)


@pytest.mark.parametrize(
    ("format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")]
)
def test_formats(format: str, start: bytes) -> None:
    """A file is of its format."""
    assert plot(run("line"), format).startswith(start)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bytes_every_time(format: str) -> None:
    """The same descent makes the same file, in another process and at another time."""
    program = (
        "import sys, backtrace; from backtrace.render.descents.plot import plot\n"
        f"d = backtrace.descend({ROSENBROCK!r}, x=-1.2, y=1, optimizer='adam', steps=9)\n"
        f"sys.stdout.buffer.write(plot(d, {format!r}))"
    )
    here = plot(descend(ROSENBROCK, x=-1.2, y=1, optimizer="adam", steps=9), format)
    there = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, check=True, timeout=120,
        env={"PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1", "HOME": "/nowhere", "TZ": "UTC+3"},
    )  # fmt: skip
    assert here == there.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rosenbrock", [ROSENBROCK, "x", "y", "L", "start", "end"]),
        ("line", ["sgd, lr = 0.05: all 50 updates made, L = 0.239384", "w", "b"]),
        ("batches", ["L of the batch"]),
        ("network", ["loss = mse(tanh(X @ W), Y)", "loss"]),
        ("ascend", ["4 - L"]),
        ("no step", ["start", "end", "0"]),
        ("constant", ["flat: 3"]),
        ("nowhere", ["nowhere finite", "not finite"]),
        ("no number", ["not finite"]),
        ("out of log", ["grey: not finite", "diverged"]),
        ("max_loss", ["diverged"]),
        ("diverged", ["off the map at update 2", "diverged"]),
        ("reaches 0", ["L = 0 after 407 updates: not on a log axis"]),
    ],
)
def test_what_is_said(name: str, words: list[str]) -> None:
    """The texts say which program, how it went, and what cannot be seen."""
    assert set(words) <= set(drawn(name))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimizer": "adam", "ascend": True}, "adam, lr = 0.001, going up: all 4 updates made"),
        ({"schedule": "exponential", "gamma": 0.9}, "sgd, lr = 0.001, exponential schedule: all 4"),
        ({"lr": 0.1, "until_loss": 1.5}, "sgd, lr = 0.1: the loss is at most 1.5 after 2 updates"),
    ],
)
def test_how_it_went(options: dict[str, Any], said: str) -> None:
    """The second line has the rule, its rate, where it goes, and why it ended."""
    words = texts(plot(descend("x^2 + 1", x=1, steps=4, **options), "svg"))
    assert words[1].startswith(said)


def test_why_it_diverged() -> None:
    """A divergence is said in words above the panels."""
    assert any("diverged at update" in w and "the loss is inf" in w for w in drawn("diverged"))


LOG = {"ascend far", "rosenbrock", "one", "diverged", "slowly", "reaches 0", "explodes"}


@pytest.mark.parametrize(
    "name",
    [*sorted(LOG), "short", "network", "ascend", "unbounded", "constant", "slope"],
)
def test_log_axis_where_that_helps(name: str) -> None:
    """The loss is on a log axis where it is positive and of several magnitudes."""
    assert has_log_axis(drawn(name)) == (name in LOG)


def test_x_goes_across() -> None:
    """A program that has y before x is drawn with x across; other names are in their order."""
    for name, names in [("rosenbrock", ("x", "y")), ("line", ("w", "b"))]:
        path = path_of(run(name), losses_of(run(name)))
        assert path is not None and path.names == names


@pytest.mark.parametrize("name", ["alpha_1", "_hidden", "x_2_3"])
def test_names_are_no_mathematics(name: str) -> None:
    """A name is drawn as it is written."""
    words = texts(plot(descend(f"{name}^2 + b^2", {name: 1, "b": 2}, steps=3), "svg"))
    assert name in words


@pytest.mark.parametrize(
    "comment", ["$x$", r"$\frac{1}{2}$", "$", "<script>alert(1)</script>", "&amp; ]]> -->", "\x0c"]
)
@pytest.mark.parametrize("format", FORMATS)
def test_hostile_programs(comment: str, format: str) -> None:
    """What users write is text: no mathematics, no markup, and nothing that breaks the file."""
    file = plot(descend(f"w^2 # {comment}", w=1, steps=3), format)
    if format == "svg":
        assert texts(file)[0] == f"w^2 # {comment}".replace("\x0c", " ").rstrip()
        assert b"<script" not in file


def test_a_character_that_the_font_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in any writing is drawn without a warning, and an svg has it."""
    monkeypatch.undo()
    found = descend("(数-1)^2 + b^2", {"数": 3, "b": 1}, steps=3)
    assert "数" in texts(plot(found, "svg"))
    assert plot(found, "png") and plot(found, "pdf")


def test_a_long_program_is_cut() -> None:
    """Of a program of many lines the first ones are shown, and of a long name the beginning."""
    long = "a" * 200
    program = f"{long}^2 + " + " + ".join(f"(b-{k})^2" for k in range(200))
    words = texts(plot(descend(program, {long: 1, "b": 1}, lr=1e-3, steps=3), "svg"))
    assert words[2].endswith(" …") and words[3].startswith("sgd, lr = 0.001: all 3 updates made")
    assert long[:39] + "…" in words


@pytest.mark.parametrize("count", [1, 2, 1999, 2000, 2001, 54_321])
def test_thinned_keeps_extremes(count: int) -> None:
    """However many states there are, some thousand are drawn, the first, last and extreme ones."""
    losses = np.random.default_rng(0).normal(size=count).cumsum()
    kept = thinned(losses)
    assert len(kept) <= 2002 and all(a < b for a, b in pairwise(kept))
    assert {0, count - 1, int(losses.argmin()), int(losses.argmax())} <= {*kept.tolist()}


def test_a_long_run_is_a_small_file() -> None:
    """Thirty thousand updates make a file of the usual size that shows how they swing."""
    # y goes from 2 to -2 and back for ever
    long = descend("x^2 + 2*y^2", x=1, y=2, lr=0.5, steps=30_000)
    assert len(plot(long, "svg")) < 500_000
    path = path_of(long, losses_of(long))
    assert path is not None and len(path.points) < 5_000
    assert {-2.0, 2.0} <= set(path.points[-100:, 1])


@pytest.mark.parametrize(
    ("name", "shown"),
    [("diverged", 2), ("at once", 1), ("unbounded", 33), ("max_loss", 6), ("out of log", 7)],
)
def test_window_of_what_went_wrong(name: str, shown: int) -> None:
    """A path that flees is shown as long as its first updates can still be told apart."""
    path = path_of(run(name), losses_of(run(name)))
    assert path is not None
    assert path.shown == shown
    inside = path.points[:shown]
    low, high = path.window.T
    assert np.all((low < inside) & (inside < high))
    start = np.ptp(inside[: 1 + shown // 2], axis=0).max()
    assert np.ptp(path.window, axis=1).max() < 40 * start or shown == 1


@pytest.mark.parametrize("name", sorted(MAPS))
def test_window_is_finite_and_wide(name: str) -> None:
    """The window has room around its points: equal ones, and those at the end of floats."""
    path = path_of(run(name), losses_of(run(name)))
    assert path is not None and np.isfinite(path.window).all()
    low, high = path.window.T
    assert np.all(low < high) and np.all(np.abs(path.drawn) <= 4 * FAR)
    assert np.all((low < path.points[0]) & (path.points[0] < high))


def test_where_an_operation_takes_no_such_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A point of the map that an operation refuses has no loss."""
    value = Prepared.value

    def picky(prepared: Prepared, moved: Iterable[Any]) -> Any:
        first, second = moved
        if first > 1:
            raise Misfit("too large")
        return value(prepared, (first, second))

    descent = run("slope")
    path = path_of(descent, losses_of(descent))
    assert path is not None
    monkeypatch.setattr(Prepared, "value", picky)
    grid = grid_of(descent.task, path)
    assert np.array_equal(np.isnan(grid.values), np.broadcast_to(grid.xs > 1, grid.values.shape))


@pytest.mark.parametrize(("rows", "side"), [(2, SIDE[1]), (50_000, 31), (10**6, SIDE[0])])
def test_grid_is_coarse_where_a_point_is_slow(rows: int, side: int) -> None:
    """How many points a map has depends on how many entries are computed for each."""
    x = np.linspace(0, 1, rows)
    descent = descend("mean((w*x - b)^2)", x=x, w=1, b=0, wrt="w,b", steps=1)
    path = path_of(descent, losses_of(descent))
    assert path is not None
    assert len(grid_of(descent.task, path).xs) == side


X, Y = np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41))
LANDSCAPES: list[tuple[str, Any, bool, str, bool]] = [
    ("bowl", X**2 + Y**2, False, "L", True),
    ("bowl above 3", 3 + X**2 + Y**2, False, "L - 3", True),
    ("bowl below 0", X**2 + Y**2 - 3, False, "L + 3", True),
    ("hill", 3 - X**2 - Y**2, True, "3 - L", True),
    ("valley", 100 * (Y - X**2) ** 2 + 1e-6, False, "L", True),
    ("slope", X + Y, False, "L", False),
    ("slope up", X + Y, True, "L", False),
    ("pole", 1 / np.abs(X + 1e-9) + Y, False, "L", True),
    ("abyss", np.exp(700 * X**2), False, "L", True),
    ("holes", np.where(X > 0, np.nan, X**2 + Y**2), False, "L", True),
    ("one step", np.where(X > 0, 1.0, 0.0), False, "L", False),
    ("one peak", np.where((X == 0) & (Y == 0), 1.0, 0.0), False, "L", False),
]


@pytest.mark.parametrize(
    ("values", "ascend", "label", "is_log"),
    [row[1:] for row in LANDSCAPES],
    ids=[row[0] for row in LANDSCAPES],
)
def test_levels(values: Any, ascend: bool, label: str, is_log: bool) -> None:
    """Levels rise, are few, lie among the heights, and are log-spaced where there is a valley."""
    found = relief(values, "L", ascend=ascend)
    assert found is not None
    assert label in found.label
    levels = np.array(found.levels)
    assert 2 <= len(levels) <= MOST_LEVELS + 1 and np.all(np.diff(levels) > 0)
    assert np.nanmin(found.heights) <= levels[0] and levels[-1] <= np.nanmax(found.heights)
    assert (np.ptp(np.diff(levels)) > 1e-9 * np.ptp(levels)) == is_log


@pytest.mark.parametrize("value", [3.0, 0.0, np.nan])
def test_no_levels(value: float) -> None:
    """What is flat, or nowhere finite, has no contours."""
    assert relief(np.full((5, 5), value), "L", ascend=False) is None


def test_settings_are_neither_used_nor_changed() -> None:
    """matplotlib's settings and figures are the user's: a plot is the same whatever they are."""
    import matplotlib as mpl

    expected = plot(run("line"), "svg")
    ugly: Any = {"font.size": 30, "text.usetex": True, "svg.fonttype": "path"}
    with mpl.rc_context(ugly):
        before = [*dict.items(mpl.rcParams)]
        assert plot(run("line"), "svg") == expected
        assert [*dict.items(mpl.rcParams)] == before


@pytest.mark.parametrize("name", ["line", "one"])
def test_pyplot_is_not_needed(name: str) -> None:
    """A plot imports no pyplot, and the module by itself not even matplotlib."""
    program, values, options = RUNS[name]
    script = (
        "import sys, backtrace, backtrace.render.descents.plot as p\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"d = backtrace.descend({program!r}, {dict(values)!r}, **{dict(options)!r})\n"
        "assert 'matplotlib' not in sys.modules\n"
        "[p.plot(d, f) for f in p.FORMATS]\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=120)


def test_png_has_the_size_of_its_panels() -> None:
    """A plot with a map is wider than one without."""
    from PIL import Image

    sizes = [Image.open(BytesIO(plot(run(name), "png"))).size for name in ("one", "line")]
    assert [width for width, _ in sizes] == [960, 1560]
