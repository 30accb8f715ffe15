"""backtrace.reading.brackets: an index, a list, and what is said of what is neither."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, ReadError
from backtrace.graph import Apply, Constant
from backtrace.reading import read
from backtrace.tracing import trace

VALUES: dict[str, Any] = {
    "x": np.array([1.0, 2.0, 4.0]),
    "A": np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]),
    "D": np.arange(24.0).reshape(2, 3, 4),
    "s": 3.0,
    "i": 1,
    "k": np.array([0, 2]),
}
AS_NUMPY = [  # what is written in brackets means what it means in numpy
    *("x[0]", "x[-1]", "x[i]", "x[-i]", "x[i + 1]", "x[2 - 1]", "x[(1)]", "x[ 1 ]", "x[+1]"),
    *("x[:]", "x[1:]", "x[:2]", "x[1:3]", "x[::2]", "x[0:3:2]", "x[-2:]", "x[:-1]", "x[1:1]"),
    *("x[5:]", "x[:99]", "x[i:]", "x[:i + 1]", "x[i:3:i]", "x[::i]", "x[ : ]"),
    *("x[[0, 2]]", "x[[0, 0, -1]]", "x[[1]]", "x[k]", "x[k[1]]", "x[[0, 2,]]"),
    *("x[None]", "x[None, :]", "x[:, None]", "x[..., None]", "x[...]", "x[None, 0]"),
    *("A[0]", "A[0, 1]", "A[0][1]", "A[0, :]", "A[:, 0]", "A[:, -1]", "A[0,]", "A[1:, ::2]"),
    *("A[i, i]", "A[k]", "A[:, k]", "A[k, k]", "A[[0, 1], [2, 3]]", "A[[0, 2]][:, [1, 3]]"),
    *("A[..., 0]", "A[0, ...]", "A[:, None, 0]", "A[i, 1:3]", "A[k, 1:]", "A[1:, k]"),
    *("D[0]", "D[0, 1, 2]", "D[0][1][2]", "D[..., 1]", "D[0, ..., 1]", "D[:, 1]", "D[:, k]"),
    *("D[:, [0, 2], [1, 3]]", "D[1, k, 0]", "D[[0, 1], :, 2]", "D[..., k]"),
    *("(x + 1)[0]", "(2*A)[1]", "(A @ A.T)[0, 1]", "A.T[0]", "A.T[0, 1]", "A.T.T[1:]"),
    *("-x[0]", "-x[0]**2", "2**x[0]", "x[0]**x[1]", "x[0] + x[1]*x[2]", "x[0] > x[1]"),
    *("A[0].T", "A[0].sum()", "A.sum(0)[1]", "A.sum(axis=0)[1:].sum()", "A[1:].T[0].sum()"),
]
SPELLINGS = {  # implicit products and signs beside brackets; broken lines
    "2x[0]": "2*x[0]",
    "2 x[0]": "2*x[0]",
    "x[0]x[1]": "x[0]*x[1]",
    "x[0] x[1]": "x[0]*x[1]",
    "x[0](s + 1)": "x[0]*(s + 1)",
    "(s + 1)x[0]": "(s + 1)*x[0]",
    "(s + 1)(x[0])": "(s + 1)*x[0]",
    "3(x.T)": "3*x",
    "3(x.T)[0]": "3*x[0]",
    "2A.T": "2*A.T",
    "2sum(x)": "2*x.sum()",
    "x.sum()s": "x.sum()*s",
    "x.sum()(s + 1)": "x.sum()*(s + 1)",
    "x[0]^2": "x[0]**2",
    "x[0]²": "x[0]**2",
    "x[0]⁻¹": "1/x[0]",
    "√x[1]": "x[1]**0.5",
    "½x[1]": "x[1]/2",
    "1/2x[1]": "x[1]/2",
    "x[0] × x[1] − 1": "x[0]*x[1] - 1",
    "x[\n0\n]": "x[0]",
    "A[0,\n  1]  # an entry": "A[0, 1]",
    "A[\n:,  # every row\n1]": "A[:, 1]",
    "y = [s,\n x[1]]\ny[0] + y[1]": "s + x[1]",
    "sum(\nA,\naxis=0\n)[0]": "A.sum(0)[0]",
}


def python(text: str) -> Any:
    """The value of a text as numpy computes it."""
    return eval(text, {"__builtins__": {}}, VALUES)


@pytest.mark.parametrize("program", AS_NUMPY)
def test_an_index_means_what_it_means_in_numpy(program: str) -> None:
    """Numbers, slices, lists, new axes and dots; by literals, names and expressions."""
    found = trace(program, VALUES, seed=1)
    assert np.array_equal(found.value, np.asarray(python(program), dtype=float))
    assert np.shape(found.value) == np.shape(python(program))
    assert found.check().status in ("agrees", "convention")
    found.graph.validate()


@pytest.mark.parametrize("program", SPELLINGS)
def test_what_stands_beside_brackets(program: str) -> None:
    """A factor before or after an index, a list or a call is one; a line may end inside."""
    found = trace(program, VALUES, seed=1)
    assert np.allclose(found.value, python(SPELLINGS[program]))


@pytest.mark.parametrize("program", ["x[1]", "x[i + 1:]", "A[[0, 2], i]", "D[None, ..., ::2]"])
def test_an_index_is_shown_as_it_is_written(program: str) -> None:
    """Literal subscripts are params and no nodes; what is computed is an input."""
    graph = read(program, VALUES)
    assert graph.expression(graph.output) == program.replace("i + 1", "v1")
    literals = [n for n in graph.nodes if isinstance(n, Constant)]
    assert len(literals) == program.count("i + 1")


LISTS: dict[str, Any] = {
    "[1, 2]": [1, 2],
    "[1, 2,]": [1, 2],
    "[s, 2*s]": [3, 6],
    "[[1, s], [x[0], 4]]": [[1, 3], [1, 4]],
    "[x, x + 1]": [[1, 2, 4], [2, 3, 5]],
    "[x[0]]": [1],
    "[-1, +1]": [-1, 1],
    "[1, 2] + 1": [2, 3],
    "2*[1, 2]": [2, 4],
    "[1, 2]*[3, 4]": [3, 8],
    "[1, 2] @ [3, 4]": 11,
    "[1, 2].sum()": 3,
    "[1, 2, 3][1]": 2,
    "[[1, 2], [3, 4]].T": [[1, 3], [2, 4]],
    "sum([s, s])": 6,
    "sum([[1, 2], [3, 4]], 0)": [4, 6],
    "max([1, s, 2])": 3,
    "stack([x, x])": [[1, 2, 4], [1, 2, 4]],
    "stack((x, x), 1)": [[1, 1], [2, 2], [4, 4]],
    "concatenate([x, [s]])": [1, 2, 4, 3],
    "cat((x, x[:1]))": [1, 2, 4, 1],
    "where(x > 1, [1, 2, 3], 0)": [0, 2, 3],
}


@pytest.mark.parametrize("program", LISTS)
def test_a_list_of_values_is_a_vector(program: str) -> None:
    """Values in brackets are stacked, alone and as an argument; so are lists of lists."""
    found = trace(program, VALUES, seed=1)
    assert np.array_equal(found.value, LISTS[program])
    assert np.shape(found.value) == np.shape(LISTS[program])


PICTURES = {
    "x[]": """
an index is missing here, as in x[0] or x[1:3]
    x[]
     ^""",
    "sum([])": """
a list in a program has at least one value
    sum([])
        ^""",
    "x[0": """
this bracket is never closed
    x[0
     ^""",
    "x[1:2:3:4]": """
a colon stands in an index only, as in x[1:3]; a choice is where(x > 0, a, b)
    x[1:2:3:4]
           ^""",
    "x[(0, 1)]": """
a comma separates the arguments of a function, or the values of a list in brackets
    x[(0, 1)]
        ^""",
    'x["a"]': """
text in quotes is not in the language
    x["a"]
      ^^^""",
    "x[0]2": """
a sign is missing before this number: write a*2 for the product, a**2 for the power
    x[0]2
        ^""",
    "x.sum": """
sum is a function: write x.sum() with its parentheses
    x.sum
      ^^^""",
    "D[0, 1:, [0, 2]]": """
D[0, 1:, [0, 2]]: numpy and torch put the axes of the result in another order here: index in two \
steps, as in x[0][:, [1, 2]] (D has shape (2, 3, 4))
    D[0, 1:, [0, 2]]
    ^^^^^^^^^^^^^^^^""",
    "x[0].item()": """
leave .item() out: a value of one entry is a number
    x[0].item()
         ^^^^""",
    "(x, s)": """
a comma separates the arguments of a function, or the values of a list in brackets
    (x, s)
      ^""",
    "x[0]; x]": """
this value is not used: give it a name, as in `name = …`, or make it the last line
    x[0]; x]
    ^^^^""",
}
MASK = "a condition is no index here: write where(x > 2, x, 0), or x*(x > 2)"
MASKS: dict[str, tuple[int, int]] = {  # with the columns of the condition
    "A[A > 2]": (2, 7),
    "x[x == 1].sum()": (2, 8),
    "m = x > 2; sum(x[m])": (17, 18),
    "A[0, A[0] >= 2]": (5, 14),
    "A[A > 2, 0]": (2, 7),
    "x[x[0] > 0:]": (2, 10),
    "A[(A > 2)*(A < 9)]": (2, 17),
    "A[1 - (A > 2)]": (2, 13),
    "m = A > 2; n = A < 9; A[m*n]": (24, 27),
    "x[[x[0] > 2, 0]]": (2, 15),
    "sum(A[gt(A, 2)])": (6, 14),
}


@pytest.mark.parametrize("program", PICTURES)
def test_error_picture(program: str) -> None:
    """An error in brackets says what would be right, with carets under it."""
    with pytest.raises(BacktraceError) as caught:
        trace(program, VALUES)
    assert "\n" + str(caught.value) == PICTURES[program]


@pytest.mark.parametrize("program", MASKS)
def test_a_condition_is_no_index(program: str) -> None:
    """A comparison would be read as the places 0 and 1: it is refused, with what to write."""
    with pytest.raises(ReadError) as caught:
        read(program, VALUES)
    assert caught.value.message == MASK
    assert caught.value.span == MASKS[program]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("x[where(s > 0, 1, 0)]", 2),  # only decided by one
        ("x[sum(x > 1)]", 4),  # how many there are
        ("x[2*(s > 0)]", 4),
        ("x[i + (s > 9)]", 2),
        ("sum(where(A > 2, A, 0))", 75),
        ("sum(A*(A > 2))", 75),
    ],
)
def test_what_is_computed_with_conditions_may_be_an_index(program: str, expected: float) -> None:
    """A number that a comparison only takes part in is an index like others."""
    assert trace(program, VALUES).value == expected


BITS = st.sampled_from(["x", "[", "]", "(", ")", ":", ",", "0", "1", "-1", "i", "...", "None", "k",
                        "+", "*", ".T", " ", "\n", "s"])  # fmt: skip


@given(st.lists(BITS, max_size=10).map("".join))
def test_brackets_are_read_or_refused(text: str) -> None:
    """Whatever is between brackets, the graph is sound or the error has a message and a place."""
    try:
        graph = read(f"x[{text}]", VALUES)
    except ReadError as error:
        assert error.message
        assert error.span is not None
    else:
        graph.validate()
        assert any(isinstance(n, Apply) for n in graph.nodes)


def test_nesting_has_an_end() -> None:
    """A hundred levels of brackets are read, and no more."""
    deepest = "[" * 60 + "x" + "]" * 60
    assert len(read(f"sum({deepest})", {"x"}).nodes) == 62
    for program in ("[" * 101 + "x" + "]" * 101, "x[" * 101 + "0" + "]" * 101):
        with pytest.raises(ReadError, match="nested more than 100 levels deep"):
            read(program, {"x"})
