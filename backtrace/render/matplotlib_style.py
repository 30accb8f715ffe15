"""Drawing with matplotlib as if nobody had any settings of their own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def _unset(name: str) -> Iterator[None]:
    """Without an environment variable."""
    value = os.environ.pop(name, None)
    try:
        yield
    finally:
        if value is not None:
            os.environ[name] = value


@contextmanager
def own_style(style: Mapping[str, Any]) -> Iterator[None]:
    """matplotlib's defaults with this style; neither its settings nor pyplot's figures change.

    It warns of characters that its font does not have. A box stands for them, or an svg shows them
    all the same.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        with _unset("MPLBACKEND"):  # matplotlib does not import where it names no backend
            from matplotlib import rc_context, rcParamsDefault

        # rc_context does not restore the backend, and none is needed
        whole: Any = {k: v for k, v in rcParamsDefault.items() if k != "backend"} | dict(style)
        with rc_context(whole):
            yield
