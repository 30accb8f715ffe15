"""Which rows of the data an update sees: all of them, or one batch after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtrace.descent.asked import Asked
from backtrace.descent.settings import whole_number
from backtrace.errors import BindingError, UsageError, did_you_mean, listed
from backtrace.graph import Graph
from backtrace.names import names_in, normal
from backtrace.ops.rows import Value
from backtrace.passes import frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The rows in batches: `data` has arrays of `count` rows; the last batch may be smaller.

    Every epoch goes through all rows once, shuffled anew where there is a `seed`: the order of an
    epoch depends on the seed and its number only, so that any batch can be found again.
    """

    data: Mapping[str, Value]
    count: int
    size: int
    seed: int | None

    @property
    def per_epoch(self) -> int:
        """The batches of an epoch."""
        return -(-self.count // self.size)

    @property
    def lengths(self) -> tuple[int, ...]:
        """The rows that a batch may have, the usual number first."""
        last = self.count % self.size
        return (self.size, last) if last and self.size < self.count else (self.size,)

    def length(self, update: int) -> int:
        """The rows of a batch."""
        return self.lengths[-1] if (update + 1) % self.per_epoch == 0 else self.size

    def rows(self, update: int) -> Any:
        """The rows of a batch, as an index of arrays."""
        epoch, place = divmod(update, self.per_epoch)
        part = slice(place * self.size, (place + 1) * self.size)
        if self.seed is None:
            return part
        return _order(self.seed, epoch, self.count)[part]

    def batch(self, update: int) -> dict[str, Value]:
        """The values that an update sees."""
        rows = self.rows(update)
        return {name: frozen(array[rows]) for name, array in self.data.items()}


@lru_cache(maxsize=2)  # every batch of an epoch asks for it
def _order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of the rows in an epoch."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def batches_of(
    asked: Asked,
    graph: Graph,
    values: Mapping[str, Value],
    wrt: Sequence[str],
    columns: Iterable[str] = (),
) -> Batches | None:
    """The batches that were asked for, or None; `columns` are the names that came from a table.

    Raises BacktraceError for a batch that is larger than the data, or data of several lengths.
    """
    if asked.batch_size is None:
        for name in ("shuffle", "seed", "rows"):
            given = getattr(asked, name)
            if given is not None and given is not False:  # 0 is a seed
                raise UsageError(f"{name} goes with batch_size: else all rows are seen at once")
        return None
    if asked.seed is not None and not asked.shuffle:
        raise UsageError("seed goes with shuffle: without it rows come in their order")
    size = whole_number("batch_size", asked.batch_size)
    seed = whole_number("seed", asked.seed or 0, 0) if asked.shuffle else None
    names = _names(asked, graph, values, wrt, columns)
    count = _common_length({name: values[name] for name in names})
    if size > count:
        rows = f"{count} row{'' if count == 1 else 's'}"
        raise UsageError(f"a batch of {size} is larger than the data, {rows} ({listed(names)})")
    return Batches(data={n: values[n] for n in names}, count=count, size=size, seed=seed)


def named_rows(asked: Asked) -> list[str]:
    """The variables that were named as those that have the rows of the data."""
    given = () if asked.rows is None else asked.rows
    if not isinstance(given, Iterable):
        raise UsageError(f"rows are names, as in rows='x,y', not {given!r}")
    names = names_in(given) if isinstance(given, str) else [normal(n.strip()) for n in given]
    return list(dict.fromkeys(names))


def _names(
    asked: Asked,
    graph: Graph,
    values: Mapping[str, Value],
    wrt: Sequence[str],
    columns: Iterable[str],
) -> list[str]:
    """The variables whose first axis is the rows of the data."""
    names = named_rows(asked)
    if names:
        for name in names:
            if name not in graph.variables:
                meant = did_you_mean(name, graph.variables)
                raise BindingError(f"rows: {name} is not a variable of the program{meant}")
            if name in wrt:
                raise BindingError(f"rows: {name} is a parameter, and not data")
        return names
    names = [n for n in graph.variables if n in set(columns) and n not in wrt]
    names = names or [n for n in graph.variables if n not in wrt and np.ndim(values[n])]
    if not names:
        raise UsageError(
            "batch_size needs data with rows, and no variable but the parameters has any: name the "
            "data, as in rows='x,y' (--rows x,y), or the parameters, as in wrt='w,b' (--wrt w,b)"
        )
    return names


def _common_length(data: Mapping[str, Value]) -> int:
    """The rows that all of the data have."""
    lengths = {name: len(value) if np.ndim(value) else None for name, value in data.items()}
    if len(set(lengths.values())) > 1 or None in lengths.values():
        told = ", ".join(f"{n} has {'none' if k is None else k}" for n, k in lengths.items())
        raise UsageError(
            f"which variables have the rows of the data? {told}: name them, as in rows='x,y' "
            "(--rows x,y)"
        )
    (count,) = set(lengths.values())
    assert count is not None
    return count
