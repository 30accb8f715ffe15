"""A long program from either end, its middle left out."""

from __future__ import annotations

from typing import NamedTuple


class Ends(NamedTuple):
    """The nodes that are shown, the first and the last; `hidden` are between, of `depth` shown."""

    first: range
    last: range
    depth: int

    @property
    def hidden(self) -> int:
        """How many are left out."""
        return self.last.start - self.first.stop


def ends(count: int, depth: int | None, *, most: int, folded_to: int) -> Ends:
    """`depth` of `count` nodes, half of them from either end.

    By default all of them, or `folded_to` where there are more than `most`.
    """
    if depth is None:
        depth = count if count <= most else folded_to
    first = range(min((depth + 1) // 2 if depth < count else count, count))
    return Ends(first, range(max(len(first), count - depth // 2), count), depth)
