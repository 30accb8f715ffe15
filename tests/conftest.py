"""Settings for every test, and the browser of those that look at a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Shown, chromium
from hypothesis import HealthCheck, settings

# Time limits of single examples fail on a machine that is busy, and say nothing about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.register_profile("long", parent=settings.get_profile("default"), max_examples=2000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default")
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of one file."""
    with chromium() as found:
        yield found


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Shown:
    """Opens the page of a program."""
    return Shown(browser, tmp_path)
