"""Bindings: what a user gives for a variable, and what is said of what cannot be one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, BindingError
from backtrace.reading import bind, read
from backtrace.reading.values import read_value

VALUES = {
    "1": 1.0,
    "-1.5e-3": -0.0015,
    ".5": 0.5,
    "2.": 2.0,
    "inf": np.inf,
    "-inf": -np.inf,
    "1/3": 1 / 3,
    "sqrt(2)/2": 0.7071067811865476,  # in floats 0.7071067811865475 + 1 ulp: exact, then rounded
    "pi/4": np.pi / 4,
    "-π": -np.pi,
    "2^-3": 0.125,
    "1_000": 1000.0,
    "e": np.e,
    "log(2)": np.log(2),
    "sin(pi)": 0.0,  # the exact number, not sin of the float nearest to π
    " 3 ": 3.0,
    "−2": -2.0,
    "0e5": 0.0,
    "7e-300^9999": 0.0,  # the exact number has three million digits
    "-2/3": -2 / 3,
    "999999999999999/7": 999999999999999 / 7,
    "sum([1, 2, 3])": 6.0,
}


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    """A text is a number or an expression of constants, exact until the last step."""
    value = read_value(text)
    assert type(value) is np.float64
    assert value == VALUES[text]


def test_nan_is_a_value() -> None:
    """nan is read as a number that is none."""
    assert np.isnan(read_value("nan"))


UNREADABLE = [
    "abc",
    "",
    "1e999",
    "1e-999",
    "9**9**9",
    "2 +",
    "1 2",
    "x=1",
    "log(-1)",
    "--",
    "0x10",
    "1/0",
    "[1, 2]*2",
    "2*[1, 2]",
    "@x.npy",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_no_value(text: str) -> None:
    """What is not a number is refused with the text in the picture."""
    with pytest.raises(BindingError):
        read_value(text, "--w ")


def test_error_points_into_the_typed_option() -> None:
    """The caret stands under the value, in the words of the command line."""
    with pytest.raises(BindingError) as caught:
        read_value("abc", "--w ")
    assert str(caught.value) == (
        "not a number: a value cannot use names (abc)\n    --w abc\n        ^^^"
    )


@pytest.mark.parametrize(
    "value", [2, 2.0, True, np.int8(2), np.float32(2), Decimal(2), Fraction(2)]
)
def test_numbers_of_python(value: object) -> None:
    """Every number of Python and numpy becomes a float64."""
    bound = bind({"x": value}, {}).values["x"]
    assert type(bound) is np.float64
    assert bound == float(value)  # type: ignore[arg-type]


def test_arrays_are_copied_and_read_only() -> None:
    """An array is taken as it is now; nobody can change it afterwards."""
    mine = np.array([1, 2])
    bound = bind({"x": mine}, {}).values["x"]
    mine[0] = 9
    assert bound.dtype == np.float64
    assert bound.tolist() == [1.0, 2.0]
    assert not bound.flags.writeable


class Column:
    """Like a column of pandas: an object with `__array__`, which may hold decimals."""

    def __init__(self, data: list[object]) -> None:
        self.data = data

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.array(self.data)


ARRAYS = [
    ([1, 2.5, True], [1, 2.5, 1]),
    ([], []),
    ([[], []], [[], []]),
    (((1, 2), (3, 4)), [[1, 2], [3, 4]]),
    (range(3), [0, 1, 2]),
    ([Decimal("1.5"), Fraction(1, 2)], [1.5, 0.5]),
    (["inf", "-inf", "nan", 1], [np.inf, -np.inf, np.nan, 1]),
    ([[1, "inf"], [2, 3]], [[1, np.inf], [2, 3]]),
    (np.array(["inf", "nan"]), [np.inf, np.nan]),
    (np.array([1, Decimal(2)], dtype=object), [1, 2]),
    (np.array([1, 2], dtype=">i2"), [1, 2]),
    (np.array([[1, 2], [3, 4]]).T, [[1, 3], [2, 4]]),
    (np.broadcast_to(np.float32(2), (2, 2)), [[2, 2], [2, 2]]),
    ([np.ones(2), [2, 3]], [[1, 1], [2, 3]]),
    (Column([1, 2]), [1, 2]),
    (Column([Decimal(1), 2]), [1, 2]),
    ("[[1, 2], [3, 1/2]]", [[1, 2], [3, 0.5]]),
    ("linspace(0, 1, 3)", [0, 0.5, 1]),
]


@pytest.mark.parametrize(("value", "expected"), ARRAYS, ids=map(str, range(len(ARRAYS))))
def test_arrays_of_python(value: object, expected: object) -> None:
    """Lists, arrays, columns and tensors become new float64 arrays in C order, read-only."""
    bound = bind({"x": value}, {}).values["x"]
    assert bound.dtype == np.float64
    assert bound.flags.c_contiguous
    assert not bound.flags.writeable
    np.testing.assert_array_equal(bound, np.array(expected, dtype=np.float64))
    assert not np.shares_memory(bound, value) if isinstance(value, np.ndarray) else True


def test_torch_tensors() -> None:
    """A tensor is taken as it is now: with a graph, as bfloat16, in a list."""
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([1.0, 2.0], requires_grad=True)
    for value in (tensor, [tensor[0], tensor[1]], torch.tensor([1, 2], dtype=torch.bfloat16)):
        assert bind({"x": value}, {}).values["x"].tolist() == [1.0, 2.0]
    assert bind({"x": [tensor, [3, 4]]}, {}).values["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    for value in (torch.tensor([1j]), torch.empty(2, device="meta")):
        with pytest.raises(BindingError, match="the value of x is not"):
            bind({"x": value}, {})


def nested(depth: int) -> list[object]:
    """A list that holds itself twice, so that it is as large as it can be made cheaply."""
    made: list[object] = [1]
    for _ in range(depth):
        made = [made, made]
    return made


ITSELF: list[object] = []
ITSELF.append(ITSELF)
# a value that is refused | what the message says
REFUSED = [
    (None, "the value of x is not a real number: None"),
    (object(), "not a real number: <object"),
    ({}, "the value of x is not a real number: {}"),
    (b"1", "not a real number: b'1'"),
    (1j, "the value of x is not real: it has complex numbers"),
    (10**400, "the value of x is too large for float64"),
    ([1, "a"], "the value of x[1] is not a real number: 'a'"),
    ([[1, 2], [3, None]], "the value of x[1][1] is not a real number: None"),
    ([[1, 2], ["1/3", 4]], "the value of x[1][0] is not a real number: '1/3'"),
    ([1, b"2"], "x[1]"),
    ([1, 10**400], "the value of x[1] is too large"),
    ([1, 1j], "complex numbers"),
    ([[1], [1, 2]], "x[1] has shape (2,), x[0] has shape (1,)"),
    ([1, [2]], "x[1] has shape (1,), x[0] is a number"),
    ([[1], 2], "x[1] is a number, x[0] has shape (1,)"),
    ([np.ones(2), np.ones(3)], "x[1] has shape (3,), x[0] has shape (2,)"),
    (np.array([1, None]), "the value of x[1] is not a real number: None"),
    (np.array(["a"]), "the value of x[0] is not a real number: 'a'"),
    (np.array([1j]), "complex numbers"),
    (np.array(["2020-01-01"], dtype="M8[D]"), "dates"),
    (np.array([(1, 2)], dtype="i4,i4"), "records"),
    (np.ma.array([1.0, 2.0], mask=[False, True]), "masked entries"),
    (np.broadcast_to(1.0, (10**5, 10**5)), "x has 10,000,000,000 elements"),
    (nested(31), "x has 2,147,483,648 elements"),
    (ITSELF, "nested more than 32 deep"),
    ("@x.npy", "files are read on the command line only"),
    (["@x.npy"], "the value of x[0] is not a real number: '@x.npy'"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_no_number(value: object, message: str) -> None:
    """What is no number is refused with the name and the place in a list."""
    with pytest.raises(BindingError) as caught:
        bind({"x": value}, {})
    assert message in caught.value.message
    assert len(caught.value.message) < 400


def test_no_text_of_python_opens_a_file(tmp_path: Path) -> None:
    """A text may come from a web page: it never reads a file, and is told what to do instead."""
    np.save(tmp_path / "x.npy", [1.0])
    for text in (f"@{tmp_path}/x.npy", f" @{tmp_path}/x.npy"):
        with pytest.raises(BindingError, match=r"numpy\.load"):
            bind({}, {"x": text})


def test_typed_wins_and_must_be_used() -> None:
    """A keyword wins over the mapping; a keyword that is not used is an error, a key is not."""
    bindings = bind({"x": 1, "z": 3}, {"x": 2})
    bindings.check(read("x + 1", bindings.values))
    assert bindings.values["x"] == 2
    with pytest.raises(BindingError, match="w is not in the program"):
        bind({}, {"x": 1, "w": 2}).check(read("x", {"x", "w"}))


def test_near_matches() -> None:
    """An unused name finds the variable or the option that was meant."""
    from dataclasses import replace

    graph = read("theta", {"theta", "thета"})
    bindings = replace(bind({"theta": 1}, {"thta": 1}), options=("--check", "--json"))
    with pytest.raises(BindingError, match=r"did you mean theta\?"):
        bindings.check(graph)
    bindings = replace(bind({"theta": 1}, {"chek": 1}), options=("--check", "--json"))
    with pytest.raises(BindingError, match=r"did you mean --check\?"):
        bindings.check(graph)


def test_a_name_without_a_value_finds_what_was_offered() -> None:
    """The error for a missing value names a value or column that is spelled much the same."""
    from dataclasses import replace

    graph = read("y_hat + 1", {"yhat"})
    with pytest.raises(BindingError, match=r"no value for y_hat.*; did you mean yhat\?"):
        bind({"yhat": 1}, {}).check(graph)
    with pytest.raises(BindingError, match=r"did you mean y_hot\?"):
        replace(bind({}, {}), offered=("y_hot",)).check(graph)


def test_name_is_bound_in_either_spelling() -> None:
    """ŷ=1 binds yhat."""
    assert bind({"ŷ": 1}, {"σ": 2}).values.keys() == {"yhat", "sigma"}


@given(st.text(max_size=30) | st.text("0123456789.eE+-/*^()_infa ", max_size=15))
def test_any_text_is_a_float_or_refused(text: str) -> None:
    """No value text raises anything but a BacktraceError."""
    try:
        assert type(read_value(text)) is np.float64
    except BacktraceError as error:
        assert str(error)
