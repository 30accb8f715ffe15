"""backtrace.reading.calls: which row a call means, its params, and what is said of other calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtrace.errors import ReadError
from backtrace.graph import Apply, Constant, Graph
from backtrace.reading import read
from backtrace.tracing import trace

NAMES = {"x", "y", "A", "B", "s", "t", "w"}


def last(program: str) -> tuple[str, list[str], dict[str, Any]]:
    """The row, the inputs and the params of the last operation, but for defaults."""
    graph = read(program, NAMES)
    graph.validate()
    node = graph.nodes[graph.output]
    assert isinstance(node, Apply)
    own = {k: v for k, v in node.params if node.op.params[k] != v}
    return node.op.name, [graph.labels[i] for i in node.inputs], own


# Spellings of one call -> the row, its inputs, its params.
CALLS: dict[tuple[str, ...], tuple[str, list[str], dict[str, Any]]] = {
    ("sum(x)", "x.sum()", "sum(x,)", "sum(x, None)", "sum(x, axis=None)", "sum(x=x)",
     "sum(x, dim=None, keepdim=False)", "np.sum(x)", "torch.sum(x)"): ("sum", ["x"], {}),
    ("sum(A, 0)", "sum(A, axis=0)", "sum(A, dim=0)", "A.sum(0)", "A.sum(dim=0)", "sum(A, 0.0)",
     "np.sum(A, axis=0)", "torch.sum(A, 0)"): ("sum", ["A"], {"axis": 0}),
    ("sum(A, -1, True)", "sum(A, axis=-1, keepdims=True)", "sum(A, dim=-1, keepdim=1)",
     "A.sum(-1, True)", "A.sum(keepdim=True, dim=-1)"): (
        "sum", ["A"], {"axis": -1, "keepdims": True}),
    ("sum(A, (0, 1))", "sum(A, axis=(0, 1))", "A.sum((0, 1))", "sum(A, [0, 1])", "sum(A, (0, 1,))"):
        ("sum", ["A"], {"axis": (0, 1)}),
    ("sum(A, (0,))", "sum(A, axis=[0])"): ("sum", ["A"], {"axis": (0,)}),
    ("var(x)", "x.var()", "var(x, correction=1)", "torch.var(x)", "np.var(x, ddof=1)"): (
        "var", ["x"], {}),
    ("var(x, correction=0)", "np.var(x)", "torch.var(x, correction=0)", "x.var(correction=0)"): (
        "var", ["x"], {"correction": 0}),
    ("norm(x, 1)", "norm(x, ord=1)", "norm(x, p=1)"): ("norm", ["x"], {"ord": 1}),
    ("norm(x, inf)", "x.norm(ord=inf)"): ("norm", ["x"], {"ord": np.inf}),
    ("max(x)", "x.max()", "torch.max(x)"): ("max_all", ["x"], {}),
    ("max(x, axis=0)", "x.max(0)", "x.max(dim=0)", "max(x, dim=0)", "max(x, axis=0, keepdims=0)"): (
        "max_along", ["x"], {"axis": 0}),
    ("max(x, 0)", "max(x, s*0)", "maximum(x, 0)", "np.maximum(x, 0)"): ("max", ["x", "…"], {}),
    ("amax(x, 0)", "x.amax(0)", "np.max(x, 0)", "np.max(x, axis=0)", "np.amax(x, 0)"): (
        "amax", ["x"], {"axis": 0}),
    ("softmax(x)", "x.softmax(-1)", "softmax(x, axis=-1)", "F.softmax(x, dim=-1)"): (
        "softmax", ["x"], {}),
    ("reshape(A, 2, 3)", "reshape(A, (2, 3))", "reshape(A, [2, 3])", "reshape(A, shape=(2, 3))",
     "A.reshape(2, 3)", "A.reshape((2, 3))", "A.view(2, 3)", "np.reshape(A, (2, 3))"): (
        "reshape", ["A"], {"shape": (2, 3)}),
    ("reshape(A, 6)", "reshape(A, (6,))", "A.reshape(6)"): ("reshape", ["A"], {"shape": (6,)}),
    ("A.reshape(-1)", "reshape(A, (-1,))"): ("reshape", ["A"], {"shape": (-1,)}),
    ("transpose(A, 0, 1)", "A.transpose(0, 1)", "A.swapaxes(0, 1)"): (
        "swapaxes", ["A"], {"axis0": 0, "axis1": 1}),
    ("A.T",): ("T", ["A"], {}),
    ("A.permute(1, 0)", "permute(A, (1, 0))"): ("transpose", ["A"], {"axes": (1, 0)}),
    ("unsqueeze(x, 0)", "x.unsqueeze(0)", "np.expand_dims(x, 0)"): (
        "unsqueeze", ["x"], {"axis": 0}),
    ("x.expand(2, 3)", "broadcast_to(x, (2, 3))", "np.broadcast_to(x, (2, 3))"): (
        "broadcast_to", ["x"], {"shape": (2, 3)}),
    ('einsum("ij,jk->ik", A, B)', "einsum('ij,jk->ik', A, B)", 'einsum(A, B, "ij,jk->ik")',
     'einsum(A, B, equation="ij,jk->ik")', 'einsum("ij,jk->ik", [A, B])',
     'np.einsum("ij,jk->ik", A, B)', 'torch.einsum("ij,jk->ik", A, B)'): (
        "einsum", ["A", "B"], {"equation": "ij,jk->ik"}),
    ("stack([x, y])", "stack((x, y))", "stack(x, y)", "[x, y]", "stack([x, y], 0)",
     "np.stack([x, y])", "torch.stack((x, y), dim=0)"): ("stack", ["x", "y"], {}),
    ("stack([x, y], 1)", "stack((x, y), axis=1)", "stack([x, y], dim=1)"): (
        "stack", ["x", "y"], {"axis": 1}),
    ("concatenate([x, y])", "cat((x, y))", "concat([x, y], axis=0)", "torch.cat([x, y], 0)",
     "np.concatenate((x, y))"): ("concatenate", ["x", "y"], {}),
    ("A @ x", "matmul(A, x)", "np.matmul(A, x)", "torch.mv(A, x)", "A.matmul(x)"): (
        "matmul", ["A", "x"], {}),
    ("dot(x, y)", "x.dot(y)", "np.dot(x, y)"): ("dot", ["x", "y"], {}),
    ("mse(x, y)", "mse_loss(x, y)", "F.mse_loss(x, y)", 'mse(x, y, "mean")',
     "mse(x, y, reduction='mean')", "mse(yhat=x, y=y)", "mse(y=y, yhat=x)"): (
        "mse", ["x", "y"], {}),
    ('mse(x, y, reduction="sum")', "mse(x, y, 'sum')", 'F.mse_loss(x, y, reduction="sum")'): (
        "mse", ["x", "y"], {"reduction": "sum"}),
    ("cross_entropy(A, t)", "F.cross_entropy(A, t)", "A.cross_entropy(t)"): (
        "cross_entropy", ["A", "t"], {}),
    ("layer_norm(x)", "x.layer_norm()", "layer_norm(x, eps=1e-05)"): ("layer_norm", ["x"], {}),
    ("layer_norm(x, w, y)", "layer_norm(x, weight=w, bias=y)"): (
        "layer_norm_affine", ["x", "w", "y"], {}),
    ("conv1d(A, B)", "conv1d(A, B, stride=1)", "conv1d(x=A, weight=B)"): (
        "conv1d", ["A", "B"], {}),
    ("conv1d(A, B, y)", "conv1d(A, B, bias=y)", "F.conv1d(A, B, y)"): (
        "conv1d_bias", ["A", "B", "y"], {}),
    ("clamp(x, max=1)", "x.clamp(max=1)"): ("clamp_max", ["x", "1"], {}),
}  # fmt: skip
EVERY = [(spelling, found) for spellings, found in CALLS.items() for spelling in spellings]


@pytest.mark.parametrize(("program", "expected"), EVERY)
def test_a_call_in_all_its_spellings(
    program: str, expected: tuple[str, list[str], dict[str, Any]]
) -> None:
    """Method or function, axis or dim, by place or by name: it is the same row and params."""
    name, inputs, params = last(program)
    assert (name, params) == (expected[0], expected[2])
    assert all(theirs in ("…", ours) for ours, theirs in zip(inputs, expected[1], strict=True))


@pytest.mark.parametrize(
    "program",
    ["sum(A, axis=0)", "sum(A, (0, 1), True)", "reshape(x, 2, 3)", "A.sum(-1)",
     "leaky_relu(x, 0.2)", "softmax(x, axis=-1)", "one_hot(t, 3)", "A[0, 1:2]",
     'einsum("ij->ji", A)'],
)  # fmt: skip
def test_params_are_no_nodes(program: str) -> None:
    """A number, a word or a shape that no gradient goes to is kept apart from the inputs."""
    graph = read(program, NAMES)
    assert not any(isinstance(node, Constant) for node in graph.nodes)
    assert len(graph.nodes) == 2


def test_a_named_number_may_be_a_param() -> None:
    """A name of a literal is that number, and stays a node of its own."""
    graph = read("k = 1; sum(A, axis=k)", NAMES)
    node = graph.nodes[graph.output]
    assert isinstance(node, Apply)
    assert dict(node.params)["axis"] == 1


def test_a_bound_name_hides_a_word() -> None:
    """True, False and None are words in a call, unless a name is bound so."""
    assert trace("None + True*2", {"None": 1, "True": 3}).value == 7
    assert last("sum(A, None, True)")[2] == {"keepdims": True}


PICTURES = {
    "sum(x, axis=0.5)": """
sum: axis must be a whole number
    sum(x, axis=0.5)
    ^^^^^^^^^^^^^^^^""",
    "sum(x, axis=s)": """
sum: axis must be a number: no gradient goes to it
    sum(x, axis=s)
    ^^^^^^^^^^^^^^""",
    "sum(x, keepdims=2)": """
sum: keepdims must be True or False
    sum(x, keepdims=2)
    ^^^^^^^^^^^^^^^^^^""",
    "sum(x, y)": """
sum: axis must be a number: no gradient goes to it
    sum(x, y)
    ^^^^^^^^^""",
    "sum(x, 0, False, 1)": """
sum is written sum(x, axis=None, keepdims=False)
    sum(x, 0, False, 1)
    ^^^^^^^^^^^^^^^^^^^""",
    "sum()": """
sum is written sum(x, axis=None, keepdims=False)
    sum()
    ^^^^^""",
    "1 + sum(x, axes=0)": """
sum is written sum(x, axis=None, keepdims=False)
    1 + sum(x, axes=0)
        ^^^^^^^^^^^^^^""",
    "sum(x, axis=0, 1)": """
an argument without a name stands before those with one
    sum(x, axis=0, 1)
                   ^""",
    "sum(x, axis=0, axis=1)": """
axis is given twice
    sum(x, axis=0, axis=1)
                   ^^^^""",
    "sum(x, axis=0, dim=1)": """
sum is written sum(x, axis=None, keepdims=False)
    sum(x, axis=0, dim=1)
    ^^^^^^^^^^^^^^^^^^^^^""",
    "sum(x, axis='0')": """
sum: axis must be a whole number
    sum(x, axis='0')
    ^^^^^^^^^^^^^^^^""",
    "x.softmax(None)": """
softmax: axis must be a whole number
    x.softmax(None)
    ^^^^^^^^^^^^^^^""",
    "reshape(x)": """
reshape is written reshape(x, shape)
    reshape(x)
    ^^^^^^^^^^""",
    "einsum(A, B)": """
einsum is written einsum("…", a, b, …)
    einsum(A, B)
    ^^^^^^^^^^^^""",
    'einsum("ij->", "ji->", A)': """
einsum is written einsum("…", a, b, …)
    einsum("ij->", "ji->", A)
    ^^^^^^^^^^^^^^^^^^^^^^^^^""",
    'mse(x, y, reduction="avg")': """
mse: reduction must be "mean" or "sum" or "none"
    mse(x, y, reduction="avg")
    ^^^^^^^^^^^^^^^^^^^^^^^^^^""",
    "torch.max(A, 0)": """
torch.max with a second argument gives values and places, or compares two tensors: write \
max(x, axis=0), or max(a, b)
    torch.max(A, 0)
    ^^^^^^^^^^^^^^^""",
    "x.sine()": """
.sine is not in the language; write a function, as in log(x) or x.sum(): did you mean sin?
    x.sine()
      ^^^^""",
    "x.T()": """
a value is missing here
    x.T()
        ^""",
    "exp(x, True)": """
exp is written exp(x)
    exp(x, True)
    ^^^^^^^^^^^^""",
    "linspace(0, 1, 5)": """
linspace is not in a program; bind its numbers to a name: x=linspace(0, 1, 5), x=[1, 2]
    linspace(0, 1, 5)
    ^^^^^^^^""",
}


@pytest.mark.parametrize("program", PICTURES)
def test_error_picture(program: str) -> None:
    """A call that fits no row says how it is written, with carets under the whole of it."""
    with pytest.raises(ReadError) as caught:
        read(program, NAMES)
    assert "\n" + str(caught.value) == PICTURES[program]


METHODS = {
    "A.sum().exp()": "exp(sum(A))",
    "A.T.sum(0)[1]": "sum(A.T, axis=0)[1]",
    "(A + 1).mean()": "mean(A + 1)",
    "(A @ x).tanh().sum()": "sum(tanh(A @ x))",
    "x.relu().max()": "max(relu(x))",
    "A.max(1).sum()": "sum(max(A, axis=1))",
    "A.mean(0, True).squeeze(0).sum()": "sum(squeeze(mean(A, axis=0, keepdims=True), axis=0))",
    "A.exp().sum(-1).log().sum()": "sum(log(sum(exp(A), axis=-1)))",
    "x.softmax(0).log()[1]": "log(softmax(x, axis=0))[1]",
    "-x.sum()**2": "-(sum(x)**2)",
    "2x.sum()": "2*sum(x)",
    "x.sum() + A.sum()*2": "sum(x) + 2*sum(A)",
    "A.T.T.T.sum()": "sum(A)",
    "A.abs().sqrt().mean()": "mean(sqrt(abs(A)))",
}
VALUES: dict[str, Any] = {"x": [0.5, 2.0], "A": [[1.0, 2.0], [0.25, 3.0]]}


@pytest.mark.parametrize("program", METHODS)
def test_methods_are_functions_of_what_stands_before(program: str) -> None:
    """A method may follow a name, a bracket, a call or another method."""
    names = read(program, VALUES).variables
    values = {name: VALUES[name] for name in names}
    ours, plain = trace(program, values), trace(METHODS[program], values)
    assert ours.value == pytest.approx(plain.value, rel=1e-14)
    for name, gradient in plain.gradients.items():
        assert ours.gradients[name] == pytest.approx(gradient, rel=1e-12)


def stray(graph: Graph) -> list[int]:
    """Constants that nothing uses."""
    return [i for i, n in enumerate(graph.nodes) if isinstance(n, Constant) and not graph.uses[i]]


ANY_ORDER = [
    "sum(axis=0, x=A + 1)",
    "sum(A*2 + sum(axis=1, keepdims=True, x=A*3), 0)",
    "y = reshape(shape=(2, 3), x=[s, s*2, 3, 4, 5, 6]); sum(y*A)",
    'mse(reduction="sum", y=x, yhat=y)',
    "softmax(axis=-1, x=w*x)",
]


@pytest.mark.parametrize("program", ANY_ORDER)
def test_arguments_by_name_come_in_any_order(program: str) -> None:
    """Params before the inputs leave nothing behind in the graph, and move nothing."""
    graph = read(program, NAMES)
    graph.validate()
    assert not stray(graph)
    texts = [program[start:end] for start, end in graph.spans]
    for index, node in enumerate(graph.nodes):
        if not isinstance(node, Apply):
            assert texts[index] == graph.expression(index)
    assert all(graph.labels[i] == name for name, i in graph.variables.items())
