"""backtrace.render: the views by name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from backtrace import render
from backtrace.render import FILES, VIEWS


def test_views() -> None:
    """Every view is the function of its file; another name is a KeyError."""
    assert list(VIEWS) == ["equations", "table", "tree"]
    for registry in (VIEWS, FILES):
        assert len(registry) == len(list(registry))
        for name, view in registry.items():
            assert view.__name__ == name
        with pytest.raises(KeyError):
            registry["picture"]


@pytest.mark.parametrize("folder", ["views", "files"])
def test_adding_one_is_adding_a_file(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the folder is found by its name, and imported when it is asked for."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "haiku.py").write_text("def haiku(trace): return trace")
    package = importlib.import_module(f"backtrace.render.{folder}")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / folder)])
    monkeypatch.setattr(render, "__path__", [str(tmp_path)])
    assert list(render._Folder(folder)) == ["haiku"]
    assert render._Folder(folder)["haiku"](3) == 3


def test_imports_nothing() -> None:
    """Importing the package imports no rich."""
    code = "import sys, backtrace.render; print('rich' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
