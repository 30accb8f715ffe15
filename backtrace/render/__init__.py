"""The views of a trace, one file each: pure functions that return text or a rich renderable.

Those for the terminal return a `rich.text.Text` in which every line is whole: print it on a
console as wide as the `width` it was made for. None of them prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

DIGITS = 6  # significant digits of a number in a view
ViewName: TypeAlias = Literal["tree", "table"]

if TYPE_CHECKING:
    from rich.text import Text

    View = Callable[..., Text]


@dataclass(frozen=True, slots=True)
class Look:
    """What a view is told of the screen it is for.

    `ascii` draws without box characters and ∂. `width` is in terminal columns; without one a line
    may be of any length. `full` shows every entry of every array.
    """

    digits: int = DIGITS
    ascii: bool = False
    width: int | None = None
    full: bool = False


PLAIN = Look()  # for a pipe, or for print() in Python


class _Views(Mapping[str, "View"]):
    """The views of --view by name; a view's module is imported when it is asked for."""

    _names = get_args(ViewName)

    def __getitem__(self, name: str) -> View:
        if name not in self._names:
            raise KeyError(name)
        view: Any = getattr(import_module(f"backtrace.render.{name}"), name)
        return view  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


VIEWS: Mapping[str, View] = _Views()
