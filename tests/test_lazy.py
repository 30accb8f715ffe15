"""backtrace.lazy and the package itself: what is imported at its first use."""

from __future__ import annotations

import json
import sys

import pytest

import backtrace
from backtrace.lazy import LazyModule


def test_a_lazy_module_is_imported_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one imports nothing; an attribute is that of the module, and is kept."""
    monkeypatch.delitem(sys.modules, "json")
    lazy = LazyModule("json")
    assert "json" not in sys.modules
    assert lazy.loads("[1]") == json.loads("[1]")
    assert "json" in sys.modules
    assert vars(lazy)["loads"] is lazy.loads


def test_what_is_not_there_is_told_as_by_the_module() -> None:
    """A name that the module does not have is an AttributeError, a module that is not an error."""
    with pytest.raises(AttributeError, match="no_such_name"):
        LazyModule("json").no_such_name  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        LazyModule("no_such_module").name  # noqa: B018


def test_the_public_names_agree() -> None:
    """`__all__`, the map of their homes and dir() have the same names."""
    assert backtrace.__all__ == sorted(backtrace._HOMES)
    assert set(backtrace.__all__) <= set(dir(backtrace))
    public = {name for name in dir(backtrace) if not name.startswith("_")}
    assert public == set(backtrace.__all__)


@pytest.mark.parametrize("name", backtrace.__all__)
def test_every_public_name_is_imported(name: str) -> None:
    """Each is found in its home, the object that stands there, with a docstring."""
    found = getattr(backtrace, name)
    assert getattr(sys.modules[f"backtrace.{backtrace._HOMES[name]}"], name) is found
    assert found.__doc__


def test_another_name_is_refused() -> None:
    """What is not public is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="'traec'"):
        backtrace.traec  # noqa: B018
