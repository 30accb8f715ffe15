"""Values from files: arrays (.npy, .npz), documents (.json, .toml) and tables (.csv, .tsv, .txt).

Only the command line opens files: a text in Python never does. Everything is read as data; nothing
is unpickled or run, and sizes are checked before anything is allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from backtrace.errors import BacktraceError, BindingError, did_you_mean, listed, shortened
from backtrace.names import normal
from backtrace.ops.rows import Value
from backtrace.passes import frozen
from backtrace.reading.files.arrays import Archive, read_npy
from backtrace.reading.files.documents import read_document
from backtrace.reading.files.opening import TABLES, File, Reference
from backtrace.reading.files.tables import Table, open_table
from backtrace.reading.values import value_of

VALUES = (".npy", ".npz", ".json", *TABLES)
BINDINGS = (".json", ".toml", ".npz")

__all__ = ["BINDINGS", "TABLES", "File", "Named", "Table", "open_table", "value_at", "values_in"]


def value_at(reference: str, name: str) -> Value:
    """The value that `data.npz:W1` means, the text after @, for the variable of a name.

    Raises UsageError for a file that cannot be opened, BindingError for what is in it.
    """
    if not reference:
        raise BindingError("the name of a file is missing after @, as in x=@data.csv:x")
    file, part = Reference.read(reference)
    file.require(VALUES, "the file of a value")
    if file.suffix == ".npz":
        archive = Archive(file)
        return frozen(archive.read(_chosen(archive.members, file, part, name)))
    if file.suffix == ".json":
        return _in_document(file, part, name)
    if file.suffix in TABLES:
        table = open_table(file)
        return frozen(table.whole() if part is None else table.column(part))
    if part is not None:
        raise BindingError(f"{file.name} has one array, which has no name: leave :{part} out")
    return frozen(read_npy(file))


class Named(Mapping[str, Value]):
    """The values of a file by name, each of which is read when it is asked for.

    The file is for several programs: what one does not use may be of any size, or no value at all.
    """

    def __init__(self, file: File, names: Iterable[str], read: Callable[[str], Any]) -> None:
        self.file, self.read = file, read
        self.spelled: dict[str, str] = {}  # of every name how it stands in the file
        for name in names:
            if self.spelled.setdefault(normal(name), name) != name:
                raise BindingError(f"{file.name} has two values for {normal(name)}")

    def __getitem__(self, name: str) -> Value:
        spelled = self.spelled[name]
        return _converted(self.file, spelled, self.read(spelled))

    def __contains__(self, name: object) -> bool:
        return name in self.spelled

    def __iter__(self) -> Iterator[str]:
        return iter(self.spelled)

    def __len__(self) -> int:
        return len(self.spelled)


def values_in(file: File, is_name: Callable[[str], bool]) -> Named:
    """The values of a file by name: what --bindings offers. What is no name is left out."""
    file.require(BINDINGS, "the file of --bindings")
    if file.suffix == ".npz":
        archive = Archive(file)
        return Named(file, filter(is_name, archive.members), archive.read)
    document = read_document(file)
    if not isinstance(document, dict):
        raise BindingError(f'{file.name} has no names; write them as in {{"w": 1, "x": [1, 2]}}')
    return Named(file, filter(is_name, document), document.__getitem__)


def _in_document(file: File, part: str | None, name: str) -> Value:
    document = read_document(file)
    if isinstance(document, dict):
        part = _chosen(document, file, part, name)
        return _converted(file, part, document[part])
    if part is not None:
        raise BindingError(f"{file.name} is no object with names: leave :{part} out")
    return _converted(file, name, document)


def _chosen(known: Collection[str], file: File, part: str | None, name: str) -> str:
    """The part that was asked for; else the only one, or the one called like the variable."""
    if part is None and len(known) == 1:
        return next(iter(known))
    wanted = name if part is None else part
    for other in known:
        if other == wanted or normal(other) == normal(wanted):
            return other
    there = f"there is {listed(known, 8)}" if known else "it is empty"
    if part is None:
        example = f", as in {file.name}:{next(iter(known))}" if known else ""
        raise BindingError(f"{file.name} has {len(known)} values: say which{example}; {there}")
    meant = did_you_mean(part, known) or f"; {there}"
    raise BindingError(f'{file.name} has nothing called "{shortened(part)}"{meant}')


def _converted(file: File, name: str, value: Any) -> Value:
    try:
        return value_of(name, value)
    except BacktraceError as error:
        error.message = f"{file.name}: {error.message}"
        raise
