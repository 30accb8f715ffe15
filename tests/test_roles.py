"""backtrace.roles: which names hold indices or classes, by where they are used."""

from __future__ import annotations

from typing import Any

import pytest

from backtrace import trace
from backtrace.errors import BindingError
from backtrace.reading import read
from backtrace.roles import index_names, index_places

VALUES: dict[str, Any] = {
    "x": [1, 2, 3],
    "A": [[1, 2, 3], [4, 5, 6]],
    "i": 1,
    "j": 0,
    "k": [0, 1, 1],
    "t": [0, 2],
    "w": 2,
}
ROLES = {  # the names that are indices, and in what
    "x[i]": {"i": "x[i]"},
    "x[i] + x[j]": {"i": "x[i]", "j": "x[j]"},
    "x[i + j]": {"i": "x[i + j]", "j": "x[i + j]"},
    "n = 2*i\nx[n]*w": {"i": "x[n]"},
    "sum(x[i:])": {"i": "x[i:]"},
    "sum(x[j:i + 1]*w)": {"j": "x[j:i + 1]", "i": "x[j:i + 1]"},
    "sum(A[:, k])": {"k": "A[:, k]"},
    "sum(x[[0, i]])": {"i": "x[[0, i]]"},
    "sum(x[k])": {"k": "x[k]"},
    "x[k[j]]": {"k": "x[k[j]]", "j": "k[j]"},
    "x[sum(k)]": {"k": "x[sum(k)]"},
    "cross_entropy(A, t)": {"t": "cross_entropy(A, t)"},
    "nll(log_softmax(A), t)": {"t": "nll(log_softmax(A), t)"},
    "sum(pick(A, t))": {"t": "pick(A, t)"},
    "sum(one_hot(t, 3)*A)": {"t": "one_hot(t, 3)"},
    "cross_entropy(x, i)": {"i": "cross_entropy(x, i)"},
    "cross_entropy(x, softmax(x))": {},  # probabilities
    "sum(x*w)": {},
    "x[0]*w": {},
    "x[i]*(i > 0)": {"i": "x[i]"},  # a comparison lets no gradient pass
    "where(i > 0, x[i], w)": {"i": "x[i]"},
    "x[where(w > 1, i, j)]": {"i": "x[where(w > 1, i, j)]", "j": "x[where(w > 1, i, j)]"},
    "a = A[k]\ns = sum(a)\ns*x[k[0]]": {"k": "A[k]"},
}


@pytest.mark.parametrize("program", ROLES)
def test_where_a_name_is_used_decides(program: str) -> None:
    """What stands in brackets, or is the classes of a loss, is no number to differentiate by."""
    found = trace(program, VALUES)
    roles = index_names(found.graph)
    assert {name: where for name, (where, _) in roles.items()} == ROLES[program]
    for where, (start, end) in roles.values():
        assert found.graph.source[start:end] == where
    assert not roles.keys() & found.gradients.keys()
    assert found.check().status in ("agrees", "convention")


@pytest.mark.parametrize("program", [p for p, names in ROLES.items() if names])
def test_an_index_has_no_gradient(program: str) -> None:
    """Asking for one is an error that names the place."""
    for name, where in ROLES[program].items():
        with pytest.raises(
            BindingError, match="holds whole numbers, an index or classes"
        ) as caught:
            trace(program, VALUES, wrt=name)
        assert caught.value.message.endswith(f"in {where}: no gradient")


PICTURES = {
    "x[i] + i*w": """
i is an index in x[i], and a number elsewhere: use two names
    x[i] + i*w
    ^^^^""",
    "s = sum(k*x)\ns + sum(x[k])": """
k is an index in x[k], and a number elsewhere: use two names
    line 2: s + sum(x[k])
                    ^^^^""",
    "x[i*w] + w": """
w is an index in x[i*w], and a number elsewhere: use two names
    x[i*w] + w
    ^^^^^^""",
    "cross_entropy(A, t) + sum(t)": """
t is an index in cross_entropy(A, t), and a number elsewhere: use two names
    cross_entropy(A, t) + sum(t)
    ^^^^^^^^^^^^^^^^^^^""",
    "n = i + 1; y = x[n]; y*n": """
i is an index in x[n], and a number elsewhere: use two names
    n = i + 1; y = x[n]; y*n
                   ^^^^""",
    "x[x[0]]": """
x is an index in x[x[0]], and a number elsewhere: use two names
    x[x[0]]
    ^^^^^^^""",
    "y = x[i]; i": """
i is an index in x[i], and a number elsewhere: use two names
    y = x[i]; i
        ^^^^""",
}


@pytest.mark.parametrize("program", PICTURES)
def test_a_name_is_not_both(program: str) -> None:
    """A name that is an index and a number is an error at the index, with the remedy."""
    with pytest.raises(BindingError) as caught:
        trace(program, VALUES)
    assert "\n" + str(caught.value) == PICTURES[program]


@pytest.mark.parametrize("value", [1, 1.0, "3/3", True, "2 - 1"])
def test_a_whole_number_is_one_whatever_its_type(value: Any) -> None:
    """2.0 is an index like 2: the value decides, not its type."""
    assert trace("x[i]", x=[1, 5], i=value).value == 5


def test_places_of_indices() -> None:
    """Every node that is an index somewhere is known with the operation it is in."""
    graph = read("n = i + 1\nx[n] + y[0]", {"x", "i", "y"})
    labels = graph.labels
    found = {labels[source]: graph.expression(via) for source, via in index_places(graph).items()}
    assert found == {"n": "x[n]"}
    assert index_names(read("x*w", {"x", "w"})) == {}
