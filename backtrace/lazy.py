"""Modules that are imported at their first use: sympy costs 0.3 s, scipy.special 0.2 s."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class LazyModule:
    """Stands for a module until one of its attributes is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)  # the next look-up does not come here
        return value


__all__ = ["LazyModule", "special", "sympy"]

if TYPE_CHECKING:
    import sympy
    from scipy import special
else:
    sympy = LazyModule("sympy")
    special = LazyModule("scipy.special")
