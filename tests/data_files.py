"""Files of data for the tests: tables, documents, arrays, and what is wrong with each."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

FILES: dict[str, str | bytes] = {
    "points.csv": "x,y,name\n1,2,a\n3,4.5,b\n",
    "matrix.csv": "1,2\n3,4\n",
    "vector.csv": "1\n2\n\n3\n",
    "named.csv": "x\n1\n2\n",
    "semicolons.csv": "x;y\n1;2\n",
    "tabs.tsv": "x\ty\n1\t2\n",
    "savetxt.txt": "# x y\n1.0e+00 2\n3 4\n",
    "spaces.txt": " 1.0 2.0\n 3 4\n",
    "phrase.csv": "sepal length\n1\n2\n",
    "windows.csv": "\ufeffx,y\r\n1,2\r\n",
    "quoted.csv": '"x","y, z"\n"1","2"\n"3",4\n',
    "broken.csv": '"a\nb",y\n"1\n",2\n',
    "greek.csv": "ŷ,θ\n1,2\n",
    "numbers.csv": "x\n inf\n-inf\nnan\n1e-3\n−2\nInfinity\n1e-999\n",
    "twice.csv": "x,x,y\n1,2,3\n",
    "text.csv": "x,y\n1,2\n3,abc\n",
    "blank.csv": "x,y\n1,\n",
    "short.csv": "x,y\n1,2\n3\n",
    "long.csv": "x,y\n1,2,3\n",
    "decimal.csv": "x;y\n1,5;2\n",
    "huge.csv": "x\n1e999\n",
    "empty.csv": "",
    "header.csv": "x,y\n",
    "lines.csv": "x\n\n \n",
    "latin.csv": b"x,y\n1,2\n\xe9,3\n",
    "utf16.csv": "x,y\n1,2\n".encode("utf-16"),
    "cell.csv": "x,y\n" + "a" * 200_000 + ',"2"\n',
    "number.json": "3",
    "list.json": "[[1, 2], [3, 4]]",
    "object.json": '{"x": [1, "inf"], "w": "1/3", "yhat": 2, "t": "a", "W": {"a": 1}}',
    "names.json": "[NaN, Infinity, -Infinity, true]",
    "comma.json": "[1,\n,2]",
    "deep.json": "[" * 100_000,
    "digits.json": "1" * 100_000,
    "large.json": "[1e999]",
    "ragged.json": "[[1], [1, 2]]",
    "null.json": "[1, null]",
    "twice.json": '{"x": 1, "x": 2}',
    "at.json": '"@/etc/passwd"',
    "latin.json": b'"\xe9"',
    "empty.json": " ",
    "values.toml": 'x = [1, inf]\nw = "1/3"\n"a b" = "no name"\n',
    "wrong.toml": "x = [1,\ny",
    "date.toml": "x = 2020-01-01",
    "deep.toml": "x = " + "[" * 100_000,
    "not.npy": "hello world",
    "empty.npy": "",
    "not.npz": "PK hello",
    "a:b.csv": "x\n1\n",
    "a=b.csv": "x\n1\n",
    "table.xlsx": b"PK",
}
ARRAYS: dict[str, Any] = {
    "matrix.npy": [[1, 2], [3, 4]],
    "fortran.npy": np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]),
    "number.npy": 3.5,
    "none.npy": np.zeros((0, 3)),
    "bytes.npy": np.array([1, 2], dtype=">i2"),
    "flags.npy": [True, False],
    "objects.npy": np.array([1, None]),
    "complex.npy": [1j],
    "text.npy": ["a"],
    "records.npy": np.array([(1, 2)], dtype="i4,i4"),
    "unicode.npy": np.array([(1,)], dtype=[("ŷ", "f8")]),
}


def write_files(path: Path) -> None:
    """Every file of the tables above, and those that are made of them, in a directory."""
    for name, content in FILES.items():
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with warnings.catch_warnings(action="ignore"):  # of numpy, for names in Unicode
        for name, array in ARRAYS.items():
            np.save(path / name, array)
    np.savez(path / "two.npz", x=[1, 2], y=[3])
    np.savez(path / "other.npz", u=[1, 2], v=[3])
    np.savez(path / "one.npz", q=[1, 2])
    np.savez(path / "objects.npz", x=np.array([None]))
    np.savez_compressed(path / "packed.npz", x=np.zeros(1000))
    damaged(path)
    os.mkfifo(path / "pipe.csv")


def damaged(path: Path) -> None:
    """Arrays and archives with something wrong."""
    whole = (path / "matrix.npy").read_bytes()
    archive = (path / "one.npz").read_bytes()
    at = archive.index(b"\x93NUMPY") + 128
    changed = archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]
    for name, content in {
        "cut.npy": whole[:-5],
        "stub.npy": whole[:30],
        "archive.npy": archive,
        "checksum.npz": changed,
        "bomb.npy": described("(100000, 100000)"),
        "negative.npy": described("(-1,)"),
        "truth.npy": described("(True,)") + bytes(8),
        "none of many.npy": described("(0, 99999999999999999999)"),
        "axes.npy": described(f"({'1, ' * 65})") + bytes(8),
        "brackets.npy": header("(" * 9000),
        "code.npy": header(f"__import__('os').mkdir({str(path / 'made')!r})"),
        "version.npy": b"\x93NUMPY\x09\x00",
    }.items():
        (path / name).write_bytes(content)
    with zipfile.ZipFile(path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("x.npy", described("(100000, 100000)") + bytes(10**7))


def header(text: str) -> bytes:
    """A .npy that says this of its array, and has nothing of it."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def described(shape: str) -> bytes:
    return header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n")
