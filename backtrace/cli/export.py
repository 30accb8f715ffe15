"""The gradients to a file, `-o grads.npz`; what is on the screen stays as it is.

    .npz   an array for every name that gradients were asked for: numpy.load(path)["W"]
    .csv   gradients of one length, or all of them numbers: a column for each, the names above.
           Others: a row for every entry, with the columns name, index and value; the index of an
           entry of a matrix is "0 2", that of a number is empty
    .json  the trace as --json prints it

A file is written beside its place and moved there when it is whole, so that whatever goes wrong an
earlier one is still there. -0.0 is 0.0, as in the JSON.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import IO, TYPE_CHECKING, Any

from backtrace.cli.replacing import replacing
from backtrace.errors import UsageError, listed

if TYPE_CHECKING:
    from backtrace.crosscheck import Check
    from backtrace.ops.rows import Array
    from backtrace.records import Trace

SUFFIXES = (".npz", ".csv", ".json")


def require_format(path: str) -> None:
    """Raise UsageError for a path whose end is not one of the formats."""
    require_suffix(path, "--output", SUFFIXES)


def require_suffix(path: str, option: str, suffixes: Sequence[str]) -> None:
    """Raise UsageError for the path of an option whose end is none of these."""
    if suffix_of(path) not in suffixes:
        kinds = listed(suffixes).replace(" and ", " or ")
        raise UsageError(f"cannot write {path}: the file of {option} ends in {kinds}")


def suffix_of(path: str) -> str:
    """The end of a path that says its format, in lower case."""
    return os.path.splitext(path)[1].lower()


def export(trace: Trace, check: Check, path: str, *, formulas: bool = True) -> None:
    """Write what the end of the path says. Raises UsageError with the system's reason."""
    suffix = suffix_of(path)
    with replacing(path) as file:
        if suffix == ".json":
            from backtrace.render.json import json_text

            file.write(json_text(trace, check, formulas=formulas).encode() + b"\n")
        else:
            write = write_npz if suffix == ".npz" else _write_csv
            write(file, _gradients(trace))


def _gradients(trace: Trace) -> dict[str, Array]:
    import numpy as np

    return {name: np.asarray(value) + 0.0 for name, value in trace.gradients.items()}


def write_npz(file: IO[bytes], gradients: dict[str, Array]) -> None:
    """As numpy.savez does, which takes no array called `file`, and writes the hour besides."""
    import zipfile

    import numpy as np

    with zipfile.ZipFile(file, "w") as archive:
        for name, gradient in gradients.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, gradient)


def _write_csv(file: IO[bytes], gradients: dict[str, Array]) -> None:
    import csv
    import io

    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(_rows(gradients))
    text.detach()  # flushes, and leaves the file open


def _rows(gradients: dict[str, Array]) -> Iterator[Iterable[Any]]:
    """The rows of the table, the header first."""
    shapes = {gradient.shape for gradient in gradients.values()}
    if len(shapes) == 1 and len(min(shapes)) < 2:
        yield list(gradients)
        yield from zip(*(gradient.ravel().tolist() for gradient in gradients.values()), strict=True)
        return
    yield "name", "index", "value"
    for name, gradient in gradients.items():
        indices = product(*map(range, gradient.shape))
        for index, value in zip(indices, gradient.ravel().tolist(), strict=True):
            yield name, " ".join(map(str, index)), value
