"""Pieces of the page. Text becomes markup by `escaped` alone, and mypy holds the two apart."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NewType, TypeAlias

Markup = NewType("Markup", str)
Attribute: TypeAlias = str | int | bool | None

NOTHING = Markup("")
EMPTY = frozenset({"input", "meta"})  # elements that have no content, and no end
REPLACED = "\ufffd"  # for what would not be seen, or would turn the direction of what follows


def escaped(text: str) -> Markup:
    """Any text, as it is read."""
    seen = "".join(c if c.isprintable() or c in "\n\t" else REPLACED for c in text)
    return Markup(escape(seen))


def joined(parts: Iterable[Markup], between: str = "") -> Markup:
    """Pieces one after another; `between` is a text of our own."""
    return Markup(between.join(parts))


def tag(element: str, *children: Markup, **attributes: Attribute) -> Markup:
    """An element: `tag("p", escaped("…"), class_="note", data_node=3)`.

    True is an attribute without a value; False and None are none.
    """
    opened = f"<{element}{''.join(map(_attribute, attributes.items()))}>"
    if element in EMPTY:
        return Markup(opened)
    return Markup(f"{opened}{''.join(children)}</{element}>")


def _attribute(item: tuple[str, Attribute]) -> str:
    name, value = item
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escaped(str(value))}"'
