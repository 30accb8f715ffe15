"""Makes the gallery of the README anew: `python examples/gallery.py`, from anywhere.

The commands stand in the README, under what they make; this runs them, puts the equations into the
README, and opens the page in a browser for its picture (Playwright and Chromium).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
FOLDER = ROOT / "examples" / "gallery"
EQUATIONS = re.compile(r"(?s)(<!-- equations -->\n).*?(<!-- /equations -->)")
STEP, SIZE = 13, {"width": 1200, "height": 720}  # of the page's picture


def commands(text: str) -> list[str]:
    """The commands of the gallery, in order."""
    return re.findall(r"(?s)<!-- gallery -->\n```sh\n(.*?)\n```\n<!-- /gallery -->", text)


def with_equations(text: str, equations: str) -> str:
    """The README with these equations in their place, their headings below its own."""
    lower = re.sub(r"(?m)^#+ ", lambda heading: f"##{heading[0]}", equations)
    return EQUATIONS.sub(lambda place: f"{place[1]}{lower}{place[2]}", text)


def photograph(page: Path, picture: Path) -> None:
    """The page in a browser, at a step of the backward pass."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        view = browser.new_page(viewport=SIZE)
        view.goto(f"{page.as_uri()}#step={STEP}")
        view.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Everything in its order."""
    text = README.read_text(encoding="utf-8")
    for command in commands(text):
        subprocess.run(["bash", "-c", command], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    equations = (FOLDER / "equations.md").read_text(encoding="utf-8")
    README.write_text(with_equations(text, equations), encoding="utf-8")
    photograph(FOLDER / "lesson.html", FOLDER / "lesson.png")


if __name__ == "__main__":
    main()
