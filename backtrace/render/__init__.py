"""The views of a trace: pure functions that return text, bytes or a rich renderable.

Those for the terminal return a `rich.text.Text` in which every line is whole: print it on a
console as wide as the `width` it was made for. None of them prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from backtrace.errors import UsageError

DIGITS = 6  # significant digits of a number in a view
Direction: TypeAlias = Literal["LR", "TB"]  # left to right, top to bottom
Theme: TypeAlias = Literal["light", "dark"]

if TYPE_CHECKING:
    from rich.text import Text

    from backtrace.crosscheck import Check
    from backtrace.records import Trace


class View(Protocol):
    """What a file of `views` has: a view for the terminal; `depth` is how much is not folded."""

    __name__: str

    def __call__(self, trace: Trace, look: Look = ..., *, depth: int | None = None) -> Text:
        """The lines, each whole."""


class Writer(Protocol):
    """What a file of `files` has: the content of a file."""

    __name__: str

    def __call__(self, trace: Trace, check: Check, sheet: Sheet = ...) -> bytes:
        """The same bytes for the same trace."""


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a view is told of the file it is for.

    `full` shows every entry of every array, `formulas=False` leaves the formulas out of JSON.
    """

    digits: int = DIGITS
    direction: Direction = "LR"
    theme: Theme = "light"
    full: bool = False
    formulas: bool = True

    def __post_init__(self) -> None:
        """Raises UsageError for a direction or a theme that there is not."""
        for name, known in (("direction", get_args(Direction)), ("theme", get_args(Theme))):
            found = getattr(self, name)
            if found not in known:
                raise UsageError(f"{name} is {' or '.join(known)}, not {found!r}")

    @property
    def look(self) -> Look:
        """The same for what is laid out as on a screen without an end."""
        return Look(digits=self.digits, full=self.full)


PLAIN = Look()  # for a pipe, or for print() in Python
PLAIN_SHEET = Sheet()


class _Folder(Mapping[str, Any]):
    """The functions of a folder in which every file has one, called as the file is.

    A file is imported when its function is asked for.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return tuple(sorted(found.name for found in iter_modules([f"{__path__[0]}/{self._name}"])))

    def __getitem__(self, name: str) -> Any:
        if name not in self._files:
            raise KeyError(name)
        return getattr(import_module(f"{__name__}.{self._name}.{name}"), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


VIEWS: Mapping[str, View] = _Folder("views")  # by the name that --view takes
FILES: Mapping[str, Writer] = _Folder("files")  # by the end of a path, without the dot
