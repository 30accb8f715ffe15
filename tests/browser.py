"""A real browser for the tests of pages: Debian's chromium, driven by Playwright.

Where either is missing the tests are skipped, but not in CI, where they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import backtrace
from backtrace.crosscheck import not_checked
from backtrace.render import FILES, PLAIN_SHEET, Sheet

TWICE = "(y - (w*x + b))**2 + w**2", {"y": 2, "w": 1, "x": 1, "b": 0}  # w is used twice
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def missing() -> str:
    """What there is not to open a page with."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return "" if Path(CHROMIUM).exists() else f"there is no {CHROMIUM}"


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, or a test that is skipped for want of it."""
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(f"no browser in CI: {why}")
    if why:
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Complaints(list[str]):
    """What a page did that it must not: errors, words on the console, dialogs, requests."""

    def watch(self, page: Any, own: str) -> None:
        """Listen to a page; `own` is its address, the one thing it may ask for."""
        page.on("console", lambda message: self.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._asked(request.url, own))

    def _dialog(self, dialog: Any) -> None:
        self.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str, own: str) -> None:
        if url.partition("#")[0] != own:
            self.append(f"request: {url}")


class Shown:
    """Opens pages of programs, each in the same file of a folder."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser, self._path = browser, folder / "page.html"

    @contextmanager
    def __call__(
        self,
        program: str,
        bindings: Mapping[str, Any],
        fragment: str = "",
        sheet: Sheet = PLAIN_SHEET,
        **context: Any,
    ) -> Iterator[Any]:
        """The page of a program."""
        trace = backtrace.trace(program, bindings)
        self._path.write_bytes(FILES["html"](trace, not_checked(trace), sheet))
        with opened(self._browser, self._path, fragment, **context) as page:
            yield page


def index_of(page: Any, name: str) -> int:
    """The index of a node, by what it is called in the page's table."""
    find = "n => [...document.querySelectorAll('[data-open]')].find(e => e.textContent === n)"
    return int(page.evaluate(f"n => ({find})(n).dataset.open", name))


@contextmanager
def opened(browser: Any, path: Path, fragment: str = "", **context: Any) -> Iterator[Any]:
    """A page of a file in a fresh context; it fails for anything to complain of."""
    with browser.new_context(**context) as fresh:
        page, complaints = fresh.new_page(), Complaints()
        complaints.watch(page, path.as_uri())
        page.goto(path.as_uri() + fragment)
        yield page
    assert not complaints
