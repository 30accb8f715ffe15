"""backtrace.render: the views by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backtrace.render import VIEWS


def test_views() -> None:
    """Every view has its name and is a function of that name; another name is a KeyError."""
    assert list(VIEWS) == ["tree", "table"]
    assert len(VIEWS) == 2
    for name, view in VIEWS.items():
        assert view.__name__ == name
    with pytest.raises(KeyError):
        VIEWS["picture"]


def test_imports_nothing() -> None:
    """Importing the package imports no rich."""
    code = "import sys, backtrace.render; print('rich' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
