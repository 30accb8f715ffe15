"""The gallery of the README is what its commands make."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from command_line import ROOT, shell

FOLDER = Path("examples") / "gallery"
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MADE_BY_HAND = {"lesson.png"}  # a photograph of the page, not the same on every machine


def script() -> ModuleType:
    """examples/gallery.py as a module."""
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "examples" / "gallery.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = script()
COMMANDS = GALLERY.commands(TEXT)


def normal(content: str) -> str:
    """A file without the version of torch that it was checked against, and what hangs on it."""
    content = re.sub(r"bt-[0-9a-f]{12}", "bt-ID", content)  # of the whole content
    return re.sub(r"torch \d+\.\d+\.\d+", "torch VERSION", content)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.rsplit("/")[-1])
def test_a_command_makes_what_is_shown(command: str, tmp_path: Path) -> None:
    """Run anew, it writes the file that is in the repository."""
    made = FOLDER / command.rsplit("/", maxsplit=1)[-1]
    (tmp_path / FOLDER).mkdir(parents=True)
    assert shell(command, cwd=tmp_path).returncode == 0
    found = (tmp_path / made).read_text(encoding="utf-8")
    assert normal(found) == normal((ROOT / made).read_text(encoding="utf-8"))


def test_the_equations_are_those_of_the_file() -> None:
    """What stands in the README is the file that the command makes."""
    equations = (ROOT / FOLDER / "equations.md").read_text(encoding="utf-8")
    assert GALLERY.with_equations(TEXT, equations) == TEXT


def test_every_file_is_made_and_shown() -> None:
    """Nothing lies in the gallery that no command makes, or that the README does not show."""
    files = {path.name for path in (ROOT / FOLDER).iterdir()}
    assert files == {command.rsplit("/")[-1] for command in COMMANDS} | MADE_BY_HAND
    for name in files:
        assert f"{FOLDER}/{name}" in TEXT


def test_the_photograph_is_one() -> None:
    """A PNG of the page, of the size that the script makes."""
    head = (ROOT / FOLDER / "lesson.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert int.from_bytes(head[16:20], "big") == GALLERY.SIZE["width"]
