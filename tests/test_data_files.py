"""backtrace.reading.files: values from arrays, documents and tables, and what is wrong in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_files import write_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, BindingError, UsageError
from backtrace.reading.files import File, open_table, value_at, values_in

# what stands after @ for the variable x | its value
READ: list[tuple[str, Any]] = [
    ("points.csv:x", [1, 3]),
    ("points.csv:y", [2, 4.5]),
    ("matrix.csv", [[1, 2], [3, 4]]),
    ("vector.csv", [1, 2, 3]),
    ("named.csv", [1, 2]),
    ("semicolons.csv:y", [2]),
    ("tabs.tsv:y", [2]),
    ("savetxt.txt", [[1, 2], [3, 4]]),
    ("savetxt.txt:y", [2, 4]),
    ("spaces.txt", [[1, 2], [3, 4]]),
    ("phrase.csv:sepal length", [1, 2]),
    ("windows.csv", [[1, 2]]),
    ("windows.csv:x", [1]),
    ("quoted.csv", [[1, 2], [3, 4]]),
    ("quoted.csv:y, z", [2, 4]),
    ("broken.csv:y", [2]),
    ("greek.csv:yhat", [1]),
    ("greek.csv:θ", [2]),
    ("numbers.csv", [np.inf, -np.inf, np.nan, 1e-3, -2, np.inf, 0]),
    ("twice.csv:y", [3]),
    ("text.csv:x", [1, 3]),
    ("decimal.csv:y", [2]),
    ("number.json", 3),
    ("list.json", [[1, 2], [3, 4]]),
    ("object.json", [1, np.inf]),
    ("object.json:w", 1 / 3),
    ("object.json:ŷ", 2),
    ("names.json", [np.nan, np.inf, -np.inf, 1]),
    ("matrix.npy", [[1, 2], [3, 4]]),
    ("fortran.npy", [[1, 2], [3, 4]]),
    ("number.npy", 3.5),
    ("none.npy", np.zeros((0, 3))),
    ("bytes.npy", [1, 2]),
    ("flags.npy", [1, 0]),
    ("two.npz", [1, 2]),
    ("two.npz:y", [3]),
    ("one.npz", [1, 2]),
    ("packed.npz", np.zeros(1000)),
    ("a:b.csv", [1]),
    ("a:b.csv:x", [1]),
    ("a=b.csv:x", [1]),
]
# what stands after @ | what the message says
REFUSED = [
    ("points.csv", 'points.csv, line 2: column name: "a" is not a number'),
    ("text.csv:y", 'text.csv, line 3: column y: "abc" is not a number'),
    ("blank.csv:y", "blank.csv, line 2: column y: the cell is empty"),
    ("short.csv:x", "short.csv, line 3: 1 cell, where the first line has 2"),
    ("long.csv:x", "long.csv, line 2: 3 cells, where the first line has 2"),
    ("decimal.csv:x", 'decimal.csv, line 2: column x: "1,5" is not a number; write 1.5'),
    ("huge.csv", "huge.csv, line 2: column x: 1e999 is too large for float64"),
    ("points.csv:nam", 'points.csv has no column "nam": did you mean name?'),
    ("points.csv:q", 'points.csv has no column "q"; there is x, y and name'),
    ("points.csv:", 'points.csv has no column ""'),
    ("twice.csv:x", "twice.csv has 2 columns called x"),
    ("matrix.csv:x", "matrix.csv has no names of columns"),
    ("empty.csv", "empty.csv is empty"),
    ("header.csv", "header.csv has no rows"),
    ("lines.csv", "lines.csv has no rows"),
    ("latin.csv:y", "latin.csv, line 3: this is not UTF-8 text"),
    ("utf16.csv", "utf16.csv, line 1: this is not UTF-8 text"),
    ("cell.csv:y", "cell.csv, line 2: field larger than field limit"),
    ("object.json:t", "object.json: not a number: a value cannot use names (a)"),
    ("object.json:W", "object.json: the value of W is not a real number: {'a': 1.0}"),
    ("object.json:q", 'object.json has nothing called "q"; there is x, w, yhat, t and W'),
    ("list.json:x", "list.json is no object with names: leave :x out"),
    ("comma.json", "comma.json, line 2, column 1: expecting value"),
    ("deep.json", "deep.json: this is nested too deep"),
    ("digits.json", "too large for float64"),
    ("large.json", "large.json: 1e999 is too large for float64"),
    ("ragged.json", "x[1] has shape (2,), x[0] has shape (1,)"),
    ("null.json", "null.json: the value of x[1] is not a real number"),
    ("twice.json", "twice.json: x has two values"),
    ("at.json", "at.json: files are read on the command line only"),
    ("latin.json", "latin.json, line 1: this is not UTF-8 text"),
    ("empty.json", "empty.json is empty"),
    ("objects.npy", "objects.npy has Python objects, which are never unpickled"),
    ("complex.npy", "complex.npy has complex numbers"),
    ("text.npy", "text.npy has text"),
    ("records.npy", "records.npy has records of several fields"),
    ("unicode.npy", "unicode.npy has records of several fields"),
    ("matrix.npy:x", "matrix.npy has one array, which has no name: leave :x out"),
    ("cut.npy", "cut.npy is cut off: it has 27 of 32 bytes"),
    ("stub.npy", "stub.npy is damaged"),
    ("not.npy", "not.npy is not an array as numpy.save writes it"),
    ("empty.npy", "empty.npy is empty"),
    ("archive.npy", "archive.npy is not an array as numpy.save writes it; it is an archive"),
    ("bomb.npy", "bomb.npy has 10,000,000,000 elements; at most 100,000,000"),
    ("negative.npy", "negative.npy is damaged: its shape is (-1,)"),
    ("truth.npy", "truth.npy is damaged: its shape is (True,)"),
    ("none of many.npy", "has 99,999,999,999,999,999,999 elements; at most 100,000,000"),
    ("axes.npy", "axes.npy has 65 axes; at most 64"),
    ("brackets.npy", "brackets.npy is damaged"),
    ("code.npy", "code.npy is damaged"),
    ("version.npy", "version.npy is of version 9.0, which is not known"),
    ("bomb.npz", "bomb.npz, array x has 10,000,000,000 elements"),
    ("objects.npz", "objects.npz, array x has Python objects, which are never unpickled"),
    ("checksum.npz", "checksum.npz, array q is damaged"),
    ("not.npz", "not.npz is damaged: File is not a zip file"),
    ("two.npz:z", 'two.npz has nothing called "z"; there is x and y'),
    ("other.npz", "other.npz has 2 values: say which, as in other.npz:u; there is u and v"),
    ("none.csv", "cannot read none.csv: no such file or directory"),
    ("none.csv:x", "cannot read none.csv: no such file or directory"),
    ("none", "cannot read none: no such file or directory"),
    ("table.xlsx", "cannot read table.xlsx: the file of a value ends in .npy, .npz, .json, .csv"),
    ("values.toml:x", "cannot read values.toml: the file of a value ends in"),
    (".", "cannot read .: is a directory"),
    ("pipe.csv", "cannot read pipe.csv: is not an ordinary file"),
    ("/dev/zero", "cannot read /dev/zero: is not an ordinary file"),
    ("a\0.csv", "embedded null byte"),
    ("x" * 5000, "file name too long"),
    ("", "the name of a file is missing after @"),
    (":x", "cannot read :x: no such file"),
]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A directory with every file of data_files.py, and the tests in it."""
    path = tmp_path_factory.mktemp("files")
    write_files(path)
    before = Path.cwd()
    os.chdir(path)
    yield path
    os.chdir(before)


@pytest.mark.parametrize(("reference", "expected"), READ)
def test_value_of_a_file(reference: str, expected: Any) -> None:
    """A file, or the part of it that is named, is a float64 or a read-only array."""
    value = value_at(reference, "x")
    assert value.dtype == np.float64
    assert type(value) is np.float64 or not value.flags.writeable
    assert value.shape == np.shape(expected)
    np.testing.assert_array_equal(value, np.array(expected, dtype=np.float64))


@pytest.mark.parametrize(("reference", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_is_wrong_with_a_file(reference: str, message: str, folder: Path) -> None:
    """The message names the file and the place, and nothing of a file is run or waited for."""
    with pytest.raises(BacktraceError) as caught:
        value_at(reference, "x")
    assert message in caught.value.message
    assert len(caught.value.message) < 200
    assert not (folder / "made").exists()


def test_an_unreadable_file_has_the_system_s_reason(tmp_path: Path) -> None:
    """Permission that is lacking is told in the words of the operating system."""
    path = tmp_path / "secret.json"
    path.write_text("1")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UsageError, match="permission denied"):
        value_at(str(path), "x")


def test_a_number_in_print_keeps_its_digits(tmp_path: Path) -> None:
    """A cell, and a number in JSON, is the nearest float64."""
    numbers = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(-300, 300, 0.6)
    lines = "\n".join(map(repr, numbers.tolist()))
    (tmp_path / "x.csv").write_text(f"x\n{lines}\n")
    (tmp_path / "x.json").write_text(json.dumps(numbers.tolist()))
    np.testing.assert_array_equal(value_at(f"{tmp_path}/x.csv:x", "x"), numbers)
    np.testing.assert_array_equal(value_at(f"{tmp_path}/x.json", "x"), numbers)


BY_NAME = [
    ("values.toml", {"x": [1, np.inf], "w": 1 / 3}),
    ("two.npz", {"x": [1, 2], "y": [3]}),
    ("good.json", {"x": 1, "yhat": [2]}),
]
NOT_BY_NAME = [
    ("points.csv", "the file of --bindings ends in .json, .toml or .npz"),
    ("list.json", "list.json has no names"),
    ("object.json", "object.json: not a number"),
    ("same.json", "same.json has two values for yhat"),
    ("wrong.toml", "wrong.toml: invalid value (at line 2, column 1)"),
    ("date.toml", "the value of x is not a real number: datetime.date"),
    ("deep.toml", "deep.toml: this is nested too deep"),
    ("objects.npz", "never unpickled"),
]


@pytest.mark.parametrize(("name", "expected"), BY_NAME)
def test_values_by_name(name: str, expected: dict[str, Any], folder: Path) -> None:
    """A document or an archive gives every value that has a name; other keys are left out."""
    (folder / "good.json").write_text('{"x": 1, "ŷ": [2], "a comment": "text"}')
    values = values_in(File(name), str.isidentifier)
    assert values.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(values[key], value)


@pytest.mark.parametrize(("name", "message"), NOT_BY_NAME)
def test_no_values_by_name(name: str, message: str, folder: Path) -> None:
    """A file of another kind, and what is no value in it, is refused by its name."""
    (folder / "same.json").write_text('{"yhat": 1, "ŷ": 2}')
    with pytest.raises(BacktraceError) as caught:
        dict(values_in(File(name), str.isidentifier))
    assert message in caught.value.message


def test_only_values_in_use_are_read(folder: Path) -> None:
    """What nobody asks for may be a text, or an array of any kind and size."""
    (folder / "notes.json").write_text('{"x": 1, "made": "by hand", "by": {"me": null}}')
    np.savez(folder / "labels.npz", x=[1, 2], labels=["a", "b"])
    for name, others in {"notes.json": {"made", "by"}, "labels.npz": {"labels"}}.items():
        values = values_in(File(name), str.isidentifier)
        assert values.keys() == {"x"} | others
        assert len(values) == len(others) + 1
        assert np.ravel(values["x"])[0] == 1
        for other in others:
            with pytest.raises(BindingError, match=name):
                values[other]


def test_an_archive_of_many_arrays(folder: Path) -> None:
    """One array of thousands is there by its name."""
    arrays: dict[str, Any] = {f"x{k}": np.zeros(1) for k in range(5000)}
    np.savez(folder / "many.npz", **arrays)
    assert values_in(File("many.npz"), str.isidentifier)["x77"].tolist() == [0]


def test_only_columns_in_use_are_read() -> None:
    """A table offers its columns by name; what the others hold does not matter."""
    table = open_table(File("points.csv"))
    assert table.offered() == ["x", "y", "name"]
    y, x = table.columns([1, 0])
    assert (x.tolist(), y.tolist()) == ([1, 3], [2, 4.5])
    with pytest.raises(BindingError, match="no names of columns"):
        open_table(File("matrix.csv")).offered()


def test_standard_input_is_a_file_too() -> None:
    """What came from standard input is read as often as it is needed."""
    table = open_table(File("-.csv", b"x,y\n1,2\n3,z\n"))
    assert table.column("x").tolist() == [1, 3]
    with pytest.raises(BindingError, match='standard input, line 3: column y: "z"'):
        table.column("y")


def test_a_million_rows_and_a_million_columns(tmp_path: Path) -> None:
    """Long and wide tables are read in seconds."""
    (tmp_path / "long.csv").write_text("x,y,z\n" + "1.5,2.5,abc\n" * 10**6)
    wide = ",".join(f"c{k}" for k in range(10**6))
    (tmp_path / "wide.csv").write_text(wide + "\n" + ",".join(["1"] * 10**6) + "\n")
    assert value_at(f"{tmp_path}/long.csv:y", "x").sum() == 2.5e6
    assert value_at(f"{tmp_path}/wide.csv:c999999", "x").tolist() == [1]
    assert value_at(f"{tmp_path}/wide.csv", "x").shape == (1, 10**6)
    with pytest.raises(BindingError, match='no column "d"'):
        value_at(f"{tmp_path}/wide.csv:d", "x")
    many = [f"c{k}" for k in range(0, 10**6, 500)]
    assert open_table(File(f"{tmp_path}/wide.csv")).indices(many)[-1] == 999_500


def test_a_table_has_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """More numbers than a value may have are refused on the way."""
    monkeypatch.setattr("backtrace.reading.files.tables.MOST_ELEMENTS", 100)
    (tmp_path / "x.csv").write_text("x,y\n" + "1,2\n" * 80)
    assert value_at(f"{tmp_path}/x.csv:x", "x").size == 80
    (tmp_path / "q.csv").write_text("x,y\n" + '1,"2"\n' * 80)
    with pytest.raises(BindingError, match="line 52: the values are more than"):
        value_at(f"{tmp_path}/q.csv", "x")
    with pytest.raises(BindingError, match="line 52: the values are more than"):
        value_at(f"{tmp_path}/x.csv", "x")


def test_a_document_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is too long is refused without being read to its end."""
    monkeypatch.setattr("backtrace.reading.files.opening.LONGEST", 10)
    with pytest.raises(UsageError, match=r"list\.json is larger"):
        value_at("list.json", "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60) | st.text('01.,;\t\n "-einfx#', max_size=40).map(str.encode),
    suffix=st.sampled_from([".csv", ".tsv", ".txt", ".json", ".npy", ".npz"]),
    part=st.sampled_from(["", ":x", ":0"]),
)
def test_any_bytes_are_a_value_or_refused(
    content: bytes, suffix: str, part: str, folder: Path
) -> None:
    """Whatever a file holds, the answer is a value or a message that names it."""
    (folder / f"any{suffix}").write_bytes(content)
    try:
        assert value_at(f"any{suffix}{part}", "x").dtype == np.float64
    except BacktraceError as error:
        assert f"any{suffix}" in error.message
