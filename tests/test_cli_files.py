"""backtrace.cli.files: a program file that cannot be used says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtrace.cli import files
from backtrace.cli.files import read_program
from backtrace.errors import UsageError

CONTENTS = [
    (b"x**2\n", "x**2\n"),
    (b"a = 1\r\nb = a\r\n", "a = 1\nb = a\n"),
    (b"\xef\xbb\xbfx", "x"),
    ("σ(ŷ)".encode(), "σ(ŷ)"),
    (b"", ""),
]
UNREADABLE = [
    (b"x\0y", "is not a text file"),
    (b"\x7fELF\x02\x01\x01\0", "is not a text file"),
    (b"x**2\nx\xb2", "is not UTF-8 text: byte 6, line 2"),
    ("x".encode("utf-16"), "is not"),
]


@pytest.mark.parametrize(("data", "text"), CONTENTS)
def test_a_file_is_text(tmp_path: Path, data: bytes, text: str) -> None:
    """UTF-8, with or without a byte order mark, with either line ending."""
    path = tmp_path / "model.bt"
    path.write_bytes(data)
    assert read_program(str(path)) == text


@pytest.mark.parametrize(("data", "message"), UNREADABLE)
def test_a_file_that_is_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    """Binary and other encodings are refused by name."""
    path = tmp_path / "model.bt"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as caught:
        read_program(str(path))
    assert "model.bt" in caught.value.message


def test_missing_directory_and_nameless(tmp_path: Path) -> None:
    """A missing file, a directory and an impossible name are refused."""
    for path, reason in [
        (str(tmp_path / "none.bt"), "no such file"),
        (str(tmp_path), "is a directory"),
        ("a\0b", "cannot read"),
        ("x" * 5000, "too long"),
    ]:
        with pytest.raises(UsageError, match=reason):
            read_program(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused without being read to its end."""
    monkeypatch.setattr(files, "LIMIT", 2**20)
    path = tmp_path / "model.bt"
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(UsageError, match="larger than 1 MB"):
        read_program(str(path))
