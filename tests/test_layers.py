"""Imports point one way, so that each part can be read without those above it.

Heavy libraries are imported where they may be: torch costs 1.5 s, sympy 0.3 s.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "backtrace"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [".".join(f.relative_to(PACKAGE.parent).with_suffix("").parts) for f in FILES]

# A layer imports from the layers before it, and from itself within one package.
LAYERS = [
    {"errors", "lazy", "names"},
    {"ops", "replacing", "markdown"},
    {"graph"},
    {"symbolic", "passes", "roles"},
    {"records", "reading", "prepared"},
    {"expanding", "formulas", "undefined"},
    {"noticing"},
    {"tracing"},
    {"homework", "descent"},
    {"crosscheck", "render"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# The same within homework, which is a house of its own.
HOMEWORK = [
    "verdicts",
    "answers",
    "problems",
    "mistakes",
    "judging",
    "courses",
    "submissions",
    "reports",
    "running",
    "practice",
    "checking",
    "course",
]

# What a record does by itself for its user's convenience, inside the bodies of methods.
CONVENIENCE = {
    ("records", "crosscheck"): "Trace.check()",
    ("records", "formulas"): "Trace.formulas",
    ("records", "noticing"): "Trace.notices",
    ("records", "render"): "print(trace), Trace.save(), and a trace in a notebook",
    ("descent", "crosscheck"): "Descent.check()",
    ("descent", "render"): "print(descent), and a descent in a notebook",
    ("homework", "render"): "a verdict in a notebook",
}

# library: the parts that may import it, and those that may do so inside a function only
LIBRARIES = {
    "typer": ({"cli"}, set()),
    "rich": ({"cli", "render"}, set()),
    "torch": (set(), {"crosscheck"}),
    "sympy": ({"lazy"}, {"symbolic"}),  # the printer's base class
    "scipy": ({"lazy"}, set()),
    "matplotlib": (set(), {"render"}),
    "fontTools": (set(), {"render"}),
    "graphlay": (set(), {"render"}),
}


class Import(NamedTuple):
    """One import statement: of what, whether in a function, whether for type checkers only."""

    module: str
    inside: bool
    typing: bool


def part(module: str) -> str:
    """`backtrace.cli.app` is of the part cli."""
    return module.partition(".")[2].partition(".")[0]


def imports(node: ast.AST, *, inside: bool = False, typing: bool = False) -> Iterator[Import]:
    """Every import under a node of the syntax tree."""
    match node:
        case ast.Import(names):
            yield from (Import(alias.name, inside, typing) for alias in names)
        case ast.ImportFrom(module):
            yield Import(str(module), inside, typing)
        case ast.If(ast.Name("TYPE_CHECKING"), body, orelse):
            for statement in body:
                yield from imports(statement, inside=inside, typing=True)
            for statement in orelse:
                yield from imports(statement, inside=inside, typing=typing)
        case _:
            inside = inside or isinstance(node, ast.FunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from imports(child, inside=inside, typing=typing)


def offences(module: str, source: str) -> Iterator[str]:
    """The imports of a module that go the wrong way."""
    here = part(module)
    for there, inside, typing in imports(ast.parse(source)):
        library = there.partition(".")[0]
        if library in LIBRARIES:
            anywhere, in_function = LIBRARIES[library]
            allowed = here in anywhere or (here in in_function and inside)
            if not (allowed or typing):
                yield f"{module} imports {there}"
        elif library == "backtrace" and part(there) and not typing:
            lower = part(there) == here or LEVEL[part(there)] < LEVEL[here]
            if not lower and not (inside and (here, part(there)) in CONVENIENCE):
                yield f"{module} imports {there}"


@pytest.mark.parametrize(("module", "file"), [*zip(MODULES, FILES, strict=True)], ids=MODULES)
def test_imports_point_one_way(module: str, file: Path) -> None:
    """A module imports only what lies below it, and heavy libraries only where they belong."""
    if module != "backtrace.__init__":  # names everything, imports nothing: see the next test
        assert not list(offences(module, file.read_text(encoding="utf-8")))


def test_the_package_imports_nothing_of_itself() -> None:
    """`import backtrace` loads no other module of the package."""
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert not [i for i in imports(ast.parse(source)) if "backtrace" in i.module and not i.typing]


def rooms(module: str) -> str:
    """`backtrace.homework.judging.judge` is in the room judging."""
    return (module.split(".") + [""] * 3)[2]


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) == "homework"])
def test_homework_points_one_way(module: str) -> None:
    """A part of homework imports only what stands above it in the list."""
    if not rooms(module).strip("_").removeprefix("init"):
        return  # the package itself
    file = FILES[MODULES.index(module)]
    used = {i.module for i in imports(ast.parse(file.read_text(encoding="utf-8"))) if not i.typing}
    found = {rooms(m) for m in used if part(m) == "homework"} - {rooms(module)}
    above = HOMEWORK[: HOMEWORK.index(rooms(module))]
    assert found <= set(above)


def test_every_part_has_a_layer() -> None:
    """A new file of the package must be given its place in the list above."""
    assert {part(module) for module in MODULES} - {"__init__"} == LEVEL.keys()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("backtrace.graph", "from backtrace.tracing import trace"),
        ("backtrace.records", "from backtrace.crosscheck import check"),
        ("backtrace.crosscheck.engine", "import torch"),
        ("backtrace.tracing", "def f():\n    import torch"),
        ("backtrace.render.views.tree", "from backtrace.crosscheck import check"),
        ("backtrace.symbolic", "import sympy"),
        ("backtrace.tracing", "from rich.text import Text"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    """An import that goes up, or a heavy one in the wrong place, is an offence."""
    assert list(offences(module, source))
