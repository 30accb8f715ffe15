"""What stands below a view of a descent: the verdict of the check, and the notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from backtrace.descent.records import Descent
from backtrace.render import PLAIN, Look
from backtrace.render.cells import BAD, DIM, GOOD, KINK, Cell, assembled, hanging
from backtrace.render.text import glyphs_for

if TYPE_CHECKING:
    from backtrace.crosscheck.paths import PathCheck

STYLES = {"agrees": GOOD, "convention": KINK, "undefined": GOOD}  # a descent may diverge


def verdict(found: Descent, check: PathCheck, look: Look = PLAIN) -> Text:
    """What the check says, but for why the descent diverged, which stands above."""
    glyphs = glyphs_for(look.ascii)
    lines: list[Cell] = []
    if check.optimizer is None:
        text, style = check.comparison or "not checked", BAD if check.asked else DIM
    elif not check.comparison:  # torch goes another way
        text, style = f"{glyphs.wrong} {check.reason}", BAD
    elif check.updates == 0 and found.stopped == "diverged":
        text, style = check.comparison, DIM  # there was nothing to compare
    else:
        sign = "!" if check.status == "convention" else glyphs.ok
        text, style = f"{sign} {check.comparison}", STYLES[check.status]
    lines += hanging(glyphs.clean(text), style, look.width)
    for notice in (*found.notices, *check.notices):
        lines += hanging(f"note: {glyphs.clean(notice.text)}", "", look.width)
    return assembled(lines)
