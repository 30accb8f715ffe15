"""The gradients as arrays: `numpy.load(path)["W"]`."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

import numpy as np

from backtrace.ops.rows import Array
from backtrace.records import Trace
from backtrace.render import PLAIN_SHEET, Sheet

if TYPE_CHECKING:
    from backtrace.crosscheck import Check


def npz(trace: Trace, check: Check, sheet: Sheet = PLAIN_SHEET) -> bytes:  # noqa: ARG001
    """An array for every name that gradients were asked for, in the shape of its variable.

    -0.0 is 0.0, as in the JSON.
    """
    return archive({name: np.asarray(value) + 0.0 for name, value in trace.gradients.items()})


def archive(arrays: Mapping[str, Array]) -> bytes:
    """As numpy.savez writes it, which takes no array called `file`, and notes the hour besides."""
    file = BytesIO()
    with ZipFile(file, "w") as opened:
        for name, array in arrays.items():
            entry = ZipInfo(f"{name}.npy")
            entry.create_system = 3  # Unix, as which every system writes the same bytes
            with opened.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array)
    return file.getvalue()
