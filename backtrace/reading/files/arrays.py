"""numpy's files: one array in a .npy, several with names in a .npz.

Only the header is read before it is known how large the array will be and what it holds; an array
of Python objects would have to be unpickled, which could run anything, and is refused.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np

from backtrace.errors import BindingError, shortened
from backtrace.ops.axes import MOST_AXES, MOST_ELEMENTS
from backtrace.ops.rows import Array
from backtrace.reading.files.opening import File

MAGIC = b"\x93NUMPY"
ZIP = b"PK"
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
KINDS = {
    "O": "Python objects, which are never unpickled",
    "V": "records of several fields",
    "c": "complex numbers",
    "U": "text",
    "S": "text",
    "M": "dates",
    "m": "time spans",
}
NO_HEADER = (
    *(ValueError, TypeError, KeyError, EOFError),  # of numpy, which evaluates it as a literal
    *(SyntaxError, TokenError, MemoryError, RecursionError),  # of Python, for brackets by the 1000
)
NO_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # a password; and NotImplementedError, a compression that is not known
)


class Header(NamedTuple):
    """What a .npy says of its array."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]


def read_npy(file: File) -> Array:
    """The array of a .npy file as float64. Raises BindingError naming the file."""
    with file.binary() as stream:
        return _array(stream, file.name)


class Archive:
    """The arrays of a .npz file, each read when it is asked for."""

    def __init__(self, file: File) -> None:
        self.name = file.name
        with _named(file.name), file.binary() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
        self.file = file
        self.members = {name.removesuffix(".npy"): name for name in names}

    def read(self, name: str) -> Array:
        """One array as float64. Raises BindingError naming it and the file."""
        where = f"{self.name}, array {name}"
        with (
            _named(where),
            self.file.binary() as stream,
            zipfile.ZipFile(stream) as archive,
            archive.open(self.members[name]) as member,
        ):
            return _array(member, where)


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Tell of damage to an archive in the words of what found it."""
    try:
        yield
    except NO_ARCHIVE as error:
        raise _damaged(where, error) from None


def _damaged(where: str, error: Exception) -> BindingError:
    reason = shortened(" ".join(str(error).split())) or type(error).__name__
    return BindingError(f"{where} is damaged: {reason}")


def _array(stream: IO[bytes], where: str) -> Array:
    header = _header(stream, where)
    count, size = prod(header.shape), header.dtype.itemsize
    if header.dtype.kind not in "biuf":
        kind = KINDS.get(header.dtype.kind, str(header.dtype))
        raise BindingError(f"{where} has {kind}; a value is made of real numbers")
    most = max((count, *header.shape))  # with an axis of size 0 the others may be huge
    if most > MOST_ELEMENTS:
        raise BindingError(f"{where} has {most:,} elements; at most {MOST_ELEMENTS:,}")
    data = stream.read(count * size)
    if len(data) < count * size:
        raise BindingError(f"{where} is cut off: it has {len(data):,} of {count * size:,} bytes")
    stream.read(1)  # at the end of its members an archive compares checksums
    found = np.frombuffer(data, header.dtype, count)
    found = found.reshape(header.shape, order="F" if header.is_fortran else "C")
    return np.asarray(found, np.float64, order="C")


def _header(stream: IO[bytes], where: str) -> Header:
    magic = stream.read(len(MAGIC) + 2)
    if not magic:
        raise BindingError(f"{where} is empty")
    if not magic.startswith(MAGIC) or len(magic) < len(MAGIC) + 2:
        what = "; it is an archive, so its name should end in .npz" if magic[:2] == ZIP else ""
        raise BindingError(f"{where} is not an array as numpy.save writes it{what}")
    version = (magic[-2], magic[-1])
    if version == (3, 0):  # which is for fields with names in Unicode, and has no others
        raise BindingError(f"{where} has {KINDS['V']}; a value is made of real numbers")
    if version not in HEADERS:
        raise BindingError(f"{where} is of version {version[0]}.{version[1]}, which is not known")
    try:
        with warnings.catch_warnings(action="ignore"):  # that Python 2 had written the file
            header = Header(*HEADERS[version](stream))
    except NO_HEADER as error:
        raise _damaged(where, error) from None
    if any(type(n) is not int or n < 0 for n in header.shape):
        raise BindingError(f"{where} is damaged: its shape is {header.shape}")
    if len(header.shape) > MOST_AXES:
        raise BindingError(f"{where} has {len(header.shape)} axes; at most {MOST_AXES}")
    return header
